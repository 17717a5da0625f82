/* engine/reference/norm: batch norm over features (Ioffe & Szegedy 2015) and layer norm (Ba et al. 2016).
 *
 * Both see their input as groups of values that share mean and variance: batch norm's group is a column of
 * the batch, layer norm's a row. y = (x - mean) / sqrt(var + ε) · scale + shift, var the biased variance. */
#include "engine/reference/kernels.h"

#include <tgmath.h>

typedef struct norm_arguments {
    size_t groups, members; /* value m of group g is at g × group_stride + m × member_stride */
    size_t group_stride, member_stride;
    bool per_member;  /* scale and shift belong to members (layer norm), not to groups (batch norm) */
    bool use_running; /* prediction with batch norm */
    real epsilon, momentum;
    const real *input;
    const real *scale, *shift;        /* NULL: ones, zeros */
    real *running_mean, *running_var; /* batch norm: [groups] */
    real *mean, *inverse;             /* [groups] mean and 1 / sqrt(var + ε), for the backward pass */
    real *output;
    const real *output_gradient;
    real *input_gradient;                  /* or NULL */
    real *scale_gradient, *shift_gradient; /* or NULL */
} norm_arguments;

static void group_statistics(const norm_arguments *a, size_t g) {
    if (a->use_running) {
        a->mean[g] = a->running_mean[g];
        a->inverse[g] = 1 / sqrt(a->running_var[g] + a->epsilon);
        return;
    }
    const real *x = a->input + g * a->group_stride;
    double sum = 0.0;
    for (size_t m = 0; m < a->members; m++)
        sum += (double)x[m * a->member_stride];
    const double mean = sum / (double)a->members;
    double square = 0.0;
    for (size_t m = 0; m < a->members; m++) {
        const double difference = (double)x[m * a->member_stride] - mean;
        square += difference * difference;
    }
    const double variance = square / (double)a->members;
    a->mean[g] = (real)mean;
    a->inverse[g] = (real)(1.0 / sqrt(variance + (double)a->epsilon));
    if (a->running_mean != NULL) { /* the running variance is the unbiased one */
        const double unbiased = square / (double)(a->members - 1);
        a->running_mean[g] += a->momentum * ((real)mean - a->running_mean[g]);
        a->running_var[g] += a->momentum * ((real)unbiased - a->running_var[g]);
    }
}

static real scale_of(const norm_arguments *a, size_t g, size_t m) {
    return a->scale != NULL ? a->scale[a->per_member ? m : g] : 1;
}

static void run_forward(void *arguments, plan_run *run) {
    const norm_arguments *a = arguments;
    (void)run;
    for (size_t g = 0; g < a->groups; g++) {
        group_statistics(a, g);
        for (size_t m = 0; m < a->members; m++) {
            const size_t at = g * a->group_stride + m * a->member_stride;
            const real normal = (a->input[at] - a->mean[g]) * a->inverse[g];
            const real shift = a->shift != NULL ? a->shift[a->per_member ? m : g] : 0;
            a->output[at] = normal * scale_of(a, g, m) + shift;
        }
    }
}

/* With u = g · scale and x̂ the normalised input: dx = (u - mean(u) - x̂ mean(u x̂)) / sqrt(var + ε). */
static void run_input_gradient(void *arguments, plan_run *run) {
    const norm_arguments *a = arguments;
    (void)run;
    for (size_t g = 0; g < a->groups; g++) {
        double sum = 0.0;
        double product = 0.0;
        for (size_t m = 0; m < a->members; m++) {
            const size_t at = g * a->group_stride + m * a->member_stride;
            const double u = (double)(a->output_gradient[at] * scale_of(a, g, m));
            sum += u;
            product += u * (double)((a->input[at] - a->mean[g]) * a->inverse[g]);
        }
        const real mean_u = (real)(sum / (double)a->members);
        const real mean_product = (real)(product / (double)a->members);
        for (size_t m = 0; m < a->members; m++) {
            const size_t at = g * a->group_stride + m * a->member_stride;
            const real normal = (a->input[at] - a->mean[g]) * a->inverse[g];
            a->input_gradient[at] =
                a->inverse[g] * (a->output_gradient[at] * scale_of(a, g, m) - mean_u - normal * mean_product);
        }
    }
}

