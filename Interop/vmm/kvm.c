/*
 * The guest program under KVM: one vCPU in 64-bit mode with its own page tables, RAM and nothing else but the device.
 *
 * SPDX-License-Identifier: MIT
 *
 * The guest runs in ring 3 with IOPL 3, so that ports are open to it, and ends by reporting its last stage instead of
 * halting. It needs nothing of ring 0, and where KVM itself runs in a virtual machine without nested paging (kvm_pvm)
 * unprivileged code runs on the CPU, while code in ring 0 is emulated instruction by instruction, a thousand times
 * slower.
 */
#define _GNU_SOURCE
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* guest_image.S */
extern const uint8_t guest_image[], guest_image_end[];

enum { SLOT_RAM = 0, SLOT_DOORBELLS = 1, PCI_DEVICE = 0x20, CPUID_ENTRIES = 256 };

struct kvm {
    struct vm *vm;
    int kvm, machine, vcpu;
    struct kvm_run *run;
    size_t run_bytes;
    uint32_t config_address;   /* what the guest has written to CF8h */
    uint64_t placed;           /* where doorbells are registered now; 0: nowhere */
    bool ended;                /* the guest has reported its last stage */
};

static bool refused(char *error, const char *what)
{
    snprintf(error, ERROR_BYTES, "%s: %s", what, strerror(errno));
    return false;
}

static bool set_slot(struct kvm *k, uint32_t slot, uint64_t address, void *host, uint64_t length_bytes)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot, .guest_phys_addr = address, .memory_size = length_bytes, .userspace_addr = (uintptr_t)host,
    };
    return ioctl(k->machine, KVM_SET_USER_MEMORY_REGION, &region) == 0;
}

/* ---- Doorbells that do not exit: registered where BAR0 is, moved when it moves -------------------------------- */

static bool set_ioeventfds(struct kvm *k, uint64_t bar, uint32_t flags)
{
    const struct device *device = &k->vm->device;
    for (uint32_t i = 0; i < device->eventfd_count; i++) {
        struct kvm_ioeventfd event = {
            .addr = bar + 0x1000u + (uint64_t)(2u + i) * device->view->stride_bytes,
            .len = 4, .fd = device->eventfds[i], .flags = flags,
        };
        if (ioctl(k->machine, KVM_IOEVENTFD, &event) != 0)
            return false;
    }
    return true;
}

static bool place_doorbells(struct kvm *k, char *error)
{
    const struct device *device = &k->vm->device;
    if (k->placed != 0) {
        set_ioeventfds(k, k->placed, KVM_IOEVENTFD_FLAG_DEASSIGN);
        if (device->doorbell_page != NULL)
            set_slot(k, SLOT_DOORBELLS, k->placed + 0x1000u, device->doorbell_page, 0);
        k->placed = 0;
    }
    if (!device->bar_enabled)
        return true;
    k->placed = device->bar;
    if (!set_ioeventfds(k, device->bar, 0))
        return refused(error, "KVM_IOEVENTFD");
    if (device->doorbell_page != NULL &&
        !set_slot(k, SLOT_DOORBELLS, device->bar + 0x1000u, device->doorbell_page, device->doorbell_page_bytes))
        return refused(error, "mapping the doorbell page");
    return true;
}

/* ---- The machine ---------------------------------------------------------------------------------------------- */

/* The first 4 GiB mapped one to one by 2 MiB pages, open to ring 3: PML4, PDPT, four directories. */
static void build_page_tables(uint8_t *ram)
{
    uint64_t *tables = (uint64_t *)(void *)(ram + GUEST_PAGE_TABLES);
    tables[0] = (GUEST_PAGE_TABLES + 0x1000u) | 7u;
    for (uint64_t i = 0; i < 4; i++)
        tables[512 + i] = (GUEST_PAGE_TABLES + 0x2000u + i * 0x1000u) | 7u;
    for (uint64_t i = 0; i < 2048; i++)
        tables[1024 + i] = i << 21 | 0x87u;
}

