# shadow doorbells: the kernel negotiates them, and its commands then write far fewer doorbell registers
tools="fio nvme"
quick=yes
vcpus=2
kernel_args="trace_event=nvme:nvme_setup_cmd"
nvmedb_only=yes
doorbells=trapped
qemu_args="-trace vfio_region_write"

inside() {
    ready
    check "Doorbell Buffer Config is offered" sh -c "nvme id-ctrl -H $CONTROLLER | grep -i 'doorbell buffer.*supported' | grep -vi 'not supp'"
    check "the kernel has sent it" grep -q 'cmd=(nvme_admin_dbbuf' /sys/kernel/tracing/trace
    echo 0 >/sys/kernel/tracing/events/nvme/enable
    verify "4 KiB random, depth 32" --rw=randwrite --bs=4k --iodepth=32 --size=4m
    check "reset" nvme reset "$CONTROLLER"
    check "live after it" until_true 60 is_live
    verify "negotiated anew after a reset" --rw=randwrite --bs=4k --iodepth=32 --size=2m
}

# QEMU says each write of a register on the way to the server. Without shadow doorbells a command takes two; with them, a
# device that is often asleep is still rung often.
after() {
    local written commands=3072
    written=$(grep -c 'vfio_region_write.*+0x1[0-9a-f]\{3\}[,)]' "$RUN/qemu.log")
    if [ "$written" -gt 0 ] && [ "$written" -lt $((commands * 3 / 2)) ]; then
        say_ok "$commands commands wrote doorbell registers $written times"
    else
        say_failed "$commands commands wrote doorbell registers $written times"
    fi
}
