# removes artifacts/, all that builds and tests leave behind
[ $# -eq 0 ] || usage_error "clean takes no options"
rm -rf "$ARTIFACTS"
