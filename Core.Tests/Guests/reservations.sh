# reservations, where they are offered: register, acquire, report, release
tools=nvme

supports() { [ $(($(nvme id-ctrl "$CONTROLLER" | sed -n 's/^oncs *: *//p') & $1)) -ne 0 ]; }

inside() {
    ready
    if ! supports 32; then
        refused "not offered, and so refused" 'invalid\|not supported' nvme resv-report "$DISK" --eds
        return
    fi
    check "register" nvme resv-register "$DISK" --nrkey=0x1234 --rrega=0
    check "acquire, write exclusive" nvme resv-acquire "$DISK" --crkey=0x1234 --rtype=1 --racqa=0
    check "report names the type" sh -c "nvme resv-report $DISK | grep -E 'rtype *: *1'"
    check "the holder writes" dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct
    refused "release with another key" 'conflict' nvme resv-release "$DISK" --crkey=0x9999 --rtype=1 --rrela=0
    check "release" nvme resv-release "$DISK" --crkey=0x1234 --rtype=1 --rrela=0
    check "unregister" nvme resv-register "$DISK" --crkey=0x1234 --rrega=1
}
