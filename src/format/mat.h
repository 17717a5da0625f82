/* format/mat: numeric arrays of MATLAB files of version 5 (.mat; what MATLAB's save -v6 and -v7 and SciPy's
 * savemat write), their variables plain or compressed.
 *
 * A file is a header of 128 bytes and variables one after the other, each a tag (type, size) and a matrix:
 * its flags, sizes, name and elements, each with a tag of its own; a compressed variable is the same inside a
 * zlib stream, whose check sum is verified. Read are real arrays of numbers, little-endian; other variables
 * of the file are passed over. Source: "MAT-File Format", The MathWorks, chapter 1.
 *
 * MATLAB counts the first index fastest. Sizes are given here the other way round, so that elements are
 * row-major as everywhere: an array of 32 × 32 × 3 × n is [n][3][32][32]. A newcomer's mistake: expecting
 * four sizes; MATLAB drops sizes of 1 at the end, so a single image comes as [3][32][32]. */
#ifndef FORMAT_MAT_H
#define FORMAT_MAT_H

#include "base/memory.h"
#include "tensor/shape.h"

typedef struct mat_variable {
    mixup_type type;
    shape shape; /* reversed, see above */
} mat_variable;

/* What the variable `name` is. MIXUP_ERROR_NOT_FOUND without it; MIXUP_ERROR_UNSUPPORTED where it is no array
 * of numbers that can be read; MIXUP_ERROR_FORMAT for a file that is malformed, or too short for the sizes
 * that it promises. `allocator` may be NULL (malloc). On failure `out` is untouched. */
mixup_status mat_find(const char *path, const char *name, const mixup_allocator *allocator,
                      mat_variable *out);

/* Its elements into `data`, which has room for those of `expected`, what mat_find found; another type or
 * shape is an error (the file was changed). Checks the sizes of all of the file on the way. On failure `data`
 * is partly filled. */
mixup_status mat_read(const char *path, const char *name, const mixup_allocator *allocator,
                      const mat_variable *expected, void *data);

#endif
