/*
 * The VMM's own types and the seams between its files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NVMEDB_VMM_VMM_H
#define NVMEDB_VMM_VMM_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../include/nvme_doorbell.h"
#include "guest/shared.h"

enum { MAX_QUEUES = 256, MAX_DEPTH = 65535, MAX_SECONDS = 86400, MAX_AREA_BYTES = 256 << 20 };
/* Room for one command under way of each slot: queues times depth. */
enum { MAX_SLOTS = 262144, ERROR_BYTES = 512 };

enum guest_kind { GUEST_AUTO, GUEST_KVM, GUEST_THREAD };

struct options {
    uint32_t seconds;
    uint32_t queues;
    uint32_t depth;
    enum guest_kind guest;
    const char *disk; /* NULL: an image of our own */
    const char *json; /* NULL: none */
};

/* The library embedded: one controller with one reactor and one disk, as one phase uses them. */
struct device {
    nvmedb_memory_handle memory;
    nvmedb_reactor_handle reactor;
    nvmedb_controller_handle controller;
    nvmedb_doorbells *view;
    uint64_t bar_bytes;
    void *doorbell_page;       /* NULL: not mapped */
    uint64_t doorbell_page_bytes;
    uint32_t queues;
    int *eventfds;             /* ioeventfd of I/O doorbell 2 + i; NULL: none */
    uint32_t eventfd_count;
    int epoll;
    int epoll_end;             /* an eventfd that ends the thread */
    pthread_t epoll_thread;
    bool epoll_started;
    /* What the guest has programmed. */
    uint64_t bar;
    bool bar_enabled;
    /* Counters, each written by one thread. */
    uint64_t register_exits;
    uint64_t doorbell_exits;
    uint64_t kicks;
    uint64_t interrupts;
};

/* options.c: fills *options. OPTIONS_GOOD, or the exit code: 0 after --help, 2 after one line about what is wrong. */
enum { OPTIONS_GOOD = -1 };
int options_parse(int argc, char **argv, struct options *options);

/* Of one phase, gathered while it ran. */
struct phase {
    const char *name;
    uint32_t doorbells;
    bool ran;
    uint64_t commands, steady_commands, steady_ticks, rings, rings_saved, mismatches, failures;
    uint64_t blocks_written, blocks_compared;
    uint64_t wakes, sleeps, spurious_wakes, parks;
    uint64_t allocated_bytes, collections; /* during the steady mix */
    uint64_t register_exits, doorbell_exits, kicks, interrupts;
    uint64_t histogram[GUEST_HISTOGRAM_BUCKETS];
};

struct vm {
    const struct options *options;
    uint8_t *ram;
    uint64_t ram_bytes;
    struct guest_params *params; /* in ram */
    struct device device;
    struct phase phases[GUEST_DOORBELLS_COUNT];
    uint32_t phase;              /* which one runs */
    uint64_t ticks_per_second;
    nvmedb_runtime_stats before; /* at the start of the steady mix */
    enum guest_kind guest;
    char guest_reason[ERROR_BYTES]; /* why it is the thread */
    char image[PATH_MAX];
    uint64_t image_bytes;
    int image_lock;              /* descriptor that holds the image's lock */
    char error[ERROR_BYTES];     /* the run's first failure, or empty */
    bool image_verified;
    bool interrupted;
};

/* Keeps the first one. */
void vm_error(struct vm *vm, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* main.c: called by the guest's thread when a stage begins. */
void vm_stage(struct vm *vm, uint32_t stage);

/* device.c. false: *error says why. */
bool device_create(struct device *device, const struct vm *vm, uint32_t doorbells, char *error);
void device_destroy(struct device *device, char *error);
uint32_t device_config_read(struct device *device, uint32_t offset, uint32_t width_bytes);
/* true: BAR0 has moved, come or gone. */
bool device_config_write(struct device *device, uint32_t offset, uint32_t width_bytes, uint32_t value);
/* Guest accesses by bus address. Outside BAR0: reads give ones, writes vanish, as on a bus. */
uint64_t device_read(struct device *device, uint64_t address, uint32_t width_bytes);
void device_write(struct device *device, uint64_t address, uint32_t width_bytes, uint64_t value);
void device_collect(struct device *device, struct phase *phase);

/* kvm.c, thread_guest.c: run the guest program once, to its end. */
enum guest_end { GUEST_ENDED, GUEST_FAILED, GUEST_NEVER_STARTED };
enum guest_end kvm_guest_run(struct vm *vm, char *error);
enum guest_end thread_guest_run(struct vm *vm, char *error);

/* image.c: the disk image, checked, locked, measured; the check from outside. */
bool image_open(struct vm *vm);
bool image_verify(struct vm *vm);
/* Path of a file beside this executable. */
bool beside_executable(char path[PATH_MAX], const char *name);

/* report.c */
void report_live(const struct vm *vm, double seconds);
void report_live_end(void);
void report_table(const struct vm *vm);
bool report_json_writable(const char *path, char *error);
bool report_json(const struct vm *vm, const char *path, char *error);

#endif
