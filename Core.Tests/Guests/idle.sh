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

# The kernel counts in hundredths of a second, so that a minute tells 0.02 %. The guest's shell reads this too: no arrays.
outside() {
    local pids="${SESSION_SERVERS[*]}" first second
    first=$(cpu_spent "${pids% *}")
    second=$(cpu_spent "${pids#* }")
    sleep 60
    judge trapped $(($(cpu_spent "${pids% *}") - first))
    judge mapped $(($(cpu_spent "${pids#* }") - second))
}

judge() {
    printf '    %s: %s ms in 60 s\n' "$1" "$2"
    if [ "$2" -lt 60 ]; then say_ok "$1: $2 ms in 60 s"; else say_failed "$1: $2 ms in 60 s, allowed are 60"; fi
}
