/* engine/dnnl/dense_steps: see dense_steps.h. */
#include "engine/dnnl/dense_steps.h"

#include <string.h>

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

void dense_run_pack(void *arguments, plan_run *run, const team_member *me) {
    const dense_pack *a = arguments;
    if (a->call.take_sums == NULL) {
        product_pack_part(&a->call, me->index, me->size);
        return;
    }
    gradient_target sums = a->sums;
    product_pack call = a->call;
    begin_target(&sums, run);
    call.user = &sums;
    product_pack_part(&call, me->index, me->size);
}

/* ---- products */

void dense_run_outer(void *arguments, plan_run *run, const team_member *me) {
    const product_outer *a = arguments;
    (void)run;
    product_outer_part(a, me->index, me->size);
    if (a->partial == NULL)
        return;
    team_wait(me);
    product_outer_join_part(a, me->index, me->size);
}

void dense_run_inner(void *arguments, plan_run *run, const team_member *me) {
    const product_inner *a = arguments;
    (void)run;
    product_inner_part(a, me->index, me->size);
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

void dense_run_weights(void *arguments, plan_run *run, const team_member *me) {
    const dense_weights *a = arguments;
    gradient_target target = a->target;
    product_weights call = a->call;
    product_adam adam;
    begin_target(&target, run);
    call.user = &target;
    if (target.fused && product_has_adam(call.layout->kernels) && plain_adam(&target, &adam))
        call.adam = &adam;
    if (target.fused) {
        call.ahead[0] = target.step.arrays.values;
        call.ahead[1] = target.step.arrays.moment1;
        call.ahead[2] = target.step.arrays.moment2;
    }
    if (a->spreads) {
        product_pack_part(&a->spread, me->index, me->size);
        team_wait(me);
    }
    product_weights_part(&call, me->index, me->size);
}
