# the loads of ./build.sh guest compare: every controller in turn, $rounds times; the results are notes

# disk_of SERIAL
disk_of() { echo "/dev/$(basename "$(dirname "$(grep -l "^$1 *$" /sys/class/nvme/nvme*/serial)")")n1"; }
is_there() { [ -b "$(disk_of "$1")" ]; }
iops() {
    load=$1 device=$2
    shift 2
    result=$(fio --name=load --filename="$(disk_of "$device")" --ioengine=libaio --direct=1 --time_based --runtime=3 \
        --ramp_time=0.5 --norandommap --randrepeat=0 --output-format=terse --terse-version=3 "$@" | cut -d';' -f8)
    note "iops $load $device $result"
}

# $devices are serial numbers, with commas between them.
inside() {
    devices=$(echo "$devices" | tr , ' ')
    for device in $devices; do
        check "$device is there" until_true 60 is_there "$device"
        dd if="$(disk_of "$device")" of=/dev/null bs=1M iflag=direct 2>/dev/null
    done
    round=0
    while [ $round -lt "$rounds" ]; do
        round=$((round + 1))
        for device in $devices; do iops random-4k-depth-1 "$device" --rw=randread --bs=4k --iodepth=1; done
        for device in $devices; do iops random-4k-depth-32 "$device" --rw=randread --bs=4k --iodepth=32; done
        for device in $devices; do iops sequential-128k-depth-4 "$device" --rw=read --bs=128k --iodepth=4; done
        # Each goes first in turn.
        devices="${devices#* } ${devices%% *}"
    done
    ok "all loads ran"
}
