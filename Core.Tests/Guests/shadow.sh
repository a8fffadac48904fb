# shadow doorbells: the kernel negotiates them, and most of its commands then ring no doorbell
tools="fio nvme"
quick=yes
vcpus=2
kernel_args="trace_event=nvme:nvme_setup_cmd"
nvmedb_only=yes
doorbells=trapped

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