static bool set_up_registers(struct kvm *k, char *error)
{
    struct kvm_sregs system;
    if (ioctl(k->vcpu, KVM_GET_SREGS, &system) != 0)
        return refused(error, "KVM_GET_SREGS");
    /* Selectors, control bits and EFER as 64-bit Linux has them: some hosts take no others. */
    struct kvm_segment code = {
        .limit = 0xFFFFFu, .selector = 0x33, .type = 11, .present = 1, .dpl = 3, .s = 1, .l = 1, .g = 1,
    };
    struct kvm_segment data = {
        .limit = 0xFFFFFu, .selector = 0x2B, .type = 3, .present = 1, .dpl = 3, .db = 1, .s = 1, .g = 1,
    };
    system.cs = code;
    system.ds = system.es = system.fs = system.gs = system.ss = data;
    system.cr3 = GUEST_PAGE_TABLES;
    system.cr4 = 1u << 5;      /* PAE */
    system.cr0 = 0x80050033u;  /* PG, AM, WP, NE, ET, MP, PE */
    system.efer = 0xD01u;      /* NXE, LMA, LME, SCE */
    if (ioctl(k->vcpu, KVM_SET_SREGS, &system) != 0)
        return refused(error, "KVM_SET_SREGS");
    struct kvm_regs general = {
        .rip = GUEST_IMAGE, .rsp = GUEST_STACK_TOP, .rdi = GUEST_PARAMS, .rflags = 3u << 12 | 2u, /* IOPL 3 */
    };
    return ioctl(k->vcpu, KVM_SET_REGS, &general) == 0 || refused(error, "KVM_SET_REGS");
}

static bool set_up_cpuid(struct kvm *k, char *error)
{
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + CPUID_ENTRIES * sizeof cpuid->entries[0]);
    bool good = cpuid != NULL;
    if (good) {
        cpuid->nent = CPUID_ENTRIES;
        good = ioctl(k->kvm, KVM_GET_SUPPORTED_CPUID, cpuid) == 0 && ioctl(k->vcpu, KVM_SET_CPUID2, cpuid) == 0;
    }
    free(cpuid);
    return good || refused(error, "setting the vCPU's CPUID");
}

