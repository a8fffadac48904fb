# runs the VMM: a guest writes, reads back and compares a disk through the controller; --seconds N, --disk FILE, ...
# A wrong name is told before anything is built; the values and the rest are the VMM's own affair.
for option in "$@"; do
    case $option in
        --seconds | --queues | --depth | --disk | --guest | --json | --help | -h | --*=*) ;;
        -*) usage_error "run: unknown option '$option'; --help lists the options" ;;
    esac
done
build_vmm
exec "$ARTIFACTS/vmm/nvmedb-vmm" "$@"
