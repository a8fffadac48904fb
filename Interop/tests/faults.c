/*
 * Faults on purpose, as a VMM's tests use them: a disk that fails, keeps, stalls, reorders and doubles; interrupts that
 * are refused and lost; a region of guest memory that vanishes under I/O.
 *
 * SPDX-License-Identifier: MIT
 */
#include "driver.h"

enum { DATA_TRANSFER_ERROR = 0x004 };

static uint32_t add_faulty(struct driver *d, const nvmedb_disk_faults *faults)
{
    nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = 1 << 20, .faults = faults};
    uint32_t nsid = 0;
    CHECK_OK(nvmedb_namespace_add_ram(d->controller, &config, &nsid));
    return nsid;
}

static nvmedb_disk_fault_stats disk_stats(struct driver *d, uint32_t nsid)
{
    nvmedb_disk_fault_stats stats = {.size = sizeof stats};
    CHECK_OK(nvmedb_namespace_get_fault_stats(d->controller, nsid, &stats));
    return stats;
}

static nvmedb_interrupt_fault_stats interrupt_stats(struct driver *d)
{
    nvmedb_interrupt_fault_stats stats = {.size = sizeof stats};
    CHECK_OK(nvmedb_controller_get_interrupt_fault_stats(d->controller, &stats));
    return stats;
}

static void requests_fail_when_they_are_told_to(void)
{
    struct driver d;
    nvmedb_disk_faults faults = {.size = sizeof faults};
    create_driver(&d, defaults());
    uint32_t nsid = add_faulty(&d, &faults);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *data = allocate(&d, 2 * PAGE);
    CHECK_EQ(0, execute(&d, 1, transfer(&d, WRITE, nsid, 0, 8, data), NULL));
    faults.fail = 1;
    CHECK_OK(nvmedb_namespace_set_faults(d.controller, nsid, &faults));
    CHECK_EQ(READ_ERROR, execute(&d, 1, transfer(&d, READ, nsid, 0, 8, data), NULL));
    CHECK_EQ(WRITE_FAULT, execute(&d, 1, transfer(&d, WRITE, nsid, 0, 8, data), NULL));
    faults.fail = 0;
    CHECK_OK(nvmedb_namespace_set_faults(d.controller, nsid, &faults));
    CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, nsid, 0, 8, data), NULL));
    CHECK_EQ(2, disk_stats(&d, nsid).failed);
    free_driver(&d);
}

static void a_kept_request_completes_when_it_is_released(void)
{
    struct driver d;
    nvmedb_disk_faults faults = {.size = sizeof faults, .never = 1};
    completion taken;
    create_driver(&d, defaults());
    uint32_t nsid = add_faulty(&d, &faults);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *data = allocate(&d, 2 * PAGE);
    uint16_t id = put(&d.queues[1], transfer(&d, READ, nsid, 0, 8, data));
    ring_doorbell(&d, 2, d.queues[1].tail);
    WAIT_UNTIL(disk_stats(&d, nsid).held == 1);
    CHECK(!try_take(&d, &d.queues[1], &taken));
    CHECK_OK(nvmedb_namespace_release_requests(d.controller, nsid));
    WAIT_UNTIL(try_take(&d, &d.queues[1], &taken));
    CHECK_EQ(id, taken.id);
    CHECK_EQ(0, taken.status >> 1);
    CHECK_EQ(1, disk_stats(&d, nsid).kept);
    CHECK_EQ(0, disk_stats(&d, nsid).held);
    free_driver(&d);
}

/* Stalled, in any order, twice: every command completes once, and the data is right. */
static void data_is_right_over_a_disk_that_stalls_reorders_and_doubles(void)
{
    struct driver d;
    nvmedb_disk_faults faults = {
        .size = sizeof faults, .seed = (uint32_t)check_seed, .stall = 50, .reorder = 2, .twice = 3};
    create_driver(&d, defaults());
    uint32_t nsid = add_faulty(&d, &faults);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *data[8];
    struct queue *queue = &d.queues[1];
    for (unsigned slot = 0; slot < 8; slot++)
        data[slot] = allocate(&d, 2 * PAGE);
    for (unsigned round = 0; round < 60; round++) {
        int opcode = round % 2 == 0 ? WRITE : READ;
        unsigned in_flight = 0;
        for (unsigned slot = 0; slot < 8; slot++) {
            memset(data[slot], opcode == WRITE ? (int)(round + slot) : 0, PAGE);
            in_flight |= 1u << slot;
            queue->next_id = (uint16_t)slot;
            put(queue, transfer(&d, opcode, nsid, 8 * slot, 8, data[slot]));
        }
        ring_doorbell(&d, 2, queue->tail);
        while (in_flight != 0) {
            completion taken;
            WAIT_UNTIL(try_take(&d, queue, &taken));
            CHECK_EQ(0, taken.status >> 1);
            REQUIRE(taken.id < 8 && (in_flight & 1u << taken.id) != 0);
            in_flight &= ~(1u << taken.id);
            CHECK_EQ((unsigned char)(round / 2 * 2 + taken.id), data[taken.id][PAGE - 1]);
        }
    }
    nvmedb_disk_fault_stats stats = disk_stats(&d, nsid);
    CHECK(stats.stalled > 0 && stats.reordered > 0 && stats.caught_twice > 0);
    CHECK_EQ(0, stats.missed_twice);
    CHECK_EQ(0, stats.failed);
    free_driver(&d);
}

