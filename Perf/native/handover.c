/* Hand-overs between two threads: a number goes to and fro, one way is half a round. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "peers.h"

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t peers_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

void peers_bursts_begin(struct peers_bursts *bursts, uint32_t rounds)
{
    bursts->length = 0;
    bursts->capacity = rounds / PEERS_BURST;
    bursts->ns = bursts->capacity == 0 ? NULL : malloc(bursts->capacity * sizeof *bursts->ns);
    if (bursts->ns == NULL)
        bursts->capacity = 0;
    bursts->began_ns = peers_now_ns();
}

static int compare_ns(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

uint64_t peers_middle(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_ns);
    return values[count / 2];
}

double peers_bursts_end(struct peers_bursts *bursts)
{
    double middle = (double)peers_middle(bursts->ns, bursts->length) / PEERS_BURST;
    free(bursts->ns);
    return middle;
}

uint64_t peers_thread_cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

int peers_pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = cpu < 0 ? 0 : cpu; i <= (cpu < 0 ? CPU_SETSIZE - 1 : cpu); i++)
        CPU_SET(i, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

void peers_futex_wait(uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

int peers_futex_wake(uint32_t *word)
{
    return (int)syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

/* Two words that the two threads store, a line pair apart. */
struct table {
    uint32_t ping __attribute__((aligned(128)));
    uint32_t pong __attribute__((aligned(128)));
    int ping_fd, pong_fd;
    int ping_epoll, pong_epoll;
    uint32_t count;
    bool pinned; /* each side has a CPU of its own */
    void (*put)(struct table *table, bool ping, uint32_t value);
    void (*get)(struct table *table, bool ping, uint32_t value);
};

/* ---- A cache line handed over, both threads spinning ---------------------------------------------------------- */

static void put_store(struct table *table, bool ping, uint32_t value)
{
    __atomic_store_n(ping ? &table->ping : &table->pong, value, __ATOMIC_RELEASE);
}

static void get_spin(struct table *table, bool ping, uint32_t value)
{
    uint32_t *word = ping ? &table->ping : &table->pong;
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
        ;
}

/* ---- A futex -------------------------------------------------------------------------------------------------- */

static void put_futex(struct table *table, bool ping, uint32_t value)
{
    uint32_t *word = ping ? &table->ping : &table->pong;
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    peers_futex_wake(word);
}

static void get_futex(struct table *table, bool ping, uint32_t value)
{
    uint32_t *word = ping ? &table->ping : &table->pong;
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
        peers_futex_wait(word, value - 1);
}

/* ---- An eventfd ----------------------------------------------------------------------------------------------- */

static void put_eventfd(struct table *table, bool ping, uint32_t value)
{
    uint64_t one = 1;
    (void)value;
    if (write(ping ? table->ping_fd : table->pong_fd, &one, sizeof one) != sizeof one)
        abort();
}

static void get_eventfd(struct table *table, bool ping, uint32_t value)
{
    uint64_t sum;
    (void)value;
    if (read(ping ? table->ping_fd : table->pong_fd, &sum, sizeof sum) != sizeof sum)
        abort();
}

/* ---- An eventfd behind an epoll, as an event loop's bottom half has it ------------------------------------------ */

static void get_epoll(struct table *table, bool ping, uint32_t value)
{
    struct epoll_event event;
    while (epoll_wait(ping ? table->ping_epoll : table->pong_epoll, &event, 1, -1) != 1)
        ;
    get_eventfd(table, ping, value);
}

static int epoll_of(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        abort();
    return epoll;
}

/* ---- Values and stored wakers behind one reader-writer lock; the waker unparks a thread ------------------------ */

/* A thread that parks: 0 running, 1 unparked before it parked, 2 parked. */
struct parker {
    uint32_t state __attribute__((aligned(128)));
};

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct parker parkers[2];

