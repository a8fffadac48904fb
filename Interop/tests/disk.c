/*
 * Disks under a controller: a file, and callbacks that answer at once, later from another thread, twice, wrongly, never.
 *
 * SPDX-License-Identifier: MIT
 */
#include "driver.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#define DISK_BYTES (1u << 20)

static void fill(void *data, uint32_t length_bytes, uint64_t seed)
{
    uint64_t *words = data;
    for (uint32_t i = 0; i < length_bytes / 8; i++)
        words[i] = check_random(&seed);
}

static void write_and_read_a_file(uint32_t file_io, uint32_t file_direct)
{
    struct driver d;
    char path[] = "/tmp/nvmedb-disk-XXXXXX";
    nvmedb_namespace_config config = {.size = sizeof config, .file_io = file_io, .file_direct = file_direct};
    uint32_t nsid;
    int fd = mkstemp(path);
    REQUIRE(fd >= 0 && ftruncate(fd, DISK_BYTES) == 0);
    create_driver(&d, defaults());
    CHECK_EQ(NVMEDB_E_IO, nvmedb_namespace_add_file(d.controller, &config, "/nonexistent/disk", &nsid));
    nvmedb_status status = nvmedb_namespace_add_file(d.controller, &config, path, &nsid);
    if (file_direct != 0 && status == NVMEDB_E_IO) { /* a file system without direct I/O: the same without */
        config.file_direct = 0;
        status = nvmedb_namespace_add_file(d.controller, &config, path, &nsid);
    }
    REQUIRE_OK(status);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *source = allocate(&d, 2 * PAGE), *target = allocate(&d, 2 * PAGE), outside[2 * PAGE];
    for (uint32_t block = 0; block < DISK_BYTES / 512; block += 128) {
        fill(source, 2 * PAGE, block + 1);
        command write = transfer(&d, WRITE, nsid, block, 16, source);
        write.dword12 |= block % 256 == 0 ? 1u << 30 : 0; /* force unit access */
        CHECK_EQ(0, execute(&d, 1, write, NULL));
        CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, nsid, block, 16, target), NULL));
        CHECK(memcmp(source, target, 2 * PAGE) == 0);
        CHECK(pread(fd, outside, sizeof outside, block * 512) == sizeof outside);
        CHECK(memcmp(source, outside, sizeof outside) == 0);
    }
    CHECK_EQ(0, execute(&d, 1, (command){.opcode = FLUSH, .nsid = nsid}, NULL));
    CHECK_EQ(0, execute(&d, 1, (command){.opcode = WRITE_ZEROES, .nsid = nsid, .dword12 = 15}, NULL));
    CHECK(pread(fd, outside, sizeof outside, 0) == sizeof outside);
    for (size_t i = 0; i < sizeof outside; i++)
        CHECK(outside[i] == 0);
    /* Truncated under us: an error for the guest, nothing for the host. */
    CHECK(ftruncate(fd, DISK_BYTES / 2) == 0);
    CHECK_EQ(READ_ERROR, execute(&d, 1, transfer(&d, READ, nsid, DISK_BYTES / 512 - 8, 8, target), NULL));
    CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, nsid, 0, 8, target), NULL));
    free_driver(&d);
    close(fd);
    unlink(path);
}

static void a_file_holds_what_was_written(void)
{
    write_and_read_a_file(NVMEDB_FILE_IO_AUTO, 0);
    write_and_read_a_file(NVMEDB_FILE_IO_AUTO, 1);
    write_and_read_a_file(NVMEDB_FILE_IO_POSITIONAL, 0);
    write_and_read_a_file(NVMEDB_FILE_IO_POSITIONAL, 1);
}

static void file_options_that_are_none_are_refused(void)
{
    struct driver d;
    nvmedb_namespace_config config = {.size = sizeof config, .file_io = NVMEDB_FILE_IO_POSITIONAL + 1};
    create_driver(&d, defaults());
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_file(d.controller, &config, "/dev/null", NULL));
    config = (nvmedb_namespace_config){.size = sizeof config, .file_direct = 2};
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_file(d.controller, &config, "/dev/null", NULL));
    config = (nvmedb_namespace_config){.size = sizeof config, .read_only = 1, .file_direct = 1};
    CHECK_EQ(NVMEDB_E_IO, nvmedb_namespace_add_file(d.controller, &config, "/proc/version", NULL));
    free_driver(&d);
}

