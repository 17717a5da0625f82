/* train/model_memory: how much memory a model takes, without taking it: what `mixup info --network` prints.
 */
#ifndef TRAIN_MODEL_MEMORY_H
#define TRAIN_MODEL_MEMORY_H

#include "train/model.h"

/* Bytes. An arena is where a plan's states and gradients lie; all plans of a training share the largest. */
typedef struct model_memory {
    size_t parameters; /* values and running statistics, as the engine stores them */
    size_t optimizer;  /* gradients, moments and averages beside them; 0 without training */
    size_t training;   /* arena; 0 without training */
    size_t prediction; /* arena */
} model_memory;

/* For batches of `batch` samples; `fit` says how it would be trained (its data sets are not read), or is
 * NULL. No trainer may exist: one is made and destroyed. */
mixup_status model_measure_memory(mixup_model *model, const mixup_fit_desc *fit, size_t batch,
                                  model_memory *out);

#endif
