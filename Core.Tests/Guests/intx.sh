# the interrupt pin alone (pci=nomsi): no storm, no stuck request
tools="fio nvme"
kernel_args="pci=nomsi"

inside() {
    ready
    check "the pin is what the driver uses" grep -q 'IO-APIC.*nvme0q0' /proc/interrupts
    before=$(interrupts nvme0q0)
    [ "$before" -gt 0 ] || before=$(awk '/nvme0q0/ { print $2 }' /proc/interrupts)
    verify "4 KiB random, depth 16" --rw=randwrite --bs=4k --iodepth=16 --size=1m
    verify "4 KiB random, depth 1" --rw=randwrite --bs=4k --iodepth=1 --size=256k
    after=$(awk '/nvme0q0/ { print $2 }' /proc/interrupts)
    check "interrupts came ($before to $after)" [ "$after" -gt "$before" ]
    check "no more than two for each request" [ $((after - before)) -le 2000 ]
    check "reset" nvme reset "$CONTROLLER"
    check "live after it" until_true 60 is_live
    verify "works after a reset" --rw=randwrite --bs=4k --iodepth=16 --size=512k
}
