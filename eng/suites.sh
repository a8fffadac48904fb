# The test suites of ./build.sh test. A suite runs, records its counts, and lets the next one run.

SUITES=()
TOTAL_PASSED=0
TOTAL_FAILED=0

# record NAME PASSED FAILED SECONDS [NOTE]. A suite that ran no test has failed.
record() {
    local name=$1 passed=$2 failed=$3 seconds=$4 note=${5:-}
    if [ $((passed + failed)) -eq 0 ]; then
        failed=1
        note="ran no test${note:+, $note}"
    fi
    TOTAL_PASSED=$((TOTAL_PASSED + passed))
    TOTAL_FAILED=$((TOTAL_FAILED + failed))
    SUITES+=("$(printf '%-28s %8d %8d %7d s  %s' "$name" "$passed" "$failed" "$seconds" "$note")")
}

suites_summary() {
    echo
    printf '%-28s %8s %8s %9s\n' suite passed failed time
    printf '%s\n' "${SUITES[@]}"
    echo
    echo "$TOTAL_PASSED passed, $TOTAL_FAILED failed"
    [ "$TOTAL_FAILED" -eq 0 ]
}

# The failed tests of a console log of dotnet test, with messages, stacks and output.
failed_tests() { awk '/^  Failed /{show=1} /^  (Passed|Skipped) /{show=0} /^(Test Run|Total tests|Results File)/{show=0} show' "$1"; }

# An attribute of the counters of a trx file.
trx_counter() { sed -n "s/.*<Counters [^>]*\b$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }

suite_nunit() {
    local filter=$1 coverage=$2 start=$SECONDS code=0 trx="$ARTIFACTS/test-results/nunit.trx" note=
    local -a options=()
    [ -z "$filter" ] || options+=(--filter "$filter")
    [ -z "$coverage" ] || options+=(--collect "XPlat Code Coverage" --settings "$ROOT/eng/coverage.runsettings" --
        "DataCollectionRunSettings.DataCollectors.DataCollector.Configuration.IncludeDirectory=$ARTIFACTS/bin/NvmeDoorbell.Model/${CONFIGURATION,,}")
    say "NUnit"
    rm -rf "$ARTIFACTS/test-results"
    logged NUnit nunit '^  Passed ' \
        dotnet test "$ROOT/Core.Tests" -c "$CONFIGURATION" --no-build --nologo \
        --logger "console;verbosity=normal" --logger "trx;LogFileName=nunit.trx" \
        --results-directory "$ARTIFACTS/test-results" "${options[@]}" || code=$?
    local passed=0 failed=0 skipped=0
    if [ -f "$trx" ]; then
        passed=$(trx_counter "$trx" passed)
        failed=$(trx_counter "$trx" failed)
        skipped=$(($(trx_counter "$trx" total) - passed - failed))
    fi
    if [ "$failed" -gt 0 ]; then
        failed_tests "$LOGS/nunit.log" >&2
    elif [ "$code" -ne 0 ]; then
        # No test failed and yet the run did: the test host has ended, or never began.
        tail -n 60 "$LOGS/nunit.log" >&2
        failed=1
        note="exit code $code, log: artifacts/logs/nunit.log"
    fi
    # Nothing is skipped here on purpose, so what has not run has not passed.
    [ "$skipped" -le 0 ] || note="$skipped not run"
    record NUnit "$passed" $((failed + skipped)) $((SECONDS - start)) "$note"
}

# counts_of LOG: "PASSED FAILED" from the last line of the form "N passed, N failed".
counts_of() { sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$1" | tail -n 1; }

# suite_counted NAME LOGNAME PATTERN COMMAND...: a program that ends with the line "N passed, N failed".
suite_counted() {
    local name=$1 log=$2 pattern=$3 start=$SECONDS code=0 passed=0 failed=0 note=
    shift 3
    say "$name"
    logged "$name" "$log" "$pattern" "$@" || code=$?
    read -r passed failed <<<"$(counts_of "$LOGS/$log.log")" || true
    if [ "$code" -ne 0 ]; then
        show_log "$log"
        note="exit code $code"
        [ "${failed:-0}" -gt 0 ] || failed=1
    fi
    record "$name" "${passed:-0}" "${failed:-0}" $((SECONDS - start)) "$note"
}

# The C programs against the library, plain and under sanitizers.
suite_native() {
    command -v g++ >/dev/null 2>&1 || apt_install "g++, which compiles the header as C++," g++
    build_native
    suite_counted "C programs" c-programs '^ok' \
        env LIB_DIR="$NATIVE_DIR" OUT="$ARTIFACTS/c-tests" bash "$ROOT/Interop/tests/run.sh"
}

# The VMM and its guest against the library: on a thread, on KVM where it is there, its image checked from outside.
suite_guest() {
    build_native
    suite_counted "VMM and guest" guest '^ok' \
        env LIB_DIR="$NATIVE_DIR" OUT="$ARTIFACTS/vmm-tests" bash "$ROOT/Interop/vmm/test.sh"
}

# The executable nvmedb from outside: command line, sockets, signals.
suite_nvmedb() {
    build_nvmedb
    suite_counted "nvmedb" nvmedb-tests '^ok' env NVMEDB="$NVMEDB" bash "$ROOT/Interop/VfioUser/test.sh"
}

# What the coverage of the whole NUnit run has to reach.
COVERAGE_GOALS="lines:Core:90 branches:Doorbells:100"

# Line and branch coverage of Core by layer, from the Cobertura file of the NUnit run; with "goals", a suite of its own
# that fails where one is missed.
suite_coverage() {
    local goals=$1 report code=0
    report=$(find "$ARTIFACTS/test-results" -name 'coverage.cobertura.xml' | head -n 1)
    [ -n "$report" ] || die "the NUnit run left no coverage report"
    echo
    awk -v goals="${goals:+$COVERAGE_GOALS}" -f "$ROOT/eng/coverage.awk" "$report" | tee "$LOGS/coverage.log" || code=$?
    [ "$code" -ne 1 ] || die "the coverage report has no line of Core in it"
    [ -z "$goals" ] || record coverage "$(grep -c '^ok ' "$LOGS/coverage.log")" "$(grep -c '^FAILED ' "$LOGS/coverage.log")" 0
}

# The README's examples: built with warnings as errors, run, and what they print compared.
suite_examples() {
    suite_counted "examples" examples '^ok' \
        env LIB_DIR="$NATIVE_DIR" OUT="$ARTIFACTS/examples" CONFIGURATION="$CONFIGURATION" \
        bash "$ROOT/Interop/examples/run.sh"
}

# Every target of the fuzzing harness for a few seconds; the canary passes by being found.
suite_fuzz() {
    build_fuzz
    suite_counted "fuzz, short" fuzz '^ok' dotnet "$FUZZ" --smoke
}
