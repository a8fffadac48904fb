#include <nvme_doorbell.h>
#include <stdio.h>

static void wake(void *context) { *(int *)context = 1; }

int main(void)
{
    nvmedb_doorbells_config config = { .size = sizeof config, .count = 4 };
    nvmedb_doorbells_handle doorbells;
    nvmedb_doorbells *view;
    nvmedb_waker_handle waker;
    uint32_t tail = 0;
    int awake = 0;
    if (nvmedb_doorbells_create(&config, &doorbells, &view) || nvmedb_waker_create(wake, &awake, &waker))
        return 1;
    nvmedb_doorbells_open(doorbells, 2, 64);           /* tail of submission queue 1, 64 entries */
    nvmedb_doorbells_poll(doorbells, 2, waker, &tail); /* nothing yet: wake me */
    nvmedb_ring(view, 2, 7);                           /* the guest's write: inline, no managed code */
    if (awake && nvmedb_doorbells_poll(doorbells, 2, 0, &tail) == NVMEDB_OK)
        printf("fetch entries up to %u\n", tail);
    nvmedb_doorbells_free(doorbells);
    return nvmedb_waker_free(waker);
}