/* ---- A disk of our own ---------------------------------------------------------------------------------------- */

enum behaviour { AT_ONCE, LATER, BEFORE_RETURN, TWICE, ANSWERS, KEEPS };

struct disk {
    enum behaviour behaviour;
    uint32_t answer;
    unsigned submitted, closed, stop;
    pthread_t worker;
    unsigned char bytes[DISK_BYTES];
    /* What the worker has still to do: a request of each slot, copied when it was submitted. */
    nvmedb_disk_request pending[64];
    unsigned full[64];
    uint64_t last_token;
};

static uint32_t perform(struct disk *disk, const nvmedb_disk_request *request)
{
    uint64_t at = request->offset_bytes, total = 0;
    for (uint32_t i = 0; i < request->segment_count; i++) {
        const nvmedb_segment *segment = &request->segments[i];
        if (request->operation == NVMEDB_DISK_READ)
            memcpy(segment->address, disk->bytes + at, segment->length_bytes);
        else
            memcpy(disk->bytes + at, segment->address, segment->length_bytes);
        at += segment->length_bytes;
        total += segment->length_bytes;
    }
    if (request->operation == NVMEDB_DISK_WRITE_ZEROES)
        memset(disk->bytes + at, 0, request->length_bytes);
    else if (request->operation != NVMEDB_DISK_FLUSH)
        CHECK_EQ(request->length_bytes, total);
    return NVMEDB_DISK_SUCCESS;
}

static uint32_t submit(void *context, const nvmedb_disk_request *request)
{
    struct disk *disk = context;
    disk->last_token = request->token;
    __atomic_fetch_add(&disk->submitted, 1u, __ATOMIC_SEQ_CST);
    switch (disk->behaviour) {
    case AT_ONCE:
        return perform(disk, request);
    case ANSWERS:
        return disk->answer;
    case BEFORE_RETURN:
        CHECK_OK(nvmedb_request_complete(request->token, perform(disk, request)));
        return NVMEDB_DISK_PENDING;
    case TWICE:
        CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_request_complete(request->token, NVMEDB_DISK_PENDING));
        CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_request_complete(request->token, 8));
        CHECK_OK(nvmedb_request_complete(request->token, perform(disk, request)));
        CHECK_EQ(NVMEDB_E_STATE, nvmedb_request_complete(request->token, NVMEDB_DISK_SUCCESS));
        return NVMEDB_DISK_WRITE_FAULT; /* too late to count */
    case KEEPS:
        return NVMEDB_DISK_PENDING;
    default:
        for (unsigned slot = 0;; slot = (slot + 1) % 64)
            if (__atomic_load_n(&disk->full[slot], __ATOMIC_ACQUIRE) == 0) {
                disk->pending[slot] = *request;
                __atomic_store_n(&disk->full[slot], 1u, __ATOMIC_RELEASE);
                return NVMEDB_DISK_PENDING;
            }
    }
}

static void on_closed(void *context)
{
    __atomic_fetch_add(&((struct disk *)context)->closed, 1u, __ATOMIC_SEQ_CST);
}

static void *work(void *context)
{
    struct disk *disk = context;
    uint64_t random = check_seed;
    while (!__atomic_load_n(&disk->stop, __ATOMIC_ACQUIRE)) {
        /* In no order. */
        unsigned slot = (unsigned)(check_random(&random) % 64);
        if (__atomic_load_n(&disk->full[slot], __ATOMIC_ACQUIRE) == 0) {
            sched_yield();
            continue;
        }
        nvmedb_disk_request request = disk->pending[slot];
        __atomic_store_n(&disk->full[slot], 0u, __ATOMIC_RELEASE);
        CHECK_OK(nvmedb_request_complete(request.token, perform(disk, &request)));
        CHECK_EQ(NVMEDB_E_STATE, nvmedb_request_complete(request.token, NVMEDB_DISK_SUCCESS));
    }
    return NULL;
}

