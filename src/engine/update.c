/* engine/update: see update.h. */
#include "engine/update.h"

void update_prepare(const builder *to, size_t parameter, update_arguments *out) {
    *out = (update_arguments){.optimizer = &builder_training(to)->optimizer,
                              .average_decay = builder_training(to)->average_decay,
                              .item = &builder_store(to)->items[parameter]};
}

enum { UNIT = MEMORY_ALIGNMENT / sizeof(real) }; /* values that stay with one thread: a cache line's */

/* Each value by one thread, so the division does not change a bit. */
static void run_update(void *arguments, plan_run *run, size_t begin, size_t end) {
    const update_arguments *a = arguments;
    const size_t stored = a->item->stored;
    update_step step;
    update_begin(a, run, &step);
    optimizer_update(a->optimizer, &step.factors, &step.arrays, begin * UNIT,
                     end * UNIT < stored ? end * UNIT : stored);
}

mixup_status update_emit(builder *to, size_t parameter, size_t gradient) {
    update_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    update_prepare(to, parameter, a);
    if (gradient != BUFFER_NONE)
        MIXUP_TRY(builder_bind_const(to, gradient, &a->gradient));
    const size_t stored = a->item->stored;
    return builder_divided_step(to, run_update, a, (stored + UNIT - 1) / UNIT, stored);
}

void update_begin(const update_arguments *a, const plan_run *run, update_step *out) {
    out->factors =
        optimizer_prepare(a->optimizer, run->learning_rate, run->step, run->gradient_scale, a->average_decay);
    out->arrays = (optimizer_arrays){
        .values = a->item->arrays[PARAMETER_VALUES],
        .gradient = a->gradient,
        .moment1 = a->item->arrays[PARAMETER_MOMENT1],
        .moment2 = a->item->arrays[PARAMETER_MOMENT2],
        .average = a->average_decay > 0.0 ? a->item->arrays[PARAMETER_AVERAGE] : NULL,
    };
}

static real *from(real *array, size_t at) {
    return array != NULL ? array + at : NULL;
}

void update_piece(const update_arguments *a, const update_step *step, size_t at, size_t count,
                  const real *gradient) {
    const optimizer_arrays piece = {.values = step->arrays.values + at,
                                    .gradient = gradient,
                                    .moment1 = from(step->arrays.moment1, at),
                                    .moment2 = from(step->arrays.moment2, at),
                                    .average = from(step->arrays.average, at)};
    optimizer_update(a->optimizer, &step->factors, &piece, 0, count);
}
