# nvme-cli gets and sets features; one that was set reads back, one that does not exist is refused
tools=nvme

# value FEATURE [OPTION…]: what get-feature says.
value() {
    value_feature=$1
    shift
    nvme get-feature "$CONTROLLER" --feature-id="$value_feature" "$@" | sed -n 's/.*[Vv]alue: *\(0x[0-9a-f]*\).*/\1/p' | head -n 1
}

inside() {
    ready
    for feature in 1 2 4 7 8 9 0xa 0xb; do
        check "get-feature $feature" nvme get-feature "$CONTROLLER" --feature-id=$feature
    done
    check "get-feature 5, of the namespace" nvme get-feature "$DISK" --feature-id=5
    warm=$(($(value 4) - 5))
    check "temperature threshold set" nvme set-feature "$CONTROLLER" --feature-id=4 --value=$warm
    same "and read back" $warm $(($(value 4)))
    check "volatile write cache off" nvme set-feature "$CONTROLLER" --feature-id=6 --value=0
    same "and read back" 0 $(($(value 6)))
    check "a write without it" dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct
    check "volatile write cache on" nvme set-feature "$CONTROLLER" --feature-id=6 --value=1
    same "and read back again" 1 $(($(value 6)))
    refused "feature 7Fh is refused" invalid nvme get-feature "$CONTROLLER" --feature-id=0x7f
    refused "setting feature 7Fh is refused" invalid nvme set-feature "$CONTROLLER" --feature-id=0x7f --value=1
}
