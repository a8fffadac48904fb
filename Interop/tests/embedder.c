/*
 * Misuse of controllers: wrong handles, pointers, versions, ranges and threads; frees of what is in use.
 *
 * SPDX-License-Identifier: MIT
 */
#include "driver.h"
#include "misuse.h"

static uint32_t nothing_to_submit(void *context, const nvmedb_disk_request *request)
{
    (void)context;
    (void)request;
    return NVMEDB_DISK_SUCCESS;
}

static void bad_handles_get_an_error(void)
{
    struct handles h;
    misuse_set_up(&h);
    uint64_t value;
    uint32_t word;
    void *pointer;
    nvmedb_doorbells *view;
    char text[16];
    size_t needed;
    nvmedb_controller_stats stats = {.size = sizeof stats};
    nvmedb_namespace_config disk = {.size = sizeof disk, .length_bytes = 1 << 20};
    nvmedb_disk_callbacks callbacks = {.size = sizeof callbacks, .submit = nothing_to_submit};
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_free(bad));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_reset(bad));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_bar0_size(bad, &value));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_bar0_read(bad, 0, 4, &value));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_bar0_write(bad, 0, 4, 0));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_config_read(bad, 0, 4, &word));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_config_write(bad, 0, 4, 0));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_doorbells(bad, &view));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_doorbell_page(bad, &pointer, &value));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_set_eventfd(bad, 0, -1));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_get_stats(bad, &stats));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_controller_inspect(bad, text, sizeof text, &needed));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_namespace_add_ram(bad, &disk, &word));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_namespace_add_null(bad, &disk, &word));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_namespace_add_file(bad, &disk, "/dev/null", &word));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_namespace_add_native(bad, &disk, &callbacks, &word));
    EACH_BAD_HANDLE(&h, CONTROLLER, nvmedb_namespace_remove(bad, 1));

    nvmedb_controller_config config = controller_config();
    EACH_BAD_HANDLE(&h, MEMORY, (config.memory = bad, nvmedb_controller_create(&config, &value)));
    config = controller_config();
    EACH_BAD_HANDLE(&h, REACTOR, (config.reactors = &bad, nvmedb_controller_create(&config, &value)));
    uint64_t two[2] = {base_reactor, 0};
    config.reactors = two;
    config.reactor_count = 2;
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_controller_create(&config, &value));
    misuse_tear_down(&h);
}

static void null_pointers_get_an_error(void)
{
    struct handles h;
    misuse_set_up(&h);
    nvmedb_controller_config config = controller_config();
    uint64_t controller = h.of[CONTROLLER], length_bytes;
    void *host;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_create(&config, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_create(NULL, &controller));
    CHECK_EQ(0, controller);
    controller = h.of[CONTROLLER];
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_bar0_size(controller, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_bar0_read(controller, 0, 4, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_config_read(controller, 0, 4, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_doorbells(controller, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_doorbell_page(controller, NULL, &length_bytes));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_doorbell_page(controller, &host, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_get_stats(controller, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_inspect(controller, NULL, 16, NULL));
    misuse_tear_down(&h);
}

static void accesses_have_their_widths_and_bounds(void)
{
    struct handles h;
    misuse_set_up(&h);
    uint64_t controller = h.of[CONTROLLER], value, length_bytes;
    uint32_t word;
    CHECK_OK(nvmedb_controller_bar0_size(controller, &length_bytes));
    static const uint32_t widths[] = {0, 3, 5, 6, 7, 9, 16, UINT32_MAX};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_bar0_read(controller, 0, widths[i], &value));
        CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_bar0_write(controller, 0, widths[i], 0));
        CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_config_read(controller, 0, widths[i], &word));
        CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_config_write(controller, 0, widths[i], 0));
    }
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_config_read(controller, 0, 8, &word));
    CHECK_OK(nvmedb_controller_bar0_read(controller, length_bytes - 8, 8, &value));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_controller_bar0_read(controller, length_bytes - 7, 8, &value));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_controller_bar0_write(controller, length_bytes, 1, 0));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_controller_bar0_read(controller, UINT64_MAX, 1, &value));
    CHECK_OK(nvmedb_controller_config_read(controller, 4092, 4, &word));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_controller_config_read(controller, 4094, 4, &word));
    CHECK_EQ(NVMEDB_E_RANGE, nvmedb_controller_config_write(controller, UINT32_MAX, 1, 0));
    /* Whatever a guest does is well. */
    for (uint64_t offset = 0; offset < 0x1100; offset++)
        for (uint32_t width = 1; width <= 8; width *= 2) {
            CHECK_OK(nvmedb_controller_bar0_read(controller, offset, width, &value));
            CHECK_OK(nvmedb_controller_bar0_write(controller, offset, width, 0));
        }
    misuse_tear_down(&h);
}

