/*
 * nvmedb_counts SHAPE OPERATIONS: runs the operations in `counted`, on one thread, for `valgrind --tool=callgrind
 * --toggle-collect=counted` to count the instructions of. The reactor is lent, so nothing else runs meanwhile.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "peers.h"

enum { DOORBELLS = 32 };

static struct device device;
static nvmedb_doorbells *view;
static nvmedb_doorbells_handle doorbells;
static nvmedb_waker_handle waker;
static uint32_t wakes, tail, head;
static nvmedb_status refused; /* negative once any call was */

static void on_wake(void *context)
{
    ++*(uint32_t *)context;
}

/* ---- Before what is counted ------------------------------------------------------------------------------------ */

static void open_doorbells(void)
{
    nvmedb_doorbells_config config = {.size = sizeof config, .count = DOORBELLS};
    device_require(nvmedb_doorbells_create(&config, &doorbells, &view), "doorbells");
    for (uint32_t id = 0; id < DOORBELLS; id++)
        device_require(nvmedb_doorbells_open(doorbells, id, 65536), "doorbell");
    device_require(nvmedb_waker_create(on_wake, &wakes, &waker), "waker");
}

static void open_null_disk(void)
{
    device_open(&device, 1, DEVICE_DISK_NULL, 1);
    device_create_queue(&device, 1);
}

static void open_ram_disk(void)
{
    device_open(&device, 1, DEVICE_DISK_RAM, 1);
    device_create_queue(&device, 1);
}

/* ---- What is counted ------------------------------------------------------------------------------------------- */

static void ring_inline(uint32_t i)
{
    refused |= nvmedb_ring(view, i % DOORBELLS, i + 1);
}

static void ring_export(uint32_t i)
{
    refused |= nvmedb_doorbells_ring(doorbells, i % DOORBELLS, i + 1);
}

static void sleep_wake(uint32_t i)
{
    uint32_t value;
    refused |= nvmedb_doorbells_poll(doorbells, 0, waker, &value);
    refused |= nvmedb_ring(view, 0, i + 1);
    refused |= nvmedb_doorbells_poll(doorbells, 0, 0, &value);
}

/* So many commands at once, and their completions taken. */
static void commands(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        device_write_read(&device, 1, (tail + i) % DEVICE_ENTRIES);
    tail += count;
    device_ring_tail(&device, 1, tail % DEVICE_ENTRIES);
    for (uint32_t i = 0; i < count; i++, head++)
        device_await(&device, device_completion(1), head % DEVICE_ENTRIES, 1 ^ (head / DEVICE_ENTRIES & 1));
    device_ring_head(&device, 1, head % DEVICE_ENTRIES);
}

static void command_alone(uint32_t i)
{
    (void)i;
    commands(1);
}

static void command_of_32(uint32_t i)
{
    if (i % 32 == 31)
        commands(32);
}

static const struct {
    const char *name;
    void (*open)(void);
    void (*operation)(uint32_t i);
} shapes[] = {
    {"ring_inline", open_doorbells, ring_inline},
    {"ring_export", open_doorbells, ring_export},
    {"sleep_wake", open_doorbells, sleep_wake},
    {"command_null_depth_1", open_null_disk, command_alone},
    {"command_null_depth_32", open_null_disk, command_of_32},
    {"command_ram_512_depth_32", open_ram_disk, command_of_32},
};

/* Found by its name: neither inlined nor copied, and no symbol that the linker drops. */
__attribute__((noinline, noclone, noipa)) void counted(void (*operation)(uint32_t i), uint32_t first, uint32_t count);
void counted(void (*operation)(uint32_t i), uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        operation(first + i);
}

int main(int count, char **arguments)
{
    enum { WARM = 2048 };
    uint32_t operations = count == 3 ? (uint32_t)strtoul(arguments[2], NULL, 10) : 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes && operations != 0; i++) {
        if (strcmp(shapes[i].name, arguments[1]) != 0)
            continue;
        shapes[i].open();
        for (uint32_t one = 0; one < WARM; one++)
            shapes[i].operation(one);
        counted(shapes[i].operation, WARM, operations);
        device_require(refused, shapes[i].name);
        return 0;
    }
    fprintf(stderr, "usage: nvmedb_counts SHAPE OPERATIONS; shapes:");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        fprintf(stderr, " %s", shapes[i].name);
    fprintf(stderr, "\n");
    return 2;
}
