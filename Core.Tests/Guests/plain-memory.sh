# guest memory without a descriptor (plain -m): reached by messages
tools="fio e2fs"
memory=plain

inside() {
    ready
    verify "4 KiB random, depth 16" --rw=randwrite --bs=4k --iodepth=16 --size=1m
    verify "128 KiB sequential, depth 2" --rw=write --bs=128k --iodepth=2 --size=4m
    check "file system made" mkfs.ext4 -q "$DISK"
    check "and checked" e2fsck -f -n "$DISK"
}
