/*
 * Queues from the driver's side: entries, doorbells, phase bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "guest.h"

bool queue_create_memory(struct guest *g, struct queue *q, uint32_t id, uint32_t entries)
{
    q->id = id;
    q->entries = entries;
    q->tail = q->rung_tail = q->head = 0;
    q->phase = 1;
    q->under_way = 0;
    q->submissions = guest_allocate(g, (uint64_t)entries * sizeof *q->submissions, 4096);
    q->completions = guest_allocate(g, (uint64_t)entries * sizeof *q->completions, 4096);
    return q->submissions != NULL && q->completions != NULL;
}

/*
 * A doorbell's new value. With shadow doorbells: the value goes to the shadow page, and the register is written only
 * when the device has asked for it, by an EventIdx in [old, new) in modular distance (NVMe Base, Shadow Doorbells).
 * The admin queue always takes the register, as Linux does.
 */
void queue_ring(struct guest *g, uint32_t doorbell, uint32_t old_value, uint32_t new_value)
{
    if (g->shadow != NULL && doorbell >= 2) {
        uint32_t at = doorbell * (g->doorbell_stride / 4u);
        __atomic_store_n(&g->shadow[at], new_value, __ATOMIC_RELEASE);
        /* Pairs with the device's fence between its EventIdx store and its second look at the shadow value. */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        uint32_t event_idx = __atomic_load_n(&g->event_idx[at], __ATOMIC_RELAXED);
        if ((uint16_t)(new_value - event_idx - 1u) >= (uint16_t)(new_value - old_value)) {
            g->params->rings_saved++;
            return;
        }
    }
    /* x86: the entries are visible before the register write, or before the store to a mapped doorbell. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    platform_write32(g->bar + 0x1000u + (uint64_t)doorbell * g->doorbell_stride, new_value);
    g->params->rings++;
}

/* A zeroed entry at the tail. The caller keeps fewer commands under way than the queue has entries. */
struct nvme_command *queue_next(struct queue *q, uint32_t command_id, uint8_t opcode)
{
    struct nvme_command *command = &q->submissions[q->tail];
    *command = (struct nvme_command){ .opcode = opcode, .command_id = (uint16_t)command_id };
    q->tail = q->tail + 1u == q->entries ? 0 : q->tail + 1u;
    q->under_way++;
    return command;
}

void queue_ring_tail(struct guest *g, struct queue *q)
{
    queue_ring(g, 2u * q->id, q->rung_tail, q->tail);
    q->rung_tail = q->tail;
}

void queue_ring_head(struct guest *g, struct queue *q, uint32_t old_head)
{
    queue_ring(g, 2u * q->id + 1u, old_head, q->head);
}

bool queue_take(struct queue *q, struct nvme_completion *completion)
{
    struct nvme_completion *entry = &q->completions[q->head];
    uint32_t word = __atomic_load_n(&entry->id_and_status, __ATOMIC_ACQUIRE);
    if ((word >> 16 & 1u) != q->phase)
        return false;
    completion->result = entry->result;
    completion->sq_head = entry->sq_head;
    completion->sq_id = entry->sq_id;
    completion->id_and_status = word;
    if (++q->head == q->entries) {
        q->head = 0;
        q->phase ^= 1u;
    }
    q->under_way--;
    return true;
}
