/* engine/dnnl/dense_steps: what the steps of dense layers do when a plan runs: products by the kernels of
 * engine/product, divided among the threads. dense.c emits them.
 *
 * A newcomer's mistake: to divide a step among some of the threads. A region either has all of them or is
 * none: OpenMP would end and start threads when their number changes. */
#ifndef ENGINE_DNNL_DENSE_STEPS_H
#define ENGINE_DNNL_DENSE_STEPS_H

#include "engine/product/product.h"
#include "engine/update.h"

/* ---- where gradients go */

typedef struct gradient_target {
    bool fused;              /* to the optimiser, else to `gradient` */
    update_arguments update; /* its own `gradient` is not used */
    update_step step;        /* of this run */
    real *gradient;          /* [stored] */
} gradient_target;

/* For product_pack and product_weights; `user` is a gradient_target. */
void dense_take(void *user, size_t at, size_t count, const float *gradient);

/* ---- arguments; `parts` is 1, or the number of threads */

typedef struct dense_pack {
    size_t parts;
    product_pack call;
    gradient_target sums; /* where `call` has take_sums */
} dense_pack;
void dense_run_pack(void *arguments, plan_run *run);

typedef struct dense_outer {
    size_t parts;
    product_outer call;
} dense_outer;
void dense_run_outer(void *arguments, plan_run *run);

typedef struct dense_inner {
    size_t parts;
    product_inner call;
} dense_inner;
void dense_run_inner(void *arguments, plan_run *run);

typedef struct dense_weights {
    size_t parts;
    bool spreads;
    product_pack spread; /* of the along states, before `call` reads them */
    product_weights call;
    gradient_target target;
    product_adam adam; /* of this run, where `call` makes the update */
} dense_weights;
void dense_run_weights(void *arguments, plan_run *run);

#endif
