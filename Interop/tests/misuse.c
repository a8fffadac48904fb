/*
 * What a careless embedder does: null, freed, foreign and made-up handles, null pointers, sizes and versions that do not
 * fit, frees from inside callbacks and under the feet of other threads. Every one gets an error code; the process lives.
 *
 * SPDX-License-Identifier: MIT
 */
#include "misuse.h"

static _Alignas(4096) unsigned char page[4096];

static void bad_handles_get_an_error(void)
{
    struct handles h;
    misuse_set_up(&h);
    uint32_t value;
    nvmedb_reactor_stats stats = {.size = sizeof stats};
    EACH_BAD_HANDLE(&h, DOORBELLS, nvmedb_doorbells_open(bad, 0, 4));
    EACH_BAD_HANDLE(&h, DOORBELLS, nvmedb_doorbells_close(bad, 0));
    EACH_BAD_HANDLE(&h, DOORBELLS, nvmedb_doorbells_ring(bad, 0, 0));
    EACH_BAD_HANDLE(&h, DOORBELLS, nvmedb_doorbells_poll(bad, 0, 0, &value));
    EACH_BAD_HANDLE(&h, DOORBELLS, nvmedb_doorbells_set_shadow(bad, NULL, NULL, 0));
    EACH_BAD_HANDLE(&h, DOORBELLS, nvmedb_doorbells_free(bad));
    EACH_BAD_HANDLE(&h, WAKER, nvmedb_waker_free(bad));
    CHECK_OK(nvmedb_doorbells_open(h.of[DOORBELLS], 0, 4));
    EACH_BAD_HANDLE(&h, WAKER,
                    bad == 0 ? NVMEDB_E_HANDLE : nvmedb_doorbells_poll(h.of[DOORBELLS], 0, bad, &value));
    EACH_BAD_HANDLE(&h, MEMORY, nvmedb_memory_add(bad, 0, page, sizeof page, 0));
    EACH_BAD_HANDLE(&h, MEMORY, nvmedb_memory_remove(bad, 0, sizeof page, 0));
    EACH_BAD_HANDLE(&h, MEMORY, nvmedb_memory_free(bad));
    EACH_BAD_HANDLE(&h, REACTOR, nvmedb_reactor_run(bad, 0));
    EACH_BAD_HANDLE(&h, REACTOR, nvmedb_reactor_stop(bad));
    EACH_BAD_HANDLE(&h, REACTOR, nvmedb_reactor_get_stats(bad, &stats));
    EACH_BAD_HANDLE(&h, REACTOR, nvmedb_reactor_free(bad));
    misuse_tear_down(&h);
}

static void null_pointers_get_an_error(void)
{
    struct handles h;
    misuse_set_up(&h);
    nvmedb_doorbells_config doorbells = {.size = sizeof doorbells, .count = 2};
    nvmedb_reactor_config reactor = {.size = sizeof reactor, .lent = 1};
    uint64_t handle = 5;
    nvmedb_doorbells *view;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_create(NULL, &handle, &view));
    CHECK_EQ(0, handle);
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_create(&doorbells, NULL, &view));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_create(&doorbells, &handle, NULL));
    CHECK_OK(nvmedb_doorbells_open(h.of[DOORBELLS], 0, 4));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_poll(h.of[DOORBELLS], 0, 0, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_waker_create(NULL, NULL, &handle));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_waker_create(ignore, NULL, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_memory_create(NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_memory_add(h.of[MEMORY], 0, NULL, sizeof page, 0));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_reactor_create(NULL, &handle));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_reactor_create(&reactor, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_reactor_get_stats(h.of[REACTOR], NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_runtime_get_stats(NULL));
    misuse_tear_down(&h);
}

