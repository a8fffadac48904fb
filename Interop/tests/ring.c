/*
 * The inline ring against poll: values, limits, wakers, close, threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fixture.h"

static void a_ring_is_seen_by_the_next_poll(void)
{
    struct fixture f;
    set_up(&f, 4, 0);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 2, LIMIT));
    check_unchanged(&f, 2);
    CHECK_OK(nvmedb_ring(f.view, 2, 5));
    check_changed(&f, 2, 5);
    check_unchanged(&f, 2);
    CHECK_OK(nvmedb_ring(f.view, 2, 6));
    CHECK_OK(nvmedb_ring(f.view, 2, 7));
    check_changed(&f, 2, 7);
    CHECK_OK(nvmedb_doorbells_ring(f.doorbells, 2, 8));
    check_changed(&f, 2, 8);
    CHECK_OK(nvmedb_ring(f.view, 2, 0));
    check_changed(&f, 2, 0);
    tear_down(&f);
}

static void values_have_sixteen_bits_and_a_limit(void)
{
    struct fixture f;
    set_up(&f, 4, 0);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 0, LIMIT));
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 1, 65536));
    CHECK_OK(nvmedb_ring(f.view, 0, LIMIT - 1));
    check_changed(&f, 0, LIMIT - 1);
    CHECK_EQ(NVMEDB_E_VALUE, nvmedb_ring(f.view, 0, LIMIT));
    CHECK_EQ(NVMEDB_E_VALUE, nvmedb_ring(f.view, 0, 0xFFFF));
    CHECK_EQ(NVMEDB_E_VALUE, nvmedb_doorbells_ring(f.doorbells, 0, LIMIT));
    check_unchanged(&f, 0);
    CHECK_OK(nvmedb_ring(f.view, 0, 0xABCD0003u));
    check_changed(&f, 0, 3);
    CHECK_OK(nvmedb_doorbells_ring(f.doorbells, 0, 0x10004u));
    check_changed(&f, 0, 4);
    CHECK_OK(nvmedb_ring(f.view, 1, 0xFFFF));
    check_changed(&f, 1, 0xFFFF);
    tear_down(&f);
}

static void doorbells_that_are_not_there_refuse(void)
{
    struct fixture f;
    uint32_t value;
    set_up(&f, 4, 0);
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_ring(f.view, 4, 1));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_ring(f.view, UINT32_MAX, 1));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_kick(f.view, 4));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_doorbells_ring(f.doorbells, 4, 1));
    CHECK_EQ(NVMEDB_E_CLOSED, nvmedb_ring(f.view, 3, 1));
    CHECK_EQ(NVMEDB_E_CLOSED, nvmedb_doorbells_ring(f.doorbells, 3, 1));
    CHECK_EQ(NVMEDB_E_CLOSED, poll_value(&f, 3, 0, &value));
    tear_down(&f);
}

static void a_waker_is_called_once_by_the_thread_that_rings(void)
{
    struct fixture f;
    uint32_t value;
    set_up(&f, 4, 0);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 1, LIMIT));
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 1, f.waker, &value));
    CHECK_EQ(0, calls(&f));
    CHECK_OK(nvmedb_ring(f.view, 1, 0));
    CHECK_EQ(0, calls(&f));
    CHECK_OK(nvmedb_ring(f.view, 1, 3));
    CHECK_EQ(1, calls(&f));
    CHECK(pthread_equal(f.caller, pthread_self()));
    CHECK_OK(nvmedb_ring(f.view, 1, 4));
    CHECK_EQ(1, calls(&f));
    CHECK_OK(poll_value(&f, 1, f.waker, &value));
    CHECK_EQ(4, value);
    CHECK_OK(nvmedb_ring(f.view, 1, 5));
    CHECK_OK(poll_value(&f, 1, f.waker, &value));
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 1, f.waker, &value));
    CHECK_OK(nvmedb_doorbells_ring(f.doorbells, 1, 6));
    CHECK_EQ(2, calls(&f));
    tear_down(&f);
}

static void one_waker_follows_many_doorbells(void)
{
    struct fixture f;
    uint32_t value;
    set_up(&f, 64, 0);
    for (uint32_t id = 0; id < 64; id++)
        CHECK_OK(nvmedb_doorbells_open(f.doorbells, id, LIMIT));
    for (uint32_t rung = 0; rung < 64; rung++) {
        unsigned before = calls(&f);
        for (uint32_t id = 0; id < 64; id++)
            CHECK_EQ(NVMEDB_PENDING, poll_value(&f, id, f.waker, &value));
        CHECK_OK(nvmedb_ring(f.view, rung, 1));
        CHECK_EQ(before + 1, calls(&f));
        CHECK_OK(nvmedb_ring(f.view, (rung + 1) % 64, 2));
        CHECK_EQ(before + 1, calls(&f));
        check_changed(&f, rung, 1);
        check_changed(&f, (rung + 1) % 64, 2);
    }
    tear_down(&f);
}

static void a_kick_wakes_and_stores_nothing(void)
{
    struct fixture f;
    uint32_t value;
    set_up(&f, 4, 0);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 1, LIMIT));
    CHECK_OK(nvmedb_kick(f.view, 1));
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 1, f.waker, &value));
    CHECK_OK(nvmedb_kick(f.view, 1));
    CHECK_EQ(1, calls(&f));
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 1, f.waker, &value));
    tear_down(&f);
}

static void close_wakes_and_the_next_opening_starts_anew(void)
{
    struct fixture f;
    uint32_t value;
    set_up(&f, 4, 0);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 1, LIMIT));
    CHECK_EQ(NVMEDB_E_EXISTS, nvmedb_doorbells_open(f.doorbells, 1, LIMIT));
    CHECK_OK(nvmedb_ring(f.view, 1, 9));
    check_changed(&f, 1, 9);
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 1, f.waker, &value));
    CHECK_OK(nvmedb_doorbells_close(f.doorbells, 1));
    CHECK_EQ(1, calls(&f));
    CHECK_EQ(NVMEDB_E_CLOSED, poll_value(&f, 1, f.waker, &value));
    CHECK_EQ(NVMEDB_E_CLOSED, nvmedb_ring(f.view, 1, 3));
    CHECK_OK(nvmedb_doorbells_close(f.doorbells, 1));
    for (uint32_t round = 0; round < 40; round++) {
        CHECK_OK(nvmedb_doorbells_open(f.doorbells, 1, 2 + round));
        check_unchanged(&f, 1);
        CHECK_EQ(NVMEDB_E_VALUE, nvmedb_ring(f.view, 1, 2 + round));
        CHECK_OK(nvmedb_ring(f.view, 1, 1 + round));
        check_changed(&f, 1, 1 + round);
        CHECK_OK(nvmedb_doorbells_close(f.doorbells, 1));
    }
    tear_down(&f);
}

/* A waker that has gone is not called, and its doorbell works on. */
static void a_freed_waker_is_not_called(void)
{
    struct fixture f;
    uint32_t value;
    set_up(&f, 4, 0);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 1, LIMIT));
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 1, f.waker, &value));
    CHECK_OK(nvmedb_waker_free(f.waker));
    CHECK_OK(nvmedb_ring(f.view, 1, 2));
    CHECK_EQ(0, calls(&f));
    CHECK_EQ(NVMEDB_E_HANDLE, poll_value(&f, 1, f.waker, &value));
    check_changed(&f, 1, 2);
    REQUIRE_OK(nvmedb_waker_create(count_call, &f, &f.waker));
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 1, f.waker, &value));
    CHECK_OK(nvmedb_ring(f.view, 1, 3));
    CHECK_EQ(1, calls(&f));
    tear_down(&f);
}