static void a_refused_interrupt_comes_later(void)
{
    struct driver d;
    struct driver_options options = defaults();
    nvmedb_interrupt_faults faults = {.size = sizeof faults, .seed = (uint32_t)check_seed, .refuse = 2};
    options.controller.interrupt_faults = &faults;
    create_driver(&d, options);
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    enable_msix(&d);
    create_queues(&d, 1, 16);
    unsigned char *data = allocate(&d, 2 * PAGE);
    for (unsigned round = 0; round < 50; round++) {
        unsigned seen = __atomic_load_n(&d.interrupts[1], __ATOMIC_SEQ_CST);
        completion taken;
        put(&d.queues[1], transfer(&d, READ, nsid, 0, 8, data));
        ring_doorbell(&d, 2, d.queues[1].tail);
        /* It looks when an interrupt has come, and never else. One of the round before may come late. */
        do {
            WAIT_UNTIL(__atomic_load_n(&d.interrupts[1], __ATOMIC_SEQ_CST) != seen);
            seen = __atomic_load_n(&d.interrupts[1], __ATOMIC_SEQ_CST);
        } while (!try_take(&d, &d.queues[1], &taken));
    }
    CHECK(interrupt_stats(&d).refused > 0);
    CHECK_EQ(0, interrupt_stats(&d).lost);
    free_driver(&d);
}

static void a_refused_level_comes_later(void)
{
    struct driver d;
    struct driver_options options = defaults();
    nvmedb_interrupt_faults faults = {.size = sizeof faults, .seed = (uint32_t)check_seed, .refuse = 2};
    options.controller.interrupt_faults = &faults;
    create_driver(&d, options);
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *data = allocate(&d, 2 * PAGE);
    WAIT_UNTIL(__atomic_load_n(&d.line, __ATOMIC_SEQ_CST) == 0);
    for (unsigned round = 0; round < 50; round++) {
        completion taken;
        put(&d.queues[1], transfer(&d, READ, nsid, 0, 8, data));
        ring_doorbell(&d, 2, d.queues[1].tail);
        WAIT_UNTIL(__atomic_load_n(&d.line, __ATOMIC_SEQ_CST) == 1);
        CHECK(try_take(&d, &d.queues[1], &taken));
        WAIT_UNTIL(__atomic_load_n(&d.line, __ATOMIC_SEQ_CST) == 0);
    }
    CHECK(interrupt_stats(&d).refused > 0);
    free_driver(&d);
}

static void a_lost_interrupt_never_comes_and_the_next_one_does(void)
{
    struct driver d;
    struct driver_options options = defaults();
    nvmedb_interrupt_faults faults = {.size = sizeof faults};
    options.controller.interrupt_faults = &faults;
    create_driver(&d, options);
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    enable_msix(&d);
    create_queues(&d, 1, 16);
    unsigned char *data = allocate(&d, 2 * PAGE);
    faults.lose = 1;
    CHECK_OK(nvmedb_controller_set_interrupt_faults(d.controller, &faults));
    CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, nsid, 0, 8, data), NULL));
    WAIT_UNTIL(interrupt_stats(&d).lost == 1);
    CHECK_OK(nvmedb_controller_release_interrupts(d.controller));
    CHECK_EQ(0, d.interrupts[1]);
    faults.lose = 0;
    CHECK_OK(nvmedb_controller_set_interrupt_faults(d.controller, &faults));
    CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, nsid, 0, 8, data), NULL));
    WAIT_UNTIL(__atomic_load_n(&d.interrupts[1], __ATOMIC_SEQ_CST) == 1);
    free_driver(&d);
}

#define BALLOON_ADDRESS UINT64_C(0x200000000)
#define BALLOON_BYTES (16u * PAGE)

struct balloon {
    struct driver *d;
    unsigned char *host;
    unsigned stop, removals;
};

