/* format/npy: NumPy's .npy files, format versions 1.0 to 3.0.
 *
 * Every mixup_type, little-endian, C order; a rank-0 array is read as [1]. Fortran order, big-endian,
 * structured and other types are refused with a sentence on how to save the array instead. */
#ifndef FORMAT_NPY_H
#define FORMAT_NPY_H

#include "format/array_file.h"
#include "tensor/array.h"

/* A plain or gzip file. The caller clears `out` with array_clear and the same allocator; on failure it is
 * untouched. `allocator` may be NULL (malloc); `threads` as reader.threads. */
mixup_status npy_read(const char *path, size_t threads, const mixup_allocator *allocator, array *out);

/* Where the elements lie, without reading them. */
mixup_status npy_locate(const char *path, const mixup_allocator *allocator, array_place *out);

/* Writes atomically; the same bytes as numpy.save. */
mixup_status npy_write(const char *path, const array *in, const mixup_allocator *allocator);

#endif
