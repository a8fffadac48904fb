# ./build.sh guest compare: QEMU's own nvme and nvmedb in one guest, on one file, in turn.

COMPARE_MIB=64

# The two controllers of one guest, on the same file; only reads are made.
compare_devices() {
    local file=$RUN/disk01.img
    device_options 0
    QEMU+=("${DEVICE[@]}"
        -drive "if=none,id=own,format=raw,read-only=on,file.locking=off,file=$file"
        -device '{"driver":"nvme","serial":"QEMU","drive":"own"}')
}

# compare_run DOORBELLS: one guest with one mode of our doorbells; its notes end up in FILE.
compare_run() {
    (
        RUN="$GUEST/runs/compare-$1"
        rm -rf "$RUN"
        mkdir -p "$RUN"
        scenario_defaults
        tools=fio doorbells=$1 patience=180 kernel_args="rounds=$2" disk_mib=$COMPARE_MIB
        SESSION_CHECKS=0
        trap end_session EXIT
        trap 'exit 130' INT TERM
        head -c "${COMPARE_MIB}M" /dev/urandom >"$RUN/disk01.img"
        guest_initramfs "$RUN" "$SCENARIOS/compare/loads.sh" $tools
        SERIAL=NVMEDB start_server 0
        qemu_command
        qemu_boot
        compare_devices
        run_guest
        stop_servers
        [ "$SESSION_FAILURES" -eq 0 ] || { show_logs; exit 1; }
    ) || die "the comparison did not come to its end; logs: artifacts/guest/runs/compare-$1"
}

# The median of the numbers on the input.
median() { sort -n | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'; }

# compare_value DOORBELLS LOAD DEVICE: the median of a load.
compare_value() {
    sed -n "s/.*@@ note iops $2 $3 \([0-9]*\).*/\1/p" "$GUEST/runs/compare-$1/console.log" | median
}

guest_compare() {
    local doorbells load own ours
    for doorbells in trapped mapped; do
        say "doorbells $doorbells: $1 rounds of three loads on each device"
        compare_run "$doorbells" "$1"
    done
    printf '\nIOPS inside the guest, medians of %d alternating runs; each pair from one guest\n\n' "$1"
    printf '%-26s %12s %16s %7s %14s %15s %7s\n' load "QEMU's nvme" "nvmedb trapped" ratio "QEMU's nvme" "nvmedb mapped" ratio
    for load in random-4k-depth-1 random-4k-depth-32 sequential-128k-depth-4; do
        printf '%-26s' "$load"
        for doorbells in trapped mapped; do
            own=$(compare_value "$doorbells" "$load" QEMU)
            ours=$(compare_value "$doorbells" "$load" NVMEDB)
            printf ' %12s %16s %7s' "$own" "$ours" "$(awk -v a="$ours" -v b="$own" 'BEGIN { printf "%.2f", a / b }')"
        done
        printf '\n'
    done
    RUN="$GUEST/runs/idle"
    run_scenario idle
    [ ! -f "$RUN/idle" ] || printf '\nidle guest: the server takes %d ms of 20 s, %s %% of a core\n' "$(cat "$RUN/idle")" \
        "$(awk '{ printf "%.3f", $1 / 200 }' "$RUN/idle")"
}
