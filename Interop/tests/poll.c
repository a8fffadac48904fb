/*
 * No wake is lost: threads ring, a consumer polls and sleeps, and every last value arrives. A consumer that is not
 * called fails after a minute with the seed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fixture.h"

#include <errno.h>
#include <semaphore.h>

#define DOORBELLS 8u
#define VALUES 64u
#define PAGE 4096u

static _Alignas(4096) uint32_t shadow[PAGE / 4], event_idx[PAGE / 4];

struct stress {
    struct fixture f;
    sem_t called;
    nvmedb_waker_handle waker;
    uint32_t acknowledged[DOORBELLS]; /* the newest value that the consumer has seen */
    unsigned done;
    unsigned closed;
    unsigned sleeps;
};

static void post_call(void *context)
{
    sem_post(&((struct stress *)context)->called);
}

static void sleep_until_called(struct stress *stress)
{
    struct timespec deadline;
    REQUIRE(clock_gettime(CLOCK_REALTIME, &deadline) == 0);
    deadline.tv_sec += CHECK_PATIENCE_S;
    stress->sleeps++;
    while (sem_timedwait(&stress->called, &deadline) != 0)
        REQUIRE(errno == EINTR && "a wake was lost");
}

/* Follows all doorbells with one waker until they are closed, as the header says: polls each until it has nothing new,
   sleeps, and when called polls all of them again. */
static void *consume(void *argument)
{
    struct stress *stress = argument;
    for (;;) {
        uint32_t closed = 0;
        for (uint32_t id = 0; id < DOORBELLS; id++) {
            uint32_t value;
            nvmedb_status status;
            while ((status = nvmedb_doorbells_poll(stress->f.doorbells, id, stress->waker, &value)) == NVMEDB_OK) {
                CHECK(value < VALUES);
                __atomic_store_n(&stress->acknowledged[id], value, __ATOMIC_RELEASE);
            }
            if (status == NVMEDB_E_CLOSED)
                closed++;
            else
                CHECK_EQ(NVMEDB_PENDING, status);
        }
        if (closed == DOORBELLS)
            return NULL;
        sleep_until_called(stress);
    }
}

static void begin(struct stress *stress)
{
    memset(stress, 0, sizeof *stress);
    set_up(&stress->f, DOORBELLS, 0);
    REQUIRE(sem_init(&stress->called, 0, 0) == 0);
    REQUIRE_OK(nvmedb_waker_create(post_call, stress, &stress->waker));
    for (uint32_t id = 0; id < DOORBELLS; id++)
        CHECK_OK(nvmedb_doorbells_open(stress->f.doorbells, id, VALUES));
}

/* Closes every doorbell, which ends the consumer. */
static void end(struct stress *stress, pthread_t consumer)
{
    for (uint32_t id = 0; id < DOORBELLS; id++)
        CHECK_OK(nvmedb_doorbells_close(stress->f.doorbells, id));
    check_join(consumer);
    CHECK_OK(nvmedb_waker_free(stress->waker));
    tear_down(&stress->f);
    sem_destroy(&stress->called);
}

static uint32_t acknowledged(struct stress *stress, uint32_t id)
{
    return __atomic_load_n(&stress->acknowledged[id], __ATOMIC_ACQUIRE);
}

