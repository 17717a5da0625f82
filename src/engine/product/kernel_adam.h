/* engine/product/kernel_adam: Adam's update, alone and beside the sums of a gradient. A root and a quotient
 * keep one unit of the processor busy for longer than all the rest of an update takes, and sums never use
 * that unit: between two steps of a tile's sums a vector of another tile is updated, and both go on at once.
 * That needs the registers of AVX-512; with half as many of half the size it takes longer than one after the
 * other.
 *
 * A newcomer's mistake: to write a formula here in another way than update_adam of engine/optimizer.c does,
 * or to let the compiler contract one. A value gets the same bits from both. */
#ifndef ENGINE_PRODUCT_KERNEL_ADAM_H
#define ENGINE_PRODUCT_KERNEL_ADAM_H

#include "engine/product/kernel_body.h"

/* Values i .. i + LANES - 1. */
INLINED void adam_vector(const adam_piece *p, size_t i) {
    const vec value = vec_load(p->values + i);
    const vec m = vec_load(p->moment1 + i);
    const vec v = vec_load(p->moment2 + i);
    const vec g = vec_load(p->gradient + i);
    const vec first = m + vec_all(p->beta1_rest) * (g - m);
    const vec second = vec_all(p->beta2) * v + vec_all(p->beta2_rest) * g * g;
    vec_store(p->moment1 + i, first);
    vec_store(p->moment2 + i, second);
    const vec root = vec_root(second) + vec_all(p->epsilon);
    vec_store(p->values + i, value - vec_all(p->step_size) * first / root);
}

static void adam(const adam_piece *p) {
    for (size_t v = 0; v < p->vectors; v++)
        adam_vector(p, v * LANES);
}

INLINED void adam_fetch(const adam_piece *p, size_t i) {
    _mm_prefetch((const char *)(p->values + p->ahead + i), _MM_HINT_T0);
    _mm_prefetch((const char *)(p->moment1 + p->ahead + i), _MM_HINT_T0);
    _mm_prefetch((const char *)(p->moment2 + p->ahead + i), _MM_HINT_T0);
}

static void gradient_beside_adam(const gradient_tile *t, const adam_piece *p) {
    /* steps of the sums for a vector of the update, in 1 / 65536 */
    const size_t steps = p->vectors > 0 ? (t->depth << 16) / p->vectors : 0;
    tile_sums sums;
    tile_clear(ROWS, VECTORS, sums);
    const float *left = t->left;
    const float *panel = t->panel;
    const size_t left_depth = t->left_depth;
    const size_t panel_row = t->panel_row;
    size_t k = 0;
    for (size_t v = 0, end = steps; v < p->vectors; v++, end += steps) {
        adam_vector(p, v * LANES);
        adam_fetch(p, v * LANES);
        for (; k < end >> 16; k++, left += left_depth, panel += panel_row)
            tile_add(ROWS, VECTORS, left, 1, panel, sums);
    }
    for (; k < t->depth; k++, left += left_depth, panel += panel_row)
        tile_add(ROWS, VECTORS, left, 1, panel, sums);
    gradient_end(t, ROWS, VECTORS, sums);
}

#endif
