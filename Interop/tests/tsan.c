/*
 * The header's inline ring under ThreadSanitizer, against the managed side modelled in C (managed_model.h): the
 * sanitizer sees nothing of the library's compiled managed code. Needs no library.
 *
 * SPDX-License-Identifier: MIT
 *
 * What ThreadSanitizer can show: queue entries, and pages that are given back, are plain data here, so an acquire or a
 * release that is missing on the way from one side to the other is a report, even where this processor would not
 * reorder. It looks at what ran, not at everything that may: that is the model checker's part (docs/proof.md).
 * What it cannot: a fence is executed but not understood, no order follows from it. So what only a fence orders, the
 * StoreLoad of R3 and S3, is never a report: if it were missing, a wake would be lost and a test here would hang, and
 * that only by chance and on this processor.
 *
 * -DNVMEDB_TSAN_MUTANT=N builds a defect that must be reported: 1 the ring's stores are relaxed; 2 the follower's load
 * of the value is; 3 a follower leaves a shadow page by a relaxed store.
 */
#if defined(NVMEDB_TSAN_MUTANT) && NVMEDB_TSAN_MUTANT == 1
#pragma push_macro("__ATOMIC_RELEASE")
#undef __ATOMIC_RELEASE
#define __ATOMIC_RELEASE __ATOMIC_RELAXED
#include "nvme_doorbell.h"
#pragma pop_macro("__ATOMIC_RELEASE")
#endif
#include "managed_reactor.h"

#include <semaphore.h>

#define ENTRIES 16u
#define SETTLED 8u /* homes of one doorbell in a row before every ring under way has to have ended: fewer than 16 */

/*
 * A submission queue: entries are plain, so that nothing but the doorbell orders them. A doorbell's value is the number
 * of entries sent, not their number modulo ENTRIES, so that no older value is taken for a newer one.
 */
struct queue {
    uint64_t entries[ENTRIES][2];
    uint64_t head;         /* consumer's */
    uint64_t done;         /* atomic; entries the consumer has let go */
    uint64_t ringing;      /* atomic; odd while its producer is inside a ring */
    uint64_t turns;        /* atomic; of its consumer */
    uint64_t switches;     /* atomic; homes switched to the shadow page and back */
    uint64_t total;
    struct memory *memory;
    uint32_t id;
    int is_switched, keeps_shadow;
    uint32_t *shadow, *event_idx;
    uint64_t random;
};

static struct memory memory;
static struct reactor reactor;
static struct task tasks[DOORBELLS];
static struct queue queues[DOORBELLS];

/* The library is not linked. */
size_t nvmedb_last_error(char *buffer, size_t length_bytes)
{
    if (length_bytes != 0)
        buffer[0] = 0;
    return 0;
}

static void ring_by_register(struct queue *queue, uint32_t value)
{
    __atomic_fetch_add(&queue->ringing, 1u, __ATOMIC_RELAXED);
    CHECK_OK(nvmedb_ring(queue->memory->view, queue->id, value));
    __atomic_fetch_add(&queue->ringing, 1u, __ATOMIC_RELAXED);
}

/* A guest with shadow doorbells: stores by itself, and rings only where EventIdx asks for it (NVMe Base 2.0, B.5). */
static void ring_by_shadow(struct queue *queue, uint32_t old, uint32_t value)
{
    WRITE(queue->shadow[queue->id], value);
    FENCE();
    uint32_t event_idx = READ(queue->event_idx[queue->id]);
    if ((uint16_t)(value - event_idx - 1) < (uint16_t)(value - old))
        CHECK_OK(nvmedb_kick(queue->memory->view, queue->id));
}