struct ringer {
    struct fixture *fixture;
    uint32_t id;
    uint32_t rounds;
    uint64_t refused;
};

static void *ring_own(void *argument)
{
    struct ringer *ringer = argument;
    for (uint32_t i = 0; i < ringer->rounds; i++)
        if (nvmedb_ring(ringer->fixture->view, ringer->id, i % LIMIT) != NVMEDB_OK)
            ringer->refused++;
    return NULL;
}

static void threads_ring_doorbells_of_their_own(void)
{
    enum { THREADS = 4, ROUNDS = 200003 };
    struct fixture f;
    struct ringer ringers[THREADS];
    pthread_t threads[THREADS];
    set_up(&f, THREADS, 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        CHECK_OK(nvmedb_doorbells_open(f.doorbells, i, LIMIT));
        ringers[i] = (struct ringer){.fixture = &f, .id = i, .rounds = ROUNDS + i};
        threads[i] = check_start(ring_own, &ringers[i]);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        uint32_t value;
        check_join(threads[i]);
        CHECK_EQ(0, ringers[i].refused);
        if ((ROUNDS + i - 1) % LIMIT != 0) {
            CHECK_OK(poll_value(&f, i, 0, &value));
            CHECK_EQ((ROUNDS + i - 1) % LIMIT, value);
        }
    }
    tear_down(&f);
}

static void rings_and_polls_allocate_nothing(void)
{
    struct fixture f;
    uint32_t value;
    nvmedb_runtime_stats before = {.size = sizeof before}, after = {.size = sizeof after};
    set_up(&f, 4, 0);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 1, LIMIT));
    for (unsigned warm = 0; warm < 2; warm++) {
        CHECK_OK(nvmedb_runtime_get_stats(&before));
        for (uint32_t i = 1; i < 10000; i++) {
            CHECK_OK(nvmedb_ring(f.view, 1, i % LIMIT));
            CHECK_OK(poll_value(&f, 1, f.waker, &value));
            CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 1, f.waker, &value));
            CHECK_EQ(NVMEDB_E_VALUE, nvmedb_doorbells_ring(f.doorbells, 1, LIMIT));
        }
        CHECK_OK(nvmedb_runtime_get_stats(&after));
    }
    CHECK_EQ(before.allocated_bytes, after.allocated_bytes);
    /* The very first ring found nobody waiting. */
    CHECK_EQ(2 * 9999 - 1, calls(&f));
    tear_down(&f);
}

static const struct test tests[] = {
    {"ring: a ring is seen by the next poll", a_ring_is_seen_by_the_next_poll},
    {"ring: values have sixteen bits and a limit", values_have_sixteen_bits_and_a_limit},
    {"ring: doorbells that are not there refuse", doorbells_that_are_not_there_refuse},
    {"ring: a waker is called once, by the thread that rings", a_waker_is_called_once_by_the_thread_that_rings},
    {"ring: one waker follows many doorbells", one_waker_follows_many_doorbells},
    {"ring: a kick wakes and stores nothing", a_kick_wakes_and_stores_nothing},
    {"ring: close wakes, and the next opening starts anew", close_wakes_and_the_next_opening_starts_anew},
    {"ring: a freed waker is not called", a_freed_waker_is_not_called},
    {"ring: threads ring doorbells of their own", threads_ring_doorbells_of_their_own},
    {"ring: rings and polls allocate nothing", rings_and_polls_allocate_nothing},
};

FIXTURE_MAIN(tests)
