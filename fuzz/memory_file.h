/* fuzz/memory_file: the fuzzer's bytes as a file with a path, without touching a disk.
 *
 * Linux only: memfd_create, opened again through /proc/self/fd so that each reader starts at the beginning.
 */
#ifndef FUZZ_MEMORY_FILE_H
#define FUZZ_MEMORY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct memory_file {
    int descriptor;
    char path[64];
} memory_file;

static inline void memory_file_open(memory_file *out, const uint8_t *data, size_t size) {
    extern long syscall(long number, ...); /* POSIX does not declare it */
    out->descriptor = (int)syscall(SYS_memfd_create, "fuzz", 0U);
    if (out->descriptor < 0)
        abort();
    for (size_t done = 0; done < size;) {
        const ssize_t now = write(out->descriptor, data + done, size - done);
        if (now <= 0)
            abort();
        done += (size_t)now;
    }
    snprintf(out->path, sizeof out->path, "/proc/self/fd/%d", out->descriptor);
}

static inline void memory_file_close(memory_file *in) {
    close(in->descriptor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
