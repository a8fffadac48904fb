/*
 * nvme_doorbell.h: the C interface of libnvmedoorbell.
 *
 * SPDX-License-Identifier: MIT
 *
 * Three things can be taken from here, each alone or together:
 *   - doorbells:   nvmedb_doorbells_*, nvmedb_waker_*, and the inline nvmedb_ring()
 *   - a reactor:   nvmedb_reactor_*, the thread (yours or ours) that serves what has been rung
 *   - controller:  nvmedb_controller_*, nvmedb_namespace_*, a whole NVMe function behind BAR0
 *
 * Rules that hold for every function unless its comment says otherwise:
 *   - Any thread may call it at any time. It returns NVMEDB_OK (0), another non-negative status, or a negative error;
 *     nvmedb_last_error() then has a sentence about it for the calling thread.
 *   - A handle that is zero, freed, or of another kind gets NVMEDB_E_HANDLE; nothing is touched.
 *   - A config struct starts with its own size: set it to sizeof. A library newer than the caller's header accepts the
 *     smaller struct and takes defaults for what it lacks; every field that is zero means its default.
 *   - No exception, signal or longjmp crosses this border. Callbacks must not throw or longjmp through it either.
 *   - Guest input never makes a call fail in a way that needs handling: the guest gets what the specification names.
 */
#ifndef NVME_DOORBELL_H
#define NVME_DOORBELL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#ifdef __cplusplus
extern "C" {
#elif defined(__linux__)
/* unistd.h hides it from a strict -std=c11. */
extern long syscall(long number, ...);
#endif

/* ---- Version and status ------------------------------------------------------------------------------------- */

/*
 * The layouts and calls in this header, and what a ring does. Changes only when something here is removed or laid out anew,
 * or when the library relies on a step that an inline ring of an older header does not take.
 */
#define NVMEDB_ABI_VERSION 2u

typedef int32_t nvmedb_status;

enum {
    NVMEDB_OK = 0,
    NVMEDB_PENDING = 1,           /* poll: nothing changed; the waker is registered and will be called */
    NVMEDB_E_ARGUMENT = -1,       /* an argument is outside what the function takes */
    NVMEDB_E_HANDLE = -2,         /* null, freed, or a handle of another kind */
    NVMEDB_E_ABI = -3,            /* struct size or ABI version unknown to this library */
    NVMEDB_E_RANGE = -4,          /* no doorbell, namespace or vector of that number */
    NVMEDB_E_CLOSED = -5,         /* the doorbell is closed (no queue behind it), or the object is being freed */
    NVMEDB_E_VALUE = -6,          /* doorbell value not below the doorbell's limit: ignored, nothing changed */
    NVMEDB_E_BUSY = -7,           /* still in use; nothing changed; try again */
    NVMEDB_E_MEMORY = -8,         /* out of memory, or an address range that cannot be used */
    NVMEDB_E_IO = -9,             /* the operating system refused a file or descriptor; nvmedb_last_error has why */
    NVMEDB_E_EXISTS = -10,        /* overlaps or repeats something that is there */
    NVMEDB_E_THREAD = -11,        /* not from this thread (for instance: would wait for itself) */
    NVMEDB_E_STATE = -12,         /* not in the state the object is in */
    NVMEDB_E_TIMEOUT = -13,       /* not done in the time given */
    NVMEDB_E_NOT_SUPPORTED = -14, /* not on this system */
    NVMEDB_E_INTERNAL = -15       /* a defect of the library; the message says what to report */
};

/* The ABI of the library that is loaded; compare with NVMEDB_ABI_VERSION. */
uint32_t nvmedb_abi_version(void);
/* The library's version, for instance "0.1.0". Static storage. */
const char *nvmedb_version(void);
/* A short name for a status, for instance "NVMEDB_E_HANDLE: null, freed, or of another kind". Static storage. */
const char *nvmedb_status_text(nvmedb_status status);
/* Copies the calling thread's last error sentence, always terminated; returns its full length without the zero. */
size_t nvmedb_last_error(char *buffer, size_t length_bytes);

/* What the managed runtime inside the library has done since it started. */
typedef struct nvmedb_runtime_stats {
    uint32_t size; /* sizeof(nvmedb_runtime_stats) */
    uint32_t reserved;
    uint64_t allocated_bytes; /* by every thread, precise */
    uint64_t collections;     /* garbage collections of every generation */
} nvmedb_runtime_stats;
nvmedb_status nvmedb_runtime_get_stats(nvmedb_runtime_stats *stats);
/* Runs a full blocking collection now. For tests of what a collection does to the threads that ring. */
nvmedb_status nvmedb_runtime_collect(void);

/* ---- Native layouts that the inline ring reads; version NVMEDB_ABI_VERSION ------------------------------------ */

/*
 * One doorbell. 128 bytes, aligned to 128.
 *
 * home is one word: bits 63..48 the generation (which opening of the doorbell this is), bits 47..2 the address of the
 * value's cell, bit 0 set when a ring may store there directly. Bit 0 clear: closed, or a page of guest RAM
 * (a shadow home), which a ring must count itself into first.
 */
typedef struct nvmedb_slot {
    uint64_t home;      /*   0  where the value lives now */
    uint64_t waker;     /*   8  address of the nvmedb_waker_cell to wake, or of nobody; 0 never opened, or freed */
    uint64_t event_idx; /*  16  address of the EventIdx cell while the home is a shadow page, or 0; device only */
    uint32_t limit;     /*  24  values at or above it are refused; 0 while closed */
    uint32_t seen;      /*  28  what the sleeper knows: generation << 16 | value */
    uint32_t visitors;  /*  32  rings now inside a shadow home */
    uint32_t looking;   /*  36  the device reads a shadow home or writes its EventIdx now; device only */
    uint32_t carrying;  /*  40  a switch of homes is under way; device only */
    uint32_t posted;    /*  44  what a write that came late has brought last; device only */
    uint64_t reserved1[2];
    uint32_t cells[16]; /*  64  private homes; each opening takes the next, so that a ring left over from an earlier
                                opening stores where nobody looks */
} nvmedb_slot;

/* The doorbells of one controller: this header, 256 bytes, then count slots. */
typedef struct nvmedb_doorbells {
    uint32_t count;          /*   0  doorbells; 0 once freed */
    uint32_t flags;          /*   4  NVMEDB_DOORBELLS_SYMMETRIC */
    uint32_t abi_version;    /*   8 */
    uint32_t stride_bytes;   /*  12  distance of two doorbell registers in BAR0: 4 << CAP.DSTRD */
    uint32_t unfenced_count; /*  16  count where rings run no fence, else 0: one compare tells a ring both */
    uint32_t reserved0;
    uint64_t reserved1[13];
    uint64_t nobody[16];     /* 128  an nvmedb_waker_cell that never sleeps: what a ring finds where nobody follows */
    /* 256: nvmedb_slot[count] */
} nvmedb_doorbells;

/* The ring itself runs the StoreLoad fence, because this system has no process-wide barrier. */
#define NVMEDB_DOORBELLS_SYMMETRIC 1u

/*
 * A waker's state: bits 1..0 below, bit 2 set where rings have to fence before they look at them, bits 31..3 the number of
 * the sleep.
 */
#define NVMEDB_WAKER_RUNNING 0u
#define NVMEDB_WAKER_SLEEPING 1u
#define NVMEDB_WAKER_NOTIFIED 2u
#define NVMEDB_WAKER_STATE_MASK 3u
#define NVMEDB_WAKER_FENCED 4u
#define NVMEDB_WAKER_NEXT_SLEEP 8u /* added for each sleep */

/* One sleeper. 128 bytes, aligned to 128. Never unmapped while the process lives. */
typedef struct nvmedb_waker_cell {
    uint32_t state;   /*  0  NVMEDB_WAKER_* and the number of the sleep */
    uint32_t index;   /*  4  which task of its reactor */
    uint64_t reactor; /*  8  address of its nvmedb_reactor_cell, or 0 */
    uint64_t wake;    /* 16  where reactor is 0: void (*)(void *context), called by the thread that wakes */
    uint64_t context; /* 24 */
    uint64_t next;    /* 32  next cell of the reactor's ready list */
    uint32_t waking;  /* 40  threads that may be about to win or call; freeing the waker waits for them */
    uint32_t reserved0;
    uint64_t reserved1[10];
} nvmedb_waker_cell;

/* One reactor. 256 bytes, aligned to 128. Never unmapped while the process lives. */
typedef struct nvmedb_reactor_cell {
    uint64_t ready;         /*   0  the waker cells that have been made ready, newest first, or 0 */
    uint64_t reserved0[15];
    uint32_t park;          /* 128  NVMEDB_PARK_*; the futex word */
    uint32_t reserved1[31];
} nvmedb_reactor_cell;

#define NVMEDB_PARK_AWAKE 0u
#define NVMEDB_PARK_PARKED 1u
#define NVMEDB_PARK_LENT 2u   /* parked, and another thread takes its turns: nobody has to be woken */

/* ---- The inline ring ------------------------------------------------------------------------------------------ */

/* Address of slot id; id must be below view->count. */
static inline nvmedb_slot *nvmedb_slot_at(const nvmedb_doorbells *view, uint32_t id)
{
    return (nvmedb_slot *)(uintptr_t)view + (id + 2u); /* what precedes the slots is as long as two */
}

static inline uint32_t *nvmedb_home_cell(uint64_t home)
{
    return (uint32_t *)(uintptr_t)(home & UINT64_C(0x0000FFFFFFFFFFFC));
}

/*
 * Whether value is below what word holds, and whether word holds value: a relaxed load and a compare. On x86-64 in one
 * instruction, which compilers do not make of an atomic load: the ring then fits into one cache line of code.
 */
#if defined(__x86_64__) && defined(__GCC_ASM_FLAG_OUTPUTS__)
static inline int nvmedb_is_below(uint32_t value, const uint32_t *word)
{
    int is_below;
    __asm__ volatile("cmpl %2, %1" : "=@ccb"(is_below) : "r"(value), "m"(*word) : "memory");
    return is_below;
}

static inline int nvmedb_holds(const uint64_t *word, uint64_t value)
{
    int holds;
    __asm__ volatile("cmpq %2, %1" : "=@cce"(holds) : "r"(value), "m"(*word) : "memory");
    return holds;
}
#else
static inline int nvmedb_is_below(uint32_t value, const uint32_t *word)
{
    return value < __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline int nvmedb_holds(const uint64_t *word, uint64_t value)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED) == value;
}
#endif

