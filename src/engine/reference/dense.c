/* engine/reference/dense: y = x W^T + b, W [units][features]. Sums run in double: as the oracle, this engine
 * should owe its roundings to what it stores alone. */
#include "engine/reference/kernels.h"

#include "base/vectorize.h"

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

/* Σ x_i y_i, in as many sums as a vector has lanes. */
VECTORIZED
static double product(const real *x, const real *y, size_t count) {
    enum { LANES = 8 };
    double sums[LANES] = {0.0};
    double sum = 0.0;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            sums[l] += (double)x[i + l] * (double)y[i + l];
    for (; i < count; i++)
        sum += (double)x[i] * (double)y[i];
    for (size_t l = 0; l < LANES; l++)
        sum += sums[l];
    return sum;
}

/* to = Σ_k factors[k × stride] × rows[k], where rows is [count][width] and to [width]. */
VECTORIZED
static void weighted_sum(const real *factors, size_t stride, size_t count, const real *rows, size_t width,
                         real *to) {
    enum { PART = 256 }; /* columns at a time, so that their sums stay in cache */
    for (size_t start = 0; start < width; start += PART) {
        const size_t columns = width - start < PART ? width - start : PART;
        double sums[PART] = {0.0};
        for (size_t k = 0; k < count; k++) {
            const double factor = (double)factors[k * stride];
            const real *row = rows + k * width + start;
            for (size_t f = 0; f < columns; f++)
                sums[f] += factor * (double)row[f];
        }
        for (size_t f = 0; f < columns; f++)
            to[start + f] = (real)sums[f];
    }
}

static void run_forward(void *arguments, plan_run *run) {
    const dense_arguments *a = arguments;
    (void)run;
    for (size_t n = 0; n < a->batch; n++)
        for (size_t u = 0; u < a->units; u++) {
            const double bias = a->bias != NULL ? (double)a->bias[u] : 0.0;
            const real *input = a->input + n * a->features;
            const real *weight = a->weight + u * a->features;
            a->output[n * a->units + u] = (real)(bias + product(input, weight, a->features));
        }
}

static void run_input_gradient(void *arguments, plan_run *run) {
    const dense_arguments *a = arguments;
    (void)run;
    for (size_t n = 0; n < a->batch; n++)
        weighted_sum(a->output_gradient + n * a->units, 1, a->units, a->weight, a->features,
                     a->input_gradient + n * a->features);
}

static void run_parameter_gradients(void *arguments, plan_run *run) {
    const dense_arguments *a = arguments;
    (void)run;
    for (size_t u = 0; a->bias_gradient != NULL && u < a->units; u++) {
        double sum = 0.0;
        for (size_t n = 0; n < a->batch; n++)
            sum += (double)a->output_gradient[n * a->units + u];
        a->bias_gradient[u] = (real)sum;
    }
    for (size_t u = 0; a->weight_gradient != NULL && u < a->units; u++)
        weighted_sum(a->output_gradient + u, a->units, a->batch, a->input, a->features,
                     a->weight_gradient + u * a->features);
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
