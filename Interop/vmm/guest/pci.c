/*
 * Finding the controller: a scan of bus 0, BAR0 sized and placed, memory and bus mastering on, MSI-X set up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "guest.h"

enum {
    PCI_COMMAND = 0x04, PCI_STATUS = 0x06, PCI_CLASS = 0x08, PCI_BAR0 = 0x10, PCI_CAPABILITIES = 0x34,
    PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4, PCI_STATUS_CAPABILITIES = 0x10, PCI_CAPABILITY_MSIX = 0x11,
    CLASS_NVME = 0x010802
};

/* A 64-bit memory BAR: write ones, read the size back, place it on its own size within the window. */
static bool place_bar0(struct guest *g)
{
    uint32_t low = platform_config_read(g->device, PCI_BAR0, 4);
    if ((low & 7u) != 4u)
        return guest_fail(g, "BAR0 is no 64-bit memory BAR: %x", low, 0);
    platform_config_write(g->device, PCI_BAR0, 4, 0xFFFFFFFFu);
    platform_config_write(g->device, PCI_BAR0 + 4, 4, 0xFFFFFFFFu);
    uint64_t mask = (uint64_t)platform_config_read(g->device, PCI_BAR0 + 4, 4) << 32 |
                    platform_config_read(g->device, PCI_BAR0, 4);
    uint64_t length = ~(mask & ~UINT64_C(15)) + 1u;
    if (length < 0x2000u || (length & (length - 1u)) != 0 || length > GUEST_MMIO_WINDOW_BYTES)
        return guest_fail(g, "BAR0 has a size of %x", length, 0);
    g->bar = (GUEST_MMIO_WINDOW + length - 1u) & ~(length - 1u);
    platform_config_write(g->device, PCI_BAR0, 4, (uint32_t)g->bar);
    platform_config_write(g->device, PCI_BAR0 + 4, 4, (uint32_t)(g->bar >> 32));
    uint32_t command = platform_config_read(g->device, PCI_COMMAND, 2);
    platform_config_write(g->device, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    if ((platform_config_read(g->device, PCI_BAR0, 4) & ~15u) != (uint32_t)g->bar)
        return guest_fail(g, "BAR0 does not keep its address %x", g->bar, 0);
    return true;
}

/* Vector 0 for the admin queue; every other stays masked, as the I/O queues are polled. */
static bool set_up_msix(struct guest *g)
{
    if ((platform_config_read(g->device, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES) == 0)
        return guest_fail(g, "the controller has no PCI capabilities", 0, 0);
    uint32_t at = platform_config_read(g->device, PCI_CAPABILITIES, 1) & 0xFCu;
    for (uint32_t looked = 0; at != 0 && looked < 48; looked++) {
        uint32_t header = platform_config_read(g->device, at, 2);
        if ((header & 0xFFu) == PCI_CAPABILITY_MSIX) {
            uint32_t table = platform_config_read(g->device, at + 4, 4);
            if ((table & 7u) != 0)
                return guest_fail(g, "the MSI-X table is in BAR %d", table & 7u, 0);
            uint64_t entry = g->bar + (table & ~7u);
            platform_write32(entry, 0xFEE00000u);
            platform_write32(entry + 4, 0);
            platform_write32(entry + 8, 0x40u);
            platform_write32(entry + 12, 0);
            uint32_t control = platform_config_read(g->device, at + 2, 2);
            platform_config_write(g->device, at + 2, 2, (control & 0x3FFFu) | 0x8000u);
            return true;
        }
        at = (header >> 8) & 0xFCu;
    }
    return guest_fail(g, "the controller has no MSI-X capability", 0, 0);
}

bool guest_find_controller(struct guest *g)
{
    for (uint32_t device = 0; device < 32; device++) {
        uint32_t address = device << 3;
        if ((platform_config_read(address, 0, 4) & 0xFFFFu) == 0xFFFFu)
            continue;
        if (platform_config_read(address, PCI_CLASS, 4) >> 8 != CLASS_NVME)
            continue;
        g->device = address;
        return place_bar0(g) && set_up_msix(g);
    }
    return guest_fail(g, "no NVMe controller on PCI bus 0", 0, 0);
}
