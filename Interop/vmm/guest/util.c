/*
 * The guest's heap, its random numbers, and how it says what went wrong.
 *
 * SPDX-License-Identifier: MIT
 */
#include "guest.h"

void guest_zero(void *memory, uint64_t length_bytes)
{
    uint8_t *bytes = memory;
    for (uint64_t i = 0; i < length_bytes; i++)
        bytes[i] = 0;
}

/* Never given back. NULL, and said, when the heap is used up. */
void *guest_reserve(struct guest *g, uint64_t length_bytes, uint64_t align_bytes)
{
    uint64_t address = (g->heap_next + align_bytes - 1u) & ~(align_bytes - 1u);
    uint64_t end = g->params->heap + g->params->heap_bytes;
    if (address > end || length_bytes > end - address) {
        guest_fail(g, "the guest's RAM is too small: %d bytes asked, %d left", length_bytes, end - g->heap_next);
        return NULL;
    }
    g->heap_next = address + length_bytes;
    return (void *)(uintptr_t)(g->params->ram_base + address);
}

void *guest_allocate(struct guest *g, uint64_t length_bytes, uint64_t align_bytes)
{
    void *memory = guest_reserve(g, length_bytes, align_bytes);
    if (memory != NULL)
        guest_zero(memory, length_bytes);
    return memory;
}

uint64_t guest_physical(const struct guest *g, const void *address)
{
    return (uint64_t)(uintptr_t)address - g->params->ram_base;
}

/* xorshift64*: the order of commands needs no better. */
uint64_t guest_random(struct guest *g)
{
    uint64_t x = g->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    g->random = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

static uint32_t append_number(char *text, uint32_t at, uint32_t limit, uint64_t number, uint32_t base)
{
    char digits[24];
    uint32_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (count > 0 && at < limit)
        text[at++] = digits[--count];
    return at;
}

void guest_say(struct guest *g, const char *format, uint64_t first, uint64_t second, uint64_t third)
{
    char *text = g->params->message;
    uint64_t numbers[3] = { first, second, third };
    uint32_t used = 0, at = 0, limit = (uint32_t)sizeof g->params->message - 1u;
    if (text[0] != 0)
        return;
    for (; *format != 0 && at < limit; format++) {
        if (*format == '%' && used < 3 && (format[1] == 'd' || format[1] == 'x')) {
            at = append_number(text, at, limit, numbers[used++], format[1] == 'd' ? 10 : 16);
            format++;
        } else {
            text[at++] = *format;
        }
    }
    text[at] = 0;
}

bool guest_fail(struct guest *g, const char *format, uint64_t first, uint64_t second)
{
    guest_say(g, format, first, second, 0);
    g->params->failures++;
    g->failed = true;
    return false;
}
