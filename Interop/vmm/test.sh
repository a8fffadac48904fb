#!/usr/bin/env bash
# Builds the VMM plain and with AddressSanitizer and UndefinedBehaviorSanitizer, runs its guest on a thread and on KVM
# where KVM is there, and breaks it in the ways a user does. Ends with the line "N passed, N failed".
#
#   LIB_DIR=DIR  where libnvmedoorbell.so is  (default: artifacts/native)
#   OUT=DIR      where the programs go        (default: artifacts/vmm-tests)
#   Interop/vmm/test.sh [PART]                only the tests whose name holds PART
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
LIB_DIR=${LIB_DIR:-$ROOT/artifacts/native}
OUT=${OUT:-$ROOT/artifacts/vmm-tests}
PART=${1:-}
TIMEOUT_S=300
mkdir -p "$OUT"
SCRATCH=$(mktemp -d "$OUT/scratch.XXXXXX")
IMAGE=$SCRATCH/disk.img
JSON=$SCRATCH/out.json
VMM=$OUT/plain/nvmedb-vmm
export ASAN_OPTIONS="handle_segv=0:use_sigaltstack=0:detect_leaks=0:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:${UBSAN_OPTIONS:-}"

cleanup() {
    mountpoint -q "$SCRATCH/full" && umount "$SCRATCH/full"
    rm -rf "$SCRATCH"
}
trap cleanup EXIT

passed=0
failed=0
problem() { echo "    $1" | tee -a "$SCRATCH/problems"; }

# A test is a function; it says each problem it finds.
check() {
    local name=$1
    shift
    [[ $name == *"$PART"* ]] || return 0
    rm -f "$SCRATCH/problems" "$JSON"
    "$@"
    if [ -s "$SCRATCH/problems" ]; then
        failed=$((failed + 1))
        echo "FAILED $name"
        tail -n 30 "$SCRATCH/stdout" "$SCRATCH/stderr" 2>/dev/null
    else
        passed=$((passed + 1))
        echo "ok $name"
    fi
}

# run_vmm CODE OPTION...: the exit code is CODE.
run_vmm() {
    local wanted=$1 code=0
    shift
    # shellcheck disable=SC2086 # a command before it, in one test
    timeout "$TIMEOUT_S" $VMM "$@" >"$SCRATCH/stdout" 2>"$SCRATCH/stderr" || code=$?
    [ "$code" -eq "$wanted" ] || problem "exit code $code, not $wanted: $*"
}

one_line() {
    [ "$(wc -l <"$SCRATCH/stderr")" -eq 1 ] || problem "not one line on stderr: $*"
    grep -q "$1" "$SCRATCH/stderr" || problem "stderr does not say '$1'"
}

# The first, outermost value of a key in the JSON.
value_of() { sed -n "s/^  \"$1\": \(.*[^,]\),\{0,1\}\$/\1/p" "$JSON" | head -n 1; }
expect() {
    [ "$(value_of "$1")" = "$2" ] || problem "$1 is $(value_of "$1"), not $2"
}
expect_some() {
    local value
    value=$(value_of "$1")
    [ "${value:-0}" -gt 0 ] || problem "$1 is ${value:-missing}"
}

new_image() {
    rm -f "$IMAGE"
    truncate -s "$1" "$IMAGE"
}

# good_run GUEST SIZE OPTION...
good_run() {
    local guest=$1 size=$2
    shift 2
    new_image "$size"
    run_vmm 0 --guest "$guest" --disk "$IMAGE" --seconds 1 --json "$JSON" "$@"
    expect guest "\"$guest\""
    expect imageVerified true
    expect mismatches 0
    expect allocatedBytes 0
    expect collections 0
    expect error null
    for key in commands iops p50Ns p99Ns rings wakes sleeps interrupts; do
        expect_some "$key"
    done
    [ "$(grep -c '"doorbells"' "$JSON")" -eq 3 ] || problem "not three kinds of doorbells"
    grep -q '^mismatches  *0 *0 *0 *0$' "$SCRATCH/stdout" || problem "no table"
}

