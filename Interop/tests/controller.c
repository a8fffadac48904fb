/*
 * A controller driven from C through BAR0 calls and guest RAM: bring-up, identify, queues, data, interrupts, doorbells
 * of every kind, lent reactors.
 *
 * SPDX-License-Identifier: MIT
 */
#include "driver.h"

#include <sys/eventfd.h>
#include <unistd.h>

static void fill(void *data, uint32_t length_bytes, uint64_t seed)
{
    uint64_t *words = data;
    for (uint32_t i = 0; i < length_bytes / 8; i++)
        words[i] = check_random(&seed);
}

/* Writes a pattern over blocks, reads it back elsewhere and compares. */
static void write_read_compare(struct driver *d, uint32_t queue, uint32_t nsid)
{
    unsigned char *source = allocate(d, 2 * PAGE), *target = allocate(d, 2 * PAGE);
    for (uint32_t block = 0; block < 256; block += 16) {
        fill(source, 2 * PAGE, block + 1);
        memset(target, 0xEE, 2 * PAGE);
        CHECK_EQ(0, execute(d, queue, transfer(d, WRITE, nsid, block, 16, source), NULL));
        CHECK_EQ(0, execute(d, queue, transfer(d, READ, nsid, block, 16, target), NULL));
        CHECK(memcmp(source, target, 2 * PAGE) == 0);
    }
}

static void brought_up_and_identified(void)
{
    struct driver d;
    struct driver_options options = defaults();
    uint64_t bar0;
    options.controller.serial = "SERIAL-5";
    options.controller.model = "a model of a disk";
    options.controller.pci_vendor_id = 0x1234;
    create_driver(&d, options);
    CHECK_EQ(0x1234, read_config(&d, 0, 2));
    CHECK_EQ(0x010802, read_config(&d, 8, 4) >> 8);
    CHECK_OK(nvmedb_controller_bar0_size(d.controller, &bar0));
    CHECK(bar0 >= 0x4000 && (bar0 & (bar0 - 1)) == 0);
    CHECK_EQ(1023, read_register(&d, 0, 8) & 0xFFFF);
    CHECK(read_register(&d, 8, 4) >= 0x00010400);
    uint32_t nsid = add_ram(&d, 1 << 20);
    CHECK_EQ(1, nsid);
    enable(&d);
    unsigned char *page = allocate(&d, PAGE);
    CHECK_EQ(0, execute(&d, 0, (command){.opcode = IDENTIFY, .prp1 = guest(&d, page), .dword10 = 1}, NULL));
    CHECK(memcmp(page + 4, "SERIAL-5            ", 20) == 0);
    CHECK(memcmp(page + 24, "a model of a disk                       ", 40) == 0);
    CHECK_EQ(0, execute(&d, 0, (command){.opcode = IDENTIFY, .nsid = nsid, .prp1 = guest(&d, page)}, NULL));
    uint64_t blocks;
    memcpy(&blocks, page, 8);
    CHECK_EQ(2048, blocks);
    nvmedb_controller_stats stats = {.size = sizeof stats};
    CHECK_OK(nvmedb_controller_get_stats(d.controller, &stats));
    CHECK_EQ(1, stats.enabled);
    CHECK_EQ(2, stats.admin_commands);
    free_driver(&d);
}

static void data_goes_to_the_disk_and_back(void)
{
    struct driver d;
    create_driver(&d, defaults());
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    for (uint32_t queue = 1; queue <= 3; queue++) {
        create_queues(&d, queue, 16);
        write_read_compare(&d, queue, nsid);
    }
    unsigned char *page = allocate(&d, 2 * PAGE);
    CHECK_EQ(0, execute(&d, 1, (command){.opcode = FLUSH, .nsid = nsid}, NULL));
    CHECK_EQ(0, execute(&d, 1, (command){.opcode = WRITE_ZEROES, .nsid = nsid, .dword12 = 7}, NULL));
    memset(page, 0xEE, PAGE);
    CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, nsid, 0, 8, page), NULL));
    for (uint32_t i = 0; i < PAGE; i++)
        CHECK(page[i] == 0);
    CHECK_EQ(LBA_OUT_OF_RANGE, execute(&d, 1, transfer(&d, READ, nsid, 2048, 1, page), NULL));
    CHECK_EQ(LBA_OUT_OF_RANGE, execute(&d, 1, transfer(&d, READ, nsid, UINT64_MAX, 2, page), NULL));
    CHECK_EQ(INVALID_NAMESPACE, execute(&d, 1, transfer(&d, READ, nsid + 1, 0, 1, page), NULL));
    CHECK_OK(nvmedb_namespace_remove(d.controller, nsid));
    CHECK_EQ(INVALID_NAMESPACE, execute(&d, 1, transfer(&d, READ, nsid, 0, 1, page), NULL));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_namespace_remove(d.controller, nsid));
    nvmedb_controller_stats stats = {.size = sizeof stats};
    CHECK_OK(nvmedb_controller_get_stats(d.controller, &stats));
    CHECK_EQ(3 * 32 + 7, stats.commands);
    CHECK_EQ(4, stats.errors);
    CHECK_EQ(3 * 128 << 10, stats.bytes_written);
    free_driver(&d);
}

