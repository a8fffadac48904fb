# One guest run: the servers, QEMU, the watchdog, the verdict. All that it starts it ends. Runs in a subshell of its
# own, with the scenario's settings and functions in it; the scenario's files are in $RUN.

# What a scenario may set; docs/guests.md says what each is.
scenario_defaults() {
    tools= vcpus=1 memory=shared doorbells=default kernel_args= controllers=1 namespaces=1 disk_mib=16
    server_args= qemu_args= boot=kernel boots=1 reboot=no patience=120 quick=no slots=0 nvmedb_only=
    prepare() { :; }
    outside() { :; }
    after() { :; }
}

# ---- Processes ------------------------------------------------------------------------------------------------------

SESSION_SERVERS=()
SESSION_QEMU=

end_process() {
    [ -n "$1" ] || return 0
    kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

end_session() {
    local pid
    end_process "$SESSION_QEMU"
    for pid in "${SESSION_SERVERS[@]}"; do end_process "$pid"; done
    stop_ticker
}

# until_file FILE SECONDS PID: waits for a file that the process makes.
until_file() {
    local deadline=$((SECONDS + $2))
    until [ -e "$1" ]; do
        kill -0 "$3" 2>/dev/null && [ $SECONDS -lt $deadline ] || return 1
        sleep 0.05
    done
}

disk_file() { echo "$RUN/disk$1$2.img"; }

# The disks of controller $1, sparse and zero, where prepare() has made none.
make_disks() {
    local namespace file
    for namespace in $(seq 1 "$namespaces"); do
        file=$(disk_file "$1" "$namespace")
        [ -e "$file" ] || truncate -s "$((disk_mib * namespace))M" "$file"
    done
}

# plug CONTROLLER SLOT: puts a controller into a root port of the running guest.
plug() {
    device_options "$1"
    local option=${DEVICE[1]}
    qmp "{\"execute\":\"device_add\",\"arguments\":${option%\}},\"bus\":\"$2\"}}"
}

# start_server CONTROLLER [DISK]: nvmedb on $RUN/nvmeN.sock, with that disk or those of its own.
start_server() {
    local controller=$1 disk=${2:-} namespace pid
    local socket="$RUN/nvme$controller.sock"
    local -a command=("$NVMEDB" serve --socket "$socket" --serial "${SERIAL:-GUEST$controller}")
    [ -z "$disk" ] || command+=(--disk "$disk")
    [ -n "$disk" ] || for namespace in $(seq 1 "$namespaces"); do
        command+=(--disk "$(disk_file "$controller" "$namespace")")
    done
    # One word for all of them, or one for each.
    local -a modes=($doorbells)
    local mode=${modes[controller % ${#modes[@]}]}
    [ "$mode" = default ] || command+=(--doorbells "$mode")
    # shellcheck disable=SC2206 # a list of words
    command+=($server_args)
    "${command[@]}" >"$RUN/server$controller.log" 2>&1 &
    pid=$!
    SESSION_SERVERS+=("$pid")
    until_file "$socket" 10 "$pid" || say_failed "the server did not start: ${command[*]}"
}

# cpu_spent PID: processor time of a process in milliseconds, all its threads', those that have ended too.
cpu_spent() { awk -v hertz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) * 1000 / hertz }' "/proc/$1/stat"; }

# stop_servers: SIGTERM ends each cleanly, within 10 seconds.
stop_servers() {
    local pid code deadline
    for pid in "${SESSION_SERVERS[@]}"; do
        kill -TERM "$pid" 2>/dev/null || { say_failed "a server had ended by itself"; continue; }
        deadline=$((SECONDS + 10)) code=0
        while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
        ! kill -0 "$pid" 2>/dev/null || { say_failed "a server did not end within 10 s of SIGTERM"; kill -KILL "$pid"; }
        wait "$pid" || code=$?
        [ "$code" -eq 0 ] || say_failed "a server ended with exit code $code"
    done
    SESSION_SERVERS=()
}

# ---- QEMU -----------------------------------------------------------------------------------------------------------

KERNEL_ARGS="console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check nokaslr mitigations=off random.trust_cpu=on
    raid=noautodetect cryptomgr.notests rcupdate.rcu_expedited=1"

qemu_command() {
    if [ -n "$GUEST_QEMU" ]; then
        QEMU=("$GUEST_QEMU")
    else
        QEMU=("$GUEST_ROOT/usr/lib64/ld-linux-x86-64.so.2" --library-path "$GUEST_LIBS:$GUEST_LIBS/ceph"
            "$GUEST_ROOT/usr/bin/qemu-system-x86_64")
        local folder
        for folder in qemu seabios ipxe/qemu; do QEMU+=(-L "$GUEST_ROOT/usr/share/$folder"); done
        export QEMU_MODULE_DIR="$GUEST_LIBS/qemu"
    fi
    [ "$reboot" = yes ] || QEMU+=(-no-reboot)
    QEMU+=(-nodefaults -no-user-config -display none -machine q35 -cpu max
        -smp "$vcpus" -m 512M)
    # The first that works is taken.
    [ ! -w /dev/kvm ] || QEMU+=(-accel kvm)
    QEMU+=(-accel tcg)
    case $memory in
        shared) QEMU+=(-object "memory-backend-memfd,id=ram,size=512M,share=on" -machine memory-backend=ram) ;;
        private) QEMU+=(-object "memory-backend-memfd,id=ram,size=512M,share=off" -machine memory-backend=ram) ;;
        plain) ;;
    esac
    QEMU+=(-chardev "file,id=console,path=$RUN/console.log" -serial chardev:console)
    mkfifo "$RUN/qmp.in" "$RUN/qmp.out"
    QEMU+=(-chardev "pipe,id=qmp,path=$RUN/qmp" -mon chardev=qmp,mode=control)
    # shellcheck disable=SC2206 # a list of words
    QEMU+=($qemu_args)
    local slot
    for slot in $(seq 1 "$slots"); do QEMU+=(-device "pcie-root-port,id=slot$slot,chassis=$slot"); done
}

