# measurements beside their references: --quick, --full, --gate, --figure NAME, --compare OLD.json
build_native
case " $* " in
    *" --gate "* | *" --list "* | *" --help "* | *" --benchmarks "*) ;;
    *) quiet "shapes compiled ahead of time" perf-aot \
        dotnet publish "$ROOT/Perf/Aot" -c Release -o "$ARTIFACTS/perf-aot" -v quiet -clp:NoSummary -warnaserror ;;
esac
case " $* " in
    *" --list "* | *" --help "* | *" --benchmarks "*) ;;
    *) command -v valgrind >/dev/null 2>&1 || (apt_install "valgrind" valgrind) || say "instructions are not counted" ;;
esac
quiet "measurements" perf-build dotnet build "$ROOT/Perf" -c Release -v quiet -clp:NoSummary -warnaserror
exec dotnet "$ARTIFACTS/bin/NvmeDoorbell.Perf/release/NvmeDoorbell.Perf.dll" "$@"
