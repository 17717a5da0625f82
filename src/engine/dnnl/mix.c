/* engine/dnnl/mix: the mix of states and its gradient, samples divided among the threads. Each sample is
 * written by one thread, with the arithmetic of src/mix, so the division does not change a bit. Small states
 * have no parallel region, not one with `if`: for a region of one thread libgomp allocates a team every time,
 * and drops the team of all threads that it keeps. */
#include "engine/dnnl/dnnl_engine.h"

#include <omp.h>

/* Below this many values, waking the other threads costs more than they save. */
enum { PARALLEL_COUNT = 65536 };

typedef struct mix_arguments {
    mix_layout layout;
    bool parallel;
    uint32_t *inverse; /* [batch]; the gradient only */
    const real *from;  /* [batch][..layout], of whatever values that says */
    real *to;          /* likewise */
} mix_arguments;

static void run_mix(void *arguments, plan_run *run) {
    const mix_arguments *a = arguments;
    const mixup_batch_draw *draw = run->draw;
    if (a->parallel) {
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < draw->batch; i++)
            mix_sample(draw, &a->layout, i, a->from, a->to);
    } else {
        for (size_t i = 0; i < draw->batch; i++)
            mix_sample(draw, &a->layout, i, a->from, a->to);
    }
}

static void run_mix_gradient(void *arguments, plan_run *run) {
    const mix_arguments *a = arguments;
    const mixup_batch_draw *draw = run->draw;
    mix_invert(draw, a->inverse);
    if (a->parallel) {
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < draw->batch; i++)
            mix_sample_gradient(draw, &a->layout, a->inverse, i, a->from, a->to);
    } else {
        for (size_t i = 0; i < draw->batch; i++)
            mix_sample_gradient(draw, &a->layout, a->inverse, i, a->from, a->to);
    }
}

static mixup_status prepare(builder *to, size_t from, size_t into, const mix_layout *layout,
                            mix_arguments **out) {
    mix_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->layout = *layout;
    a->parallel = omp_get_max_threads() > 1 && builder_count(to, from) >= PARALLEL_COUNT;
    MIXUP_TRY(builder_bind_const(to, from, &a->from));
    MIXUP_TRY(builder_bind(to, into, &a->to));
    *out = a;
    return MIXUP_OK;
}

mixup_status dnnl_mix(builder *to, size_t from, size_t mixed, const mix_layout *layout) {
    mix_arguments *a = NULL;
    MIXUP_TRY(prepare(to, from, mixed, layout, &a));
    return builder_step(to, run_mix, a);
}

mixup_status dnnl_mix_gradient(builder *to, size_t mixed_gradient, size_t gradient,
                               const mix_layout *layout) {
    mix_arguments *a = NULL;
    MIXUP_TRY(prepare(to, mixed_gradient, gradient, layout, &a));
    a->inverse = builder_arguments(to, builder_batch(to) * sizeof *a->inverse);
    if (a->inverse == NULL)
        return MIXUP_ERROR_MEMORY;
    return builder_step(to, run_mix_gradient, a);
}