qemu_boot() {
    case $boot in
        kernel)
            # shellcheck disable=SC2086 # lists of words
            QEMU+=(-kernel "$GUEST/vmlinux" -initrd "$RUN/initramfs.cpio"
                -append "$(echo $KERNEL_ARGS $kernel_args)") ;;
        bios) ;;
        uefi)
            local firmware="$GUEST_ROOT/usr/share/OVMF"
            cp "$firmware/OVMF_VARS_4M.fd" "$RUN/vars.fd"
            QEMU+=(-drive "if=pflash,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd"
                -drive "if=pflash,format=raw,file=$RUN/vars.fd") ;;
    esac
}

# device_options CONTROLLER: its device as QEMU's options, in DEVICE, and what must be there before, in DRIVES: ours over
# vfio-user, or QEMU's own on the same files.
device_options() {
    local controller=$1 namespace drive
    DRIVES=()
    if [ "$DEVICE_KIND" = nvmedb ]; then
        DEVICE=(-device "{\"driver\":\"vfio-user-pci\",\"id\":\"nvme$controller\",\"socket\":{\"type\":\"unix\",\"path\":\"$RUN/nvme$controller.sock\"}}")
        return
    fi
    for namespace in $(seq 1 "$namespaces"); do
        DRIVES+=(-drive "if=none,format=raw,discard=unmap,id=disk$controller$namespace,file=$(disk_file "$controller" "$namespace")")
    done
    drive=",\"drive\":\"disk${controller}1\""
    [ "$namespaces" -eq 1 ] || drive=
    DEVICE=(-device "{\"driver\":\"nvme\",\"id\":\"nvme$controller\",\"serial\":\"GUEST$controller\"$drive}")
    [ -z "$drive" ] || return 0
    for namespace in $(seq 1 "$namespaces"); do
        DEVICE+=(-device "{\"driver\":\"nvme-ns\",\"drive\":\"disk$controller$namespace\",\"bus\":\"nvme$controller\",\"nsid\":$namespace}")
    done
}

# qmp COMMAND: one line of QEMU's machine protocol; the answer ends up in $RUN/qmp.log.
qmp() { printf '%s\n' "$1" >&8; }

start_qemu() {
    # The console of a guest before is not this one's.
    [ ! -e "$RUN/console.log" ] || mv "$RUN/console.log" "$RUN/console-before.log"
    "${QEMU[@]}" </dev/null >"$RUN/qemu.log" 2>&1 &
    SESSION_QEMU=$!
    # Both ends of each pipe are opened here, so that no open waits for the other side.
    exec 8<>"$RUN/qmp.in" 9<>"$RUN/qmp.out"
    qmp '{"execute":"qmp_capabilities"}'
}

