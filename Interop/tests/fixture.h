/*
 * Doorbells and a waker that counts its calls, for the tests of doorbells alone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "check.h"

#define LIMIT 16u

static uint32_t barrier;

struct fixture {
    nvmedb_doorbells_handle doorbells;
    nvmedb_doorbells *view;
    nvmedb_waker_handle waker;
    unsigned calls;
    pthread_t caller;
};

static inline void count_call(void *context)
{
    struct fixture *fixture = context;
    fixture->caller = pthread_self();
    __atomic_fetch_add(&fixture->calls, 1u, __ATOMIC_SEQ_CST);
}

static inline unsigned calls(struct fixture *fixture)
{
    return __atomic_load_n(&fixture->calls, __ATOMIC_SEQ_CST);
}

static inline void set_up(struct fixture *fixture, uint32_t count, uint32_t stride)
{
    nvmedb_doorbells_config config = {.size = sizeof config, .count = count, .barrier = barrier, .stride = stride};
    memset(fixture, 0, sizeof *fixture);
    REQUIRE_OK(nvmedb_doorbells_create(&config, &fixture->doorbells, &fixture->view));
    REQUIRE_OK(nvmedb_waker_create(count_call, fixture, &fixture->waker));
    CHECK_EQ(count, fixture->view->count);
    CHECK_EQ(NVMEDB_ABI_VERSION, fixture->view->abi_version);
    CHECK_EQ(4u << stride, fixture->view->stride_bytes);
    CHECK_EQ(0, (uintptr_t)nvmedb_slot_at(fixture->view, 0) % 128);
}

static inline void tear_down(struct fixture *fixture)
{
    CHECK_OK(nvmedb_waker_free(fixture->waker));
    CHECK_OK(nvmedb_doorbells_free(fixture->doorbells));
}

static inline nvmedb_status poll_value(struct fixture *fixture, uint32_t id, nvmedb_waker_handle waker, uint32_t *value)
{
    *value = UINT32_MAX;
    return nvmedb_doorbells_poll(fixture->doorbells, id, waker, value);
}

/* The next poll answers that the value has become expected. */
static inline void check_changed(struct fixture *fixture, uint32_t id, uint32_t expected)
{
    uint32_t value;
    CHECK_OK(poll_value(fixture, id, 0, &value));
    CHECK_EQ(expected, value);
}

static inline void check_unchanged(struct fixture *fixture, uint32_t id)
{
    uint32_t value;
    CHECK_EQ(NVMEDB_PENDING, poll_value(fixture, id, 0, &value));
}

/* All of it with either barrier. */
#define FIXTURE_MAIN(tests)                                                                         \
    int main(int argc, char **argv)                                                                 \
    {                                                                                               \
        barrier = NVMEDB_BARRIER_ASYMMETRIC;                                                        \
        int failed = check_main(argc, argv, tests, sizeof tests / sizeof tests[0]);                 \
        barrier = NVMEDB_BARRIER_SYMMETRIC;                                                         \
        return check_main(argc, argv, tests, sizeof tests / sizeof tests[0]) | failed;              \
    }

#endif /* FIXTURE_H */
