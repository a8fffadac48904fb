# formats the C# sources (and the C sources, where clang-format is there); --check changes nothing and fails instead
check=
for option in "$@"; do
    case $option in
        --check) check=--verify-no-changes ;;
        --help) echo "usage: ./build.sh format [--check]"; exit 0 ;;
        *) usage_error "format: no option '$option'" ;;
    esac
done
needs_sdk
quiet "format of the C# sources" format dotnet format whitespace "$SOLUTION" $check