static uint32_t add_disk(struct driver *d, struct disk *disk, enum behaviour behaviour)
{
    nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = DISK_BYTES};
    nvmedb_disk_callbacks callbacks = {
        .size = sizeof callbacks, .context = disk, .submit = submit, .closed = on_closed};
    uint32_t nsid = 0;
    memset(disk, 0, sizeof *disk);
    disk->behaviour = behaviour;
    CHECK_OK(nvmedb_namespace_add_native(d->controller, &config, &callbacks, &nsid));
    return nsid;
}

static struct disk disk;

static void callbacks_answer_at_once_later_early_and_twice(void)
{
    for (enum behaviour behaviour = AT_ONCE; behaviour <= TWICE; behaviour++) {
        struct driver d;
        create_driver(&d, defaults());
        uint32_t nsid = add_disk(&d, &disk, behaviour);
        disk.worker = check_start(work, &disk);
        enable(&d);
        create_queues(&d, 1, 16);
        unsigned char *source = allocate(&d, 2 * PAGE), *target = allocate(&d, 2 * PAGE);
        for (uint32_t block = 0; block < 512; block += 16) {
            fill(source, 2 * PAGE, block + check_seed);
            CHECK_EQ(0, execute(&d, 1, transfer(&d, WRITE, nsid, block, 16, source), NULL));
            CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, nsid, block, 16, target), NULL));
            CHECK(memcmp(source, target, 2 * PAGE) == 0);
        }
        CHECK_EQ(0, execute(&d, 1, (command){.opcode = FLUSH, .nsid = nsid}, NULL));
        CHECK_EQ(0, execute(&d, 1, (command){.opcode = WRITE_ZEROES, .nsid = nsid, .dword12 = 7}, NULL));
        CHECK_EQ(0, disk.bytes[0]);
        CHECK_EQ(2 * 32 + 2, disk.submitted);
        CHECK_EQ(0, disk.closed);
        CHECK_OK(nvmedb_namespace_remove(d.controller, nsid));
        CHECK_EQ(1, disk.closed);
        __atomic_store_n(&disk.stop, 1u, __ATOMIC_RELEASE);
        check_join(disk.worker);
        CHECK_EQ(NVMEDB_E_STATE, nvmedb_request_complete(disk.last_token, NVMEDB_DISK_SUCCESS));
        CHECK_EQ(NVMEDB_E_STATE, nvmedb_request_complete(0, NVMEDB_DISK_SUCCESS));
        CHECK_EQ(NVMEDB_E_STATE, nvmedb_request_complete(UINT64_MAX, NVMEDB_DISK_SUCCESS));
        free_driver(&d);
        CHECK_EQ(1, disk.closed);
    }
}

static void what_a_disk_answers_reaches_the_guest(void)
{
    static const struct {
        uint32_t answer, status;
    } cases[] = {{NVMEDB_DISK_SUCCESS, 0},
                 {NVMEDB_DISK_READ_ERROR, READ_ERROR},
                 {NVMEDB_DISK_WRITE_FAULT, WRITE_FAULT},
                 {NVMEDB_DISK_FULL, CAPACITY_EXCEEDED},
                 {NVMEDB_DISK_INTERNAL_ERROR, INTERNAL_ERROR},
                 {99, INTERNAL_ERROR},
                 {UINT32_MAX, INTERNAL_ERROR}};
    struct driver d;
    create_driver(&d, defaults());
    uint32_t nsid = add_disk(&d, &disk, ANSWERS);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *page = allocate(&d, PAGE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        disk.answer = cases[i].answer;
        CHECK_EQ(cases[i].status, execute(&d, 1, transfer(&d, WRITE, nsid, 0, 8, page), NULL));
    }
    free_driver(&d);
    CHECK_EQ(1, disk.closed);
}

