/*
 * A driver for the tests, written from the specification's side: registers and configuration space, an admin queue, I/O
 * queues, one command at a time or many.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DRIVER_H
#define DRIVER_H

#include "check.h"

#include <sys/mman.h>

#define RAM_BYTES (8u << 20)
#define RAM_ADDRESS UINT64_C(0x100000000) /* not where the host has it, and above 4 GiB */
#define PAGE 4096u
#define MAX_QUEUES 8u
#define VECTORS 8u

enum { IDENTIFY = 0x06, SET_FEATURES = 0x09, ASYNC_EVENT = 0x0C, DOORBELL_BUFFER = 0x7C };
enum { DELETE_SQ = 0x00, CREATE_SQ = 0x01, DELETE_CQ = 0x04, CREATE_CQ = 0x05 };
enum { FLUSH = 0x00, WRITE = 0x01, READ = 0x02, WRITE_ZEROES = 0x08 };

/* Status code type in bits 10..8, status code in bits 7..0. */
enum { INVALID_NAMESPACE = 0x00B, LBA_OUT_OF_RANGE = 0x080, CAPACITY_EXCEEDED = 0x081, WRITE_FAULT = 0x280 };
enum { READ_ERROR = 0x281, WRITE_PROTECTED = 0x020, INVALID_FIELD = 0x002, INTERNAL_ERROR = 0x006 };

typedef struct command {
    uint8_t opcode, flags;
    uint16_t id;
    uint32_t nsid;
    uint64_t reserved, metadata, prp1, prp2;
    uint32_t dword10, dword11, dword12, dword13, dword14, dword15;
} command;

typedef struct completion {
    uint32_t result, reserved;
    uint16_t sq_head, sq_id, id, status; /* status: bit 0 is the phase */
} completion;

struct queue {
    uint32_t number, entries;
    command *commands;
    volatile completion *completions;
    uint32_t tail, head, phase;
    uint16_t next_id;
};

struct driver {
    nvmedb_memory_handle memory;
    nvmedb_reactor_handle reactor;
    nvmedb_controller_handle controller;
    nvmedb_doorbells *view;
    unsigned char *ram;
    uint32_t used_bytes;
    int lent; /* nobody runs the reactor but us */
    int msix;
    struct queue queues[MAX_QUEUES];
    unsigned interrupts[VECTORS];
    unsigned line, line_changes;
};

static inline void on_interrupt(void *context, uint32_t vector)
{
    __atomic_fetch_add(&((struct driver *)context)->interrupts[vector], 1u, __ATOMIC_SEQ_CST);
}

static inline void on_line(void *context, uint32_t level)
{
    struct driver *driver = context;
    __atomic_store_n(&driver->line, level, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&driver->line_changes, 1u, __ATOMIC_SEQ_CST);
}

/* Zeroed guest RAM that nobody else uses: a page or more. */
static inline void *allocate(struct driver *driver, uint32_t length_bytes)
{
    void *address = driver->ram + driver->used_bytes;
    driver->used_bytes += (length_bytes + PAGE - 1) / PAGE * PAGE;
    REQUIRE(driver->used_bytes <= RAM_BYTES);
    memset(address, 0, length_bytes);
    return address;
}

static inline uint64_t guest(struct driver *driver, const void *address)
{
    return RAM_ADDRESS + (uint64_t)((const unsigned char *)address - driver->ram);
}

static inline uint64_t read_register(struct driver *driver, uint64_t offset, uint32_t width_bytes)
{
    uint64_t value = UINT64_MAX;
    CHECK_OK(nvmedb_controller_bar0_read(driver->controller, offset, width_bytes, &value));
    return value;
}

static inline void write_register(struct driver *driver, uint64_t offset, uint32_t width_bytes, uint64_t value)
{
    CHECK_OK(nvmedb_bar0_write(driver->controller, driver->view, offset, width_bytes, value));
}

