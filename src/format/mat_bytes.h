/* format/mat_bytes: the bytes of one variable of a MATLAB file, unpacked where it is compressed. For mat.c.
 */
#ifndef FORMAT_MAT_BYTES_H
#define FORMAT_MAT_BYTES_H

#include "format/reader.h"

#include <zlib.h>

enum { MAT_PIECE = 1 << 14 };

typedef struct mat_bytes {
    reader *in;
    uint64_t left; /* bytes of the file that belong to it and were not read yet */
    bool packed;
    bool ended;    /* packed: the zlib stream is complete */
    z_stream zlib; /* packed */
    uint8_t input[MAT_PIECE];
} mat_bytes;

/* The next `size` bytes of `in` are a variable. Check that they are there before, close after. */
mixup_status mat_bytes_open(mat_bytes *out, reader *in, uint64_t size, bool packed);
void mat_bytes_close(mat_bytes *from);

/* The next bytes, unpacked. */
mixup_status mat_bytes_take(mat_bytes *from, void *data, size_t size);

/* No more than so many can follow. */
uint64_t mat_bytes_limit(const mat_bytes *from);

/* Everything must have been taken; of a compressed variable this also verifies the check sum. */
mixup_status mat_bytes_finish(mat_bytes *from);

/* Passes over what is left in the file. */
mixup_status mat_bytes_skip(mat_bytes *from);

#endif