static void spin(uint64_t rounds)
{
    for (uint64_t i = 0; i < rounds; i++)
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

struct ringer {
    struct stress *stress;
    uint32_t first, count; /* its doorbells */
    unsigned rounds;
};

/* Bursts of rings, then waits until the consumer has seen the last value of each doorbell: whoever sleeps through a
   ring is found at the end of the burst. */
static void *ring_in_bursts(void *argument)
{
    struct ringer *ringer = argument;
    uint64_t random = check_seed ^ ringer->first;
    uint32_t last[DOORBELLS] = {0};
    for (unsigned round = 0; round < ringer->rounds; round++) {
        for (uint64_t burst = check_random(&random) % 4 + 1; burst != 0; burst--) {
            uint32_t id = ringer->first + (uint32_t)(check_random(&random) % ringer->count);
            last[id] = (last[id] + 1) % VALUES;
            CHECK_OK(nvmedb_ring(ringer->stress->f.view, id, last[id]));
            spin(check_random(&random) % 200);
        }
        for (uint32_t id = ringer->first; id < ringer->first + ringer->count; id++)
            WAIT_UNTIL(acknowledged(ringer->stress, id) == last[id]);
    }
    return NULL;
}

static void one_thread_rings(void)
{
    struct stress stress;
    begin(&stress);
    struct ringer ringer = {.stress = &stress, .first = 0, .count = 1, .rounds = 10000};
    pthread_t consumer = check_start(consume, &stress);
    ring_in_bursts(&ringer);
    end(&stress, consumer);
    CHECK(stress.sleeps > 0);
}

static void two_threads_ring_many_doorbells(void)
{
    struct stress stress;
    begin(&stress);
    struct ringer ringers[2] = {{.stress = &stress, .first = 0, .count = 5, .rounds = 4000},
                                {.stress = &stress, .first = 5, .count = 3, .rounds = 4000}};
    pthread_t consumer = check_start(consume, &stress);
    pthread_t other = check_start(ring_in_bursts, &ringers[1]);
    ring_in_bursts(&ringers[0]);
    check_join(other);
    end(&stress, consumer);
}

static void *switch_homes(void *argument)
{
    struct stress *stress = argument;
    while (!__atomic_load_n(&stress->done, __ATOMIC_ACQUIRE)) {
        CHECK_OK(nvmedb_doorbells_set_shadow(stress->f.doorbells, shadow, event_idx, PAGE));
        spin(1000);
        CHECK_OK(nvmedb_doorbells_set_shadow(stress->f.doorbells, NULL, NULL, 0));
        sched_yield();
    }
    return NULL;
}

static void homes_switch_while_threads_ring(void)
{
    struct stress stress;
    begin(&stress);
    struct ringer ringers[2] = {{.stress = &stress, .first = 0, .count = 4, .rounds = 1500},
                                {.stress = &stress, .first = 4, .count = 4, .rounds = 1500}};
    pthread_t consumer = check_start(consume, &stress);
    pthread_t other = check_start(ring_in_bursts, &ringers[1]);
    pthread_t switcher = check_start(switch_homes, &stress);
    ring_in_bursts(&ringers[0]);
    check_join(other);
    __atomic_store_n(&stress.done, 1u, __ATOMIC_RELEASE);
    check_join(switcher);
    end(&stress, consumer);
}

/* A guest with shadow doorbells: writes the page, and tells the device only where EventIdx asks for it (NVM Express
   Base Specification, B.5), by an ioeventfd whose handler kicks. */
static void a_guest_that_follows_event_idx_is_heard(void)
{
    enum { ROUNDS = 12000 };
    struct stress stress;
    uint64_t random = check_seed;
    unsigned kicks = 0;
    begin(&stress);
    memset(shadow, 0, sizeof shadow);
    memset(event_idx, 0, sizeof event_idx);
    CHECK_OK(nvmedb_doorbells_set_shadow(stress.f.doorbells, shadow, event_idx, PAGE));
    pthread_t consumer = check_start(consume, &stress);
    uint32_t last[DOORBELLS] = {0};
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t id = (uint32_t)(check_random(&random) % DOORBELLS);
        uint16_t old = (uint16_t)last[id], new = (uint16_t)((old + 1) % VALUES);
        __atomic_store_n(&shadow[id], new, __ATOMIC_RELEASE);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        uint16_t asked = (uint16_t)__atomic_load_n(&event_idx[id], __ATOMIC_ACQUIRE);
        last[id] = new;
        if ((uint16_t)(new - asked - 1) < (uint16_t)(new - old)) {
            CHECK_OK(nvmedb_kick(stress.f.view, id));
            kicks++;
        }
        spin(check_random(&random) % 200);
        if (check_random(&random) % 4 == 0)
            WAIT_UNTIL(acknowledged(&stress, id) == last[id]);
    }
    for (uint32_t id = 0; id < DOORBELLS; id++)
        WAIT_UNTIL(acknowledged(&stress, id) == last[id]);
    CHECK(kicks > 0);
    end(&stress, consumer);
}

static void *close_and_open(void *argument)
{
    struct stress *stress = argument;
    uint64_t random = check_seed + 7;
    while (!__atomic_load_n(&stress->done, __ATOMIC_ACQUIRE)) {
        /* Doorbell 7 belongs to this thread; the others go on undisturbed. */
        CHECK_OK(nvmedb_doorbells_close(stress->f.doorbells, 7));
        spin(check_random(&random) % 2000);
        CHECK_OK(nvmedb_doorbells_open(stress->f.doorbells, 7, VALUES));
        nvmedb_ring(stress->f.view, 7, (uint32_t)(check_random(&random) % VALUES));
        sched_yield();
    }
    return NULL;
}

static void a_doorbell_is_closed_and_opened_beside_others(void)
{
    struct stress stress;
    begin(&stress);
    struct ringer ringer = {.stress = &stress, .first = 0, .count = 7, .rounds = 2500};
    pthread_t consumer = check_start(consume, &stress);
    pthread_t closer = check_start(close_and_open, &stress);
    ring_in_bursts(&ringer);
    __atomic_store_n(&stress.done, 1u, __ATOMIC_RELEASE);
    check_join(closer);
    end(&stress, consumer);
}

static const struct test tests[] = {
    {"poll: one thread rings", one_thread_rings},
    {"poll: two threads ring many doorbells", two_threads_ring_many_doorbells},
    {"poll: homes switch while threads ring", homes_switch_while_threads_ring},
    {"poll: a guest that follows EventIdx is heard", a_guest_that_follows_event_idx_is_heard},
    {"poll: a doorbell is closed and opened beside others", a_doorbell_is_closed_and_opened_beside_others},
};

FIXTURE_MAIN(tests)
