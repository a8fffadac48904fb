/*
 * What waking a parked sleeper takes from the thread that rings, and how long the longest ring is.
 *
 * The waker's clock runs only while it wakes. Before each wake the sleeper has said that it parks, and has been given
 * 500 µs to be really there; a wake that found nobody is not counted where the system call tells.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "peers.h"

enum { SETTLE_NS = 500000 };

struct peers_latencies peers_latencies;

struct sleeper {
    uint32_t word __attribute__((aligned(128)));
    uint32_t going_to_sleep __attribute__((aligned(128))); /* the sleep about to begin, from 1 */
    uint32_t count;
    int fd;
};

static void settle(void)
{
    uint64_t until = peers_now_ns() + SETTLE_NS;
    while (peers_now_ns() < until)
        ;
}

static void *sleep_on_futex(void *context)
{
    struct sleeper *sleeper = context;
    for (uint32_t i = 1; i <= sleeper->count; i++) {
        __atomic_store_n(&sleeper->going_to_sleep, i, __ATOMIC_RELEASE);
        while (__atomic_load_n(&sleeper->word, __ATOMIC_ACQUIRE) != i)
            peers_futex_wait(&sleeper->word, i - 1);
    }
    return NULL;
}

static void *sleep_on_eventfd(void *context)
{
    struct sleeper *sleeper = context;
    for (uint32_t i = 1; i <= sleeper->count; i++) {
        uint64_t sum;
        __atomic_store_n(&sleeper->going_to_sleep, i, __ATOMIC_RELEASE);
        if (read(sleeper->fd, &sum, sizeof sum) != sizeof sum)
            abort();
    }
    return NULL;
}

double peers_ring_sleeper(const char *shape, uint32_t count)
{
    bool futex = strcmp(shape, "futex") == 0;
    if (!futex && strcmp(shape, "eventfd") != 0)
        return -1;
    struct sleeper sleeper = {0, 0, count, futex ? -1 : eventfd(0, 0)};
    pthread_t thread;
    if (pthread_create(&thread, NULL, futex ? sleep_on_futex : sleep_on_eventfd, &sleeper) != 0)
        abort();
    uint64_t total = 0;
    uint32_t counted = 0;
    for (uint32_t i = 1; i <= count; i++) {
        while (__atomic_load_n(&sleeper.going_to_sleep, __ATOMIC_ACQUIRE) != i)
            ;
        settle();
        uint64_t begin = peers_now_ns();
        bool woke = true;
        if (futex) {
            __atomic_store_n(&sleeper.word, i, __ATOMIC_RELEASE);
            woke = peers_futex_wake(&sleeper.word) == 1;
        } else {
            uint64_t one = 1;
            if (write(sleeper.fd, &one, sizeof one) != sizeof one)
                abort();
        }
        if (woke) {
            uint64_t took = peers_now_ns() - begin;
            peers_latencies_add(took);
            total += took;
            counted++;
        }
    }
    pthread_join(thread, NULL);
    if (!futex)
        close(sleeper.fd);
    return counted == 0 ? -1 : (double)total / counted;
}

double peers_ring_parked(nvmedb_doorbells *view, uint32_t id, const uint32_t *park, uint32_t count, uint64_t *took_ns)
{
    uint64_t total = 0;
    for (uint32_t i = 1; i <= count; i++) {
        while (__atomic_load_n(park, __ATOMIC_ACQUIRE) != NVMEDB_PARK_PARKED)
            ;
        settle();
        uint64_t begin = peers_now_ns();
        if (nvmedb_ring(view, id, i) != NVMEDB_OK)
            return -1;
        took_ns[i - 1] = peers_now_ns() - begin;
        total += took_ns[i - 1];
        /* The reactor takes the word back to awake before anything else: the next round waits for its next sleep. */
    }
    return (double)total / count;
}

/* ---- The longest ring ----------------------------------------------------------------------------------------- */

struct long_ring {
    nvmedb_doorbells *view; /* NULL: the plain store and load of the limit */
    uint32_t *buckets;
    uint32_t bucket_count, stop, cell __attribute__((aligned(128)));
    int cpu;
    uint64_t rings, longest_ns;
    pthread_t thread;
};

static void *ring_on(void *context)
{
    struct long_ring *run = context;
    if (run->cpu >= 0)
        peers_pin(run->cpu);
    for (uint32_t i = 0; !__atomic_load_n(&run->stop, __ATOMIC_RELAXED); i++) {
        uint64_t begin = peers_now_ns();
        if (run->view != NULL)
            nvmedb_ring(run->view, i % run->view->count, i & 0xFFFFu);
        else
            __atomic_store_n(&run->cell, i, __ATOMIC_RELEASE);
        uint64_t took = peers_now_ns() - begin;
        run->buckets[took < run->bucket_count ? took : run->bucket_count - 1]++;
        run->longest_ns = took > run->longest_ns ? took : run->longest_ns;
        run->rings++;
    }
    return NULL;
}

void *peers_long_ring_start(nvmedb_doorbells *view, int cpu, uint32_t *buckets, uint32_t bucket_count)
{
    struct long_ring *run = aligned_alloc(128, (sizeof *run + 127) / 128 * 128);
    if (run == NULL)
        return NULL;
    memset(run, 0, sizeof *run);
    run->view = view;
    run->cpu = cpu;
    run->buckets = buckets;
    run->bucket_count = bucket_count;
    if (pthread_create(&run->thread, NULL, ring_on, run) != 0) {
        free(run);
        return NULL;
    }
    return run;
}

void peers_long_ring_stop(void *handle, uint64_t *rings, uint64_t *longest_ns)
{
    struct long_ring *run = handle;
    __atomic_store_n(&run->stop, 1u, __ATOMIC_RELAXED);
    pthread_join(run->thread, NULL);
    *rings = run->rings;
    *longest_ns = run->longest_ns;
    free(run);
}
