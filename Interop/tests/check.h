/*
 * What the C tests share: checks that any thread may make, and a main that runs a table of tests.
 *
 * SPDX-License-Identifier: MIT
 *
 * A program prints "ok NAME" or "FAILED NAME" for each test. Arguments: a part of the names to run; --seed N.
 */
#ifndef CHECK_H
#define CHECK_H

#define _GNU_SOURCE

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nvme_doorbell.h"

struct test {
    const char *name;
    void (*run)(void);
};

static unsigned check_failures;
static uint64_t check_seed;
static const char *check_program, *check_test;

/* A failed check is told and counted; the test goes on. Any thread. */
static inline void check_fail(const char *file, int line, const char *what, long long actual)
{
    char sentence[256];
    nvmedb_last_error(sentence, sizeof sentence);
    fprintf(stderr, "%s:%d: %s: got %lld (last error: %s)\n", file, line, what, actual, sentence);
    __atomic_fetch_add(&check_failures, 1u, __ATOMIC_RELAXED);
}

#define CHECK(condition) ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, #condition, 0))
#define CHECK_EQ(expected, actual)                                                                  \
    do {                                                                                            \
        long long check_actual = (long long)(actual);                                               \
        if (check_actual != (long long)(expected))                                                  \
            check_fail(__FILE__, __LINE__, #actual " == " #expected, check_actual);                 \
    } while (0)
#define CHECK_OK(call) CHECK_EQ(NVMEDB_OK, call)

/* Other threads may be in the middle of something, so nothing is cleaned up. */
static inline void check_give_up(void)
{
    printf("FAILED %s (again: %s '%s' --seed %" PRIu64 ")\n", check_test, check_program, check_test, check_seed);
    fflush(stdout);
    _exit(1);
}

/* What the rest of a test cannot do without. */
#define REQUIRE(condition)                                                                          \
    do {                                                                                            \
        if (!(condition)) {                                                                         \
            check_fail(__FILE__, __LINE__, #condition, 0);                                          \
            check_give_up();                                                                        \
        }                                                                                           \
    } while (0)
#define REQUIRE_OK(call) REQUIRE((call) == NVMEDB_OK)

/* Waits for another thread: generous, because a machine may be busy; a test that gets here has failed. */
#define CHECK_PATIENCE_S 60

static inline double check_seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#define WAIT_UNTIL(condition)                                                                       \
    do {                                                                                            \
        double check_deadline = check_seconds() + CHECK_PATIENCE_S;                                 \
        unsigned check_round = 0;                                                                   \
        while (!(condition)) {                                                                      \
            if (++check_round % 64 == 0)                                                            \
                sched_yield();                                                                      \
            if (check_round % 4096 == 0)                                                            \
                REQUIRE(check_seconds() < check_deadline && #condition);                            \
        }                                                                                           \
    } while (0)

static inline pthread_t check_start(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, run, argument) == 0);
    return thread;
}

static inline void check_join(pthread_t thread)
{
    REQUIRE(pthread_join(thread, NULL) == 0);
}

/* SplitMix64: each thread its own state, started from the seed. */
static inline uint64_t check_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline int check_main(int argc, char **argv, const struct test *tests, size_t count)
{
    const char *part = "";
    int failed = 0;
    check_program = argv[0];
    check_seed = (uint64_t)time(NULL);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            check_seed = strtoull(argv[++i], NULL, 0);
        else
            part = argv[i];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < count; i++) {
        if (strstr(tests[i].name, part) == NULL)
            continue;
        unsigned before = __atomic_load_n(&check_failures, __ATOMIC_RELAXED);
        check_test = tests[i].name;
        tests[i].run();
        if (__atomic_load_n(&check_failures, __ATOMIC_RELAXED) == before) {
            printf("ok %s\n", tests[i].name);
        } else {
            printf("FAILED %s (again: %s '%s' --seed %" PRIu64 ")\n", check_test, check_program, check_test, check_seed);
            failed = 1;
        }
    }
    return failed;
}

#define CHECK_MAIN(tests)                                                                           \
    int main(int argc, char **argv)                                                                 \
    {                                                                                               \
        return check_main(argc, argv, tests, sizeof tests / sizeof tests[0]);                       \
    }

#endif /* CHECK_H */
