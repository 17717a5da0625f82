/* engine/product/kernel_pack_bf16: packing of states, and of weights as they are read, into pairs of bf16,
 * rounded to the nearest, halfway to even. The sums over the batch are of the values before. */
#ifndef ENGINE_PRODUCT_KERNEL_PACK_BF16_H
#define ENGINE_PRODUCT_KERNEL_PACK_BF16_H

#include "engine/product/kernel_body.h"

/* Which columns the vectors of a panel have, and which factors are stored; none in vectors that it lacks. */
typedef struct pack_masks {
    vec_mask columns[VECTORS], stored[VECTORS];
} pack_masks;

INLINED vec_mask first_of(size_t count, size_t vector) {
    const size_t before = vector * LANES;
    return count <= before ? 0 : vec_first(count - before < LANES ? count - before : LANES);
}

INLINED void find_masks(const pack_panel *p, pack_masks *masks) {
    const size_t columns = (p->vectors - 1) * LANES + p->last;
    const size_t factors = p->pair_rows ? columns : (columns + 1) / 2;
    const size_t stored = p->whole ? (factors + LANES - 1) / LANES * LANES : factors;
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
        masks->columns[v] = first_of(columns, v);
        masks->stored[v] = first_of(stored, v);
    }
}

/* Row b of the panel, leaking where the activation did, if there is one; with zeros where it has no columns.
 */
INLINED void read_row(const pack_panel *p, const pack_masks *masks, const bool leaks, size_t b,
                      vec row[VECTORS]) {
    const size_t at = b * p->row;
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
        const vec_mask columns = masks->columns[v];
        row[v] = vec_load_masked(p->values + at + v * LANES, columns);
        if (leaks)
            row[v] =
                vec_leak(vec_load_masked(p->output + at + v * LANES, columns), row[v], vec_all(p->slope));
    }
}

INLINED void add_row(const vec row[VECTORS], vec sums[VECTORS]) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
        sums[v] = vec_add(sums[v], row[v]);
    }
}

/* Value i of the one vector beside value i of the other. */
INLINED __m512i side_by_side(vec first, vec second) {
    const __m512i halves = (__m512i)_mm512_cvtne2ps_pbh(second, first);
    const __m512i lower = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(halves));
    const __m512i upper = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(halves, 1));
    return _mm512_or_si512(lower, _mm512_slli_epi32(upper, 16));
}

INLINED void pack_row_pairs(const pack_panel *p, const pack_masks *masks, const bool leaks,
                            vec sums[VECTORS]) {
    vec x[VECTORS], y[VECTORS];
    for (size_t b = 0; b < p->batch; b += 2) {
        float *out = p->out + b / 2 * p->out_row;
        read_row(p, masks, leaks, b, x);
        add_row(x, sums);
        if (b + 1 < p->batch) {
            read_row(p, masks, leaks, b + 1, y);
            add_row(y, sums);
        } else {
            UNROLL for (size_t v = 0; v < VECTORS; v++) {
                y[v] = vec_zero();
            }
        }
        UNROLL for (size_t v = 0; v < VECTORS; v++) {
            _mm512_mask_storeu_epi32(out + v * LANES, masks->stored[v], side_by_side(x[v], y[v]));
        }
    }
}

INLINED void pack_column_pairs(const pack_panel *p, const pack_masks *masks, const bool leaks,
                               vec sums[VECTORS]) {
    vec x[VECTORS];
    for (size_t b = 0; b < p->batch; b++) {
        float *out = p->out + b * p->out_row;
        read_row(p, masks, leaks, b, x);
        add_row(x, sums);
        UNROLL for (size_t v = 0; v < VECTORS / 2; v++) {
            const __m512i pairs = (__m512i)_mm512_cvtne2ps_pbh(x[2 * v + 1], x[2 * v]);
            _mm512_mask_storeu_epi32(out + v * LANES, masks->stored[v], pairs);
        }
    }
}

static void pack(const pack_panel *p) {
    pack_masks masks;
    vec sums[VECTORS] = {vec_zero(), vec_zero(), vec_zero(), vec_zero()};
    find_masks(p, &masks);
    const bool leaks = p->output != NULL;
    if (p->pair_rows && leaks)
        pack_row_pairs(p, &masks, true, sums);
    else if (p->pair_rows)
        pack_row_pairs(p, &masks, false, sums);
    else if (leaks)
        pack_column_pairs(p, &masks, true, sums);
    else
        pack_column_pairs(p, &masks, false, sums);
    for (size_t v = 0; p->sums != NULL && v < p->vectors; v++)
        vec_store(p->sums + v * LANES, sums[v]);
}

#endif
