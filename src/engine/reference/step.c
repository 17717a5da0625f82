/* engine/reference/step: what a plan does besides ops and mixing: accumulate. */
#include "engine/reference/kernels.h"

typedef struct accumulate_arguments {
    size_t count;
    const real *from; /* [count] */
    real *sum;        /* [count] */
} accumulate_arguments;

static void run_accumulate(void *arguments, plan_run *run) {
    const accumulate_arguments *a = arguments;
    (void)run;
    for (size_t i = 0; i < a->count; i++)
        a->sum[i] += a->from[i];
}

mixup_status reference_accumulate(builder *to, size_t from, size_t sum) {
    accumulate_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->count = builder_count(to, from);
    MIXUP_TRY(builder_bind_const(to, from, &a->from));
    MIXUP_TRY(builder_bind(to, sum, &a->sum));
    return builder_step(to, run_accumulate, a);
}
