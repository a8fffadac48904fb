/* A disk of one's own behind callbacks, served by a thread; and a guest that writes to it and reads back. */
#include <nvme_doorbell.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISK_BYTES (1 << 20)
#define BACKLOG 256 /* an I/O queue has no more requests than this under way */

struct disk {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    nvmedb_disk_request backlog[BACKLOG];
    unsigned first, count;
    int closed;
    unsigned char bytes[DISK_BYTES];
};

/* From a reactor thread: keep a copy, do not wait for the data. */
static uint32_t submit(void *context, const nvmedb_disk_request *request)
{
    struct disk *disk = context;
    uint32_t answer = NVMEDB_DISK_ABORTED;
    pthread_mutex_lock(&disk->lock);
    if (disk->count < BACKLOG) {
        disk->backlog[(disk->first + disk->count++) % BACKLOG] = *request;
        answer = NVMEDB_DISK_PENDING;
    }
    pthread_cond_signal(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
    return answer;
}

static void closed(void *context)
{
    struct disk *disk = context;
    pthread_mutex_lock(&disk->lock);
    disk->closed = 1;
    pthread_cond_signal(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
}

static uint32_t carry_out(struct disk *disk, const nvmedb_disk_request *request)
{
    unsigned char *at = disk->bytes + request->offset_bytes; /* the range has been checked */
    switch (request->operation) {
    case NVMEDB_DISK_READ:
        for (uint32_t i = 0; i < request->segment_count; at += request->segments[i++].length_bytes)
            memcpy(request->segments[i].address, at, request->segments[i].length_bytes);
        return NVMEDB_DISK_SUCCESS;
    case NVMEDB_DISK_WRITE:
        for (uint32_t i = 0; i < request->segment_count; at += request->segments[i++].length_bytes)
            memcpy(at, request->segments[i].address, request->segments[i].length_bytes);
        return NVMEDB_DISK_SUCCESS;
    case NVMEDB_DISK_WRITE_ZEROES:
    case NVMEDB_DISK_DISCARD:
        memset(at, 0, request->length_bytes);
        return NVMEDB_DISK_SUCCESS;
    case NVMEDB_DISK_FLUSH: /* memory is as durable as it gets */
        return NVMEDB_DISK_SUCCESS;
    default:
        return NVMEDB_DISK_NOT_SUPPORTED;
    }
}

static void *serve(void *context)
{
    struct disk *disk = context;
    pthread_mutex_lock(&disk->lock);
    while (disk->count > 0 || !disk->closed) {
        if (disk->count == 0) {
            pthread_cond_wait(&disk->changed, &disk->lock);
            continue;
        }
        nvmedb_disk_request request = disk->backlog[disk->first++ % BACKLOG];
        disk->count--;
        pthread_mutex_unlock(&disk->lock);
        nvmedb_request_complete(request.token, carry_out(disk, &request));
        pthread_mutex_lock(&disk->lock);
    }
    pthread_mutex_unlock(&disk->lock);
    return NULL;
}

/* ---- The guest: what a driver does, as short as it can be ------------------------------------------------------- */

static unsigned char *ram;
static nvmedb_controller_handle nvme;
static nvmedb_doorbells *view;

/* The next command of queue 0 (admin, entries at 1000h and 2000h) or 1 (I/O, at 3000h and 4000h); its status. */
static unsigned execute(unsigned queue, uint32_t opcode, uint64_t data, uint32_t dword10, uint32_t dword11, uint32_t dword12)
{
    static unsigned used[2];
    uint32_t *entry = (uint32_t *)(ram + 0x1000 + 0x2000 * queue + 64 * used[queue]);
    volatile uint32_t *completion = (uint32_t *)(ram + 0x2000 + 0x2000 * queue + 16 * used[queue]);
    entry[0] = opcode | used[queue] << 16;
    entry[1] = queue; /* namespace 1 */
    memcpy(entry + 6, &data, sizeof data);
    entry[10] = dword10;
    entry[11] = dword11;
    entry[12] = dword12;
    nvmedb_bar0_write(nvme, view, 0x1000 + 8 * queue, 4, ++used[queue]);
    while (!(__atomic_load_n(completion + 3, __ATOMIC_ACQUIRE) >> 16 & 1)) /* the phase bit */
        ;
    return completion[3] >> 17;
}

int main(void)
{
    static struct disk disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    const uint64_t ram_bytes = 1 << 20;
    nvmedb_memory_handle memory;
    nvmedb_reactor_handle reactor;
    nvmedb_reactor_config thread = { .size = sizeof thread };
    nvmedb_controller_config config = { .size = sizeof config, .abi_version = NVMEDB_ABI_VERSION, .reactor_count = 1 };
    nvmedb_namespace_config space = { .size = sizeof space, .nsid = 1, .length_bytes = DISK_BYTES };
    nvmedb_disk_callbacks callbacks = { .size = sizeof callbacks, .context = &disk, .submit = submit, .closed = closed,
                                        .operations = 1 << NVMEDB_DISK_DISCARD };
    pthread_t server;
    uint64_t status = 0;

    ram = aligned_alloc(4096, ram_bytes);
    memset(ram, 0, ram_bytes);
    if (nvmedb_memory_create(&memory) || nvmedb_memory_add(memory, 0, ram, ram_bytes, 0) ||
        nvmedb_reactor_create(&thread, &reactor))
        return 1;
    config.memory = memory;
    config.reactors = &reactor;
    if (nvmedb_controller_create(&config, &nvme) || nvmedb_controller_doorbells(nvme, &view) ||
        pthread_create(&server, NULL, serve, &disk) || nvmedb_namespace_add_native(nvme, &space, &callbacks, NULL))
        return 1;

    nvmedb_bar0_write(nvme, view, 0x24, 4, 7 << 16 | 7); /* AQA: 8 entries each */
    nvmedb_bar0_write(nvme, view, 0x28, 8, 0x1000);      /* ASQ */
    nvmedb_bar0_write(nvme, view, 0x30, 8, 0x2000);      /* ACQ */
    nvmedb_bar0_write(nvme, view, 0x14, 4, 0x00460001);  /* CC.EN */
    while (!(status & 1))
        nvmedb_controller_bar0_read(nvme, 0x1C, 4, &status); /* CSTS.RDY */
    execute(0, 0x05, 0x4000, 7 << 16 | 1, 1, 0);           /* Create I/O Completion Queue 1 */
    execute(0, 0x01, 0x3000, 7 << 16 | 1, 1 << 16 | 1, 0); /* Create I/O Submission Queue 1 */

    strcpy((char *)ram + 0x5000, "hello, disk");
    printf("write: %u\n", execute(1, 0x01, 0x5000, 8, 0, 0));
    printf("on the disk: %s\n", (char *)disk.bytes + 8 * 512);
    printf("read: %u\n", execute(1, 0x02, 0x6000, 8, 0, 0));
    printf("in the guest: %s\n", (char *)ram + 0x6000);

    nvmedb_controller_free(nvme);
    pthread_join(server, NULL);
    nvmedb_reactor_free(reactor);
    nvmedb_memory_free(memory);
    free(ram);
    printf("closed: %d\n", disk.closed);
    return 0;
}
