#!/usr/bin/env bash
# Builds and runs each example and compares what it prints with the .expected file beside it. Ends with the line
# "N passed, N failed".
#
#   LIB_DIR=DIR         where libnvmedoorbell.so is    (default: artifacts/native)
#   OUT=DIR             where the programs go          (default: artifacts/examples)
#   CONFIGURATION=NAME  which build of the C# example  (default: Release; it is built with the solution)
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
LIB_DIR=${LIB_DIR:-$ROOT/artifacts/native}
OUT=${OUT:-$ROOT/artifacts/examples}
CONFIGURATION=${CONFIGURATION:-Release}
mkdir -p "$OUT"
passed=0
failed=0

# try NAME EXPECTED COMMAND...
try() {
    local name=$1 expected=$2 actual code=0
    shift 2
    actual=$(timeout 60 "$@" 2>&1) || code=$?
    if [ "$code" -eq 0 ] && [ "$actual" = "$(cat "$expected")" ]; then
        passed=$((passed + 1))
        echo "ok $name"
    else
        failed=$((failed + 1))
        printf 'FAILED %s: exit code %d, printed:\n%s\n' "$name" "$code" "$actual"
    fi
}

build_and_run() {
    gcc -std=c11 -O2 -Wall -Wextra -Werror -pedantic -I "$ROOT/Interop/include" -o "$2" "$1" \
        -L "$LIB_DIR" -lnvmedoorbell -Wl,-rpath,"$LIB_DIR" && "$2"
}
export -f build_and_run
export ROOT LIB_DIR

for source in "$HERE"/*.c; do
    name=$(basename "$source" .c)
    try "$name.c" "$HERE/$name.expected" bash -c 'build_and_run "$@"' - "$source" "$OUT/$name"
done
try "csharp" "$HERE/csharp/Program.expected" \
    dotnet "$ROOT/artifacts/bin/Example/${CONFIGURATION,,}/NvmeDoorbell.Example.dll"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
