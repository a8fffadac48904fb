# every interleaving of the wake protocol, and its mutants: --list, --scenario, --mutant, --mutants, --deep, --replay
needs_sdk
quiet "model" model-build dotnet build "$ROOT/Core.Tests/Model" -c Release -v quiet -clp:NoSummary -warnaserror
# This process compiles mutants, and starts those that explore.
DOTNET_TieredCompilation=1 exec dotnet "$ARTIFACTS/bin/NvmeDoorbell.Model/release/NvmeDoorbell.Model.dll" "$@"
