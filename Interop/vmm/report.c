/*
 * What the user sees: a line while it runs, a table at the end, the same as JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include "vmm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const stage_names[] = {
    "starting", "bring-up", "write", "read back", "random mix", "flush", "shutdown", "done",
};

/* ---- Figures -------------------------------------------------------------------------------------------------- */

static double seconds_of(const struct vm *vm, uint64_t ticks)
{
    return (double)ticks / (double)vm->ticks_per_second;
}

static uint64_t iops_of(const struct vm *vm, const struct phase *phase)
{
    double seconds = seconds_of(vm, phase->steady_ticks);
    return seconds > 0 ? (uint64_t)((double)phase->steady_commands / seconds + 0.5) : 0;
}

/* In nanoseconds: the end of the bucket that holds the given share of all. */
static uint64_t percentile_of(const struct vm *vm, const struct phase *phase, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)phase->steady_commands), seen = 0;
    for (uint32_t i = 0; i < GUEST_HISTOGRAM_BUCKETS; i++) {
        seen += phase->histogram[i];
        if (phase->histogram[i] != 0 && (seen > wanted || seen == phase->steady_commands))
            return (uint64_t)((double)guest_bucket_limit(i) * 1e9 / (double)vm->ticks_per_second);
    }
    return 0;
}

static void add_to(struct phase *total, const struct phase *phase)
{
    total->ran |= phase->ran;
    total->commands += phase->commands;
    total->steady_commands += phase->steady_commands;
    total->steady_ticks += phase->steady_ticks;
    total->rings += phase->rings;
    total->rings_saved += phase->rings_saved;
    total->mismatches += phase->mismatches;
    total->failures += phase->failures;
    total->blocks_written += phase->blocks_written;
    total->blocks_compared += phase->blocks_compared;
    total->wakes += phase->wakes;
    total->sleeps += phase->sleeps;
    total->spurious_wakes += phase->spurious_wakes;
    total->parks += phase->parks;
    total->allocated_bytes += phase->allocated_bytes;
    total->collections += phase->collections;
    total->register_exits += phase->register_exits;
    total->doorbell_exits += phase->doorbell_exits;
    total->kicks += phase->kicks;
    total->interrupts += phase->interrupts;
    for (uint32_t i = 0; i < GUEST_HISTOGRAM_BUCKETS; i++)
        total->histogram[i] += phase->histogram[i];
}

static struct phase total_of(const struct vm *vm)
{
    struct phase total = { .name = "all" };
    for (uint32_t i = 0; i < GUEST_DOORBELLS_COUNT; i++)
        add_to(&total, &vm->phases[i]);
    return total;
}

/* 1234567 as 1,234,567; several may be in use at once. */
static const char *grouped(uint64_t number)
{
    static char texts[8][32];
    static unsigned next;
    char plain[24], *text = texts[next++ % 8];
    int length = snprintf(plain, sizeof plain, "%" PRIu64, number), at = 0;
    for (int i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = plain[i];
    }
    text[at] = 0;
    return text;
}

static const char *guest_name(const struct vm *vm)
{
    return vm->guest == GUEST_KVM ? "kvm" : "thread";
}

/* ---- While it runs -------------------------------------------------------------------------------------------- */

static bool live_line_open;

void report_live(const struct vm *vm, double seconds)
{
    static uint64_t last_commands;
    static uint32_t last_phase;
    static double last_seconds;
    const struct guest_params *params = vm->params;
    uint64_t commands = __atomic_load_n(&params->commands, __ATOMIC_RELAXED);
    uint32_t stage = __atomic_load_n(&params->stage, __ATOMIC_RELAXED);
    if (vm->phase != last_phase || commands < last_commands)
        last_commands = 0;
    double passed = seconds - last_seconds;
    double rate = passed > 0 ? (double)(commands - last_commands) / passed : 0;
    last_commands = commands;
    last_phase = vm->phase;
    last_seconds = seconds;
    bool terminal = isatty(STDOUT_FILENO);
    printf("%s%6.1f s  %u/%u %-14s %-10s  %12s commands  %9s/s  %s mismatches%s", terminal ? "\r" : "", seconds,
           vm->phase + 1u, (unsigned)GUEST_DOORBELLS_COUNT, vm->phases[vm->phase].name,
           stage_names[stage <= GUEST_STAGE_DONE ? stage : 0], grouped(commands), grouped((uint64_t)rate),
           grouped(__atomic_load_n(&params->mismatches, __ATOMIC_RELAXED)), terminal ? "\033[K" : "\n");
    live_line_open = terminal;
    fflush(stdout);
}

