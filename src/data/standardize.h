/* data/standardize: statistics learned from a data set. */
#ifndef DATA_STANDARDIZE_H
#define DATA_STANDARDIZE_H

#include "data/dataset.h"

/* Takes in the count-th value: the running mean, and the sum of squared differences from it (Welford 1962, so
 * that those of constant values are exact). Both begin at 0. */
static inline void running_add(double value, size_t count, double *mean, double *squares) {
    const double difference = value - *mean;
    *mean += difference / (double)count;
    *squares += difference * (value - *mean);
}

/* What `policy` puts in the place of a missing cell, per feature, in raw units, over `learn`'s samples that
 * have one. `filled` is [features]. A feature without any value is an error where one is needed. */
mixup_status standardize_learn_filled(const mixup_dataset *learn, mixup_missing policy, double *filled);

/* Learns anew from `learn` what missing cells of `set` become (`learn` may be `set`), and nothing else: after
 * a split, so that no sample of another part has a say. Does nothing where missing cells are refused. */
mixup_status dataset_refill(mixup_dataset *set, const mixup_dataset *learn);

#endif