static void *produce(void *argument)
{
    struct queue *queue = argument;
    uint64_t sent = 0;
    while (sent < queue->total) {
        /* However the threads are scheduled, there is a switch for a few rings. */
        WAIT_UNTIL(!queue->is_switched || __atomic_load_n(&queue->switches, __ATOMIC_RELAXED) >= sent / 8);
        uint64_t batch = 1 + check_random(&queue->random) % 4, before = sent;
        for (; batch != 0 && sent < queue->total; batch--, sent++) {
            WAIT_UNTIL(sent - READ(queue->done) < ENTRIES - 1);
            queue->entries[sent % ENTRIES][0] = sent;
            queue->entries[sent % ENTRIES][1] = ~sent;
        }
        if (queue->keeps_shadow)
            ring_by_shadow(queue, (uint32_t)before, (uint32_t)sent);
        else
            ring_by_register(queue, (uint32_t)sent);
        /* No further ring comes until this one has been served: if its wake is lost, the wait ends the test. */
        if (check_random(&queue->random) % 4 == 0)
            WAIT_UNTIL(READ(queue->done) == sent);
    }
    WAIT_UNTIL(READ(queue->done) == sent);
    return NULL;
}

static int consume(struct task *task)
{
    struct queue *queue = task->context;
    uint32_t tail;
    nvmedb_status status = try_poll(&task->follower, &tail);
    __atomic_fetch_add(&queue->turns, 1u, __ATOMIC_RELAXED);
    if (status != NVMEDB_OK)
        return 0;
    CHECK(tail <= queue->total);
    CHECK(tail >= queue->head); /* never backwards, not while homes are switched either */
    for (; queue->head != tail; queue->head++) {
        CHECK_EQ(queue->head, queue->entries[queue->head % ENTRIES][0]);
        CHECK_EQ(~queue->head, queue->entries[queue->head % ENTRIES][1]);
    }
    WRITE(queue->done, queue->head);
    task->is_finished = queue->head == queue->total;
    return 1;
}

static void queue_init(uint32_t id, uint64_t total)
{
    struct queue *queue = &queues[id];
    memset(queue, 0, sizeof *queue);
    queue->memory = &memory;
    queue->id = id;
    queue->total = total;
    queue->random = check_seed + id;
    tasks[id].context = queue;
    tasks[id].turn = consume;
    doorbell_open(&memory, &tasks[id].follower, id, 65536);
}

/* Every sleep ended by one wake, or was taken back and is not counted. */
static void check_wakes(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        CHECK_EQ(tasks[i].sleeps, tasks[i].wakes);
        CHECK(tasks[i].sleeps != 0);
        CHECK_EQ(0, READ(tasks[i].waker.waking));
    }
    CHECK_EQ(0, READ(reactor.cell.ready));
}

static void a_reactor_serves_two_producers(void)
{
    memory_init(&memory);
    reactor_init(&reactor, tasks, 2, 8);
    queue_init(0, 40000);
    queue_init(1, 40000);
    pthread_t consumer = check_start(reactor_run, &reactor);
    pthread_t producers[] = { check_start(produce, &queues[0]), check_start(produce, &queues[1]) };
    check_join(producers[0]);
    check_join(producers[1]);
    check_join(consumer);
    check_wakes(2);
}

static void a_guest_that_keeps_its_shadow_rings_when_it_is_asked(void)
{
    static uint32_t shadow[DOORBELLS], event_idx[DOORBELLS];
    memory_init(&memory);
    reactor_init(&reactor, tasks, 1, 8);
    queue_init(0, 40000);
    queues[0].keeps_shadow = 1;
    queues[0].shadow = shadow;
    queues[0].event_idx = event_idx;
    switch_homes(&memory, shadow, event_idx);
    pthread_t consumer = check_start(reactor_run, &reactor);
    pthread_t producer = check_start(produce, &queues[0]);
    check_join(producer);
    check_join(consumer);
    check_wakes(1);
}

/* Fewer homes than a doorbell has cells go by while a ring stalls. */
static void await_ring(uint64_t *ringing)
{
    uint64_t before = __atomic_load_n(ringing, __ATOMIC_RELAXED);
    WAIT_UNTIL(before % 2 == 0 || __atomic_load_n(ringing, __ATOMIC_RELAXED) != before);
}