# ---- What the guest says --------------------------------------------------------------------------------------------

SESSION_FAILURES=0
say_failed() {
    SESSION_FAILURES=$((SESSION_FAILURES + 1))
    printf '    failed: %s\n' "$*"
}
say_ok() {
    SESSION_CHECKS=$((SESSION_CHECKS + 1))
    [ -z "$VERBOSE" ] || printf '    ok: %s\n' "$*"
}

# follow_console: passes on each marked line as it comes, until QEMU ends or has said nothing for $patience seconds.
follow_console() {
    local line done= quiet_since=$SECONDS console
    : >>"$RUN/console.log"
    exec 7<"$RUN/console.log"
    local partial=
    while :; do
        if IFS= read -r line <&7; then
            quiet_since=$SECONDS
            guest_line "$partial$line"
            partial=
            continue
        fi
        partial="$partial$line"
        [ -z "$line" ] || quiet_since=$SECONDS
        if ! kill -0 "$SESSION_QEMU" 2>/dev/null; then
            # What it wrote last may have come after the read above.
            while IFS= read -r line <&7; do guest_line "$partial$line"; partial=; done
            break
        fi
        if [ $((SECONDS - quiet_since)) -ge "$patience" ]; then
            say_failed "the guest has said nothing for $patience s; stopped"
            end_process "$SESSION_QEMU"
            SESSION_QEMU=
            break
        fi
        sleep 0.1
    done
    exec 7<&-
}

guest_line() {
    local line=${1%$'\r'}
    case $line in
        *'@@ ok '*) say_ok "${line#*@@ ok }" ;;
        *'@@ failed '*) say_failed "${line#*@@ failed }" ;;
        *'@@ note '*) printf '    %s\n' "${line#*@@ note }" ;;
        *'@@ want '*) outside "${line#*@@ want }" ;;
        *'@@ done'*) SESSION_DONE=yes ;;
        *'Kernel panic'* | *'BUG: '* | *'Oops: '*) say_failed "the guest's kernel: $line" ;;
    esac
}

# run_session SCENARIO_FILE: the whole run; its exit code is the verdict.
run_session() {
    SESSION_CHECKS=0
    trap end_session EXIT
    trap 'exit 130' INT TERM
    make_scenario "$1"
    for _ in $(seq 1 "$boots"); do
        [ "$SESSION_FAILURES" -gt 0 ] || run_guest
    done
    if [ "$SESSION_FAILURES" -eq 0 ]; then after; fi
    stop_servers
    [ "$SESSION_CHECKS" -gt 0 ] || say_failed "the scenario checked nothing"
    [ "$SESSION_FAILURES" -eq 0 ] || show_logs
    echo "$SESSION_CHECKS" >"$RUN/checks"
    [ "$SESSION_FAILURES" -eq 0 ]
}

# From the start of QEMU to its end.
run_guest() {
    local code=0
    SESSION_DONE=
    start_qemu
    follow_console
    if [ -n "$SESSION_QEMU" ]; then
        wait "$SESSION_QEMU" || code=$?
        SESSION_QEMU=
        [ "$code" -eq 0 ] || say_failed "QEMU ended with exit code $code: $(tail -n 1 "$RUN/qemu.log")"
    fi
    [ -n "$SESSION_DONE" ] || say_failed "the guest did not come to the end of the scenario"
}

make_scenario() {
    local controller
    prepare
    for controller in $(seq 0 $((controllers - 1))); do
        make_disks "$controller"
        [ "$DEVICE_KIND" != nvmedb ] || start_server "$controller"
    done
    # shellcheck disable=SC2086 # a list of names
    guest_initramfs "$RUN" "$1" $tools
    qemu_command
    qemu_boot
    # The last controllers, as many as there are root ports, wait to be plugged in.
    for controller in $(seq 0 $((controllers - 1))); do
        device_options "$controller"
        QEMU+=("${DRIVES[@]}")
        [ "$controller" -ge $((controllers - slots)) ] || QEMU+=("${DEVICE[@]}")
    done
}

show_logs() {
    local log
    for log in "$RUN"/{console,qemu,server*}.log; do
        [ -s "$log" ] || continue
        printf '    --- the last lines of %s\n' "${log##*/}"
        tail -n 15 "$log" | tr -d '\r' | sed 's/^/    | /'
    done
}
