/* engine/dnnl/step: the optimiser's update, divided among the threads. It works element by element, so the
 * division does not change a bit. */
#include "engine/dnnl/dnnl_engine.h"

#include <omp.h>

typedef struct update_arguments {
    const mixup_optimizer *optimizer;
    double average_decay;
    parameter_item *item;
    const real *gradient; /* [stored], or NULL */
} update_arguments;

/* Below this many values, waking the other threads costs more than they save. */
enum { PARALLEL_COUNT = 8192 };

static void run_update(void *arguments, plan_run *run) {
    const update_arguments *a = arguments;
    const optimizer_step step =
        optimizer_prepare(a->optimizer, run->learning_rate, run->step, run->gradient_scale, a->average_decay);
    const optimizer_arrays arrays = {
        .values = a->item->arrays[PARAMETER_VALUES],
        .gradient = a->gradient,
        .moment1 = a->item->arrays[PARAMETER_MOMENT1],
        .moment2 = a->item->arrays[PARAMETER_MOMENT2],
        .average = a->average_decay > 0.0 ? a->item->arrays[PARAMETER_AVERAGE] : NULL,
    };
    const size_t unit = MEMORY_ALIGNMENT / sizeof(real);
    const size_t units = (a->item->stored + unit - 1) / unit;
#pragma omp parallel if (a->item->stored >= PARALLEL_COUNT)
    {
        const size_t threads = (size_t)omp_get_num_threads();
        const size_t thread = (size_t)omp_get_thread_num();
        const size_t begin = units * thread / threads * unit;
        const size_t end = thread + 1 == threads ? a->item->stored : units * (thread + 1) / threads * unit;
        if (begin < end)
            optimizer_update(a->optimizer, &step, &arrays, begin, end);
    }
}

mixup_status dnnl_update(builder *to, size_t parameter, size_t gradient) {
    update_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->optimizer = &builder_training(to)->optimizer;
    a->average_decay = builder_training(to)->average_decay;
    a->item = &builder_store(to)->items[parameter];
    if (gradient != BUFFER_NONE)
        MIXUP_TRY(builder_bind_const(to, gradient, &a->gradient));
    return builder_step(to, run_update, a);
}
