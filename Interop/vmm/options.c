/*
 * The command line.
 *
 * SPDX-License-Identifier: MIT
 */
#include "vmm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: nvmedb-vmm [--seconds N] [--queues N] [--depth N] [--disk FILE] [--guest kvm|thread] [--json FILE]\n"
    "  --seconds N   length of the random mix, over all three kinds of doorbells (default 5)\n"
    "  --queues N    I/O queue pairs, 1 to 256 (default 2)\n"
    "  --depth N     commands under way in each queue, 1 to 65535 (default 32)\n"
    "  --disk FILE   image to use; its first 256 MiB are OVERWRITTEN (default: a sparse image of 256 MiB, made anew)\n"
    "  --guest KIND  kvm, or thread: the guest program on a thread (default: kvm where it works)\n"
    "  --json FILE   the results as a JSON object\n";

static int wrong(const char *format, const char *what, const char *value)
{
    fprintf(stderr, "nvmedb-vmm: ");
    fprintf(stderr, format, what, value);
    fprintf(stderr, "; --help lists the options\n");
    return 2;
}

static bool parse_number(const char *text, uint32_t most, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || errno != 0 || value < 1 || value > most)
        return false;
    *number = (uint32_t)value;
    return true;
}

static int set_option(struct options *options, const char *name, const char *value)
{
    bool good = true;
    if (strcmp(name, "--seconds") == 0)
        good = parse_number(value, MAX_SECONDS, &options->seconds);
    else if (strcmp(name, "--queues") == 0)
        good = parse_number(value, MAX_QUEUES, &options->queues);
    else if (strcmp(name, "--depth") == 0)
        good = parse_number(value, MAX_DEPTH, &options->depth);
    else if (strcmp(name, "--disk") == 0)
        good = (options->disk = value)[0] != 0;
    else if (strcmp(name, "--json") == 0)
        good = (options->json = value)[0] != 0;
    else if (strcmp(name, "--guest") == 0 && strcmp(value, "kvm") == 0)
        options->guest = GUEST_KVM;
    else if (strcmp(name, "--guest") == 0 && strcmp(value, "thread") == 0)
        options->guest = GUEST_THREAD;
    else
        good = false;
    return good ? 0 : wrong("wrong value for %s: '%s'", name, value);
}

int options_parse(int argc, char **argv, struct options *options)
{
    static const char *const names[] = { "--seconds", "--queues", "--depth", "--disk", "--json", "--guest" };
    *options = (struct options){ .seconds = 5, .queues = 2, .depth = 32 };
    for (int i = 1; i < argc; i++) {
        char name[16];
        const char *equals = strchr(argv[i], '=');
        size_t length = equals != NULL ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        bool known = false;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return fputs(usage, stdout) < 0 ? 1 : 0;
        snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : 0, argv[i]);
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            known |= strcmp(name, names[n]) == 0;
        if (!known)
            return wrong("unknown option '%s'%s", argv[i], "");
        if (equals == NULL && i + 1 == argc)
            return wrong("%s needs a value%s", name, "");
        int code = set_option(options, name, equals != NULL ? equals + 1 : argv[++i]);
        if (code != 0)
            return code;
    }
    if ((uint64_t)options->queues * options->depth > MAX_SLOTS)
        return wrong("%s times --depth is more than 262144%s", "--queues", "");
    return OPTIONS_GOOD;
}
