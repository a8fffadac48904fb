/*
 * Pause, save, restore and resume: in one process, in another one, and by an embedder who is careless.
 *
 * SPDX-License-Identifier: MIT
 *
 * The second process is this program again: migration --restored RAM STATE DISK, two descriptors and a path.
 */
#include "driver.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISK_BYTES (1u << 20)
#define STATE_BYTES (1u << 20)
#define BLOCKS 64u

/* What the guest's driver knows of its queues: in the last page of its RAM, so that it moves with that. */
struct known {
    uint32_t commands, completions, tail, head, phase, next_id, entries, data;
    uint16_t pending;
};

static unsigned char state[STATE_BYTES];

static struct known *known_of(struct driver *driver)
{
    return (struct known *)(driver->ram + RAM_BYTES - PAGE);
}

/* As create_driver, with RAM that another process can map. */
static void create_shared(struct driver *driver, int ram)
{
    create_driver(driver, defaults());
    REQUIRE_OK(nvmedb_memory_remove(driver->memory, RAM_ADDRESS, RAM_BYTES, 0));
    REQUIRE(munmap(driver->ram, RAM_BYTES) == 0);
    driver->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ram, 0);
    REQUIRE(driver->ram != MAP_FAILED);
    REQUIRE_OK(nvmedb_memory_add(driver->memory, RAM_ADDRESS, driver->ram, RAM_BYTES, 0));
}

static void add_file(struct driver *driver, const char *path)
{
    nvmedb_namespace_config config = {.size = sizeof config, .block_bytes = 512, .file_shared = 1};
    uint32_t nsid;
    REQUIRE_OK(nvmedb_namespace_add_file(driver->controller, &config, path, &nsid));
    CHECK_EQ(1, nsid);
}

static command one_block(struct driver *driver, int opcode, uint32_t block, const void *data)
{
    return transfer(driver, opcode, 1, block, 1, data);
}

static void fill(unsigned char *data, uint32_t block)
{
    uint64_t random = block;
    for (unsigned i = 0; i < 512; i += 8) {
        uint64_t value = check_random(&random);
        memcpy(data + i, &value, sizeof value);
    }
}

static size_t save(struct driver *driver)
{
    size_t needed = 0;
    CHECK_EQ(NVMEDB_E_MEMORY, nvmedb_controller_save(driver->controller, NULL, 0, &needed));
    REQUIRE(needed > 0 && needed <= sizeof state);
    CHECK_EQ(NVMEDB_E_MEMORY, nvmedb_controller_save(driver->controller, state, needed - 1, NULL));
    CHECK_OK(nvmedb_controller_save(driver->controller, state, needed, &needed));
    return needed;
}

/* The second process: goes on, takes the completion of the command that was rung in the pause, reads everything back. */
static int restored(int ram, int bytes, const char *path)
{
    struct driver d;
    create_shared(&d, ram);
    add_file(&d, path);
    ssize_t length = pread(bytes, state, sizeof state, 0);
    REQUIRE(length > 0);
    CHECK_OK(nvmedb_controller_restore(d.controller, state, (size_t)length));
    CHECK_EQ(1, read_register(&d, 0x1C, 4) & 1);
    CHECK_OK(nvmedb_controller_resume(d.controller));

    struct known *known = known_of(&d);
    struct queue *queue = &d.queues[1];
    *queue = (struct queue){.number = 1, .entries = known->entries, .tail = known->tail, .head = known->head,
                            .phase = known->phase, .next_id = (uint16_t)known->next_id};
    queue->commands = (command *)(d.ram + known->commands);
    queue->completions = (completion *)(d.ram + known->completions);
    unsigned char *data = d.ram + known->data, expected[512];
    completion taken;
    WAIT_UNTIL(try_take(&d, queue, &taken));
    CHECK_EQ(known->pending, taken.id);
    CHECK_EQ(0, (taken.status >> 1) & 0x7FF);
    for (uint32_t block = 0; block <= BLOCKS; block++) {
        memset(data, 0, 512);
        CHECK_EQ(0, execute(&d, 1, one_block(&d, READ, block, data), NULL));
        fill(expected, block);
        CHECK(memcmp(data, expected, sizeof expected) == 0);
    }
    free_driver(&d);
    return check_failures != 0;
}

