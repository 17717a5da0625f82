/* engine/reference/activation: element by element, and softmax over the last dimension. The backward pass
 * works from the input x, except for softmax, which works from its output. */
#include "engine/reference/kernels.h"

#include <tgmath.h>

typedef struct activation_arguments {
    mixup_activation kind;
    real slope;
    size_t count;   /* values of the batch */
    size_t columns; /* softmax: length of a row */
    const real *input;
    const real *known_output; /* softmax, backward */
    real *output;
    const real *output_gradient;
    real *input_gradient;
} activation_arguments;

static const real sqrt_half = (real)0.70710678118654752440;
static const real inverse_sqrt_two_pi = (real)0.39894228040143267794;

real activation_value(mixup_activation kind, real slope, real x) {
    switch (kind) {
    case MIXUP_RELU:
        return x > 0 ? x : 0;
    case MIXUP_LEAKY_RELU:
        return x > 0 ? x : slope * x;
    case MIXUP_ELU:
        return x > 0 ? x : slope * expm1(x);
    case MIXUP_GELU: /* x Φ(x), Hendrycks & Gimpel 2016 */
        return x * (real)0.5 * (1 + erf(x * sqrt_half));
    case MIXUP_TANH:
        return tanh(x);
    case MIXUP_SIGMOID:
        return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
    case MIXUP_LINEAR:
    case MIXUP_SOFTMAX:
    case MIXUP_ACTIVATION_COUNT:
        break;
    }
    return x;
}

real activation_slope(mixup_activation kind, real slope, real x) {
    switch (kind) {
    case MIXUP_RELU:
        return x > 0 ? 1 : 0;
    case MIXUP_LEAKY_RELU:
        return x > 0 ? 1 : slope;
    case MIXUP_ELU:
        return x > 0 ? 1 : slope * exp(x);
    case MIXUP_GELU: /* Φ(x) + x φ(x) */
        return (real)0.5 * (1 + erf(x * sqrt_half)) + x * inverse_sqrt_two_pi * exp(x * x / -2);
    case MIXUP_TANH: {
        const real y = tanh(x);
        return 1 - y * y;
    }
    case MIXUP_SIGMOID: {
        const real y = activation_value(kind, slope, x);
        return y * (1 - y);
    }
    case MIXUP_LINEAR:
    case MIXUP_SOFTMAX:
    case MIXUP_ACTIVATION_COUNT:
        break;
    }
    return 1;
}

static void run_forward(void *arguments, plan_run *run) {
    const activation_arguments *a = arguments;
    (void)run;
    for (size_t i = 0; i < a->count; i++)
        a->output[i] = activation_value(a->kind, a->slope, a->input[i]);
}

static void run_backward(void *arguments, plan_run *run) {
    const activation_arguments *a = arguments;
    (void)run;
    for (size_t i = 0; i < a->count; i++)
        a->input_gradient[i] = a->output_gradient[i] * activation_slope(a->kind, a->slope, a->input[i]);
}

static void run_softmax_forward(void *arguments, plan_run *run) {
    const activation_arguments *a = arguments;
    (void)run;
    for (size_t row = 0; row < a->count; row += a->columns) {
        real largest = a->input[row];
        for (size_t c = 1; c < a->columns; c++)
            largest = a->input[row + c] > largest ? a->input[row + c] : largest;
        real sum = 0;
        for (size_t c = 0; c < a->columns; c++) {
            a->output[row + c] = exp(a->input[row + c] - largest);
            sum += a->output[row + c];
        }
        for (size_t c = 0; c < a->columns; c++)
            a->output[row + c] /= sum;
    }
}

/* dx_j = y_j (g_j - Σ_c g_c y_c). */
static void run_softmax_backward(void *arguments, plan_run *run) {
    const activation_arguments *a = arguments;
    (void)run;
    for (size_t row = 0; row < a->count; row += a->columns) {
        const real *y = a->known_output + row;
        const real *g = a->output_gradient + row;
        real product = 0;
        for (size_t c = 0; c < a->columns; c++)
            product += g[c] * y[c];
        for (size_t c = 0; c < a->columns; c++)
            a->input_gradient[row + c] = y[c] * (g[c] - product);
    }
}

static activation_arguments *make_arguments(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    const shape *output = &builder_graph(to)->values[described->output].shape;
    activation_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->kind = described->activation;
    a->slope = (real)described->attributes->slope;
    a->count = builder_batch(to) * shape_count(output);
    a->columns = output->sizes[output->rank - 1];
    return a;
}

static mixup_status emit_forward(builder *to, size_t node) {
    activation_arguments *a = make_arguments(to, node);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->output));
    return builder_step(to, a->kind == MIXUP_SOFTMAX ? run_softmax_forward : run_forward, a);
}

/* Those that cost no more than a look at the value. */
static bool is_cheap(mixup_activation kind) {
    return kind == MIXUP_RELU || kind == MIXUP_LEAKY_RELU;
}

mixup_status reference_activation_forward(builder *to, size_t node) {
    size_t output = BUFFER_NONE;
    MIXUP_TRY(emit_forward(to, node));
    if (!is_cheap(builder_node(to, node)->activation) || !builder_may_remake(to))
        return MIXUP_OK;
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(emit_forward(to, node));
    builder_remakes(to, output);
    return MIXUP_OK;
}

mixup_status reference_activation_backward(builder *to, size_t node) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    activation_arguments *a = make_arguments(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    const bool softmax = a->kind == MIXUP_SOFTMAX;
    if (softmax)
        MIXUP_TRY(builder_bind_const(to, builder_known_output(to, node), &a->known_output));
    else
        MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient));
    MIXUP_TRY(builder_bind(to, gradient, &a->input_gradient));
    MIXUP_TRY(builder_step(to, softmax ? run_softmax_backward : run_backward, a));
    return builder_input_gradient_done(to, node, 0, gradient);
}
