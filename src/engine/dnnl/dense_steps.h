/* engine/dnnl/dense_steps: what the steps of dense layers do when a plan runs: products by the kernels of
 * engine/product, shared by the threads. dense.c emits them. */
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

/* ---- arguments */

typedef struct dense_pack {
    product_pack call;
    gradient_target sums; /* where `call` has take_sums */
} dense_pack;
void dense_run_pack(void *arguments, plan_run *run, const team_member *me);

/* Their arguments are a product_outer and a product_inner. */
void dense_run_outer(void *arguments, plan_run *run, const team_member *me);
void dense_run_inner(void *arguments, plan_run *run, const team_member *me);

typedef struct dense_weights {
    bool spreads;
    product_pack spread; /* of the along states, before `call` reads them */
    product_weights call;
    gradient_target target;
} dense_weights;
void dense_run_weights(void *arguments, plan_run *run, const team_member *me);

#endif
