/* engine/dnnl/add: sums of states in one layout, that of the first input. */
#include "engine/dnnl/dnnl_engine.h"

typedef struct add_arguments {
    size_t count, input_count;
    const real *inputs[GRAPH_MAX_INPUTS]; /* [count] each */
    real *output;
} add_arguments;

static void run_add(void *arguments, plan_run *run) {
    const add_arguments *a = arguments;
    (void)run;
#pragma omp parallel for simd schedule(static) if (a->count >= 65536)
    for (size_t i = 0; i < a->count; i++)
        a->output[i] = a->inputs[0][i] + a->inputs[1][i];
    for (size_t k = 2; k < a->input_count; k++) {
        const real *more = a->inputs[k];
#pragma omp parallel for simd schedule(static) if (a->count >= 65536)
        for (size_t i = 0; i < a->count; i++)
            a->output[i] += more[i];
    }
}

static void run_copy(void *arguments, plan_run *run) {
    const add_arguments *a = arguments;
    (void)run;
#pragma omp parallel for simd schedule(static) if (a->count >= 65536)
    for (size_t i = 0; i < a->count; i++)
        a->output[i] = a->inputs[0][i];
}

/* An argument block that writes `output` in the layout of `like`. */
static mixup_status prepare(builder *to, size_t node, size_t like, size_t output,
                            const dnnl_memory_desc_t *layout, add_arguments **out) {
    add_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->count = builder_count(to, like);
    MIXUP_TRY(dnnl_set_state(to, output, dnnl_output_shape(to, node), layout));
    MIXUP_TRY(builder_bind(to, output, &a->output));
    *out = a;
    return MIXUP_OK;
}

mixup_status dnnl_add_forward(builder *to, size_t node) {
    const shape *sample = dnnl_output_shape(to, node);
    const size_t first = builder_input(to, node, 0);
    size_t inputs[GRAPH_MAX_INPUTS];
    size_t output = BUFFER_NONE;
    dnnl_memory_desc_t layout;
    add_arguments *a = NULL;
    MIXUP_TRY(dnnl_state(to, first, sample, &layout));
    const size_t count = builder_node(to, node)->input_count;
    for (size_t i = 0; i < count; i++)
        MIXUP_TRY(dnnl_convert(to, builder_input(to, node, i), sample, &layout, &inputs[i]));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(prepare(to, node, first, output, &layout, &a));
    a->input_count = count;
    for (size_t i = 0; i < count; i++)
        MIXUP_TRY(builder_bind_const(to, inputs[i], &a->inputs[i]));
    return builder_step(to, run_add, a);
}

mixup_status dnnl_add_backward(builder *to, size_t node) {
    const size_t output_gradient = builder_output_gradient(to, node);
    dnnl_memory_desc_t layout;
    MIXUP_TRY(dnnl_state(to, output_gradient, dnnl_output_shape(to, node), &layout));
    for (size_t i = 0; i < builder_node(to, node)->input_count; i++) {
        size_t gradient = BUFFER_NONE;
        add_arguments *a = NULL;
        if (builder_share_gradient(to, node, i))
            continue;
        MIXUP_TRY(builder_input_gradient(to, node, i, &gradient));
        if (gradient == BUFFER_NONE)
            continue;
        MIXUP_TRY(prepare(to, node, output_gradient, gradient, &layout, &a));
        MIXUP_TRY(builder_bind_const(to, output_gradient, &a->inputs[0]));
        MIXUP_TRY(builder_step(to, run_copy, a));
        MIXUP_TRY(builder_input_gradient_done(to, node, i, gradient));
    }
    return MIXUP_OK;
}