void report_live_end(void)
{
    if (live_line_open)
        printf("\r\033[K");
    live_line_open = false;
    fflush(stdout);
}

/* ---- The table ------------------------------------------------------------------------------------------------ */

typedef uint64_t (*figure)(const struct vm *vm, const struct phase *phase);

static uint64_t p50(const struct vm *vm, const struct phase *phase) { return percentile_of(vm, phase, 0.50); }
static uint64_t p99(const struct vm *vm, const struct phase *phase) { return percentile_of(vm, phase, 0.99); }
static uint64_t p999(const struct vm *vm, const struct phase *phase) { return percentile_of(vm, phase, 0.999); }

#define FIELD(name) \
    static uint64_t name##_of(const struct vm *vm, const struct phase *phase) { (void)vm; return phase->name; }
FIELD(commands)
FIELD(rings)
FIELD(rings_saved)
FIELD(doorbell_exits)
FIELD(kicks)
FIELD(wakes)
FIELD(sleeps)
FIELD(spurious_wakes)
FIELD(allocated_bytes)
FIELD(collections)
FIELD(interrupts)
FIELD(mismatches)

static const struct {
    const char *label;
    const char *json;
    figure value;
} figures[] = {
    { "commands", "commands", commands_of },
    { "IOPS (4 KiB random mix)", "iops", iops_of },
    { "latency p50 (ns)", "p50Ns", p50 },
    { "latency p99 (ns)", "p99Ns", p99 },
    { "latency p99.9 (ns)", "p999Ns", p999 },
    { "rings", "rings", rings_of },
    { "rings saved by EventIdx", "ringsSaved", rings_saved_of },
    { "doorbell exits", "doorbellExits", doorbell_exits_of },
    { "ioeventfd kicks", "eventfdKicks", kicks_of },
    { "wakes", "wakes", wakes_of },
    { "sleeps", "sleeps", sleeps_of },
    { "spurious wakes", "spuriousWakes", spurious_wakes_of },
    { "interrupts (admin queue)", "interrupts", interrupts_of },
    { "bytes allocated by device", "allocatedBytes", allocated_bytes_of },
    { "garbage collections", "collections", collections_of },
    { "mismatches", "mismatches", mismatches_of },
};

enum { FIGURES = sizeof figures / sizeof figures[0] };

void report_table(const struct vm *vm)
{
    struct phase total = total_of(vm);
    printf("\nguest: %s%s%s%s\ndisk:  %s (%s bytes)\nload:  %u queues, depth %u, %u s\n\n", guest_name(vm),
           vm->guest_reason[0] != 0 ? " (" : "", vm->guest_reason, vm->guest_reason[0] != 0 ? ")" : "", vm->image,
           grouped(vm->image_bytes), vm->options->queues, vm->options->depth, vm->options->seconds);
    printf("%-26s", "doorbells by");
    for (uint32_t i = 0; i < GUEST_DOORBELLS_COUNT; i++)
        printf(" %14s", vm->phases[i].name);
    printf(" %14s\n", total.name);
    for (uint32_t row = 0; row < FIGURES; row++) {
        printf("%-26s", figures[row].label);
        for (uint32_t i = 0; i < GUEST_DOORBELLS_COUNT; i++)
            printf(" %14s", vm->phases[i].ran ? grouped(figures[row].value(vm, &vm->phases[i])) : "-");
        printf(" %14s\n", grouped(figures[row].value(vm, &total)));
    }
    printf("%-26s %14s\n", "image verified", vm->image_verified ? "yes" : "no");
    fflush(stdout);
}

/* ---- JSON ----------------------------------------------------------------------------------------------------- */

static void put_string(FILE *file, const char *text)
{
    putc('"', file);
    for (const unsigned char *c = (const unsigned char *)text; *c != 0; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(file, "\\%c", *c);
        else if (*c < 0x20)
            fprintf(file, "\\u%04x", *c);
        else
            putc(*c, file);
    }
    putc('"', file);
}

