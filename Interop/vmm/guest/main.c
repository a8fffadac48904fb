/*
 * The guest program: find the controller, bring it up, write, read back, compare, work for a while, shut down.
 *
 * SPDX-License-Identifier: MIT
 */
#include "guest.h"

static void stage(struct guest *g, uint32_t number)
{
    __atomic_store_n(&g->params->stage, number, __ATOMIC_RELEASE);
    platform_stage(number);
}

static bool stopped(const struct guest *g)
{
    return __atomic_load_n(&g->params->stop, __ATOMIC_RELAXED) != 0;
}

static void work(struct guest *g)
{
    stage(g, GUEST_STAGE_WRITE);
    if (!work_write_all(g) || stopped(g))
        return;
    stage(g, GUEST_STAGE_READ);
    if (!work_read_all(g) || stopped(g))
        return;
    stage(g, GUEST_STAGE_STEADY);
    work_steady(g);
    stage(g, GUEST_STAGE_STEADY_END);
}

void guest_main(struct guest_params *params)
{
    struct guest guest = {
        .params = params,
        .heap_next = params->heap,
        .ticks_per_ms = params->ticks_per_second / 1000u,
        .random = params->random | 1u,
    };
    struct guest *g = &guest;
    stage(g, GUEST_STAGE_BRING_UP);
    if (guest_find_controller(g)) {
        if (controller_bring_up(g) && work_prepare(g)) {
            work(g);
            /* After a failure too: what has been written shall be on the disk. */
            work_flush(g);
        }
        stage(g, GUEST_STAGE_SHUTDOWN);
        controller_shut_down(g);
    }
    stage(g, GUEST_STAGE_DONE);
}
