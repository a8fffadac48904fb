# what is written is read back, by the same guest and, from the file, by the host
quick=yes

inside() {
    ready
    random /tmp/data 8
    check "8 MiB written" put /tmp/data "$DISK"
    check "read back in 64 KiB requests" read_back /tmp/data "$DISK" 64k 128
    check "read back in 4 KiB requests" read_back /tmp/data "$DISK" 4k 2048
    check "one block changed in the middle" dd if=/dev/zero of="$DISK" bs=512 seek=4097 count=1 oflag=direct conv=fsync
    dd if=/dev/zero of=/tmp/data bs=512 seek=4097 count=1 conv=notrunc 2>/dev/null
    check "read back after it" read_back /tmp/data "$DISK" 1M 8
    note "sha256 $(sha256sum </tmp/data)"
}

after() {
    local inside outside
    inside=$(sed -n 's/.*@@ note sha256 \([0-9a-f]*\).*/\1/p' "$RUN/console.log")
    outside=$(head -c 8M "$(disk_file 0 1)" | sha256sum)
    if [ "$inside" = "${outside%% *}" ]; then say_ok "the file holds it"; else say_failed "the file holds something else"; fi
}
