# the interrupt pin alone (pci=nomsi): no storm, no stuck request
tools="fio nvme"
kernel_args="pci=nomsi"

# The admin queue and the I/O queue share the pin's line.
pin_interrupts() { awk '/nvme0q0/ { print $2 }' /proc/interrupts; }
requests() { awk '{ print $1 + $5 }' "/sys/block/$(basename "$DISK")/stat"; }

inside() {
    ready
    check "the pin is what the driver uses" grep -q 'IO-APIC.*nvme0q0' /proc/interrupts
    interrupts=$(pin_interrupts) requests=$(requests)
    verify "4 KiB random, depth 16" --rw=randwrite --bs=4k --iodepth=16 --size=1m
    verify "4 KiB random, depth 1" --rw=randwrite --bs=4k --iodepth=1 --size=256k
    interrupts=$(($(pin_interrupts) - interrupts)) requests=$(($(requests) - requests))
    note "$interrupts interrupts for $requests requests"
    check "interrupts came" [ "$interrupts" -gt 0 ]
    # One for two requests, as a rule, and a few bursts: see "Interrupts" in docs/vfio-user.md.
    check "no more than ten for each request" [ "$interrupts" -le $((requests * 10)) ]
    check "reset" nvme reset "$CONTROLLER"
    check "live after it" until_true 60 is_live
    verify "works after a reset" --rw=randwrite --bs=4k --iodepth=16 --size=512k
}