static void park(struct parker *parker)
{
    uint32_t none = 0;
    if (__atomic_compare_exchange_n(&parker->state, &none, 2u, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        while (__atomic_load_n(&parker->state, __ATOMIC_ACQUIRE) == 2u)
            peers_futex_wait(&parker->state, 2u);
    }
    __atomic_store_n(&parker->state, 0u, __ATOMIC_SEQ_CST);
}

static void unpark(struct parker *parker)
{
    if (__atomic_exchange_n(&parker->state, 1u, __ATOMIC_SEQ_CST) == 2u)
        peers_futex_wake(&parker->state);
}

static void put_rwlock(struct table *table, bool ping, uint32_t value)
{
    pthread_rwlock_rdlock(&lock);
    __atomic_store_n(ping ? &table->ping : &table->pong, value, __ATOMIC_RELAXED);
    unpark(&parkers[ping ? 0 : 1]);
    pthread_rwlock_unlock(&lock);
}

static void get_rwlock(struct table *table, bool ping, uint32_t value)
{
    for (;;) {
        pthread_rwlock_rdlock(&lock);
        bool there = __atomic_load_n(ping ? &table->ping : &table->pong, __ATOMIC_ACQUIRE) == value;
        pthread_rwlock_unlock(&lock);
        if (there)
            return;
        park(&parkers[ping ? 0 : 1]);
    }
}

/* ---- A value and a thread that parks: AtomicWaker around a parker ------------------------------------------------ */

static void put_parker(struct table *table, bool ping, uint32_t value)
{
    put_store(table, ping, value);
    unpark(&parkers[ping ? 0 : 1]);
}

static void get_parker(struct table *table, bool ping, uint32_t value)
{
    uint32_t *word = ping ? &table->ping : &table->pong;
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
        park(&parkers[ping ? 0 : 1]);
}

static void *answer(void *context)
{
    struct table *table = context;
    if (table->pinned)
        peers_pin(1);
    for (uint32_t i = 1; i <= table->count; i++) {
        table->get(table, true, i);
        table->put(table, false, i);
    }
    return NULL;
}

double peers_hand_over(const char *figure, const char *shape, uint32_t count)
{
    static const struct {
        const char *figure, *shape;
        void (*put)(struct table *table, bool ping, uint32_t value);
        void (*get)(struct table *table, bool ping, uint32_t value);
    } kinds[] = {
        {"wake_spin", "limit", put_store, get_spin},
        {"wake_parked", "futex", put_futex, get_futex},
        {"wake_parked", "eventfd", put_eventfd, get_eventfd},
        {"wake_parked", "eventfd_epoll", put_eventfd, get_epoll},
        {"wake_parked", "rwlock_waker", put_rwlock, get_rwlock},
        {"wake_parked", "atomic_waker", put_parker, get_parker},
    };
    bool pinned = strcmp(figure, "wake_parked_pinned") == 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].figure, pinned ? "wake_parked" : figure) != 0 || strcmp(kinds[i].shape, shape) != 0)
            continue;
        struct table table = {0, 0, -1, -1, -1, -1, count, pinned, kinds[i].put, kinds[i].get};
        pthread_t thread;
        if (kinds[i].put == put_eventfd) {
            table.ping_fd = eventfd(0, 0);
            table.pong_fd = eventfd(0, 0);
            table.ping_epoll = epoll_of(table.ping_fd);
            table.pong_epoll = epoll_of(table.pong_fd);
        }
        if (pthread_create(&thread, NULL, answer, &table) != 0)
            abort();
        if (pinned)
            peers_pin(0);
        struct peers_bursts bursts;
        bool spins = kinds[i].get == get_spin;
        peers_bursts_begin(&bursts, spins ? count : 0);
        uint64_t begin = peers_now_ns();
        for (uint32_t round = 1; round <= count; round++) {
            table.put(&table, true, round);
            table.get(&table, false, round);
            if (spins)
                peers_bursts_round(&bursts, round);
        }
        double ns = (double)(peers_now_ns() - begin) / count;
        if (bursts.length != 0)
            ns = peers_bursts_end(&bursts);
        pthread_join(thread, NULL);
        if (pinned)
            peers_pin(-1);
        if (kinds[i].put == put_eventfd) {
            close(table.ping_epoll);
            close(table.pong_epoll);
            close(table.ping_fd);
            close(table.pong_fd);
        }
        return ns / 2;
    }
    return -1;
}

double peers_ring_answer(nvmedb_doorbells *view, uint32_t id, uint32_t *answer_word, uint32_t count, int parked)
{
    struct peers_bursts bursts;
    peers_bursts_begin(&bursts, parked ? 0 : count);
    uint64_t begin = peers_now_ns();
    uint32_t last = __atomic_load_n(answer_word, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t next = (last + 1) & 0xFFFFu;
        if (nvmedb_ring(view, id, next) != NVMEDB_OK)
            return -1;
        while (__atomic_load_n(answer_word, __ATOMIC_ACQUIRE) != next)
            if (parked)
                peers_futex_wait(answer_word, last);
        last = next;
        if (!parked)
            peers_bursts_round(&bursts, i + 1);
    }
    double ns = (double)(peers_now_ns() - begin) / count;
    if (bursts.length != 0)
        ns = peers_bursts_end(&bursts);
    return ns / 2;
}

void peers_answer_wait(uint32_t *answer_word, uint32_t value)
{
    while (__atomic_load_n(answer_word, __ATOMIC_ACQUIRE) == value)
        peers_futex_wait(answer_word, value);
}

void peers_answer_wake(uint32_t *answer_word, uint32_t value)
{
    __atomic_store_n(answer_word, value, __ATOMIC_RELEASE);
    peers_futex_wake(answer_word);
}
