# controller resets under I/O: every request is answered, and no written block is lost
tools="fio nvme"
quick=yes

inside() {
    ready
    fio --name=verify --filename="$DISK" --ioengine=libaio --direct=1 --verify=crc32c --verify_fatal=1 --randseed=7 \
        --rw=randwrite --bs=4k --iodepth=16 --size=8m --loops=5 >/tmp/fio.out 2>&1 &
    load=$!
    resets=0
    while kill -0 $load 2>/dev/null && [ $resets -lt 5 ]; do
        usleep 700000
        nvme reset "$CONTROLLER" && until_true 60 is_live && resets=$((resets + 1)) || break
    done
    check "5 resets under load, each followed by a live controller" [ $resets -eq 5 ]
    check "the load went through them" wait $load || tail -n 20 /tmp/fio.out
    verify "and after them" --rw=randwrite --bs=4k --iodepth=16 --size=2m
}
