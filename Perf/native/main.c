/*
 * nvmedb_peers [LIBRARY]: measures native shapes, a sample for each line of standard input.
 *
 *   in:   FIGURE SHAPE COUNT
 *   out:  {"figure":"ring_idle_1t","shape":"limit","ns":1.66,"allocatedBytes":0,"latencies":[]}
 *
 * ns is negative where a shape is not there; latencies are those of single operations, where a shape times them. LIBRARY is libnvmedoorbell.so; without it, core_c_export and core_c_inline
 * are missing. The first line of output says whether it was loaded: {"library":true}.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"

static struct peers_library library;
static struct peers_target target = {NULL, 0, &library};
static uint64_t callbacks;

static void wake(void *context)
{
    __atomic_fetch_add((uint64_t *)context, 1u, __ATOMIC_RELAXED);
}

static void fail(const char *what)
{
    char text[256] = "";
    if (library.last_error != NULL)
        library.last_error(text, sizeof text);
    fprintf(stderr, "nvmedb_peers: %s: %s\n", what, text);
    exit(1);
}

static void *symbol(void *handle, const char *name)
{
    void *address = dlsym(handle, name);
    if (address == NULL) {
        fprintf(stderr, "nvmedb_peers: %s\n", dlerror());
        exit(1);
    }
    return address;
}

/* Loads the library and opens doorbells whose sleeper is registered and awake: the usual state of a busy queue. */
static void load(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        fprintf(stderr, "nvmedb_peers: %s\n", dlerror());
        exit(1);
    }
    library.doorbells_create = (__typeof__(library.doorbells_create))symbol(handle, "nvmedb_doorbells_create");
    library.doorbells_open = (__typeof__(library.doorbells_open))symbol(handle, "nvmedb_doorbells_open");
    library.doorbells_ring = (__typeof__(library.doorbells_ring))symbol(handle, "nvmedb_doorbells_ring");
    library.doorbells_poll = (__typeof__(library.doorbells_poll))symbol(handle, "nvmedb_doorbells_poll");
    library.waker_create = (__typeof__(library.waker_create))symbol(handle, "nvmedb_waker_create");
    library.runtime_get_stats = (__typeof__(library.runtime_get_stats))symbol(handle, "nvmedb_runtime_get_stats");
    library.last_error = (__typeof__(library.last_error))symbol(handle, "nvmedb_last_error");

    nvmedb_doorbells_config config = {.size = sizeof config, .count = PEERS_DOORBELLS};
    if (library.doorbells_create(&config, &target.handle, &target.view) != NVMEDB_OK)
        fail("nvmedb_doorbells_create");
    for (uint32_t id = 0; id < PEERS_DOORBELLS; id++) {
        nvmedb_waker_handle waker = 0;
        uint32_t value = 0;
        if (library.doorbells_open(target.handle, id, 65536) != NVMEDB_OK)
            fail("nvmedb_doorbells_open");
        if (library.waker_create(wake, &callbacks, &waker) != NVMEDB_OK)
            fail("nvmedb_waker_create");
        if (library.doorbells_poll(target.handle, id, waker, &value) != NVMEDB_PENDING)
            fail("nvmedb_doorbells_poll");
        if (nvmedb_ring(target.view, id, 1) != NVMEDB_OK)
            fail("nvmedb_ring");
        if (library.doorbells_poll(target.handle, id, waker, &value) != NVMEDB_OK || value != 1)
            fail("nvmedb_doorbells_poll");
    }
    if (callbacks != PEERS_DOORBELLS)
        fail("a wake was lost or doubled");
}

static uint64_t allocated_bytes(void)
{
    nvmedb_runtime_stats stats = {.size = sizeof stats};
    if (library.runtime_get_stats == NULL || library.runtime_get_stats(&stats) != NVMEDB_OK)
        return 0;
    return stats.allocated_bytes;
}

int main(int argc, char **argv)
{
    char line[256], figure[64], shape[64];
    unsigned count;
    if (argc > 1)
        load(argv[1]);
    printf("{\"library\":%s}\n", argc > 1 ? "true" : "false");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%63s %63s %u", figure, shape, &count) != 3) {
            fprintf(stderr, "nvmedb_peers: FIGURE SHAPE COUNT expected\n");
            return 2;
        }
        uint64_t before = allocated_bytes();
        peers_latencies.count = 0;
        double ns = peers_sample_target(figure, shape, count, &target);
        printf("{\"figure\":\"%s\",\"shape\":\"%s\",\"ns\":%.3f,\"allocatedBytes\":%llu,\"latencies\":[", figure, shape,
               ns, (unsigned long long)(allocated_bytes() - before));
        for (uint32_t i = 0; i < peers_latencies.count; i++)
            printf("%s%llu", i == 0 ? "" : ",", (unsigned long long)peers_latencies.ns[i]);
        printf("]}\n");
        fflush(stdout);
    }
    return 0;
}