static int child_ends_well(int ram, int bytes, const char *path)
{
    char ram_text[16], bytes_text[16];
    int status;
    snprintf(ram_text, sizeof ram_text, "%d", ram);
    snprintf(bytes_text, sizeof bytes_text, "%d", bytes);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", check_program, "--restored", ram_text, bytes_text, path, (char *)NULL);
        _exit(127);
    }
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void goes_on_in_another_process(void)
{
    struct driver d;
    char path[] = "/tmp/nvmedb-migration-XXXXXX";
    int disk = mkstemp(path), ram = memfd_create("ram", 0), bytes = memfd_create("state", 0);
    REQUIRE(disk >= 0 && ram >= 0 && bytes >= 0);
    REQUIRE(ftruncate(disk, DISK_BYTES) == 0 && ftruncate(ram, RAM_BYTES) == 0);
    create_shared(&d, ram);
    add_file(&d, path);
    enable(&d);
    create_queues(&d, 1, 16);
    unsigned char *data = allocate(&d, PAGE);
    for (uint32_t block = 0; block < BLOCKS; block++) {
        fill(data, block);
        CHECK_EQ(0, execute(&d, 1, one_block(&d, WRITE, block, data), NULL));
    }
    CHECK_OK(nvmedb_controller_pause(d.controller, 0));
    struct queue *queue = &d.queues[1];
    fill(data, BLOCKS);
    struct known *known = known_of(&d);
    known->pending = put(queue, one_block(&d, WRITE, BLOCKS, data));
    ring_doorbell(&d, 2, queue->tail);
    known->commands = (uint32_t)((unsigned char *)queue->commands - d.ram);
    known->completions = (uint32_t)((volatile unsigned char *)queue->completions - d.ram);
    known->data = (uint32_t)(data - d.ram);
    known->tail = queue->tail;
    known->head = queue->head;
    known->phase = queue->phase;
    known->next_id = queue->next_id;
    known->entries = queue->entries;
    size_t length = save(&d);
    REQUIRE(pwrite(bytes, state, length, 0) == (ssize_t)length);

    CHECK(child_ends_well(ram, bytes, path));

    free_driver(&d);
    CHECK(unlink(path) == 0 && close(disk) == 0 && close(ram) == 0 && close(bytes) == 0);
}

static void on_paused(void *context, nvmedb_status status)
{
    __atomic_store_n((int *)context, status, __ATOMIC_SEQ_CST);
}

static void a_pause_is_told_by_callback_and_taken_back(void)
{
    struct driver d;
    int told = 1;
    create_driver(&d, defaults());
    enable(&d);
    CHECK_OK(nvmedb_controller_start_pause(d.controller, on_paused, &told));
    WAIT_UNTIL(__atomic_load_n(&told, __ATOMIC_SEQ_CST) == NVMEDB_OK);
    size_t length = save(&d);
    CHECK_OK(nvmedb_controller_resume(d.controller));
    command identify = {.opcode = IDENTIFY, .prp1 = guest(&d, allocate(&d, PAGE)), .dword10 = 1};
    CHECK_EQ(0, execute(&d, 0, identify, NULL));
    CHECK(length > 0);
    free_driver(&d);
}