static void the_live_state_is_told_as_text(void)
{
    struct driver d;
    char text[16384];
    size_t needed = 0;
    create_driver(&d, defaults());
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    create_queues(&d, 1, 16);
    write_read_compare(&d, 1, nsid);
    CHECK_EQ(NVMEDB_E_MEMORY, nvmedb_controller_inspect(d.controller, NULL, 0, &needed));
    CHECK(needed > 100 && needed <= sizeof text);
    text[0] = 'x';
    CHECK_EQ(NVMEDB_E_MEMORY, nvmedb_controller_inspect(d.controller, text, 8, NULL));
    CHECK_EQ(0, text[0]);
    CHECK_OK(nvmedb_controller_inspect(d.controller, text, sizeof text, &needed));
    CHECK_EQ(needed, strlen(text) + 1);
    CHECK(text[0] == '{' && text[needed - 2] == '}');
    CHECK(strstr(text, "\"ready\":true") != NULL);
    CHECK(strstr(text, "\"nsid\":1,\"blockBytes\":512,\"blocks\":2048") != NULL);
    CHECK(strstr(text, "\"home\":\"private\"") != NULL);
    free_driver(&d);
}

static void namespaces_of_other_kinds(void)
{
    struct driver d;
    nvmedb_namespace_config config = {.size = sizeof config, .nsid = 7, .block_bytes = 4096, .length_bytes = 1 << 20};
    uint32_t nsid;
    create_driver(&d, defaults());
    CHECK_OK(nvmedb_namespace_add_null(d.controller, &config, &nsid));
    CHECK_EQ(7, nsid);
    CHECK_EQ(NVMEDB_E_EXISTS, nvmedb_namespace_add_null(d.controller, &config, &nsid));
    config.nsid = 0;
    config.read_only = 1;
    CHECK_OK(nvmedb_namespace_add_ram(d.controller, &config, &nsid));
    CHECK_EQ(1, nsid);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *page = allocate(&d, PAGE);
    CHECK_EQ(0, execute(&d, 1, transfer(&d, WRITE, 7, 0, 1, page), NULL));
    memset(page, 0xEE, PAGE);
    CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, 7, 255, 1, page), NULL));
    CHECK(page[0] == 0 && page[PAGE - 1] == 0);
    CHECK_EQ(0, execute(&d, 1, transfer(&d, READ, 1, 0, 1, page), NULL));
    CHECK_EQ(WRITE_PROTECTED, execute(&d, 1, transfer(&d, WRITE, 1, 0, 1, page), NULL));
    free_driver(&d);
}