/* A struct of every size there might be: too small, older, this header's, newer. */
static void sizes_of_other_versions(void)
{
    union {
        nvmedb_reactor_config config;
        unsigned char bytes[256];
    } newer;
    const uint32_t wrong[] = {0, 1, 4, 7, 4097, UINT32_MAX};
    nvmedb_reactor_handle reactor;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memset(&newer, 0, sizeof newer);
        newer.config.size = wrong[i];
        CHECK_EQ(NVMEDB_E_ABI, nvmedb_reactor_create(&newer.config, &reactor));
    }
    memset(&newer, 0, sizeof newer);
    newer.config.lent = 1;
    for (uint32_t size = 16; size <= sizeof newer; size += 4) {
        newer.config.size = size;
        CHECK_OK(nvmedb_reactor_create(&newer.config, &reactor));
        CHECK_OK(nvmedb_reactor_free(reactor));
    }
    newer.bytes[sizeof newer.config] = 1;
    CHECK_EQ(NVMEDB_E_ABI, nvmedb_reactor_create(&newer.config, &reactor));
    CHECK_EQ(0, reactor);

    union {
        nvmedb_runtime_stats stats;
        unsigned char bytes[64];
    } answer;
    memset(&answer, 0xEE, sizeof answer);
    answer.stats.size = 16;
    CHECK_OK(nvmedb_runtime_get_stats(&answer.stats));
    CHECK(answer.stats.allocated_bytes > 0 && answer.bytes[16] == 0xEE);
    answer.stats.size = 48;
    CHECK_OK(nvmedb_runtime_get_stats(&answer.stats));
    CHECK(answer.bytes[sizeof answer.stats] == 0 && answer.bytes[47] == 0 && answer.bytes[48] == 0xEE);
}

static void arguments_out_of_range(void)
{
    struct handles h;
    misuse_set_up(&h);
    nvmedb_doorbells_config doorbells = {.size = sizeof doorbells, .count = 2};
    nvmedb_reactor_config reactor = {.size = sizeof reactor, .lent = 1};
    nvmedb_doorbells *view;
    uint64_t handle;
    uint32_t value;
#define REFUSED(config, field, wrong, call)                                                         \
    do {                                                                                            \
        config.field = (wrong);                                                                     \
        CHECK_EQ(NVMEDB_E_ARGUMENT, call);                                                          \
        CHECK_EQ(0, handle);                                                                        \
        config.field = 0;                                                                           \
    } while (0)
    REFUSED(doorbells, count, 1, nvmedb_doorbells_create(&doorbells, &handle, &view));
    REFUSED(doorbells, count, 131073, nvmedb_doorbells_create(&doorbells, &handle, &view));
    REFUSED(doorbells, count, UINT32_MAX, nvmedb_doorbells_create(&doorbells, &handle, &view));
    doorbells.count = 2;
    REFUSED(doorbells, stride, 9, nvmedb_doorbells_create(&doorbells, &handle, &view));
    REFUSED(doorbells, barrier, 4, nvmedb_doorbells_create(&doorbells, &handle, &view));
    REFUSED(reactor, poll, 3, nvmedb_reactor_create(&reactor, &handle));
    REFUSED(reactor, lent, 2, nvmedb_reactor_create(&reactor, &handle));
    REFUSED(reactor, cpu_plus_one, -1, nvmedb_reactor_create(&reactor, &handle));
    REFUSED(reactor, cpu_plus_one, 1025, nvmedb_reactor_create(&reactor, &handle));
    REFUSED(reactor, poll_max_us, UINT32_MAX, nvmedb_reactor_create(&reactor, &handle));
    REFUSED(reactor, reserved, 1, nvmedb_reactor_create(&reactor, &handle));

    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_doorbells_open(h.of[DOORBELLS], 4, 4));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_doorbells_close(h.of[DOORBELLS], UINT32_MAX));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_doorbells_poll(h.of[DOORBELLS], 4, 0, &value));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_open(h.of[DOORBELLS], 0, 1));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_doorbells_open(h.of[DOORBELLS], 0, 65537));

    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_memory_add(h.of[MEMORY], 1, page, sizeof page, 0));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_memory_add(h.of[MEMORY], 0, page + 1, sizeof page, 0));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_memory_add(h.of[MEMORY], 0, page, 0, 0));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_memory_add(h.of[MEMORY], 0, page, 100, 0));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_memory_add(h.of[MEMORY], 0, page, sizeof page, 2));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_memory_add(h.of[MEMORY], UINT64_MAX - 4095, page, 8192, 0));
    CHECK_OK(nvmedb_memory_add(h.of[MEMORY], 4096, page, sizeof page, 0));
    CHECK_EQ(NVMEDB_E_EXISTS, nvmedb_memory_add(h.of[MEMORY], 4096, page, sizeof page, 0));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_memory_remove(h.of[MEMORY], 0, sizeof page, 0));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_memory_remove(h.of[MEMORY], 4096, 8192, 0));
    CHECK_OK(nvmedb_memory_remove(h.of[MEMORY], 4096, sizeof page, 1));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_memory_remove(h.of[MEMORY], 4096, sizeof page, 1));
    misuse_tear_down(&h);
}

