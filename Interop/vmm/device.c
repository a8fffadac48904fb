/*
 * libnvmedoorbell embedded: memory, a reactor, a controller, a file as its disk, and the doorbells' ways into it.
 *
 * SPDX-License-Identifier: MIT
 *
 * A guest's access to the controller's registers comes here by an exit; a doorbell among them is rung inline. Doorbells
 * that the hypervisor answers itself (ioeventfd) come through epoll and carry no value: the value is in the shadow page.
 * A mapped doorbell page never comes here at all.
 */
#include "vmm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PCI_COMMAND = 0x04, PCI_BAR0 = 0x10, PCI_COMMAND_MEMORY = 2 };

static bool refused(char *error, const char *what, nvmedb_status status)
{
    char sentence[256] = "";
    nvmedb_last_error(sentence, sizeof sentence);
    snprintf(error, ERROR_BYTES, "%s: %s", what, sentence[0] != 0 ? sentence : nvmedb_status_text(status));
    return false;
}

/* From a reactor thread: the admin queue's vector, the only one the guest unmasks. */
static void count_interrupt(void *context, uint32_t vector)
{
    struct device *device = context;
    (void)vector;
    __atomic_store_n(&device->interrupts, device->interrupts + 1u, __ATOMIC_RELAXED);
}

/* Waits for ioeventfds that fire. Edge-triggered: every signal is an event of its own and nothing has to be read. */
static void *serve_eventfds(void *context)
{
    struct device *device = context;
    struct epoll_event events[16];
    for (;;) {
        int count = epoll_wait(device->epoll, events, 16, -1);
        if (count < 0 && errno != EINTR)
            return NULL;
        for (int i = 0; i < count; i++) {
            if (events[i].data.u32 == UINT32_MAX)
                return NULL;
            nvmedb_kick(device->view, events[i].data.u32);
            __atomic_store_n(&device->kicks, device->kicks + 1u, __ATOMIC_RELAXED);
        }
    }
}

