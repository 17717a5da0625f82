/* tensor/shape: see shape.h. */
#include "tensor/shape.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

mixup_status shape_from_sizes(const size_t *sizes, size_t limit, const char *what, shape *out) {
    shape result = {0};
    size_t count = 1;
    while (result.rank < limit && sizes[result.rank] != 0) {
        MIXUP_TRY(memory_product(count, sizes[result.rank], &count));
        result.sizes[result.rank] = sizes[result.rank];
        result.rank++;
    }
    for (size_t i = result.rank; i < limit; i++)
        if (sizes[i] != 0)
            return error(MIXUP_ERROR_SHAPE,
                         "%s: dimension %zu is 0 but %zu follows; sizes must be at least 1", what,
                         result.rank, sizes[i]);
    if (result.rank == 0)
        return error(MIXUP_ERROR_SHAPE, "%s: the shape is empty; give at least one size", what);
    *out = result;
    return MIXUP_OK;
}

size_t shape_count(const shape *in) {
    size_t count = 1;
    for (size_t i = 0; i < in->rank; i++)
        count *= in->sizes[i];
    return count;
}

bool shape_equal(const shape *a, const shape *b) {
    return a->rank == b->rank && memcmp(a->sizes, b->sizes, a->rank * sizeof a->sizes[0]) == 0;
}

shape_text shape_to_text(const shape *in) {
    shape_text out = {""};
    size_t used = 0;
    for (size_t i = 0; i < in->rank; i++)
        used +=
            (size_t)snprintf(out.text + used, sizeof out.text - used, i == 0 ? "%zu" : "x%zu", in->sizes[i]);
    return out;
}
