/*
 * The native shapes of the performance figures: what a doorbell costs in C, beside ours.
 *
 * One set of shapes, built twice: as libnvmedb_peers.so, for rings into the doorbells of the calling process (the
 * device is JIT-compiled there), and as nvmedb_peers, a process of its own around libnvmedoorbell.so (the device is
 * NativeAOT there, as in a VMM).
 */
#ifndef NVMEDB_PEERS_H
#define NVMEDB_PEERS_H

#include <stdint.h>

#include "nvme_doorbell.h"

#define PEERS_EXPORT __attribute__((visibility("default")))
/* Rings are measured as a VMM calls them: a function of their own, whose arguments the compiler knows nothing about. */
#define PEERS_RING __attribute__((noinline, noipa))

enum {
    PEERS_DOORBELLS = 64,
    PEERS_PER_THREAD = 32,   /* a thread rings so many doorbells, one after the other */
    PEERS_STRIDE_WORDS = 16, /* 64 bytes a doorbell: no two share a line */
    PEERS_THREADS_MAX = 8
};

/* The calls of libnvmedoorbell.so that the shapes use; all NULL where there is no library. */
struct peers_library {
    __typeof__(nvmedb_doorbells_create) *doorbells_create;
    __typeof__(nvmedb_doorbells_open) *doorbells_open;
    __typeof__(nvmedb_doorbells_ring) *doorbells_ring;
    __typeof__(nvmedb_doorbells_poll) *doorbells_poll;
    __typeof__(nvmedb_waker_create) *waker_create;
    __typeof__(nvmedb_runtime_get_stats) *runtime_get_stats;
    __typeof__(nvmedb_last_error) *last_error;
};

/* Doorbells to ring: a view of the caller's, or of the library. */
struct peers_target {
    nvmedb_doorbells *view;
    nvmedb_doorbells_handle handle; /* 0: no library, no export to call */
    const struct peers_library *library;
};

/* How long single operations of the last sample took, where the shape times them one by one. */
enum { PEERS_LATENCIES_MAX = 256 };
struct peers_latencies {
    uint64_t ns[PEERS_LATENCIES_MAX];
    uint32_t count;
};
extern struct peers_latencies peers_latencies;
static inline void peers_latencies_add(uint64_t ns)
{
    if (peers_latencies.count < PEERS_LATENCIES_MAX)
        peers_latencies.ns[peers_latencies.count++] = ns;
}

/* The middle of the values, which it sorts. */
uint64_t peers_middle(uint64_t *values, size_t count);

/*
 * Rounds that spin are timed by bursts of so many, and the middle burst is taken: a spinning thread that the system takes
 * off its CPU for a while spoils one burst, not the sample. The clock then costs under half a nanosecond a round.
 */
enum { PEERS_BURST = 64 };
struct peers_bursts {
    uint64_t *ns;
    uint32_t length, capacity;
    uint64_t began_ns;
};
void peers_bursts_begin(struct peers_bursts *bursts, uint32_t rounds);
/* After each round, counted from 1. */
static inline void peers_bursts_round(struct peers_bursts *bursts, uint32_t round);
/* Frees; nanoseconds of a round in the middle burst. */
double peers_bursts_end(struct peers_bursts *bursts);

/* Nanoseconds of the monotonic clock, and of the calling thread's CPU clock. */
uint64_t peers_now_ns(void);
PEERS_EXPORT uint64_t peers_thread_cpu_ns(void);
/* Pins the calling thread to a CPU, or to all of them (-1); 0 when done. */
PEERS_EXPORT int peers_pin(int cpu);

/*
 * One sample: nanoseconds for each of count operations, or a negative number where the shape is not there.
 * target may be NULL for shapes that are not ours.
 */
double peers_ring_idle(const char *shape, unsigned threads, uint32_t count, const struct peers_target *target);
double peers_hand_over(const char *figure, const char *shape, uint32_t count);
double peers_ring_sleeper(const char *shape, uint32_t count);

/* The same by name, for all figures. view may be NULL. */
PEERS_EXPORT double peers_sample(const char *figure, const char *shape, uint32_t count, nvmedb_doorbells *view);
double peers_sample_target(const char *figure, const char *shape, uint32_t count, const struct peers_target *target);

/* A native thread's side of a hand-over with a reactor: rings a doorbell inline, waits for the answer in a word. */
PEERS_EXPORT double peers_ring_answer(nvmedb_doorbells *view, uint32_t id, uint32_t *answer, uint32_t count, int park);
/* The answer to peers_ring_answer with park: stores and wakes. */
PEERS_EXPORT void peers_answer_wake(uint32_t *answer, uint32_t value);
/* Sleeps while the answer is value. */
PEERS_EXPORT void peers_answer_wait(uint32_t *answer, uint32_t value);
/*
 * Time that one inline ring takes from a native thread while a reactor is parked. park: the reactor's futex word.
 * took_ns: count numbers, for each ring.
 */
PEERS_EXPORT double peers_ring_parked(nvmedb_doorbells *view, uint32_t id, const uint32_t *park, uint32_t count,
                                      uint64_t *took_ns);

/*
 * Reads count times a page of 4 KiB: number i % pages of memory, from page places[i % pages] of the file, by one preadv2
 * each that does not wait, or by a second where that would have to. 0 when done.
 */
PEERS_EXPORT int peers_read_pages(const char *path, void *memory, const uint32_t *places, uint32_t pages, uint32_t count);

/*
 * Rings from a native thread and keeps how long each took.
 * buckets: counts of rings by nanoseconds, the last for all that took longer; longest_ns the longest of all.
 */
PEERS_EXPORT void *peers_long_ring_start(nvmedb_doorbells *view, int cpu, uint32_t *buckets, uint32_t bucket_count);
PEERS_EXPORT void peers_long_ring_stop(void *run, uint64_t *rings, uint64_t *longest_ns);

static inline void peers_bursts_round(struct peers_bursts *bursts, uint32_t round)
{
    if (round % PEERS_BURST != 0 || bursts->length == bursts->capacity)
        return;
    uint64_t now = peers_now_ns();
    bursts->ns[bursts->length++] = now - bursts->began_ns;
    bursts->began_ns = now;
}

/* Futex wait while *word is value, and wake of one waiter. */
void peers_futex_wait(uint32_t *word, uint32_t value);
int peers_futex_wake(uint32_t *word);

#endif
