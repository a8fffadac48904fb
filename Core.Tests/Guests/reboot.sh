# the guest reboots: the device is reset with the machine, and holds the data
reboot=yes

inside() {
    ready
    { echo again; head -c 506 /dev/zero; } >/tmp/word
    if [ "$(dd if="$DISK" bs=512 count=1 iflag=direct 2>/dev/null | head -c 5)" = again ]; then
        check "the second boot reads what the first has written" read_back /tmp/word "$DISK" 512 1
        return
    fi
    check "written before" dd if=/tmp/word of="$DISK" bs=512 count=1 oflag=direct
    note "rebooting"
    reboot -f
}
