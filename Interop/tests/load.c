/*
 * A controller under load, and what the embedder does to it meanwhile: reset, free, memory that goes and comes, a
 * hundred controllers, ten thousand one after the other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "driver.h"

#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define TOLERANCE_BYTES (96u << 20)
#else
#define TOLERANCE_BYTES (8u << 20)
#endif

static size_t resident_bytes(void)
{
    unsigned long total, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    REQUIRE(file != NULL);
    REQUIRE(fscanf(file, "%lu %lu", &total, &resident) == 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* Reads as many commands at once as the queue holds, again and again, and checks what it read. */
static void keep_busy(struct driver *d, uint32_t number, uint32_t nsid, unsigned commands, unsigned char *data)
{
    struct queue *queue = &d->queues[number];
    unsigned put_count = 0, taken_count = 0;
    while (taken_count < commands) {
        completion taken;
        while (put_count < commands && put_count - taken_count < queue->entries - 1) {
            put(queue, transfer(d, READ, nsid, 8 * (put_count % 64), 8, data));
            put_count++;
        }
        ring_doorbell(d, 2 * number, queue->tail);
        WAIT_UNTIL(try_take(d, queue, &taken) || !idle(d));
        do {
            CHECK_EQ(0, taken.status >> 1);
            taken_count++;
        } while (try_take(d, queue, &taken));
    }
}

static void commands_allocate_nothing(void)
{
    struct driver d;
    nvmedb_runtime_stats before = {.size = sizeof before}, after = {.size = sizeof after};
    create_driver(&d, defaults());
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    enable_msix(&d);
    create_queues(&d, 1, 64);
    unsigned char *data = allocate(&d, 2 * PAGE);
    keep_busy(&d, 1, nsid, 5000, data);
    CHECK_OK(nvmedb_runtime_get_stats(&before));
    keep_busy(&d, 1, nsid, 20000, data);
    /* One at a time, so that the reactor sleeps and is woken, and rings that are refused. */
    for (unsigned i = 0; i < 2000; i++) {
        CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, nsid, 0, 8, data), NULL));
        write_register(&d, 0x1000 + 2 * 4, 4, 0xFFFF);
        write_register(&d, 0x1000 + 2 * 4, 2, 1);
    }
    CHECK_OK(nvmedb_runtime_get_stats(&after));
    CHECK_EQ(before.allocated_bytes, after.allocated_bytes);
    CHECK_EQ(before.collections, after.collections);
    free_driver(&d);
}

struct load {
    struct driver *d;
    uint32_t number;
    unsigned stop;
};

/* A guest that rings whatever it likes, while others reset and free the controller. */
static void *ring_wildly(void *argument)
{
    struct load *load = argument;
    uint64_t random = check_seed + load->number, value;
    while (!__atomic_load_n(&load->stop, __ATOMIC_ACQUIRE)) {
        uint64_t offset = 0x1000 + 4 * (check_random(&random) % (2 * MAX_QUEUES + 2));
        nvmedb_status status = nvmedb_bar0_write(load->d->controller, load->d->view, offset, 4, random % 16);
        CHECK(status == NVMEDB_OK || status == NVMEDB_E_CLOSED || status == NVMEDB_E_HANDLE);
        status = nvmedb_controller_bar0_read(load->d->controller, 0x1C, 4, &value);
        CHECK(status == NVMEDB_OK || status == NVMEDB_E_CLOSED || status == NVMEDB_E_HANDLE);
    }
    return NULL;
}

