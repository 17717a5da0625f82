/* engine/reference/norm: batch norm (Ioffe & Szegedy 2015), layer norm (Ba et al. 2016) and group norm (Wu &
 * He 2018). y = (x - mean) / sqrt(var + ε) · scale + shift, var the biased variance.
 *
 * All three see their input as groups of values that share mean and variance: batch norm's group is a channel
 * (or feature) of the whole batch, layer norm's a sample, group norm's some channels of a sample. A group is
 * `runs` runs of `length` values side by side. They differ in which group a value belongs to and in which
 * scale it gets; a newcomer should read make_arguments first. */
#include "engine/reference/kernels.h"

#include <assert.h>
#include <tgmath.h>

typedef struct norm_arguments {
    size_t groups;
    size_t runs, length; /* of a group; run r begins at start of the group + r × run_stride */
    size_t group_stride; /* start of group g: g × group_stride */
    size_t run_stride;
    size_t scale_groups; /* value i of group g has scale (g % scale_groups) × scale_step + i / scale_length */
    size_t scale_step, scale_length;
    size_t scales;    /* number of scales */
    bool use_running; /* prediction with batch norm */
    real epsilon, momentum;
    const real *input;
    const real *scale, *shift;        /* [scales]; NULL: ones, zeros */
    real *running_mean, *running_var; /* batch norm: [groups] */
    real *mean, *inverse;             /* [groups] mean and 1 / sqrt(var + ε), for the backward pass */
    real *output;
    const real *output_gradient;
    real *input_gradient;
    real *scale_gradient, *shift_gradient; /* [scales], or NULL */
} norm_arguments;

static size_t run_start(const norm_arguments *a, size_t g, size_t r) {
    return g * a->group_stride + r * a->run_stride;
}

static size_t members(const norm_arguments *a) {
    return a->runs * a->length;
}

/* Index of the scale of value i of run r of group g. */
static size_t scale_index(const norm_arguments *a, size_t g, size_t r, size_t i) {
    assert(a->scale_groups > 0 && a->scale_length > 0 && a->scales > 0);
    return g % a->scale_groups * a->scale_step + (r * a->length + i) / a->scale_length % a->scales;
}

static void update_running(const norm_arguments *a, size_t g, double mean, double square) {
    const double unbiased = square / (double)(members(a) - 1); /* what PyTorch keeps */
    a->running_mean[g] += a->momentum * ((real)mean - a->running_mean[g]);
    a->running_var[g] += a->momentum * ((real)unbiased - a->running_var[g]);
}

static void group_statistics(const norm_arguments *a, size_t g) {
    double sum = 0.0;
    double square = 0.0;
    if (a->use_running) {
        a->mean[g] = a->running_mean[g];
        a->inverse[g] = 1 / sqrt(a->running_var[g] + a->epsilon);
        return;
    }
    for (size_t r = 0; r < a->runs; r++)
        for (size_t i = 0; i < a->length; i++)
            sum += (double)a->input[run_start(a, g, r) + i];
    const double mean = sum / (double)members(a);
    for (size_t r = 0; r < a->runs; r++)
        for (size_t i = 0; i < a->length; i++) {
            const double difference = (double)a->input[run_start(a, g, r) + i] - mean;
            square += difference * difference;
        }
    a->mean[g] = (real)mean;
    a->inverse[g] = (real)(1.0 / sqrt(square / (double)members(a) + (double)a->epsilon));
    if (a->running_mean != NULL)
        update_running(a, g, mean, square);
}

/* With the mean and inverse that are there: so also what makes the output again. */
static void run_normalize(void *arguments, plan_run *run, size_t begin, size_t end) {
    const norm_arguments *a = arguments;
    (void)run;
    for (size_t g = begin; g < end; g++)
        for (size_t r = 0; r < a->runs; r++)
            for (size_t i = 0; i < a->length; i++) {
                const size_t at = run_start(a, g, r) + i;
                const size_t s = scale_index(a, g, r, i);
                const real normal = (a->input[at] - a->mean[g]) * a->inverse[g];
                a->output[at] = a->scale != NULL ? normal * a->scale[s] + a->shift[s] : normal;
            }
}

