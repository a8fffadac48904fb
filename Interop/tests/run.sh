#!/usr/bin/env bash
# Builds the C tests against the header and the library and runs them: plain, and with AddressSanitizer and
# UndefinedBehaviorSanitizer for their own code, park with ThreadSanitizer too, tsan.c, which needs no library, with that
# alone. Ends with "N passed, N failed", and before it "N skipped" where something was.
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

[ -f "$LIB_DIR/libnvmedoorbell.so" ] || [ "${1:-}" = tsan ] || {
    echo "run.sh: no libnvmedoorbell.so in $LIB_DIR (dotnet publish Interop/Native -c Release -o $LIB_DIR)" >&2
    exit 1
}
mkdir -p "$OUT"

passed=0
failed=0
skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
bad() { failed=$((failed + 1)); echo "FAILED $1"; }
skip() { skipped=$((skipped + 1)); echo "SKIPPED $1"; }

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

# In front of a program: nothing, or what turns address space randomisation off.
LAUNCH=(env)

# run PROGRAM KIND ARGUMENT...: the program's own "ok" and "FAILED" lines are its tests. A program that ends badly
# without telling of a failed test is one.
run() {
    local program=$1 kind=$2 code=0 log
    shift 2
    log=$OUT/$program-$kind.log
    timeout "$TIMEOUT_S" "${LAUNCH[@]}" "$OUT/$program-$kind" "$@" >"$log" 2>&1 || code=$?
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
    [ "$(stat -L -c %s "$LIB_DIR/libnvmedoorbell.so")" -lt $((5 << 19)) ]
}

# The ring against the model of the managed side. Each mutant has to be reported as a data race, so that a run without
# a report means something.
TSAN_MUTANTS=(
    "1:a ring that stores its value relaxed"
    "2:a follower that loads the value relaxed"
    "3:a follower that leaves a shadow page by a relaxed store"
)

# compile_tsan OUTPUT FLAG...: fences are not understood (tsan.c says what follows); gcc warns of that, clang does not.
compile_tsan() {
    local output=$1 flags=(-Wno-tsan)
    shift
    "$CC" --version | grep -qi clang && flags=()
    "$CC" -std=c11 "${WARNINGS[@]}" "${flags[@]}" -g -O1 -fsanitize=thread "$@" -o "$output" "$HERE/tsan.c" -pthread
}

suite_tsan() {
    local mutant probe=$OUT/tsan-probe
    local -x TSAN_OPTIONS="halt_on_error=1:exitcode=66"
    printf 'int main(void) { return 0; }\n' >"$probe.c"
    if ! "$CC" -fsanitize=thread -o "$probe" "$probe.c" 2>/dev/null; then
        skip "ThreadSanitizer: $CC does not link with -fsanitize=thread (libtsan is missing)"
        return
    fi
    # Its shadow memory has fixed places, and where mappings are more random than it knows of (vm.mmap_rnd_bits) one of
    # them now and then lies there. So they are not random where that is allowed.
    LAUNCH=(setarch -R)
    "${LAUNCH[@]}" "$probe" 2>/dev/null || LAUNCH=(env)
    if ! "${LAUNCH[@]}" "$probe" 2>/dev/null; then
        skip "ThreadSanitizer: a program built with it does not start here, nor with setarch -R"
        return
    fi
    if compile_tsan "$OUT/tsan-thread"; then run tsan thread "$@"; else bad "tsan does not compile"; fi
    for mutant in "${TSAN_MUTANTS[@]}"; do
        compile_tsan "$OUT/tsan-mutant" -DNVMEDB_TSAN_MUTANT="${mutant%%:*}" || { bad "tsan mutant does not compile"; continue; }
        timeout "$TIMEOUT_S" "${LAUNCH[@]}" "$OUT/tsan-mutant" >"$OUT/tsan-mutant.log" 2>&1
        check "[thread] ${mutant#*:} is reported" grep 'WARNING: ThreadSanitizer: data race' "$OUT/tsan-mutant.log"
    done
    LAUNCH=(env)
}

suite() {
    local program=$1
    shift
    if [ "$program" = tsan ]; then
        suite_tsan "$@"
        return
    fi
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
    check "the library has its SONAME and is under 2.5 MiB" has_soname_and_size
    check "the header compiles as C11" "$CC" -std=c11 "${WARNINGS[@]}" -fsyntax-only "$OUT/header.c"
    check "the header compiles as C++17" "$CXX" -std=c++17 "${WARNINGS[@]}" -fsyntax-only "$OUT/header.cpp"
    # Programs that are there to be run by hand or by another test say so in their first comment; all others run.
    for source in "$HERE"/*.c; do
        suite "$(basename "$source" .c)"
    done
    check "what is installed can be used through pkg-config and CMake" bash "$HERE/install-test.sh" "$LIB_DIR" "$OUT"
fi

[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