static void run_parameter_gradients(void *arguments, plan_run *run) {
    const norm_arguments *a = arguments;
    (void)run;
    const size_t count = a->per_member ? a->members : a->groups;
    for (size_t i = 0; i < count; i++) {
        double scale = 0.0;
        double shift = 0.0;
        const size_t others = a->per_member ? a->groups : a->members;
        for (size_t k = 0; k < others; k++) {
            const size_t g = a->per_member ? k : i;
            const size_t at = g * a->group_stride + (a->per_member ? i : k) * a->member_stride;
            const double gradient = (double)a->output_gradient[at];
            scale += gradient * (double)((a->input[at] - a->mean[g]) * a->inverse[g]);
            shift += gradient;
        }
        if (a->scale_gradient != NULL)
            a->scale_gradient[i] = (real)scale;
        if (a->shift_gradient != NULL)
            a->shift_gradient[i] = (real)shift;
    }
}

static norm_arguments *make_arguments(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    const bool batch_norm = described->op == MIXUP_BATCH_NORM;
    const size_t width = reference_output_width(to, node);
    norm_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->groups = batch_norm ? width : builder_batch(to);
    a->members = batch_norm ? builder_batch(to) : width;
    a->group_stride = batch_norm ? 1 : width;
    a->member_stride = batch_norm ? width : 1;
    a->per_member = !batch_norm;
    a->epsilon = (real)described->attributes->epsilon;
    a->momentum = (real)described->attributes->momentum;
    const size_t first = batch_norm ? 2 : 0; /* behind the running statistics */
    if (described->parameter_count > first) {
        a->scale = builder_parameter(to, node, first);
        a->shift = builder_parameter(to, node, first + 1);
    }
    if (batch_norm) {
        a->use_running = !builder_trains(to);
        a->running_mean = builder_parameter(to, node, 0);
        a->running_var = builder_parameter(to, node, 1);
    }
    return a;
}

/* Binds mean and inverse, which the forward pass keeps for the backward pass. */
static mixup_status bind_statistics(builder *to, size_t node, norm_arguments *a) {
    size_t mean = BUFFER_NONE;
    size_t inverse = BUFFER_NONE;
    MIXUP_TRY(builder_kept(to, node, 0, a->groups, &mean));
    MIXUP_TRY(builder_kept(to, node, 1, a->groups, &inverse));
    MIXUP_TRY(builder_bind(to, mean, &a->mean));
    return builder_bind(to, inverse, &a->inverse);
}

static mixup_status emit_forward(builder *to, size_t node) {
    norm_arguments *a = make_arguments(to, node);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(bind_statistics(to, node, a));
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->output));
    return builder_step(to, run_forward, a);
}

static norm_arguments *make_backward(builder *to, size_t node) {
    norm_arguments *a = make_arguments(to, node);
    if (a == NULL || bind_statistics(to, node, a) != MIXUP_OK ||
        builder_bind_const(to, builder_input(to, node, 0), &a->input) != MIXUP_OK ||
        builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient) != MIXUP_OK)
        return NULL;
    return a;
}

static mixup_status emit_input_gradient(builder *to, size_t node) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    norm_arguments *a = make_backward(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind(to, gradient, &a->input_gradient));
    MIXUP_TRY(builder_step(to, run_input_gradient, a));
    return builder_input_gradient_done(to, node, 0, gradient);
}

/* first: index of the scale among the node's parameters. */
static mixup_status emit_backward(builder *to, size_t node, size_t first) {
    MIXUP_TRY(emit_input_gradient(to, node)); /* reads the scale: before its update */
    if (builder_node(to, node)->parameter_count <= first)
        return MIXUP_OK;
    size_t scale = BUFFER_NONE;
    size_t shift = BUFFER_NONE;
    MIXUP_TRY(builder_parameter_gradient(to, node, first, &scale));
    MIXUP_TRY(builder_parameter_gradient(to, node, first + 1, &shift));
    if (scale == BUFFER_NONE && shift == BUFFER_NONE)
        return MIXUP_OK;
    norm_arguments *a = make_backward(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    if (scale != BUFFER_NONE)
        MIXUP_TRY(builder_bind(to, scale, &a->scale_gradient));
    if (shift != BUFFER_NONE)
        MIXUP_TRY(builder_bind(to, shift, &a->shift_gradient));
    MIXUP_TRY(builder_step(to, run_parameter_gradients, a));
    MIXUP_TRY(builder_parameter_gradient_done(to, node, first, scale));
    return builder_parameter_gradient_done(to, node, first + 1, shift);
}

mixup_status reference_batch_norm_forward(builder *to, size_t node) {
    return emit_forward(to, node);
}

mixup_status reference_batch_norm_backward(builder *to, size_t node) {
    return emit_backward(to, node, 2);
}

mixup_status reference_layer_norm_forward(builder *to, size_t node) {
    return emit_forward(to, node);
}

mixup_status reference_layer_norm_backward(builder *to, size_t node) {
    return emit_backward(to, node, 0);
}
