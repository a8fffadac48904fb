# the driver is unbound and bound under I/O: the old requests end, the new controller works
tools=fio

writes() { awk '{ print $5 }' "/sys/block/$(basename "$DISK")/stat"; }
has_written() { [ "$(writes)" -gt "$1" ]; }

inside() {
    ready
    device=$(basename "$(readlink /sys/class/nvme/nvme0/device)")
    for round in 1 2 3; do
        before=$(writes)
        fio --name=load --filename="$DISK" --ioengine=libaio --direct=1 --rw=randwrite --bs=4k --iodepth=16 \
            --size=4m --time_based --runtime=600 >/tmp/fio.out 2>&1 &
        load=$!
        check "round $round: the load runs" until_true 60 has_written $((before + 50))
        check "round $round: unbound under load" sh -c "echo $device >/sys/bus/pci/drivers/nvme/unbind"
        wait $load
        same "round $round: the load ended with an error" yes "$([ $? -ne 0 ] && echo yes)"
        check "round $round: bound" sh -c "echo $device >/sys/bus/pci/drivers/nvme/bind"
        DISK=/dev/$(basename "$(ls -d /sys/bus/pci/devices/$device/nvme/nvme*/nvme*n1 | head -n 1)")
        ready "$(ls /sys/bus/pci/devices/$device/nvme)" "$DISK"
        verify "round $round: works" --rw=randwrite --bs=4k --iodepth=8 --size=1m
    done
}