static inline uint32_t read_config(struct driver *driver, uint32_t offset, uint32_t width_bytes)
{
    uint32_t value = UINT32_MAX;
    CHECK_OK(nvmedb_controller_config_read(driver->controller, offset, width_bytes, &value));
    return value;
}

/* What the driver does while it waits. */
static inline int idle(struct driver *driver)
{
    if (driver->lent)
        CHECK_OK(nvmedb_reactor_run(driver->reactor, 0));
    return 1;
}

struct driver_options {
    nvmedb_reactor_config reactor;
    nvmedb_controller_config controller;
};

static inline struct driver_options defaults(void)
{
    struct driver_options options;
    memset(&options, 0, sizeof options);
    options.reactor.size = sizeof options.reactor;
    options.controller.size = sizeof options.controller;
    options.controller.abi_version = NVMEDB_ABI_VERSION;
    options.controller.max_queue_pairs = MAX_QUEUES - 1;
    options.controller.vectors = VECTORS;
    return options;
}

static inline void create_driver(struct driver *driver, struct driver_options options)
{
    memset(driver, 0, sizeof *driver);
    driver->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(driver->ram != MAP_FAILED);
    driver->lent = options.reactor.lent != 0;
    REQUIRE_OK(nvmedb_memory_create(&driver->memory));
    REQUIRE_OK(nvmedb_memory_add(driver->memory, RAM_ADDRESS, driver->ram, RAM_BYTES, 0));
    REQUIRE_OK(nvmedb_reactor_create(&options.reactor, &driver->reactor));
    options.controller.memory = driver->memory;
    options.controller.reactors = &driver->reactor;
    options.controller.reactor_count = 1;
    options.controller.interrupt = on_interrupt;
    options.controller.interrupt_line = on_line;
    options.controller.interrupt_context = driver;
    REQUIRE_OK(nvmedb_controller_create(&options.controller, &driver->controller));
    REQUIRE_OK(nvmedb_controller_doorbells(driver->controller, &driver->view));
}

static inline void free_driver(struct driver *driver)
{
    CHECK_OK(nvmedb_controller_free(driver->controller));
    CHECK_OK(nvmedb_reactor_free(driver->reactor));
    CHECK_OK(nvmedb_memory_free(driver->memory));
    CHECK(munmap(driver->ram, RAM_BYTES) == 0);
}

static inline void init_queue(struct driver *driver, uint32_t number, uint32_t entries)
{
    struct queue *queue = &driver->queues[number];
    queue->number = number;
    queue->entries = entries;
    queue->commands = allocate(driver, entries * (uint32_t)sizeof(command));
    queue->completions = allocate(driver, entries * (uint32_t)sizeof(completion));
    queue->tail = queue->head = 0;
    queue->phase = 1;
}

/* Puts a command into the queue, not yet rung. */
static inline uint16_t put(struct queue *queue, command entry)
{
    entry.id = queue->next_id++;
    queue->commands[queue->tail] = entry;
    queue->tail = (queue->tail + 1) % queue->entries;
    return entry.id;
}

static inline void ring_doorbell(struct driver *driver, uint32_t id, uint32_t value)
{
    write_register(driver, 0x1000 + (uint64_t)id * driver->view->stride_bytes, 4, value);
}

/* Takes the next completion if it is there, and frees its place. */
static inline int try_take(struct driver *driver, struct queue *queue, completion *taken)
{
    volatile completion *entry = &queue->completions[queue->head];
    uint16_t status = __atomic_load_n(&entry->status, __ATOMIC_ACQUIRE);
    if ((status & 1u) != queue->phase)
        return 0;
    *taken = (completion){entry->result, 0, entry->sq_head, entry->sq_id, entry->id, status};
    queue->head = (queue->head + 1) % queue->entries;
    if (queue->head == 0)
        queue->phase ^= 1u;
    ring_doorbell(driver, 2 * queue->number + 1, queue->head);
    return 1;
}