static void homes_switch_and_pages_are_given_back(void)
{
    static uint32_t shadow[64], event_idx[64];
    struct queue *queue = &queues[0];
    uint64_t random = check_seed;
    memory_init(&memory);
    reactor_init(&reactor, tasks, 1, 4);
    queue_init(0, 20000);
    queue->is_switched = 1;
    pthread_t consumer = check_start(reactor_run, &reactor);
    pthread_t producer = check_start(produce, queue);
    while (__atomic_load_n(&queue->done, __ATOMIC_RELAXED) != queue->total) {
        /* The guest's own use of its pages, before and after they were ours: plain stores, all of each page, of values
           beyond the queue's. */
        for (size_t i = 0; i < sizeof shadow / sizeof shadow[0]; i++)
            shadow[i] = event_idx[i] = 0xA5A5A5A5u;
        switch_homes(&memory, shadow, event_idx);
        /* Now and then the follower certainly looks at the page: a kick wakes it where nothing is rung. */
        uint64_t turns = __atomic_load_n(&queue->turns, __ATOMIC_RELAXED), looks = check_random(&random) % 4;
        WAIT_UNTIL(__atomic_load_n(&queue->turns, __ATOMIC_RELAXED) - turns >= looks ||
                   __atomic_load_n(&queue->done, __ATOMIC_RELAXED) == queue->total ||
                   nvmedb_kick(memory.view, 0) != NVMEDB_OK);
        switch_homes(&memory, NULL, NULL);
        for (size_t i = 0; i < sizeof shadow / sizeof shadow[0]; i++)
            shadow[i] = event_idx[i] = 0x5A5A5A5Au;
        if (__atomic_add_fetch(&queue->switches, 1u, __ATOMIC_RELAXED) % SETTLED == 0)
            await_ring(&queue->ringing);
    }
    check_join(producer);
    check_join(consumer);
    check_wakes(1);
}

/* Openings take turns with a limit of 16 and of 4096: a value of one of the others would be above the small one. */
#define OPENINGS 4000u

static struct {
    uint64_t opened, closed, ringing; /* atomic */
    uint32_t limit;                   /* follower's */
    uint64_t random;
} life;

static void open_next(struct task *task)
{
    life.limit = life.limit == 16 ? 4096 : 16;
    doorbell_open(&memory, &task->follower, 0, life.limit);
    __atomic_fetch_add(&life.opened, 1u, __ATOMIC_RELAXED);
}

static int follow_openings(struct task *task)
{
    uint32_t value;
    nvmedb_status status = try_poll(&task->follower, &value);
    if (status == NVMEDB_E_CLOSED) {
        open_next(task);
        return 1;
    }
    CHECK(value < life.limit);
    task->is_finished = __atomic_load_n(&life.closed, __ATOMIC_RELAXED) == OPENINGS && value == 7;
    return status == NVMEDB_OK;
}

static void *ring_whatever_is_open(void *argument)
{
    nvmedb_status status;
    (void)argument;
    while (READ(life.closed) != OPENINGS) {
        uint64_t opened = __atomic_load_n(&life.opened, __ATOMIC_RELAXED);
        uint32_t value = 8 + check_random(&life.random) % (life.random % 2 ? 4 : 4000);
        __atomic_fetch_add(&life.ringing, 1u, __ATOMIC_RELAXED);
        status = nvmedb_ring(memory.view, 0, value);
        __atomic_fetch_add(&life.ringing, 1u, __ATOMIC_RELAXED);
        CHECK(status == NVMEDB_OK || status == NVMEDB_E_CLOSED || status == NVMEDB_E_VALUE);
        /* Quiet: now only the close can wake the follower. */
        if (check_random(&life.random) % 16 == 0)
            WAIT_UNTIL(__atomic_load_n(&life.opened, __ATOMIC_RELAXED) != opened || READ(life.closed) == OPENINGS);
    }
    WAIT_UNTIL((status = nvmedb_ring(memory.view, 0, 7)) == NVMEDB_OK);
    return NULL;
}

