/*
 * The header alone: native layouts as its comments say them, versions, texts, the last error, the runtime's counters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "check.h"

#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member)
#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "sizeof " #type)

AT(nvmedb_slot, home, 0);
AT(nvmedb_slot, waker, 8);
AT(nvmedb_slot, event_idx, 16);
AT(nvmedb_slot, limit, 24);
AT(nvmedb_slot, seen, 28);
AT(nvmedb_slot, visitors, 32);
AT(nvmedb_slot, looking, 36);
AT(nvmedb_slot, cells, 64);
SIZE(nvmedb_slot, 128);
AT(nvmedb_doorbells, count, 0);
AT(nvmedb_doorbells, flags, 4);
AT(nvmedb_doorbells, abi_version, 8);
AT(nvmedb_doorbells, stride_bytes, 12);
AT(nvmedb_doorbells, unfenced_count, 16);
AT(nvmedb_doorbells, nobody, 128);
SIZE(nvmedb_doorbells, 256);
AT(nvmedb_waker_cell, state, 0);
AT(nvmedb_waker_cell, index, 4);
AT(nvmedb_waker_cell, reactor, 8);
AT(nvmedb_waker_cell, wake, 16);
AT(nvmedb_waker_cell, context, 24);
AT(nvmedb_waker_cell, next, 32);
AT(nvmedb_waker_cell, waking, 40);
SIZE(nvmedb_waker_cell, 128);
AT(nvmedb_reactor_cell, ready, 0);
AT(nvmedb_reactor_cell, park, 128);
SIZE(nvmedb_reactor_cell, 256);

static void the_library_is_the_headers(void)
{
    CHECK_EQ(NVMEDB_ABI_VERSION, nvmedb_abi_version());
    CHECK(strchr(nvmedb_version(), '.') != NULL);
}

static void every_status_has_a_text(void)
{
    for (nvmedb_status status = NVMEDB_E_INTERNAL; status <= NVMEDB_PENDING; status++)
        CHECK(strncmp(nvmedb_status_text(status), "NVMEDB_", 7) == 0);
    CHECK(strcmp(nvmedb_status_text(INT32_MIN), "unknown status") == 0);
    CHECK(strcmp(nvmedb_status_text(2), "unknown status") == 0);
}

static void *other_threads_error(void *length)
{
    *(size_t *)length = nvmedb_last_error(NULL, 0);
    return NULL;
}

static void the_last_error_is_the_threads_own(void)
{
    char whole[512], part[8];
    size_t other = 1;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_runtime_get_stats(NULL));
    size_t length = nvmedb_last_error(whole, sizeof whole);
    CHECK(length > 8 && length == strlen(whole));
    CHECK_EQ(length, nvmedb_last_error(NULL, 0));
    CHECK_EQ(length, nvmedb_last_error(part, sizeof part));
    CHECK(strlen(part) == sizeof part - 1 && memcmp(part, whole, sizeof part - 1) == 0);
    check_join(check_start(other_threads_error, &other));
    CHECK_EQ(0, other);
}

static void counters_count_and_asking_allocates_nothing(void)
{
    nvmedb_runtime_stats first = {.size = sizeof first}, second = {.size = sizeof second};
    CHECK_OK(nvmedb_runtime_get_stats(&first));
    CHECK_OK(nvmedb_runtime_get_stats(&first));
    CHECK_OK(nvmedb_runtime_get_stats(&second));
    CHECK_EQ(first.allocated_bytes, second.allocated_bytes);
    CHECK_EQ(first.collections, second.collections);
    CHECK_OK(nvmedb_runtime_collect());
    CHECK_OK(nvmedb_runtime_get_stats(&second));
    CHECK(second.collections > first.collections);
}

static const struct test tests[] = {
    {"version: the library is the header's", the_library_is_the_headers},
    {"version: every status has a text", every_status_has_a_text},
    {"version: the last error is the thread's own", the_last_error_is_the_threads_own},
    {"version: counters count, and asking allocates nothing", counters_count_and_asking_allocates_nothing},
};

CHECK_MAIN(tests)
