/* train/metrics: measurements over a data set, added up sample by sample. */
#ifndef TRAIN_METRICS_H
#define TRAIN_METRICS_H

#include "base/memory.h"

#include "engine/loss.h"

typedef struct metrics_sums {
    mixup_allocator allocator;
    mixup_loss loss;
    size_t columns, top_k, bins;
    size_t count, labelled; /* samples, and those of them that have a class */
    double loss_sum, nll_sum, right, right_top_k, agreement;
    double square_sum, absolute_sum;
    double *bin_confidence;                              /* [bins] */
    double *bin_right;                                   /* [bins] */
    uint64_t *bin_count;                                 /* [bins] */
    double *target_mean, *target_square, *column_square; /* [columns] Welford sums for R² */
    const double
        *deviation; /* [columns] units of the stored targets in those of the loss, the caller's; NULL: 1 */
    uint64_t *confusion; /* [columns][columns], the caller's; or NULL */
} metrics_sums;

mixup_status metrics_init(metrics_sums *sums, mixup_loss loss, size_t columns,
                          const mixup_evaluate_desc *desc, /* resolved */
                          const mixup_allocator *allocator);
void metrics_clear(metrics_sums *sums);

/* One sample: logits [columns], targets [columns]; label -1: no class. */
void metrics_add(metrics_sums *sums, const float *logits, const float *targets, int32_t label);

mixup_metrics metrics_result(const metrics_sums *sums);

#endif
