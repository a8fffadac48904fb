/* Rings while nobody sleeps: ours, and the shapes of others. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "peers.h"

enum { RINGS_OF_BURST = 4096 };

#define KEEP(value) __asm__ volatile("" : : "r"(value) : "memory")

struct job {
    const struct peers_target *target;
    pthread_barrier_t *start;
    uint32_t first; /* its first doorbell */
    uint32_t count; /* of a burst */
    uint32_t bursts;
    uint64_t *burst_ns;
    void (*loop)(struct job *job);
};

/* ---- The memory of the other shapes --------------------------------------------------------------------------- */

typedef void (*wake_function)(void *context);
struct stored_waker {
    wake_function wake;
    void *context;
};

struct locked_slot {
    pthread_mutex_t mutex;
    uint32_t value;
    struct stored_waker waker;
} __attribute__((aligned(128)));

static struct locked_slot locked_slots[PEERS_DOORBELLS] = {
    [0 ... PEERS_DOORBELLS - 1] = {.mutex = PTHREAD_MUTEX_INITIALIZER},
};
static uint32_t values[PEERS_DOORBELLS * PEERS_STRIDE_WORDS] __attribute__((aligned(128)));
static uint32_t wake_words[PEERS_DOORBELLS * PEERS_STRIDE_WORDS] __attribute__((aligned(128)));
static struct stored_waker wakers[PEERS_DOORBELLS];
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int idle_eventfd = -1;

/* A plain store, then a load from the same line: nothing that also looks for a sleeper can be cheaper. */
PEERS_RING static bool ring_limit(uint32_t *cells, size_t length, size_t id, uint32_t value)
{
    if (id * PEERS_STRIDE_WORDS >= length)
        return false;
    __atomic_store_n(&cells[id * PEERS_STRIDE_WORDS], value, __ATOMIC_RELEASE);
    return __atomic_load_n(&cells[id * PEERS_STRIDE_WORDS + 1], __ATOMIC_ACQUIRE) == 0;
}

/* Value store and a read-modify-write on the doorbell's wake word: AtomicWaker when nobody sleeps. */
PEERS_RING static bool ring_atomic_waker(uint32_t *cells, uint32_t *states, size_t length, size_t id, uint32_t value)
{
    if (id * PEERS_STRIDE_WORDS >= length)
        return false;
    __atomic_store_n(&cells[id * PEERS_STRIDE_WORDS], value, __ATOMIC_RELEASE);
    if (__atomic_fetch_or(&states[id * PEERS_STRIDE_WORDS], 2u, __ATOMIC_ACQ_REL) == 0)
        __atomic_fetch_and(&states[id * PEERS_STRIDE_WORDS], ~2u, __ATOMIC_RELEASE);
    return true;
}

/* Values in plain memory and one stored waker a doorbell, all behind one reader-writer lock. */
PEERS_RING static bool ring_rwlock(uint32_t *cells, size_t length, size_t id, uint32_t value)
{
    bool known = false;
    pthread_rwlock_rdlock(&lock);
    if (id * PEERS_STRIDE_WORDS < length) {
        __atomic_store_n(&cells[id * PEERS_STRIDE_WORDS], value, __ATOMIC_RELAXED);
        if (wakers[id].wake != NULL)
            wakers[id].wake(wakers[id].context);
        known = true;
    }
    pthread_rwlock_unlock(&lock);
    return known;
}

/* A mutex of its own around each doorbell's value and stored waker. */
PEERS_RING static bool ring_mutex_slot(struct locked_slot *slots, size_t length, size_t id, uint32_t value)
{
    if (id >= length)
        return false;
    struct locked_slot *slot = &slots[id];
    pthread_mutex_lock(&slot->mutex);
    slot->value = value;
    struct stored_waker waker = slot->waker;
    pthread_mutex_unlock(&slot->mutex);
    if (waker.wake != NULL)
        waker.wake(waker.context);
    return true;
}

PEERS_RING static nvmedb_status ring_core(nvmedb_doorbells *view, uint32_t id, uint32_t value)
{
    return nvmedb_ring(view, id, value);
}

/* ---- Loops ---------------------------------------------------------------------------------------------------- */

