/* The system calls of a file disk that reads what is cached, and nothing around them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "peers.h"

enum { PAGE = 4096 };

int peers_read_pages(const char *path, void *memory, const uint32_t *places, uint32_t pages, uint32_t count)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC), result = descriptor < 0 ? -1 : 0;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        uint32_t page = i % pages;
        struct iovec to = {(unsigned char *)memory + (size_t)page * PAGE, PAGE};
        off_t offset = (off_t)places[page] * PAGE;
        if (preadv2(descriptor, &to, 1, offset, RWF_NOWAIT) != PAGE && preadv2(descriptor, &to, 1, offset, 0) != PAGE)
            result = -1;
    }
    if (descriptor >= 0)
        close(descriptor);
    return result;
}