static void put_figures(FILE *file, const struct vm *vm, const struct phase *phase, const char *indent)
{
    for (uint32_t row = 0; row < FIGURES; row++)
        fprintf(file, "%s\"%s\": %" PRIu64 ",\n", indent, figures[row].json, figures[row].value(vm, phase));
    fprintf(file, "%s\"parks\": %" PRIu64 ",\n", indent, phase->parks);
    fprintf(file, "%s\"registerExits\": %" PRIu64 ",\n", indent, phase->register_exits);
    fprintf(file, "%s\"blocksWritten\": %" PRIu64 ",\n", indent, phase->blocks_written);
    fprintf(file, "%s\"blocksCompared\": %" PRIu64 ",\n", indent, phase->blocks_compared);
    fprintf(file, "%s\"mixCommands\": %" PRIu64 ",\n", indent, phase->steady_commands);
    fprintf(file, "%s\"mixSeconds\": %.6f", indent, seconds_of(vm, phase->steady_ticks));
}

static void put_json(FILE *file, const struct vm *vm)
{
    struct phase total = total_of(vm);
    fprintf(file, "{\n  \"guest\": \"%s\",\n  \"guestReason\": ", guest_name(vm));
    put_string(file, vm->guest_reason);
    fprintf(file, ",\n  \"library\": ");
    put_string(file, nvmedb_version());
    fprintf(file, ",\n  \"disk\": ");
    put_string(file, vm->image);
    fprintf(file, ",\n  \"diskBytes\": %" PRIu64 ",\n  \"seconds\": %u,\n  \"queues\": %u,\n  \"depth\": %u,\n",
            vm->image_bytes, vm->options->seconds, vm->options->queues, vm->options->depth);
    fprintf(file, "  \"imageVerified\": %s,\n  \"interrupted\": %s,\n  \"error\": ",
            vm->image_verified ? "true" : "false", vm->interrupted ? "true" : "false");
    if (vm->error[0] != 0)
        put_string(file, vm->error);
    else
        fprintf(file, "null");
    fprintf(file, ",\n");
    put_figures(file, vm, &total, "  ");
    fprintf(file, ",\n  \"phases\": [");
    const char *separator = "\n";
    for (uint32_t i = 0; i < GUEST_DOORBELLS_COUNT; i++) {
        if (!vm->phases[i].ran)
            continue;
        fprintf(file, "%s    {\n      \"doorbells\": ", separator);
        put_string(file, vm->phases[i].name);
        fprintf(file, ",\n");
        put_figures(file, vm, &vm->phases[i], "      ");
        fprintf(file, "\n    }");
        separator = ",\n";
    }
    fprintf(file, "\n  ]\n}\n");
}

/* Before the run, so that a wrong path does not cost its result. Makes nothing. */
bool report_json_writable(const char *path, char *error)
{
    char directory[PATH_MAX];
    struct stat stat_of;
    if (stat(path, &stat_of) == 0) {
        if (S_ISDIR(stat_of.st_mode))
            errno = EISDIR;
        else if (access(path, W_OK) == 0)
            return true;
    } else if (errno == ENOENT && strlen(path) < sizeof directory) {
        strcpy(directory, path);
        char *slash = strrchr(directory, '/');
        if (slash == NULL)
            strcpy(directory, ".");
        else
            slash[slash == directory ? 1 : 0] = 0;
        if (access(directory, W_OK | X_OK) == 0)
            return true;
    }
    snprintf(error, ERROR_BYTES, "cannot write %s: %s", path, strerror(errno));
    return false;
}

/* A regular file appears whole or not at all; anything else (a pipe, a terminal) is written to. */
bool report_json(const struct vm *vm, const char *path, char *error)
{
    char partial[PATH_MAX];
    struct stat stat_of;
    bool direct = stat(path, &stat_of) == 0 && !S_ISREG(stat_of.st_mode);
    if ((size_t)snprintf(partial, sizeof partial, direct ? "%s" : "%s.partial", path) >= sizeof partial)
        errno = ENAMETOOLONG;
    else {
        FILE *file = fopen(partial, "w");
        if (file != NULL) {
            put_json(file, vm);
            bool good = fflush(file) == 0 && !ferror(file);
            good = fclose(file) == 0 && good;
            if (good && (direct || rename(partial, path) == 0))
                return true;
            if (!direct)
                unlink(partial);
        }
    }
    snprintf(error, ERROR_BYTES, "cannot write %s: %s", path, strerror(errno));
    return false;
}
