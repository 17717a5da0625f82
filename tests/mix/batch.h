/* tests/mix/batch: a draw with its arrays, and the call that fills it. */
#ifndef TESTS_MIX_BATCH_H
#define TESTS_MIX_BATCH_H

#include "mixup.h"

enum { BATCH_LARGEST = 67 };

typedef struct batch {
    mixup_batch_draw draw; /* points into the arrays below: do not copy */
    uint32_t partner[BATCH_LARGEST];
    float weight[BATCH_LARGEST];
    float partner_weight[BATCH_LARGEST];
    float cut_row[BATCH_LARGEST];
    float cut_column[BATCH_LARGEST];
} batch;

static inline void batch_init(batch *out, size_t size) {
    out->draw = (mixup_batch_draw){.batch = size,
                                   .site = 77,
                                   .partner = out->partner,
                                   .weight = out->weight,
                                   .partner_weight = out->partner_weight,
                                   .cut_row = out->cut_row,
                                   .cut_column = out->cut_column};
    for (size_t i = 0; i < BATCH_LARGEST; i++) {
        out->partner[i] = 77;
        out->weight[i] = out->partner_weight[i] = 77;
        out->cut_row[i] = out->cut_column[i] = 77;
    }
}

/* Draws for `size` samples from 3 sites, with seed 1 in epoch 2. */
static inline mixup_status batch_draw(batch *out, size_t size, const mixup_mix_desc *mix, uint32_t step) {
    batch_init(out, size);
    return mixup_draw(&(mixup_draw_desc){.seed = 1, .epoch = 2, .step = step, .mix = mix, .site_count = 3},
                      &out->draw);
}

#endif
