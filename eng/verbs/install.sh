# installs the native library, header, pkg-config and CMake files: --prefix DIR (default: /usr/local)
prefix=/usr/local
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) needs_value --prefix $#; prefix=$2; shift ;;
        --help) echo "usage: ./build.sh install [--prefix DIR]"; exit 0 ;;
        *) usage_error "install: no option '$1'" ;;
    esac
    shift
done
# Asked before the build, not after it.
existing=$prefix
while [ ! -e "$existing" ]; do existing=$(dirname "$existing"); done
[ -w "$existing" ] || die "cannot write below $existing; give --prefix DIR, or run as root"
build_native
LIB_DIR="$NATIVE_DIR" bash "$ROOT/Interop/install.sh" "$prefix"
