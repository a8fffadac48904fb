# every interleaving of the wake protocol: --scenario NAME, --mutant NAME, --list, --replay SCHEDULE
needs_sdk
quiet "model" model-build dotnet build "$ROOT/Core.Tests/Model" -c Release -v quiet -clp:NoSummary -warnaserror
exec dotnet "$ARTIFACTS/bin/NvmeDoorbell.Model/release/NvmeDoorbell.Model.dll" "$@"
