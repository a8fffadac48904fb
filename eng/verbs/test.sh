# builds all and runs every test: NUnit, the C programs, the VMM's guest, a short fuzz; --filter EXPR, --coverage
. "$ROOT/eng/suites.sh"

filter=
coverage=
while [ $# -gt 0 ]; do
    case $1 in
        --filter) needs_value --filter $#; filter=$2; shift ;;
        --coverage) coverage=1 ;;
        --debug) CONFIGURATION=Debug ;;
        --help)
            cat <<'HELP'
usage: ./build.sh test [--filter EXPRESSION] [--coverage] [--debug]

  --filter EXPRESSION  only the NUnit tests that match, for instance Name~Edge03 or FullyQualifiedName~Doorbells
  --coverage           line and branch coverage of Core by layer, from the NUnit tests; without a filter it fails
                       where the goals are missed
  --debug              the Debug build, with its assertions, instead of what ships
HELP
            exit 0
            ;;
        *) usage_error "test: no option '$1'" ;;
    esac
    shift
done

build_solution
suite_nunit "$filter" "$coverage"
if [ -z "$filter" ]; then
    suite_native
    suite_examples
    suite_guest
    suite_nvmedb
    suite_fuzz
fi
if [ -n "$coverage" ]; then
    # A part of the tests covers a part of the code.
    if [ -n "$filter" ]; then suite_coverage ""; else suite_coverage goals; fi
fi
suites_summary
