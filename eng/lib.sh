# What the verbs share: messages, tools, logged steps, the summary of test suites. Sourced by build.sh; ROOT is set.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export DOTNET_CLI_UI_LANGUAGE=en MSBUILDTERMINALLOGGER=off
# No build process outlives the script.
export MSBUILDDISABLENODEREUSE=1

ARTIFACTS="$ROOT/artifacts"
LOGS="$ARTIFACTS/logs"
CONFIGURATION=${CONFIGURATION:-Release}
SOLUTION="$ROOT/NvmeDoorbell.sln"

say() { printf '==> %s\n' "$*"; }

die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}

usage_error() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 2
}

# The value of an option: needs_value OPTION $# -> fails in one line where it is missing.
needs_value() { [ "$2" -ge 2 ] || usage_error "$1 needs a value"; }

needs_linux() { [ "$(uname -s)" = Linux ] || die "$1 needs Linux"; }

# ---- Tools ----------------------------------------------------------------------------------------------------------

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# apt_install WHAT PACKAGE...: installs packages where we may; else one line that says what to install.
apt_install() {
    local what=$1
    shift
    can_apt || die "$what is missing; install it (Debian, Ubuntu: sudo apt-get install $*)"
    say "installing $*"
    mkdir -p "$LOGS"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; } \
        >"$LOGS/apt.log" 2>&1 || {
        tail -n 5 "$LOGS/apt.log" >&2
        die "$what is missing and apt-get could not install $*"
    }
}

sdk_ready() { command -v dotnet >/dev/null 2>&1 && (cd "$ROOT" && dotnet --version) 2>/dev/null | grep -q '^10\.'; }

needs_sdk() {
    sdk_ready && return
    if can_apt && apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then
        apt_install ".NET 10 SDK" dotnet-sdk-10.0
    fi
    sdk_ready || die ".NET 10 SDK is missing; install it from https://dot.net/download (or package dotnet-sdk-10.0)"
}

# A C compiler and make for the C programs; the same compiler links NativeAOT, which needs zlib's headers and link name.
needs_c() {
    needs_linux "the native library and the C programs"
    command -v gcc >/dev/null 2>&1 || apt_install "gcc" gcc libc6-dev
    command -v make >/dev/null 2>&1 || apt_install "make" make
    echo '#include <zlib.h>' | gcc -E -x c - >/dev/null 2>&1 || apt_install "zlib's development files" zlib1g-dev
}

# ---- Logged steps ---------------------------------------------------------------------------------------------------

TICKER=
stop_ticker() {
    [ -z "$TICKER" ] && return
    kill "$TICKER" 2>/dev/null || true
    wait "$TICKER" 2>/dev/null || true
    TICKER=
    [ ! -t 1 ] || printf '\r\033[K'
}
trap stop_ticker EXIT

# start_ticker LABEL LOG PATTERN: while a step runs, its seconds and how many lines of LOG match PATTERN so far. One
# line in place on a terminal, a line each half minute elsewhere.
start_ticker() {
    local label=$1 log=$2 pattern=$3 start=$SECONDS
    (
        while sleep 1; do
            local elapsed=$((SECONDS - start)) count=
            [ -z "$pattern" ] || count=", $(grep -c "$pattern" "$log" 2>/dev/null || true) done"
            if [ -t 1 ]; then
                printf '\r\033[K    %s: %d s%s' "$label" "$elapsed" "$count"
            elif [ $((elapsed % 30)) -eq 0 ]; then
                printf '    %s: %d s%s\n' "$label" "$elapsed" "$count"
            fi
        done
    ) &
    TICKER=$!
}

# logged LABEL LOGNAME PATTERN COMMAND...: runs the command into artifacts/logs/LOGNAME.log with progress shown. Its
# exit code is the command's; what it printed is shown by show_log.
logged() {
    local label=$1 log="$LOGS/$2.log" pattern=$3 code=0
    shift 3
    mkdir -p "$LOGS"
    : >"$log"
    start_ticker "$label" "$log" "$pattern"
    "$@" >"$log" 2>&1 || code=$?
    stop_ticker
    return "$code"
}

# A build says an error once as it happens and once more in its summary: each line is shown once.
show_log() { awk 'NF == 0 || !seen[$0]++' "$LOGS/$1.log" >&2; }

# quiet LABEL LOGNAME COMMAND...: a step that says nothing when it works, and everything when it does not.
quiet() {
    local label=$1 name=$2
    shift 2
    say "$label"
    logged "$label" "$name" '' "$@" && return
    show_log "$name"
    die "failed: $label (log: artifacts/logs/$name.log)"
}

# ---- Building -------------------------------------------------------------------------------------------------------

build_solution() {
    needs_sdk
    quiet "build of the solution ($CONFIGURATION, warnings are errors)" build \
        dotnet build "$SOLUTION" -c "$CONFIGURATION" -v quiet -clp:NoSummary -warnaserror
}

NATIVE_DIR="$ARTIFACTS/native"
NATIVE_BUILT=

# The NativeAOT shared library, in artifacts/native.
build_native() {
    [ -z "$NATIVE_BUILT" ] || return 0
    NATIVE_BUILT=1
    needs_sdk
    needs_c
    quiet "NativeAOT library" native \
        dotnet publish "$ROOT/Interop/Native" -c Release -o "$NATIVE_DIR" -v quiet -clp:NoSummary -warnaserror
}

# The VMM and its guest program, in artifacts/vmm.
build_vmm() {
    build_native
    quiet "VMM and guest program" vmm make -C "$ROOT/Interop/vmm" LIB_DIR="$NATIVE_DIR" OUT="$ARTIFACTS/vmm"
}

FUZZ="$ARTIFACTS/bin/NvmeDoorbell.Fuzz/release/NvmeDoorbell.Fuzz.dll"

# The fuzzing harness; what it attacks is always the release build.
build_fuzz() {
    needs_sdk
    quiet "fuzzing harness" fuzz-build \
        dotnet build "$ROOT/Core.Tests/Fuzz" -c Release -v quiet -clp:NoSummary -warnaserror
}

# The vfio-user server, ahead of time, in artifacts/nvmedb; or another, already built, that NVMEDB names.
build_nvmedb() {
    [ -z "${NVMEDB:-}" ] || return 0
    NVMEDB="$ARTIFACTS/nvmedb/nvmedb"
    needs_sdk
    needs_c
    quiet "nvmedb" nvmedb \
        dotnet publish "$ROOT/Interop/VfioUser" -c Release -o "$ARTIFACTS/nvmedb" -v quiet -clp:NoSummary -warnaserror
}