static void run_forward(void *arguments, plan_run *run, size_t begin, size_t end) {
    const norm_arguments *a = arguments;
    for (size_t g = begin; g < end; g++) {
        group_statistics(a, g);
        run_normalize(arguments, run, g, g + 1);
    }
}

/* The normalised input, and the gradient that reaches it: both of value i of run r of group g. */
static real normalized(const norm_arguments *a, size_t g, size_t at) {
    return (a->input[at] - a->mean[g]) * a->inverse[g];
}

static real scaled_gradient(const norm_arguments *a, size_t g, size_t r, size_t i) {
    const real gradient = a->output_gradient[run_start(a, g, r) + i];
    return a->scale != NULL ? gradient * a->scale[scale_index(a, g, r, i)] : gradient;
}

/* With u the gradient of the normalised input x̂: dx = (u - mean(u) - x̂ mean(u x̂)) / sqrt(var + ε). The
 * running statistics do not move with x: then dx = u / sqrt(var + ε). */
static void run_input_gradient(void *arguments, plan_run *run, size_t begin, size_t end) {
    const norm_arguments *a = arguments;
    (void)run;
    for (size_t g = begin; g < end; g++) {
        double sum = 0.0;
        double product = 0.0;
        for (size_t r = 0; r < a->runs && !a->use_running; r++)
            for (size_t i = 0; i < a->length; i++) {
                const double u = (double)scaled_gradient(a, g, r, i);
                sum += u;
                product += u * (double)normalized(a, g, run_start(a, g, r) + i);
            }
        const real mean_u = (real)(sum / (double)members(a));
        const real mean_product = (real)(product / (double)members(a));
        for (size_t r = 0; r < a->runs; r++)
            for (size_t i = 0; i < a->length; i++) {
                const size_t at = run_start(a, g, r) + i;
                a->input_gradient[at] = a->inverse[g] * (scaled_gradient(a, g, r, i) - mean_u -
                                                         normalized(a, g, at) * mean_product);
            }
    }
}

/* Each run is summed in double before it is added to its scale's gradient, piece by piece of equal scale. */
static void run_parameter_gradients(void *arguments, plan_run *run) {
    const norm_arguments *a = arguments;
    (void)run;
    for (size_t s = 0; s < a->scales; s++) {
        if (a->scale_gradient != NULL)
            a->scale_gradient[s] = 0;
        if (a->shift_gradient != NULL)
            a->shift_gradient[s] = 0;
    }
    for (size_t g = 0; g < a->groups; g++)
        for (size_t r = 0; r < a->runs; r++)
            for (size_t i = 0; i < a->length;) {
                const size_t s = scale_index(a, g, r, i);
                double scale = 0.0;
                double shift = 0.0;
                for (; i < a->length && scale_index(a, g, r, i) == s; i++) {
                    const size_t at = run_start(a, g, r) + i;
                    scale += (double)a->output_gradient[at] * (double)normalized(a, g, at);
                    shift += (double)a->output_gradient[at];
                }
                if (a->scale_gradient != NULL)
                    a->scale_gradient[s] += (real)scale;
                if (a->shift_gradient != NULL)
                    a->shift_gradient[s] += (real)shift;
            }
}

/* ---- which values form a group, and which scale they get */

static void group_by_channel(norm_arguments *a, size_t batch, size_t channels, size_t positions) {
    *a = (norm_arguments){.groups = channels,
                          .runs = batch,
                          .length = positions,
                          .group_stride = positions,
                          .run_stride = channels * positions,
                          .scale_groups = channels,
                          .scale_step = 1,
                          .scale_length = batch * positions,
                          .scales = channels};
}

