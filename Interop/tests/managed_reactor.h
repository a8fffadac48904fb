/*
 * The reactor of Core/Doorbells, step by step in C: the rest of managed_model.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MANAGED_REACTOR_H
#define MANAGED_REACTOR_H

#include "managed_model.h"

/* ---- Reactor.Loop.cs ------------------------------------------------------------------------------------------ */

/* ReactorTask: one doorbell each. */
struct task {
    _Alignas(128) nvmedb_waker_cell waker;
    struct follower follower;
    int (*turn)(struct task *task); /* whether there was work; sets is_finished */
    void *context;
    int is_polled, is_finished;
    uint64_t wakes, sleeps;
};

struct reactor {
    _Alignas(128) nvmedb_reactor_cell cell;
    struct task *tasks;
    unsigned count, patience; /* patience: turns without work before a sleep */
    uint64_t parks;
};

/* TakeReady: all of the list at once, oldest first. */
static inline void take_ready(struct reactor *r)
{
    uint64_t taken = __atomic_exchange_n(&r->cell.ready, 0, __ATOMIC_SEQ_CST);
    nvmedb_waker_cell *newest = (nvmedb_waker_cell *)(uintptr_t)taken, *oldest = NULL;
    while (newest != NULL) {
        nvmedb_waker_cell *next = (nvmedb_waker_cell *)(uintptr_t)READ(newest->next);
        WRITE(newest->next, (uint64_t)(uintptr_t)oldest);
        oldest = newest;
        newest = next;
    }
    for (nvmedb_waker_cell *cell = oldest; cell != NULL;) {
        nvmedb_waker_cell *next = (nvmedb_waker_cell *)(uintptr_t)READ(cell->next);
        struct task *task = &r->tasks[cell->index];
        /* Each sleep is claimed once: a second claim would find its task here awake, or not as claimed. */
        CHECK(!task->is_polled);
        CHECK_EQ(NVMEDB_WAKER_NOTIFIED, READ(cell->state) & NVMEDB_WAKER_STATE_MASK);
        begin_turn(cell);
        task->is_polled = 1;
        task->wakes++;
        cell = next;
    }
}

static inline void put_to_sleep(struct reactor *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        struct task *task = &r->tasks[i];
        if (!task->is_polled || task->is_finished)
            continue;
        arm(&task->follower, &task->waker); /* S1 */
        begin_sleep(&task->waker);          /* S2 */
    }
    process_wide_fence(); /* S3 */
    for (unsigned i = 0; i < r->count; i++) {
        struct task *task = &r->tasks[i];
        if (!task->is_polled || task->is_finished || (has_changed(&task->follower) /* S4 */ && end_sleep(&task->waker)))
            continue;
        task->is_polled = 0;
        task->sleeps++;
    }
}

static inline void park(struct reactor *r)
{
    __atomic_exchange_n(&r->cell.park, NVMEDB_PARK_PARKED, __ATOMIC_SEQ_CST);
    if (READ(r->cell.ready) == 0) {
        r->parks++;
        syscall(SYS_futex, &r->cell.park, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, NVMEDB_PARK_PARKED, NULL, NULL, 0);
    }
    WRITE(r->cell.park, NVMEDB_PARK_AWAKE);
}

/* Turns until every task has finished. */
static inline void *reactor_run(void *argument)
{
    struct reactor *r = argument;
    unsigned idle = 0;
    for (;;) {
        unsigned polled = 0, finished = 0;
        int worked = 0;
        if (READ(r->cell.ready) != 0)
            take_ready(r);
        for (unsigned i = 0; i < r->count; i++) {
            struct task *task = &r->tasks[i];
            if (task->is_polled && !task->is_finished)
                worked |= task->turn(task);
            finished += (unsigned)task->is_finished;
        }
        if (finished == r->count)
            return NULL;
        idle = worked ? 0 : idle + 1;
        if (idle > r->patience) {
            idle = 0;
            put_to_sleep(r);
        }
        for (unsigned i = 0; i < r->count; i++)
            polled += (unsigned)(r->tasks[i].is_polled && !r->tasks[i].is_finished);
        if (polled == 0)
            park(r);
    }
}

static inline void reactor_init(struct reactor *r, struct task *tasks, unsigned count, unsigned patience)
{
    memset(r, 0, sizeof *r);
    memset(tasks, 0, count * sizeof *tasks);
    r->tasks = tasks;
    r->count = count;
    r->patience = patience;
    for (uint32_t i = 0; i < count; i++) {
        tasks[i].waker.index = i;
        tasks[i].waker.reactor = (uint64_t)(uintptr_t)&r->cell;
        tasks[i].is_polled = 1;
    }
}

#endif /* MANAGED_REACTOR_H */
