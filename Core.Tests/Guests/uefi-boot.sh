# OVMF boots Linux from the disk: boot loader, kernel and initramfs come through its own driver
boot=uefi
disk_mib=64
patience=240

prepare() {
    local image
    image=$(disk_file 0 1)
    export MTOOLS_SKIP_CHECK=1
    truncate -s "${disk_mib}M" "$image"
    guest_initramfs "$RUN" "$SCENARIOS/uefi-boot.sh"
    cat >"$RUN/entry.conf" <<ENTRY
title guest
linux /vmlinuz
initrd /initramfs
options $(echo $KERNEL_ARGS)
ENTRY
    printf 'timeout 0\n' >"$RUN/loader.conf"
    in_root usr/bin/mformat -i "$image" -F ::
    in_root usr/bin/mmd -i "$image" ::/EFI ::/EFI/BOOT ::/loader ::/loader/entries
    in_root usr/bin/mcopy -i "$image" "$GUEST_ROOT/usr/lib/systemd/boot/efi/systemd-bootx64.efi" ::/EFI/BOOT/BOOTX64.EFI
    in_root usr/bin/mcopy -i "$image" "$RUN/loader.conf" ::/loader/loader.conf
    in_root usr/bin/mcopy -i "$image" "$RUN/entry.conf" ::/loader/entries/guest.conf
    in_root usr/bin/mcopy -i "$image" "$GUEST/vmlinuz" ::/vmlinuz
    in_root usr/bin/mcopy -i "$image" "$RUN/initramfs.cpio" ::/initramfs
}

inside() {
    ready
    check "booted by UEFI" [ -d /sys/firmware/efi ]
    check "the disk that it came from is read" sh -c "dd if=$DISK bs=64k count=16 iflag=direct | wc -c | grep -q 1048576"
    random /tmp/data 1
    check "and written" dd if=/tmp/data of="$DISK" bs=64k seek=960 oflag=direct conv=fsync
}
