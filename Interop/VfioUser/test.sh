#!/usr/bin/env bash
# The executable nvmedb from outside: NVMEDB names it. Ends with the line "N passed, N failed".
set -euo pipefail
: "${NVMEDB:?names the executable}"
FOLDER=$(mktemp -d)
SERVER=
stop() {
    [ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null || true
    rm -rf "$FOLDER"
}
trap stop EXIT

passed=0
failed=0
# check WHAT COMMAND...
check() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok $what"
    else
        failed=$((failed + 1))
        echo "failed $what"
    fi
}

SOCKET="$FOLDER/nvme.sock"
# start OPTION...: serves, and returns when it listens.
start() {
    : >"$FOLDER/log"
    # A shell has what it starts in the background ignore SIGINT.
    env --default-signal=INT "$NVMEDB" serve --socket "$SOCKET" "$@" >"$FOLDER/log" 2>&1 &
    SERVER=$!
    until grep -q listening "$FOLDER/log"; do
        kill -0 "$SERVER" 2>/dev/null || { cat "$FOLDER/log"; return 1; }
        sleep 0.05
    done
}
# ends SIGNAL: the server ends with exit code 0.
ends() {
    local code=0
    kill "-$1" "$SERVER"
    wait "$SERVER" || code=$?
    SERVER=
    [ "$code" -eq 0 ]
}
code_of() {
    local code=0
    "$@" >"$FOLDER/out" 2>&1 || code=$?
    echo "$code"
}
says() { grep -q "$1" "$2"; }

check "is under 15 MiB" test "$(stat -c %s "$NVMEDB")" -lt $((15 << 20))
check "shows its help" says 'Examples:' <("$NVMEDB" serve --help)
check "without a disk: exit code 2" test "$(code_of "$NVMEDB" serve --socket "$SOCKET")" = 2
check "an unknown option: exit code 2" test "$(code_of "$NVMEDB" serve --socket "$SOCKET" --ram 1M --nonsense)" = 2
check "a size that is none: exit code 2" test "$(code_of "$NVMEDB" serve --socket "$SOCKET" --ram 1X)" = 2
check "a file that is not there: exit code 1" test "$(code_of "$NVMEDB" serve --socket "$SOCKET" --disk "$FOLDER/none")" = 1
check "says which" says none "$FOLDER/out"
check "inspect without a server: exit code 1" test "$(code_of "$NVMEDB" inspect "$SOCKET")" = 1

truncate -s 4M "$FOLDER/disk,1.img"
check "serves" start --disk "$FOLDER/disk,1.img,block=4096" --ram 1M --null 64G
check "the socket is its owner's" test "$(stat -c %a "$SOCKET")" = 600
check "names its disks" says '64 GiB' "$FOLDER/log"
"$NVMEDB" inspect "$SOCKET" >"$FOLDER/json"
check "is inspected" says '"bytes": 68719476736' "$FOLDER/json"
check "a second server on the same socket: exit code 1" \
    test "$(code_of "$NVMEDB" serve --socket "$SOCKET" --ram 1M)" = 1
check "ends by SIGTERM" ends TERM
check "its socket is gone" test ! -e "$SOCKET"
check "the other one too" test ! -e "$SOCKET.inspect"

check "serves with JSON" start --ram 1M --json
check "one object a line" says '^{"event":"listening","socket":' "$FOLDER/log"
check "ends by SIGINT" ends INT

gcc -std=c11 -Wall -Wextra -Werror -o "$FOLDER/client" "$(dirname "$0")/test/client.c"
start --ram 1M
check "executes a command of a client without a guest" timeout 20 "$FOLDER/client" "$SOCKET" whole
check "ends the connection of one that cuts its memory" timeout 20 "$FOLDER/client" "$SOCKET" cut
check "says so" timeout 10 sh -c 'until grep -q "has cut" "$0"; do sleep 0.05; done' "$FOLDER/log"
check "and serves the next one" timeout 20 "$FOLDER/client" "$SOCKET" whole
check "and ends" ends TERM

start --ram 1M
kill -KILL "$SERVER"
wait "$SERVER" 2>/dev/null || true
check "a socket that was left behind is replaced" start --ram 1M
check "and ends" ends TERM

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
