# MSI-X: each queue has a vector of its own, and I/O arrives by it
quick=yes

inside() {
    ready
    check "MSI-X is what the driver uses" ls /sys/class/nvme/nvme0/device/msi_irqs
    check "interrupts are MSI-X" grep -q 'PCI-MSIX.*nvme0q1' /proc/interrupts
    admin=$(interrupts nvme0q0)
    before=$(interrupts nvme0q1)
    check "64 single reads" sh -c "for i in \$(seq 64); do dd if=$DISK of=/dev/null bs=4k count=1 skip=\$i iflag=direct || exit 1; done"
    after=$(interrupts nvme0q1)
    check "64 reads bring at least 64 interrupts to the I/O queue ($before to $after)" [ $((after - before)) -ge 64 ]
    same "and none to the admin queue" "$admin" "$(interrupts nvme0q0)"
}
