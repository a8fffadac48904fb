/*
 * What becomes of this process when a client cuts a file that it has handed over. An access behind the new end raises
 * SIGBUS, whose default is the end of the process. Here the stretch is replaced by zeroed memory of our own, the access
 * is done again, and the client loses its connection.
 *
 * In C because a signal handler must not enter the managed runtime: the thread that it interrupts may be in the middle
 * of managed code. Everything that it calls is async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* As many as a client may announce (Capabilities.MaxDmaMaps). */
enum { RANGES = 65535 };

/* A mapping of a client's file. start is 0 where the place is free, and is written last and taken back first. */
struct range {
    _Atomic uintptr_t start;
    _Atomic size_t length;
};

static struct range ranges[RANGES];
static _Atomic size_t used;         /* places below this one may be taken */
static size_t lowest;               /* places below this one are taken; of the thread that adds */
static _Atomic int connection = -1; /* the client's socket */
static _Atomic unsigned replaced;   /* ranges that were cut, ever */
static struct sigaction previous;

static struct range *find(uintptr_t address)
{
    size_t count = atomic_load(&used);
    for (size_t i = 0; i < count; i++) {
        uintptr_t start = atomic_load(&ranges[i].start);
        if (start != 0 && address >= start && address - start < atomic_load(&ranges[i].length))
            return &ranges[i];
    }
    return NULL;
}

/* Not ours: what would have happened without this handler. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    if (previous.sa_flags & SA_SIGINFO)
        previous.sa_sigaction(number, info, context);
    else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
        previous.sa_handler(number);
    else
        sigaction(number, &previous, NULL); /* the access is done again, and ends the process */
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    int error = errno;
    struct range *cut = info->si_code == BUS_ADRERR ? find((uintptr_t)info->si_addr) : NULL;
    /* A range that is in use is not unmapped, so it is the same until we return. All of it: the rest of the client's file
     * is of no use to anyone, and another fault would follow. */
    if (cut == NULL || mmap((void *)atomic_load(&cut->start), atomic_load(&cut->length), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED) {
        pass_on(number, info, context);
    } else {
        atomic_fetch_add(&replaced, 1);
        int socket = atomic_load(&connection);
        if (socket >= 0)
            shutdown(socket, SHUT_RDWR);
    }
    errno = error;
}

/* Before anything else of this file: 0, or -1 where there can be no handler. */
int nvmedb_guard_install(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, &previous);
}

/* The client's socket, or -1: none. It must not be closed while it is known here. */
void nvmedb_guard_connection(int socket)
{
    atomic_store(&connection, socket);
}

/* A mapping of a client's file. One thread at a time. The place that it takes, or -1: there is none. */
int nvmedb_guard_add(uintptr_t start, size_t length)
{
    size_t place = lowest;
    while (place < RANGES && atomic_load(&ranges[place].start) != 0)
        place++;
    lowest = place;
    if (place == RANGES)
        return -1;
    atomic_store(&ranges[place].length, length);
    atomic_store(&ranges[place].start, start);
    if (place >= atomic_load(&used))
        atomic_store(&used, place + 1);
    return (int)place;
}

/* Before it is unmapped, and when nothing uses it. By the thread that adds. */
void nvmedb_guard_remove(int place)
{
    atomic_store(&ranges[place].start, 0);
    if ((size_t)place < lowest)
        lowest = (size_t)place;
}

/* How many ranges have been replaced since the start of the process. */
unsigned nvmedb_guard_replaced(void)
{
    return atomic_load(&replaced);
}