static void group_by_sample(norm_arguments *a, size_t batch, size_t width) {
    *a = (norm_arguments){.groups = batch,
                          .runs = 1,
                          .length = width,
                          .group_stride = width,
                          .scale_groups = 1,
                          .scale_length = 1,
                          .scales = width};
}

/* divisions: of the channels of a sample. */
static void group_by_part(norm_arguments *a, size_t batch, size_t channels, size_t positions,
                          size_t divisions) {
    const size_t width = channels / divisions * positions;
    *a = (norm_arguments){.groups = batch * divisions,
                          .runs = 1,
                          .length = width,
                          .group_stride = width,
                          .scale_groups = divisions,
                          .scale_step = channels / divisions,
                          .scale_length = positions,
                          .scales = channels};
}

/* Where scale and shift stand among the node's parameters: behind batch norm's running statistics. */
static size_t first_scale(const graph_node *node) {
    return node->op == MIXUP_BATCH_NORM ? 2 : 0;
}

static norm_arguments *make_arguments(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    const shape *in = &builder_graph(to)->values[described->inputs[0]].shape;
    const size_t batch = builder_batch(to);
    const size_t channels = in->sizes[0];
    const size_t positions = shape_count(in) / channels;
    norm_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    if (described->op == MIXUP_BATCH_NORM)
        group_by_channel(a, batch, channels, positions);
    else if (described->op == MIXUP_GROUP_NORM)
        group_by_part(a, batch, channels, positions, described->attributes->groups);
    else
        group_by_sample(a, batch, shape_count(in));
    a->epsilon = (real)described->attributes->epsilon;
    a->momentum = (real)described->attributes->momentum;
    const size_t first = first_scale(described);
    if (described->parameter_count > first) {
        a->scale = builder_parameter(to, node, first);
        a->shift = builder_parameter(to, node, first + 1);
    }
    if (described->op == MIXUP_BATCH_NORM) {
        a->use_running = !builder_trains(to);
        a->running_mean = builder_parameter(to, node, 0);
        a->running_var = builder_parameter(to, node, 1);
    }
    return a;
}

/* ---- emitting */

/* Binds mean and inverse, which the forward pass keeps for the backward pass. */
static mixup_status bind_statistics(builder *to, size_t node, norm_arguments *a) {
    size_t mean = BUFFER_NONE;
    size_t inverse = BUFFER_NONE;
    MIXUP_TRY(builder_kept(to, node, 0, a->groups, &mean));
    MIXUP_TRY(builder_kept(to, node, 1, a->groups, &inverse));
    MIXUP_TRY(builder_bind(to, mean, &a->mean));
    return builder_bind(to, inverse, &a->inverse);
}

static mixup_status emit_forward(builder *to, size_t node, divided_function run) {
    norm_arguments *a = make_arguments(to, node);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(bind_statistics(to, node, a));
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->output));
    return builder_divided_step(to, run, a, a->groups, a->groups * members(a));
}

mixup_status reference_norm_forward(builder *to, size_t node) {
    size_t output = BUFFER_NONE;
    MIXUP_TRY(emit_forward(to, node, run_forward));
    if (!builder_may_remake(to))
        return MIXUP_OK;
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(emit_forward(to, node, run_normalize));
    builder_remakes(to, output);
    return MIXUP_OK;
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
    MIXUP_TRY(builder_divided_step(to, run_input_gradient, a, a->groups, a->groups * members(a)));
    return builder_input_gradient_done(to, node, 0, gradient);
}

mixup_status reference_norm_backward(builder *to, size_t node) {
    MIXUP_TRY(emit_input_gradient(to, node)); /* reads the scale: before its update */
    norm_arguments *a = make_backward(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    real **slots[2] = {&a->scale_gradient, &a->shift_gradient};
    return reference_emit_parameter_gradients(to, node, first_scale(builder_node(to, node)), slots,
                                              run_parameter_gradients, a);
}
