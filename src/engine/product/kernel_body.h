/* engine/product/kernel_body: the text of the products' kernels, included once for each instruction set
 * behind its vector_*.h. Loops over rows, vectors and columns of a tile are unrolled, since each kernel is
 * compiled for constant numbers of them, so that `sums` lies in registers. */
#ifndef ENGINE_PRODUCT_KERNEL_BODY_H
#define ENGINE_PRODUCT_KERNEL_BODY_H

#include "engine/product/kernel.h"

#define INLINED static inline __attribute__((always_inline))
#define UNROLL  _Pragma("GCC unroll 8")

/* ---- loads and stores of the last, maybe partial vector of a row */

INLINED vec load_last(const float *from, size_t count) {
    return count == LANES ? vec_load(from) : vec_load_masked(from, vec_first(count));
}

INLINED void store_last(float *to, size_t count, vec x) {
    if (count == LANES)
        vec_store(to, x);
    else
        vec_store_masked(to, vec_first(count), x);
}

/* ---- outer products */

typedef vec tile_sums[ROWS][VECTORS];

INLINED void tile_clear(const size_t rows, const size_t vectors, tile_sums sums) {
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            sums[r][v] = vec_zero();
        }
    }
}

/* sums[r][..] += left[r × left_row] × panel[..] */
INLINED void tile_add(const size_t rows, const size_t vectors, const float *left, size_t left_row,
                      const float *panel, tile_sums sums) {
    vec w[VECTORS];
    UNROLL for (size_t v = 0; v < vectors; v++) {
        w[v] = vec_load(panel + v * LANES);
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        const vec x = vec_all(left[r * left_row]);
        UNROLL for (size_t v = 0; v < vectors; v++) {
            sums[r][v] = vec_factor_add(x, w[v], sums[r][v]);
        }
    }
}

INLINED void outer_begin(const outer_tile *t, const size_t rows, const size_t vectors, tile_sums sums) {
    UNROLL for (size_t r = 0; r < rows; r++) {
        const float *start = t->start + r * t->start_row;
        UNROLL for (size_t v = 0; v < vectors - 1; v++) {
            sums[r][v] = vec_load(start + v * LANES);
        }
        sums[r][vectors - 1] = load_last(start + (vectors - 1) * LANES, t->last);
    }
}

INLINED void outer_end(const outer_tile *t, const size_t rows, const size_t vectors, tile_sums sums) {
    if (t->slope != 1.0f) {
        const vec slope = vec_all(t->slope);
        UNROLL for (size_t r = 0; r < rows; r++) {
            UNROLL for (size_t v = 0; v < vectors; v++) {
                sums[r][v] = vec_leak(sums[r][v], sums[r][v], slope);
            }
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        float *out = t->out + r * t->out_row;
        UNROLL for (size_t v = 0; v < vectors - 1; v++) {
            vec_store(out + v * LANES, sums[r][v]);
        }
        store_last(out + (vectors - 1) * LANES, t->last, sums[r][vectors - 1]);
    }
}

INLINED void outer(const outer_tile *t, const size_t rows, const size_t vectors) {
    tile_sums sums;
    if (t->start != NULL)
        outer_begin(t, rows, vectors, sums);
    else
        tile_clear(rows, vectors, sums);
    const char *ahead = t->ahead;
    for (size_t k = 0; k < t->depth; ahead += t->ahead_step) {
        const size_t next = t->depth - k < t->ahead_every ? t->depth : k + t->ahead_every;
        _mm_prefetch(ahead, _MM_HINT_T0);
        for (; k < next; k++)
            tile_add(rows, vectors, t->left + k, t->left_row, t->panel + k * t->panel_row, sums);
    }
    outer_end(t, rows, vectors, sums);
}

INLINED void gradient_end(const gradient_tile *t, const size_t rows, const size_t vectors, tile_sums sums) {
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < vectors; v++) {
            vec_store(t->out + (r * vectors + v) * LANES, sums[r][v]);
        }
    }
}

