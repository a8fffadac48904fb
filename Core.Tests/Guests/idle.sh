# an idle guest costs the server less than 0.1 % of a core, measured over 10 s
nvmedb_only=yes

inside() {
    ready
    dd if="$DISK" of=/dev/null bs=4k count=64 iflag=direct 2>/dev/null
    sleep 3
    want measure
    sleep 12
    ok "idle for 12 s"
}

outside() {
    local spent
    spent=$(cpu_spent "${SESSION_SERVERS[0]}")
    sleep 10
    spent=$(($(cpu_spent "${SESSION_SERVERS[0]}") - spent))
    if [ "$spent" -lt 10000 ]; then say_ok "$spent µs in 10 s"; else say_failed "$spent µs in 10 s, allowed are 10000"; fi
    echo "$spent" >"$RUN/idle"
}
