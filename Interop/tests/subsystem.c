/*
 * Two controllers of one subsystem in one process: a disk that both see, reservations between them, a namespace that a
 * guest makes, and what a careless embedder does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "driver.h"

enum { NAMESPACE_MANAGEMENT = 0x0D, NAMESPACE_ATTACHMENT = 0x15, SET_HOST_ID = 0x81 };
enum { RESERVATION_REGISTER = 0x0D, RESERVATION_ACQUIRE = 0x11, RESERVATION_RELEASE = 0x15 };
enum { EXCLUSIVE_ACCESS = 2, RESERVATION_CONFLICT = 0x083, INSUFFICIENT_CAPACITY = 0x115 };

#define DISK_BYTES (1u << 20)

struct pair {
    nvmedb_subsystem_handle subsystem;
    struct driver of[2];
};

static void create_pair(struct pair *pair, uint64_t pool_bytes)
{
    nvmedb_subsystem_config config = {.size = sizeof config,
                                      .abi_version = NVMEDB_ABI_VERSION,
                                      .serial = "SHARED",
                                      .pool_bytes = pool_bytes};
    REQUIRE_OK(nvmedb_subsystem_create(&config, &pair->subsystem));
    for (int i = 0; i < 2; i++) {
        struct driver_options options = defaults();
        options.controller.subsystem = pair->subsystem;
        create_driver(&pair->of[i], options);
        enable(&pair->of[i]);
        create_queues(&pair->of[i], 1, 16);
    }
}

static void free_pair(struct pair *pair)
{
    CHECK_EQ(NVMEDB_E_BUSY, nvmedb_subsystem_free(pair->subsystem));
    free_driver(&pair->of[0]);
    free_driver(&pair->of[1]);
    CHECK_OK(nvmedb_subsystem_free(pair->subsystem));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_subsystem_free(pair->subsystem));
}

static uint32_t share_ram(struct pair *pair)
{
    nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = DISK_BYTES};
    uint32_t nsid = 0;
    CHECK_OK(nvmedb_namespace_add_ram(pair->subsystem, &config, &nsid));
    CHECK_OK(nvmedb_namespace_attach(pair->subsystem, nsid, pair->of[0].controller));
    CHECK_OK(nvmedb_namespace_attach(pair->subsystem, nsid, pair->of[1].controller));
    return nsid;
}

/* A command with 16 bytes of data: two keys, or an identifier. */
static uint32_t with_data(struct driver *d, uint32_t queue, command entry, uint64_t first, uint64_t second)
{
    uint64_t *data = allocate(d, PAGE);
    data[0] = first;
    data[1] = second;
    entry.prp1 = guest(d, data);
    return execute(d, queue, entry, NULL);
}

static void what_one_writes_the_other_reads(void)
{
    struct pair pair;
    create_pair(&pair, 0);
    uint32_t nsid = share_ram(&pair);
    unsigned char *source = allocate(&pair.of[0], PAGE), *target = allocate(&pair.of[1], PAGE);
    memset(source, 0x5A, PAGE);
    CHECK_EQ(0, execute(&pair.of[0], 1, transfer(&pair.of[0], WRITE, nsid, 8, 8, source), NULL));
    CHECK_EQ(0, execute(&pair.of[1], 1, transfer(&pair.of[1], READ, nsid, 8, 8, target), NULL));
    CHECK(memcmp(source, target, PAGE) == 0);

    CHECK_OK(nvmedb_namespace_detach(pair.subsystem, nsid, pair.of[1].controller));
    CHECK_EQ(INVALID_NAMESPACE, execute(&pair.of[1], 1, transfer(&pair.of[1], READ, nsid, 0, 8, target), NULL));
    CHECK_EQ(0, execute(&pair.of[0], 1, transfer(&pair.of[0], READ, nsid, 0, 8, source), NULL));
    CHECK_OK(nvmedb_namespace_remove(pair.subsystem, nsid));
    CHECK_EQ(INVALID_NAMESPACE, execute(&pair.of[0], 1, transfer(&pair.of[0], READ, nsid, 0, 8, source), NULL));
    free_pair(&pair);
}

static void a_reservation_keeps_the_other_out(void)
{
    struct pair pair;
    create_pair(&pair, 0);
    uint32_t nsid = share_ram(&pair);
    struct driver *a = &pair.of[0], *b = &pair.of[1];
    void *data = allocate(b, PAGE);
    command set_host = {.opcode = SET_FEATURES, .dword10 = SET_HOST_ID};
    command acquire = {.opcode = RESERVATION_ACQUIRE, .nsid = nsid, .dword10 = EXCLUSIVE_ACCESS << 8};
    command release = {.opcode = RESERVATION_RELEASE, .nsid = nsid, .dword10 = EXCLUSIVE_ACCESS << 8};
    CHECK_EQ(0, with_data(a, 0, set_host, 0xA, 0));
    CHECK_EQ(0, with_data(b, 0, set_host, 0xB, 0));
    CHECK_EQ(RESERVATION_CONFLICT, with_data(a, 1, acquire, 1, 0));
    CHECK_EQ(0, with_data(a, 1, (command){.opcode = RESERVATION_REGISTER, .nsid = nsid}, 0, 1));
    CHECK_EQ(0, with_data(a, 1, acquire, 1, 0));
    CHECK_EQ(RESERVATION_CONFLICT, execute(b, 1, transfer(b, READ, nsid, 0, 8, data), NULL));
    CHECK_EQ(RESERVATION_CONFLICT, execute(b, 1, transfer(b, WRITE, nsid, 0, 8, data), NULL));
    CHECK_EQ(0, execute(a, 1, transfer(a, WRITE, nsid, 0, 8, allocate(a, PAGE)), NULL));
    CHECK_EQ(0, with_data(a, 1, release, 1, 0));
    CHECK_EQ(0, execute(b, 1, transfer(b, WRITE, nsid, 0, 8, data), NULL));
    free_pair(&pair);
}

