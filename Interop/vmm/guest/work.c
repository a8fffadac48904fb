/*
 * The work on the disk: every block written and read back, then a steady mix of random reads and writes, all compared.
 *
 * SPDX-License-Identifier: MIT
 */
#include "guest.h"

/* Where a stage's commands come from. next: false when it has none now. */
struct source {
    bool (*next)(struct guest *g, struct source *source, struct slot *slot);
    uint32_t operation; /* of a pass over the area */
    uint64_t block;     /* next of a pass */
    uint64_t deadline;  /* of the steady mix */
    bool steady;
    bool ended;
};

enum { PRP_ENTRIES = 512, DATA_SHIFTS = 8 };
enum { STATUS_CAPACITY_EXCEEDED = 0x081, STATUS_WRITE_FAULT = 0x280, STATUS_UNRECOVERED_READ_ERROR = 0x281 };

bool work_prepare(struct guest *g)
{
    uint32_t most = guest_transfer_blocks((uint64_t)g->params->queues * g->params->depth);
    if (g->transfer_blocks > most)
        g->transfer_blocks = most;
    /* One page more than the data: it does not start on a page, so that PRP1 has an offset. */
    g->buffer_stride = (g->transfer_blocks + 1u) * GUEST_BLOCK_BYTES;
    g->manifest = (uint32_t *)(uintptr_t)(g->params->ram_base + g->params->manifest);
    g->busy = guest_allocate(g, g->area_blocks, 64);
    if (g->busy == NULL)
        return false;
    for (uint32_t i = 0; i < g->params->queues; i++) {
        struct queue *q = &g->io[i];
        uint32_t depth = g->params->depth;
        q->slots = guest_allocate(g, depth * sizeof *q->slots, 64);
        q->free_ids = guest_allocate(g, depth * sizeof *q->free_ids, 64);
        q->buffers = guest_reserve(g, (uint64_t)depth * g->buffer_stride, 4096);
        q->prp_lists = g->transfer_blocks == 1 ? NULL : guest_reserve(g, (uint64_t)depth * 4096, 4096);
        if (g->failed)
            return false;
        for (uint32_t id = 0; id < depth; id++)
            q->free_ids[q->free_count++] = (uint16_t)(depth - 1u - id);
    }
    return true;
}

/* Data of a command: dword-aligned places within the page, a different one for neighbouring command ids. */
static uint8_t *data_of(const struct guest *g, const struct queue *q, uint32_t id)
{
    return q->buffers + (uint64_t)id * g->buffer_stride + (id % DATA_SHIFTS) * 512u;
}

static void set_prps(const struct guest *g, struct queue *q, struct nvme_command *command, uint32_t length_bytes)
{
    uint64_t address = guest_physical(g, data_of(g, q, command->command_id));
    uint64_t end = address + length_bytes;
    uint64_t page = (address & ~UINT64_C(4095)) + 4096u;
    command->prp1 = address;
    if (page + 4096u >= end) {
        command->prp2 = page < end ? page : 0;
        return;
    }
    uint64_t *list = q->prp_lists + (uint64_t)command->command_id * PRP_ENTRIES;
    command->prp2 = guest_physical(g, list);
    for (uint32_t i = 0; page < end; page += 4096u)
        list[i++] = page;
}

static void submit(struct guest *g, struct queue *q, uint32_t id)
{
    struct slot *slot = &q->slots[id];
    uint64_t *words = (uint64_t *)(void *)data_of(g, q, id);
    struct nvme_command *command = queue_next(q, id, (uint8_t)slot->operation);
    uint32_t lbas = GUEST_BLOCK_BYTES / g->lba_bytes;
    uint64_t first = slot->block * lbas;
    for (uint32_t i = 0; i < slot->blocks; i++, words += GUEST_BLOCK_WORDS) {
        if (slot->operation == NVME_WRITE)
            guest_pattern_fill(words, g->params->seed, slot->block + i, g->manifest[slot->block + i] + 1u);
        else
            words[0] = words[GUEST_BLOCK_WORDS - 1u] = ~words[0]; /* what the buffer held must not pass for data */
    }
    command->nsid = g->nsid;
    set_prps(g, q, command, slot->blocks * GUEST_BLOCK_BYTES);
    command->cdw10 = (uint32_t)first;
    command->cdw11 = (uint32_t)(first >> 32);
    command->cdw12 = slot->blocks * lbas - 1u;
}

