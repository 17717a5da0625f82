/* engine/update: the optimiser's step of a plan on one parameter. */
#ifndef ENGINE_UPDATE_H
#define ENGINE_UPDATE_H

#include "engine/builder.h"

typedef struct update_arguments {
    const mixup_optimizer *optimizer;
    double average_decay; /* 0: no average is kept */
    const parameter_item *item;
    const real *gradient; /* [stored], or NULL for zeros */
} update_arguments;

/* One run's factors and arrays. */
typedef struct update_step {
    optimizer_step factors;
    optimizer_arrays arrays;
} update_step;

/* Emits the update by `gradient`, a buffer in the parameter's layout, or BUFFER_NONE for zeros. */
mixup_status update_emit(builder *to, size_t parameter, size_t gradient);

/* For kernels that update with pieces of the gradient. Fills the arguments, but for the gradient. */
void update_prepare(const builder *to, size_t parameter, update_arguments *out);
/* Begin once a run, then the pieces in any order and on any thread. */
void update_begin(const update_arguments *a, const plan_run *run, update_step *out);
/* Updates elements at .. at + count - 1 with their gradient [count]. */
void update_piece(const update_arguments *a, const update_step *step, size_t at, size_t count,
                  const real *gradient);

#endif
