/* engine/update: see update.h. */
#include "engine/update.h"

void update_prepare(const builder *to, size_t parameter, update_arguments *out) {
    *out = (update_arguments){.optimizer = &builder_training(to)->optimizer,
                              .average_decay = builder_training(to)->average_decay,
                              .item = &builder_store(to)->items[parameter]};
}

mixup_status update_emit(builder *to, size_t parameter, size_t gradient, step_function run) {
    update_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    update_prepare(to, parameter, a);
    if (gradient != BUFFER_NONE)
        MIXUP_TRY(builder_bind_const(to, gradient, &a->gradient));
    return builder_step(to, run, a);
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

void update_range(const update_arguments *a, const update_step *step, size_t begin, size_t end) {
    optimizer_update(a->optimizer, &step->factors, &step->arrays, begin, end);
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