/* Locals, so that a loop reloads nothing that a caller would have at hand. */
#define LOOP(name, ring)                                                                                               \
    static void loop_##name(struct job *job)                                                                           \
    {                                                                                                                  \
        const struct peers_target target = job->target != NULL ? *job->target : (struct peers_target){NULL, 0, NULL};  \
        const uint32_t first = job->first, count = job->count;                                                         \
        (void)target;                                                                                                  \
        for (uint32_t i = 0; i < count; i++) {                                                                         \
            uint32_t id = first + (i & (PEERS_PER_THREAD - 1u));                                                       \
            KEEP(ring);                                                                                                \
        }                                                                                                              \
    }

LOOP(limit, ring_limit(values, sizeof values / sizeof values[0], id, i))
LOOP(atomic_waker, ring_atomic_waker(values, wake_words, sizeof values / sizeof values[0], id, i))
LOOP(rwlock_waker, ring_rwlock(values, sizeof values / sizeof values[0], id, i))
LOOP(mutex_slot, ring_mutex_slot(locked_slots, PEERS_DOORBELLS, id, i))
LOOP(core_c_inline, ring_core(target.view, id, i))
LOOP(core_c_export, target.library->doorbells_ring(target.handle, id, i))

static void loop_eventfd(struct job *job)
{
    for (uint32_t i = 0; i < job->count; i++) {
        uint64_t one = 1;
        KEEP(write(idle_eventfd, &one, sizeof one));
    }
}

static const struct {
    const char *shape;
    void (*loop)(struct job *job);
    uint32_t divisor; /* a shape that costs so much more is called so many times less */
} loops[] = {
    {"limit", loop_limit, 1},
    {"core_c_inline", loop_core_c_inline, 1},
    {"core_c_export", loop_core_c_export, 4},
    {"atomic_waker", loop_atomic_waker, 2},
    {"rwlock_waker", loop_rwlock_waker, 4},
    {"mutex_slot", loop_mutex_slot, 4},
    {"eventfd", loop_eventfd, 100},
};

/* Bursts, of which the middle one counts: a thread taken off its CPU for a while spoils one, not the sample. */
static void *run_job(void *context)
{
    struct job *job = context;
    pthread_barrier_wait(job->start);
    uint64_t began = peers_now_ns();
    for (uint32_t burst = 0; burst < job->bursts; burst++) {
        job->loop(job);
        uint64_t now = peers_now_ns();
        job->burst_ns[burst] = now - began;
        began = now;
    }
    return NULL;
}

static bool is_there(const char *shape, const struct peers_target *target)
{
    if (strcmp(shape, "core_c_inline") == 0)
        return target != NULL && target->view != NULL;
    if (strcmp(shape, "core_c_export") == 0)
        return target != NULL && target->handle != 0;
    return true;
}

double peers_ring_idle(const char *shape, unsigned threads, uint32_t count, const struct peers_target *target)
{
    if (threads == 0 || threads > PEERS_THREADS_MAX || threads * PEERS_PER_THREAD > PEERS_DOORBELLS)
        return -1;
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        if (strcmp(loops[i].shape, shape) != 0 || !is_there(shape, target))
            continue;
        struct job jobs[PEERS_THREADS_MAX];
        pthread_t handles[PEERS_THREADS_MAX];
        pthread_barrier_t start;
        uint32_t each = count / loops[i].divisor + 1;
        uint32_t bursts = each / RINGS_OF_BURST + 1, rings = each / bursts;
        uint64_t *burst_ns = malloc(sizeof *burst_ns * bursts * threads);
        if (burst_ns == NULL || rings == 0)
            abort();
        if (loops[i].loop == loop_eventfd && idle_eventfd < 0)
            idle_eventfd = eventfd(0, EFD_NONBLOCK);
        pthread_barrier_init(&start, NULL, threads);
        for (unsigned t = 0; t < threads; t++) {
            jobs[t] = (struct job){target, &start, t * PEERS_PER_THREAD, rings, bursts, burst_ns + t * bursts,
                                   loops[i].loop};
            if (pthread_create(&handles[t], NULL, run_job, &jobs[t]) != 0)
                abort();
        }
        for (unsigned t = 0; t < threads; t++)
            pthread_join(handles[t], NULL);
        pthread_barrier_destroy(&start);
        double ns = (double)peers_middle(burst_ns, bursts * threads) / rings;
        free(burst_ns);
        return ns;
    }
    return -1;
}