static void interrupts_come_by_callback_and_by_eventfd(void)
{
    struct driver d;
    uint64_t count = 0;
    create_driver(&d, defaults());
    uint32_t nsid = add_ram(&d, 1 << 20);
    int fd = eventfd(0, EFD_NONBLOCK);
    enable(&d);
    enable_msix(&d);
    create_queues(&d, 1, 16);
    create_queues(&d, 2, 16);
    CHECK_OK(nvmedb_controller_set_eventfd(d.controller, 2, fd));
    unsigned before = __atomic_load_n(&d.interrupts[1], __ATOMIC_SEQ_CST);
    write_read_compare(&d, 1, nsid);
    WAIT_UNTIL(__atomic_load_n(&d.interrupts[1], __ATOMIC_SEQ_CST) > before);
    write_read_compare(&d, 2, nsid);
    WAIT_UNTIL(read(fd, &count, sizeof count) == sizeof count);
    CHECK(count >= 1);
    CHECK_EQ(0, d.interrupts[2]);
    CHECK_EQ(0, d.line);
    CHECK_OK(nvmedb_controller_set_eventfd(d.controller, 2, -1));
    write_read_compare(&d, 2, nsid);
    WAIT_UNTIL(__atomic_load_n(&d.interrupts[2], __ATOMIC_SEQ_CST) > 0);
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_controller_set_eventfd(d.controller, VECTORS, fd));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_set_eventfd(d.controller, 0, -2));
    close(fd);
    CHECK_EQ(NVMEDB_E_IO, nvmedb_controller_set_eventfd(d.controller, 0, fd));
    free_driver(&d);
}

/* Interrupts for commands that come one by one to a guest that has had the first and does not look. */
static unsigned interrupts_unlooked_for(uint32_t flags, unsigned commands)
{
    struct driver d;
    struct driver_options options = defaults();
    options.reactor.lent = 1;
    options.reactor.poll = NVMEDB_POLL_ALWAYS;
    options.controller.flags = flags;
    create_driver(&d, options);
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    enable_msix(&d);
    create_queues(&d, 1, 64);
    struct queue *queue = &d.queues[1];
    for (unsigned i = 0; i < commands; i++) {
        uint16_t id = put(queue, (command){.opcode = FLUSH, .nsid = nsid});
        ring_doorbell(&d, 2, queue->tail);
        WAIT_UNTIL((__atomic_load_n(&queue->completions[id].status, __ATOMIC_ACQUIRE) & 1u) == 1u || !idle(&d));
        idle(&d);
    }
    unsigned interrupts = d.interrupts[1];
    free_driver(&d);
    return interrupts;
}

static void moderated_interrupts_are_fewer(void)
{
    CHECK_EQ(60, interrupts_unlooked_for(0, 60));
    unsigned moderated = interrupts_unlooked_for(NVMEDB_CONTROLLER_MODERATED_INTERRUPTS, 60);
    CHECK(moderated >= 1 && moderated < 60);
}

/* Without MSI-X the line follows the completion queues: up while one has entries, down when its head has passed them. */
static void the_line_has_a_level(void)
{
    struct driver d;
    create_driver(&d, defaults());
    enable(&d);
    unsigned char *page = allocate(&d, PAGE);
    struct queue *admin = &d.queues[0];
    completion taken;
    put(admin, (command){.opcode = IDENTIFY, .prp1 = guest(&d, page), .dword10 = 1});
    ring_doorbell(&d, 0, admin->tail);
    WAIT_UNTIL(__atomic_load_n(&d.line, __ATOMIC_SEQ_CST) == 1);
    WAIT_UNTIL(try_take(&d, admin, &taken));
    WAIT_UNTIL(__atomic_load_n(&d.line, __ATOMIC_SEQ_CST) == 0);
    CHECK_EQ(2, d.line_changes);
    free_driver(&d);
}

static void doorbells_live_in_shadow_pages(void)
{
    struct driver d;
    create_driver(&d, defaults());
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    create_queues(&d, 1, 16);
    uint32_t *shadow = allocate(&d, PAGE), *event_idx = allocate(&d, PAGE);
    CHECK_EQ(0, execute(&d, 0,
                        (command){.opcode = DOORBELL_BUFFER, .prp1 = guest(&d, shadow), .prp2 = guest(&d, event_idx)},
                        NULL));
    write_read_compare(&d, 1, nsid);
    CHECK_EQ(d.queues[1].tail, shadow[2]);
    /* As an ioeventfd would: the value in the page, then a wake without a value. */
    struct queue *queue = &d.queues[1];
    unsigned char *page = allocate(&d, PAGE);
    completion taken;
    put(queue, transfer(&d, READ, nsid, 0, 8, page));
    __atomic_store_n(&shadow[2], queue->tail, __ATOMIC_SEQ_CST);
    CHECK_OK(nvmedb_kick(d.view, 2));
    WAIT_UNTIL(try_take(&d, queue, &taken));
    write_register(&d, 0x14, 4, 0);
    wait_ready(&d, 0);
    memset(shadow, 0xEE, PAGE);
    memset(event_idx, 0xEE, PAGE);
    enable(&d);
    create_queues(&d, 1, 16);
    write_read_compare(&d, 1, nsid);
    for (uint32_t i = 0; i < PAGE / 4; i++)
        CHECK(shadow[i] == 0xEEEEEEEE && event_idx[i] == 0xEEEEEEEE);
    free_driver(&d);
}

