# an idle guest costs a server less than 0.1 % of a core, measured over a minute, trapped and mapped
nvmedb_only=yes
controllers=2
doorbells="trapped mapped"

inside() {
    ready nvme0 /dev/nvme0n1
    ready nvme1 /dev/nvme1n1
    for disk in /dev/nvme0n1 /dev/nvme1n1; do dd if=$disk of=/dev/null bs=4k count=64 iflag=direct 2>/dev/null; done
    sleep 3
    want measure
    sleep 62
    ok "idle for 62 s"
}

# The kernel counts in hundredths of a second, so that a minute tells 0.02 %.
outside() {
    local -a before after
    local number mode=($doorbells)
    for number in 0 1; do before[number]=$(cpu_spent "${SESSION_SERVERS[number]}"); done
    sleep 60
    for number in 0 1; do after[number]=$(cpu_spent "${SESSION_SERVERS[number]}"); done
    for number in 0 1; do
        local spent="${mode[number]}: $((after[number] - before[number])) ms in 60 s"
        printf '    %s\n' "$spent"
        if [ $((after[number] - before[number])) -lt 60 ]; then say_ok "$spent"; else say_failed "$spent, allowed are 60"; fi
    done
}
