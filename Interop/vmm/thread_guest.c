/*
 * The guest program on a thread of this process, for systems without KVM: the same C source, the same exports, the same
 * rings; only the exits are calls.
 *
 * SPDX-License-Identifier: MIT
 */
#include "vmm.h"

#include <sched.h>
#include <sys/eventfd.h>
#include <x86intrin.h>

#include "guest/platform.h"

/* One guest runs at a time; platform functions have no parameter to find it by. */
static struct vm *running;

uint32_t platform_config_read(uint32_t device, uint32_t offset, uint32_t width_bytes)
{
    return device == 0x20 ? device_config_read(&running->device, offset, width_bytes) : UINT32_MAX;
}

void platform_config_write(uint32_t device, uint32_t offset, uint32_t width_bytes, uint32_t value)
{
    if (device == 0x20)
        device_config_write(&running->device, offset, width_bytes, value);
}

uint32_t platform_read32(uint64_t address)
{
    return (uint32_t)device_read(&running->device, address, 4);
}

uint64_t platform_read64(uint64_t address)
{
    return device_read(&running->device, address, 8);
}

/* What KVM does for the other guest: a mapped doorbell is a store, one with an ioeventfd a signal, the rest an exit. */
void platform_write32(uint64_t address, uint32_t value)
{
    struct device *device = &running->device;
    uint64_t offset = address - device->bar - 0x1000u;
    if (device->doorbell_page != NULL && offset < device->doorbell_page_bytes) {
        __atomic_store_n((uint32_t *)((uint8_t *)device->doorbell_page + offset), value, __ATOMIC_RELEASE);
        return;
    }
    if (device->eventfds != NULL) {
        uint64_t id = offset / device->view->stride_bytes;
        if (id >= 2 && id < 2u + device->eventfd_count) {
            eventfd_write(device->eventfds[id - 2u], 1);
            return;
        }
    }
    device_write(device, address, 4, value);
}

void platform_write64(uint64_t address, uint64_t value)
{
    device_write(&running->device, address, 8, value);
}

uint64_t platform_ticks(void)
{
    return __rdtsc();
}

/* Now and then a yield: with fewer cores than threads, what is waited for may need this one. */
void platform_relax(void)
{
    static uint32_t count;
    if (++count % 256u == 0)
        sched_yield();
    else
        _mm_pause();
}

void platform_stage(uint32_t stage)
{
    vm_stage(running, stage);
}

enum guest_end thread_guest_run(struct vm *vm, char *error)
{
    (void)error;
    running = vm;
    vm->params->ram_base = (uint64_t)(uintptr_t)vm->ram;
    guest_main(vm->params);
    return GUEST_ENDED;
}
