# an idle guest costs the server less than 0.1 % of a core, measured over 20 s
nvmedb_only=yes

inside() {
    ready
    dd if="$DISK" of=/dev/null bs=4k count=64 iflag=direct 2>/dev/null
    sleep 3
    want measure
    sleep 22
    ok "idle for 22 s"
}

# The kernel counts in hundredths of a second, so that 20 s tell 0.05 %.
outside() {
    local spent
    spent=$(cpu_spent "${SESSION_SERVERS[0]}")
    sleep 20
    spent=$(($(cpu_spent "${SESSION_SERVERS[0]}") - spent))
    if [ "$spent" -lt 20 ]; then say_ok "$spent ms in 20 s"; else say_failed "$spent ms in 20 s, allowed are 20"; fi
    echo "$spent" >"$RUN/idle"
}
