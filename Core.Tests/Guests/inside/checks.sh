# What the inside part of a scenario says and asks: one line a check on the console, read by the host. POSIX shell, run
# by busybox.

DISK=/dev/nvme0n1
CONTROLLER=/dev/nvme0

mark() { echo "@@ $*"; }
ok() { mark ok "$*"; }
failed() { mark failed "$*"; }
note() { mark note "$*"; }

# want WORD: asks the host's part of the scenario for something; see outside() in docs/guests.md.
want() { mark want "$*"; }

# check TEXT COMMAND...: the command ends with 0. What it printed is shown where it does not.
check() {
    check_text=$1
    shift
    if "$@" >/tmp/check.out 2>&1 </dev/null; then
        ok "$check_text"
    else
        check_code=$?
        tail -n 20 /tmp/check.out
        failed "$check_text (exit code $check_code of $*)"
        return 1
    fi
}

# refused TEXT PATTERN COMMAND...: the command fails, and what it prints matches.
refused() {
    refused_text=$1 refused_pattern=$2
    shift 2
    if "$@" >/tmp/check.out 2>&1 </dev/null; then
        failed "$refused_text (it was accepted: $*)"
    elif grep -qi "$refused_pattern" /tmp/check.out; then
        ok "$refused_text"
    else
        tail -n 20 /tmp/check.out
        failed "$refused_text (no '$refused_pattern' in the above)"
    fi
}

# same TEXT EXPECTED ACTUAL
same() {
    if [ "$2" = "$3" ]; then ok "$1"; else failed "$1: expected '$2', got '$3'"; fi
}

# until_true SECONDS COMMAND...: waits for a condition that the kernel brings about by itself.
until_true() {
    until_tenths=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        until_tenths=$((until_tenths - 1))
        [ "$until_tenths" -gt 0 ] || return 1
        usleep 100000
    done
}

# ready [CONTROLLER DISK]: the controller is live and has its block device. The scenario ends where it has not.
is_live() { [ "$(cat "/sys/class/nvme/${1:-nvme0}/state" 2>/dev/null)" = live ]; }
has_disk() { [ -b "${1:-$DISK}" ]; }
ready() {
    check "controller ${1:-nvme0} is live" until_true 60 is_live "${1:-nvme0}" &&
        check "disk ${2:-$DISK} is there" until_true 60 has_disk "${2:-$DISK}" || poweroff -f
}

# random FILE MIB: a file of random bytes.
random() { dd if=/dev/urandom of="$1" bs=1M count="$2" 2>/dev/null; }

# Data written directly, and read back directly.
put() { dd if="$1" of="$2" bs="${3:-64k}" oflag=direct conv=fsync; }
read_back() { dd if="$2" bs="${3:-64k}" count="$4" iflag=direct 2>/dev/null | cmp - "$1"; }

# verify NAME OPTION...: fio writes the disk and reads every block back against its checksum.
verify() {
    verify_text=$1
    shift
    check "$verify_text" fio --name=verify --filename="$DISK" --ioengine=libaio --direct=1 --verify=crc32c \
        --verify_fatal=1 --randseed=7 --output-format=terse --terse-version=3 "$@"
}

# The interrupts that a name in /proc/interrupts has had, summed over processors.
interrupts() { awk -v name="$1" '$NF == name { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' /proc/interrupts; }
