/*
 * What the guest program asks of the machine it runs on: bare metal under KVM (platform_kvm.c), or a thread of the VMM
 * (../thread_guest.c).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NVMEDB_GUEST_PLATFORM_H
#define NVMEDB_GUEST_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "shared.h"

/* The guest program. Returns when the controller has been shut down or given up. */
void guest_main(struct guest_params *params);

/* PCI configuration space; device is bus << 8 | device << 3 | function; width_bytes is 1, 2 or 4. */
uint32_t platform_config_read(uint32_t device, uint32_t offset, uint32_t width_bytes);
void platform_config_write(uint32_t device, uint32_t offset, uint32_t width_bytes, uint32_t value);

/* Device registers, by bus address. */
uint32_t platform_read32(uint64_t address);
uint64_t platform_read64(uint64_t address);
void platform_write32(uint64_t address, uint32_t value);
void platform_write64(uint64_t address, uint64_t value);

uint64_t platform_ticks(void);
/* In a loop that waits for memory to change. */
void platform_relax(void);
/* A stage begins: the VMM takes its measurements here. */
void platform_stage(uint32_t stage);

#endif
