/*
 * A process is killed at random moments while it writes, again and again on the same image: what it was told is complete
 * is there, no block is torn, and nothing is there that was never written. The killed process is the machine: guest RAM,
 * controller, disk. What the guest was told it notes in memory that outlives it.
 *
 *   durability [--kills N] [--seed N]    default: 12 kills
 *
 * SPDX-License-Identifier: MIT
 */
#include "driver.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 4096u
#define BLOCKS 512u
#define DEPTH 32u
#define QUEUES 2u

/* Written by the process that is killed, read by the one that looks. By block, a version counts its writes. */
struct notes {
    uint64_t submitted[BLOCKS], completed[BLOCKS];
    uint64_t commands;
    unsigned failed;
};

/* The ways of data that a file disk has; each kill takes the next. */
struct way {
    const char *name;
    uint32_t file_io, file_direct;
};
static const struct way ways[] = {
    {"page cache, io_uring", NVMEDB_FILE_IO_AUTO, 0},
    {"direct, io_uring", NVMEDB_FILE_IO_AUTO, 1},
    {"page cache, threads", NVMEDB_FILE_IO_POSITIONAL, 0},
    {"direct, threads", NVMEDB_FILE_IO_POSITIONAL, 1},
};

static unsigned kills = 12;

struct slot {
    unsigned char *page;
    uint32_t block;
    int used, is_flush;
    uint16_t id;
};

/* A block says which version it is in every word; version 0 is the image as it was made. */
static void fill_block(void *data, uint32_t block, uint64_t version)
{
    uint64_t *words = data;
    for (uint32_t i = 0; i < BLOCK / 8; i++)
        words[i] = version << 16 | block;
}

static int is_busy(struct slot slots[QUEUES][DEPTH], uint32_t block)
{
    for (unsigned i = 0; i < QUEUES * DEPTH; i++) {
        struct slot *slot = &slots[i / DEPTH][i % DEPTH];
        if (slot->used && !slot->is_flush && slot->block == block)
            return 1;
    }
    return 0;
}

static void submit_one(struct driver *d, uint32_t number, uint32_t nsid, struct slot slots[QUEUES][DEPTH],
                       struct slot *slot, struct notes *notes, uint64_t *random)
{
    command entry = {.opcode = FLUSH, .nsid = nsid};
    uint64_t choice = check_random(random);
    slot->is_flush = choice % 64 == 0;
    if (!slot->is_flush) {
        slot->block = (uint32_t)((choice >> 16) % BLOCKS);
        if (is_busy(slots, slot->block))
            return;
        uint64_t version = notes->submitted[slot->block] + 1;
        fill_block(slot->page, slot->block, version);
        entry = transfer(d, WRITE, nsid, slot->block, 1, slot->page);
        entry.dword12 |= choice % 64 == 1 ? 1u << 30 : 0; /* force unit access */
        __atomic_store_n(&notes->submitted[slot->block], version, __ATOMIC_RELEASE);
    }
    slot->id = put(&d->queues[number], entry);
    slot->used = 1;
    ring_doorbell(d, 2 * number, d->queues[number].tail);
}

static void take_completions(struct driver *d, uint32_t number, struct slot *slots, struct notes *notes)
{
    completion taken;
    while (try_take(d, &d->queues[number], &taken)) {
        for (unsigned i = 0; i < DEPTH; i++) {
            struct slot *slot = &slots[i];
            if (!slot->used || slot->id != taken.id)
                continue;
            slot->used = 0;
            if ((taken.status >> 1) != 0)
                __atomic_store_n(&notes->failed, 1u + (taken.status >> 1), __ATOMIC_RELEASE);
            else if (!slot->is_flush)
                __atomic_store_n(&notes->completed[slot->block], notes->submitted[slot->block], __ATOMIC_RELEASE);
        }
        __atomic_fetch_add(&notes->commands, 1u, __ATOMIC_RELEASE);
    }
}

/* The process that will be killed. It never ends by itself. */
static void write_for_ever(const char *path, const struct way *way, struct notes *notes, uint64_t seed)
{
    struct driver d;
    struct slot slots[QUEUES][DEPTH];
    nvmedb_namespace_config config = {
        .size = sizeof config, .block_bytes = BLOCK, .file_io = way->file_io, .file_direct = way->file_direct};
    uint32_t nsid;
    create_driver(&d, defaults());
    nvmedb_status status = nvmedb_namespace_add_file(d.controller, &config, path, &nsid);
    if (status == NVMEDB_E_IO && way->file_direct) { /* a file system without direct I/O: one way less */
        config.file_direct = 0;
        status = nvmedb_namespace_add_file(d.controller, &config, path, &nsid);
    }
    REQUIRE_OK(status);
    enable(&d);
    memset(slots, 0, sizeof slots);
    for (uint32_t q = 0; q < QUEUES; q++) {
        create_queues(&d, q + 1, 2 * DEPTH);
        for (unsigned i = 0; i < DEPTH; i++)
            slots[q][i].page = allocate(&d, PAGE);
    }
    for (;;)
        for (uint32_t q = 0; q < QUEUES; q++) {
            for (unsigned i = 0; i < DEPTH; i++)
                if (!slots[q][i].used)
                    submit_one(&d, q + 1, nsid, slots, &slots[q][i], notes, &seed);
            take_completions(&d, q + 1, slots[q], notes);
        }
}