wrong_options() {
    local options
    for options in --nothing --seconds '--seconds 0' '--seconds x' '--queues 0' '--queues 257' '--depth 65536' \
        '--depth 1k' '--guest qemu' '--queues 256 --depth 65535' 'disk.img' '--disk='; do
        # shellcheck disable=SC2086
        run_vmm 2 $options
        one_line nvmedb-vmm
    done
    run_vmm 0 --help
}

# refused SENTENCE: exit code 1, one line, and the image is as it was.
refused() {
    local before
    before=$(sha256sum <"$IMAGE")
    run_vmm 1 --seconds 1 --guest thread --disk "$IMAGE"
    one_line "$1"
    [ "$(sha256sum <"$IMAGE")" = "$before" ] || problem "the image has changed"
}

images_that_cannot_be_used() {
    run_vmm 1 --disk "$SCRATCH/missing.img"
    one_line 'No such file'
    run_vmm 1 --disk "$SCRATCH"
    one_line directory
    run_vmm 1 --disk /dev/null
    one_line 'not a regular file'
    head -c 1000000 /dev/urandom >"$IMAGE"
    refused 'too small'
    head -c 2000001 /dev/urandom >"$IMAGE"
    refused 'multiple of 512'
    head -c 2097152 /dev/urandom >"$IMAGE"
    chmod 0444 "$IMAGE"
    refused "read-only\|Permission denied"
    rm -f "$IMAGE"
}

json_that_cannot_be_written() {
    new_image 2M
    run_vmm 1 --disk "$IMAGE" --json "$SCRATCH/nowhere/out.json"
    one_line 'cannot write'
    run_vmm 1 --disk "$IMAGE" --json "$SCRATCH"
    one_line 'cannot write'
}

full_disk() {
    mkdir -p "$SCRATCH/full"
    if ! mount -t tmpfs -o size=12m tmpfs "$SCRATCH/full" 2>/dev/null; then
        echo "    not tried: a file system of a few MiB cannot be mounted here"
        return
    fi
    truncate -s 64M "$SCRATCH/full/disk.img"
    run_vmm 1 --seconds 1 --guest "$1" --disk "$SCRATCH/full/disk.img" --json "$JSON"
    one_line 'the disk is full'
    expect imageVerified true
    umount "$SCRATCH/full"
}

# The host takes the end of the image away while the guest reads it.
truncated() {
    : >"$SCRATCH/stdout"
    new_image 8M
    "$VMM" --seconds 60 --guest "$1" --disk "$IMAGE" --json "$JSON" >"$SCRATCH/stdout" 2>"$SCRATCH/stderr" &
    local vmm=$! code=0
    until grep -q 'random mix' "$SCRATCH/stdout" || ! kill -0 "$vmm" 2>/dev/null; do sleep 0.1; done
    truncate -s 1M "$IMAGE"
    wait "$vmm" || code=$?
    [ "$code" -eq 1 ] || problem "exit code $code, not 1"
    expect imageVerified false
    # A write beyond the end makes the file long again, with zeroes in between.
    grep -q 'Unrecovered Read Error\|differs at byte' "$SCRATCH/stderr" || problem "does not say what went wrong"
}

image_in_use() {
    new_image 8M
    "$VMM" --seconds 60 --guest thread --disk "$IMAGE" >"$SCRATCH/first" 2>&1 &
    local first=$!
    until grep -q 'random mix' "$SCRATCH/first" || ! kill -0 "$first" 2>/dev/null; do sleep 0.1; done
    run_vmm 1 --seconds 1 --disk "$IMAGE"
    one_line 'in use by another run'
    kill -9 "$first"
    wait "$first" 2>/dev/null
    # A run that was killed leaves nothing behind that stops the next.
    run_vmm 0 --seconds 1 --guest thread --disk "$IMAGE"
}

# Ctrl-C: the table, a checked image, exit code 0.
interrupted() {
    : >"$SCRATCH/stdout"
    new_image 8M
    "$VMM" --seconds 60 --guest "$1" --disk "$IMAGE" --json "$JSON" >"$SCRATCH/stdout" 2>"$SCRATCH/stderr" &
    local vmm=$! code=0
    until grep -q 'random mix' "$SCRATCH/stdout" || ! kill -0 "$vmm" 2>/dev/null; do sleep 0.1; done
    kill -INT "$vmm"
    wait "$vmm" || code=$?
    [ "$code" -eq 0 ] || problem "exit code $code"
    expect interrupted true
    expect imageVerified true
    grep -q '^mismatches ' "$SCRATCH/stdout" || problem "no table"
}