static void doorbells_live_in_a_mapped_page(void)
{
    struct driver d;
    struct driver_options options = defaults();
    uint32_t *page;
    uint64_t length_bytes;
    completion taken;
    options.controller.flags = NVMEDB_CONTROLLER_MAPPED_DOORBELLS;
    create_driver(&d, options);
    uint32_t nsid = add_ram(&d, 1 << 20);
    CHECK_OK(nvmedb_controller_doorbell_page(d.controller, (void **)&page, &length_bytes));
    CHECK(length_bytes >= PAGE && (uintptr_t)page % PAGE == 0);
    enable(&d);
    create_queues(&d, 1, 16);
    struct queue *queue = &d.queues[1];
    unsigned char *data = allocate(&d, PAGE);
    for (unsigned i = 0; i < 100; i++) {
        put(queue, transfer(&d, READ, nsid, 0, 8, data));
        __atomic_store_n(&page[2], queue->tail, __ATOMIC_RELEASE);
        WAIT_UNTIL(try_take(&d, queue, &taken));
    }
    free_driver(&d);

    options.controller.flags = 0;
    create_driver(&d, options);
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_controller_doorbell_page(d.controller, (void **)&page, &length_bytes));
    free_driver(&d);
}

static void a_lent_reactor_serves(void)
{
    struct driver d;
    struct driver_options options = defaults();
    options.reactor.lent = 1;
    create_driver(&d, options);
    uint32_t nsid = add_ram(&d, 1 << 20);
    enable(&d);
    create_queues(&d, 1, 16);
    write_read_compare(&d, 1, nsid);
    CHECK_OK(nvmedb_namespace_remove(d.controller, nsid));
    CHECK_OK(nvmedb_controller_reset(d.controller));
    CHECK_EQ(0, read_register(&d, 0x1C, 4) & 1);
    nsid = add_ram(&d, 1 << 20);
    enable(&d);
    create_queues(&d, 1, 16);
    write_read_compare(&d, 1, nsid);
    free_driver(&d);
}

static void every_way_of_waiting_serves(void)
{
    for (uint32_t poll = NVMEDB_POLL_ADAPTIVE; poll <= NVMEDB_POLL_NEVER; poll++)
        for (uint32_t barrier = NVMEDB_BARRIER_ASYMMETRIC; barrier <= NVMEDB_BARRIER_ADAPTIVE; barrier++) {
            struct driver d;
            struct driver_options options = defaults();
            options.reactor.poll = poll;
            options.controller.barrier = barrier;
            options.controller.stride = 2;
            create_driver(&d, options);
            uint32_t nsid = add_ram(&d, 1 << 20);
            enable(&d);
            create_queues(&d, 1, 16);
            for (unsigned round = 0; round < 8; round++)
                write_read_compare(&d, 1, nsid);
            free_driver(&d);
        }
}

static const struct test tests[] = {
    {"controller: brought up and identified", brought_up_and_identified},
    {"controller: data goes to the disk and back", data_goes_to_the_disk_and_back},
    {"controller: the live state is told as text", the_live_state_is_told_as_text},
    {"controller: namespaces of other kinds", namespaces_of_other_kinds},
    {"controller: interrupts come by callback and by eventfd", interrupts_come_by_callback_and_by_eventfd},
    {"controller: moderated interrupts are fewer", moderated_interrupts_are_fewer},
    {"controller: the line has a level", the_line_has_a_level},
    {"controller: doorbells live in shadow pages", doorbells_live_in_shadow_pages},
    {"controller: doorbells live in a mapped page", doorbells_live_in_a_mapped_page},
    {"controller: a lent reactor serves", a_lent_reactor_serves},
    {"controller: every way of waiting serves", every_way_of_waiting_serves},
};

CHECK_MAIN(tests)
