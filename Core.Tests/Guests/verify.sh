# fio writes in mixed sizes and depths and reads back every block against its checksum
tools=fio
quick=yes

inside() {
    ready
    verify "4 KiB random, depth 32" --rw=randwrite --bs=4k --iodepth=32 --size=4m
    verify "512 B to 128 KiB random, depth 8" --rw=randwrite --bsrange=512-128k --iodepth=8 --size=8m --io_size=4m
    verify "1 MiB sequential, depth 2" --rw=write --bs=1m --iodepth=2 --size=8m
    verify "read and written together" --rw=randrw --bs=4k --iodepth=16 --size=4m --offset=8m
}