static void what_is_done_at_the_wrong_time_is_refused(void)
{
    struct driver d, other;
    create_driver(&d, defaults());
    enable(&d);
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_controller_save(d.controller, state, sizeof state, NULL));
    CHECK_OK(nvmedb_controller_pause(d.controller, 1000));
    CHECK_OK(nvmedb_controller_pause(d.controller, 0));
    size_t length = save(&d);
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_controller_restore(d.controller, state, length));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_save(d.controller, NULL, 1, NULL));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_restore(d.controller, NULL, 1));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_start_pause(d.controller, NULL, NULL));

    create_driver(&other, defaults());
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_restore(other.controller, state, 0));
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_restore(other.controller, state, length - 1));
    state[8]++;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_restore(other.controller, state, length));
    char sentence[128];
    nvmedb_last_error(sentence, sizeof sentence);
    CHECK(strstr(sentence, "version 2") != NULL);
    state[8]--;
    state[length - 1] ^= 1;
    CHECK_EQ(NVMEDB_E_ARGUMENT, nvmedb_controller_restore(other.controller, state, length));
    state[length - 1] ^= 1;
    CHECK_OK(nvmedb_controller_restore(other.controller, state, length));
    CHECK_EQ(NVMEDB_E_STATE, nvmedb_controller_restore(other.controller, state, length));
    CHECK_OK(nvmedb_controller_resume(other.controller));
    free_driver(&other);
    free_driver(&d);
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_controller_pause(d.controller, 0));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_controller_start_pause(d.controller, on_paused, NULL));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_controller_resume(d.controller));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_controller_save(d.controller, state, sizeof state, NULL));
    CHECK_EQ(NVMEDB_E_HANDLE, nvmedb_controller_restore(d.controller, state, length));
}

/* A disk that answers nothing before it is asked to. */
struct slow {
    uint64_t token;
};

static uint32_t submit_slowly(void *context, const nvmedb_disk_request *request)
{
    __atomic_store_n(&((struct slow *)context)->token, request->token, __ATOMIC_SEQ_CST);
    return NVMEDB_DISK_PENDING;
}

static uint64_t token_of(struct slow *slow)
{
    return __atomic_load_n(&slow->token, __ATOMIC_SEQ_CST);
}

static void a_disk_that_does_not_answer_costs_the_timeout(void)
{
    struct driver d;
    struct slow slow = {0};
    int told = 1;
    create_driver(&d, defaults());
    nvmedb_namespace_config config = {.size = sizeof config, .block_bytes = 512, .length_bytes = DISK_BYTES};
    nvmedb_disk_callbacks callbacks = {.size = sizeof callbacks, .context = &slow, .submit = submit_slowly};
    uint32_t nsid;
    REQUIRE_OK(nvmedb_namespace_add_native(d.controller, &config, &callbacks, &nsid));
    enable(&d);
    create_queues(&d, 1, 16);
    put(&d.queues[1], one_block(&d, READ, 0, allocate(&d, PAGE)));
    ring_doorbell(&d, 2, d.queues[1].tail);
    WAIT_UNTIL(token_of(&slow) != 0);
    CHECK_EQ(NVMEDB_E_TIMEOUT, nvmedb_controller_pause(d.controller, 1));
    CHECK_OK(nvmedb_controller_start_pause(d.controller, on_paused, &told));
    CHECK_OK(nvmedb_controller_resume(d.controller));
    WAIT_UNTIL(__atomic_load_n(&told, __ATOMIC_SEQ_CST) == NVMEDB_E_STATE);
    CHECK_OK(nvmedb_request_complete(token_of(&slow), NVMEDB_DISK_SUCCESS));
    CHECK_OK(nvmedb_controller_pause(d.controller, 0));
    completion taken;
    WAIT_UNTIL(try_take(&d, &d.queues[1], &taken));
    free_driver(&d);
}

static const struct test tests[] = {
    {"migration: goes on in another process", goes_on_in_another_process},
    {"migration: a pause is told by callback and taken back", a_pause_is_told_by_callback_and_taken_back},
    {"migration: what is done at the wrong time is refused", what_is_done_at_the_wrong_time_is_refused},
    {"migration: a disk that does not answer costs the timeout", a_disk_that_does_not_answer_costs_the_timeout},
};

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--restored") == 0) {
        check_program = argv[0];
        check_test = "migration: in the other process";
        return restored(atoi(argv[2]), atoi(argv[3]), argv[4]);
    }
    return check_main(argc, argv, tests, sizeof tests / sizeof tests[0]);
}
