/* engine/optimizer: the optimisers' update of one array of values, element by element, in any layout. */
#ifndef ENGINE_OPTIMIZER_H
#define ENGINE_OPTIMIZER_H

#include "base/status.h"
#include "engine/parameters.h"
#include "tensor/real.h"

/* Fills defaults and checks ranges; messages name the field. */
mixup_status optimizer_resolve(const mixup_optimizer *given, mixup_optimizer *out);

/* Makes the moments that this optimiser keeps. */
mixup_status optimizer_need(const mixup_optimizer *optimizer, parameter_store *store);

/* The factors of one step, the same for all parameters. */
typedef struct optimizer_step {
    real learning_rate;
    real step_size;      /* Adam: what multiplies m / (sqrt(v) + epsilon) */
    real gradient_scale; /* of clipping by norm; 1 without */
    real clip_value;     /* 0: none */
    real coupled_decay;  /* added to the gradient, times the value */
    real decay_factor;   /* multiplies the value first: 1 - η × decay; 1 without */
    real momentum;
    real beta1, beta2;
    real rho;
    real epsilon;       /* Adam: for sqrt(v), whatever the convention */
    real average_decay; /* 0: no average */
} optimizer_step;

/* `step` counts from 1. */
optimizer_step optimizer_prepare(const mixup_optimizer *optimizer, double learning_rate, uint64_t step,
                                 double gradient_scale, double average_decay);

/* The arrays of one parameter, all [count]. */
typedef struct optimizer_arrays {
    real *values;
    const real *gradient; /* NULL: zeros */
    real *moment1, *moment2;
    real *average; /* NULL: none */
} optimizer_arrays;

/* Updates elements begin..end-1. */
void optimizer_update(const mixup_optimizer *optimizer, const optimizer_step *step,
                      const optimizer_arrays *arrays, size_t begin, size_t end);

#endif
