# two processors have a queue each, and both work at once
tools=fio
quick=yes
vcpus=2

inside() {
    ready
    same "2 processors" 2 "$(grep -c '^processor' /proc/cpuinfo)"
    same "2 hardware queues" "0 1" "$(echo $(ls /sys/block/nvme0n1/mq))"
    first=$(interrupts nvme0q1) second=$(interrupts nvme0q2)
    verify "two jobs, one on each processor" --rw=randwrite --bs=4k --iodepth=16 --size=2m --numjobs=2 \
        --cpus_allowed=0-1 --cpus_allowed_policy=split --offset_increment=4m
    check "queue 1 had interrupts" [ "$(interrupts nvme0q1)" -gt "$first" ]
    check "queue 2 had interrupts" [ "$(interrupts nvme0q2)" -gt "$second" ]
    echo 0 >/sys/devices/system/cpu/cpu1/online
    verify "one processor taken away" --rw=randwrite --bs=4k --iodepth=16 --size=1m
    echo 1 >/sys/devices/system/cpu/cpu1/online
    verify "and given back" --rw=randwrite --bs=4k --iodepth=16 --size=1m
}
