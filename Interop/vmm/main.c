/*
 * nvmedb-vmm: a small virtual machine monitor around libnvmedoorbell. Its guest writes a disk image through the controller,
 * reads it back and compares, with doorbells by exit, by ioeventfd, and by polling.
 *
 * SPDX-License-Identifier: MIT
 *
 * Exit code 0: all of it was right; 1: it was not, or could not be done; 2: wrong options. Errors are one line.
 */
#define _GNU_SOURCE
#include "vmm.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum { STUCK_SECONDS = 150, CALIBRATION_MS = 50 };

static int done_event = -1;
static volatile sig_atomic_t signals_seen;

static void on_signal(int number)
{
    (void)number;
    if (++signals_seen > 1)
        _exit(130);
    int saved = errno;
    eventfd_write(done_event, 1);
    errno = saved;
}

void vm_error(struct vm *vm, const char *format, ...)
{
    if (vm->error[0] != 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(vm->error, sizeof vm->error, format, arguments);
    va_end(arguments);
}

/* ---- The machine ---------------------------------------------------------------------------------------------- */

static double now_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint64_t measure_ticks_per_second(void)
{
    double start = now_seconds();
    uint64_t ticks = __rdtsc();
    struct timespec pause = { .tv_nsec = CALIBRATION_MS * 1000000L };
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
        continue;
    ticks = __rdtsc() - ticks;
    return (uint64_t)((double)ticks / (now_seconds() - start));
}

/* RAM: image and tables, parameters, manifest, and a heap for the queues and buffers of all slots. */
static bool make_ram(struct vm *vm)
{
    const struct options *options = vm->options;
    uint64_t area_bytes = vm->image_bytes < MAX_AREA_BYTES ? vm->image_bytes : MAX_AREA_BYTES;
    uint64_t blocks = area_bytes / GUEST_BLOCK_BYTES;
    uint64_t slots = (uint64_t)options->queues * options->depth;
    uint64_t per_slot = (guest_transfer_blocks(slots) + 2u) * 4096u + 256u;
    uint64_t heap = (GUEST_FREE + blocks * sizeof(uint32_t) + 4095u) & ~UINT64_C(4095);
    vm->ram_bytes = (heap + blocks + slots * per_slot + options->queues * UINT64_C(32768) + (4u << 20)) &
                    ~UINT64_C(0x1FFFFF);
    vm->ram = mmap(NULL, vm->ram_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (vm->ram == MAP_FAILED) {
        vm->ram = NULL;
        vm_error(vm, "cannot get %llu bytes for the guest's RAM: %s", (unsigned long long)vm->ram_bytes,
                 strerror(errno));
        return false;
    }
    vm->params = (struct guest_params *)(void *)(vm->ram + GUEST_PARAMS);
    *vm->params = (struct guest_params){
        .heap = heap,
        .heap_bytes = vm->ram_bytes - heap,
        .manifest = GUEST_FREE,
        .manifest_blocks = blocks,
        .ticks_per_second = vm->ticks_per_second,
        .steady_ticks = vm->ticks_per_second * options->seconds / GUEST_DOORBELLS_COUNT,
        .queues = options->queues,
        .depth = options->depth,
    };
    if (getrandom(&vm->params->seed, sizeof vm->params->seed, 0) < 0)
        vm->params->seed = __rdtsc();
    vm->params->random = vm->params->seed;
    return true;
}

/* The parameters that stay, with no results. */
static void reset_params(struct vm *vm, uint32_t doorbells)
{
    struct guest_params *params = vm->params;
    uint32_t stop = __atomic_load_n(&params->stop, __ATOMIC_RELAXED);
    memset(&params->stop, 0, sizeof *params - offsetof(struct guest_params, stop));
    __atomic_store_n(&params->stop, stop, __ATOMIC_RELAXED);
    params->random += 2;
    params->doorbells = doorbells;
    params->shadow = doorbells == GUEST_DOORBELLS_IOEVENTFD;
}

void vm_stage(struct vm *vm, uint32_t stage)
{
    struct phase *phase = &vm->phases[vm->phase];
    nvmedb_runtime_stats now = { .size = sizeof now };
    if (stage == GUEST_STAGE_STEADY) {
        vm->before = now;
        nvmedb_runtime_get_stats(&vm->before);
    } else if (stage == GUEST_STAGE_STEADY_END && nvmedb_runtime_get_stats(&now) == NVMEDB_OK) {
        phase->allocated_bytes = now.allocated_bytes - vm->before.allocated_bytes;
        phase->collections = now.collections - vm->before.collections;
    }
}

/* ---- One phase ------------------------------------------------------------------------------------------------ */

struct guest_thread {
    struct vm *vm;
    enum guest_end end;
    char error[ERROR_BYTES];
};

static void *run_guest(void *context)
{
    struct guest_thread *thread = context;
    struct vm *vm = thread->vm;
    thread->end = vm->guest == GUEST_KVM ? kvm_guest_run(vm, thread->error) : thread_guest_run(vm, thread->error);
    eventfd_write(done_event, 1u << 16);
    return NULL;
}

/* Until the guest has ended: a line each second, Ctrl-C passed on, an end to a guest that does not move. */
static void watch(struct vm *vm, double started)
{
    uint64_t last_commands = 0, tick = (uint64_t)(now_seconds() - started);
    uint32_t last_stage = 0;
    double moved = now_seconds();
    for (;;) {
        struct pollfd poll_of = { .fd = done_event, .events = POLLIN };
        int wait_ms = (int)(1000.0 * ((double)(tick + 1u) - (now_seconds() - started))) + 1;
        int count = poll(&poll_of, 1, wait_ms > 0 ? wait_ms : 0);
        if (signals_seen != 0 && !vm->interrupted) {
            vm->interrupted = true;
            __atomic_store_n(&vm->params->stop, 1, __ATOMIC_RELAXED);
        }
        eventfd_t events = 0;
        if (count > 0 && eventfd_read(done_event, &events) == 0 && events >= 1u << 16)
            return;
        double now = now_seconds();
        if (now - started < (double)(tick + 1u))
            continue;
        tick = (uint64_t)(now - started);
        report_live(vm, now - started);
        uint64_t commands = __atomic_load_n(&vm->params->commands, __ATOMIC_RELAXED);
        uint32_t stage = __atomic_load_n(&vm->params->stage, __ATOMIC_RELAXED);
        if (commands != last_commands || stage != last_stage)
            moved = now;
        last_commands = commands;
        last_stage = stage;
        if (now - moved > STUCK_SECONDS) {
            report_live_end();
            fprintf(stderr, "nvmedb-vmm: the guest has not moved for %d s, given up\n", STUCK_SECONDS);
            _exit(1);
        }
    }
}

static void collect(struct vm *vm)
{
    const struct guest_params *params = vm->params;
    struct phase *phase = &vm->phases[vm->phase];
    phase->ran = true;
    phase->commands = params->commands;
    phase->steady_commands = params->steady_commands;
    phase->steady_ticks = params->steady_taken;
    phase->rings = params->rings;
    phase->rings_saved = params->rings_saved;
    phase->mismatches = params->mismatches;
    phase->failures = params->failures;
    phase->blocks_written = params->blocks_written;
    phase->blocks_compared = params->blocks_compared;
    memcpy(phase->histogram, params->histogram, sizeof phase->histogram);
    device_collect(&vm->device, phase);
    if (params->failures != 0 || params->mismatches != 0)
        vm_error(vm, "%s: %s", phase->name, params->message);
}

/* false: the run ends here. */
static bool run_phase(struct vm *vm, uint32_t doorbells, double started)
{
    struct guest_thread thread = { .vm = vm };
    char error[ERROR_BYTES] = "";
    pthread_t guest;
    vm->phase = doorbells;
    vm->phases[doorbells].doorbells = doorbells;
    reset_params(vm, doorbells);
    if (device_create(&vm->device, vm, doorbells, error)) {
        int result = pthread_create(&guest, NULL, run_guest, &thread);
        if (result == 0) {
            watch(vm, started);
            pthread_join(guest, NULL);
            if (thread.end != GUEST_NEVER_STARTED)
                collect(vm);
        } else {
            snprintf(error, sizeof error, "cannot start a thread for the guest: %s", strerror(result));
        }
    }
    device_destroy(&vm->device, error);
    report_live_end();
    if (error[0] != 0)
        vm_error(vm, "%s", error);
    if (thread.end == GUEST_NEVER_STARTED && vm->options->guest == GUEST_AUTO && doorbells == 0 && error[0] == 0) {
        vm->guest = GUEST_THREAD;
        bool missing = strncmp(thread.error, "/dev/kvm", 8) == 0;
        snprintf(vm->guest_reason, sizeof vm->guest_reason, "no %s%.400s", missing ? "" : "KVM: ", thread.error);
        printf("guest: thread (%s)\n", vm->guest_reason);
        return run_phase(vm, doorbells, started);
    }
    if (thread.end == GUEST_NEVER_STARTED)
        vm_error(vm, "--guest kvm: %s", thread.error);
    else if (thread.end == GUEST_FAILED)
        vm_error(vm, "%s", thread.error);
    return vm->error[0] == 0 && !vm->interrupted;
}

static void run(struct vm *vm)
{
    static const char *const names[GUEST_DOORBELLS_COUNT] = { "MMIO exit", "ioeventfd", "polling" };
    double started = now_seconds();
    for (uint32_t i = 0; i < GUEST_DOORBELLS_COUNT; i++)
        vm->phases[i].name = names[i];
    for (uint32_t i = 0; i < GUEST_DOORBELLS_COUNT; i++)
        if (!run_phase(vm, i, started))
            break;
}

/* Many queues have many eventfds. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    struct options options;
    static struct vm vm;
    int code = options_parse(argc, argv, &options);
    if (code != OPTIONS_GOOD)
        return code;
    setvbuf(stdout, NULL, _IOLBF, 0);
    raise_descriptor_limit();
    vm.options = &options;
    vm.guest = options.guest == GUEST_THREAD ? GUEST_THREAD : GUEST_KVM;
    vm.image_lock = -1;
    done_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    if (nvmedb_abi_version() != NVMEDB_ABI_VERSION)
        vm_error(&vm, "libnvmedoorbell has ABI version %u, not %u", nvmedb_abi_version(), NVMEDB_ABI_VERSION);
    else if (options.json == NULL || report_json_writable(options.json, vm.error)) {
        vm.ticks_per_second = measure_ticks_per_second();
        if (image_open(&vm) && make_ram(&vm)) {
            run(&vm);
            bool any = false;
            for (uint32_t i = 0; i < GUEST_DOORBELLS_COUNT; i++)
                any |= vm.phases[i].blocks_written != 0;
            if (any)
                image_verify(&vm);
            if (vm.phases[0].ran)
                report_table(&vm);
            if (options.json != NULL) {
                char error[ERROR_BYTES];
                if (!report_json(&vm, options.json, error))
                    vm_error(&vm, "%s", error);
            }
        }
    }
    if (vm.interrupted)
        printf("interrupted\n");
    if (vm.error[0] != 0)
        fprintf(stderr, "nvmedb-vmm: %s\n", vm.error);
    return vm.error[0] != 0;
}
