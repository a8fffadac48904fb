/*
 * The managed side of the doorbells in C, step by step from Core/Doorbells, so that a sanitizer sees both sides of the
 * inline ring. Names and steps (S1 to S5, H1 to H6) are those of docs/doorbells.md.
 *
 * SPDX-License-Identifier: MIT
 *
 * Volatile.Read is an acquiring load, Volatile.Write a releasing store, Interlocked and MemoryBarrier are sequentially
 * consistent. Sleepers and switches run the process-wide barrier; every other sleep has rings fence too. Where the system
 * has no such barrier, rings always fence. What shipped code does under its lock is done under a mutex here.
 */
#ifndef MANAGED_MODEL_H
#define MANAGED_MODEL_H

#include "check.h"

#include <linux/membarrier.h>

/* Defects that ThreadSanitizer has to find; 1 is in tsan.c, because it is one of the header. */
#ifndef NVMEDB_TSAN_MUTANT
#define NVMEDB_TSAN_MUTANT 0
#endif
#define LOOK_ORDER (NVMEDB_TSAN_MUTANT == 2 ? __ATOMIC_RELAXED : __ATOMIC_ACQUIRE)
#define LEAVE_ORDER (NVMEDB_TSAN_MUTANT == 3 ? __ATOMIC_RELAXED : __ATOMIC_RELEASE)

#define READ(cell) __atomic_load_n(&(cell), __ATOMIC_ACQUIRE)
#define WRITE(cell, value) __atomic_store_n(&(cell), value, __ATOMIC_RELEASE)
#define FENCE() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define WAKER_NOT_NUMBER (NVMEDB_WAKER_STATE_MASK | NVMEDB_WAKER_FENCED)

#define DOORBELLS 2u
#define CARRIED 0x80000000u
#define VALUE_MASK 0xFFFFu
#define HOME_DIRECT UINT64_C(1)

/* DoorbellMemory. */
struct memory {
    _Alignas(128) unsigned char block[256 + DOORBELLS * sizeof(nvmedb_slot)];
    nvmedb_doorbells *view;
    pthread_mutex_t gate;
    int is_open[DOORBELLS];
    uint8_t own_cells[DOORBELLS];
    uint32_t *shadow, *event_idx; /* NULL: private */
};

/* DoorbellState. */
struct follower {
    struct memory *memory;
    nvmedb_slot *slot;
    nvmedb_waker_cell *waker;
    uint64_t generation, home; /* home: looked at last, where it is direct */
    uint32_t seen;
};

