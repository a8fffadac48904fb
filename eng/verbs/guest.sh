# real guests: Linux in QEMU with nvmedb as its disk; SCENARIO…, --quick, --list, --keep, --device qemu, or compare
. "$ROOT/eng/guest/root.sh"
. "$ROOT/eng/guest/images.sh"
. "$ROOT/eng/guest/session.sh"
. "$ROOT/eng/guest/compare.sh"

SCENARIOS="$ROOT/Core.Tests/Guests"
DEVICE_KIND=nvmedb
VERBOSE=
keep=
quick_only=
rounds=5
names=()
compared=()
while [ $# -gt 0 ]; do
    case $1 in
        --list) list=yes ;;
        --quick) quick_only=yes ;;
        --keep) keep=yes ;;
        --verbose) VERBOSE=yes ;;
        --device) needs_value --device $#; DEVICE_KIND=$2; shift ;;
        --with) needs_value --with $#; compared+=("$2"); shift ;;
        --runs) needs_value --runs $#; rounds=$2; shift ;;
        -h | --help)
            cat <<'HELP'
usage: ./build.sh guest [SCENARIO…] [--quick] [--device nvmedb|qemu] [--verbose] [--keep]
       ./build.sh guest --list
       ./build.sh guest compare [--runs N] [--with OPTIONS]…

  SCENARIO…        only these; all without
  --quick          only the scenarios that CI runs
  --device qemu    QEMU's own nvme on the same files in place of nvmedb: tries the scenarios themselves
  --verbose        each check as it passes
  --keep           leaves each run's logs and disks in artifacts/guest/runs; those of a failed run stay anyway
  --list           the scenarios, and what each asserts
  compare          loads side by side: QEMU's own nvme and nvmedb, the same guest, the same file
  --runs N         rounds of compare, 5 without
  --with OPTIONS   a server with such options, for instance --with '--doorbells mapped --poll'; without, one for each way
                   of passing doorbells
HELP
            exit 0
            ;;
        -*) usage_error "guest: no option '$1'" ;;
        *) names+=("$1") ;;
    esac
    shift
done
case $DEVICE_KIND in
    nvmedb | qemu) ;;
    *) usage_error "guest: --device is nvmedb or qemu, not '$DEVICE_KIND'" ;;
esac

# The first comment of a scenario: what it asserts.
about() { sed -n '1s/^# *//p' "$1"; }

if [ -n "${list:-}" ]; then
    for file in "$SCENARIOS"/*.sh; do
        printf '  %-18s %-6s %s\n' "$(basename "$file" .sh)" \
            "$(sed -n 's/^quick=yes$/quick/p' "$file")" "$(about "$file")"
    done
    exit 0
fi

compare=
if [ "${names[*]}" = compare ]; then
    compare=yes
    names=()
    [ ${#compared[@]} -gt 0 ] || compared=("--doorbells trapped" "--doorbells mapped")
fi
if [ ${#names[@]} -eq 0 ]; then
    for file in "$SCENARIOS"/*.sh; do
        [ -z "$quick_only" ] || grep -q '^quick=yes$' "$file" || continue
        names+=("$(basename "$file" .sh)")
    done
fi
for name in "${names[@]}"; do
    [ -f "$SCENARIOS/$name.sh" ] || usage_error "guest: no scenario '$name'; ./build.sh guest --list has them"
done

guest_root
guest_kernel
guest_layers
[ "$DEVICE_KIND" = qemu ] || build_nvmedb

# A scenario in a process of its own: its settings, functions and descriptors end with it.
run_scenario() {
    local file="$SCENARIOS/$1.sh" start=$SECONDS code=0
    RUN="$GUEST/runs/$1"
    [ "$DEVICE_KIND" = nvmedb ] || RUN="$RUN-$DEVICE_KIND"
    rm -rf "$RUN"
    mkdir -p "$RUN"
    printf '%s: %s\n' "$1" "$(about "$file")"
    (
        scenario_defaults
        . "$file"
        [ "$DEVICE_KIND" = nvmedb ] || [ -z "${nvmedb_only:-}" ] || exit 77
        run_session "$file"
    ) || code=$?
    case $code in
        0)
            printf '    passed, %s checks, %d s\n' "$(cat "$RUN/checks")" $((SECONDS - start))
            [ -n "$keep" ] || rm -rf "$RUN"
            passed=$((passed + 1)) ;;
        77) printf '    left out: it is about nvmedb alone\n' ;;
        130) exit 130 ;;
        *)
            printf '    FAILED after %d s; logs: artifacts/guest/runs/%s\n' $((SECONDS - start)) "${RUN##*/}"
            failed=$((failed + 1)) ;;
    esac
}

passed=0
failed=0
if [ -n "$compare" ]; then
    guest_compare "$rounds" "${compared[@]}"
    exit
fi
for name in "${names[@]}"; do run_scenario "$name"; done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
