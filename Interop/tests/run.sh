#!/usr/bin/env bash
# Builds the C tests against the header and the library and runs them: plain, and with AddressSanitizer and
# UndefinedBehaviorSanitizer for their own code, park with ThreadSanitizer too. Ends with "N passed, N failed".
#
#   LIB_DIR=DIR  where libnvmedoorbell.so is          (default: artifacts/native)
#   OUT=DIR      where the programs go                (default: artifacts/c-tests)
#   Interop/tests/run.sh [PROGRAM [ARGUMENT...]]      one program only, for instance: ring --seed 5
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
LIB_DIR=${LIB_DIR:-$ROOT/artifacts/native}
OUT=${OUT:-$ROOT/artifacts/c-tests}
CC=${CC:-gcc}
CXX=${CXX:-g++}
WARNINGS=(-Wall -Wextra -Werror -pedantic -I "$ROOT/Interop/include" -I "$HERE")
TIMEOUT_S=${TIMEOUT_S:-300}

[ -f "$LIB_DIR/libnvmedoorbell.so" ] || {
    echo "run.sh: no libnvmedoorbell.so in $LIB_DIR (dotnet publish Interop/Native -c Release -o $LIB_DIR)" >&2
    exit 1
}
mkdir -p "$OUT"

passed=0
failed=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
bad() { failed=$((failed + 1)); echo "FAILED $1"; }

# check NAME COMMAND...: one test by its exit code.
check() {
    local name=$1
    shift
    if "$@" >"$OUT/check.log" 2>&1; then ok "$name"; else
        cat "$OUT/check.log"
        bad "$name"
    fi
}

# The .so is not instrumented and installs SIGSEGV handlers of its own, so the sanitizer leaves that signal alone.
# Leaks are looked for at exit by pausing all threads and reading their stacks; the runtime's own allocations hang on
# pointers in its collected heap, which that search does not read. An allocation that is too large fails as it does
# without a sanitizer.
export ASAN_OPTIONS="handle_segv=0:use_sigaltstack=0:detect_leaks=0:detect_stack_use_after_return=1\
:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:${UBSAN_OPTIONS:-}"

# compile NAME OUTPUT FLAG...
compile() {
    local source=$1 output=$2
    shift 2
    "$CC" -std=c11 "${WARNINGS[@]}" -g "$@" -o "$output" "$HERE/$source.c" \
        -L "$LIB_DIR" -lnvmedoorbell -Wl,-rpath,"$LIB_DIR" -pthread
}

# run PROGRAM KIND ARGUMENT...: the program's own "ok" and "FAILED" lines are its tests. A program that ends badly
# without telling of a failed test is one.
run() {
    local program=$1 kind=$2 code=0 log
    shift 2
    log=$OUT/$program-$kind.log
    timeout "$TIMEOUT_S" "$OUT/$program-$kind" "$@" >"$log" 2>&1 || code=$?
    sed "s/^\(ok\|FAILED\) /\1 [$kind] /" "$log"
    passed=$((passed + $(grep -c '^ok ' "$log")))
    failed=$((failed + $(grep -c '^FAILED ' "$log")))
    if [ "$code" -ne 0 ] && ! grep -q '^FAILED ' "$log"; then
        bad "[$kind] $program ended with exit code $code"
    fi
}

exports_only_ours() {
    local others
    others=$(nm -D --defined-only "$LIB_DIR/libnvmedoorbell.so" | awk '$2 != "A" && $3 !~ /^nvmedb_/')
    [ -z "$others" ] || { echo "$others"; return 1; }
}

has_soname_and_size() {
    local abi
    abi=$(sed -n 's/^#define NVMEDB_ABI_VERSION \([0-9]*\)u$/\1/p' "$ROOT/Interop/include/nvme_doorbell.h")
    readelf -d "$LIB_DIR/libnvmedoorbell.so" | grep -F "[libnvmedoorbell.so.$abi]"
    [ "$(stat -L -c %s "$LIB_DIR/libnvmedoorbell.so")" -lt $((2 << 20)) ]
}

suite() {
    local program=$1
    shift
    compile "$program" "$OUT/$program-plain" -O2 || { bad "$program does not compile"; return; }
    compile "$program" "$OUT/$program-sanitized" -O1 -fno-omit-frame-pointer -fsanitize=address,undefined ||
        { bad "$program does not compile with sanitizers"; return; }
    run "$program" plain "$@"
    run "$program" sanitized "$@"
    # Both sides of the ring in one sanitized program. The sanitizer does not model fences, so it sees races of plain
    # accesses only; the fences are the model checker's.
    if [ "$program" = park ]; then
        compile "$program" "$OUT/$program-threads" -O1 -fsanitize=thread -Wno-tsan ||
            { bad "$program does not compile with the thread sanitizer"; return; }
        run "$program" threads "$@"
    fi
}

if [ $# -gt 0 ]; then
    suite "$@"
else
    printf '#include "nvme_doorbell.h"\nint main(void) { return 0; }\n' >"$OUT/header.c"
    cp "$OUT/header.c" "$OUT/header.cpp"
    check "the library exports nvmedb_* and nothing else" exports_only_ours
    check "the library has its SONAME and is under 2 MiB" has_soname_and_size
    check "the header compiles as C11" "$CC" -std=c11 "${WARNINGS[@]}" -fsyntax-only "$OUT/header.c"
    check "the header compiles as C++17" "$CXX" -std=c++17 "${WARNINGS[@]}" -fsyntax-only "$OUT/header.cpp"
    # Programs that are there to be run by hand or by another test say so in their first comment; all others run.
    for source in "$HERE"/*.c; do
        suite "$(basename "$source" .c)"
    done
    check "what is installed can be used through pkg-config and CMake" bash "$HERE/install-test.sh" "$LIB_DIR" "$OUT"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
