# The guest's kernel and initramfs, from the root of eng/guest/root.sh, in artifacts/guest.

# A little-endian number of a file: number FILE OFFSET WIDTH.
number() { od -An -v -tu"$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# The ELF image inside a bzImage, at the place that its boot header names (payload_offset and payload_length). It boots
# by PVH: without decompression by the emulated processor, and without firmware.
guest_kernel() {
    local image compressed start length
    [ ! "$GUEST/vmlinux" -nt "$GUEST_ROOT/.packages" ] || return 0
    say "kernel"
    image=$(echo "$GUEST_ROOT"/boot/vmlinuz-*)
    start=$(((1 + $(number "$image" 497 1)) * 512 + $(number "$image" 584 4)))
    # The last 4 bytes are the length of what is compressed.
    length=$(($(number "$image" 588 4) - 4))
    compressed="$GUEST/vmlinux.zst"
    tail -c +$((start + 1)) "$image" | head -c "$length" >"$compressed" || [ -s "$compressed" ]
    in_root usr/bin/zstd -q -d -f "$compressed" -o "$GUEST/vmlinux.new" ||
        die "the kernel of Debian $GUEST_SUITE is not compressed by zstd as it should be"
    mv "$GUEST/vmlinux.new" "$GUEST/vmlinux"
    cp "$image" "$GUEST/vmlinuz"
    rm "$compressed"
}

# archive FOLDER OUTPUT: a cpio archive as the kernel unpacks it; archives may follow one another.
archive() {
    (cd "$1" && find . | sort | "$GUEST_ROOT/usr/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) >"$2.new"
    mv "$2.new" "$2"
}

# layer NAME PROGRAM...: programs of the root with their loader and libraries, as an archive of its own. Each scenario
# takes the layers that it names, so that a guest unpacks no more than it needs.
layer() {
    local name=$1 folder="$GUEST/layers/$1" program library
    shift
    rm -rf "$folder"
    mkdir -p "$folder/bin" "$folder/lib64" "$folder/lib"
    cp -L "$GUEST_ROOT/usr/lib64/ld-linux-x86-64.so.2" "$folder/lib64/"
    for program in "$@"; do
        cp -L "$GUEST_ROOT/$program" "$folder/bin/"
        LD_TRACE_LOADED_OBJECTS=1 in_root "$program" | sed -n 's/.* => \(.*\) (.*/\1/p' |
            while read -r library; do cp -nL "$library" "$folder/lib/"; done
    done
    archive "$folder" "$GUEST/layers/$name.cpio"
}

guest_layers() {
    local made="$GUEST/layers/made"
    [ ! "$made" -nt "$GUEST_ROOT/.packages" ] || [ ! "$made" -nt "$ROOT/eng/guest/images.sh" ] || return 0
    say "initramfs"
    local base="$GUEST/layers/base"
    rm -rf "$GUEST/layers"
    mkdir -p "$base/bin" "$base/dev" "$base/proc" "$base/sys" "$base/tmp" "$base/mnt" "$base/etc"
    cp "$GUEST_ROOT/usr/bin/busybox" "$base/bin/"
    archive "$base" "$GUEST/layers/base.cpio"
    layer fio usr/bin/fio
    layer nvme usr/sbin/nvme
    layer e2fs usr/sbin/mkfs.ext4 usr/sbin/e2fsck
    touch "$made"
}

# guest_initramfs FOLDER SCENARIO LAYER...: the archive of one run, in FOLDER/initramfs.cpio: the layers, /init, the
# scenario.
guest_initramfs() {
    local folder=$1 scenario=$2 name
    shift 2
    mkdir -p "$folder/last"
    cp "$ROOT/Core.Tests/Guests/inside/init.sh" "$folder/last/init"
    chmod 755 "$folder/last/init"
    cp "$ROOT/Core.Tests/Guests/inside/checks.sh" "$folder/last/checks.sh"
    cp "$scenario" "$folder/last/scenario.sh"
    archive "$folder/last" "$folder/last.cpio"
    for name in base "$@"; do cat "$GUEST/layers/$name.cpio"; done >"$folder/initramfs.cpio"
    cat "$folder/last.cpio" >>"$folder/initramfs.cpio"
}
