# measurements beside their references: --quick, --full, --gate, --figure NAME, --json FILE
build_native
quiet "measurements" perf-build dotnet build "$ROOT/Perf" -c Release -v quiet -clp:NoSummary -warnaserror
exec dotnet "$ARTIFACTS/bin/NvmeDoorbell.Perf/release/NvmeDoorbell.Perf.dll" "$@"
