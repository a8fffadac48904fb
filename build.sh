#!/usr/bin/env bash
# The one way in: ./build.sh VERB [options]. Each verb is a file in eng/verbs; its first comment line is its help.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$ROOT/eng/lib.sh"

verb=${1:-help}
[ $# -eq 0 ] || shift
case $verb in
    -h | --help) verb=help ;;
esac
case $verb in
    */* | .*) usage_error "no verb '$verb'; see ./build.sh help" ;;
esac
[ -f "$ROOT/eng/verbs/$verb.sh" ] || usage_error "no verb '$verb'; see ./build.sh help"
. "$ROOT/eng/verbs/$verb.sh"
