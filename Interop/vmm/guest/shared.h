/*
 * What the VMM and the guest program share: the parameter pages, the pattern on the disk, the histogram.
 *
 * SPDX-License-Identifier: MIT
 *
 * Compiled into the VMM, into the freestanding guest, and into the program that checks the image.
 */
#ifndef NVMEDB_GUEST_SHARED_H
#define NVMEDB_GUEST_SHARED_H

#include <stdint.h>

/* The unit of the pattern, of the manifest and of the steady mix. */
#define GUEST_BLOCK_BYTES 4096u
#define GUEST_BLOCK_WORDS (GUEST_BLOCK_BYTES / 8u)

/* Guest physical addresses that both sides know. The MMIO window is where the guest may place BARs. */
#define GUEST_PAGE_TABLES 0x10000u
#define GUEST_STACK_TOP 0x80000u
#define GUEST_IMAGE 0x100000u
#define GUEST_PARAMS 0x200000u
#define GUEST_FREE 0x210000u
#define GUEST_MMIO_WINDOW 0xE0000000u
#define GUEST_MMIO_WINDOW_BYTES 0x10000000u

/* Writing a stage number here tells the VMM that the stage begins. */
#define GUEST_STAGE_PORT 0x5A0u

/* How the guest's doorbells reach the device. */
enum { GUEST_DOORBELLS_EXIT = 0, GUEST_DOORBELLS_IOEVENTFD = 1, GUEST_DOORBELLS_POLLED = 2, GUEST_DOORBELLS_COUNT = 3 };

enum {
    GUEST_STAGE_NONE = 0,
    GUEST_STAGE_BRING_UP,
    GUEST_STAGE_WRITE,
    GUEST_STAGE_READ,
    GUEST_STAGE_STEADY,
    GUEST_STAGE_STEADY_END,
    GUEST_STAGE_SHUTDOWN,
    GUEST_STAGE_DONE
};

/* Log-linear: 32 buckets to each power of two, so a bucket is at most 1/32 of its value wide. */
#define GUEST_HISTOGRAM_SUB_BITS 5u
#define GUEST_HISTOGRAM_BUCKETS ((64u - GUEST_HISTOGRAM_SUB_BITS + 1u) << GUEST_HISTOGRAM_SUB_BITS)

struct guest_params {
    /* Set by the VMM before the guest starts. Addresses are guest physical. */
    uint64_t ram_base;       /* where guest physical 0 is in the guest program's own addresses; 0 on KVM */
    uint64_t heap;           /* free RAM */
    uint64_t heap_bytes;
    uint64_t manifest;       /* uint32_t pass number for each block of the working area; 0: contents unknown */
    uint64_t manifest_blocks;
    uint64_t seed;           /* of the pattern: data of an earlier run never passes for this one's */
    uint64_t random;         /* of the order of commands */
    uint64_t ticks_per_second;
    uint64_t steady_ticks;
    uint32_t queues;
    uint32_t depth;
    uint32_t doorbells;      /* GUEST_DOORBELLS_* */
    uint32_t shadow;         /* 1: use Doorbell Buffer Config */

    /* Set by the VMM while the guest runs. */
    uint32_t stop;           /* 1: finish what is under way, shut the controller down, end */

    /* Set by the guest. */
    uint32_t stage;          /* GUEST_STAGE_* */
    uint64_t commands;       /* I/O commands completed */
    uint64_t steady_commands;
    uint64_t steady_taken;   /* ticks */
    uint64_t blocks_written;
    uint64_t blocks_compared;
    uint64_t rings;          /* doorbell registers written */
    uint64_t rings_saved;    /* doorbell values left in the shadow page only, as EventIdx allows */
    uint64_t mismatches;     /* blocks that did not read back as written */
    uint64_t failures;       /* commands and steps that ended otherwise than they must */
    char message[192];       /* the first of them, or the first mismatch */
    uint64_t histogram[GUEST_HISTOGRAM_BUCKETS]; /* of the steady mix, in ticks */
};

_Static_assert(sizeof(struct guest_params) <= GUEST_FREE - GUEST_PARAMS, "the parameters fit their pages");

/* Blocks of the largest command of the verify passes, so that the buffers of many slots fit a modest RAM. */
static inline uint32_t guest_transfer_blocks(uint64_t slots)
{
    return slots > 8192u ? 1u : slots > 2048u ? 4u : 16u;
}

static inline uint32_t guest_bucket(uint64_t value)
{
    if (value < (1u << GUEST_HISTOGRAM_SUB_BITS))
        return (uint32_t)value;
    uint32_t shift = 63u - (uint32_t)__builtin_clzll(value) - GUEST_HISTOGRAM_SUB_BITS;
    return (shift << GUEST_HISTOGRAM_SUB_BITS) + (uint32_t)(value >> shift);
}

/* The largest value that falls into a bucket. */
static inline uint64_t guest_bucket_limit(uint32_t bucket)
{
    if (bucket < (2u << GUEST_HISTOGRAM_SUB_BITS))
        return bucket;
    uint32_t shift = (bucket >> GUEST_HISTOGRAM_SUB_BITS) - 1u;
    uint64_t mantissa = bucket - (shift << GUEST_HISTOGRAM_SUB_BITS);
    return ((mantissa + 1u) << shift) - 1u;
}

/* Every 8-byte word on the disk follows from the run, its block, the block's pass number, and its place in the block. */
static inline uint64_t guest_pattern_start(uint64_t seed, uint64_t block, uint32_t pass)
{
    uint64_t x = seed ^ (block * UINT64_C(0x9E3779B97F4A7C15)) ^ ((uint64_t)pass << 32 | pass);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

static inline uint64_t guest_pattern_word(uint64_t start, uint32_t word)
{
    return (start + word) * UINT64_C(0xD1342543DE82EF95);
}

static inline void guest_pattern_fill(uint64_t *words, uint64_t seed, uint64_t block, uint32_t pass)
{
    uint64_t start = guest_pattern_start(seed, block, pass);
    for (uint32_t i = 0; i < GUEST_BLOCK_WORDS; i++)
        words[i] = guest_pattern_word(start, i);
}

/* The first word that differs, or GUEST_BLOCK_WORDS. */
static inline uint32_t guest_pattern_compare(const uint64_t *words, uint64_t seed, uint64_t block, uint32_t pass)
{
    uint64_t start = guest_pattern_start(seed, block, pass);
    for (uint32_t i = 0; i < GUEST_BLOCK_WORDS; i++)
        if (words[i] != guest_pattern_word(start, i))
            return i;
    return GUEST_BLOCK_WORDS;
}

/* What the program that checks the image is given: this, then uint32_t pass[blocks] as in guest_params.manifest. */
struct guest_manifest {
    uint64_t magic;
    uint64_t seed;
    uint64_t blocks;
};

#define GUEST_MANIFEST_MAGIC UINT64_C(0x3174736566696E61)

#endif
