# hostile guests and careless embedders on many threads: --seconds N, --threads N, --seed N, --target NAME, --list
# A wrong name is told before anything is built; the values are the program's own affair.
for option in "$@"; do
    case $option in
        --seconds | --threads | --seed | --target | --input | --distill | --smoke | --list | --help | -h) ;;
        --disk-faults | --interrupt-faults | --memory-faults) ;;
        -*) usage_error "fuzz: unknown option '$option'; --help lists the options" ;;
    esac
done
needs_linux "the fuzzing harness"
build_fuzz
exec dotnet "$FUZZ" "$@"
