/* train/evaluate: what training and evaluation share about targets. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include "train/model.h"

/* The class of a sample: its label or, for soft targets [columns] under a softmax loss, the largest of them;
 * -1 where there is none. */
int32_t evaluate_label(mixup_loss loss, int32_t label, const float *targets, size_t columns);

#endif
