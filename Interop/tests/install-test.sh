#!/usr/bin/env bash
# Installs into a fresh folder, moves it, and builds and runs a program against it through pkg-config and, where CMake
# is there, through CMake. install-test.sh LIB_DIR OUT
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LIB_DIR=$1
WORK=$2/install
rm -rf "$WORK"
mkdir -p "$WORK/program"

LIB_DIR="$LIB_DIR" bash "$HERE/../install.sh" "$WORK/first place"
mv "$WORK/first place" "$WORK/prefix"
PREFIX=$WORK/prefix

cat >"$WORK/program/main.c" <<'C'
#include <nvme_doorbell.h>
#include <stdio.h>

int main(void)
{
    if (nvmedb_abi_version() != NVMEDB_ABI_VERSION)
        return 1;
    printf("libnvmedoorbell %s\n", nvmedb_version());
    return 0;
}
C

if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH="$PREFIX/lib/pkgconfig"
    # Flags are words of their own.
    # shellcheck disable=SC2046
    gcc -std=c11 -Wall -Werror "$WORK/program/main.c" -o "$WORK/by-pkg-config" $(pkg-config --cflags --libs nvmedoorbell)
    LD_LIBRARY_PATH="$PREFIX/lib" "$WORK/by-pkg-config"
else
    echo "no pkg-config here"
fi

if command -v cmake >/dev/null; then
    cat >"$WORK/program/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(program C)
find_package(NvmeDoorbell 0.1 REQUIRED)
find_package(NvmeDoorbell 99.0 QUIET)
if(NvmeDoorbell_FOUND)
  message(FATAL_ERROR "version 99 was found")
endif()
add_executable(program main.c)
target_link_libraries(program NvmeDoorbell::NvmeDoorbell)
CMAKE
    cmake -S "$WORK/program" -B "$WORK/by-cmake" -DCMAKE_PREFIX_PATH="$PREFIX"
    cmake --build "$WORK/by-cmake"
    "$WORK/by-cmake/program"
else
    echo "no CMake here"
fi
