# Linux probes the controller: class code, serial, size, block size, one live controller with one disk
tools=nvme
quick=yes

inside() {
    ready
    same "class is NVM Express" 0x010802 "$(cat /sys/class/nvme/nvme0/device/class)"
    same "serial number" GUEST0 "$(tr -d ' ' </sys/class/nvme/nvme0/serial)"
    same "size in 512-byte sectors" 32768 "$(cat /sys/block/nvme0n1/size)"
    same "block size" 512 "$(cat /sys/block/nvme0n1/queue/logical_block_size)"
    same "one disk" /dev/nvme0n1 "$(echo /dev/nvme*n*)"
    check "first block is read" dd if="$DISK" of=/dev/null bs=512 count=1 iflag=direct
    same "no error in the log" 0 "$(nvme error-log "$CONTROLLER" -e 1 -o json | sed -n 's/.*"error_count" *: *\([0-9]*\).*/\1/p')"
}