/* Takes the region from the guest, and its memory from the process: a late access would end it. */
static void *come_and_go(void *argument)
{
    struct balloon *balloon = argument;
    while (!__atomic_load_n(&balloon->stop, __ATOMIC_ACQUIRE)) {
        CHECK_OK(nvmedb_memory_remove(balloon->d->memory, BALLOON_ADDRESS, BALLOON_BYTES, 0));
        CHECK(mprotect(balloon->host, BALLOON_BYTES, PROT_NONE) == 0);
        __atomic_fetch_add(&balloon->removals, 1u, __ATOMIC_SEQ_CST);
        sched_yield();
        CHECK(mprotect(balloon->host, BALLOON_BYTES, PROT_READ | PROT_WRITE) == 0);
        CHECK_OK(nvmedb_memory_add(balloon->d->memory, BALLOON_ADDRESS, balloon->host, BALLOON_BYTES, 0));
    }
    return NULL;
}

static void a_region_vanishes_under_io(void)
{
    struct driver d;
    nvmedb_disk_faults faults = {.size = sizeof faults, .seed = (uint32_t)check_seed, .stall = 500, .reorder = 4};
    create_driver(&d, defaults());
    uint32_t nsid = add_faulty(&d, &faults);
    enable(&d);
    create_queues(&d, 1, 16);
    struct queue *queue = &d.queues[1];
    struct balloon balloon = {.d = &d};
    balloon.host = mmap(NULL, BALLOON_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(balloon.host != MAP_FAILED);
    REQUIRE_OK(nvmedb_memory_add(d.memory, BALLOON_ADDRESS, balloon.host, BALLOON_BYTES, 0));
    pthread_t thread = check_start(come_and_go, &balloon);
    unsigned there = 0, gone = 0;
    while (there < 500 || gone < 500 || __atomic_load_n(&balloon.removals, __ATOMIC_SEQ_CST) < 20) {
        completion taken;
        for (unsigned slot = 0; slot < 8; slot++) {
            command entry = transfer(&d, slot % 2 == 0 ? READ : WRITE, nsid, 8 * slot, 8, d.ram);
            entry.prp1 = BALLOON_ADDRESS + PAGE * slot;
            entry.prp2 = 0;
            put(queue, entry);
        }
        ring_doorbell(&d, 2, queue->tail);
        for (unsigned slot = 0; slot < 8; slot++) {
            WAIT_UNTIL(try_take(&d, queue, &taken));
            unsigned status = (taken.status >> 1) & 0x7FF;
            CHECK(status == 0 || status == DATA_TRANSFER_ERROR);
            there += status == 0;
            gone += status != 0;
        }
    }
    __atomic_store_n(&balloon.stop, 1u, __ATOMIC_RELEASE);
    check_join(thread);
    free_driver(&d);
    CHECK(munmap(balloon.host, BALLOON_BYTES) == 0);
}

static void faults_are_asked_for_at_the_start_and_make_sense(void)
{
    struct driver d;
    nvmedb_disk_faults disk = {.size = sizeof disk};
    nvmedb_interrupt_faults interrupts = {.size = sizeof interrupts};
    nvmedb_disk_fault_stats stats = {.size = sizeof stats};
    nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = 1 << 20, .faults = &disk};
    create_driver(&d, defaults());
    uint32_t good = add_ram(&d, 1 << 20), faulty = add_faulty(&d, &disk);
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_namespace_set_faults(d.controller, good, &disk));
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_namespace_release_requests(d.controller, good));
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_namespace_get_fault_stats(d.controller, good, &stats));
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_controller_set_interrupt_faults(d.controller, &interrupts));
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_controller_release_interrupts(d.controller));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_namespace_set_faults(d.controller, 99, &disk));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_namespace_set_faults(0, faulty, &disk));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_set_faults(d.controller, faulty, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_get_fault_stats(d.controller, faulty, NULL));
    disk.reserved = 1;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_namespace_add_ram(d.controller, &config, NULL));
    disk.size = 1;
    CHECK_EQ(NVMEDB_E_ABI, nvmedb_namespace_set_faults(d.controller, faulty, &disk));
    free_driver(&d);
}

static const struct test tests[] = {
    {"faults: requests fail when they are told to", requests_fail_when_they_are_told_to},
    {"faults: a kept request completes when it is released", a_kept_request_completes_when_it_is_released},
    {"faults: data is right over a disk that stalls, reorders and doubles",
     data_is_right_over_a_disk_that_stalls_reorders_and_doubles},
    {"faults: a refused interrupt comes later", a_refused_interrupt_comes_later},
    {"faults: a refused level comes later", a_refused_level_comes_later},
    {"faults: a lost interrupt never comes and the next one does", a_lost_interrupt_never_comes_and_the_next_one_does},
    {"faults: a region vanishes under I/O", a_region_vanishes_under_io},
    {"faults: they are asked for at the start and make sense", faults_are_asked_for_at_the_start_and_make_sense},
};

CHECK_MAIN(tests)
