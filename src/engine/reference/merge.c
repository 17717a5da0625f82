/* engine/reference/merge: add, multiply, concat. */
#include "engine/reference/kernels.h"

#include <assert.h>

typedef struct merge_arguments {
    size_t count; /* values of a batch of the output */
    size_t input_count;
    const real *inputs[GRAPH_MAX_INPUTS];
    size_t spread[GRAPH_MAX_INPUTS]; /* multiply: values of the output for each of the input */
    real *output;
    const real *output_gradient;
    real *input_gradient;
    size_t which; /* multiply, backward: the input whose gradient this is */
} merge_arguments;

static void run_add(void *arguments, plan_run *run, size_t begin, size_t end) {
    const merge_arguments *a = arguments;
    (void)run;
    for (size_t i = begin; i < end; i++) {
        real sum = a->inputs[0][i];
        for (size_t k = 1; k < a->input_count; k++)
            sum += a->inputs[k][i];
        a->output[i] = sum;
    }
}

static void run_add_backward(void *arguments, plan_run *run, size_t begin, size_t end) {
    const merge_arguments *a = arguments;
    (void)run;
    for (size_t i = begin; i < end; i++)
        a->input_gradient[i] = a->output_gradient[i];
}

/* Value i of the output is made of value i / spread[k] of input k: spread is 1, or the number of positions
 * where the input has one value a channel. */
static void run_multiply(void *arguments, plan_run *run, size_t begin, size_t end) {
    const merge_arguments *a = arguments;
    (void)run;
    for (size_t i = begin; i < end; i++) {
        real product = a->inputs[0][i / a->spread[0]];
        for (size_t k = 1; k < a->input_count; k++)
            product *= a->inputs[k][i / a->spread[k]];
        a->output[i] = product;
    }
}

static void run_multiply_backward(void *arguments, plan_run *run, size_t begin, size_t end) {
    const merge_arguments *a = arguments;
    const size_t spread = a->spread[a->which];
    (void)run;
    assert(spread > 0);
    for (size_t first = begin * spread; first < end * spread; first += spread) {
        double sum = 0.0;
        for (size_t i = first; i < first + spread; i++) {
            real product = a->output_gradient[i];
            for (size_t k = 0; k < a->input_count; k++)
                if (k != a->which)
                    product *= a->inputs[k][i / a->spread[k]];
            sum += (double)product;
        }
        a->input_gradient[first / spread] = (real)sum;
    }
}

static merge_arguments *make_arguments(builder *to, size_t node, bool with_inputs) {
    const graph_node *described = builder_node(to, node);
    merge_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->count = builder_batch(to) * reference_output_width(to, node);
    a->input_count = described->input_count;
    for (size_t i = 0; i < a->input_count; i++)
        a->spread[i] = reference_output_width(to, node) / reference_input_width(to, node, i);
    for (size_t i = 0; with_inputs && i < a->input_count; i++)
        if (builder_bind_const(to, builder_input(to, node, i), &a->inputs[i]) != MIXUP_OK)
            return NULL;
    return a;
}

static mixup_status emit_forward(builder *to, size_t node, divided_function run) {
    merge_arguments *a = make_arguments(to, node, true);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->output));
    return builder_divided_step(to, run, a, a->count, a->count);
}

static mixup_status emit_backward(builder *to, size_t node, bool with_inputs, divided_function run) {
    for (size_t i = 0; i < builder_node(to, node)->input_count; i++) {
        size_t gradient = BUFFER_NONE;
        MIXUP_TRY(builder_input_gradient(to, node, i, &gradient));
        if (gradient == BUFFER_NONE)
            continue;
        merge_arguments *a = make_arguments(to, node, with_inputs);
        if (a == NULL)
            return MIXUP_ERROR_MEMORY;
        a->which = i;
        MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient));
        MIXUP_TRY(builder_bind(to, gradient, &a->input_gradient));
        MIXUP_TRY(builder_divided_step(to, run, a, a->count / a->spread[i], a->count));
        MIXUP_TRY(builder_input_gradient_done(to, node, i, gradient));
    }
    return MIXUP_OK;
}

mixup_status reference_add_forward(builder *to, size_t node) {
    return emit_forward(to, node, run_add);
}

mixup_status reference_add_backward(builder *to, size_t node) {
    return emit_backward(to, node, false, run_add_backward);
}

mixup_status reference_multiply_forward(builder *to, size_t node) {
    return emit_forward(to, node, run_multiply);
}

mixup_status reference_multiply_backward(builder *to, size_t node) {
    return emit_backward(to, node, true, run_multiply_backward);
}

/* ---- concat: rows of the inputs side by side; as the first dimension is the slowest of a sample, each input
 * is one run of values in a row of the output */

typedef struct concat_arguments {
    size_t batch, width; /* of the output row */
    size_t offset, part; /* of this input in it */
    const real *from;
    real *to;
} concat_arguments;

static void run_concat(void *arguments, plan_run *run, size_t begin, size_t end) {
    const concat_arguments *a = arguments;
    (void)run;
    for (size_t n = begin; n < end; n++)
        for (size_t i = 0; i < a->part; i++)
            a->to[n * a->width + a->offset + i] = a->from[n * a->part + i];
}

static void run_concat_backward(void *arguments, plan_run *run, size_t begin, size_t end) {
    const concat_arguments *a = arguments;
    (void)run;
    for (size_t n = begin; n < end; n++)
        for (size_t i = 0; i < a->part; i++)
            a->to[n * a->part + i] = a->from[n * a->width + a->offset + i];
}

static concat_arguments *make_concat(builder *to, size_t node, size_t i) {
    concat_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->batch = builder_batch(to);
    a->width = reference_output_width(to, node);
    a->part = reference_input_width(to, node, i);
    for (size_t k = 0; k < i; k++)
        a->offset += reference_input_width(to, node, k);
    return a;
}

mixup_status reference_concat_forward(builder *to, size_t node) {
    size_t output = BUFFER_NONE;
    MIXUP_TRY(builder_output(to, node, &output));
    for (size_t i = 0; i < builder_node(to, node)->input_count; i++) {
        concat_arguments *a = make_concat(to, node, i);
        if (a == NULL)
            return MIXUP_ERROR_MEMORY;
        MIXUP_TRY(builder_bind_const(to, builder_input(to, node, i), &a->from));
        MIXUP_TRY(builder_bind(to, output, &a->to));
        MIXUP_TRY(builder_divided_step(to, run_concat, a, a->batch, a->batch * a->part));
    }
    return MIXUP_OK;
}

mixup_status reference_concat_backward(builder *to, size_t node) {
    for (size_t i = 0; i < builder_node(to, node)->input_count; i++) {
        size_t gradient = BUFFER_NONE;
        MIXUP_TRY(builder_input_gradient(to, node, i, &gradient));
        if (gradient == BUFFER_NONE)
            continue;
        concat_arguments *a = make_concat(to, node, i);
        if (a == NULL)
            return MIXUP_ERROR_MEMORY;
        MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->from));
        MIXUP_TRY(builder_bind(to, gradient, &a->to));
        MIXUP_TRY(builder_divided_step(to, run_concat_backward, a, a->batch, a->batch * a->part));
        MIXUP_TRY(builder_input_gradient_done(to, node, i, gradient));
    }
    return MIXUP_OK;
}
