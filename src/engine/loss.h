/* engine/loss: the losses on logits and mixed targets, their gradient, and the λ-weighted accuracy. */
#ifndef ENGINE_LOSS_H
#define ENGINE_LOSS_H

#include "engine/builder.h"

/* The loss to use where the network ends in `final`: fills in the default and refuses a wrong pairing. */
mixup_status loss_resolve(mixup_loss given, mixup_activation final, mixup_loss *out);

/* "softmax_cross_entropy", ...; and back: MIXUP_LOSS_COUNT for an unknown name. */
const char *loss_name(mixup_loss loss);
mixup_loss loss_by_name(const char *name);

/* One row's share of the loss, and its gradient (both before the division by the batch size).
 *   logits, targets, gradient: [columns]; class_weights: [columns], or NULL for ones; gradient may be NULL.
 */
double loss_row(mixup_loss loss, size_t columns, const real *logits, const real *targets,
                const float *class_weights, real *gradient);

/* Emits the step that sets run->loss, run->correct and the gradient of the logits.
 *   targets: mixed; plain_targets: as given (the accuracy of multi-label targets needs them). */
mixup_status loss_emit(builder *to, size_t logits, size_t targets, size_t plain_targets, size_t gradient,
                       size_t columns);

/* Index of the largest of `columns` values, the first one of equals. */
size_t loss_largest(const real *values, size_t columns);

#endif