/* One command, alone in its queue. Returns its status without the phase; result may be NULL. */
static inline uint32_t execute(struct driver *driver, uint32_t number, command entry, uint32_t *result)
{
    struct queue *queue = &driver->queues[number];
    completion taken;
    uint16_t id = put(queue, entry);
    ring_doorbell(driver, 2 * number, queue->tail);
    WAIT_UNTIL(try_take(driver, queue, &taken) || !idle(driver));
    CHECK_EQ(id, taken.id);
    CHECK_EQ(number, taken.sq_id);
    if (result != NULL)
        *result = taken.result;
    return (taken.status >> 1) & 0x7FF;
}

static inline void wait_ready(struct driver *driver, uint32_t expected)
{
    WAIT_UNTIL((read_register(driver, 0x1C, 4) & 1u) == expected || !idle(driver));
}

/* Controller Configuration by the book: disable, queues, enable, wait. */
static inline void enable(struct driver *driver)
{
    write_register(driver, 0x14, 4, 0);
    wait_ready(driver, 0);
    init_queue(driver, 0, 16);
    write_register(driver, 0x24, 4, 15u << 16 | 15u);
    write_register(driver, 0x28, 8, guest(driver, driver->queues[0].commands));
    write_register(driver, 0x30, 8, guest(driver, (const void *)driver->queues[0].completions));
    write_register(driver, 0x14, 4, 4u << 20 | 6u << 16 | 1u);
    wait_ready(driver, 1);
}

/* I/O queue pair number, its interrupts on the vector of the same number; on the line there is but vector 0. */
static inline void create_queues(struct driver *driver, uint32_t number, uint32_t entries)
{
    init_queue(driver, number, entries);
    struct queue *queue = &driver->queues[number];
    command make_cq = {.opcode = CREATE_CQ,
                       .prp1 = guest(driver, (const void *)queue->completions),
                       .dword10 = (entries - 1) << 16 | number,
                       .dword11 = (driver->msix ? number << 16 : 0) | 3u};
    command make_sq = {.opcode = CREATE_SQ,
                       .prp1 = guest(driver, queue->commands),
                       .dword10 = (entries - 1) << 16 | number,
                       .dword11 = number << 16 | 1u};
    CHECK_EQ(0, execute(driver, 0, make_cq, NULL));
    CHECK_EQ(0, execute(driver, 0, make_sq, NULL));
}

/* A read or write of whole pages from page-aligned data, as many as two PRPs reach. */
static inline command transfer(struct driver *driver, int opcode, uint32_t nsid, uint64_t block, uint32_t blocks,
                               const void *data)
{
    uint64_t address = guest(driver, data);
    return (command){.opcode = (uint8_t)opcode,
                     .nsid = nsid,
                     .prp1 = address,
                     .prp2 = address + PAGE,
                     .dword10 = (uint32_t)block,
                     .dword11 = (uint32_t)(block >> 32),
                     .dword12 = blocks - 1};
}

/* MSI-X on, every vector unmasked. */
static inline void enable_msix(struct driver *driver)
{
    uint32_t capability = read_config(driver, 0x34, 1);
    while (read_config(driver, capability, 1) != 0x11) {
        capability = read_config(driver, capability + 1, 1);
        REQUIRE(capability != 0);
    }
    uint64_t table = read_config(driver, capability + 4, 4) & ~7u;
    for (uint32_t vector = 0; vector < VECTORS; vector++) {
        write_register(driver, table + 16 * vector, 8, UINT64_C(0xFEE00000));
        write_register(driver, table + 16 * vector + 8, 4, vector);
        write_register(driver, table + 16 * vector + 12, 4, 0);
    }
    CHECK_OK(nvmedb_controller_config_write(driver->controller, 4, 2, 6)); /* memory space, bus master */
    CHECK_OK(nvmedb_controller_config_write(driver->controller, capability + 2, 2, 0x8000));
    driver->msix = 1;
}

static inline uint32_t add_ram(struct driver *driver, uint64_t length_bytes)
{
    nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = length_bytes};
    uint32_t nsid = 0;
    CHECK_OK(nvmedb_namespace_add_ram(driver->controller, &config, &nsid));
    return nsid;
}

#endif /* DRIVER_H */
