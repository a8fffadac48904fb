/*
 * The inline ring against a reactor that is written here, in C, from the header's layouts alone: ready list, park word,
 * futex. Both sides are then in sight of the compiler's sanitizers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "check.h"

#include <errno.h>

#define TASKS 4u
#define VALUES 64u

static struct {
    nvmedb_doorbells header;
    nvmedb_slot slots[TASKS];
} memory __attribute__((aligned(128)));
static nvmedb_waker_cell wakers[TASKS] __attribute__((aligned(128)));
static nvmedb_reactor_cell reactor __attribute__((aligned(128)));
static uint32_t acknowledged[TASKS];
static unsigned stop, parks, wakes;

static void set_up(void)
{
    memset(&memory, 0, sizeof memory);
    memset(wakers, 0, sizeof wakers);
    memset(&reactor, 0, sizeof reactor);
    memset(acknowledged, 0, sizeof acknowledged);
    stop = parks = wakes = 0;
    memory.header.count = TASKS;
    memory.header.unfenced_count = TASKS;
    memory.header.abi_version = NVMEDB_ABI_VERSION;
    memory.header.stride_bytes = 4;
    for (uint32_t id = 0; id < TASKS; id++) {
        memory.slots[id].home = (uint64_t)1 << 48 | (uintptr_t)&memory.slots[id].cells[1] | 1u;
        memory.slots[id].limit = VALUES;
        memory.slots[id].seen = 1u << 16;
        memory.slots[id].waker = (uintptr_t)&wakers[id];
        wakers[id].index = id;
        wakers[id].state = NVMEDB_WAKER_FENCED;
        wakers[id].reactor = (uintptr_t)&reactor;
    }
}

static uint32_t look(uint32_t id)
{
    return __atomic_load_n(nvmedb_home_cell(memory.slots[id].home), __ATOMIC_ACQUIRE);
}

/* One task's turn: takes what there is, then sleeps; true when it could not sleep because there is more. */
static int turn(uint32_t id)
{
    uint32_t seen = look(id);
    __atomic_store_n(&acknowledged[id], seen, __ATOMIC_RELEASE);
    __atomic_store_n(&memory.slots[id].seen, 1u << 16 | seen, __ATOMIC_RELAXED);
    uint32_t state = __atomic_load_n(&wakers[id].state, __ATOMIC_RELAXED);
    uint32_t asleep = ((state & ~NVMEDB_WAKER_STATE_MASK) + NVMEDB_WAKER_NEXT_SLEEP) | NVMEDB_WAKER_SLEEPING;
    __atomic_store_n(&wakers[id].state, asleep, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (look(id) == seen)
        return 0;
    return __atomic_compare_exchange_n(&wakers[id].state, &asleep, asleep & ~NVMEDB_WAKER_STATE_MASK, 0,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void *run_reactor(void *unused)
{
    (void)unused;
    for (uint32_t id = 0; id < TASKS; id++)
        while (turn(id))
            ;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        uint64_t cell = __atomic_exchange_n(&reactor.ready, 0, __ATOMIC_SEQ_CST);
        if (cell == 0) {
            __atomic_exchange_n(&reactor.park, NVMEDB_PARK_PARKED, __ATOMIC_SEQ_CST);
            if (__atomic_load_n(&reactor.ready, __ATOMIC_SEQ_CST) == 0 && !__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
                struct timespec patience = {.tv_sec = CHECK_PATIENCE_S};
                parks++;
                long result = syscall(SYS_futex, &reactor.park, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, NVMEDB_PARK_PARKED,
                                      &patience, NULL, 0);
                REQUIRE((result == 0 || errno == EAGAIN || errno == EINTR) && "a wake was lost");
            }
            __atomic_store_n(&reactor.park, NVMEDB_PARK_AWAKE, __ATOMIC_RELEASE);
            continue;
        }
        while (cell != 0) {
            nvmedb_waker_cell *waker = (nvmedb_waker_cell *)(uintptr_t)cell;
            cell = __atomic_load_n(&waker->next, __ATOMIC_RELAXED);
            CHECK_EQ(NVMEDB_WAKER_NOTIFIED, waker->state & NVMEDB_WAKER_STATE_MASK);
            wakes++;
            while (turn(waker->index))
                ;
        }
    }
    return NULL;
}

struct ringer {
    uint32_t first, count;
    unsigned rounds;
};

static void *ring_in_bursts(void *argument)
{
    struct ringer *ringer = argument;
    uint64_t random = check_seed + ringer->first;
    uint32_t last[TASKS] = {0};
    for (unsigned round = 0; round < ringer->rounds; round++) {
        for (uint64_t burst = check_random(&random) % 4 + 1; burst != 0; burst--) {
            uint32_t id = ringer->first + (uint32_t)(check_random(&random) % ringer->count);
            last[id] = (last[id] + 1) % VALUES;
            CHECK_OK(nvmedb_ring(&memory.header, id, last[id]));
        }
        for (uint32_t id = ringer->first; id < ringer->first + ringer->count; id++)
            WAIT_UNTIL(__atomic_load_n(&acknowledged[id], __ATOMIC_ACQUIRE) == last[id]);
    }
    return NULL;
}

static void a_parked_reactor_misses_no_ring(void)
{
    struct ringer first = {.first = 0, .count = 2, .rounds = 30000}, second = {.first = 2, .count = 2, .rounds = 30000};
    set_up();
    pthread_t thread = check_start(run_reactor, NULL);
    pthread_t other = check_start(ring_in_bursts, &second);
    ring_in_bursts(&first);
    check_join(other);
    __atomic_store_n(&stop, 1u, __ATOMIC_SEQ_CST);
    __atomic_store_n(&reactor.park, NVMEDB_PARK_AWAKE, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &reactor.park, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    check_join(thread);
    CHECK(parks > 0 && wakes > 0);
    for (uint32_t id = 0; id < TASKS; id++)
        CHECK_EQ(0, wakers[id].waking);
}

static void the_same_value_again_wakes_nobody(void)
{
    set_up();
    CHECK_OK(nvmedb_ring(&memory.header, 1, 3));
    CHECK_EQ(0, turn(1));
    CHECK_OK(nvmedb_ring(&memory.header, 1, 3));
    CHECK_EQ(0, reactor.ready);
    CHECK_OK(nvmedb_ring(&memory.header, 1, 4));
    CHECK_EQ((uintptr_t)&wakers[1], reactor.ready);
    CHECK_EQ(NVMEDB_WAKER_NOTIFIED, wakers[1].state & NVMEDB_WAKER_STATE_MASK);
}

static void the_ready_list_holds_each_waker_once(void)
{
    set_up();
    for (uint32_t id = 0; id < TASKS; id++)
        CHECK_EQ(0, turn(id));
    for (uint32_t id = 0; id < TASKS; id++) {
        CHECK_OK(nvmedb_ring(&memory.header, id, 1));
        CHECK_OK(nvmedb_ring(&memory.header, id, 2));
        CHECK_OK(nvmedb_kick(&memory.header, id));
    }
    uint32_t count = 0;
    for (uint64_t cell = reactor.ready; cell != 0; cell = ((nvmedb_waker_cell *)(uintptr_t)cell)->next)
        CHECK(((nvmedb_waker_cell *)(uintptr_t)cell)->index == TASKS - 1 - count++);
    CHECK_EQ(TASKS, count);
}

static const struct test tests[] = {
    {"park: a parked reactor misses no ring", a_parked_reactor_misses_no_ring},
    {"park: the same value again wakes nobody", the_same_value_again_wakes_nobody},
    {"park: the ready list holds each waker once", the_ready_list_holds_each_waker_once},
};

CHECK_MAIN(tests)