static void reset_under_load(void)
{
    struct driver d;
    struct load loads[2];
    pthread_t threads[2];
    create_driver(&d, defaults());
    uint32_t nsid = add_ram(&d, 1 << 20);
    unsigned char *data = allocate(&d, 2 * PAGE);
    uint32_t used_bytes = d.used_bytes;
    for (uint32_t i = 0; i < 2; i++) {
        loads[i] = (struct load){.d = &d, .number = i};
        threads[i] = check_start(ring_wildly, &loads[i]);
    }
    for (unsigned round = 0; round < 40; round++) {
        d.used_bytes = used_bytes;
        enable(&d);
        /* Garbage in the queues of a controller that serves: commands of all kinds, many of them refused. */
        for (uint32_t number = 1; number <= 2; number++) {
            init_queue(&d, number, 16);
            struct queue *queue = &d.queues[number];
            for (uint32_t i = 0; i < 16; i++)
                queue->commands[i] = transfer(&d, READ, nsid, 8 * i, 8, data);
            command make_cq = {.opcode = CREATE_CQ, .prp1 = guest(&d, (const void *)queue->completions),
                               .dword10 = 15u << 16 | number, .dword11 = 1};
            command make_sq = {.opcode = CREATE_SQ, .prp1 = guest(&d, queue->commands),
                               .dword10 = 15u << 16 | number, .dword11 = number << 16 | 1u};
            d.queues[0].commands[(2 * number) % 16] = make_cq;
            d.queues[0].commands[(2 * number + 1) % 16] = make_sq;
        }
        for (unsigned i = 0; i < 20; i++)
            read_register(&d, 0x1C, 4);
        if (round % 2 == 0) {
            CHECK_OK(nvmedb_controller_reset(d.controller));
        } else {
            write_register(&d, 0x14, 4, 0);
            wait_ready(&d, 0);
        }
        /* The guest has its memory back: what the device still wrote would be seen. */
        memset(d.ram + used_bytes, 0xEE, RAM_BYTES - used_bytes);
        for (unsigned i = 0; i < 20; i++)
            read_register(&d, 0x1C, 4);
        for (uint32_t i = used_bytes; i < RAM_BYTES; i += 8) {
            uint64_t word;
            memcpy(&word, d.ram + i, 8);
            CHECK(word == UINT64_C(0xEEEEEEEEEEEEEEEE));
        }
        memset(d.ram + used_bytes, 0, 1 << 20);
    }
    for (uint32_t i = 0; i < 2; i++) {
        __atomic_store_n(&loads[i].stop, 1u, __ATOMIC_RELEASE);
        check_join(threads[i]);
    }
    /* And it still works. */
    d.used_bytes = used_bytes;
    enable(&d);
    create_queues(&d, 1, 16);
    keep_busy(&d, 1, nsid, 1000, data);
    free_driver(&d);
}

static void *reset_once(void *driver)
{
    CHECK_OK(nvmedb_controller_reset(((struct driver *)driver)->controller));
    return NULL;
}

static void two_resets_at_once(void)
{
    struct driver d;
    create_driver(&d, defaults());
    uint32_t nsid = add_ram(&d, 1 << 20);
    unsigned char *data = allocate(&d, 2 * PAGE);
    uint32_t used_bytes = d.used_bytes;
    for (unsigned round = 0; round < 20; round++) {
        d.used_bytes = used_bytes;
        enable(&d);
        create_queues(&d, 1, 16);
        for (unsigned i = 0; i < 15; i++)
            put(&d.queues[1], transfer(&d, READ, nsid, 8 * i, 8, data));
        ring_doorbell(&d, 2, d.queues[1].tail);
        pthread_t other = check_start(reset_once, &d);
        CHECK_OK(nvmedb_controller_reset(d.controller));
        check_join(other);
        CHECK_EQ(0, read_register(&d, 0x1C, 4) & 1);
    }
    free_driver(&d);
}

static void freed_under_load(void)
{
    for (unsigned round = 0; round < 20; round++) {
        struct driver d;
        struct load load = {.d = &d, .number = round};
        create_driver(&d, defaults());
        uint32_t nsid = add_ram(&d, 1 << 20);
        unsigned char *data = allocate(&d, 2 * PAGE);
        enable(&d);
        create_queues(&d, 1, 16);
        for (unsigned i = 0; i < 15; i++)
            put(&d.queues[1], transfer(&d, READ, nsid, 8 * i, 8, data));
        pthread_t thread = check_start(ring_wildly, &load);
        ring_doorbell(&d, 2, d.queues[1].tail);
        nvmedb_status status;
        WAIT_UNTIL((status = nvmedb_controller_free(d.controller)) != NVMEDB_E_BUSY);
        CHECK_OK(status);
        CHECK_OK(nvmedb_memory_free(d.memory));
        CHECK(munmap(d.ram, RAM_BYTES) == 0);
        for (unsigned i = 0; i < 1000; i++)
            CHECK(nvmedb_ring(d.view, i % 4, 0) < 0);
        /* The view reads zeroes now, its stride too. */
        for (uint64_t offset = 0x1000; offset <= UINT64_C(1) << 40; offset *= 2)
            CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_bar0_write(d.controller, d.view, offset, 4, 0));
        __atomic_store_n(&load.stop, 1u, __ATOMIC_RELEASE);
        check_join(thread);
        CHECK_OK(nvmedb_reactor_free(d.reactor));
    }
}

