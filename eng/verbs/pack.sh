# makes the NuGet package, the native tarball and that of nvmedb in artifacts/packages, and tries each with a program that uses it
case ${1:-} in
    '') ;;
    --help) echo "usage: ./build.sh pack"; exit 0 ;;
    *) usage_error "pack: no option '$1'" ;;
esac
. "$ROOT/eng/packages.sh"

pack_nuget
pack_native
pack_nvmedb
try_nuget
try_native
try_nvmedb
say "packages"
(cd "$ARTIFACTS/packages" && du -h -- *)
