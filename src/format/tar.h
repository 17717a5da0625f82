/* format/tar: the regular files of a tar archive (plain, gzip, bzip2, xz, zstd), one after the other, as a
 * stream. Uses libarchive, which keeps memory of its own. An archive that ends without its end mark is cut.
 */
#ifndef FORMAT_TAR_H
#define FORMAT_TAR_H

#include "base/memory.h"

typedef struct tar {
    mixup_allocator allocator;
    void *stream; /* libarchive's struct archive */
    const char *path;
    const char *name; /* of the current file, without "./" in front */
    uint64_t length;  /* of the current file, as its header says */
    uint64_t offset;  /* of its content in the archive's file, where `plain` */
    bool plain;       /* the current file lies in the archive as it is: nothing is packed, it has no holes */
    char *data;       /* of the current file, after tar_content */
    size_t size;
    size_t capacity;
} tar;

/* `path` must live as long as `out`. On failure `out` is untouched. */
mixup_status tar_open(tar *out, const char *path, const mixup_allocator *allocator);
void tar_close(tar *in);

/* The next regular file; *more false at the end. */
mixup_status tar_next(tar *in, bool *more);

/* Reads the current file, at most `limit` bytes, into data and size. */
mixup_status tar_content(tar *in, size_t limit);

#endif
