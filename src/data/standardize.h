/* data/standardize: statistics learned from a data set. */
#ifndef DATA_STANDARDIZE_H
#define DATA_STANDARDIZE_H

#include "data/dataset.h"

/* What `policy` puts in the place of a missing cell, per feature, in raw units, over `learn`'s samples that
 * have one. `filled` is [features]. A feature without any value is an error where one is needed. */
mixup_status standardize_learn_filled(const mixup_dataset *learn, mixup_missing policy, double *filled);

/* Learns anew from `learn` what missing cells of `set` become (`learn` may be `set`), and nothing else: after
 * a split, so that no sample of another part has a say. Does nothing where missing cells are refused. */
mixup_status dataset_refill(mixup_dataset *set, const mixup_dataset *learn);

#endif
