/* mix/cut: see cut.h. Planes [height][width][inner] are copied whole, and then the pieces of rows in the
 * rectangle, each one run of memory, are replaced while the plane is still in the cache. */
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

/* ---- planes */

static size_t plane_size(const mix_layout *layout) {
    return layout->height * layout->width * layout->inner;
}

/* A rectangle's pieces of rows in a plane: `rows` of them, `length` values each, the first one at `first`,
 * and `step` between their beginnings. */
typedef struct pieces {
    size_t first, rows, length, step;
} pieces;

static pieces pieces_of(const mix_layout *layout, const mixup_rectangle *cut) {
    const size_t step = layout->width * layout->inner;
    return (pieces){.first = cut->top * step + cut->left * layout->inner,
                    .rows = cut->bottom - cut->top,
                    .length = (cut->right - cut->left) * layout->inner,
                    .step = step};
}

static void copy_pieces(const pieces *in, const real *from, real *to) {
    for (size_t r = 0; r < in->rows; r++)
        memcpy(to + in->first + r * in->step, from + in->first + r * in->step, in->length * sizeof *to);
}

static void clear_pieces(const pieces *in, real *to) {
    for (size_t r = 0; r < in->rows; r++)
        memset(to + in->first + r * in->step, 0, in->length * sizeof *to);
}

static void add_run(size_t count, const real *restrict from, real *restrict to) {
    for (size_t k = 0; k < count; k++)
        to[k] += from[k];
}

static void add_pieces(const pieces *in, const real *from, real *to) {
    for (size_t r = 0; r < in->rows; r++)
        add_run(in->length, from + in->first + r * in->step, to + in->first + r * in->step);
}

/* ---- samples */

void cut_compose(const mix_layout *layout, const mixup_rectangle *cut, const real *own, const real *partner,
                 real *to) {
    const size_t plane = plane_size(layout);
    const pieces taken = pieces_of(layout, cut);
    for (size_t at = 0; at < layout->outer * plane; at += plane) {
        memcpy(to + at, own + at, plane * sizeof *to);
        copy_pieces(&taken, partner + at, to + at);
    }
}

void cut_clear(const mix_layout *layout, const mixup_rectangle *cut, const real *from, real *to) {
    const size_t plane = plane_size(layout);
    const pieces lost = pieces_of(layout, cut);
    for (size_t at = 0; at < layout->outer * plane; at += plane) {
        memcpy(to + at, from + at, plane * sizeof *to);
        clear_pieces(&lost, to + at);
    }
}

void cut_add(const mix_layout *layout, const mixup_rectangle *cut, const real *from, real *to) {
    const size_t plane = plane_size(layout);
    const pieces given = pieces_of(layout, cut);
    for (size_t at = 0; at < layout->outer * plane; at += plane)
        add_pieces(&given, from + at, to + at);
}

void cut_gather(const mix_layout *layout, const mixup_rectangle *lost, const real *own,
                const mixup_rectangle *given, const real *taker, real *to) {
    const size_t plane = plane_size(layout);
    const pieces cleared = pieces_of(layout, lost);
    const pieces added = pieces_of(layout, given);
    for (size_t at = 0; at < layout->outer * plane; at += plane) {
        memcpy(to + at, own + at, plane * sizeof *to);
        clear_pieces(&cleared, to + at);
        add_pieces(&added, taker + at, to + at);
    }
}
