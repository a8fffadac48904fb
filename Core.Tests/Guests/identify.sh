# nvme-cli reads what the controller says of itself: list, id-ctrl, id-ns, logs
tools=nvme
quick=yes

# field FILE NAME: a number of nvme-cli's output.
field() { sed -n "s/^$2[[:space:]]*: *\([^ ]*\).*/\1/p" "$1" | head -n 1; }

inside() {
    ready
    check "list" sh -c "nvme list | grep '$DISK.*GUEST0'"
    check "id-ctrl" sh -c "nvme id-ctrl $CONTROLLER >/tmp/ctrl"
    same "serial number" GUEST0 "$(field /tmp/ctrl sn)"
    check "version 1.4 or newer ($(field /tmp/ctrl ver))" [ "$(($(field /tmp/ctrl ver)))" -ge $((0x10400)) ]
    same "one namespace at least" yes "$([ "$(field /tmp/ctrl nn)" -ge 1 ] && echo yes)"
    same "submission entries of 64 bytes" 0x66 "$(field /tmp/ctrl sqes)"
    same "completion entries of 16 bytes" 0x44 "$(field /tmp/ctrl cqes)"
    check "id-ctrl in full" nvme id-ctrl -H "$CONTROLLER"
    check "id-ns" sh -c "nvme id-ns $DISK >/tmp/ns"
    same "size in blocks" 0x8000 "$(field /tmp/ns nsze)"
    same "capacity in blocks" 0x8000 "$(field /tmp/ns ncap)"
    check "format in use: 512 bytes, no metadata" grep -q 'lbads:9 .*in use' /tmp/ns
    check "list-ns" sh -c "nvme list-ns $CONTROLLER | grep -q 0x1"
    check "ns-descs" nvme ns-descs "$DISK"
    refused "id-ns of namespace FFFFFFF0h" 'invalid' nvme id-ns "$CONTROLLER" --namespace-id=0xfffffff0
    check "smart-log" sh -c "nvme smart-log $CONTROLLER >/tmp/smart"
    same "no critical warning" 0 "$(field /tmp/smart critical_warning)"
    written=$(field /tmp/smart host_write_commands)
    dd if=/dev/zero of="$DISK" bs=4k count=8 oflag=direct 2>/dev/null
    nvme smart-log "$CONTROLLER" >/tmp/smart
    check "smart-log counts 8 writes" [ $(($(field /tmp/smart host_write_commands) - written)) -ge 8 ]
    check "error-log" nvme error-log "$CONTROLLER"
    check "fw-log" nvme fw-log "$CONTROLLER"
    check "commands supported and effects" nvme get-log "$CONTROLLER" --log-id=5 --log-len=4096
    refused "a log page that does not exist" 'invalid' nvme get-log "$CONTROLLER" --log-id=0xbf --log-len=64
}
