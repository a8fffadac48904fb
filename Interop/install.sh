#!/usr/bin/env bash
# Installs the library, the header and the files for pkg-config and CMake: Interop/install.sh PREFIX
# LIB_DIR=DIR says where libnvmedoorbell.so is (default: artifacts/native). What is installed may be moved as a whole.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LIB_DIR=${LIB_DIR:-$HERE/../artifacts/native}
if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then
    echo "usage: Interop/install.sh PREFIX" >&2
    exit 2
fi
[ -f "$LIB_DIR/libnvmedoorbell.so" ] || {
    echo "install.sh: no libnvmedoorbell.so in $LIB_DIR (dotnet publish Interop/Native -c Release -o $LIB_DIR)" >&2
    exit 1
}
mkdir -p "$1"
PREFIX=$(cd "$1" && pwd)
VERSION=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$HERE/../Directory.Build.props")
ABI=$(sed -n 's/^#define NVMEDB_ABI_VERSION \([0-9]*\)u$/\1/p' "$HERE/include/nvme_doorbell.h")
# What a caller may ask for as compatible: 0.1 while the major version is 0, else the major version.
case $VERSION in
    0.*) SERIES=${VERSION%.*} ;;
    *) SERIES=${VERSION%%.*} ;;
esac

# from_template TEMPLATE TARGET
from_template() {
    mkdir -p "$(dirname "$2")"
    sed -e "s|@PREFIX@|\${pcfiledir}/../..|" -e "s|@VERSION@|$VERSION|" -e "s|@ABI@|$ABI|" -e "s|@SERIES@|$SERIES|" \
        "$HERE/Native/packaging/$1" >"$2"
    chmod 644 "$2"
}

install -d "$PREFIX/lib" "$PREFIX/include"
install -m 755 "$LIB_DIR/libnvmedoorbell.so" "$PREFIX/lib/libnvmedoorbell.so.$VERSION"
ln -sf "libnvmedoorbell.so.$VERSION" "$PREFIX/lib/libnvmedoorbell.so.$ABI"
ln -sf "libnvmedoorbell.so.$ABI" "$PREFIX/lib/libnvmedoorbell.so"
install -m 644 "$HERE/include/nvme_doorbell.h" "$PREFIX/include/nvme_doorbell.h"
from_template nvmedoorbell.pc.in "$PREFIX/lib/pkgconfig/nvmedoorbell.pc"
from_template NvmeDoorbellConfig.cmake.in "$PREFIX/lib/cmake/NvmeDoorbell/NvmeDoorbellConfig.cmake"
from_template NvmeDoorbellConfigVersion.cmake.in "$PREFIX/lib/cmake/NvmeDoorbell/NvmeDoorbellConfigVersion.cmake"
echo "installed libnvmedoorbell $VERSION in $PREFIX"
