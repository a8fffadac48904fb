/* See device.h. */
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { READ = 0x02, CREATE_SQ = 0x01, CREATE_CQ = 0x05 };
enum { RAM_BYTES = 4 << 20, DISK_BYTES = 1 << 30, RAM_DISK_BYTES = 1 << 20 };
enum { ADMIN_SQ = DEVICE_PAGE, ADMIN_CQ = 4 * DEVICE_PAGE, FIRST_QUEUE = 16 * DEVICE_PAGE };

static uint32_t admin_slot; /* the admin queue never wraps here */

void device_require(nvmedb_status status, const char *what)
{
    char text[256];
    if (status >= 0)
        return;
    nvmedb_last_error(text, sizeof text);
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, text);
    exit(1);
}

static void turn(const struct device *device)
{
    if (device->is_lent)
        device_require(nvmedb_reactor_run(device->reactor, 0), "turn of the reactor");
}

uint32_t device_submission(uint32_t id)
{
    return FIRST_QUEUE + id * 2 * DEVICE_PAGE;
}

uint32_t device_completion(uint32_t id)
{
    return device_submission(id) + DEVICE_PAGE;
}

static void ring(struct device *device, uint32_t doorbell, uint32_t value)
{
    device_require(nvmedb_bar0_write(device->controller, device->view, 0x1000 + doorbell * 4, 4, value), "doorbell");
}

void device_ring_tail(struct device *device, uint32_t id, uint32_t value)
{
    ring(device, 2 * id, value);
}

void device_ring_head(struct device *device, uint32_t id, uint32_t value)
{
    ring(device, 2 * id + 1, value);
}

static void write_entry(struct device *device, uint32_t submission, uint32_t slot, uint32_t opcode, uint32_t nsid,
                        uint32_t prp1, uint32_t dword10, uint32_t dword11)
{
    uint32_t entry[16] = {opcode | slot << 16, nsid, 0, 0, 0, 0, prp1, 0, 0, 0, dword10, dword11};
    memcpy(device->ram + submission + slot * sizeof entry, entry, sizeof entry);
}

void device_write_read(struct device *device, uint32_t id, uint32_t slot)
{
    write_entry(device, device_submission(id), slot, READ, device->nsid, DEVICE_DATA, 0, 0);
}

void device_await(struct device *device, uint32_t completion, uint32_t slot, uint32_t phase)
{
    const uint32_t *high = (const uint32_t *)(device->ram + completion + slot * 16 + 12);
    while ((__atomic_load_n(high, __ATOMIC_ACQUIRE) >> 16 & 1) != phase)
        turn(device);
    if (*high >> 17 != 0) {
        fprintf(stderr, "%s: command %u failed: %X\n", program_invocation_short_name, *high & 0xFFFF, *high >> 17);
        exit(1);
    }
}

static void execute_admin(struct device *device, uint32_t opcode, uint32_t prp1, uint32_t dword10, uint32_t dword11)
{
    uint32_t slot = admin_slot++;
    write_entry(device, ADMIN_SQ, slot, opcode, 0, prp1, dword10, dword11);
    device_ring_tail(device, 0, slot + 1);
    device_await(device, ADMIN_CQ, slot, 1);
    device_ring_head(device, 0, slot + 1);
}

void device_create_queue(struct device *device, uint32_t id)
{
    uint32_t size = (DEVICE_ENTRIES - 1) << 16;
    execute_admin(device, CREATE_CQ, device_completion(id), size | id, 3); /* the pin is vector 0 */
    execute_admin(device, CREATE_SQ, device_submission(id), size | id, 1 | id << 16);
}

static void add_disk(struct device *device, enum device_disk disk)
{
    nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = DISK_BYTES};
    if (disk == DEVICE_DISK_RAM) {
        config.length_bytes = RAM_DISK_BYTES;
        device_require(nvmedb_namespace_add_ram(device->controller, &config, &device->nsid), "RAM disk");
    } else {
        device_require(nvmedb_namespace_add_null(device->controller, &config, &device->nsid), "null disk");
    }
}

void device_open(struct device *device, uint32_t queues, enum device_disk disk, int is_lent)
{
    nvmedb_memory_handle memory;
    device->is_lent = is_lent;
    device_require(nvmedb_memory_create(&memory), "memory");
    device->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    device_require(nvmedb_memory_add(memory, 0, device->ram, RAM_BYTES, 0), "guest RAM");
    nvmedb_reactor_config reactor = {.size = sizeof reactor, .lent = (uint32_t)is_lent};
    device_require(nvmedb_reactor_create(&reactor, &device->reactor), "reactor");
    nvmedb_controller_config config = {.size = sizeof config, .abi_version = NVMEDB_ABI_VERSION, .memory = memory,
                                       .reactors = &device->reactor, .reactor_count = 1, .max_queue_pairs = queues};
    device_require(nvmedb_controller_create(&config, &device->controller), "controller");
    device_require(nvmedb_controller_doorbells(device->controller, &device->view), "doorbells");
    add_disk(device, disk);

    const uint32_t admin_last = 2 * queues + 1;
    nvmedb_controller_bar0_write(device->controller, 0x24, 4, admin_last << 16 | admin_last);
    nvmedb_controller_bar0_write(device->controller, 0x28, 8, ADMIN_SQ);
    nvmedb_controller_bar0_write(device->controller, 0x30, 8, ADMIN_CQ);
    nvmedb_controller_bar0_write(device->controller, 0x14, 4, 0x00460001);
    for (uint64_t status = 0; (status & 1) == 0; turn(device))
        device_require(nvmedb_controller_bar0_read(device->controller, 0x1C, 4, &status), "CSTS");
}
