/* engine/product/kernel_body: the text of the kernels, included once for each instruction set behind its
 * vector_*.h. Loops over rows, vectors and columns of a tile are unrolled, since each kernel is compiled for
 * constant numbers of them, so that `sums` lies in registers. */
#ifndef ENGINE_PRODUCT_KERNEL_BODY_H
#define ENGINE_PRODUCT_KERNEL_BODY_H

#include "engine/product/kernel.h"

#define INLINED  static inline __attribute__((always_inline))
#define UNROLLED _Pragma("GCC unroll 8")

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

INLINED void outer_begin(const outer_tile *t, const size_t rows, const size_t vectors,
                         vec sums[ROWS][VECTORS]) {
    if (t->start == NULL) {
        UNROLLED for (size_t r = 0; r < rows; r++) UNROLLED for (size_t v = 0; v < vectors; v++) sums[r][v] =
            vec_zero();
        return;
    }
    UNROLLED for (size_t r = 0; r < rows; r++) {
        const float *start = t->start + r * t->start_row;
        UNROLLED for (size_t v = 0; v + 1 < vectors; v++) sums[r][v] = vec_load(start + v * LANES);
        sums[r][vectors - 1] = load_last(start + (vectors - 1) * LANES, t->last);
    }
}

INLINED void outer_end(const outer_tile *t, const size_t rows, const size_t vectors,
                       vec sums[ROWS][VECTORS]) {
    if (t->slope != 1.0f) {
        const vec slope = vec_all(t->slope);
        UNROLLED for (size_t r = 0; r < rows; r++) UNROLLED for (size_t v = 0; v < vectors; v++) sums[r][v] =
            vec_leak(sums[r][v], sums[r][v], slope);
    }
    UNROLLED for (size_t r = 0; r < rows; r++) {
        float *out = t->out + r * t->out_row;
        UNROLLED for (size_t v = 0; v + 1 < vectors; v++) vec_store(out + v * LANES, sums[r][v]);
        store_last(out + (vectors - 1) * LANES, t->last, sums[r][vectors - 1]);
    }
}

/* sums += Σ_k over the depth; left and panel advance. */
INLINED void outer_depth(const outer_tile *t, const size_t rows, const size_t vectors, size_t depth,
                         const float **left, const float **panel, vec sums[ROWS][VECTORS]) {
    const float *l = *left;
    const float *p = *panel;
    for (size_t k = 0; k < depth; k++) {
        vec w[VECTORS];
        UNROLLED for (size_t v = 0; v < vectors; v++) w[v] = vec_load(p + v * LANES);
        UNROLLED for (size_t r = 0; r < rows; r++) {
            const vec x = vec_all(l[r * t->left_row]);
            UNROLLED for (size_t v = 0; v < vectors; v++) sums[r][v] = vec_multiply_add(x, w[v], sums[r][v]);
        }
        l += t->left_depth;
        p += t->panel_row;
    }
    *left = l;
    *panel = p;
}

INLINED void outer(const outer_tile *t, const size_t rows, const size_t vectors) {
    vec sums[ROWS][VECTORS];
    const float *left = t->left;
    const float *panel = t->panel;
    size_t rest = t->depth;
    outer_begin(t, rows, vectors, sums);
    for (size_t line = 0; t->ahead_lines > 0 && rest >= t->ahead_depth; rest -= t->ahead_depth) {
        for (const size_t end = line + t->ahead_lines; line < end; line++)
            UNROLLED for (size_t a = 0; a < KERNEL_AHEAD; a++)
                _mm_prefetch((const char *)(t->ahead[a] + line * KERNEL_LINE), _MM_HINT_T0);
        outer_depth(t, rows, vectors, t->ahead_depth, &left, &panel, sums);
    }
    outer_depth(t, rows, vectors, rest, &left, &panel, sums);
    outer_end(t, rows, vectors, sums);
}

#define OUTER(rows, vectors)                                                                                 \
    static void outer_##rows##_##vectors(const outer_tile *tile) {                                           \
        outer(tile, (rows), (vectors));                                                                      \
    }

/* ---- inner products */

INLINED void inner_vector(const inner_part *p, const size_t rows, const size_t columns, const float *left,
                          const float *right, vec sums[INNER_ROWS][KERNEL_COLUMNS]) {
    vec l[INNER_ROWS];
    UNROLLED for (size_t r = 0; r < rows; r++) l[r] = vec_load(left + r * p->left_row);
    UNROLLED for (size_t c = 0; c < columns; c++) {
        const vec w = vec_load(right + c * p->right_row);
        UNROLLED for (size_t r = 0; r < rows; r++) sums[r][c] = vec_multiply_add(l[r], w, sums[r][c]);
    }
}

INLINED void inner(const inner_tile *t, const size_t rows, const size_t columns) {
    vec sums[INNER_ROWS][KERNEL_COLUMNS];
    const inner_part *whole = &t->whole;
    const inner_part *rest = &t->rest;
    UNROLLED for (size_t r = 0; r < rows; r++) UNROLLED for (size_t c = 0; c < columns; c++) sums[r][c] =
        vec_zero();
    for (size_t p = 0; p < t->panels; p++) {
        const float *left = whole->left + p * whole->left_panel;
        const float *right = whole->right + p * whole->right_panel;
        for (size_t i = 0; i < t->ahead_lines; i++)
            _mm_prefetch((const char *)(t->ahead + p * whole->right_panel + i * KERNEL_LINE), _MM_HINT_T0);
        UNROLLED for (size_t v = 0; v < VECTORS; v++)
            inner_vector(whole, rows, columns, left + v * LANES, right + v * LANES, sums);
    }
    for (size_t v = 0; v < t->rest_vectors; v++)
        inner_vector(rest, rows, columns, rest->left + v * LANES, rest->right + v * LANES, sums);
    UNROLLED for (size_t r = 0; r < rows; r++) {
        if (columns == KERNEL_COLUMNS)
            vec_store_four_sums(t->out + r * t->out_row, sums[r]);
        else
            t->out[r * t->out_row] = vec_sum(sums[r][0]);
    }
}

#define INNER(rows)                                                                                          \
    static void inner_##rows##_4(const inner_tile *tile) {                                                   \
        inner(tile, (rows), KERNEL_COLUMNS);                                                                 \
    }                                                                                                        \
    static void inner_##rows##_1(const inner_tile *tile) {                                                   \
        inner(tile, (rows), 1);                                                                              \
    }

/* ---- packing */

/* Vector v of the panel: columns v × LANES and on. */
INLINED void pack_vector(const pack_panel *p, size_t v, size_t columns) {
    const vec_mask mask = vec_first(columns);
    const vec slope = vec_all(p->slope);
    vec sum = vec_zero();
    for (size_t b = 0; b < p->batch; b++) {
        const size_t at = b * p->row + v * LANES;
        float *out = p->out + b * p->out_row + v * LANES;
        vec x = vec_load_masked(p->values + at, mask);
        if (p->output != NULL)
            x = vec_leak(vec_load_masked(p->output + at, mask), x, slope);
        sum = vec_add(sum, x);
        if (p->whole)
            vec_store(out, x);
        else
            store_last(out, columns, x);
    }
    if (p->sums != NULL)
        vec_store(p->sums + v * LANES, sum);
}

static void pack(const pack_panel *p) {
    for (size_t v = 0; v < p->vectors; v++)
        pack_vector(p, v, v + 1 < p->vectors ? LANES : p->last);
}

#endif
