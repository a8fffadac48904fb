/*
 * Objects come and go: ten thousand of each without growth, and under the feet of threads that use them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "misuse.h"

#include <unistd.h>

static _Alignas(4096) unsigned char page[4096];

/* The sanitizer keeps freed blocks for a while, and a shadow of everything. */
#if defined(__SANITIZE_ADDRESS__)
#define TOLERANCE_BYTES (64u << 20)
#else
#define TOLERANCE_BYTES (4u << 20)
#endif

#define ROUNDS 10000u

static size_t resident_bytes(void)
{
    unsigned long total, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    REQUIRE(file != NULL);
    REQUIRE(fscanf(file, "%lu %lu", &total, &resident) == 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* Makes, uses and frees an object of the kind. */
static void use_once(int kind)
{
    uint64_t handle;
    uint32_t value;
    nvmedb_doorbells *view;
    REQUIRE_OK(create(kind, &handle, &view));
    switch (kind) {
    case DOORBELLS:
        for (uint32_t id = 0; id < 4; id++) {
            CHECK_OK(nvmedb_doorbells_open(handle, id, 4));
            CHECK_OK(nvmedb_ring(view, id, 1));
            CHECK_OK(nvmedb_doorbells_poll(handle, id, 0, &value));
        }
        break;
    case MEMORY:
        CHECK_OK(nvmedb_memory_add(handle, 0, page, sizeof page, 0));
        CHECK_OK(nvmedb_memory_remove(handle, 0, sizeof page, 0));
        break;
    case REACTOR:
        CHECK_OK(nvmedb_reactor_run(handle, 0));
        break;
    default:
        break;
    }
    CHECK_OK(free_handle(kind, handle));
}

static void ten_thousand_of(int kind)
{
    for (unsigned round = 0; round < ROUNDS / 4; round++)
        use_once(kind);
    size_t before = resident_bytes();
    for (unsigned round = 0; round < ROUNDS; round++)
        use_once(kind);
    size_t after = resident_bytes();
    if (after > before + TOLERANCE_BYTES)
        check_fail(__FILE__, __LINE__, "resident bytes grew", (long long)(after - before));
}

static void ten_thousand_doorbells(void)
{
    ten_thousand_of(DOORBELLS);
}

static void ten_thousand_wakers(void)
{
    ten_thousand_of(WAKER);
}

static void ten_thousand_memories(void)
{
    ten_thousand_of(MEMORY);
}

static void ten_thousand_reactors(void)
{
    ten_thousand_of(REACTOR);
}

static void a_thousand_reactors_with_threads(void)
{
    nvmedb_reactor_config config = {.size = sizeof config, .poll = NVMEDB_POLL_NEVER};
    size_t before = 0;
    for (unsigned round = 0; round < 1200; round++) {
        nvmedb_reactor_handle reactor;
        if (round == 200)
            before = resident_bytes();
        REQUIRE_OK(nvmedb_reactor_create(&config, &reactor));
        CHECK_OK(nvmedb_reactor_free(reactor));
    }
    CHECK(resident_bytes() <= before + TOLERANCE_BYTES);
}

/* ---- Under the feet of others --------------------------------------------------------------------------------- */

#define THREADS 3

static uint64_t shared[KINDS];
static nvmedb_doorbells *shared_view;
static unsigned stop;

static int allowed(nvmedb_status status)
{
    switch (status) {
    case NVMEDB_OK:
    case NVMEDB_PENDING:
    case NVMEDB_E_HANDLE:
    case NVMEDB_E_RANGE:
    case NVMEDB_E_CLOSED:
    case NVMEDB_E_VALUE:
    case NVMEDB_E_BUSY:
    case NVMEDB_E_EXISTS:
        return 1;
    default:
        return 0;
    }
}

#define ALLOWED(call)                                                                               \
    do {                                                                                            \
        nvmedb_status check_status = (call);                                                        \
        if (!allowed(check_status))                                                                 \
            check_fail(__FILE__, __LINE__, #call, check_status);                                    \
    } while (0)

static uint64_t get(int kind)
{
    return __atomic_load_n(&shared[kind], __ATOMIC_ACQUIRE);
}

static void *use_what_is_there(void *number)
{
    uint64_t random = check_seed + (uintptr_t)number;
    /* Each thread its own doorbells to poll: one follower at a time is the contract. */
    uint32_t own = (uint32_t)(uintptr_t)number;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        uint32_t value, id = (uint32_t)(check_random(&random) % 6);
        uint64_t word;
        nvmedb_reactor_stats stats = {.size = sizeof stats};
        switch (check_random(&random) % 11) {
        case 0:
            ALLOWED(nvmedb_doorbells_open(get(DOORBELLS), own, 4));
            break;
        case 1:
            ALLOWED(nvmedb_doorbells_close(get(DOORBELLS), id));
            break;
        case 2:
            ALLOWED(nvmedb_doorbells_ring(get(DOORBELLS), id, (uint32_t)random));
            break;
        case 3:
            ALLOWED(nvmedb_ring(__atomic_load_n(&shared_view, __ATOMIC_ACQUIRE), id, (uint32_t)random));
            break;
        case 4:
            ALLOWED(nvmedb_doorbells_poll(get(DOORBELLS), own, 0, &value));
            break;
        case 5:
            ALLOWED(nvmedb_memory_add(get(MEMORY), 4096 * own, page, sizeof page, 0));
            break;
        case 6:
            ALLOWED(nvmedb_memory_remove(get(MEMORY), 4096 * own, sizeof page, 0));
            break;
        case 7:
            ALLOWED(nvmedb_reactor_run(get(REACTOR), 0));
            break;
        case 8:
            ALLOWED(nvmedb_reactor_get_stats(get(REACTOR), &stats));
            break;
        case 9:
            ALLOWED(nvmedb_controller_bar0_read(get(CONTROLLER), 0x1C, 4, &word));
            ALLOWED(nvmedb_controller_bar0_write(get(CONTROLLER), 0x14, 4, random & 1));
            break;
        default:
            ALLOWED(nvmedb_doorbells_free(get(WAKER)));
            break;
        }
    }
    return NULL;
}

static void objects_are_freed_while_threads_use_them(void)
{
    pthread_t threads[THREADS];
    stop = 0;
    for (int kind = 0; kind < KINDS; kind++)
        REQUIRE_OK(create(kind, &shared[kind], &shared_view));
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = check_start(use_what_is_there, (void *)i);
    for (unsigned round = 0; round < 1500; round++) {
        int kind = (int)(round % KINDS);
        uint64_t handle, old = get(kind);
        nvmedb_doorbells *view = shared_view;
        REQUIRE_OK(create(kind, &handle, &view));
        __atomic_store_n(&shared_view, view, __ATOMIC_RELEASE);
        __atomic_store_n(&shared[kind], handle, __ATOMIC_RELEASE);
        /* Busy: a thread is inside a call, or runs the reactor. It leaves. */
        nvmedb_status status;
        WAIT_UNTIL((status = free_handle(kind, old)) != NVMEDB_E_BUSY);
        CHECK_OK(status);
    }
    __atomic_store_n(&stop, 1u, __ATOMIC_RELEASE);
    for (int i = 0; i < THREADS; i++)
        check_join(threads[i]);
    for (int kind = 0; kind < KINDS; kind++)
        CHECK_OK(free_handle(kind, shared[kind]));
}

/* One handle, freed by all at once: one of them does it. */
static unsigned freed;
static uint64_t contested;

static void *free_the_contested(void *unused)
{
    (void)unused;
    nvmedb_status status;
    WAIT_UNTIL((status = nvmedb_doorbells_free(contested)) != NVMEDB_E_BUSY);
    if (status == NVMEDB_OK)
        __atomic_fetch_add(&freed, 1u, __ATOMIC_SEQ_CST);
    else
        CHECK(status == NVMEDB_E_HANDLE || status == NVMEDB_E_CLOSED);
    return NULL;
}

static void an_object_is_freed_once(void)
{
    for (unsigned round = 0; round < 500; round++) {
        pthread_t threads[THREADS];
        nvmedb_doorbells *view;
        freed = 0;
        REQUIRE_OK(create(DOORBELLS, &contested, &view));
        for (int i = 0; i < THREADS; i++)
            threads[i] = check_start(free_the_contested, NULL);
        for (int i = 0; i < THREADS; i++)
            check_join(threads[i]);
        CHECK_EQ(1, freed);
    }
}

/* A thread that has called the library ends: what the runtime keeps for it goes too. */
static void *call_once(void *unused)
{
    (void)unused;
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_waker_free(1));
    return NULL;
}

static void threads_come_and_go(void)
{
    size_t before = 0;
    for (unsigned round = 0; round < 3000; round++) {
        if (round == 1000)
            before = resident_bytes();
        check_join(check_start(call_once, NULL));
    }
    CHECK(resident_bytes() <= before + TOLERANCE_BYTES);
}

static const struct test tests[] = {
    {"lifetime: ten thousand doorbells", ten_thousand_doorbells},
    {"lifetime: ten thousand wakers", ten_thousand_wakers},
    {"lifetime: ten thousand memories", ten_thousand_memories},
    {"lifetime: ten thousand reactors", ten_thousand_reactors},
    {"lifetime: a thousand reactors with threads", a_thousand_reactors_with_threads},
    {"lifetime: objects are freed while threads use them", objects_are_freed_while_threads_use_them},
    {"lifetime: an object is freed once", an_object_is_freed_once},
    {"lifetime: threads come and go", threads_come_and_go},
};

CHECK_MAIN(tests)
