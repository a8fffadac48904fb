/*
 * One object of each kind, and what is wrong with a handle.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MISUSE_H
#define MISUSE_H

#include "check.h"

enum { DOORBELLS, WAKER, MEMORY, REACTOR, CONTROLLER, KINDS };

struct handles {
    uint64_t of[KINDS];
    uint64_t freed[KINDS];
    nvmedb_doorbells *view;
};

/* What the controllers here are made of. */
static nvmedb_memory_handle base_memory;
static nvmedb_reactor_handle base_reactor;

static inline nvmedb_controller_config controller_config(void)
{
    nvmedb_reactor_config reactor = {.size = sizeof reactor, .poll = NVMEDB_POLL_NEVER};
    if (base_memory == 0) {
        REQUIRE_OK(nvmedb_memory_create(&base_memory));
        REQUIRE_OK(nvmedb_reactor_create(&reactor, &base_reactor));
    }
    nvmedb_controller_config config = {.size = sizeof config,
                                       .abi_version = NVMEDB_ABI_VERSION,
                                       .memory = base_memory,
                                       .reactors = &base_reactor,
                                       .reactor_count = 1,
                                       .max_queue_pairs = 1};
    return config;
}

static inline void ignore(void *unused)
{
    (void)unused;
}

static inline nvmedb_status create(int kind, uint64_t *handle, nvmedb_doorbells **view)
{
    nvmedb_doorbells_config doorbells = {.size = sizeof doorbells, .count = 4};
    nvmedb_reactor_config reactor = {.size = sizeof reactor, .lent = 1};
    switch (kind) {
    case DOORBELLS:
        return nvmedb_doorbells_create(&doorbells, handle, view);
    case WAKER:
        return nvmedb_waker_create(ignore, NULL, handle);
    case MEMORY:
        return nvmedb_memory_create(handle);
    case REACTOR:
        return nvmedb_reactor_create(&reactor, handle);
    default: {
        nvmedb_controller_config controller = controller_config();
        return nvmedb_controller_create(&controller, handle);
    }
    }
}

static inline nvmedb_status free_handle(int kind, uint64_t handle)
{
    switch (kind) {
    case DOORBELLS:
        return nvmedb_doorbells_free(handle);
    case WAKER:
        return nvmedb_waker_free(handle);
    case MEMORY:
        return nvmedb_memory_free(handle);
    case REACTOR:
        return nvmedb_reactor_free(handle);
    default:
        return nvmedb_controller_free(handle);
    }
}

static inline void misuse_set_up(struct handles *h)
{
    memset(h, 0, sizeof *h);
    for (int kind = 0; kind < KINDS; kind++) {
        REQUIRE_OK(create(kind, &h->freed[kind], &h->view));
        REQUIRE_OK(free_handle(kind, h->freed[kind]));
        REQUIRE_OK(create(kind, &h->of[kind], &h->view));
    }
}

static inline void misuse_tear_down(struct handles *h)
{
    for (int kind = 0; kind < KINDS; kind++) {
        CHECK_OK(free_handle(kind, h->of[kind]));
        CHECK_EQ(NVMEDB_E_HANDLE, free_handle(kind, h->of[kind]));
    }
}

/* Evaluates call with bad being null, made up, freed, and of each other kind. */
#define EACH_BAD_HANDLE(h, kind, call)                                                              \
    do {                                                                                            \
        uint64_t check_bad[4 + KINDS] = {0, UINT64_MAX, (h)->of[kind] ^ 1u, (h)->freed[kind]};      \
        for (int check_kind = 0; check_kind < KINDS; check_kind++)                                  \
            check_bad[4 + check_kind] = check_kind == (kind) ? 0 : (h)->of[check_kind];             \
        for (size_t check_i = 0; check_i < sizeof check_bad / sizeof check_bad[0]; check_i++) {     \
            uint64_t bad = check_bad[check_i];                                                      \
            CHECK_EQ(NVMEDB_E_HANDLE, call);                                                        \
        }                                                                                           \
    } while (0)

#endif /* MISUSE_H */
