/*
 * Doorbells in shadow pages, and everything that can happen to doorbells while threads ring them, their end included.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fixture.h"

#define PAGE 4096u
static _Alignas(4096) uint32_t shadow[PAGE / 4], event_idx[PAGE / 4];

static void shadow_pages_take_the_values_and_give_them_back(void)
{
    struct fixture f;
    uint32_t value;
    set_up(&f, 8, 1);
    memset(shadow, 0, sizeof shadow);
    memset(event_idx, 0, sizeof event_idx);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 3, LIMIT));
    CHECK_OK(nvmedb_ring(f.view, 3, 5));
    check_changed(&f, 3, 5);
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 3, f.waker, &value));
    CHECK_OK(nvmedb_doorbells_set_shadow(f.doorbells, shadow, event_idx, PAGE));
    CHECK_EQ(5, shadow[3 * 2]);
    /* Every sleeper looks again. */
    CHECK_EQ(1, calls(&f));
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 3, f.waker, &value));
    CHECK_EQ(5, event_idx[3 * 2]);
    CHECK_OK(nvmedb_ring(f.view, 3, 6));
    CHECK_EQ(6, shadow[3 * 2]);
    CHECK_EQ(2, calls(&f));
    check_changed(&f, 3, 6);
    /* A guest that writes the page, and then rings because EventIdx asks for it. */
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 3, f.waker, &value));
    __atomic_store_n(&shadow[3 * 2], 7u, __ATOMIC_SEQ_CST);
    CHECK_OK(nvmedb_kick(f.view, 3));
    CHECK_EQ(3, calls(&f));
    check_changed(&f, 3, 7);
    /* A queue made later. */
    shadow[4 * 2] = 9;
    event_idx[4 * 2] = 9;
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 4, LIMIT));
    CHECK_EQ(0, shadow[4 * 2]);
    CHECK_EQ(0, event_idx[4 * 2]);
    CHECK_OK(nvmedb_doorbells_set_shadow(f.doorbells, NULL, NULL, 0));
    CHECK_OK(nvmedb_ring(f.view, 3, 8));
    CHECK_EQ(7, shadow[3 * 2]);
    memset(shadow, 0xEE, sizeof shadow);
    memset(event_idx, 0xEE, sizeof event_idx);
    CHECK_EQ(8u, (nvmedb_doorbells_poll(f.doorbells, 3, f.waker, &value), value));
    CHECK_EQ(NVMEDB_PENDING, poll_value(&f, 3, f.waker, &value));
    CHECK_OK(nvmedb_ring(f.view, 3, 9));
    for (size_t i = 0; i < PAGE / 4; i++)
        CHECK(shadow[i] == 0xEEEEEEEEu && event_idx[i] == 0xEEEEEEEEu);
    tear_down(&f);
}

static void bad_shadow_pages_change_nothing(void)
{
    struct fixture f;
    set_up(&f, 8, 0);
    CHECK_OK(nvmedb_doorbells_open(f.doorbells, 1, LIMIT));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_set_shadow(f.doorbells, shadow, NULL, PAGE));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_set_shadow(f.doorbells, NULL, event_idx, PAGE));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_set_shadow(f.doorbells, shadow, shadow, PAGE));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_set_shadow(f.doorbells, shadow, event_idx, 3));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_set_shadow(f.doorbells, shadow, shadow + 4, PAGE));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_set_shadow(f.doorbells, (char *)shadow + 2, event_idx, PAGE - 4));
    CHECK_OK(nvmedb_ring(f.view, 1, 3));
    check_changed(&f, 1, 3);
    tear_down(&f);
}

struct ringer {
    struct fixture *fixture;
    uint32_t id;
    uint64_t refused;
    unsigned *stop;
};

/* Rings until stopped, on whatever happens to be there. Only the answers of the contract may come. */
static void *ring_and_see(void *argument)
{
    struct ringer *ringer = argument;
    uint64_t random = check_seed + ringer->id;
    while (!__atomic_load_n(ringer->stop, __ATOMIC_ACQUIRE)) {
        uint32_t id = (uint32_t)(check_random(&random) % 10);
        nvmedb_status status = nvmedb_ring(ringer->fixture->view, id, (uint32_t)random);
        if (status != NVMEDB_OK && status != NVMEDB_E_RANGE && status != NVMEDB_E_CLOSED && status != NVMEDB_E_VALUE)
            ringer->refused++;
        if (random % 16 == 0)
            nvmedb_kick(ringer->fixture->view, id);
    }
    return NULL;
}

static void everything_happens_while_threads_ring(void)
{
    enum { THREADS = 3, ROUNDS = 3000 };
    struct fixture f;
    struct ringer ringers[THREADS];
    pthread_t threads[THREADS];
    unsigned stop = 0;
    uint64_t random = check_seed;
    set_up(&f, 8, 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        ringers[i] = (struct ringer){.fixture = &f, .id = i + 1, .stop = &stop};
        threads[i] = check_start(ring_and_see, &ringers[i]);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t id = (uint32_t)(check_random(&random) % 8), value;
        switch (check_random(&random) % 8) {
        case 0:
            nvmedb_doorbells_open(f.doorbells, id, LIMIT);
            break;
        case 1:
            CHECK_OK(nvmedb_doorbells_close(f.doorbells, id));
            break;
        case 2:
            CHECK_OK(nvmedb_doorbells_set_shadow(f.doorbells, shadow, event_idx, PAGE));
            break;
        case 3:
            CHECK_OK(nvmedb_doorbells_set_shadow(f.doorbells, NULL, NULL, 0));
            break;
        default:
            if (poll_value(&f, id, f.waker, &value) == NVMEDB_OK)
                CHECK(value < LIMIT);
            break;
        }
    }
    /* The pages are given back: a thread that wrote to one now would be seen. */
    CHECK_OK(nvmedb_doorbells_set_shadow(f.doorbells, NULL, NULL, 0));
    memset(shadow, 0xEE, sizeof shadow);
    memset(event_idx, 0xEE, sizeof event_idx);
    for (unsigned round = 0; round < 200; round++) {
        nvmedb_doorbells_open(f.doorbells, round % 8, LIMIT);
        CHECK_OK(nvmedb_doorbells_close(f.doorbells, (round + 3) % 8));
    }
    /* The object goes while they ring: the view stays readable and answers. */
    tear_down(&f);
    for (unsigned i = 0; i < 1000; i++)
        CHECK(nvmedb_ring(f.view, i % 10, 1) < 0);
    __atomic_store_n(&stop, 1u, __ATOMIC_RELEASE);
    for (uint32_t i = 0; i < THREADS; i++) {
        check_join(threads[i]);
        CHECK_EQ(0, ringers[i].refused);
    }
    for (size_t i = 0; i < PAGE / 4; i++)
        CHECK(shadow[i] == 0xEEEEEEEEu && event_idx[i] == 0xEEEEEEEEu);
}

static const struct test tests[] = {
    {"shadow: shadow pages take the values and give them back", shadow_pages_take_the_values_and_give_them_back},
    {"shadow: bad shadow pages change nothing", bad_shadow_pages_change_nothing},
    {"shadow: everything happens while threads ring", everything_happens_while_threads_ring},
};

FIXTURE_MAIN(tests)
