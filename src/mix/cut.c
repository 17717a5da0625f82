/* mix/cut: see cut.h. Rows of an image that the rectangle does not touch are copied as they are; in the
 * others a piece of the row, one run of memory in every layout, comes from elsewhere. */
#include "mix/cut.h"

#include <math.h>
#include <string.h>

/* Where the positions begin whose middle is at or above `edge`, a fraction of `size`: the least k in
 * [0, size] with k + 1/2 >= edge × size. */
static size_t first_behind(double edge, size_t size) {
    const double k = ceil(edge * (double)size - 0.5);
    if (!(k > 0.0))
        return 0;
    return k < (double)size ? (size_t)k : size;
}

mixup_rectangle mixup_cut_rectangle(const mixup_batch_draw *draw, size_t i, size_t height, size_t width) {
    const double half = 0.5 * sqrt((double)draw->partner_weight[i]);
    const double row = (double)draw->cut_row[i];
    const double column = (double)draw->cut_column[i];
    return (mixup_rectangle){.top = first_behind(row - half, height),
                             .bottom = first_behind(row + half, height),
                             .left = first_behind(column - half, width),
                             .right = first_behind(column + half, width)};
}

size_t cut_area(const mixup_rectangle *cut) {
    return (cut->bottom - cut->top) * (cut->right - cut->left);
}

void cut_compose(const mix_layout *layout, const mixup_rectangle *cut, const real *own, const real *partner,
                 real *to) {
    const size_t row = layout->width * layout->inner;
    const size_t plane = layout->height * row;
    const size_t begin = cut->left * layout->inner;
    const size_t length = (cut->right - cut->left) * layout->inner;
    memcpy(to, own, layout->outer * plane * sizeof *to);
    for (size_t o = 0; o < layout->outer; o++)
        for (size_t y = cut->top; y < cut->bottom; y++) {
            const size_t at = o * plane + y * row + begin;
            memcpy(to + at, partner + at, length * sizeof *to);
        }
}

void cut_clear(const mix_layout *layout, const mixup_rectangle *cut, const real *from, real *to) {
    const size_t row = layout->width * layout->inner;
    const size_t plane = layout->height * row;
    const size_t begin = cut->left * layout->inner;
    const size_t length = (cut->right - cut->left) * layout->inner;
    memcpy(to, from, layout->outer * plane * sizeof *to);
    for (size_t o = 0; o < layout->outer; o++)
        for (size_t y = cut->top; y < cut->bottom; y++)
            memset(to + o * plane + y * row + begin, 0, length * sizeof *to);
}

static void add_run(size_t count, const real *restrict from, real *restrict to) {
    for (size_t k = 0; k < count; k++)
        to[k] += from[k];
}

void cut_add(const mix_layout *layout, const mixup_rectangle *cut, const real *from, real *to) {
    const size_t row = layout->width * layout->inner;
    const size_t plane = layout->height * row;
    const size_t begin = cut->left * layout->inner;
    const size_t length = (cut->right - cut->left) * layout->inner;
    for (size_t o = 0; o < layout->outer; o++)
        for (size_t y = cut->top; y < cut->bottom; y++) {
            const size_t at = o * plane + y * row + begin;
            add_run(length, from + at, to + at);
        }
}
