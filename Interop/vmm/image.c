/*
 * The disk image: found or made, locked against a second run, and checked from outside when the run is over.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IMAGE_BYTES = 256 << 20, SMALLEST_IMAGE_BYTES = 1 << 20, OWN_IMAGES = 16 };

bool beside_executable(char path[PATH_MAX], const char *name)
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length <= 0)
        return false;
    path[length] = 0;
    char *slash = strrchr(path, '/');
    size_t room = (size_t)(path + PATH_MAX - (slash + 1));
    return (size_t)snprintf(slash + 1, room, "%s", name) < room;
}

/* Of the open file description, so that the library's own opening of the file does not meet it. Ends with the process. */
static bool lock(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static bool own_image(struct vm *vm)
{
    for (int i = 0; i < OWN_IMAGES; i++) {
        char name[32];
        snprintf(name, sizeof name, i == 0 ? "disk.img" : "disk-%d.img", i);
        if (!beside_executable(vm->image, name)) {
            vm_error(vm, "cannot find the directory of this program for the image");
            return false;
        }
        vm->image_lock = open(vm->image, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (vm->image_lock < 0)
            break;
        if (lock(vm->image_lock)) {
            vm->image_bytes = IMAGE_BYTES;
            if (ftruncate(vm->image_lock, 0) == 0 && ftruncate(vm->image_lock, IMAGE_BYTES) == 0)
                return true;
            break;
        }
        close(vm->image_lock);
        vm->image_lock = -1;
    }
    vm_error(vm, "cannot make an image at %s: %s", vm->image, strerror(errno));
    return false;
}

static bool given_image(struct vm *vm)
{
    struct stat stat;
    if ((size_t)snprintf(vm->image, sizeof vm->image, "%s", vm->options->disk) >= sizeof vm->image) {
        vm_error(vm, "the image's path is too long");
        return false;
    }
    vm->image_lock = open(vm->image, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (vm->image_lock < 0 || fstat(vm->image_lock, &stat) != 0) {
        vm_error(vm, "cannot open image %s for reading and writing: %s", vm->image, strerror(errno));
        return false;
    }
    if (!S_ISREG(stat.st_mode)) {
        vm_error(vm, "image %s is not a regular file", vm->image);
        return false;
    }
    /* Root may open it all the same; whoever took the write permission away meant it. */
    if ((stat.st_mode & 0222) == 0) {
        vm_error(vm, "image %s is read-only", vm->image);
        return false;
    }
    if (stat.st_size < SMALLEST_IMAGE_BYTES) {
        vm_error(vm, "image %s is too small: %lld bytes, at least %d are needed", vm->image, (long long)stat.st_size,
                 SMALLEST_IMAGE_BYTES);
        return false;
    }
    if (stat.st_size % 512 != 0) {
        vm_error(vm, "image %s has %lld bytes, not a multiple of 512", vm->image, (long long)stat.st_size);
        return false;
    }
    if (!lock(vm->image_lock)) {
        vm_error(vm, "image %s is in use by another run", vm->image);
        return false;
    }
    vm->image_bytes = (uint64_t)stat.st_size;
    return true;
}

bool image_open(struct vm *vm)
{
    return vm->options->disk == NULL ? own_image(vm) : given_image(vm);
}

/* ---- The check from outside ----------------------------------------------------------------------------------- */

static bool write_all(int fd, const void *data, size_t length_bytes)
{
    const uint8_t *bytes = data;
    while (length_bytes > 0) {
        ssize_t written = write(fd, bytes, length_bytes);
        if (written <= 0)
            return false;
        bytes += written;
        length_bytes -= (size_t)written;
    }
    return true;
}

/* What the guest says it wrote last, in an anonymous file that the checking program inherits. */
static int write_manifest(const struct vm *vm)
{
    struct guest_manifest header = {
        .magic = GUEST_MANIFEST_MAGIC, .seed = vm->params->seed, .blocks = vm->params->manifest_blocks,
    };
    int fd = memfd_create("manifest", 0);
    if (fd >= 0 && write_all(fd, &header, sizeof header) &&
        write_all(fd, vm->ram + vm->params->manifest, header.blocks * sizeof(uint32_t)))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* A program of its own reads the file: it knows neither the library nor this process's memory. */
bool image_verify(struct vm *vm)
{
    char program[PATH_MAX], manifest_path[32];
    int manifest = write_manifest(vm);
    if (manifest < 0 || !beside_executable(program, "nvmedb-verify")) {
        vm_error(vm, "cannot write the manifest for the check of the image: %s", strerror(errno));
        return false;
    }
    snprintf(manifest_path, sizeof manifest_path, "/proc/self/fd/%d", manifest);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, manifest_path, vm->image, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    bool waited = child > 0;
    while (waited && waitpid(child, &status, 0) < 0)
        waited = errno == EINTR;
    close(manifest);
    if (!waited || !WIFEXITED(status) || WEXITSTATUS(status) == 127) {
        vm_error(vm, "cannot run %s", program);
        return false;
    }
    vm->image_verified = WEXITSTATUS(status) == 0;
    if (!vm->image_verified)
        vm_error(vm, "the image does not hold what the guest wrote");
    return vm->image_verified;
}