static void check_image(const char *path, const struct notes *notes, const char *name, unsigned kill_number)
{
    static uint64_t data[BLOCK / 8], expected[BLOCK / 8];
    int fd = open(path, O_RDONLY);
    /* The disk's lock goes with the last reference to the file: when we have it, nothing is under way any more. */
    REQUIRE(fd >= 0 && flock(fd, LOCK_EX) == 0);
    for (uint32_t block = 0; block < BLOCKS; block++) {
        REQUIRE(pread(fd, data, BLOCK, (off_t)block * BLOCK) == (ssize_t)BLOCK);
        uint64_t version = data[0] >> 16;
        fill_block(expected, block, version);
        int is_whole = memcmp(data, expected, BLOCK) == 0;
        if (!is_whole || version < notes->completed[block] || version > notes->submitted[block]) {
            fprintf(stderr, "%s: block %u: %s version %" PRIu64 ", completed %" PRIu64 ", submitted %" PRIu64 "\n", name,
                    block, is_whole ? "whole" : "torn", version, notes->completed[block], notes->submitted[block]);
            fprintf(stderr, "kill %u; again: durability --kills %u --seed %" PRIu64 "\n", kill_number + 1,
                    kill_number + 1, check_seed);
            CHECK(!"an acknowledged write is lost, or a block is torn");
        }
    }
    close(fd);
}

/* What was under way when the process was killed may be on the image or not: what is there is where it goes on. */
static void go_on_from_image(const char *path, struct notes *notes)
{
    uint64_t word;
    int fd = open(path, O_RDONLY);
    for (uint32_t block = 0; block < BLOCKS; block++) {
        REQUIRE(pread(fd, &word, sizeof word, (off_t)block * BLOCK) == sizeof word);
        notes->submitted[block] = notes->completed[block] = word >> 16;
    }
    close(fd);
}

static void an_acknowledged_write_survives_a_kill(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    uint64_t random = check_seed, total = 0;
    struct notes *notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(notes != MAP_FAILED);
    snprintf(path, sizeof path, "%s/nvmedb-kill-XXXXXX", folder != NULL ? folder : "/tmp");
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    static unsigned char block_bytes[BLOCK];
    for (uint32_t block = 0; block < BLOCKS; block++) {
        fill_block(block_bytes, block, 0);
        REQUIRE(write(fd, block_bytes, BLOCK) == (ssize_t)BLOCK);
    }
    close(fd);
    for (unsigned kill_number = 0; kill_number < kills; kill_number++) {
        const struct way *way = &ways[kill_number % (sizeof ways / sizeof ways[0])];
        uint64_t child_seed = check_random(&random), wanted = 1 + check_random(&random) % 2000;
        notes->commands = 0;
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL); /* where the looker gives up, the writer does not go on */
            write_for_ever(path, way, notes, child_seed);
            _exit(1);
        }
        /* The moment: after so many commands, wherever the machine then is with the others. */
        int state = 0;
        WAIT_UNTIL(__atomic_load_n(&notes->commands, __ATOMIC_ACQUIRE) >= wanted ||
                   waitpid(child, &state, WNOHANG) == child);
        REQUIRE(state == 0);
        REQUIRE(kill(child, SIGKILL) == 0);
        REQUIRE(waitpid(child, &state, 0) == child && WIFSIGNALED(state));
        CHECK_EQ(0, notes->failed);
        check_image(path, notes, way->name, kill_number);
        total += notes->commands;
        go_on_from_image(path, notes);
    }
    CHECK(total > kills);
    unlink(path);
    munmap(notes, sizeof *notes);
}

static const struct test tests[] = {
    {"durability: an acknowledged write survives a kill", an_acknowledged_write_survives_a_kill},
};

int main(int argc, char **argv)
{
    int kept = 1;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--kills") == 0 && i + 1 < argc)
            kills = (unsigned)strtoul(argv[++i], NULL, 0);
        else
            argv[kept++] = argv[i];
    return check_main(kept, argv, tests, sizeof tests / sizeof tests[0]);
}
