#include <nvme_doorbell.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    const uint64_t ram_bytes = 16 << 20;
    nvmedb_memory_handle memory;
    nvmedb_reactor_handle reactor;
    nvmedb_controller_handle nvme;
    nvmedb_reactor_config thread = { .size = sizeof thread };
    nvmedb_controller_config config = { .size = sizeof config, .abi_version = NVMEDB_ABI_VERSION, .reactor_count = 1 };
    nvmedb_namespace_config disk = { .size = sizeof disk, .length_bytes = 64 << 20 };
    nvmedb_doorbells *view;
    uint64_t version = 0;
    void *ram = aligned_alloc(4096, ram_bytes);

    if (nvmedb_memory_create(&memory) || nvmedb_memory_add(memory, 0, ram, ram_bytes, 0) ||
        nvmedb_reactor_create(&thread, &reactor))
        return 1;
    config.memory = memory;
    config.reactors = &reactor;
    if (nvmedb_controller_create(&config, &nvme) || nvmedb_namespace_add_ram(nvme, &disk, &(uint32_t){ 0 }) ||
        nvmedb_controller_doorbells(nvme, &view))
        return 1;

    /* From here on the guest drives: its accesses to BAR0 come as MMIO exits, and end here. */
    nvmedb_bar0_write(nvme, view, 0x14, 4, 0x00460001);   /* CC.EN: without queues, so CSTS.CFS answers */
    nvmedb_controller_bar0_read(nvme, 0x08, 4, &version); /* VS */
    printf("NVMe %u.%u\n", (unsigned)(version >> 16), (unsigned)(version >> 8 & 255));

    nvmedb_controller_free(nvme);
    nvmedb_reactor_free(reactor);
    nvmedb_memory_free(memory);
    free(ram);
    return 0;
}