# With another file in its place, /dev/kvm is there and refuses.
without_kvm() {
    if ! unshare -m true 2>/dev/null || [ ! -e /dev/kvm ]; then
        echo "    not tried: /dev/kvm cannot be hidden here"
        return
    fi
    local real=$VMM
    printf '#!/bin/sh\nmount --bind /dev/null /dev/kvm && exec "%s" "$@"\n' "$real" >"$SCRATCH/hidden"
    chmod +x "$SCRATCH/hidden"
    new_image 2M
    VMM="unshare -m $SCRATCH/hidden"
    run_vmm 1 --seconds 1 --guest kvm --disk "$IMAGE"
    one_line '/dev/kvm'
    run_vmm 0 --seconds 1 --disk "$IMAGE" --json "$JSON"
    VMM=$real
    expect guest '"thread"'
    grep -q '^guest: thread (no /dev/kvm: ' "$SCRATCH/stdout" || problem "does not say that there is no KVM"
}

# Little-endian: the magic, seed 0, two blocks; passes 0 (unknown) and 1. A check that cannot fail checks nothing.
check_can_fail() {
    local verify=$OUT/plain/nvmedb-verify manifest=$SCRATCH/manifest code=0
    printf 'anifest1\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0' >"$manifest"
    new_image 8K
    "$verify" "$manifest" "$IMAGE" >"$SCRATCH/stdout" 2>"$SCRATCH/stderr" || code=$?
    [ "$code" -eq 1 ] || problem "exit code $code, not 1, for a wrong block"
    grep -q 'block 1, pass 1, differs at byte 0' "$SCRATCH/stderr" || problem "does not say which block"
    grep -q '1 blocks of 4 KiB, 1 wrong' "$SCRATCH/stdout" || problem "does not count"
}

build() {
    make -C "$HERE" LIB_DIR="$LIB_DIR" OUT="$OUT/plain" >"$SCRATCH/stdout" 2>&1 || problem "does not build"
    make -C "$HERE" LIB_DIR="$LIB_DIR" OUT="$OUT/sanitized" SANITIZE=1 >"$SCRATCH/stdout" 2>&1 ||
        problem "does not build with sanitizers"
}

[ -f "$LIB_DIR/libnvmedoorbell.so" ] || {
    echo "test.sh: no libnvmedoorbell.so in $LIB_DIR" >&2
    exit 1
}
PART='' check "the VMM builds" build
check "wrong options" wrong_options
check "images that cannot be used" images_that_cannot_be_used
check "a JSON file that cannot be written" json_that_cannot_be_written
check "the check of the image can fail" check_can_fail

GUESTS=(thread)
if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
    GUESTS+=(kvm)
else
    echo "    KVM is not tried: no /dev/kvm"
fi
for guest in "${GUESTS[@]}"; do
    check "$guest: two queues, depth 32" good_run "$guest" 32M
    check "$guest: one queue, depth 1" good_run "$guest" 2M --queues 1 --depth 1
    check "$guest: 64 queues, depth 3" good_run "$guest" 8M --queues 64 --depth 3
    check "$guest: depth 1024" good_run "$guest" 32M --queues 3 --depth 1024
    check "$guest: an image that ends in half a block" good_run "$guest" 1052160 --queues 1 --depth 8
    check "$guest: a full disk" full_disk "$guest"
    check "$guest: an image cut short while it runs" truncated "$guest"
    check "$guest: Ctrl-C" interrupted "$guest"
done
check "KVM that refuses" without_kvm
check "an image in use, and after a kill" image_in_use
VMM=$OUT/sanitized/nvmedb-vmm
check "sanitized: two queues, depth 32" good_run thread 16M
check "sanitized: 16 queues, depth 5" good_run thread 4M --queues 16 --depth 5
check "sanitized: Ctrl-C" interrupted thread

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
