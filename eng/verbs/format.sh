# formats the C# sources and puts the examples into the README; --check changes nothing and fails instead
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
# The examples in the README are files of the tree.
if [ -z "$check" ]; then
    (cd "$ROOT" && awk -f eng/readme-examples.awk README.md >"$ARTIFACTS/README.md" && cat "$ARTIFACTS/README.md" >README.md)
fi
