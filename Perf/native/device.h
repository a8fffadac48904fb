/*
 * A controller of libnvmedoorbell.so that the calling program brings up and drives by itself, as firmware would: registers,
 * an admin queue, I/O queue pairs of 64 entries.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NVMEDB_PERF_DEVICE_H
#define NVMEDB_PERF_DEVICE_H

#include <stdint.h>

#include "nvme_doorbell.h"

enum { DEVICE_ENTRIES = 64, DEVICE_PAGE = 4096, DEVICE_DATA = 8 * DEVICE_PAGE };

enum device_disk { DEVICE_DISK_NULL, DEVICE_DISK_RAM };

struct device {
    nvmedb_controller_handle controller;
    nvmedb_reactor_handle reactor;
    nvmedb_doorbells *view;
    unsigned char *ram;
    uint32_t nsid;
    int is_lent; /* the reactor runs on the calling thread, where the program waits */
};

/* Ends the program with the library's own words where a call has failed. */
void device_require(nvmedb_status status, const char *what);

/* Makes the controller and brings it to CSTS.RDY; the queue pairs come by device_create_queue. */
void device_open(struct device *device, uint32_t queues, enum device_disk disk, int is_lent);

/* Creates I/O queue pair id, 1 and up, by two admin commands. */
void device_create_queue(struct device *device, uint32_t id);

/* Where the entries of an I/O queue pair stand in device->ram. */
uint32_t device_submission(uint32_t id);
uint32_t device_completion(uint32_t id);

/* Writes entry slot of a submission queue: a read of one block into DEVICE_DATA. */
void device_write_read(struct device *device, uint32_t id, uint32_t slot);

/* Waits until entry slot of a completion queue has the phase, and ends the program where its status is not 0. */
void device_await(struct device *device, uint32_t completion, uint32_t slot, uint32_t phase);

/* A doorbell write: of a submission queue's tail, or of a completion queue's head. */
void device_ring_tail(struct device *device, uint32_t id, uint32_t value);
void device_ring_head(struct device *device, uint32_t id, uint32_t value);

#endif
