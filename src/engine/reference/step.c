/* engine/reference/step: what a plan does besides ops: mix, gradient of the mix, accumulate, update. */
#include "engine/reference/kernels.h"
#include "engine/update.h"

#include "mix/mix.h"

typedef struct mix_arguments {
    size_t width;
    const real *from; /* [batch][width] */
    real *to;         /* [batch][width] */
} mix_arguments;

static void run_mix(void *arguments, plan_run *run) {
    const mix_arguments *a = arguments;
    mix_states(run->draw, a->width, a->from, a->to);
}

static void run_mix_gradient(void *arguments, plan_run *run) {
    const mix_arguments *a = arguments;
    mix_gradient(run->draw, a->width, a->from, a->to);
}

static mixup_status emit(builder *to, size_t from, size_t into, size_t width, step_function run) {
    mix_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->width = width;
    MIXUP_TRY(builder_bind_const(to, from, &a->from));
    MIXUP_TRY(builder_bind(to, into, &a->to));
    return builder_step(to, run, a);
}

mixup_status reference_mix(builder *to, size_t from, size_t mixed, size_t width) {
    return emit(to, from, mixed, width, run_mix);
}

mixup_status reference_mix_gradient(builder *to, size_t mixed_gradient, size_t gradient, size_t width) {
    return emit(to, mixed_gradient, gradient, width, run_mix_gradient);
}

static void run_accumulate(void *arguments, plan_run *run) {
    const mix_arguments *a = arguments;
    (void)run;
    for (size_t i = 0; i < a->width; i++)
        a->to[i] += a->from[i];
}

mixup_status reference_accumulate(builder *to, size_t from, size_t sum) {
    return emit(to, from, sum, builder_count(to, from), run_accumulate);
}

static void run_update(void *arguments, plan_run *run) {
    const update_arguments *a = arguments;
    update_step step;
    update_begin(a, run, &step);
    update_range(a, &step, 0, a->item->stored);
}

mixup_status reference_update(builder *to, size_t parameter, size_t gradient) {
    return update_emit(to, parameter, gradient, run_update);
}
