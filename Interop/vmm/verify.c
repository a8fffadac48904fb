/*
 * nvmedb-verify MANIFEST IMAGE: reads an image as a plain file and compares it with what a guest says it wrote last.
 *
 * SPDX-License-Identifier: MIT
 *
 * Exit code 0: every block of the manifest is right; 1: one is not, or cannot be read; 2: wrong use.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/shared.h"

enum { CHUNK_BLOCKS = 256 };

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "nvmedb-verify: %s: %s\n", what, why);
    return 1;
}

static ssize_t read_at(int fd, void *buffer, size_t length_bytes, uint64_t offset_bytes)
{
    size_t done = 0;
    while (done < length_bytes) {
        ssize_t count = pread(fd, (uint8_t *)buffer + done, length_bytes - done, (off_t)(offset_bytes + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        done += (size_t)count;
    }
    return (ssize_t)done;
}

static uint32_t *read_manifest(const char *path, struct guest_manifest *header)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint32_t *passes = NULL;
    if (fd < 0)
        return NULL;
    if (read_at(fd, header, sizeof *header, 0) == (ssize_t)sizeof *header && header->magic == GUEST_MANIFEST_MAGIC &&
        header->blocks > 0 && header->blocks <= UINT32_MAX) {
        size_t length_bytes = (size_t)header->blocks * sizeof *passes;
        passes = malloc(length_bytes);
        if (passes != NULL && read_at(fd, passes, length_bytes, sizeof *header) != (ssize_t)length_bytes) {
            free(passes);
            passes = NULL;
        }
    }
    close(fd);
    return passes;
}

static int check(int image, const char *path, const struct guest_manifest *header, const uint32_t *passes)
{
    static uint64_t words[CHUNK_BLOCKS * GUEST_BLOCK_WORDS];
    uint64_t checked = 0, wrong = 0;
    for (uint64_t first = 0; first < header->blocks; first += CHUNK_BLOCKS) {
        uint64_t count = header->blocks - first < CHUNK_BLOCKS ? header->blocks - first : CHUNK_BLOCKS;
        size_t length_bytes = (size_t)count * GUEST_BLOCK_BYTES;
        if (read_at(image, words, length_bytes, first * GUEST_BLOCK_BYTES) != (ssize_t)length_bytes)
            return fail(path, "cannot be read to the end of the working area");
        for (uint64_t i = 0; i < count; i++) {
            if (passes[first + i] == 0)
                continue;
            checked++;
            uint32_t word = guest_pattern_compare(words + i * GUEST_BLOCK_WORDS, header->seed, first + i,
                                                  passes[first + i]);
            if (word == GUEST_BLOCK_WORDS)
                continue;
            if (wrong++ == 0)
                fprintf(stderr, "nvmedb-verify: %s: block %" PRIu64 ", pass %u, differs at byte %u\n", path, first + i,
                        passes[first + i], word * 8u);
        }
    }
    printf("image checked from outside: %" PRIu64 " blocks of 4 KiB, %" PRIu64 " wrong\n", checked, wrong);
    return wrong == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct guest_manifest header;
    if (argc != 3) {
        fprintf(stderr, "usage: nvmedb-verify MANIFEST IMAGE\n");
        return 2;
    }
    uint32_t *passes = read_manifest(argv[1], &header);
    if (passes == NULL)
        return fail(argv[1], "not a manifest");
    int image = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (image < 0) {
        free(passes);
        return fail(argv[2], strerror(errno));
    }
    /* From the disk where it can be, not from what the writer left in the page cache. */
    if (fsync(image) == 0)
        posix_fadvise(image, 0, 0, POSIX_FADV_DONTNEED);
    int result = check(image, argv[2], &header, passes);
    close(image);
    free(passes);
    return result;
}
