/*
 * The guest program's own types: an NVMe driver just large enough to be by the book, and the work it does.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NVMEDB_GUEST_GUEST_H
#define NVMEDB_GUEST_GUEST_H

#include <stdbool.h>

#include "platform.h"

/* NVMe Base, Common Command Format. */
struct nvme_command {
    uint8_t opcode;
    uint8_t flags;
    uint16_t command_id;
    uint32_t nsid;
    uint32_t cdw2;
    uint32_t cdw3;
    uint64_t metadata;
    uint64_t prp1;
    uint64_t prp2;
    uint32_t cdw10;
    uint32_t cdw11;
    uint32_t cdw12;
    uint32_t cdw13;
    uint32_t cdw14;
    uint32_t cdw15;
};

/* NVMe Base, Common Completion Queue Entry. The last word holds the phase and is the one the device writes last. */
struct nvme_completion {
    uint32_t result;
    uint32_t reserved;
    uint16_t sq_head;
    uint16_t sq_id;
    uint32_t id_and_status; /* bits 15:0 command id, bit 16 phase, bits 31:17 status */
};

/* What a command that is under way carries; operation 0: none is. */
struct slot {
    uint64_t submitted; /* ticks */
    uint64_t block;
    uint32_t blocks;
    uint32_t operation;
};

/* A submission queue and the completion queue of the same number. */
struct queue {
    struct nvme_command *submissions;
    struct nvme_completion *completions;
    struct slot *slots;
    uint16_t *free_ids;
    uint8_t *buffers;      /* a stretch of buffer_stride bytes for each command id */
    uint64_t *prp_lists;   /* a page for each command id, or NULL where no transfer needs one */
    uint32_t id;
    uint32_t entries;
    uint32_t tail;
    uint32_t rung_tail;    /* what the device has been told */
    uint32_t head;
    uint32_t phase;
    uint32_t free_count;
    uint32_t under_way;
};

struct guest {
    struct guest_params *params;
    uint64_t heap_next;      /* guest physical */
    uint32_t device;         /* bus << 8 | device << 3 | function */
    uint64_t bar;
    uint64_t ticks_per_ms;
    uint64_t ready_ticks;    /* CAP.TO */
    uint32_t doorbell_stride;
    uint32_t *shadow;        /* or NULL */
    uint32_t *event_idx;
    struct queue admin;
    struct queue *io;
    uint8_t *admin_page;
    uint32_t nsid;
    uint32_t lba_bytes;
    uint64_t area_blocks;
    uint32_t transfer_blocks; /* largest transfer of the verify passes */
    uint32_t buffer_stride;
    uint32_t *manifest;
    uint8_t *busy;            /* for each block of the area: a command of the steady mix works on it */
    uint64_t random;
    bool enabled;             /* CC.EN has been set */
    bool failed;
};

enum {
    NVME_WRITE = 0x01, NVME_READ = 0x02, NVME_FLUSH = 0x00,
    NVME_DELETE_SQ = 0x00, NVME_CREATE_SQ = 0x01, NVME_DELETE_CQ = 0x04, NVME_CREATE_CQ = 0x05, NVME_IDENTIFY = 0x06,
    NVME_SET_FEATURES = 0x09, NVME_DOORBELL_BUFFER_CONFIG = 0x7C
};

/* util.c: the heap, and the first failure in words. */
void *guest_reserve(struct guest *g, uint64_t length_bytes, uint64_t align_bytes);
/* The same, zeroed. */
void *guest_allocate(struct guest *g, uint64_t length_bytes, uint64_t align_bytes);
uint64_t guest_physical(const struct guest *g, const void *address);
void guest_zero(void *memory, uint64_t length_bytes);
uint64_t guest_random(struct guest *g);
/* Text with up to three numbers, %d or %x each; only the first text is kept. */
void guest_say(struct guest *g, const char *format, uint64_t first, uint64_t second, uint64_t third);
/* Says it, counts it, returns false. */
bool guest_fail(struct guest *g, const char *format, uint64_t first, uint64_t second);

/* pci.c: finds the controller, places BAR0, turns it on, sets up MSI-X. */
bool guest_find_controller(struct guest *g);

/* queue.c: rings, entries, phases. */
void queue_ring(struct guest *g, uint32_t doorbell, uint32_t old_value, uint32_t new_value);
struct nvme_command *queue_next(struct queue *q, uint32_t command_id, uint8_t opcode);
void queue_ring_tail(struct guest *g, struct queue *q);
void queue_ring_head(struct guest *g, struct queue *q, uint32_t old_head);
/* The next completion, or false. */
bool queue_take(struct queue *q, struct nvme_completion *completion);
bool queue_create_memory(struct guest *g, struct queue *q, uint32_t id, uint32_t entries);

/* controller.c: bring-up and shutdown by the book. */
bool controller_bring_up(struct guest *g);
bool controller_shut_down(struct guest *g);

/* work.c: the passes over the disk. */
bool work_prepare(struct guest *g);
bool work_write_all(struct guest *g);
bool work_read_all(struct guest *g);
bool work_steady(struct guest *g);
bool work_flush(struct guest *g);

#endif
