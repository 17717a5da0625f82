/* engine/dnnl/dense_steps: see dense_steps.h. */
#include "engine/dnnl/dense_steps.h"

#include <omp.h>
#include <string.h>

static void divide(size_t parts, void (*run)(void *call, size_t part, size_t parts), void *call) {
    if (parts == 1) {
        run(call, 0, 1);
        return;
    }
#pragma omp parallel num_threads((int)parts)
    run(call, (size_t)omp_get_thread_num(), (size_t)omp_get_num_threads());
}

/* ---- where gradients go */

static void begin_target(gradient_target *target, const plan_run *run) {
    if (target->fused)
        update_begin(&target->update, run, &target->step);
}

void dense_take(void *user, size_t at, size_t count, const float *gradient) {
    const gradient_target *target = user;
    if (target->fused)
        update_piece(&target->update, &target->step, at, count, gradient);
    else
        memcpy(target->gradient + at, gradient, count * sizeof *gradient);
}

/* ---- packing */

static void pack_part(void *arguments, size_t part, size_t parts) {
    const dense_pack *a = arguments;
    product_pack_part(&a->call, part, parts);
}

void dense_run_pack(void *arguments, plan_run *run) {
    dense_pack *a = arguments;
    begin_target(&a->sums, run);
    divide(a->parts, pack_part, a);
}

/* ---- products */

static void outer_part(void *arguments, size_t part, size_t parts) {
    const dense_outer *a = arguments;
    product_outer_part(&a->call, part, parts);
    if (a->call.partial == NULL)
        return;
    if (parts > 1) {
#pragma omp barrier
    }
    product_outer_join_part(&a->call, part, parts);
}

void dense_run_outer(void *arguments, plan_run *run) {
    dense_outer *a = arguments;
    (void)run;
    divide(a->parts, outer_part, a);
}

static void inner_part(void *arguments, size_t part, size_t parts) {
    const dense_inner *a = arguments;
    product_inner_part(&a->call, part, parts);
}

void dense_run_inner(void *arguments, plan_run *run) {
    dense_inner *a = arguments;
    (void)run;
    divide(a->parts, inner_part, a);
}

static void weights_part(void *arguments, size_t part, size_t parts) {
    const dense_weights *a = arguments;
    if (a->spreads) {
        product_pack_part(&a->spread, part, parts);
        if (parts > 1) {
#pragma omp barrier
        }
    }
    product_weights_part(&a->call, part, parts);
}

/* Adam, if it does nothing but what the product can do beside its sums. */
static bool plain_adam(const gradient_target *target, product_adam *out) {
    const optimizer_step *s = &target->step.factors;
    const optimizer_arrays *arrays = &target->step.arrays;
    const mixup_optimizer_kind kind = target->update.optimizer->kind;
    if ((kind != MIXUP_ADAM && kind != MIXUP_ADAMW) || s->gradient_scale != 1 || s->clip_value > 0 ||
        s->coupled_decay != 0 || s->decay_factor != 1 || arrays->average != NULL)
        return false;
    *out = (product_adam){.values = arrays->values,
                          .moment1 = arrays->moment1,
                          .moment2 = arrays->moment2,
                          .beta1 = s->beta1,
                          .beta2 = s->beta2,
                          .step_size = s->step_size,
                          .epsilon = s->epsilon};
    return true;
}

void dense_run_weights(void *arguments, plan_run *run) {
    dense_weights *a = arguments;
    begin_target(&a->target, run);
    const bool beside = a->target.fused && product_has_adam(a->call.layout->kernels);
    a->call.adam = beside && plain_adam(&a->target, &a->adam) ? &a->adam : NULL;
    if (a->target.fused) {
        a->call.ahead[0] = a->target.step.arrays.values;
        a->call.ahead[1] = a->target.step.arrays.moment1;
        a->call.ahead[2] = a->target.step.arrays.moment2;
    }
    divide(a->parts, weights_part, a);
}
