# nvme-cli sends I/O commands of each kind: write, read, compare, write-zeroes, dsm, flush
tools=nvme
quick=yes

# io VERB FIRST BLOCKS FILE: blocks counted from 1, nvme-cli's from 0.
io() { nvme "$1" "$DISK" --start-block="$2" --block-count=$(($3 - 1)) --data-size=$(($3 * 512)) --data="$4"; }
supports() { [ $(($(nvme id-ctrl "$CONTROLLER" | sed -n 's/^oncs *: *//p') & $1)) -ne 0 ]; }

inside() {
    ready
    head -c 4096 /dev/urandom >/tmp/a
    head -c 4096 /dev/urandom >/tmp/b
    head -c 4096 /dev/zero >/tmp/zeroes
    check "write" io write 100 8 /tmp/a
    check "read" io read 100 8 /tmp/back
    check "the same" cmp /tmp/a /tmp/back
    refused "read beyond the end" 'LBA' io read 32768 8 /tmp/back
    refused "read across the end" 'LBA' io read 32764 8 /tmp/back
    check "flush" nvme flush "$DISK"
    if supports 1; then
        check "compare with what is there" io compare 100 8 /tmp/a
        refused "compare with something else" 'compare' io compare 100 8 /tmp/b
    else note "compare is not offered"; fi
    if supports 8; then
        check "write-zeroes" nvme write-zeroes "$DISK" --start-block=100 --block-count=7
        check "reads" io read 100 8 /tmp/back
        check "zeroes" cmp /tmp/zeroes /tmp/back
        refused "write-zeroes beyond the end" 'LBA' nvme write-zeroes "$DISK" --start-block=32767 --block-count=7
    else note "write-zeroes is not offered"; fi
    if supports 4; then
        io write 200 8 /tmp/b >/tmp/put.out 2>&1
        check "dsm, deallocate two ranges" nvme dsm "$DISK" --ad --slbs=200,400 --blocks=8,16
        check "a block beside them stays" io read 192 8 /tmp/back
        check "the deallocated are read" io read 200 8 /tmp/back
        check "as zeroes" cmp /tmp/zeroes /tmp/back
        check "discard by the block layer" blkdiscard -o 1048576 -l 1048576 "$DISK"
    else note "dsm is not offered"; fi
}
