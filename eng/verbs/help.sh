# this text
[ $# -eq 0 ] || usage_error "help takes no options"
echo "usage: ./build.sh VERB [options]   (VERB --help has the options)"
echo
for file in "$ROOT"/eng/verbs/*.sh; do
    printf '  %-8s  %s\n' "$(basename "$file" .sh)" "$(sed -n '1s/^# *//p' "$file")"
done
