# two namespaces of one controller: two disks of their own sizes, and neither sees the other's data
namespaces=2

inside() {
    ready nvme0 /dev/nvme0n1
    check "the second disk is there" until_true 60 has_disk /dev/nvme0n2
    same "size of the first" 32768 "$(cat /sys/block/nvme0n1/size)"
    same "size of the second" 65536 "$(cat /sys/block/nvme0n2/size)"
    random /tmp/a 2
    random /tmp/b 2
    put /tmp/a /dev/nvme0n1 >/tmp/put.out 2>&1 &
    writer=$!
    check "the second is written while the first is" put /tmp/b /dev/nvme0n2
    check "the first is written" wait $writer
    check "the first holds its own" read_back /tmp/a /dev/nvme0n1 64k 32
    check "the second holds its own" read_back /tmp/b /dev/nvme0n2 64k 32
}
