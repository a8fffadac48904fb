# What a guest run takes from Debian, in artifacts/guest/root: QEMU with its firmware, a kernel, and the tools that run
# inside the guest. The packages are fetched by apt with a state of its own and unpacked: nothing is installed, nothing
# is mounted, and no right of root is needed. Programs run by the root's own loader, so the machine's release is no matter.

GUEST="$ARTIFACTS/guest"
GUEST_ROOT="$GUEST/root"
GUEST_LIBS="$GUEST_ROOT/usr/lib/x86_64-linux-gnu"

GUEST_SUITE=trixie
GUEST_QEMU_PACKAGES="qemu-system-x86 seabios ovmf ipxe-qemu"
GUEST_TOOL_PACKAGES="busybox-static fio nvme-cli e2fsprogs mtools zstd systemd-boot-efi"
GUEST_KERNEL_PACKAGE=linux-image-cloud-amd64

# in_root PROGRAM ARGUMENT...: runs a program of the root, for instance usr/bin/zstd.
in_root() {
    local program=$1
    shift
    "$GUEST_ROOT/usr/lib64/ld-linux-x86-64.so.2" --library-path "$GUEST_LIBS:$GUEST_LIBS/ceph" \
        "$GUEST_ROOT/$program" "$@"
}

# The Debian mirror that this machine's apt already uses; DEBIAN_MIRROR names another.
guest_mirror() {
    [ -z "${DEBIAN_MIRROR:-}" ] || { echo "$DEBIAN_MIRROR"; return; }
    apt-get update --print-uris 2>/dev/null | sed -n "s#^'\([^']*/debian/\)dists/.*#\1#p" | sort -u | head -n 1
}

# apt-get and apt-cache with sources, lists and package state below artifacts/.
guest_apt() {
    local program=$1 apt="$GUEST/apt"
    shift
    "$program" -q -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::State::lists="$apt/lists" \
        -o Dir::Cache="$apt/cache" -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences="$apt/preferences" -o Dir::Etc::preferencesparts=/dev/null \
        -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User="$(id -un)" \
        -o APT::Install-Recommends=false "$@"
}

guest_apt_sources() {
    local apt="$GUEST/apt" mirror=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg suite
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    : >"$apt/status"
    for suite in $GUEST_SUITE $GUEST_SUITE-backports; do
        echo "deb [signed-by=$keyring] $mirror $suite main"
    done >"$apt/sources.list"
    cat >"$apt/preferences" <<PIN
Package: qemu-* seabios ovmf ipxe-qemu
Pin: release n=$GUEST_SUITE-backports
Pin-Priority: 900
PIN
}

# The package with the kernel's files, of which the one that we name is only the current version's reference.
guest_kernel_package() {
    guest_apt apt-cache depends "$GUEST_KERNEL_PACKAGE" | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1
}

guest_fetch_and_unpack() {
    set -e
    local packages=$1 archive kernel
    guest_apt apt-get update
    # shellcheck disable=SC2086 # a list of names
    guest_apt apt-get -y --download-only install $packages
    kernel=$(guest_kernel_package)
    (cd "$GUEST/apt/cache/archives" && guest_apt apt-get download "$kernel")
    rm -rf "$GUEST_ROOT" "$GUEST_ROOT.new"
    for archive in "$GUEST"/apt/cache/archives/*.deb; do
        dpkg-deb -x "$archive" "$GUEST_ROOT.new"
        echo "unpacked ${archive##*/}"
    done
    mv "$GUEST_ROOT.new" "$GUEST_ROOT"
    rm -rf "$GUEST/apt"
}

# QEMU on PATH that has vfio-user (10.1 or newer), else nothing.
guest_own_qemu() {
    local version
    version=$(qemu-system-x86_64 --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\.[0-9]*\).*/\1/p')
    [ -n "$version" ] && [ "$(printf '%s\n' 10.1 "$version" | sort -V | head -n 1)" = 10.1 ] &&
        command -v qemu-system-x86_64
}

# Makes the root where it is missing or of another make.
guest_root() {
    needs_linux "a guest run"
    [ "$(uname -m)" = x86_64 ] || die "a guest run needs x86-64"
    local packages="$GUEST_TOOL_PACKAGES" stamp="$GUEST_ROOT/.packages" mirror
    GUEST_QEMU=$(guest_own_qemu) || GUEST_QEMU=
    [ -n "$GUEST_QEMU" ] || packages="$GUEST_QEMU_PACKAGES $packages"
    GUEST_KEY="$GUEST_SUITE $packages"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$GUEST_KEY" ]; then
        return
    fi
    command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 ||
        die "a guest run takes its kernel and tools from Debian by apt-get, which is missing here"
    [ -f /usr/share/keyrings/debian-archive-keyring.gpg ] ||
        die "Debian's archive keys are missing; install them (sudo apt-get install debian-archive-keyring)"
    mirror=$(guest_mirror)
    [ -n "$mirror" ] || die "apt knows no Debian mirror here; name one: DEBIAN_MIRROR=URL ./build.sh guest"
    say "QEMU, kernel and tools from Debian $GUEST_SUITE, into artifacts/guest (once)"
    guest_apt_sources "$mirror"
    logged "packages" guest-root '^unpacked' guest_fetch_and_unpack "$packages" || {
        tail -n 20 "$LOGS/guest-root.log" >&2
        die "failed: packages from Debian (log: artifacts/logs/guest-root.log)"
    }
    echo "$GUEST_KEY" >"$stamp"
}
