/*
 * nvmedb_footprint: what a controller of 64 queues takes of a process that does nothing else.
 *
 * Loads the library, makes a controller with a null disk, brings it up, creates 64 I/O queue pairs, runs a command on
 * each, and prints one line: {"startNs":..., "readyNs":..., "residentBytes":..., "baseBytes":...}. startNs: from the start
 * of main to the first answer of the library; readyNs: to CSTS.RDY; baseBytes: resident before the library did anything.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "peers.h"

enum { QUEUES = 64, ENTRIES = 64, PAGE = 4096, RAM_BYTES = 4 << 20 };
enum { READ = 0x02, CREATE_SQ = 0x01, CREATE_CQ = 0x05 };

static unsigned char *ram;
static nvmedb_controller_handle controller;
static nvmedb_doorbells *view;

static void require(nvmedb_status status, const char *what)
{
    char text[256];
    if (status >= 0)
        return;
    nvmedb_last_error(text, sizeof text);
    fprintf(stderr, "nvmedb_footprint: %s: %s\n", what, text);
    exit(1);
}

static uint64_t resident_bytes(void)
{
    unsigned long total, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &total, &resident) != 2)
        return 0;
    fclose(file);
    return (uint64_t)resident * PAGE;
}

/* Entry slot of a queue whose entries never wrap here: the command's id is its slot. */
static void execute(uint32_t queue, uint32_t slot, uint32_t submission, uint32_t completion, uint8_t opcode,
                    uint32_t nsid, uint64_t prp1, uint32_t dword10, uint32_t dword11)
{
    uint32_t entry[16] = {opcode | slot << 16, nsid, 0, 0, 0, 0, (uint32_t)prp1, (uint32_t)(prp1 >> 32), 0, 0,
                          dword10, dword11};
    memcpy(ram + submission + slot * 64, entry, sizeof entry);
    require(nvmedb_bar0_write(controller, view, 0x1000 + queue * 8, 4, slot + 1), "tail");
    const uint32_t *high = (const uint32_t *)(ram + completion + slot * 16 + 12);
    while ((__atomic_load_n(high, __ATOMIC_ACQUIRE) >> 16 & 1) == 0)
        ;
    if (*high >> 17 != 0) {
        fprintf(stderr, "nvmedb_footprint: opcode %02X failed: %X\n", opcode, *high >> 17);
        exit(1);
    }
    require(nvmedb_bar0_write(controller, view, 0x1000 + queue * 8 + 4, 4, slot + 1), "head");
}

int main(void)
{
    uint64_t began = peers_now_ns(), base = resident_bytes();
    if (nvmedb_abi_version() != NVMEDB_ABI_VERSION)
        return 1;
    nvmedb_memory_handle memory;
    require(nvmedb_memory_create(&memory), "memory");
    uint64_t started = peers_now_ns() - began;
    ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(nvmedb_memory_add(memory, 0, ram, RAM_BYTES, 0), "guest RAM");
    nvmedb_reactor_config reactor_config = {.size = sizeof reactor_config};
    nvmedb_reactor_handle reactor;
    require(nvmedb_reactor_create(&reactor_config, &reactor), "reactor");
    nvmedb_controller_config config = {.size = sizeof config, .abi_version = NVMEDB_ABI_VERSION, .memory = memory,
                                       .reactors = &reactor, .reactor_count = 1, .max_queue_pairs = QUEUES};
    require(nvmedb_controller_create(&config, &controller), "controller");
    require(nvmedb_controller_doorbells(controller, &view), "doorbells");
    nvmedb_namespace_config disk = {.size = sizeof disk, .length_bytes = 1 << 30};
    uint32_t nsid;
    require(nvmedb_namespace_add_null(controller, &disk, &nsid), "disk");

    enum { ADMIN_ENTRIES = 2 * QUEUES + 2, ADMIN_SQ = PAGE, ADMIN_CQ = 4 * PAGE, DATA = 8 * PAGE, FIRST_QUEUE = 16 * PAGE };
    nvmedb_controller_bar0_write(controller, 0x24, 4, (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1));
    nvmedb_controller_bar0_write(controller, 0x28, 8, ADMIN_SQ);
    nvmedb_controller_bar0_write(controller, 0x30, 8, ADMIN_CQ);
    nvmedb_controller_bar0_write(controller, 0x14, 4, 0x00460001);
    for (uint64_t status = 0; (status & 1) == 0;)
        require(nvmedb_controller_bar0_read(controller, 0x1C, 4, &status), "CSTS");
    uint64_t ready = peers_now_ns() - began;
    for (uint32_t id = 1, slot = 0; id <= QUEUES; id++) {
        uint32_t submission = FIRST_QUEUE + id * 2 * PAGE, completion = submission + PAGE;
        uint32_t size = (ENTRIES - 1) << 16;
        execute(0, slot++, ADMIN_SQ, ADMIN_CQ, CREATE_CQ, 0, completion, size | id, 3); /* the pin is vector 0 */
        execute(0, slot++, ADMIN_SQ, ADMIN_CQ, CREATE_SQ, 0, submission, size | id, 1 | id << 16);
        execute(id, 0, submission, completion, READ, nsid, DATA, 0, 0);
    }
    printf("{\"startNs\":%llu,\"readyNs\":%llu,\"residentBytes\":%llu,\"baseBytes\":%llu}\n", (unsigned long long)started,
           (unsigned long long)ready, (unsigned long long)resident_bytes(),
           (unsigned long long)base);
    require(nvmedb_controller_free(controller), "end");
    return 0;
}
