/* tensor/shape: the shape of one sample (the batch is never part of it) or of a parameter. */
#ifndef TENSOR_SHAPE_H
#define TENSOR_SHAPE_H

#include "base/status.h"

enum { SHAPE_MAX_RANK = MIXUP_MAX_RANK + 1 };

typedef struct shape {
    size_t rank;                  /* ≥ 1 in a valid shape */
    size_t sizes[SHAPE_MAX_RANK]; /* each ≥ 1; 0 behind the last */
} shape;

/* From a public array that ends at the first 0 (or at `limit`): a 0 followed by a size, an empty array and an
 * overflowing product are errors that begin with `what`. */
mixup_status shape_from_sizes(const size_t *sizes, size_t limit, const char *what, shape *out);

/* The number of elements. */
size_t shape_count(const shape *in);

bool shape_equal(const shape *a, const shape *b);

/* "28x28" into `text`, which is returned. */
typedef struct shape_text {
    char text[SHAPE_MAX_RANK * 21];
} shape_text;
shape_text shape_to_text(const shape *in);

#endif