/* ---- From inside a callback ----------------------------------------------------------------------------------- */

static struct handles inner;
static nvmedb_status freed_doorbells, freed_waker, closed;

static void free_everything(void *unused)
{
    (void)unused;
    freed_waker = nvmedb_waker_free(inner.of[WAKER]);
    freed_doorbells = nvmedb_doorbells_free(inner.of[DOORBELLS]);
    closed = nvmedb_doorbells_close(inner.of[DOORBELLS], 1);
}

static void a_callback_frees_what_it_was_called_from(void)
{
    /* A ring is not inside the doorbells, neither inline nor as a call: they go, the waker that is being called stays. */
    for (int is_inline = 0; is_inline < 2; is_inline++) {
        uint32_t value;
        misuse_set_up(&inner);
        CHECK_OK(nvmedb_waker_free(inner.of[WAKER]));
        CHECK_OK(nvmedb_waker_create(free_everything, NULL, &inner.of[WAKER]));
        CHECK_OK(nvmedb_doorbells_open(inner.of[DOORBELLS], 0, 4));
        CHECK_EQ(NVMEDB_PENDING, nvmedb_doorbells_poll(inner.of[DOORBELLS], 0, inner.of[WAKER], &value));
        CHECK_OK(is_inline ? nvmedb_ring(inner.view, 0, 1) : nvmedb_doorbells_ring(inner.of[DOORBELLS], 0, 1));
        CHECK_EQ(NVMEDB_E_BUSY, freed_waker);
        CHECK_OK(freed_doorbells);
        CHECK_EQ(NVMEDB_E_HANDLE, closed);
        CHECK(nvmedb_ring(inner.view, 0, 2) < 0);
        CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_doorbells_ring(inner.of[DOORBELLS], 0, 2));
        CHECK_OK(nvmedb_waker_free(inner.of[WAKER]));
        for (int kind = MEMORY; kind < KINDS; kind++)
            CHECK_OK(free_handle(kind, inner.of[kind]));
    }
}

/* ---- Lent reactors -------------------------------------------------------------------------------------------- */

static nvmedb_reactor_handle lent;

static void *run_lent(void *status)
{
    /* Whoever waits for this thread to run the reactor may be running it just now. */
    do
        *(nvmedb_status *)status = nvmedb_reactor_run(lent, UINT32_MAX);
    while (*(nvmedb_status *)status == NVMEDB_E_BUSY);
    return NULL;
}

static void a_lent_reactor_is_run_by_one_thread_at_a_time(void)
{
    nvmedb_reactor_config config = {.size = sizeof config, .lent = 1};
    nvmedb_reactor_stats stats = {.size = sizeof stats};
    nvmedb_status ran = -100;
    CHECK_OK(nvmedb_reactor_create(&config, &lent));
    CHECK_OK(nvmedb_reactor_run(lent, 0));
    CHECK_OK(nvmedb_reactor_run(lent, 1));
    CHECK_OK(nvmedb_reactor_get_stats(lent, &stats));
    CHECK(stats.turns >= 2);
    pthread_t thread = check_start(run_lent, &ran);
    WAIT_UNTIL(nvmedb_reactor_run(lent, 0) == NVMEDB_E_BUSY);
    CHECK_EQ(NVMEDB_E_BUSY, nvmedb_reactor_free(lent));
    CHECK_OK(nvmedb_reactor_stop(lent));
    check_join(thread);
    CHECK_OK(ran);
    CHECK_OK(nvmedb_reactor_free(lent));

    config.lent = 0;
    CHECK_OK(nvmedb_reactor_create(&config, &lent));
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_reactor_run(lent, 0));
    CHECK_OK(nvmedb_reactor_stop(lent));
    CHECK_OK(nvmedb_reactor_free(lent));
}

static const struct test tests[] = {
    {"misuse: bad handles get an error", bad_handles_get_an_error},
    {"misuse: null pointers get an error", null_pointers_get_an_error},
    {"misuse: sizes of other versions", sizes_of_other_versions},
    {"misuse: arguments out of range", arguments_out_of_range},
    {"misuse: a callback frees what it was called from", a_callback_frees_what_it_was_called_from},
    {"misuse: a lent reactor is run by one thread at a time", a_lent_reactor_is_run_by_one_thread_at_a_time},
};

CHECK_MAIN(tests)
