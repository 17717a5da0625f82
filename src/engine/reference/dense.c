/* engine/reference/dense: y = x W^T + b, W [units][features]. */
#include "engine/reference/kernels.h"

typedef struct dense_arguments {
    size_t batch, features, units;
    const real *input;           /* [batch][features] */
    const real *weight;          /* [units][features] */
    const real *bias;            /* [units], or NULL */
    real *output;                /* [batch][units] */
    const real *output_gradient; /* [batch][units] */
    real *input_gradient;        /* [batch][features] */
    real *weight_gradient;       /* [units][features], or NULL */
    real *bias_gradient;         /* [units], or NULL */
} dense_arguments;

static dense_arguments *make_arguments(builder *to, size_t node) {
    dense_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->batch = builder_batch(to);
    a->features = reference_input_width(to, node, 0);
    a->units = reference_output_width(to, node);
    a->weight = builder_parameter(to, node, 0);
    a->bias = builder_node(to, node)->parameter_count > 1 ? builder_parameter(to, node, 1) : NULL;
    return a;
}

static void run_forward(void *arguments, plan_run *run) {
    const dense_arguments *a = arguments;
    (void)run;
    for (size_t n = 0; n < a->batch; n++)
        for (size_t u = 0; u < a->units; u++) {
            real sum = a->bias != NULL ? a->bias[u] : 0;
            for (size_t f = 0; f < a->features; f++)
                sum += a->input[n * a->features + f] * a->weight[u * a->features + f];
            a->output[n * a->units + u] = sum;
        }
}

static void run_input_gradient(void *arguments, plan_run *run) {
    const dense_arguments *a = arguments;
    (void)run;
    for (size_t n = 0; n < a->batch; n++) {
        real *row = a->input_gradient + n * a->features;
        for (size_t f = 0; f < a->features; f++)
            row[f] = 0;
        for (size_t u = 0; u < a->units; u++) {
            const real g = a->output_gradient[n * a->units + u];
            for (size_t f = 0; f < a->features; f++)
                row[f] += g * a->weight[u * a->features + f];
        }
    }
}

static void run_parameter_gradients(void *arguments, plan_run *run) {
    const dense_arguments *a = arguments;
    (void)run;
    for (size_t u = 0; a->bias_gradient != NULL && u < a->units; u++) {
        real sum = 0;
        for (size_t n = 0; n < a->batch; n++)
            sum += a->output_gradient[n * a->units + u];
        a->bias_gradient[u] = sum;
    }
    for (size_t u = 0; a->weight_gradient != NULL && u < a->units; u++) {
        real *row = a->weight_gradient + u * a->features;
        for (size_t f = 0; f < a->features; f++)
            row[f] = 0;
        for (size_t n = 0; n < a->batch; n++) {
            const real g = a->output_gradient[n * a->units + u];
            for (size_t f = 0; f < a->features; f++)
                row[f] += g * a->input[n * a->features + f];
        }
    }
}

mixup_status reference_dense_forward(builder *to, size_t node) {
    dense_arguments *a = make_arguments(to, node);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->output));
    return builder_step(to, run_forward, a);
}

static mixup_status emit_input_gradient(builder *to, size_t node) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    dense_arguments *a = make_arguments(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient));
    MIXUP_TRY(builder_bind(to, gradient, &a->input_gradient));
    MIXUP_TRY(builder_step(to, run_input_gradient, a));
    return builder_input_gradient_done(to, node, 0, gradient);
}

mixup_status reference_dense_backward(builder *to, size_t node) {
    MIXUP_TRY(emit_input_gradient(to, node)); /* reads the weight: before its update */
    dense_arguments *a = make_arguments(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    real **slots[2] = {&a->weight_gradient, &a->bias_gradient};
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient));
    return reference_emit_parameter_gradients(to, node, 0, slots, run_parameter_gradients, a);
}