static void versions_and_ranges_of_a_config(void)
{
    nvmedb_controller_config config = controller_config();
    uint64_t controller;
#define REFUSED(status, field, wrong)                                                               \
    do {                                                                                            \
        nvmedb_controller_config bad = config;                                                      \
        bad.field = (wrong);                                                                        \
        CHECK_EQ(status, nvmedb_controller_create(&bad, &controller));                              \
        CHECK_EQ(0, controller);                                                                    \
    } while (0)
    REFUSED(NVMEDB_E_ABI, size, 0);
    REFUSED(NVMEDB_E_ABI, size, 4);
    REFUSED(NVMEDB_E_ABI, abi_version, 0);
    REFUSED(NVMEDB_E_ABI, abi_version, NVMEDB_ABI_VERSION + 1);
    REFUSED(NVMEDB_E_ARGUMENT, reactors, NULL);
    REFUSED(NVMEDB_E_ARGUMENT, reactor_count, 0);
    REFUSED(NVMEDB_E_ARGUMENT, reactor_count, UINT32_MAX);
    REFUSED(NVMEDB_E_ARGUMENT, max_queue_pairs, 65536);
    REFUSED(NVMEDB_E_ARGUMENT, max_queue_pairs, UINT32_MAX);
    REFUSED(NVMEDB_E_ARGUMENT, max_queue_entries, 1);
    REFUSED(NVMEDB_E_ARGUMENT, max_queue_entries, 65537);
    REFUSED(NVMEDB_E_ARGUMENT, vectors, 2049);
    REFUSED(NVMEDB_E_ARGUMENT, stride, 9);
    REFUSED(NVMEDB_E_ARGUMENT, barrier, 4);
    REFUSED(NVMEDB_E_ARGUMENT, flags, 16);
    REFUSED(NVMEDB_E_ARGUMENT, max_transfer_bytes, 4095);
    REFUSED(NVMEDB_E_ARGUMENT, max_transfer_bytes, 5000);
    REFUSED(NVMEDB_E_ARGUMENT, max_transfer_bytes, 1u << 25);
    REFUSED(NVMEDB_E_ARGUMENT, serial, "a serial of 21 bytes!");
    REFUSED(NVMEDB_E_ARGUMENT, serial, "caf\xC3\xA9");
    REFUSED(NVMEDB_E_ARGUMENT, model, "a model of more than forty bytes, which is too many");
    /* An older header's struct ends before the PCI identifiers. */
    config.size = offsetof(nvmedb_controller_config, pci_vendor_id);
    config.serial = (const char *)1;
    CHECK_OK(nvmedb_controller_create(&config, &controller));
    CHECK_OK(nvmedb_controller_free(controller));
}

static void what_is_in_use_is_busy(void)
{
    struct driver d;
    create_driver(&d, defaults());
    CHECK_EQ(NVMEDB_E_BUSY, nvmedb_memory_free(d.memory));
    CHECK_EQ(NVMEDB_E_BUSY, nvmedb_reactor_free(d.reactor));
    enable(&d);
    free_driver(&d);
}

/* ---- From a reactor's own thread -------------------------------------------------------------------------------- */

static struct driver on_reactor;
static nvmedb_status answers[7];

static uint32_t misuse_everything(void *context, const nvmedb_disk_request *request)
{
    (void)context;
    (void)request;
    answers[0] = nvmedb_controller_free(on_reactor.controller);
    answers[1] = nvmedb_controller_reset(on_reactor.controller);
    answers[2] = nvmedb_namespace_remove(on_reactor.controller, 1);
    answers[3] = nvmedb_memory_remove(on_reactor.memory, RAM_ADDRESS, RAM_BYTES, 0);
    answers[4] = nvmedb_reactor_free(on_reactor.reactor);
    answers[5] = nvmedb_memory_free(on_reactor.memory);
    answers[6] = nvmedb_reactor_run(on_reactor.reactor, 0);
    return NVMEDB_DISK_SUCCESS;
}

static void a_reactors_thread_does_not_wait_for_itself(void)
{
    for (uint32_t lent = 0; lent <= 1; lent++) {
        struct driver *d = &on_reactor;
        struct driver_options options = defaults();
        nvmedb_namespace_config config = {.size = sizeof config, .length_bytes = 1 << 20};
        nvmedb_disk_callbacks callbacks = {.size = sizeof callbacks, .submit = misuse_everything};
        options.reactor.lent = lent;
        create_driver(d, options);
        CHECK_OK(nvmedb_namespace_add_native(d->controller, &config, &callbacks, NULL));
        enable(d);
        create_queues(d, 1, 16);
        CHECK_EQ(0, execute(d, 1, transfer(d, WRITE, 1, 0, 1, allocate(d, PAGE)), NULL));
        for (unsigned i = 0; i < 5; i++)
            CHECK_EQ(NVMEDB_E_THREAD, answers[i]);
        CHECK_EQ(NVMEDB_E_BUSY, answers[5]);
        CHECK_EQ(NVMEDB_E_STATE, answers[6]);
        free_driver(d);
    }
}

static const struct test tests[] = {
    {"embedder: bad handles get an error", bad_handles_get_an_error},
    {"embedder: null pointers get an error", null_pointers_get_an_error},
    {"embedder: accesses have their widths and bounds", accesses_have_their_widths_and_bounds},
    {"embedder: versions and ranges of a config", versions_and_ranges_of_a_config},
    {"embedder: what is in use is busy", what_is_in_use_is_busy},
    {"embedder: a reactor's thread does not wait for itself", a_reactors_thread_does_not_wait_for_itself},
};

CHECK_MAIN(tests)
