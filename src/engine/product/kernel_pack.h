/* engine/product/kernel_pack: packing of states whose factors are floats. */
#ifndef ENGINE_PRODUCT_KERNEL_PACK_H
#define ENGINE_PRODUCT_KERNEL_PACK_H

#include "engine/product/kernel_body.h"

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
