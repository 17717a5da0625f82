/* engine/dnnl/step: the optimiser's update, the mix and the reference kernels' steps, divided among the
 * threads. Each element, or each thing that a step makes, is made by one of them, so the division does not
 * change a bit. Small ones have no parallel region, not one with `if`: for a region of one thread libgomp
 * allocates a team every time, and drops the team of all threads that it keeps. */
#include "engine/dnnl/dnnl_engine.h"
#include "engine/update.h"

#include <omp.h>

/* Below this many values, waking the other threads costs more than they save. */
enum { PARALLEL_COUNT = 8192 };

static void run_update(void *arguments, plan_run *run) {
    const update_arguments *a = arguments;
    const size_t stored = a->item->stored;
    const size_t unit = MEMORY_ALIGNMENT / sizeof(real);
    const size_t units = (stored + unit - 1) / unit;
    update_step step;
    update_begin(a, run, &step);
    if (stored < PARALLEL_COUNT || omp_get_max_threads() == 1) {
        update_range(a, &step, 0, stored);
        return;
    }
#pragma omp parallel
    {
        const size_t threads = (size_t)omp_get_num_threads();
        const size_t thread = (size_t)omp_get_thread_num();
        const size_t begin = units * thread / threads * unit;
        const size_t end = thread + 1 == threads ? stored : units * (thread + 1) / threads * unit;
        if (begin < end)
            update_range(a, &step, begin, end);
    }
}

mixup_status dnnl_update(builder *to, size_t parameter, size_t gradient) {
    return update_emit(to, parameter, gradient, run_update);
}

void dnnl_divide(void *step, plan_run *run) {
    const divided_step *a = step;
    if (a->values < PARALLEL_COUNT || omp_get_max_threads() == 1) {
        a->run(a->arguments, run, 0, a->count);
        return;
    }
#pragma omp parallel
    {
        const size_t threads = (size_t)omp_get_num_threads();
        const size_t thread = (size_t)omp_get_thread_num();
        const size_t begin = a->count * thread / threads;
        const size_t end = a->count * (thread + 1) / threads;
        if (begin < end)
            a->run(a->arguments, run, begin, end);
    }
}
