# an ext4 file system is made, filled, checked, and is whole after another mount
tools=e2fs
quick=yes
disk_mib=32

fill() {
    for i in $(seq 1 40); do
        mkdir -p "/mnt/d$((i % 5))"
        dd if=/dev/urandom of="/mnt/d$((i % 5))/f$i" bs=1k count=$((i * 12)) 2>/dev/null || return 1
    done
    rm /mnt/d*/f*3 && mv /mnt/d1/f1 /mnt/d2/moved
}
sums() { find /mnt -type f | sort | xargs sha256sum >"$1"; }

inside() {
    ready
    check "made" mkfs.ext4 -q "$DISK"
    check "mounted" mount -t ext4 -o discard "$DISK" /mnt
    check "filled" fill
    sums /tmp/before
    check "synchronised" sync
    check "unmounted" umount /mnt
    check "checked" e2fsck -f -n "$DISK"
    check "mounted again" mount -t ext4 "$DISK" /mnt
    sums /tmp/after
    check "every file is what it was" cmp /tmp/before /tmp/after
    check "there were files" [ "$(wc -l </tmp/after)" -ge 30 ]
    check "unmounted again" umount /mnt
    check "checked again" e2fsck -f -n "$DISK"
}
