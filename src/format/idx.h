/* format/idx: the IDX files of MNIST, plain or gzip.
 *
 * 00 00, a type byte, the rank, one big-endian 32-bit size a dimension, then the elements, big-endian and
 * row-major. Read here: all six types, rank 1 to 5, no dimension of 0, no trailing bytes. */
#ifndef FORMAT_IDX_H
#define FORMAT_IDX_H

#include "format/array_file.h"
#include "tensor/array.h"

/* Elements come in host byte order. The caller clears `out` with array_clear and the same allocator; on
 * failure it is untouched. `allocator` may be NULL (malloc); `threads` as reader.threads. */
mixup_status idx_read(const char *path, size_t threads, const mixup_allocator *allocator, array *out);

/* Where the elements lie, without reading them. */
mixup_status idx_locate(const char *path, const mixup_allocator *allocator, array_place *out);

/* Writes atomically. MIXUP_ERROR_UNSUPPORTED for types that IDX lacks (bool, float16, uint16, int64). */
mixup_status idx_write(const char *path, const array *in, const mixup_allocator *allocator);

#endif
