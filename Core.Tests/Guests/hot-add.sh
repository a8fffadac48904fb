# a second controller is plugged into a running guest, probes, and works
controllers=2
slots=1

inside() {
    ready
    random /tmp/a 2
    want controller
    ready nvme1 /dev/nvme1n1
    same "serial number" GUEST1 "$(tr -d ' ' </sys/class/nvme/nvme1/serial)"
    check "written" put /tmp/a /dev/nvme1n1
    check "read back" read_back /tmp/a /dev/nvme1n1 64k 32
    check "the first still works" put /tmp/a /dev/nvme0n1
}

outside() { plug 1 slot1; }
