# doorbells as messages: each write of a doorbell register reaches the server over its socket
tools=fio
vcpus=2
doorbells=trapped
nvmedb_only=yes

inside() {
    ready
    verify "4 KiB random, depth 32" --rw=randwrite --bs=4k --iodepth=32 --size=4m
    verify "4 KiB random, depth 1" --rw=randwrite --bs=4k --iodepth=1 --size=512k
}