/* A disk that keeps a request holds the controller up, for ten seconds; when it lets go, all is well. */
static void a_disk_that_keeps_a_request_makes_the_free_busy(void)
{
    struct driver d;
    create_driver(&d, defaults());
    uint32_t nsid = add_disk(&d, &disk, KEEPS);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *page = allocate(&d, PAGE);
    put(&d.queues[1], transfer(&d, WRITE, nsid, 0, 8, page));
    ring_doorbell(&d, 2, d.queues[1].tail);
    WAIT_UNTIL(__atomic_load_n(&disk.submitted, __ATOMIC_SEQ_CST) == 1);
    CHECK_EQ(NVMEDB_E_BUSY, nvmedb_controller_free(d.controller));
    CHECK_EQ(NVMEDB_E_BUSY, nvmedb_memory_free(d.memory));
    CHECK_EQ(NVMEDB_E_BUSY, nvmedb_reactor_free(d.reactor));
    CHECK_EQ(0, disk.closed);
    CHECK_OK(nvmedb_request_complete(disk.last_token, NVMEDB_DISK_SUCCESS));
    free_driver(&d);
    CHECK_EQ(1, disk.closed);
    CHECK_EQ(1, disk.submitted);
}

static void a_namespace_that_cannot_be_added_leaves_nothing(void)
{
    struct driver d;
    nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = DISK_BYTES};
    nvmedb_disk_callbacks callbacks = {
        .size = sizeof callbacks, .context = &disk, .submit = submit, .closed = on_closed};
    uint32_t nsid = 55;
    create_driver(&d, defaults());
    add_disk(&d, &disk, AT_ONCE);
    config.nsid = 1;
    CHECK_EQ(NVMEDB_E_EXISTS, nvmedb_namespace_add_native(d.controller, &config, &callbacks, &nsid));
    CHECK_EQ(NVMEDB_E_EXISTS, nvmedb_namespace_add_ram(d.controller, &config, &nsid));
    config.nsid = 1025;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_native(d.controller, &config, &callbacks, &nsid));
    config.nsid = 0;
    config.length_bytes = 1000;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_native(d.controller, &config, &callbacks, &nsid));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_ram(d.controller, &config, &nsid));
    config.length_bytes = UINT64_MAX / 512 * 512;
    CHECK(nvmedb_namespace_add_ram(d.controller, &config, &nsid) < 0);
    config.length_bytes = UINT64_C(1) << 60;
    CHECK_EQ(NVMEDB_E_MEMORY, nvmedb_namespace_add_ram(d.controller, &config, &nsid));
    config.length_bytes = DISK_BYTES;
    config.block_bytes = 513;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_null(d.controller, &config, &nsid));
    config.block_bytes = 0;
    callbacks.submit = NULL;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_native(d.controller, &config, &callbacks, &nsid));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_native(d.controller, &config, NULL, &nsid));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_ram(d.controller, NULL, &nsid));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_file(d.controller, &config, NULL, &nsid));
    CHECK_EQ(NVMEDB_E_IO, nvmedb_namespace_add_file(d.controller, &config, "/", &nsid));
    CHECK_EQ(55, nsid);
    CHECK_EQ(0, disk.closed);
    CHECK_OK(nvmedb_namespace_add_ram(d.controller, &config, NULL));
    free_driver(&d);
    CHECK_EQ(1, disk.closed);
}

static const struct test tests[] = {
    {"disk: a file holds what was written", a_file_holds_what_was_written},
    {"disk: file options that are none are refused", file_options_that_are_none_are_refused},
    {"disk: callbacks answer at once, later, early and twice", callbacks_answer_at_once_later_early_and_twice},
    {"disk: what a disk answers reaches the guest", what_a_disk_answers_reaches_the_guest},
    {"disk: a disk that keeps a request makes the free busy", a_disk_that_keeps_a_request_makes_the_free_busy},
    {"disk: a namespace that cannot be added leaves nothing", a_namespace_that_cannot_be_added_leaves_nothing},
};

CHECK_MAIN(tests)