static bool create_machine(struct kvm *k, char *error)
{
    k->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (k->kvm < 0)
        return refused(error, "/dev/kvm");
    int version = ioctl(k->kvm, KVM_GET_API_VERSION, 0);
    if (version < 0)
        return refused(error, "/dev/kvm");
    if (version != KVM_API_VERSION) {
        snprintf(error, ERROR_BYTES, "/dev/kvm: API version %d", version);
        return false;
    }
    k->machine = ioctl(k->kvm, KVM_CREATE_VM, 0);
    if (k->machine < 0)
        return refused(error, "KVM_CREATE_VM");
    /* Intel hosts want three pages for themselves; others do not mind. */
    ioctl(k->machine, KVM_SET_TSS_ADDR, 0xFFFBD000);
    if (!set_slot(k, SLOT_RAM, 0, k->vm->ram, k->vm->ram_bytes))
        return refused(error, "giving KVM the guest's RAM");
    k->vcpu = ioctl(k->machine, KVM_CREATE_VCPU, 0);
    if (k->vcpu < 0)
        return refused(error, "KVM_CREATE_VCPU");
    int run_bytes = ioctl(k->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (run_bytes < (int)sizeof *k->run)
        return refused(error, "KVM_GET_VCPU_MMAP_SIZE");
    k->run_bytes = (size_t)run_bytes;
    k->run = mmap(NULL, k->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, k->vcpu, 0);
    if (k->run == MAP_FAILED)
        return refused(error, "mapping the vCPU");
    return set_up_cpuid(k, error) && set_up_registers(k, error);
}

static void load_guest(struct vm *vm)
{
    memset(vm->ram, 0, GUEST_PARAMS);
    memcpy(vm->ram + GUEST_IMAGE, guest_image, (size_t)(guest_image_end - guest_image));
    build_page_tables(vm->ram);
}

static void destroy_machine(struct kvm *k)
{
    if (k->run != NULL && k->run != MAP_FAILED)
        munmap(k->run, k->run_bytes);
    if (k->vcpu >= 0)
        close(k->vcpu);
    if (k->machine >= 0)
        close(k->machine);
    if (k->kvm >= 0)
        close(k->kvm);
}

/* ---- Exits ---------------------------------------------------------------------------------------------------- */

static bool config_data(struct kvm *k, uint32_t port, bool write, uint8_t *data, uint32_t width_bytes, char *error)
{
    uint32_t offset = (k->config_address & 0xFCu) + (port & 3u);
    bool ours = (k->config_address >> 31) != 0 && (k->config_address >> 8 & 0xFFFFu) == PCI_DEVICE;
    uint32_t value = UINT32_MAX;
    if (write) {
        value = 0;
        memcpy(&value, data, width_bytes);
        if (ours && device_config_write(&k->vm->device, offset, width_bytes, value))
            return place_doorbells(k, error);
        return true;
    }
    if (ours)
        value = device_config_read(&k->vm->device, offset, width_bytes);
    memcpy(data, &value, width_bytes);
    return true;
}

static bool port_access(struct kvm *k, char *error)
{
    uint32_t port = k->run->io.port, width_bytes = k->run->io.size;
    uint8_t *data = (uint8_t *)k->run + k->run->io.data_offset;
    bool write = k->run->io.direction == KVM_EXIT_IO_OUT;
    if (port == 0xCF8 && width_bytes == 4) {
        memcpy(write ? (void *)&k->config_address : data, write ? data : (void *)&k->config_address, 4);
    } else if (port >= 0xCFC && port <= 0xCFF && (port & 3u) + width_bytes <= 4u) {
        return config_data(k, port, write, data, width_bytes, error);
    } else if (port == GUEST_STAGE_PORT && write && width_bytes == 4) {
        uint32_t stage;
        memcpy(&stage, data, 4);
        vm_stage(k->vm, stage);
        k->ended = stage == GUEST_STAGE_DONE;
    } else if (!write) {
        memset(data, 0xFF, width_bytes);
    }
    return true;
}

static void register_access(struct kvm *k)
{
    uint64_t value = 0;
    uint32_t width_bytes = k->run->mmio.len;
    if (k->run->mmio.is_write) {
        memcpy(&value, k->run->mmio.data, width_bytes);
        device_write(&k->vm->device, k->run->mmio.phys_addr, width_bytes, value);
    } else {
        value = device_read(&k->vm->device, k->run->mmio.phys_addr, width_bytes);
        memcpy(k->run->mmio.data, &value, width_bytes);
    }
}

static bool unexpected(struct kvm *k, char *error)
{
    struct kvm_regs general = { 0 };
    struct kvm_sregs system = { 0 };
    ioctl(k->vcpu, KVM_GET_REGS, &general);
    ioctl(k->vcpu, KVM_GET_SREGS, &system);
    snprintf(error, ERROR_BYTES, "the guest's CPU stopped: KVM exit %u at rip %llx, cr2 %llx", k->run->exit_reason,
             (unsigned long long)general.rip, (unsigned long long)system.cr2);
    return false;
}

/* Until the guest has ended. */
static bool run_guest(struct kvm *k, char *error)
{
    while (!k->ended) {
        if (ioctl(k->vcpu, KVM_RUN, 0) != 0) {
            if (errno == EINTR || errno == EAGAIN)
                continue;
            return refused(error, "KVM_RUN");
        }
        switch (k->run->exit_reason) {
        case KVM_EXIT_MMIO:
            register_access(k);
            break;
        case KVM_EXIT_IO:
            if (!port_access(k, error))
                return false;
            break;
        case KVM_EXIT_INTR:
            break;
        default:
            return unexpected(k, error);
        }
    }
    return true;
}

enum guest_end kvm_guest_run(struct vm *vm, char *error)
{
    struct kvm k = { .vm = vm, .kvm = -1, .machine = -1, .vcpu = -1 };
    vm->params->ram_base = 0;
    load_guest(vm);
    bool good = create_machine(&k, error) && run_guest(&k, error);
    destroy_machine(&k);
    if (good)
        return GUEST_ENDED;
    return vm->params->stage == GUEST_STAGE_NONE ? GUEST_NEVER_STARTED : GUEST_FAILED;
}
