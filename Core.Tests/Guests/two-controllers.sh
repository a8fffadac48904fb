# two controllers, each of its own server: independent, the one works while the other is reset
tools="fio nvme"
controllers=2

inside() {
    ready nvme0 /dev/nvme0n1
    ready nvme1 /dev/nvme1n1
    same "two serial numbers" "GUEST0 GUEST1" "$(cat /sys/class/nvme/nvme*/serial | tr -d ' ' | sort | xargs)"
    random /tmp/a 2
    random /tmp/b 2
    check "the first is written" put /tmp/a /dev/nvme0n1
    check "the second is written" put /tmp/b /dev/nvme1n1
    check "the first holds its own" read_back /tmp/a /dev/nvme0n1 64k 32
    check "the second holds its own" read_back /tmp/b /dev/nvme1n1 64k 32
    fio --name=verify --filename=/dev/nvme1n1 --ioengine=libaio --direct=1 --verify=crc32c --verify_fatal=1 \
        --rw=randwrite --bs=4k --iodepth=16 --size=4m --offset=4m >/tmp/fio.out 2>&1 &
    load=$!
    check "the first is reset" nvme reset /dev/nvme0
    check "the first is live" until_true 60 is_live nvme0
    check "the second has worked on meanwhile" wait $load || tail -n 20 /tmp/fio.out
    check "the first still holds its own" read_back /tmp/a /dev/nvme0n1 64k 32
}