static void a_namespace_grows_for_both(void)
{
    struct pair pair;
    create_pair(&pair, 0);
    nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = DISK_BYTES};
    uint32_t nsid;
    CHECK_OK(nvmedb_namespace_add_null(pair.subsystem, &config, &nsid));
    for (int i = 0; i < 2; i++)
        CHECK_OK(nvmedb_namespace_attach(pair.subsystem, nsid, pair.of[i].controller));
    void *data = allocate(&pair.of[1], PAGE);
    command last = transfer(&pair.of[1], READ, nsid, 2 * DISK_BYTES / 512 - 8, 8, data);
    CHECK_EQ(LBA_OUT_OF_RANGE, execute(&pair.of[1], 1, last, NULL));
    CHECK_OK(nvmedb_namespace_resize(pair.subsystem, nsid, 2 * DISK_BYTES));
    CHECK_EQ(0, execute(&pair.of[1], 1, last, NULL));
    CHECK_OK(nvmedb_namespace_resize(pair.of[0].controller, nsid, DISK_BYTES));
    CHECK_EQ(LBA_OUT_OF_RANGE, execute(&pair.of[1], 1, last, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_resize(pair.subsystem, nsid, 1000));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_namespace_resize(pair.subsystem, nsid + 1, DISK_BYTES));
    free_pair(&pair);
}

static void a_guest_makes_a_namespace_of_the_pool(void)
{
    struct pair pair;
    create_pair(&pair, DISK_BYTES);
    struct driver *d = &pair.of[0];
    unsigned char *page = allocate(d, PAGE);
    command create = {.opcode = NAMESPACE_MANAGEMENT, .prp1 = guest(d, page)};
    command attach = {.opcode = NAMESPACE_ATTACHMENT, .prp1 = guest(d, page)};
    uint64_t blocks = 2 * DISK_BYTES / 512;
    memcpy(page, &blocks, 8);
    memcpy(page + 8, &blocks, 8);
    CHECK_EQ(INSUFFICIENT_CAPACITY, execute(d, 0, create, NULL));
    blocks = DISK_BYTES / 512;
    memcpy(page, &blocks, 8);
    memcpy(page + 8, &blocks, 8);
    CHECK_EQ(0, execute(d, 0, create, &attach.nsid));
    memset(page, 0, PAGE);
    page[0] = 1; /* one controller, that with the identifier 1 */
    page[2] = 1;
    CHECK_EQ(0, execute(d, 0, attach, NULL));
    CHECK_EQ(0, execute(d, 1, transfer(d, WRITE, attach.nsid, blocks - 8, 8, page), NULL));
    free_pair(&pair);
}

static void misuse_gets_a_code(void)
{
    struct pair pair;
    create_pair(&pair, 0);
    uint32_t nsid = share_ram(&pair);
    nvmedb_subsystem_handle other, none = 7;
    nvmedb_subsystem_config config = {.size = sizeof config, .abi_version = NVMEDB_ABI_VERSION};
    CHECK_OK(nvmedb_subsystem_create(&config, &other));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_namespace_attach(other, nsid, pair.of[0].controller));
    CHECK_EQ(NVMEDB_E_EXISTS, nvmedb_namespace_attach(pair.subsystem, nsid, pair.of[0].controller));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_namespace_attach(pair.subsystem, nsid, pair.subsystem));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_namespace_attach(pair.of[0].controller, nsid, pair.of[0].controller));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_namespace_detach(0, nsid, pair.of[0].controller));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_namespace_resize(pair.of[0].memory, nsid, DISK_BYTES));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_subsystem_free(pair.of[0].controller));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_subsystem_create(NULL, &none));
    CHECK_EQ(0, none);
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_subsystem_create(&config, NULL));
    config.abi_version = NVMEDB_ABI_VERSION + 1;
    CHECK_EQ(NVMEDB_E_ABI, nvmedb_subsystem_create(&config, &none));
    CHECK_OK(nvmedb_subsystem_free(other));
    struct driver_options options = defaults();
    options.controller.memory = pair.of[0].memory;
    options.controller.reactors = &pair.of[0].reactor;
    options.controller.reactor_count = 1;
    options.controller.subsystem = other; /* freed */
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_controller_create(&options.controller, &none));
    free_pair(&pair);
}

static const struct test tests[] = {
    {"subsystem: what one writes the other reads", what_one_writes_the_other_reads},
    {"subsystem: a reservation keeps the other out", a_reservation_keeps_the_other_out},
    {"subsystem: a namespace grows for both", a_namespace_grows_for_both},
    {"subsystem: a guest makes a namespace of the pool", a_guest_makes_a_namespace_of_the_pool},
    {"subsystem: misuse gets a code", misuse_gets_a_code},
};

CHECK_MAIN(tests)