static void *read_all_the_time(void *argument)
{
    struct load *load = argument;
    struct queue *queue = &load->d->queues[1];
    /* Its data lies in the region that goes: some commands get Data Transfer Error, none gets lost. */
    uint64_t data = 0x200000000;
    while (!__atomic_load_n(&load->stop, __ATOMIC_ACQUIRE)) {
        completion taken;
        put(queue, (command){.opcode = READ, .nsid = 1, .prp1 = data, .prp2 = data + PAGE, .dword12 = 15});
        ring_doorbell(load->d, 2, queue->tail);
        WAIT_UNTIL(try_take(load->d, queue, &taken));
    }
    return NULL;
}

static void memory_goes_and_comes_under_load(void)
{
    struct driver d;
    struct load load = {.d = &d};
    create_driver(&d, defaults());
    add_ram(&d, 1 << 20);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *region = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(region != MAP_FAILED);
    pthread_t thread = check_start(read_all_the_time, &load);
    for (unsigned round = 0; round < 500; round++) {
        CHECK_OK(nvmedb_memory_add(d.memory, 0x200000000, region, 2 * PAGE, 0));
        sched_yield();
        CHECK_OK(nvmedb_memory_remove(d.memory, 0x200000000, 2 * PAGE, 0));
        /* Nothing of the device writes it any more: a write now would be caught by the system. */
        CHECK(mprotect(region, 2 * PAGE, PROT_NONE) == 0);
        sched_yield();
        CHECK(mprotect(region, 2 * PAGE, PROT_READ | PROT_WRITE) == 0);
    }
    __atomic_store_n(&load.stop, 1u, __ATOMIC_RELEASE);
    check_join(thread);
    free_driver(&d);
    munmap(region, 2 * PAGE);
}

static void a_hundred_controllers_at_once(void)
{
    static struct driver drivers[100];
    uint32_t nsid = 0;
    for (unsigned i = 0; i < 100; i++) {
        struct driver_options options = defaults();
        options.reactor.poll = NVMEDB_POLL_NEVER;
        create_driver(&drivers[i], options);
        nsid = add_ram(&drivers[i], 1 << 20);
        enable(&drivers[i]);
        create_queues(&drivers[i], 1, 16);
    }
    for (unsigned i = 0; i < 100; i++) {
        unsigned char *data = allocate(&drivers[i], 2 * PAGE);
        memset(data, (int)i, PAGE);
        CHECK_EQ(0, execute(&drivers[i], 1, transfer(&drivers[i], WRITE, nsid, 0, 8, data), NULL));
    }
    for (unsigned i = 0; i < 100; i++) {
        unsigned char *data = allocate(&drivers[i], 2 * PAGE);
        CHECK_EQ(0, execute(&drivers[i], 1, transfer(&drivers[i], READ, nsid, 0, 8, data), NULL));
        CHECK(data[0] == i && data[PAGE - 1] == i);
        free_driver(&drivers[i]);
    }
}

static void ten_thousand_controllers_one_after_the_other(void)
{
    size_t before = 0;
    for (unsigned round = 0; round < 12500; round++) {
        struct driver d;
        struct driver_options options = defaults();
        options.reactor.lent = 1;
        if (round == 2500)
            before = resident_bytes();
        create_driver(&d, options);
        add_ram(&d, 1 << 20);
        if (round % 16 == 0)
            enable(&d);
        free_driver(&d);
    }
    size_t after = resident_bytes();
    if (after > before + TOLERANCE_BYTES)
        check_fail(__FILE__, __LINE__, "resident bytes grew", (long long)(after - before));
}

static const struct test tests[] = {
    {"load: commands allocate nothing", commands_allocate_nothing},
    {"load: reset under load", reset_under_load},
    {"load: two resets at once", two_resets_at_once},
    {"load: freed under load", freed_under_load},
    {"load: memory goes and comes under load", memory_goes_and_comes_under_load},
    {"load: a hundred controllers at once", a_hundred_controllers_at_once},
    {"load: ten thousand controllers, one after the other", ten_thousand_controllers_one_after_the_other},
};

CHECK_MAIN(tests)
