/* engine/update: see update.h. */
#include "engine/update.h"

mixup_status update_emit(builder *to, size_t parameter, size_t gradient, step_function run) {
    update_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->optimizer = &builder_training(to)->optimizer;
    a->average_decay = builder_training(to)->average_decay;
    a->item = &builder_store(to)->items[parameter];
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
