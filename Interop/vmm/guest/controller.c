/*
 * The controller brought up and shut down, step by step as the NVMe Base specification's "Memory-based Controller
 * Initialization" and "Memory-based Controller Shutdown" say.
 *
 * SPDX-License-Identifier: MIT
 */
#include "guest.h"

enum { REG_CAP = 0x00, REG_VS = 0x08, REG_CC = 0x14, REG_CSTS = 0x1C, REG_AQA = 0x24, REG_ASQ = 0x28, REG_ACQ = 0x30 };
enum { ADMIN_ENTRIES = 32, CC_ENABLE = 1, CC_SHUTDOWN_NORMAL = 1 << 14, CC_ENTRY_SIZES = 6 << 16 | 4 << 20 };
enum { CSTS_READY = 1, CSTS_FATAL = 2, CSTS_SHUTDOWN = 3 << 2, CSTS_SHUTDOWN_COMPLETE = 2 << 2 };

static bool wait_for_status(struct guest *g, uint32_t mask, uint32_t wanted, const char *failure)
{
    uint64_t start = platform_ticks();
    for (;;) {
        uint32_t status = platform_read32(g->bar + REG_CSTS);
        if (status == 0xFFFFFFFFu || (status & CSTS_FATAL) != 0)
            return guest_fail(g, "Controller Fatal Status: CSTS is %x", status, 0);
        if ((status & mask) == wanted)
            return true;
        if (platform_ticks() - start > g->ready_ticks)
            return guest_fail(g, failure, status, 0);
        platform_relax();
    }
}

/* One admin command at a time: submitted, waited for, its status checked. */
static bool admin_submit(struct guest *g, const char *failure, uint32_t *result)
{
    struct queue *q = &g->admin;
    struct nvme_completion completion;
    uint32_t old_head = q->head;
    uint64_t start = platform_ticks();
    queue_ring_tail(g, q);
    while (!queue_take(q, &completion)) {
        if (platform_ticks() - start > 60000u * g->ticks_per_ms)
            return guest_fail(g, "no completion of an admin command in 60 s", 0, 0);
        platform_relax();
    }
    queue_ring_head(g, q, old_head);
    if (completion.id_and_status >> 17 != 0)
        return guest_fail(g, failure, completion.id_and_status >> 17, 0);
    if (result != NULL)
        *result = completion.result;
    return true;
}

static bool identify(struct guest *g, uint32_t cns, uint32_t nsid, const char *failure)
{
    struct nvme_command *command = queue_next(&g->admin, cns, NVME_IDENTIFY);
    guest_zero(g->admin_page, 4096);
    command->nsid = nsid;
    command->prp1 = guest_physical(g, g->admin_page);
    command->cdw10 = cns;
    return admin_submit(g, failure, NULL);
}