static void doorbells_are_closed_and_opened_again(void)
{
    uint64_t random = check_seed;
    memory_init(&memory);
    reactor_init(&reactor, tasks, 1, 0);
    memset(&life, 0, sizeof life);
    life.random = check_seed + 1;
    tasks[0].turn = follow_openings;
    open_next(&tasks[0]);
    pthread_t consumer = check_start(reactor_run, &reactor);
    pthread_t ringer = check_start(ring_whatever_is_open, NULL);
    for (uint64_t n = 1; n <= OPENINGS; n++) {
        WAIT_UNTIL(__atomic_load_n(&life.opened, __ATOMIC_RELAXED) == n);
        for (uint64_t yields = check_random(&random) % 4; yields != 0; yields--)
            sched_yield();
        if (n % SETTLED == 0)
            await_ring(&life.ringing);
        doorbell_close(&memory, 0);
        WRITE(life.closed, n);
    }
    check_join(ringer);
    check_join(consumer);
    check_wakes(1);
}

/* A waker that calls back, registered with both doorbells: Poll's sleeps. */
static struct {
    nvmedb_waker_cell waker;
    sem_t called;
    uint64_t calls;
} face;

static void on_wake(void *context)
{
    __atomic_fetch_add(&face.calls, 1u, __ATOMIC_RELAXED);
    CHECK_EQ(0, sem_post(context));
}

static void *poll_both(void *argument)
{
    struct task *both = argument;
    while (!both[0].is_finished || !both[1].is_finished) {
        int worked = 0;
        for (unsigned i = 0; i < 2; i++) {
            uint32_t value;
            /* poll_with has taken the news, so consume is shown it again. */
            uint32_t before = both[i].follower.seen;
            if (poll_with(&both[i].follower, &face.waker, &value) != NVMEDB_OK)
                continue;
            both[i].follower.seen = before;
            worked |= consume(&both[i]);
        }
        if (!worked && (!both[0].is_finished || !both[1].is_finished))
            while (sem_wait(&face.called) != 0)
                ;
    }
    return NULL;
}

static void a_waker_that_calls_back_is_called_once_a_sleep(void)
{
    memory_init(&memory);
    reactor_init(&reactor, tasks, 2, 0);
    memset(&face, 0, sizeof face);
    REQUIRE(sem_init(&face.called, 0, 0) == 0);
    face.waker.wake = (uint64_t)(uintptr_t)on_wake;
    face.waker.context = (uint64_t)(uintptr_t)&face.called;
    queue_init(0, 15000);
    queue_init(1, 15000);
    pthread_t consumer = check_start(poll_both, tasks);
    pthread_t producers[] = { check_start(produce, &queues[0]), check_start(produce, &queues[1]) };
    check_join(producers[0]);
    check_join(producers[1]);
    check_join(consumer);
    uint32_t state = READ(face.waker.state);
    CHECK_EQ(state / NVMEDB_WAKER_NEXT_SLEEP, face.calls + ((state & NVMEDB_WAKER_STATE_MASK) == NVMEDB_WAKER_SLEEPING));
    CHECK(face.calls != 0);
}

static const struct test tests[] = {
    { "a reactor serves two producers", a_reactor_serves_two_producers },
    { "a guest that keeps its shadow rings when it is asked", a_guest_that_keeps_its_shadow_rings_when_it_is_asked },
    { "homes switch and pages are given back", homes_switch_and_pages_are_given_back },
    { "doorbells are closed and opened again", doorbells_are_closed_and_opened_again },
    { "a waker that calls back is called once a sleep", a_waker_that_calls_back_is_called_once_a_sleep },
};

CHECK_MAIN(tests)