/* Waker.CompareExchange and Interlocked.CompareExchange in general: whether it was exchanged. */
static inline int exchange_u32(uint32_t *cell, uint32_t expected, uint32_t value)
{
    return __atomic_compare_exchange_n(cell, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline uint64_t closed_home(uint64_t generation)
{
    return (generation & 0xFFFFu) << 48;
}

/* Whether there is a process-wide barrier. */
static inline int has_process_wide_fence(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* StoreLoad.SleeperFence. Not there: rings fence. */
static inline void process_wide_fence(void)
{
    FENCE();
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

static inline void memory_init(struct memory *m)
{
    memset(m, 0, sizeof *m);
    m->view = (nvmedb_doorbells *)m->block;
    m->view->count = DOORBELLS;
    if (has_process_wide_fence())
        m->view->unfenced_count = DOORBELLS;
    else
        m->view->flags = NVMEDB_DOORBELLS_SYMMETRIC;
    m->view->stride_bytes = 4;
    REQUIRE(pthread_mutex_init(&m->gate, NULL) == 0);
}

/* ---- DoorbellMemory.Openings.cs ------------------------------------------------------------------------------- */

static inline uint64_t new_home(struct memory *m, uint32_t id, uint64_t old, uint32_t **event_idx)
{
    uint64_t closed = closed_home(old >> 48);
    *event_idx = NULL;
    if (m->shadow != NULL) {
        *event_idx = m->event_idx + id;
        return closed | (uint64_t)(uintptr_t)(m->shadow + id);
    }
    if (old & HOME_DIRECT)
        return old;
    return closed | (uint64_t)(uintptr_t)&nvmedb_slot_at(m->view, id)->cells[++m->own_cells[id] % 16] | HOME_DIRECT;
}

static inline void doorbell_open(struct memory *m, struct follower *f, uint32_t id, uint32_t limit)
{
    pthread_mutex_lock(&m->gate);
    nvmedb_slot *slot = nvmedb_slot_at(m->view, id);
    uint64_t generation = ((READ(slot->home) >> 48) + 1) & 0xFFFFu;
    uint32_t *event_idx;
    WRITE(slot->waker, (uint64_t)(uintptr_t)m->view->nobody);
    WRITE(slot->seen, (uint32_t)generation << 16);
    WRITE(slot->limit, limit);
    uint64_t home = new_home(m, id, closed_home(generation), &event_idx);
    WRITE(*nvmedb_home_cell(home), 0);
    if (event_idx != NULL)
        WRITE(*event_idx, 0);
    WRITE(slot->event_idx, (uint64_t)(uintptr_t)event_idx);
    WRITE(slot->home, home);
    *f = (struct follower){ m, slot, NULL, closed_home(generation), HOME_DIRECT, 0 };
    m->is_open[id] = 1;
    pthread_mutex_unlock(&m->gate);
}

/* Waker.WakeIfSleeping, whose claim is the header's, step by step. */
static inline void wake_anyway(nvmedb_slot *slot)
{
    nvmedb_waker_cell *waker = (nvmedb_waker_cell *)(uintptr_t)READ(slot->waker);
    if (waker == NULL)
        return;
    uint32_t state = READ(waker->state);
    if ((state & NVMEDB_WAKER_STATE_MASK) == NVMEDB_WAKER_SLEEPING)
        nvmedb_wake_cell(waker, state);
}

/* H4. */
static inline void await_visitors(nvmedb_slot *slot)
{
    WAIT_UNTIL(READ(slot->visitors) == 0 && READ(slot->looking) == 0);
}

static inline void doorbell_close(struct memory *m, uint32_t id)
{
    pthread_mutex_lock(&m->gate);
    if (m->is_open[id]) {
        nvmedb_slot *slot = nvmedb_slot_at(m->view, id);
        uint64_t old = READ(slot->home);
        m->is_open[id] = 0;
        WRITE(slot->limit, 0);
        WRITE(slot->home, closed_home(old >> 48));
        FENCE();
        wake_anyway(slot);
        if (!(old & HOME_DIRECT))
            await_visitors(slot);
        WRITE(slot->event_idx, 0);
    }
    pthread_mutex_unlock(&m->gate);
}

/* ---- DoorbellMemory.Homes.cs: EnterShadow, or LeaveShadow where shadow is NULL --------------------------------- */

static inline void switch_homes(struct memory *m, uint32_t *shadow, uint32_t *event_idx)
{
    uint64_t old[DOORBELLS] = { 0 };
    uint32_t carried[DOORBELLS];
    pthread_mutex_lock(&m->gate);
    m->shadow = shadow;
    m->event_idx = event_idx;
    for (uint32_t id = 0; id < DOORBELLS; id++) {
        nvmedb_slot *slot = nvmedb_slot_at(m->view, id);
        uint32_t *event_idx_cell;
        uint64_t before = READ(slot->home);
        if (!m->is_open[id])
            continue;
        uint64_t home = new_home(m, id, before, &event_idx_cell);
        if (home == before)
            continue;
        old[id] = before;
        carried[id] = READ(*nvmedb_home_cell(before)) & VALUE_MASK;
        WRITE(slot->carrying, 1u);
        WRITE(*nvmedb_home_cell(home), carried[id] | CARRIED); /* H1 */
        WRITE(slot->event_idx, (uint64_t)(uintptr_t)event_idx_cell);
        WRITE(slot->home, home); /* H2 */
    }
    process_wide_fence(); /* H3 */
    for (uint32_t id = 0; id < DOORBELLS; id++) {
        nvmedb_slot *slot = nvmedb_slot_at(m->view, id);
        if (old[id] == 0)
            continue;
        if (!(old[id] & HOME_DIRECT))
            await_visitors(slot);                                        /* H4 */
        uint32_t late = READ(*nvmedb_home_cell(old[id])) & VALUE_MASK; /* H5 */
        exchange_u32(nvmedb_home_cell(READ(slot->home)), carried[id] | CARRIED, late);
        WRITE(slot->carrying, 0u);
        wake_anyway(slot); /* H6 */
    }
    pthread_mutex_unlock(&m->gate);
}

/* ---- DoorbellState.cs ----------------------------------------------------------------------------------------- */

static inline int is_ours(const struct follower *f, uint64_t home)
{
    return (home ^ f->generation) >> 48 == 0 && nvmedb_home_cell(home) != NULL;
}

static inline void leave_shadow(struct follower *f)
{
    __atomic_store_n(&f->slot->looking, 0, LEAVE_ORDER);
}

static inline int try_enter_shadow(struct follower *f, uint64_t home)
{
    WRITE(f->slot->looking, 1);
    FENCE();
    if (READ(f->slot->home) == home)
        return 1;
    leave_shadow(f);
    return 0;
}

/* ReadValue and ReadWithReservedBits: what a switch has carried over is no news while it is under way. */
static inline uint32_t read_value(struct follower *f, const uint32_t *cell)
{
    uint32_t raw = __atomic_load_n(cell, LOOK_ORDER);
    if (raw <= VALUE_MASK)
        return raw;
    if ((raw & CARRIED) && READ(f->slot->carrying))
        return f->seen;
    return __atomic_load_n(cell, LOOK_ORDER) & VALUE_MASK;
}

/* Look and LookAnew: NVMEDB_OK or NVMEDB_E_CLOSED. */
static inline nvmedb_status look(struct follower *f, uint32_t *value)
{
    for (;;) {
        uint64_t home = READ(f->slot->home);
        if (home != f->home && !is_ours(f, home)) {
            *value = f->seen;
            return NVMEDB_E_CLOSED;
        }
        f->home = home & HOME_DIRECT ? home : HOME_DIRECT;
        if (!(home & HOME_DIRECT) && !try_enter_shadow(f, home))
            continue;
        *value = read_value(f, nvmedb_home_cell(home));
        if (!(home & HOME_DIRECT))
            leave_shadow(f);
        return NVMEDB_OK;
    }
}

/* NVMEDB_OK: changed. */
static inline nvmedb_status try_poll(struct follower *f, uint32_t *value)
{
    nvmedb_status status = look(f, value);
    if (status != NVMEDB_OK)
        return status;
    if (*value == f->seen)
        return NVMEDB_PENDING;
    /* News from a home that has been left may be older, or newer, than what the new one holds. */
    if (READ(f->slot->home) != f->home && f->home != HOME_DIRECT)
        return try_poll(f, value);
    f->seen = *value;
    return NVMEDB_OK;
}

static inline int has_changed(struct follower *f)
{
    uint32_t value;
    return look(f, &value) == NVMEDB_E_CLOSED || value != f->seen;
}

static inline void arm_event_idx(struct follower *f)
{
    uint64_t home = READ(f->slot->home);
    if (home & HOME_DIRECT || !is_ours(f, home) || !try_enter_shadow(f, home))
        return;
    uint32_t *event_idx = (uint32_t *)(uintptr_t)READ(f->slot->event_idx);
    if (event_idx != NULL && READ(*event_idx) != f->seen)
        WRITE(*event_idx, f->seen);
    leave_shadow(f);
}

/* S1. */
static inline void arm(struct follower *f, nvmedb_waker_cell *waker)
{
    if (f->waker != waker) {
        uint64_t found;
        f->waker = waker;
        do {
            found = READ(f->slot->waker);
            if (!is_ours(f, READ(f->slot->home)))
                return;
        } while (!__atomic_compare_exchange_n(&f->slot->waker, &found, (uint64_t)(uintptr_t)waker, 0,
                                              __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    }
    uint32_t seen = (uint32_t)(f->generation >> 48) << 16 | f->seen;
    if (READ(f->slot->seen) != seen)
        WRITE(f->slot->seen, seen);
    if (READ(f->slot->event_idx) != 0)
        arm_event_idx(f);
}

/* ---- Waker.cs ------------------------------------------------------------------------------------------------- */

/* S2. */
static inline void begin_sleep(nvmedb_waker_cell *waker)
{
    uint32_t state = READ(waker->state);
    if ((state & NVMEDB_WAKER_STATE_MASK) == NVMEDB_WAKER_SLEEPING)
        return;
    uint32_t number = (state & ~WAKER_NOT_NUMBER) + NVMEDB_WAKER_NEXT_SLEEP;
    uint32_t fenced = number & NVMEDB_WAKER_NEXT_SLEEP ? NVMEDB_WAKER_FENCED : 0;
    WRITE(waker->state, number | NVMEDB_WAKER_SLEEPING | fenced);
}

/* S5. 0: somebody has claimed the sleep. */
static inline int end_sleep(nvmedb_waker_cell *waker)
{
    uint32_t state = READ(waker->state);
    return (state & NVMEDB_WAKER_STATE_MASK) == NVMEDB_WAKER_SLEEPING &&
           exchange_u32(&waker->state, state, state & ~NVMEDB_WAKER_STATE_MASK);
}

static inline void begin_turn(nvmedb_waker_cell *waker)
{
    WRITE(waker->state, READ(waker->state) & ~NVMEDB_WAKER_STATE_MASK);
}

/* DoorbellState.Poll. */
static inline nvmedb_status poll_with(struct follower *f, nvmedb_waker_cell *waker, uint32_t *value)
{
    nvmedb_status status = try_poll(f, value);
    if (status != NVMEDB_PENDING)
        return status;
    arm(f, waker);        /* S1 */
    begin_sleep(waker);   /* S2 */
    process_wide_fence(); /* S3 */
    return try_poll(f, value);
}

#endif /* MANAGED_MODEL_H */