static uint32_t page_word(const struct guest *g, uint32_t offset)
{
    const uint8_t *p = g->admin_page + offset;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool identify_all(struct guest *g)
{
    if (!identify(g, 1, 0, "Identify Controller: status %x"))
        return false;
    uint32_t transfer_exponent = g->admin_page[77];
    if (g->params->shadow && (page_word(g, 256) & 0x100u) == 0)
        return guest_fail(g, "the controller does not offer Doorbell Buffer Config", 0, 0);
    if (!identify(g, 2, 0, "Identify Active Namespace List: status %x"))
        return false;
    g->nsid = page_word(g, 0);
    if (g->nsid == 0)
        return guest_fail(g, "the controller has no namespace", 0, 0);
    if (!identify(g, 0, g->nsid, "Identify Namespace: status %x"))
        return false;

    uint64_t lbas = page_word(g, 0) | (uint64_t)page_word(g, 4) << 32;
    uint32_t format = page_word(g, 128 + 4 * (g->admin_page[26] & 15u));
    g->lba_bytes = 1u << (format >> 16 & 0xFFu);
    if (g->lba_bytes < 512 || g->lba_bytes > GUEST_BLOCK_BYTES)
        return guest_fail(g, "the namespace has blocks of %d bytes", g->lba_bytes, 0);
    g->area_blocks = lbas / (GUEST_BLOCK_BYTES / g->lba_bytes);
    if (g->area_blocks > g->params->manifest_blocks)
        g->area_blocks = g->params->manifest_blocks;
    if (g->area_blocks < g->params->manifest_blocks)
        return guest_fail(g, "the namespace has %d blocks of 4 KiB, not %d", g->area_blocks,
                          g->params->manifest_blocks);
    g->transfer_blocks = transfer_exponent == 0 || transfer_exponent > 4 ? 16u : 1u << transfer_exponent;
    return true;
}

static bool create_queue_pair(struct guest *g, uint32_t id)
{
    struct queue *q = &g->io[id - 1u];
    if (!queue_create_memory(g, q, id, g->params->depth + 1u))
        return false;
    struct nvme_command *command = queue_next(&g->admin, id, NVME_CREATE_CQ);
    command->prp1 = guest_physical(g, q->completions);
    command->cdw10 = (q->entries - 1u) << 16 | id;
    command->cdw11 = 1; /* physically contiguous, no interrupt */
    if (!admin_submit(g, "Create I/O Completion Queue: status %x", NULL))
        return false;
    command = queue_next(&g->admin, id, NVME_CREATE_SQ);
    command->prp1 = guest_physical(g, q->submissions);
    command->cdw10 = (q->entries - 1u) << 16 | id;
    command->cdw11 = id << 16 | 1;
    return admin_submit(g, "Create I/O Submission Queue: status %x", NULL);
}

static bool configure_shadow(struct guest *g)
{
    uint32_t *shadow = guest_allocate(g, 4096, 4096);
    uint32_t *event_idx = guest_allocate(g, 4096, 4096);
    if (shadow == NULL || event_idx == NULL)
        return false;
    struct nvme_command *command = queue_next(&g->admin, 0, NVME_DOORBELL_BUFFER_CONFIG);
    command->prp1 = guest_physical(g, shadow);
    command->prp2 = guest_physical(g, event_idx);
    if (!admin_submit(g, "Doorbell Buffer Config: status %x", NULL))
        return false;
    g->shadow = shadow;
    g->event_idx = event_idx;
    return true;
}

bool controller_bring_up(struct guest *g)
{
    uint64_t cap = platform_read64(g->bar + REG_CAP);
    uint32_t version = platform_read32(g->bar + REG_VS);
    if (cap == ~UINT64_C(0) || version < 0x10000u)
        return guest_fail(g, "no controller behind BAR0: CAP is %x, VS %x", cap, version);
    g->ready_ticks = (500u * ((cap >> 24 & 0xFFu) + 1u)) * g->ticks_per_ms;
    g->doorbell_stride = 4u << (cap >> 32 & 15u);
    if ((cap >> 48 & 15u) != 0)
        return guest_fail(g, "the controller's smallest page is not 4 KiB: CAP is %x", cap, 0);
    if ((cap & 0xFFFFu) < g->params->depth)
        return guest_fail(g, "the controller takes queues of %d entries, not %d", (cap & 0xFFFFu) + 1u,
                          g->params->depth + 1u);

    uint32_t config = platform_read32(g->bar + REG_CC);
    if ((config & CC_ENABLE) != 0)
        platform_write32(g->bar + REG_CC, config & ~(uint32_t)CC_ENABLE);
    if (!wait_for_status(g, CSTS_READY, 0, "the controller does not become disabled: CSTS is %x"))
        return false;

    g->admin_page = guest_allocate(g, 4096, 4096);
    g->io = guest_allocate(g, g->params->queues * sizeof *g->io, 64);
    if (g->admin_page == NULL || g->io == NULL || !queue_create_memory(g, &g->admin, 0, ADMIN_ENTRIES))
        return false;
    platform_write32(g->bar + REG_AQA, (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1));
    platform_write64(g->bar + REG_ASQ, guest_physical(g, g->admin.submissions));
    platform_write64(g->bar + REG_ACQ, guest_physical(g, g->admin.completions));
    platform_write32(g->bar + REG_CC, CC_ENTRY_SIZES);
    platform_write32(g->bar + REG_CC, CC_ENTRY_SIZES | CC_ENABLE);
    g->enabled = true;
    if (!wait_for_status(g, CSTS_READY, CSTS_READY, "the controller does not become ready: CSTS is %x"))
        return false;

    if (!identify_all(g) || (g->params->shadow && !configure_shadow(g)))
        return false;
    uint32_t granted;
    struct nvme_command *command = queue_next(&g->admin, 7, NVME_SET_FEATURES);
    command->cdw10 = 7;
    command->cdw11 = (g->params->queues - 1u) << 16 | (g->params->queues - 1u);
    if (!admin_submit(g, "Set Features, Number of Queues: status %x", &granted))
        return false;
    uint32_t pairs = (granted & 0xFFFFu) < granted >> 16 ? granted & 0xFFFFu : granted >> 16;
    if (pairs + 1u < g->params->queues)
        return guest_fail(g, "the controller grants %d queues, not %d", pairs + 1u, g->params->queues);
    for (uint32_t id = 1; id <= g->params->queues; id++)
        if (!create_queue_pair(g, id))
            return false;
    return true;
}

bool controller_shut_down(struct guest *g)
{
    if (!g->enabled)
        return false;
    for (uint32_t id = 1; id <= g->params->queues && !g->failed; id++) {
        queue_next(&g->admin, id, NVME_DELETE_SQ)->cdw10 = id;
        if (!admin_submit(g, "Delete I/O Submission Queue: status %x", NULL))
            break;
        queue_next(&g->admin, id, NVME_DELETE_CQ)->cdw10 = id;
        if (!admin_submit(g, "Delete I/O Completion Queue: status %x", NULL))
            break;
    }
    platform_write32(g->bar + REG_CC, CC_ENTRY_SIZES | CC_ENABLE | CC_SHUTDOWN_NORMAL);
    bool shut = wait_for_status(g, CSTS_SHUTDOWN, CSTS_SHUTDOWN_COMPLETE, "the controller does not shut down: CSTS is %x");
    platform_write32(g->bar + REG_CC, CC_ENTRY_SIZES);
    return wait_for_status(g, CSTS_READY, 0, "the controller does not become disabled: CSTS is %x") && shut;
}
