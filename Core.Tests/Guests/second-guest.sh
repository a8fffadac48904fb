# a second guest connects after the first has gone: a clean device, with the data of the first
tools=e2fs
quick=yes
boots=2

inside() {
    ready
    if mount -t ext4 "$DISK" /mnt 2>/dev/null; then
        same "the second guest reads what the first has written" "from the first" "$(cat /mnt/word)"
        check "unmounted" umount /mnt
        check "checked" e2fsck -f -n "$DISK"
    else
        check "the first guest makes a file system" mkfs.ext4 -q "$DISK"
        check "mounts it" mount -t ext4 "$DISK" /mnt
        check "writes" sh -c "echo from the first >/mnt/word"
        check "unmounts it" umount /mnt
    fi
}
