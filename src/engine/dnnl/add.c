/* engine/dnnl/add: sums of states in one layout, that of the first input. */
#include "base/vectorize.h"
#include "engine/dnnl/dnnl_engine.h"
#include "tensor/bf16.h"

/* ---- sums of two */

typedef struct sum_arguments {
    size_t count; /* values, of whatever type */
    const real *a, *b;
    real *sum;
} sum_arguments;

static void run_sum(void *arguments, plan_run *run, size_t begin, size_t end) {
    const sum_arguments *s = arguments;
    (void)run;
#pragma omp simd
    for (size_t i = begin; i < end; i++)
        s->sum[i] = s->a[i] + s->b[i];
}

static VECTORIZED void add_bf16(size_t begin, size_t end, const bf16 *a, const bf16 *b, bf16 *sum) {
    for (size_t i = begin; i < end; i++)
        sum[i] = bf16_from_float(bf16_to_float(a[i]) + bf16_to_float(b[i]));
}

static void run_sum_bf16(void *arguments, plan_run *run, size_t begin, size_t end) {
    const sum_arguments *s = arguments;
    const void *a = s->a;
    const void *b = s->b;
    void *sum = s->sum;
    (void)run;
    add_bf16(begin, end, a, b, sum);
}

mixup_status dnnl_emit_sum(builder *to, const dnnl_memory_desc_t *layout, size_t a, size_t b, size_t sum) {
    const bool halves = dnnl_is_bf16(layout);
    sum_arguments *s = builder_arguments(to, sizeof *s);
    if (s == NULL)
        return MIXUP_ERROR_MEMORY;
    s->count = halves ? dnnl_memory_desc_get_size(layout) / sizeof(bf16) : builder_count(to, a);
    MIXUP_TRY(builder_bind_const(to, a, &s->a));
    MIXUP_TRY(builder_bind_const(to, b, &s->b));
    MIXUP_TRY(builder_bind(to, sum, &s->sum));
    return builder_divided_step(to, halves ? run_sum_bf16 : run_sum, s, s->count, s->count);
}

/* ---- the layer */

mixup_status dnnl_add_forward(builder *to, size_t node) {
    const shape *sample = dnnl_output_shape(to, node);
    size_t inputs[GRAPH_MAX_INPUTS] = {0};
    size_t output = BUFFER_NONE;
    dnnl_memory_desc_t layout;
    MIXUP_TRY(dnnl_state(to, builder_input(to, node, 0), sample, &layout));
    const size_t count = builder_node(to, node)->input_count;
    for (size_t i = 0; i < count; i++)
        MIXUP_TRY(dnnl_convert(to, builder_input(to, node, i), sample, &layout, &inputs[i]));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(dnnl_set_state(to, output, sample, &layout));
    MIXUP_TRY(dnnl_emit_sum(to, &layout, inputs[0], inputs[1], output));
    for (size_t i = 2; i < count; i++)
        MIXUP_TRY(dnnl_emit_sum(to, &layout, output, inputs[i], output));
    return MIXUP_OK;
}

typedef struct copy_arguments {
    size_t count;
    const real *from;
    real *to;
} copy_arguments;

static void run_copy(void *arguments, plan_run *run, size_t begin, size_t end) {
    const copy_arguments *a = arguments;
    (void)run;
#pragma omp simd
    for (size_t i = begin; i < end; i++)
        a->to[i] = a->from[i];
}

static mixup_status emit_copy(builder *to, size_t from, size_t into) {
    copy_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->count = builder_count(to, from);
    MIXUP_TRY(builder_bind_const(to, from, &a->from));
    MIXUP_TRY(builder_bind(to, into, &a->to));
    return builder_divided_step(to, run_copy, a, a->count, a->count);
}

mixup_status dnnl_add_backward(builder *to, size_t node) {
    const size_t output_gradient = builder_output_gradient(to, node);
    dnnl_memory_desc_t layout;
    MIXUP_TRY(dnnl_state(to, output_gradient, dnnl_output_shape(to, node), &layout));
    for (size_t i = 0; i < builder_node(to, node)->input_count; i++) {
        size_t gradient = BUFFER_NONE;
        if (builder_share_gradient(to, node, i))
            continue;
        MIXUP_TRY(builder_input_gradient(to, node, i, &gradient));
        if (gradient == BUFFER_NONE)
            continue;
        MIXUP_TRY(dnnl_set_state(to, gradient, dnnl_output_shape(to, node), &layout));
        MIXUP_TRY(emit_copy(to, output_gradient, gradient));
        MIXUP_TRY(builder_input_gradient_done(to, node, i, gradient));
    }
    return MIXUP_OK;
}