static bool watch(struct device *device, int fd, uint32_t id)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = id };
    return fd >= 0 && epoll_ctl(device->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool create_eventfds(struct device *device, char *error)
{
    device->eventfd_count = 2u * device->queues;
    device->eventfds = malloc(device->eventfd_count * sizeof *device->eventfds);
    device->epoll = epoll_create1(EPOLL_CLOEXEC);
    device->epoll_end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool good = device->eventfds != NULL && device->epoll >= 0 && watch(device, device->epoll_end, UINT32_MAX);
    for (uint32_t i = 0; device->eventfds != NULL && i < device->eventfd_count; i++) {
        device->eventfds[i] = good ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
        good = good && watch(device, device->eventfds[i], 2u + i);
    }
    good = good && (errno = pthread_create(&device->epoll_thread, NULL, serve_eventfds, device)) == 0;
    device->epoll_started = good;
    if (!good)
        snprintf(error, ERROR_BYTES, "cannot make %u eventfds: %s", device->eventfd_count, strerror(errno));
    return good;
}

static bool create_controller(struct device *device, const struct vm *vm, uint32_t doorbells, char *error)
{
    const struct options *options = vm->options;
    nvmedb_reactor_config reactor = {
        .size = sizeof reactor,
        .poll = doorbells == GUEST_DOORBELLS_POLLED ? NVMEDB_POLL_ALWAYS : NVMEDB_POLL_ADAPTIVE,
    };
    nvmedb_status status = nvmedb_memory_create(&device->memory);
    if (status != NVMEDB_OK)
        return refused(error, "cannot make the guest's memory map", status);
    status = nvmedb_memory_add(device->memory, 0, vm->ram, vm->ram_bytes, 0);
    if (status != NVMEDB_OK)
        return refused(error, "cannot add the guest's RAM", status);
    status = nvmedb_reactor_create(&reactor, &device->reactor);
    if (status != NVMEDB_OK)
        return refused(error, "cannot make a reactor", status);

    nvmedb_controller_config config = {
        .size = sizeof config,
        .abi_version = NVMEDB_ABI_VERSION,
        .memory = device->memory,
        .reactors = &device->reactor,
        .reactor_count = 1,
        .max_queue_pairs = options->queues,
        .max_queue_entries = options->depth + 1u,
        .vectors = 1,
        .flags = doorbells == GUEST_DOORBELLS_POLLED ? NVMEDB_CONTROLLER_MAPPED_DOORBELLS : 0,
        .interrupt = count_interrupt,
        .interrupt_context = device,
    };
    status = nvmedb_controller_create(&config, &device->controller);
    if (status != NVMEDB_OK)
        return refused(error, "cannot make a controller", status);
    status = nvmedb_controller_bar0_size(device->controller, &device->bar_bytes);
    if (status == NVMEDB_OK)
        status = nvmedb_controller_doorbells(device->controller, &device->view);
    if (status == NVMEDB_OK && doorbells == GUEST_DOORBELLS_POLLED)
        status = nvmedb_controller_doorbell_page(device->controller, &device->doorbell_page,
                                                 &device->doorbell_page_bytes);
    if (status != NVMEDB_OK)
        return refused(error, "cannot set the controller up", status);

    nvmedb_namespace_config disk = { .size = sizeof disk };
    status = nvmedb_namespace_add_file(device->controller, &disk, vm->image, NULL);
    return status == NVMEDB_OK || refused(error, "the device cannot use the image", status);
}

bool device_create(struct device *device, const struct vm *vm, uint32_t doorbells, char *error)
{
    memset(device, 0, sizeof *device);
    device->epoll = device->epoll_end = -1;
    device->queues = vm->options->queues;
    return create_controller(device, vm, doorbells, error) &&
           (doorbells != GUEST_DOORBELLS_IOEVENTFD || create_eventfds(device, error));
}

/* The first failure goes to error; what can be freed is freed all the same. */
void device_destroy(struct device *device, char *error)
{
    if (device->epoll_started) {
        uint64_t one = 1;
        if (write(device->epoll_end, &one, sizeof one) == (ssize_t)sizeof one)
            pthread_join(device->epoll_thread, NULL);
    }
    for (uint32_t i = 0; device->eventfds != NULL && i < device->eventfd_count; i++)
        if (device->eventfds[i] >= 0)
            close(device->eventfds[i]);
    free(device->eventfds);
    if (device->epoll >= 0)
        close(device->epoll);
    if (device->epoll_end >= 0)
        close(device->epoll_end);

    nvmedb_status status;
    if (device->controller != 0 && (status = nvmedb_controller_free(device->controller)) != NVMEDB_OK && error[0] == 0)
        refused(error, "cannot free the controller", status);
    if (device->reactor != 0 && (status = nvmedb_reactor_free(device->reactor)) != NVMEDB_OK && error[0] == 0)
        refused(error, "cannot free the reactor", status);
    if (device->memory != 0 && (status = nvmedb_memory_free(device->memory)) != NVMEDB_OK && error[0] == 0)
        refused(error, "cannot free the guest's memory map", status);
    memset(device, 0, sizeof *device);
    device->epoll = device->epoll_end = -1;
}

uint32_t device_config_read(struct device *device, uint32_t offset, uint32_t width_bytes)
{
    uint32_t value = UINT32_MAX;
    nvmedb_controller_config_read(device->controller, offset, width_bytes, &value);
    return value;
}

bool device_config_write(struct device *device, uint32_t offset, uint32_t width_bytes, uint32_t value)
{
    nvmedb_controller_config_write(device->controller, offset, width_bytes, value);
    uint64_t bar = (uint64_t)device_config_read(device, PCI_BAR0 + 4, 4) << 32 |
                   (device_config_read(device, PCI_BAR0, 4) & ~15u);
    bool enabled = (device_config_read(device, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) != 0;
    bool changed = enabled != device->bar_enabled || (enabled && bar != device->bar);
    device->bar = bar;
    device->bar_enabled = enabled;
    return changed;
}

static bool in_bar(const struct device *device, uint64_t address, uint32_t width_bytes)
{
    return device->bar_enabled && address >= device->bar && address - device->bar <= device->bar_bytes - width_bytes;
}

uint64_t device_read(struct device *device, uint64_t address, uint32_t width_bytes)
{
    uint64_t value = UINT64_MAX;
    device->register_exits++;
    if (in_bar(device, address, width_bytes))
        nvmedb_controller_bar0_read(device->controller, address - device->bar, width_bytes, &value);
    return value;
}

void device_write(struct device *device, uint64_t address, uint32_t width_bytes, uint64_t value)
{
    if (!in_bar(device, address, width_bytes))
        return;
    uint64_t offset = address - device->bar;
    if (offset >= 0x1000u && offset < 0x1000u + (uint64_t)(2u * device->queues + 2u) * device->view->stride_bytes)
        device->doorbell_exits++;
    else
        device->register_exits++;
    nvmedb_bar0_write(device->controller, device->view, offset, width_bytes, value);
}

void device_collect(struct device *device, struct phase *phase)
{
    nvmedb_reactor_stats stats = { .size = sizeof stats };
    if (nvmedb_reactor_get_stats(device->reactor, &stats) == NVMEDB_OK) {
        phase->wakes = stats.wakes;
        phase->sleeps = stats.sleeps;
        phase->spurious_wakes = stats.spurious_wakes;
        phase->parks = stats.parks;
    }
    phase->register_exits = device->register_exits;
    phase->doorbell_exits = device->doorbell_exits;
    phase->kicks = __atomic_load_n(&device->kicks, __ATOMIC_RELAXED);
    phase->interrupts = __atomic_load_n(&device->interrupts, __ATOMIC_RELAXED);
}
