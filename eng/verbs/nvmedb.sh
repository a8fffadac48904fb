# builds the executable nvmedb, the controller as a process for QEMU and others, and runs it with the options given
case ${1:-} in
    --help)
        echo "usage: ./build.sh nvmedb [COMMAND [OPTION...]]   (without a command it is built only, to artifacts/nvmedb)"
        exit 0
        ;;
esac
build_nvmedb
[ $# -gt 0 ] || exit 0
exec "$NVMEDB" "$@"
