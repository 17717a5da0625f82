/* base/file: paths, and files that appear whole or not at all.
 *
 * file_writer writes beside the target ("<path>.part-<process>"), and file_commit flushes, syncs and renames;
 * until then an older file under the name stays as it was. Symbolic links are followed; a pipe or device is
 * written to directly. file_abandon removes what was written. After a
 * failed write or commit the part file is gone already and abandon does nothing. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/memory.h"

#include <stdio.h>

typedef struct file_writer {
    mixup_allocator allocator;
    FILE *stream;
    char *path;
    char *part_path;
    bool unsynced; /* file_commit does not wait for the disk */
} file_writer;

mixup_status file_create(file_writer *out, const char *path, const mixup_allocator *allocator);
mixup_status file_write(file_writer *out, const void *data, size_t size);
mixup_status file_commit(file_writer *out);
void file_abandon(file_writer *out);

/* The whole of `data` under `path`, atomically. */
mixup_status file_write_all(const char *path, const void *data, size_t size,
                            const mixup_allocator *allocator);

/* The same without waiting for the disk: whole also when the process is killed, but after a power failure the
 * file may be an older one or empty. For what is written often and can be made again. */
mixup_status file_write_quickly(const char *path, const void *data, size_t size,
                                const mixup_allocator *allocator);

/* Reads a whole file into a new terminated block of the caller's; refuses more than `limit` bytes. */
mixup_status file_read_all(const char *path, size_t limit, const mixup_allocator *allocator, char **data,
                           size_t *size);

bool file_exists(const char *path);
bool file_is_folder(const char *path);

/* Whether it is a regular file (not a pipe, say) of more than `size` bytes. Opens nothing. */
bool file_is_larger(const char *path, uint64_t size);

/* A file that is kept open and read at any place, by several threads at once. */
mixup_status file_open(const char *path, int *descriptor);
/* -1 is fine. */
void file_close(int descriptor);
/* Exactly `size` bytes from `offset`; a file that ends before is MIXUP_ERROR_FORMAT. `path` is for messages.
 */
mixup_status file_read_at(int descriptor, const char *path, uint64_t offset, void *data, size_t size);

/* Makes a folder and its parents; fine when it exists. */
mixup_status file_make_folder(const char *path);

#endif
