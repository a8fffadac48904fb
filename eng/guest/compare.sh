# ./build.sh guest compare: QEMU's own nvme and nvmedb with options of each kind in one guest, on one file, in turn.

COMPARE_MIB=64
COMPARE_LOADS="random-4k-depth-1 random-4k-depth-32 sequential-128k-depth-4"

# compare_run ROUNDS OPTIONS...: one guest with QEMU's own controller, QEMU, and a server for each row of options, NVMEDB0
# and so on; what it notes ends up in the console's log. All read the same file.
compare_run() {
    local rounds=$1 file="$RUN/disk.img" devices=QEMU number=0 options
    shift
    scenario_defaults
    tools=fio patience=180
    for options in "$@"; do devices="$devices,NVMEDB$((number++))"; done
    kernel_args="rounds=$rounds devices=$devices"
    SESSION_CHECKS=0
    trap end_session EXIT
    trap 'exit 130' INT TERM
    head -c "${COMPARE_MIB}M" /dev/urandom >"$file"
    guest_initramfs "$RUN" "$SCENARIOS/compare/loads.sh" $tools
    qemu_command
    qemu_boot
    QEMU+=(-drive "if=none,id=own,format=raw,read-only=on,file.locking=off,file=$file"
        -device '{"driver":"nvme","serial":"QEMU","drive":"own"}')
    number=0
    for options in "$@"; do
        server_args=$options
        SERIAL=NVMEDB$number start_server $number "$file,ro"
        device_options $number
        QEMU+=("${DEVICE[@]}")
        number=$((number + 1))
    done
    run_guest
    stop_servers
    [ "$SESSION_FAILURES" -eq 0 ] || { show_logs; exit 1; }
}

# The median of the numbers on the input.
median() { sort -n | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'; }

# compare_values LOAD DEVICE: the runs of a load, in the order of the rounds.
compare_values() { sed -n "s/.*@@ note iops $1 $2 \([0-9]*\).*/\1/p" "$RUN/console.log"; }

# compare_ratio LOAD DEVICE: the median of the rounds' ratios to QEMU's own. Runs of one round are seconds apart, so that
# what else the machine does goes into both.
compare_ratio() {
    paste <(compare_values "$1" "$2") <(compare_values "$1" QEMU) | awk '{ print $1 / $2 }' | median
}

# guest_compare ROUNDS OPTIONS...
guest_compare() {
    local load number
    RUN="$GUEST/runs/compare"
    rm -rf "$RUN"
    mkdir -p "$RUN"
    say "$1 rounds of three loads on $# devices"
    (compare_run "$@") || die "the comparison did not come to its end; logs: artifacts/guest/runs/compare"
    printf '\nIOPS inside the guest, medians of %d rounds, and medians of the rounds'\'' ratios to QEMU'\''s own nvme\n\n' "$1"
    shift
    printf '| load | QEMU'\''s nvme |'
    printf ' nvmedb %s | ratio |' "$@"
    printf '\n| --- | --- |'
    for ((number = 0; number < $#; number++)); do printf ' --- | --- |'; done
    printf '\n'
    for load in $COMPARE_LOADS; do
        printf '| %s | %.0f |' "$load" "$(compare_values "$load" QEMU | median)"
        for ((number = 0; number < $#; number++)); do
            printf ' %.0f | %.2f |' "$(compare_values "$load" "NVMEDB$number" | median)" \
                "$(compare_ratio "$load" "NVMEDB$number")"
        done
        printf '\n'
    done
}
