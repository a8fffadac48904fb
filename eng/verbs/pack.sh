# makes the NuGet package and the native tarball in artifacts/packages, and tries each with a program that uses it
case ${1:-} in
    '') ;;
    --help) echo "usage: ./build.sh pack"; exit 0 ;;
    *) usage_error "pack: no option '$1'" ;;
esac
. "$ROOT/eng/packages.sh"

pack_nuget
pack_native
try_nuget
try_native
say "packages"
(cd "$ARTIFACTS/packages" && du -h -- *)
