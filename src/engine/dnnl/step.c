/* engine/dnnl/step: the optimiser's update, the mix, sums and the reference kernels' steps, divided among the
 * threads. Each element, or each thing that a step makes, is made by one of them, so the division does not
 * change a bit. Small ones have no parallel region, not one with `if`: for a region of one thread libgomp
 * allocates a team every time, and drops the team of all threads that it keeps. */
#include "engine/dnnl/dnnl_engine.h"
#include "engine/update.h"

#include <omp.h>

/* Below this many values, waking the other threads costs more than they save. */
enum { PARALLEL_COUNT = 8192 };

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

enum { UNIT = MEMORY_ALIGNMENT / sizeof(real) }; /* values that stay with one thread: a cache line's */

typedef struct update_work {
    const update_arguments *of;
    update_step step;
} update_work;

/* Units begin to end - 1. */
static void update_units(void *arguments, plan_run *run, size_t begin, size_t end) {
    const update_work *work = arguments;
    const size_t stored = work->of->item->stored;
    (void)run;
    update_range(work->of, &work->step, begin * UNIT, end * UNIT < stored ? end * UNIT : stored);
}

static void run_update(void *arguments, plan_run *run) {
    update_work work = {.of = arguments};
    const size_t stored = work.of->item->stored;
    update_begin(work.of, run, &work.step);
    dnnl_divide(&(divided_step){update_units, &work, (stored + UNIT - 1) / UNIT, stored}, run);
}

mixup_status dnnl_update(builder *to, size_t parameter, size_t gradient) {
    return update_emit(to, parameter, gradient, run_update);
}
