# SeaBIOS boots the disk: reads, writes and reads back through its own driver (INTx, one queue)
boot=bios
quick=yes

prepare() {
    local image
    image=$(disk_file 0 1)
    gcc -nostdlib -static -m32 -no-pie -Wl,--build-id=none -Wl,-Ttext=0x7c00 -Wl,--oformat=binary \
        -o "$RUN/sector.bin" "$SCENARIOS/boot/sector.S"
    truncate -s "${disk_mib}M" "$image"
    dd if="$RUN/sector.bin" of="$image" bs=512 count=1 conv=notrunc 2>/dev/null
    printf '@@ ok 32 blocks are read by the firmware\n\0' | dd of="$image" bs=512 seek=95 conv=notrunc 2>/dev/null
}

after() {
    local image
    image=$(disk_file 0 1)
    if dd if="$image" bs=512 skip=128 count=1 2>/dev/null | grep -qa '32 blocks'; then
        say_ok "the file holds what the firmware wrote"
    else
        say_failed "the file does not hold what the firmware wrote"
    fi
}
