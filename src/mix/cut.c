/* mix/cut: see cut.h. Planes [height][width][inner] are copied whole, and then the pieces of rows in the
 * rectangle, each one run of memory, are replaced while the plane is still in the cache. */
#include "mix/cut.h"
#include "tensor/bf16.h"

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

/* ---- planes */

/* In bytes. */
static size_t plane_size(const mix_layout *layout) {
    return layout->height * layout->width * layout->inner * mix_value_size(layout);
}

/* A rectangle's pieces of rows in a plane: `rows` of them, `length` bytes each, the first one at `first`,
 * and `step` between their beginnings. */
typedef struct pieces {
    size_t first, rows, length, step;
    mix_values values;
} pieces;

static pieces pieces_of(const mix_layout *layout, const mixup_rectangle *cut) {
    const size_t position = layout->inner * mix_value_size(layout);
    const size_t step = layout->width * position;
    return (pieces){.first = cut->top * step + cut->left * position,
                    .rows = cut->bottom - cut->top,
                    .length = (cut->right - cut->left) * position,
                    .step = step,
                    .values = layout->values};
}

static void copy_pieces(const pieces *in, const char *from, char *to) {
    for (size_t r = 0; r < in->rows; r++)
        memcpy(to + in->first + r * in->step, from + in->first + r * in->step, in->length);
}

static void clear_pieces(const pieces *in, char *to) {
    for (size_t r = 0; r < in->rows; r++)
        memset(to + in->first + r * in->step, 0, in->length);
}

static void add_reals(size_t size, const void *values, void *sums) {
    const real *restrict from = values;
    real *restrict to = sums;
    for (size_t k = 0; k < size / sizeof *to; k++)
        to[k] += from[k];
}

static void add_bf16(size_t size, const void *values, void *sums) {
    const bf16 *restrict from = values;
    bf16 *restrict to = sums;
    for (size_t k = 0; k < size / sizeof *to; k++)
        to[k] = bf16_from_float(bf16_to_float(to[k]) + bf16_to_float(from[k]));
}

static void add_pieces(const pieces *in, const char *from, char *to) {
    for (size_t r = 0; r < in->rows; r++) {
        const size_t at = in->first + r * in->step;
        if (in->values == MIX_BF16)
            add_bf16(in->length, from + at, to + at);
        else
            add_reals(in->length, from + at, to + at);
    }
}

/* ---- samples */

void cut_compose(const mix_layout *layout, const mixup_rectangle *cut, const void *own, const void *partner,
                 void *to) {
    const size_t plane = plane_size(layout);
    const pieces taken = pieces_of(layout, cut);
    for (size_t at = 0; at < layout->outer * plane; at += plane) {
        memcpy((char *)to + at, (const char *)own + at, plane);
        copy_pieces(&taken, (const char *)partner + at, (char *)to + at);
    }
}

void cut_clear(const mix_layout *layout, const mixup_rectangle *cut, const void *from, void *to) {
    const size_t plane = plane_size(layout);
    const pieces lost = pieces_of(layout, cut);
    for (size_t at = 0; at < layout->outer * plane; at += plane) {
        memcpy((char *)to + at, (const char *)from + at, plane);
        clear_pieces(&lost, (char *)to + at);
    }
}

void cut_add(const mix_layout *layout, const mixup_rectangle *cut, const void *from, void *to) {
    const size_t plane = plane_size(layout);
    const pieces given = pieces_of(layout, cut);
    for (size_t at = 0; at < layout->outer * plane; at += plane)
        add_pieces(&given, (const char *)from + at, (char *)to + at);
}

void cut_gather(const mix_layout *layout, const mixup_rectangle *lost, const void *own,
                const mixup_rectangle *given, const void *taker, void *to) {
    const size_t plane = plane_size(layout);
    const pieces cleared = pieces_of(layout, lost);
    const pieces added = pieces_of(layout, given);
    for (size_t at = 0; at < layout->outer * plane; at += plane) {
        memcpy((char *)to + at, (const char *)own + at, plane);
        clear_pieces(&cleared, (char *)to + at);
        add_pieces(&added, (const char *)taker + at, (char *)to + at);
    }
}