INLINED void gradient(const gradient_tile *t, const size_t rows, const size_t vectors) {
    tile_sums sums;
    size_t line = 0; /* in bytes */
    tile_clear(rows, vectors, sums);
    const float *left = t->left;
    const float *panel = t->panel;
    const size_t left_depth = t->left_depth;
    const size_t panel_row = t->panel_row;
    for (size_t k = 0; k < t->depth; k++, left += left_depth, panel += panel_row) {
        const size_t fetched = (k & (t->ahead_every - 1)) == 0 ? t->ahead_lines : 0;
        for (size_t i = 0; i < fetched; i++, line += t->ahead_step) {
            UNROLL for (size_t a = 0; a < KERNEL_AHEAD; a++) {
                _mm_prefetch(t->ahead[a] + line, _MM_HINT_T0);
            }
        }
        /* rows lie too far apart for the processor to see what comes next */
        _mm_prefetch((const char *)(left + KERNEL_LINE), _MM_HINT_T0);
        tile_add(rows, vectors, left, 1, panel, sums);
    }
    gradient_end(t, rows, vectors, sums);
}

#define OUTER(rows, vectors)                                                                                 \
    static void outer_##rows##_##vectors(const outer_tile *tile) {                                           \
        outer(tile, (rows), (vectors));                                                                      \
    }                                                                                                        \
    static void gradient_##rows##_##vectors(const gradient_tile *tile) {                                     \
        gradient(tile, (rows), (vectors));                                                                   \
    }

/* ---- inner products */

typedef vec inner_sums[INNER_ROWS][KERNEL_COLUMNS];

INLINED void inner_vector(const inner_part *p, const size_t rows, const size_t columns, const float *left,
                          const float *right, inner_sums sums) {
    vec l[INNER_ROWS];
    UNROLL for (size_t r = 0; r < rows; r++) {
        l[r] = vec_load(left + r * p->left_row);
    }
    UNROLL for (size_t c = 0; c < columns; c++) {
        const vec w = vec_load(right + c * p->right_row);
        UNROLL for (size_t r = 0; r < rows; r++) {
            sums[r][c] = vec_factor_add(l[r], w, sums[r][c]);
        }
    }
}

INLINED void inner(const inner_tile *t, const size_t rows, const size_t columns) {
    inner_sums sums;
    const inner_part *whole = &t->whole;
    const inner_part *rest = &t->rest;
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t c = 0; c < columns; c++) {
            sums[r][c] = vec_zero();
        }
    }
    for (size_t p = 0; p < t->panels; p++) {
        const float *left = whole->left + p * whole->left_panel;
        const float *right = whole->right + p * whole->right_panel;
        for (size_t i = 0; i < t->ahead_lines; i++)
            _mm_prefetch((const char *)(t->ahead + p * t->ahead_panel + i * KERNEL_LINE), _MM_HINT_T0);
        UNROLL for (size_t v = 0; v < VECTORS / TERMS; v++) {
            inner_vector(whole, rows, columns, left + v * LANES, right + v * LANES, sums);
        }
    }
    for (size_t v = 0; v < t->rest_vectors; v++)
        inner_vector(rest, rows, columns, rest->left + v * LANES, rest->right + v * LANES, sums);
    UNROLL for (size_t r = 0; r < rows; r++) {
        float *out = t->out + r * t->out_row;
        if (columns == KERNEL_COLUMNS) {
            const __m128 four = vec_four_sums(sums[r]);
            _mm_storeu_ps(out, t->adds ? _mm_add_ps(_mm_loadu_ps(out), four) : four);
        } else {
            const float one = vec_sum(sums[r][0]);
            *out = t->adds ? *out + one : one;
        }
    }
}

#define INNER(rows)                                                                                          \
    static void inner_##rows##_4(const inner_tile *tile) {                                                   \
        inner(tile, (rows), KERNEL_COLUMNS);                                                                 \
    }                                                                                                        \
    static void inner_##rows##_1(const inner_tile *tile) {                                                   \
        inner(tile, (rows), 1);                                                                              \
    }

/* ---- joining */

static void join(const join_panel *p) {
    const vec slope = vec_all(p->slope);
    for (size_t b = 0; b < p->rows; b++) /* row by row: a line of the cache is met once */
        for (size_t v = 0; v < p->vectors; v++) {
            const size_t columns = v + 1 < p->vectors ? LANES : p->last;
            const size_t at = b * p->row + v * LANES;
            const vec halves = vec_add(load_last(p->out + at, columns), load_last(p->other + at, columns));
            const vec bias = p->bias != NULL ? load_last(p->bias + v * LANES, columns) : vec_zero();
            const vec z = vec_add(halves, bias);
            store_last(p->out + at, columns, vec_leak(z, z, slope));
        }
}

#endif
