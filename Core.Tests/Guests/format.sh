# nvme-cli formats the namespace: the data is gone, the kernel sees the disk anew
tools=nvme

inside() {
    ready
    random /tmp/data 1
    put /tmp/data "$DISK" >/tmp/put.out 2>&1
    check "written" read_back /tmp/data "$DISK" 64k 16
    check "formatted with 512-byte blocks" nvme format "$DISK" --lbaf=0 --force
    check "live after it" until_true 60 is_live
    check "disk after it" until_true 60 has_disk
    head -c 1048576 /dev/zero >/tmp/zeroes
    check "it reads as zeroes" read_back /tmp/zeroes "$DISK" 64k 16
    check "it is written again" put /tmp/data "$DISK"
    check "and read back" read_back /tmp/data "$DISK" 64k 16
    refused "a format that does not exist is refused" 'invalid' nvme format "$DISK" --lbaf=13 --force
}
