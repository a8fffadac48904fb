/*
 * The guest program's machine on KVM: ports, registers, the time stamp counter.
 *
 * SPDX-License-Identifier: MIT
 */
#include "platform.h"

static void write_port32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* Configuration mechanism #1: address at CF8h, data at CFCh. */
static void select_config(uint32_t device, uint32_t offset)
{
    write_port32(0xCF8, 0x80000000u | device << 8 | (offset & 0xFCu));
}

uint32_t platform_config_read(uint32_t device, uint32_t offset, uint32_t width_bytes)
{
    select_config(device, offset);
    uint16_t port = (uint16_t)(0xCFCu + (offset & 3u));
    uint32_t value = 0;
    if (width_bytes == 4)
        __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    else if (width_bytes == 2)
        __asm__ volatile("inw %1, %w0" : "+a"(value) : "Nd"(port) : "memory");
    else
        __asm__ volatile("inb %1, %b0" : "+a"(value) : "Nd"(port) : "memory");
    return value;
}

void platform_config_write(uint32_t device, uint32_t offset, uint32_t width_bytes, uint32_t value)
{
    select_config(device, offset);
    uint16_t port = (uint16_t)(0xCFCu + (offset & 3u));
    if (width_bytes == 4)
        __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
    else if (width_bytes == 2)
        __asm__ volatile("outw %w0, %1" : : "a"(value), "Nd"(port) : "memory");
    else
        __asm__ volatile("outb %b0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* Plain moves: the hypervisor has to decode what touched a register. */
uint32_t platform_read32(uint64_t address)
{
    uint32_t value;
    __asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

uint64_t platform_read64(uint64_t address)
{
    uint64_t value;
    __asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

void platform_write32(uint64_t address, uint32_t value)
{
    __asm__ volatile("movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

void platform_write64(uint64_t address, uint64_t value)
{
    __asm__ volatile("movq %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

uint64_t platform_ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* No pause: some hosts leave the guest for each run of them, which costs more than the wait. */
void platform_relax(void)
{
    __asm__ volatile("" : : : "memory");
}

void platform_stage(uint32_t stage)
{
    write_port32(GUEST_STAGE_PORT, stage);
}

/* The compiler may call these even in a freestanding program. */
void *memset(void *destination, int value, size_t length_bytes);
void *memcpy(void *destination, const void *source, size_t length_bytes);

void *memset(void *destination, int value, size_t length_bytes)
{
    void *to = destination;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(length_bytes) : "a"(value) : "memory");
    return destination;
}

void *memcpy(void *destination, const void *source, size_t length_bytes)
{
    void *to = destination;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(source), "+c"(length_bytes) : : "memory");
    return destination;
}