static void compare(struct guest *g, const uint64_t *words, uint64_t block)
{
    uint32_t wrong = guest_pattern_compare(words, g->params->seed, block, g->manifest[block]);
    g->params->blocks_compared++;
    if (wrong == GUEST_BLOCK_WORDS)
        return;
    g->params->mismatches++;
    guest_say(g, "block %d, pass %d, differs at byte %d", block, g->manifest[block], wrong * 8u);
}

/* What a disk can do to a run has a name; the rest has its number. */
static void fail_command(struct guest *g, const struct slot *slot, uint32_t status)
{
    switch (status & 0x7FFu) { /* without More and Do Not Retry */
    case STATUS_CAPACITY_EXCEEDED:
        guest_fail(g, "write of block %d: Capacity Exceeded, the disk is full", slot->block, 0);
        break;
    case STATUS_WRITE_FAULT:
        guest_fail(g, "write of block %d: Write Fault", slot->block, 0);
        break;
    case STATUS_UNRECOVERED_READ_ERROR:
        guest_fail(g, "read of block %d: Unrecovered Read Error", slot->block, 0);
        break;
    default:
        guest_fail(g, slot->operation == NVME_WRITE ? "write of block %d: status %x" : "read of block %d: status %x",
                   slot->block, status);
        break;
    }
}

/* A command has ended: its data compared or its pass noted. */
static void finish(struct guest *g, struct queue *q, uint32_t id, uint32_t status, uint64_t now, bool steady)
{
    struct slot *slot = &q->slots[id];
    const uint64_t *words = (const uint64_t *)(const void *)data_of(g, q, id);
    if (status != 0)
        fail_command(g, slot, status);
    for (uint32_t i = 0; i < slot->blocks; i++, words += GUEST_BLOCK_WORDS) {
        uint64_t block = slot->block + i;
        g->busy[block] = 0;
        if (slot->operation == NVME_WRITE) {
            /* A write that failed leaves the block unknown. */
            g->manifest[block] = status == 0 ? g->manifest[block] + 1u : 0;
            g->params->blocks_written++;
        } else if (status == 0) {
            compare(g, words, block);
        }
    }
    slot->operation = 0;
    q->free_ids[q->free_count++] = (uint16_t)id;
    __atomic_store_n(&g->params->commands, g->params->commands + 1u, __ATOMIC_RELAXED);
    if (steady) {
        g->params->steady_commands++;
        g->params->histogram[guest_bucket(now - slot->submitted)]++;
    }
}

static bool reap(struct guest *g, struct queue *q, bool steady)
{
    struct nvme_completion completion;
    uint32_t old_head = q->head;
    bool some = false;
    while (q->under_way != 0 && queue_take(q, &completion)) {
        uint32_t id = completion.id_and_status & 0xFFFFu;
        some = true;
        if (id >= g->params->depth || q->slots[id].operation == 0 || completion.sq_id != q->id) {
            guest_fail(g, "queue %d: completion of command %d, which is not under way", q->id, id);
            q->under_way = 0;
            break;
        }
        finish(g, q, id, completion.id_and_status >> 17, platform_ticks(), steady);
    }
    if (some)
        queue_ring_head(g, q, old_head);
    return some;
}

/* Fills the queue from the source and rings once for all of it. */
static void fill(struct guest *g, struct queue *q, struct source *source)
{
    uint32_t first = q->tail;
    while (q->free_count != 0 && !source->ended) {
        uint32_t id = q->free_ids[q->free_count - 1u];
        if (!source->next(g, source, &q->slots[id]))
            break;
        q->free_count--;
        submit(g, q, id);
    }
    if (q->tail == first)
        return;
    uint64_t now = platform_ticks();
    for (uint32_t at = first; at != q->tail; at = at + 1u == q->entries ? 0 : at + 1u)
        q->slots[q->submissions[at].command_id].submitted = now;
    queue_ring_tail(g, q);
}

