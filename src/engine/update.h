/* engine/update: the optimiser's step of a plan on one parameter. The engines differ in how they divide the
 * range. */
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

/* Emits `run` with update_arguments for the parameter; `gradient` may be BUFFER_NONE. */
mixup_status update_emit(builder *to, size_t parameter, size_t gradient, step_function run);

/* Fills the arguments, but for the gradient: for kernels that update with pieces of it. */
void update_prepare(const builder *to, size_t parameter, update_arguments *out);

/* What `run` does: begin once, then the ranges of 0..item->stored in any order and on any thread. */
void update_begin(const update_arguments *a, const plan_run *run, update_step *out);
void update_range(const update_arguments *a, const update_step *step, size_t begin, size_t end);
/* Updates elements at .. at + count - 1 with their gradient [count]. */
void update_piece(const update_arguments *a, const update_step *step, size_t at, size_t count,
                  const real *gradient);

#endif