/* Gives a waker whose NOTIFIED transition the caller has won back to whoever runs it. No managed code for a reactor. */
static inline void nvmedb_make_ready(nvmedb_waker_cell *waker)
{
    nvmedb_reactor_cell *reactor = (nvmedb_reactor_cell *)(uintptr_t)waker->reactor;
    if (reactor == NULL) {
        ((void (*)(void *))(uintptr_t)waker->wake)((void *)(uintptr_t)waker->context);
        return;
    }
    uint64_t head = __atomic_load_n(&reactor->ready, __ATOMIC_RELAXED);
    do
        __atomic_store_n(&waker->next, head, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&reactor->ready, &head, (uint64_t)(uintptr_t)waker, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED));
    /* Pairs with the reactor's exchange of park to PARKED before its last look at ready: one of both sees the other. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t parked = NVMEDB_PARK_PARKED;
    if (__atomic_load_n(&reactor->park, __ATOMIC_RELAXED) == NVMEDB_PARK_PARKED &&
        __atomic_compare_exchange_n(&reactor->park, &parked, NVMEDB_PARK_AWAKE, 0, __ATOMIC_SEQ_CST,
                                    __ATOMIC_RELAXED)) {
#if defined(__linux__)
        syscall(SYS_futex, &reactor->park, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
#endif
    }
}

/* Claims the sleep that state names and, if that wins, wakes its task. Of all callers against one sleep one wins. */
static inline void nvmedb_wake_cell(nvmedb_waker_cell *waker, uint32_t state)
{
    /* Counted in before the claim and out after the call: whoever frees the waker takes the state first, then waits. */
    __atomic_fetch_add(&waker->waking, 1u, __ATOMIC_SEQ_CST);
    if (__atomic_compare_exchange_n(&waker->state, &state, state ^ (NVMEDB_WAKER_SLEEPING | NVMEDB_WAKER_NOTIFIED), 0,
                                    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        nvmedb_make_ready(waker);
    __atomic_fetch_sub(&waker->waking, 1u, __ATOMIC_RELEASE);
}

/* Wakes the sleeper of slot, if one sleeps on a value other than value. Callers have stored it in home and fenced. */
static inline void nvmedb_wake_slot(nvmedb_slot *slot, uint64_t home, uint32_t value)
{
    nvmedb_waker_cell *waker = (nvmedb_waker_cell *)(uintptr_t)__atomic_load_n(&slot->waker, __ATOMIC_ACQUIRE);
    if (waker == NULL)
        return;
    uint32_t state = __atomic_load_n(&waker->state, __ATOMIC_ACQUIRE);
    /* The same value again is no news: a sleeper that knows it sleeps on. */
    if ((state & NVMEDB_WAKER_STATE_MASK) == NVMEDB_WAKER_SLEEPING &&
        __atomic_load_n(&slot->seen, __ATOMIC_ACQUIRE) != ((uint32_t)(home >> 48) << 16 | value))
        nvmedb_wake_cell(waker, state);
}

/* A function that is not to be part of the ring's own code. */
#define NVMEDB_APART static __attribute__((noinline, unused))

/*
 * The ring's rare ways: closed, out of limit, reserved bits, a shadow home, a home replaced under way; and the ring that
 * runs the fence itself. Same results as nvmedb_ring.
 */
NVMEDB_APART nvmedb_status nvmedb_ring_rare(nvmedb_slot *slot, uint64_t first_home, uint32_t value)
{
    value &= 0xFFFFu;
    for (;;) {
        uint64_t home = __atomic_load_n(&slot->home, __ATOMIC_ACQUIRE);
        /* Another generation: the doorbell this ring was for has been closed. It must not reach its successor. */
        if (nvmedb_home_cell(home) == NULL || (home ^ first_home) >> 48 != 0)
            return NVMEDB_E_CLOSED;
        if (value >= __atomic_load_n(&slot->limit, __ATOMIC_ACQUIRE)) {
            /* The limit of this home, or of a close that has come between the two looks? */
            if (__atomic_load_n(&slot->home, __ATOMIC_RELAXED) != home)
                continue;
            return NVMEDB_E_VALUE;
        }
        if (home & 1u) {
            __atomic_store_n(nvmedb_home_cell(home), value, __ATOMIC_RELEASE);
            __atomic_thread_fence(__ATOMIC_SEQ_CST);
        } else {
            /* Guest RAM: count in, look again, store, count out. A switch away waits for the count to reach zero, so
               the page cannot be given back while a store to it is under way. */
            __atomic_fetch_add(&slot->visitors, 1u, __ATOMIC_SEQ_CST);
            int is_still = __atomic_load_n(&slot->home, __ATOMIC_SEQ_CST) == home;
            if (is_still)
                __atomic_store_n(nvmedb_home_cell(home), value, __ATOMIC_RELEASE);
            __atomic_fetch_sub(&slot->visitors, 1u, __ATOMIC_SEQ_CST);
            /* Not the look below's to find out: the same page may be the home once more by then. */
            if (!is_still)
                continue;
        }
        if (__atomic_load_n(&slot->home, __ATOMIC_ACQUIRE) == home) {
            nvmedb_wake_slot(slot, home, value);
            return NVMEDB_OK;
        }
    }
}

/* A ring where rings run the fence themselves, or of a doorbell that is not there. */
NVMEDB_APART nvmedb_status nvmedb_ring_fenced(nvmedb_doorbells *view, uint32_t id, uint32_t value)
{
    if (id >= __atomic_load_n(&view->count, __ATOMIC_RELAXED))
        return NVMEDB_E_RANGE;
    nvmedb_slot *slot = nvmedb_slot_at(view, id);
    return nvmedb_ring_rare(slot, __atomic_load_n(&slot->home, __ATOMIC_ACQUIRE), value);
}

/* The end of a ring that finds a sleeper, or one that wants it to fence. */
NVMEDB_APART nvmedb_status nvmedb_ring_sleeper(nvmedb_slot *slot, uint64_t home, uint32_t value)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    nvmedb_wake_slot(slot, home, value);
    return NVMEDB_OK;
}

/*
 * Rings doorbell id: stores value and wakes whoever sleeps on it. Never enters managed code, takes no lock, allocates
 * nothing. Where nobody sleeps it is a store and a few loads from lines that are not written by others.
 *
 * view: from nvmedb_doorbells_create or nvmedb_controller_doorbells. It may be used while the object is being freed
 *       and afterwards: the answer is then NVMEDB_E_RANGE or NVMEDB_E_CLOSED.
 * value: the queue's new tail (or head); bits 31..16 are ignored.
 * Returns NVMEDB_OK, NVMEDB_E_RANGE, NVMEDB_E_CLOSED or NVMEDB_E_VALUE.
 */
static inline nvmedb_status nvmedb_ring(nvmedb_doorbells *view, uint32_t id, uint32_t value)
{
    if (__builtin_expect(!nvmedb_is_below(id, &view->unfenced_count), 0))
        return nvmedb_ring_fenced(view, id, value);
    nvmedb_slot *slot = nvmedb_slot_at(view, id);
    uint64_t home = __atomic_load_n(&slot->home, __ATOMIC_ACQUIRE);
    if (__builtin_expect((home & 1u) == 0 || !nvmedb_is_below(value, &slot->limit), 0))
        return nvmedb_ring_rare(slot, home, value);
    __atomic_store_n(nvmedb_home_cell(home), value, __ATOMIC_RELEASE);
    /* StoreLoad against the sleeper's SLEEPING-then-look: the sleeper's process-wide barrier does it for both, and here
       only the compiler is held. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    /* Read before the second look at the home: zeroes, of doorbells that are freed meanwhile, then show as another home. */
    nvmedb_waker_cell *waker = (nvmedb_waker_cell *)(uintptr_t)__atomic_load_n(&slot->waker, __ATOMIC_ACQUIRE);
    if (__builtin_expect(!nvmedb_holds(&slot->home, home), 0))
        return nvmedb_ring_rare(slot, home, value);
    /* Of the three states only SLEEPING has bit 0 set. */
    if (__builtin_expect(__atomic_load_n(&waker->state, __ATOMIC_RELAXED) & (NVMEDB_WAKER_SLEEPING | NVMEDB_WAKER_FENCED), 0))
        return nvmedb_ring_sleeper(slot, home, value);
    return NVMEDB_OK;
}

/*
 * Wakes whoever sleeps on doorbell id to look again, without storing a value: for an ioeventfd that has fired on a
 * doorbell whose value the guest keeps in its shadow page. Returns as nvmedb_ring does.
 */
static inline nvmedb_status nvmedb_kick(nvmedb_doorbells *view, uint32_t id)
{
    if (id >= __atomic_load_n(&view->count, __ATOMIC_RELAXED))
        return NVMEDB_E_RANGE;
    nvmedb_slot *slot = nvmedb_slot_at(view, id);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    nvmedb_waker_cell *waker = (nvmedb_waker_cell *)(uintptr_t)__atomic_load_n(&slot->waker, __ATOMIC_ACQUIRE);
    if (waker == NULL)
        return NVMEDB_OK;
    uint32_t state = __atomic_load_n(&waker->state, __ATOMIC_ACQUIRE);
    if ((state & NVMEDB_WAKER_STATE_MASK) == NVMEDB_WAKER_SLEEPING)
        nvmedb_wake_cell(waker, state);
    return NVMEDB_OK;
}

/* ---- Doorbells alone ------------------------------------------------------------------------------------------ */

typedef uint64_t nvmedb_doorbells_handle;
typedef uint64_t nvmedb_waker_handle;
typedef uint64_t nvmedb_memory_handle;
typedef uint64_t nvmedb_reactor_handle;
typedef uint64_t nvmedb_controller_handle;
typedef uint64_t nvmedb_subsystem_handle;
typedef uint64_t nvmedb_owner_handle; /* of a namespace: a controller's handle or a subsystem's */

/*
 * Who pays for the fence between a ring and a sleep. ASYMMETRIC: the sleeper, by a barrier that interrupts each core on
 * which a thread of this process runs (1 us on bare metal, up to 40 us in virtual machines). SYMMETRIC: each ring, some
 * 20 cycles. ADAPTIVE: the sleeper, and the rings of a task that sleeps so often that its barriers would take more than
 * some hundredths of a core.
 */
enum {
    NVMEDB_BARRIER_DEFAULT = 0, /* ADAPTIVE */
    NVMEDB_BARRIER_ASYMMETRIC = 1,
    NVMEDB_BARRIER_SYMMETRIC = 2,
    NVMEDB_BARRIER_ADAPTIVE = 3
};

typedef struct nvmedb_doorbells_config {
    uint32_t size;    /* sizeof(nvmedb_doorbells_config) */
    uint32_t count;   /* doorbells, 2 to 131072 */
    uint32_t barrier; /* NVMEDB_BARRIER_*; all are SYMMETRIC where the kernel lacks membarrier */
    uint32_t stride;  /* CAP.DSTRD, 0 to 8 */
} nvmedb_doorbells_config;

/* All doorbells start closed. view is for nvmedb_ring and stays readable for ever. */
nvmedb_status nvmedb_doorbells_create(const nvmedb_doorbells_config *config, nvmedb_doorbells_handle *doorbells,
                                      nvmedb_doorbells **view);
/* Opens a doorbell with value 0; values below limit (2 to 65536) are accepted. Open already: NVMEDB_E_EXISTS. */
nvmedb_status nvmedb_doorbells_open(nvmedb_doorbells_handle doorbells, uint32_t id, uint32_t limit);
/* Closes it: rings get NVMEDB_E_CLOSED, a sleeping waker is called, its next poll says NVMEDB_E_CLOSED. */
nvmedb_status nvmedb_doorbells_close(nvmedb_doorbells_handle doorbells, uint32_t id);
/* The ring as a call, for callers without a C compiler. Enters managed code. Returns as nvmedb_ring does. */
nvmedb_status nvmedb_doorbells_ring(nvmedb_doorbells_handle doorbells, uint32_t id, uint32_t value);
/*
 * Looks at a doorbell. NVMEDB_OK: changed since the last poll, *value is the newest. NVMEDB_PENDING: not changed, and
 * waker (may be 0: none) will be called after the next change or close. NVMEDB_E_CLOSED: closed. A value that came by
 * a ring is below the limit; a guest may write anything into a shadow page, so check it there.
 * One thread at a time per doorbell, and per waker. A waker that follows several doorbells is called once, for the one
 * that changes first: then poll all of them again. A call may also come for a change that a poll has taken already.
 */
nvmedb_status nvmedb_doorbells_poll(nvmedb_doorbells_handle doorbells, uint32_t id, nvmedb_waker_handle waker,
                                    uint32_t *value);
/*
 * Moves all open doorbells into a shadow page and its EventIdx page, as Doorbell Buffer Config does: host addresses of
 * length_bytes each, 4-byte aligned, doorbell id at id * (4 << stride); doorbells beyond length_bytes stay private.
 * Both NULL: back to private homes; when the call returns, the pages are never touched again. Values move with the
 * doorbells, and every sleeper looks again.
 */
nvmedb_status nvmedb_doorbells_set_shadow(nvmedb_doorbells_handle doorbells, void *shadow, void *event_idx,
                                          size_t length_bytes);
/* Closes every doorbell and frees the object. Rings under way or later are harmless and get an error. */
nvmedb_status nvmedb_doorbells_free(nvmedb_doorbells_handle doorbells);

/* A waker that calls back, on the thread that rings: be quick, do not block. One waker may follow many doorbells. */
nvmedb_status nvmedb_waker_create(void (*wake)(void *context), void *context, nvmedb_waker_handle *waker);
/* When it returns no call to wake is under way, and no doorbell starts a new one. From such a call: NVMEDB_E_BUSY. */
nvmedb_status nvmedb_waker_free(nvmedb_waker_handle waker);

/* ---- Guest memory --------------------------------------------------------------------------------------------- */

enum { NVMEDB_MEMORY_READ_ONLY = 1 };

nvmedb_status nvmedb_memory_create(nvmedb_memory_handle *memory);
/* Guest RAM at guest_address is length_bytes at host. Page-aligned (4096). Overlap: NVMEDB_E_EXISTS. */
nvmedb_status nvmedb_memory_add(nvmedb_memory_handle memory, uint64_t guest_address, void *host, uint64_t length_bytes,
                                uint32_t flags);
/*
 * Removes the region that starts at guest_address with that length. When it returns NVMEDB_OK nothing of the device
 * reads or writes it any more. Waits for commands under way, timeout_ms at most (0: 10 s): NVMEDB_E_BUSY, and the
 * region is then unreachable for new commands but still in use by old ones: call again. From a reactor's own thread:
 * NVMEDB_E_THREAD. No such region: NVMEDB_E_RANGE.
 */
nvmedb_status nvmedb_memory_remove(nvmedb_memory_handle memory, uint64_t guest_address, uint64_t length_bytes,
                                   uint32_t timeout_ms);
/* Controllers that use it: NVMEDB_E_BUSY. */
nvmedb_status nvmedb_memory_free(nvmedb_memory_handle memory);

/* ---- Reactors ------------------------------------------------------------------------------------------------- */

enum { NVMEDB_POLL_ADAPTIVE = 0, NVMEDB_POLL_ALWAYS = 1, NVMEDB_POLL_NEVER = 2 };

typedef struct nvmedb_reactor_config {
    uint32_t size;        /* sizeof(nvmedb_reactor_config) */
    uint32_t poll;        /* NVMEDB_POLL_* */
    uint32_t poll_max_us; /* longest polling before sleep when adaptive, at most 1000000; 0: 200 */
    uint32_t lent;        /* 0: a thread of its own; 1: the caller's threads run it by nvmedb_reactor_run */
    int32_t cpu_plus_one; /* 0: not pinned; n: its own thread is pinned to CPU n - 1, where the system lets it */
    uint32_t reserved;
} nvmedb_reactor_config;

nvmedb_status nvmedb_reactor_create(const nvmedb_reactor_config *config, nvmedb_reactor_handle *reactor);
/*
 * Runs a lent reactor on the calling thread until nvmedb_reactor_stop, or for timeout_ms (0: one turn, no waiting;
 * UINT32_MAX: no limit). One thread at a time: else NVMEDB_E_BUSY. Not lent, or from its own callback: NVMEDB_E_STATE.
 */
nvmedb_status nvmedb_reactor_run(nvmedb_reactor_handle reactor, uint32_t timeout_ms);
/* Makes nvmedb_reactor_run return. A reactor with its own thread goes on: only nvmedb_reactor_free ends it. */
nvmedb_status nvmedb_reactor_stop(nvmedb_reactor_handle reactor);
/* Objects that use it: NVMEDB_E_BUSY. From its own thread: NVMEDB_E_THREAD. */
nvmedb_status nvmedb_reactor_free(nvmedb_reactor_handle reactor);

typedef struct nvmedb_reactor_stats {
    uint32_t size; /* sizeof(nvmedb_reactor_stats) */
    uint32_t reserved;
    uint64_t turns;          /* times round its loop */
    uint64_t wakes;          /* tasks made ready by a ring or a completion */
    uint64_t spurious_wakes; /* of those, tasks that found nothing to do */
    uint64_t sleeps;         /* times a task went to sleep */
    uint64_t parks;          /* times the thread parked */
} nvmedb_reactor_stats;
nvmedb_status nvmedb_reactor_get_stats(nvmedb_reactor_handle reactor, nvmedb_reactor_stats *stats);

/* ---- Subsystems ------------------------------------------------------------------------------------------------ */

/*
 * Namespaces, and the controllers that share them. Only needed where a namespace is to be seen by several controllers,
 * or made by a guest: a controller without one has a subsystem to itself.
 */
typedef struct nvmedb_subsystem_config {
    uint32_t size;         /* sizeof(nvmedb_subsystem_config) */
    uint32_t abi_version;  /* NVMEDB_ABI_VERSION */
    const char *serial;    /* up to 20 ASCII characters; NULL: "NVMEDB0000000001". All its controllers report it */
    const char *model;     /* up to 40; NULL: "NvmeDoorbell Controller" */
    const char *nqn;       /* "nqn." and up to 223 in all; NULL: made of the serial */
    uint64_t pool_bytes;   /* guests may make namespaces of so many bytes (Namespace Management); 0: they may not */
    const char *pool_path; /* UTF-8: the existing folder that their files are in, and stay in; NULL: they are in RAM */
} nvmedb_subsystem_config;

nvmedb_status nvmedb_subsystem_create(const nvmedb_subsystem_config *config, nvmedb_subsystem_handle *subsystem);
/* Closes its disks. Controllers that belong to it: NVMEDB_E_BUSY. */
nvmedb_status nvmedb_subsystem_free(nvmedb_subsystem_handle subsystem);
/*
 * Attaches a namespace of the subsystem to a controller of it. One that was added to the subsystem may be attached to
 * several. No such namespace, or no controller of it: NVMEDB_E_RANGE. Attached already, or private to another:
 * NVMEDB_E_EXISTS.
 */
nvmedb_status nvmedb_namespace_attach(nvmedb_subsystem_handle subsystem, uint32_t nsid,
                                      nvmedb_controller_handle controller);
/*
 * New commands get Invalid Namespace; returns when those under way have ended. Not attached: NVMEDB_E_RANGE. A disk
 * that keeps a request for more than 10 s: NVMEDB_E_TIMEOUT, and it is detached. From a reactor thread:
 * NVMEDB_E_THREAD.
 */
nvmedb_status nvmedb_namespace_detach(nvmedb_subsystem_handle subsystem, uint32_t nsid,
                                      nvmedb_controller_handle controller);

/* ---- Controller ----------------------------------------------------------------------------------------------- */

/*
 * What goes wrong with interrupts on purpose, each one in so many; 0: not at all. A refused message is pending, as that
 * of a masked vector is: further ones of the vector merge with it, and it is delivered 10 ms later or with the next one
 * that is not refused. A refused level of the line is delivered 10 ms later, if it still is the level. So of both
 * nothing is lost; lost messages are. See "Faults on purpose".
 */
typedef struct nvmedb_interrupt_faults {
    uint32_t size;   /* sizeof(nvmedb_interrupt_faults) */
    uint32_t seed;   /* what the choices are derived from */
    uint32_t refuse; /* one in so many messages and changes of the line's level is refused for a while */
    uint32_t lose;   /* one in so many messages is never delivered */
} nvmedb_interrupt_faults;

typedef struct nvmedb_controller_config {
    uint32_t size;              /* sizeof(nvmedb_controller_config) */
    uint32_t abi_version;       /* NVMEDB_ABI_VERSION */
    nvmedb_memory_handle memory;
    const nvmedb_reactor_handle *reactors; /* I/O tasks are spread over them; the admin task is on the first */
    uint32_t reactor_count;     /* at least 1 */
    uint32_t max_queue_pairs;   /* I/O queue pairs, 1 to 65535; 0: 64 */
    uint32_t max_queue_entries; /* entries of a queue, 2 to 65536; 0: 1024 */
    uint32_t vectors;           /* MSI-X vectors, 1 to 2048; 0: max_queue_pairs + 1, 2048 at most */
    uint32_t stride;            /* CAP.DSTRD, 0 to 8 */
    uint32_t barrier;           /* NVMEDB_BARRIER_* */
    uint32_t flags;             /* NVMEDB_CONTROLLER_* */
    uint32_t max_transfer_bytes; /* largest transfer of a command, a power of two, 4096 to 16 MiB; 0: 1 MiB */
    uint16_t pci_vendor_id;     /* 0: 1B36h */
    uint16_t pci_device_id;     /* 0: 0010h */
    uint16_t pci_subsystem_vendor_id;
    uint16_t pci_subsystem_id;
    const char *serial;         /* up to 20 ASCII characters; NULL: "NVMEDB0000000001" */
    const char *model;          /* up to 40; NULL: "NvmeDoorbell Controller" */
    /* Interrupt of a vector, called from a reactor thread, or from the one that unmasks a pending vector: be quick.
       MSI-X masks have been applied. Vectors with an eventfd do not come here. NULL: none. */
    void (*interrupt)(void *context, uint32_t vector);
    /* Level of the INTx line, 0 or 1, called at each change, from the same threads; NULL: none. */
    void (*interrupt_line)(void *context, uint32_t level);
    void *interrupt_context;
    const nvmedb_interrupt_faults *interrupt_faults; /* NULL: none, and none later. All zero: nothing goes wrong yet */
    nvmedb_subsystem_handle subsystem; /* that it is a controller of; 0: one of its own, with this serial and model */
} nvmedb_controller_config;

/* No Doorbell Buffer Config: guests ring registers only. */
#define NVMEDB_CONTROLLER_NO_SHADOW 1u
/* The doorbell page can be given to the guest (nvmedb_controller_doorbell_page); its I/O queues are then polled. */
#define NVMEDB_CONTROLLER_MAPPED_DOORBELLS 2u
/* No NVM Subsystem Reset by this guest (CAP.NSSRS 0), which would reset the other controllers of the subsystem too. */
#define NVMEDB_CONTROLLER_NO_SUBSYSTEM_RESET 4u
/* A guest that has been interrupted for a queue and has not moved its head since is not interrupted for it again, for up
   to 100 us: where an interrupt costs a call to the system. With INTx there is nothing to spare. */
#define NVMEDB_CONTROLLER_MODERATED_INTERRUPTS 8u

nvmedb_status nvmedb_controller_create(const nvmedb_controller_config *config, nvmedb_controller_handle *controller);
/*
 * Ends the controller: commands under way are finished or dropped, no guest memory is touched after it has returned.
 * A disk that keeps a request for more than 10 s: NVMEDB_E_BUSY, and the call may be repeated. From a reactor thread of
 * its own: NVMEDB_E_THREAD.
 */
nvmedb_status nvmedb_controller_free(nvmedb_controller_handle controller);
/*
 * As a PCI function level reset: registers, queues, doorbells as after creation. Returns when it is done. A disk that
 * keeps a request for more than 10 s: NVMEDB_E_TIMEOUT, and the reset goes on. From a reactor thread: NVMEDB_E_THREAD.
 */
nvmedb_status nvmedb_controller_reset(nvmedb_controller_handle controller);

/* Size of BAR0 in bytes: registers, doorbells, MSI-X table and pending bits. A power of two. */
nvmedb_status nvmedb_controller_bar0_size(nvmedb_controller_handle controller, uint64_t *length_bytes);
/*
 * A guest's access to BAR0: offset and width (1, 2, 4 or 8 bytes) as the guest gave them. Little-endian in value.
 * NVMEDB_OK for whatever a guest may do, right or wrong; NVMEDB_E_RANGE beyond the BAR; NVMEDB_E_ARGUMENT other widths.
 */
nvmedb_status nvmedb_controller_bar0_read(nvmedb_controller_handle controller, uint64_t offset, uint32_t width_bytes,
                                          uint64_t *value);
nvmedb_status nvmedb_controller_bar0_write(nvmedb_controller_handle controller, uint64_t offset, uint32_t width_bytes,
                                           uint64_t value);
/* The same for PCI configuration space, 4096 bytes. */
nvmedb_status nvmedb_controller_config_read(nvmedb_controller_handle controller, uint32_t offset, uint32_t width_bytes,
                                            uint32_t *value);
nvmedb_status nvmedb_controller_config_write(nvmedb_controller_handle controller, uint32_t offset,
                                             uint32_t width_bytes, uint32_t value);

/* The view for nvmedb_ring, nvmedb_kick and nvmedb_bar0_write. */
nvmedb_status nvmedb_controller_doorbells(nvmedb_controller_handle controller, nvmedb_doorbells **view);
/* Host address and length of the page to map at BAR0 + 1000h. NVMEDB_E_STATE without MAPPED_DOORBELLS. */
nvmedb_status nvmedb_controller_doorbell_page(nvmedb_controller_handle controller, void **host, uint64_t *length_bytes);

/* Signals vector by writing 1 to an eventfd, and not by callback (-1: no longer). The descriptor stays the caller's. */
nvmedb_status nvmedb_controller_set_eventfd(nvmedb_controller_handle controller, uint32_t vector, int fd);

/*
 * What SMART reports: the composite temperature (313 at first), and what is wrong, as in its Critical Warning (bit 1, the
 * temperature's, follows from the guest's thresholds and is ignored). The guest is told by an event, if it has asked for
 * that. NVMEDB_E_RANGE: more than 16 bits of kelvins, or a bit above 5.
 */
nvmedb_status nvmedb_controller_set_health(nvmedb_controller_handle controller, uint32_t kelvin, uint32_t warnings);

typedef struct nvmedb_controller_stats {
    uint32_t size; /* sizeof(nvmedb_controller_stats) */
    uint32_t enabled; /* CSTS.RDY */
    uint64_t commands;        /* I/O commands completed */
    uint64_t admin_commands;  /* admin commands completed */
    uint64_t errors;          /* of both, those with a status other than success */
    uint64_t invalid_rings;   /* doorbell writes ignored: no such doorbell, closed, bad value or width */
    uint64_t interrupts;      /* interrupts delivered */
    uint64_t bytes_read;
    uint64_t bytes_written;
    uint64_t doorbells;       /* new values found in doorbells of I/O queues; one rung over before a look is not counted */
    uint64_t timed_commands;  /* I/O commands whose time was taken, or for which such a one stands: nearly all, of many */
    uint64_t timed_ns;        /* their times in all, doorbell found to completion posted: / timed_commands, the latency */
} nvmedb_controller_stats;
nvmedb_status nvmedb_controller_get_stats(nvmedb_controller_handle controller, nvmedb_controller_stats *stats);

/*
 * The live state as JSON, UTF-8, in buffer, always terminated: registers, namespaces, queues, open doorbells with value,
 * home, EventIdx and sleeper, reactors, counters. At any time, under load too. *needed_bytes is the length with the
 * zero; where length_bytes is less, NVMEDB_E_MEMORY and an empty text. The next call may need more or fewer.
 */
nvmedb_status nvmedb_controller_inspect(nvmedb_controller_handle controller, char *buffer, size_t length_bytes,
                                        size_t *needed_bytes);

/*
 * A guest's write to BAR0, doorbells without managed code: what a VMM calls on an MMIO exit. A well-formed doorbell
 * write is rung inline; everything else, a doorbell write that is refused too, goes to nvmedb_controller_bar0_write.
 */
static inline nvmedb_status nvmedb_bar0_write(nvmedb_controller_handle controller, nvmedb_doorbells *view,
                                              uint64_t offset, uint32_t width_bytes, uint64_t value)
{
    /* Loaded once: it turns to 0 while the controller is being freed. */
    uint32_t stride_bytes = __atomic_load_n(&view->stride_bytes, __ATOMIC_RELAXED);
    if (offset >= 0x1000u && width_bytes == 4u && stride_bytes != 0 && (offset & (stride_bytes - 1u)) == 0) {
        uint64_t id = (offset - 0x1000u) / stride_bytes;
        if (id <= UINT32_MAX && nvmedb_ring(view, (uint32_t)id, (uint32_t)value) == NVMEDB_OK)
            return NVMEDB_OK;
    }
    return nvmedb_controller_bar0_write(controller, offset, width_bytes, value);
}

/* ---- Namespaces and disks ------------------------------------------------------------------------------------- */

/*
 * A namespace is added to a controller, which then has it to itself, or to a subsystem: nvmedb_namespace_attach gives
 * it to one controller or to several. One that is added to a controller of a subsystem stays in that when the
 * controller goes.
 */

/* What a disk does wrong on purpose, each one in so many requests; 0: not at all. See "Faults on purpose". */
typedef struct nvmedb_disk_faults {
    uint32_t size;    /* sizeof(nvmedb_disk_faults) */
    uint32_t seed;    /* what the choices are derived from */
    uint32_t fail;    /* fails: Unrecovered Read Error, or Write Fault for what writes */
    uint32_t stall;   /* is held back until nothing else has come for 10 ms */
    uint32_t reorder; /* is done by another thread, in any order with others of its kind */
    uint32_t twice;   /* is completed twice, the second time with another status; the second time has no effect */
    uint32_t never;   /* is kept until nvmedb_namespace_release_requests */
    uint32_t reserved;
} nvmedb_disk_faults;

typedef struct nvmedb_namespace_config {
    uint32_t size;         /* sizeof(nvmedb_namespace_config) */
    uint32_t nsid;         /* 1 to 1024; 0: the lowest free. Returned in *nsid, where nsid is not NULL */
    uint32_t block_bytes;  /* 512 or 4096; 0: 512 */
    uint32_t read_only;    /* 1: writes get Namespace is Write Protected */
    uint64_t length_bytes; /* RAM, null and native disks: a multiple of block_bytes. File: 0 takes the file's length */
    uint32_t file_io;      /* File: NVMEDB_FILE_IO_*. 0: io_uring where the system has it, else threads */
    uint32_t file_direct;  /* File: 1: O_DIRECT, past the page cache. block_bytes is a multiple of the device's block */
    const nvmedb_disk_faults *faults; /* NULL: none, and none later. All zero: nothing goes wrong yet */
    uint32_t file_shared; /* File: 1: it may be open elsewhere as a disk, for the other end of a migration */
    uint32_t reserved;
} nvmedb_namespace_config;

enum {
    NVMEDB_FILE_IO_AUTO = 0,
    NVMEDB_FILE_IO_URING = 1, /* NVMEDB_E_NOT_SUPPORTED where the system has no io_uring or forbids it */
    NVMEDB_FILE_IO_POSITIONAL = 2
};

nvmedb_status nvmedb_namespace_add_ram(nvmedb_owner_handle owner, const nvmedb_namespace_config *config,
                                       uint32_t *nsid);
/* Reads zeroes, forgets writes: for measuring. */
nvmedb_status nvmedb_namespace_add_null(nvmedb_owner_handle owner, const nvmedb_namespace_config *config,
                                        uint32_t *nsid);
/* path is UTF-8; the file must exist. What its file system cannot do (direct I/O): NVMEDB_E_IO. */
nvmedb_status nvmedb_namespace_add_file(nvmedb_owner_handle owner, const nvmedb_namespace_config *config,
                                        const char *path, uint32_t *nsid);

enum {
    NVMEDB_DISK_READ = 0,
    NVMEDB_DISK_WRITE = 1,
    NVMEDB_DISK_FLUSH = 2,        /* what has completed before it was submitted is durable */
    NVMEDB_DISK_WRITE_ZEROES = 3, /* no segments */
    /* No segments. The range's room is given back, and it reads as zeroes. A disk that cannot do both for this range
       changes nothing and answers NVMEDB_DISK_NOT_SUPPORTED: to the guest, deallocation is a hint. */
    NVMEDB_DISK_DISCARD = 4
};

enum {
    NVMEDB_DISK_PENDING = 0,     /* submit: nvmedb_request_complete follows, from any thread, maybe before it returns */
    NVMEDB_DISK_SUCCESS = 1,
    NVMEDB_DISK_READ_ERROR = 2,  /* Unrecovered Read Error */
    NVMEDB_DISK_WRITE_FAULT = 3, /* Write Fault */
    NVMEDB_DISK_FULL = 4,        /* Capacity Exceeded */
    NVMEDB_DISK_NOT_SUPPORTED = 5,
    NVMEDB_DISK_ABORTED = 6,
    NVMEDB_DISK_INTERNAL_ERROR = 7
};

/* As struct iovec: a stretch of guest RAM in host address space. */
typedef struct nvmedb_segment {
    void *address;
    size_t length_bytes;
} nvmedb_segment;

typedef struct nvmedb_disk_request {
    uint64_t token;        /* for nvmedb_request_complete */
    uint32_t operation;    /* NVMEDB_DISK_READ, ... */
    uint32_t force_unit_access; /* write: durable before it completes */
    uint64_t offset_bytes;
    uint64_t length_bytes;
    const nvmedb_segment *segments; /* valid until the request completes; their sum is length_bytes */
    uint32_t segment_count;
    uint32_t may_deallocate; /* write zeroes: the range's room may be given back, as with NVMEDB_DISK_DISCARD */
} nvmedb_disk_request;

typedef struct nvmedb_disk_callbacks {
    uint32_t size; /* sizeof(nvmedb_disk_callbacks) */
    uint32_t reserved;
    void *context;
    /* From a reactor thread, or one of the library's own: start, do not block. Returns NVMEDB_DISK_PENDING or the final
       status. request is good for the length of the call; what its segments point to, until the request completes. */
    uint32_t (*submit)(void *context, const nvmedb_disk_request *request);
    /* May be NULL. Called once when the namespace has gone and no request is under way. */
    void (*closed)(void *context);
    /* The operations that submit knows beside read, write, flush and write zeroes: 1 << NVMEDB_DISK_DISCARD, or 0. It is
       not asked for others. */
    uint64_t operations;
    /* May be NULL. The host aborts the command, or resets the controller: end the request early if that can be done. From
       a reactor thread: do not block. 1: it will be completed soon, maybe before cancel returns, with
       NVMEDB_DISK_ABORTED if it was cut short. 0: it goes on, or the token is one that has been completed. */
    uint32_t (*cancel)(void *context, uint64_t token);
} nvmedb_disk_callbacks;

nvmedb_status nvmedb_namespace_add_native(nvmedb_owner_handle owner, const nvmedb_namespace_config *config,
                                          const nvmedb_disk_callbacks *callbacks, uint32_t *nsid);
/* Completes a pending request of a native disk exactly once. A second time or a stale token: NVMEDB_E_STATE. */
nvmedb_status nvmedb_request_complete(uint64_t token, uint32_t disk_status);
/*
 * From whatever it is attached to: new commands get Invalid Namespace; returns when those under way have ended and the
 * disk is closed. A disk that keeps a request for more than 10 s: NVMEDB_E_BUSY, and the call may be repeated. From a
 * reactor thread: NVMEDB_E_THREAD.
 */
nvmedb_status nvmedb_namespace_remove(nvmedb_owner_handle owner, uint32_t nsid);

/*
 * Gives its disk another length: a file is cut or extended; a native disk has it already. Commands that have been
 * fetched keep the old bounds; hosts are told by an event. No such namespace: NVMEDB_E_RANGE. No length for that disk:
 * NVMEDB_E_ARGUMENT. A disk whose length is fixed: NVMEDB_E_NOT_SUPPORTED.
 */
nvmedb_status nvmedb_namespace_resize(nvmedb_owner_handle owner, uint32_t nsid, uint64_t length_bytes);

/* ---- Pause, save, restore -------------------------------------------------------------------------------------- */

/*
 * Pauses a controller: nothing is fetched any more, commands under way end, what takes long (a self-test, a format, a
 * sanitize operation) stops where it can go on later. Then no disk has a request of it and no guest memory is touched
 * until it is resumed. The guest may go on: doorbell and register writes are kept, a reset is carried out at once.
 * Returns when the controller is paused. timeout_ms: the longest that it waits for disks, 0: 10 s; then NVMEDB_E_TIMEOUT,
 * and the pause goes on: call again, or resume. NVMEDB_E_STATE: it was resumed meanwhile. From a reactor thread:
 * NVMEDB_E_THREAD.
 */
nvmedb_status nvmedb_controller_pause(nvmedb_controller_handle controller, uint32_t timeout_ms);
/*
 * The same without waiting. done is called once, by a thread that runs one of the reactors, or by who frees the
 * controller: NVMEDB_OK, it is paused; NVMEDB_E_STATE, it was resumed or freed before. It must not block.
 */
nvmedb_status nvmedb_controller_start_pause(nvmedb_controller_handle controller,
                                            void (*done)(void *context, nvmedb_status status), void *context);
/* Ends a pause, or the wait for one: everything goes on, and every doorbell is looked at. Does not wait. */
nvmedb_status nvmedb_controller_resume(nvmedb_controller_handle controller);
/*
 * Writes the state of a paused controller to a buffer: registers, PCI configuration space, MSI-X, queues with their
 * doorbells, features, events, logs, and what namespaces keep beside the content of their disks. Guest RAM and disks are
 * the caller's to move. The guest's processors stand still from before this until another controller has gone on.
 * *needed_bytes (may be NULL) is the state's length, which stays the same while nothing changes; where length_bytes is
 * less, NVMEDB_E_MEMORY and nothing is written. NVMEDB_E_STATE: the controller, or another one of its subsystem, is not
 * paused. From a reactor thread: NVMEDB_E_THREAD.
 */
nvmedb_status nvmedb_controller_save(nvmedb_controller_handle controller, void *state, size_t length_bytes,
                                     size_t *needed_bytes);
/*
 * Goes on where another controller has been saved, in this process or another. This one is made with the same config and
 * has namespaces with the same identifiers, lengths and content; it has never been enabled. It is paused afterwards:
 * resume it when the guest's RAM is there. The bytes are checked whole first, wherever they are from. NVMEDB_E_ARGUMENT:
 * damaged, of another version, or of a controller made otherwise; nvmedb_last_error says what, and nothing has changed.
 * NVMEDB_E_STATE: it is enabled, or another controller of its subsystem is not paused. From a reactor thread:
 * NVMEDB_E_THREAD.
 */
nvmedb_status nvmedb_controller_restore(nvmedb_controller_handle controller, const void *state, size_t length_bytes);

/* ---- Faults on purpose ---------------------------------------------------------------------------------------- */

/*
 * For tests of guests, and of the VMM around them. A namespace that was added with faults, and a controller that was
 * made with interrupt faults, take other ones at any time: they hold from the next request or interrupt on. Without
 * them: NVMEDB_E_STATE, and nothing stands in the way of requests and interrupts. What was held back reaches the
 * callbacks of disks and interrupts on a thread of the library, for which the rules of a reactor thread hold. A region
 * of guest memory that vanishes is nvmedb_memory_remove.
 */
nvmedb_status nvmedb_namespace_set_faults(nvmedb_owner_handle owner, uint32_t nsid,
                                          const nvmedb_disk_faults *faults);
/* Lets go of the requests that the disk keeps; of a namespace too that has been removed meanwhile (NVMEDB_E_BUSY). */
nvmedb_status nvmedb_namespace_release_requests(nvmedb_owner_handle owner, uint32_t nsid);

typedef struct nvmedb_disk_fault_stats {
    uint32_t size;         /* sizeof(nvmedb_disk_fault_stats) */
    uint32_t held;         /* requests held or kept now */
    uint64_t failed;       /* and since the namespace was added: requests that failed on purpose, */
    uint64_t stalled;
    uint64_t reordered;
    uint64_t kept;
    uint64_t caught_twice; /* second completions that had no effect, as it has to be, */
    uint64_t missed_twice; /* and those that were taken for the first: 0 but for a defect of the library */
} nvmedb_disk_fault_stats;
nvmedb_status nvmedb_namespace_get_fault_stats(nvmedb_owner_handle owner, uint32_t nsid,
                                               nvmedb_disk_fault_stats *stats);

nvmedb_status nvmedb_controller_set_interrupt_faults(nvmedb_controller_handle controller,
                                                     const nvmedb_interrupt_faults *faults);
/* Delivers now what has been refused. */
nvmedb_status nvmedb_controller_release_interrupts(nvmedb_controller_handle controller);

typedef struct nvmedb_interrupt_fault_stats {
    uint32_t size;    /* sizeof(nvmedb_interrupt_fault_stats) */
    uint32_t pending; /* vectors with a refused message that waits now, and one for the line */
    uint64_t refused; /* since the controller was made: messages and levels that were refused at first, */
    uint64_t lost;    /* and messages that were lost */
} nvmedb_interrupt_fault_stats;
nvmedb_status nvmedb_controller_get_interrupt_fault_stats(nvmedb_controller_handle controller,
                                                          nvmedb_interrupt_fault_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* NVME_DOORBELL_H */
