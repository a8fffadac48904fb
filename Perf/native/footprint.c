/*
 * nvmedb_footprint: what a controller of 64 queues takes of a process that does nothing else.
 *
 * Loads the library, makes a controller with a null disk, brings it up, creates 64 I/O queue pairs, runs a command on
 * each, and prints one line of JSON. startNs: from the start of main to the first answer of the library; readyNs: to
 * CSTS.RDY; residentBytes: resident at the end; baseBytes: before the library did anything; queueBytes: of a queue pair
 * that has had a command, its pages of guest RAM included; doorbellBytes: of one doorbell.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "device.h"
#include "peers.h"

enum { QUEUES = 64 };

static uint64_t resident_bytes(void)
{
    unsigned long total, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &total, &resident) != 2)
        return 0;
    fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

int main(void)
{
    uint64_t began = peers_now_ns(), base = resident_bytes();
    if (nvmedb_abi_version() != NVMEDB_ABI_VERSION)
        return 1;
    uint64_t started = peers_now_ns() - began;
    struct device device;
    device_open(&device, QUEUES, DEVICE_DISK_NULL, 0);
    uint64_t ready = peers_now_ns() - began, without_queues = resident_bytes();
    for (uint32_t id = 1; id <= QUEUES; id++) {
        device_create_queue(&device, id);
        device_write_read(&device, id, 0);
        device_ring_tail(&device, id, 1);
        device_await(&device, device_completion(id), 0, 1);
        device_ring_head(&device, id, 1);
    }
    uint64_t resident = resident_bytes();
    printf("{\"startNs\":%llu,\"readyNs\":%llu,\"residentBytes\":%llu,\"baseBytes\":%llu,\"queueBytes\":%llu,"
           "\"doorbellBytes\":%llu}\n",
           (unsigned long long)started, (unsigned long long)ready, (unsigned long long)resident,
           (unsigned long long)base, (unsigned long long)((resident - without_queues) / QUEUES),
           (unsigned long long)sizeof(nvmedb_slot));
    device_require(nvmedb_controller_free(device.controller), "end");
    return 0;
}
