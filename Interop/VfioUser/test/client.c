/*
 * A vfio-user client without a guest, for test.sh: enables the controller, has it execute Identify, and then, with the
 * word "cut", makes the file of its memory shorter under the device.
 *
 *   client SOCKET whole    0: the command was executed
 *   client SOCKET cut      0: the command was executed, and the server has then ended the connection
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { VERSION = 1, DMA_MAP = 2, REGION_READ = 9, REGION_WRITE = 10 };
enum { CC = 0x14, CSTS = 0x1C, AQA = 0x24, ASQ = 0x28, ACQ = 0x30, ADMIN_TAIL = 0x1000 };
enum { RAM_BYTES = 1 << 20, SQ = 0x1000, CQ = 0x2000, DATA = 0x3000, ENTRIES = 16 };

struct header {
    uint16_t id, command;
    uint32_t size, flags, error;
};
struct map {
    uint32_t argsz, flags;
    uint64_t offset, address, size;
};
struct access {
    uint64_t offset;
    uint32_t region, count, data;
};

static int server;

static void fail(const char *what)
{
    fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void receive(void *buffer, size_t length)
{
    for (char *at = buffer; length > 0;) {
        ssize_t received = read(server, at, length);
        if (received <= 0)
            fail("no reply");
        at += received;
        length -= (size_t)received;
    }
}

/* Sends a command, a descriptor with it unless it is -1, and takes the reply. */
static void ask(uint16_t command, const void *payload, size_t length, int file, void *reply, size_t room)
{
    struct header header = {.id = 1, .command = command, .size = (uint32_t)(sizeof header + length)};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)payload, length}};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof file)];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof file), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (file >= 0) {
        memcpy(CMSG_DATA(&control.header), &file, sizeof file);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    if (sendmsg(server, &message, MSG_NOSIGNAL) != (ssize_t)header.size)
        fail("send");
    receive(&header, sizeof header);
    char answer[4096];
    if (header.error != 0 || header.size - sizeof header > sizeof answer) {
        errno = (int)header.error;
        fail("refused");
    }
    receive(answer, header.size - sizeof header);
    if (room > 0)
        memcpy(reply, answer, room);
}

static void write_register(uint64_t offset, uint32_t value)
{
    struct access access = {.offset = offset, .count = 4, .data = value};
    ask(REGION_WRITE, &access, 20, -1, NULL, 0);
}

static uint32_t read_register(uint64_t offset)
{
    struct access access = {.offset = offset, .count = 4};
    ask(REGION_READ, &access, 16, -1, &access, 20);
    return access.data;
}

static void await(volatile uint32_t *word, uint32_t mask, const char *what)
{
    for (int turns = 0; (*word & mask) == 0; turns++) {
        if (turns == 10000)
            fail(what);
        usleep(1000);
    }
}

int main(int count, char **words)
{
    if (count != 3)
        return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", words[1]);
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address) != 0)
        fail(words[1]);
    ask(VERSION, "\0\0\0\0{}", 7, -1, NULL, 0);

    int file = memfd_create("client-ram", 0);
    if (file < 0 || ftruncate(file, RAM_BYTES) != 0)
        fail("memory");
    char *ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    struct map map = {.argsz = sizeof map, .flags = 3, .size = RAM_BYTES};
    ask(DMA_MAP, &map, sizeof map, file, NULL, 0);

    write_register(AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
    write_register(ASQ, SQ);
    write_register(ASQ + 4, 0);
    write_register(ACQ, CQ);
    write_register(ACQ + 4, 0);
    write_register(CC, 0x460001);
    for (int turns = 0; (read_register(CSTS) & 1) == 0; turns++) {
        if (turns == 10000)
            fail("not ready");
        usleep(1000);
    }
    /* Identify Controller: opcode 6, CNS 1. */
    uint32_t entry[16] = {[0] = 6, [6] = DATA, [10] = 1};
    memcpy(ram + SQ, entry, sizeof entry);
    write_register(ADMIN_TAIL, 1);
    /* The phase bit of the first completion. */
    await((volatile uint32_t *)(ram + CQ + 12), 1 << 16, "the command was not executed");
    if (strcmp(words[2], "cut") != 0)
        return 0;

    if (ftruncate(file, 0) != 0)
        fail("cut");
    struct access access = {.offset = ADMIN_TAIL, .count = 4, .data = 2};
    struct header header = {.command = REGION_WRITE, .size = sizeof header + 20, .flags = 0x10 /* no reply */};
    struct iovec parts[] = {{&header, sizeof header}, {&access, 20}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (sendmsg(server, &message, MSG_NOSIGNAL) < 0)
        fail("send");
    char byte;
    return recv(server, &byte, 1, 0) == 0 ? 0 : 1;
}
