/* format/cifar: the binary files of CIFAR-10 and CIFAR-100 (A. Krizhevsky), plain or gzip.
 *
 * A file is nothing but records: CIFAR-10's are a label and 3 × 32 × 32 bytes of red, green and blue,
 * CIFAR-100's have a coarse and a fine label in front. There is no header, so the size alone tells a cut file
 * from a whole one, and a file of the other kind shows by its size or by its labels. */
#ifndef FORMAT_CIFAR_H
#define FORMAT_CIFAR_H

#include "base/memory.h"

enum { CIFAR_CHANNELS = 3, CIFAR_SIDE = 32, CIFAR_PIXELS = CIFAR_CHANNELS * CIFAR_SIDE * CIFAR_SIDE };

typedef enum cifar_kind {
    CIFAR_10,
    CIFAR_100_FINE,
    CIFAR_100_COARSE,
} cifar_kind;

typedef struct cifar {
    size_t count;    /* records */
    uint8_t *images; /* [count][CIFAR_CHANNELS][CIFAR_SIDE][CIFAR_SIDE] */
    int32_t *labels; /* [count], each below cifar_class_count(kind) */
} cifar;

/* 10, 100 or 20. */
size_t cifar_class_count(cifar_kind kind);

/* The records of all files, in order. The caller clears `out` with cifar_clear and the same allocator; on
 * failure it is untouched. `allocator` may be NULL (malloc). */
mixup_status cifar_read(const char *const *paths, size_t path_count, cifar_kind kind,
                        const mixup_allocator *allocator, cifar *out);
void cifar_clear(cifar *out, const mixup_allocator *allocator);

/* The class names of a text file with one a line: exactly cifar_class_count(kind) of them, blank lines at the
 * end aside. `block` owns the text, names[i] point into it; the caller releases `block`. `names` has room for
 * cifar_class_count(kind). */
mixup_status cifar_read_names(const char *path, cifar_kind kind, const mixup_allocator *allocator,
                              const char **names, char **block);

#endif
