# guest memory whose descriptor holds other pages (share=off): the server finds out, and reaches it by messages
tools=fio
memory=private

inside() {
    ready
    verify "4 KiB random, depth 16" --rw=randwrite --bs=4k --iodepth=16 --size=1m
    random /tmp/a 1
    check "written" put /tmp/a "$DISK"
    check "read back" read_back /tmp/a "$DISK" 64k 16
}