static bool run(struct guest *g, struct source *source)
{
    uint64_t last_progress = platform_ticks();
    for (;;) {
        uint32_t under_way = 0;
        bool some = false;
        if (g->failed || __atomic_load_n(&g->params->stop, __ATOMIC_RELAXED) != 0)
            source->ended = true;
        for (uint32_t i = 0; i < g->params->queues; i++) {
            some |= reap(g, &g->io[i], source->steady);
            fill(g, &g->io[i], source);
            under_way += g->io[i].under_way;
        }
        if (under_way == 0 && source->ended)
            return !g->failed;
        if (some) {
            last_progress = platform_ticks();
        } else {
            if (platform_ticks() - last_progress > 60000u * g->ticks_per_ms)
                return guest_fail(g, "%d commands without a completion for 60 s", under_way, 0);
            platform_relax();
        }
    }
}

/* A pass: the area in order, in commands of mixed sizes. */
static bool next_of_pass(struct guest *g, struct source *source, struct slot *slot)
{
    uint64_t left = g->area_blocks - source->block;
    uint32_t blocks = 1u + (uint32_t)(guest_random(g) % g->transfer_blocks);
    slot->operation = source->operation;
    slot->block = source->block;
    slot->blocks = blocks < left ? blocks : (uint32_t)left;
    source->block += slot->blocks;
    source->ended = source->block == g->area_blocks;
    return true;
}

/* The steady mix: a block nobody works on; one command in four writes. */
static bool next_of_steady(struct guest *g, struct source *source, struct slot *slot)
{
    if (platform_ticks() >= source->deadline) {
        source->ended = true;
        return false;
    }
    for (uint32_t tries = 0; tries < 8; tries++) {
        uint64_t random = guest_random(g);
        uint64_t block = (random >> 8) % g->area_blocks;
        if (g->busy[block])
            continue;
        g->busy[block] = 1;
        slot->operation = (random & 3u) == 0 ? NVME_WRITE : NVME_READ;
        slot->block = block;
        slot->blocks = 1;
        return true;
    }
    return false;
}

static bool pass(struct guest *g, uint32_t operation)
{
    struct source source = { .next = next_of_pass, .operation = operation };
    return run(g, &source);
}

bool work_write_all(struct guest *g)
{
    return pass(g, NVME_WRITE);
}

bool work_read_all(struct guest *g)
{
    return pass(g, NVME_READ);
}

bool work_steady(struct guest *g)
{
    uint64_t start = platform_ticks();
    struct source source = { .next = next_of_steady, .deadline = start + g->params->steady_ticks, .steady = true };
    bool good = run(g, &source);
    g->params->steady_taken += platform_ticks() - start;
    return good;
}

/* What has been written is on the disk when this returns. */
bool work_flush(struct guest *g)
{
    struct queue *q = &g->io[0];
    struct nvme_completion completion;
    uint32_t old_head = q->head;
    uint64_t start = platform_ticks();
    for (uint32_t i = 0; i < g->params->queues; i++)
        if (g->io[i].under_way != 0)
            return false; /* the device has lost commands; that has been said */
    queue_next(q, 0, NVME_FLUSH)->nsid = g->nsid;
    queue_ring_tail(g, q);
    while (!queue_take(q, &completion)) {
        if (platform_ticks() - start > 60000u * g->ticks_per_ms)
            return guest_fail(g, "no completion of Flush in 60 s", 0, 0);
        platform_relax();
    }
    queue_ring_head(g, q, old_head);
    __atomic_store_n(&g->params->commands, g->params->commands + 1u, __ATOMIC_RELAXED);
    if (completion.id_and_status >> 17 != 0)
        return guest_fail(g, "Flush: status %x", completion.id_and_status >> 17, 0);
    return true;
}
