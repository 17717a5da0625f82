/* format/array_file: arrays that stay in their file, read row by row when they are wanted. For files that are
 * larger than memory; idx.h and npy.h find out where the elements lie. Rows are read with pread, not mapped:
 * a file that is cut meanwhile is then an error and not the end of the program. */
#ifndef FORMAT_ARRAY_FILE_H
#define FORMAT_ARRAY_FILE_H

#include "format/reader.h"
#include "tensor/array.h"

/* Where the elements of an array lie in its file. */
typedef struct array_place {
    mixup_type type;
    shape shape;
    size_t bytes;    /* of all elements */
    uint64_t offset; /* of the first */
    bool streamed;   /* gzip, or no regular file: only to be read from the beginning to the end */
    bool swapped;    /* big-endian */
} array_place;

typedef struct array_file {
    mixup_allocator allocator;
    char *path;
    int descriptor;
    array_place place;
    size_t row_bytes; /* of one of shape.sizes[0] rows */
} array_file;

/* The place of an array whose header `in` has just passed; what follows the header must be its elements and
 * nothing else, as far as that can be known. */
mixup_status array_place_behind(const reader *in, mixup_type type, const shape *of, bool swapped,
                                array_place *out);

/* `place` is not streamed. On failure `out` is untouched. */
mixup_status array_file_open(array_file *out, const char *path, const array_place *place,
                             const mixup_allocator *allocator);
void array_file_close(array_file *in);

/* Row `row` into `data` [row_bytes], in the machine's byte order. Several threads may call it at once. */
mixup_status array_file_row(const array_file *in, size_t row, void *data);

/* Reverses the bytes of each of `count` elements of `size` bytes. */
void array_swap(void *data, size_t count, size_t size);

#endif
