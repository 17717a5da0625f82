/* engine/reference/conv2d: cross-correlation of images with filters, in groups.
 *
 * y[n][f][i][j] = b[f] + Σ_{c,k,l} W[f][c][k][l] · x[n][g C/G + c][i s - p + k d][j s - p + l d], where g is
 * the group of filter f and positions outside the image count as zero. All three passes visit the same pairs
 * of positions, so one loop nest (visit_row) serves them with another innermost operation each. */
#include "engine/reference/kernels.h"

typedef struct conv2d_arguments {
    size_t batch, groups;
    size_t channels, height, width;        /* of the input; channels of one group */
    size_t filters, out_height, out_width; /* of the output; filters of one group */
    size_t kernel[2], stride[2], padding[2], dilation[2];
    const real *input;           /* [batch][groups × channels][height][width] */
    const real *weight;          /* [groups × filters][channels][kernel][kernel] */
    const real *bias;            /* [groups × filters], or NULL */
    real *output;                /* [batch][groups × filters][out_height][out_width] */
    const real *output_gradient; /* like output */
    real *input_gradient;        /* like input */
    real *weight_gradient;       /* or NULL */
    real *bias_gradient;         /* or NULL */
} conv2d_arguments;

static conv2d_arguments *make_arguments(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    const mixup_layer *layer = described->attributes;
    const shape *in = &builder_graph(to)->values[described->inputs[0]].shape;
    const shape *out = &builder_graph(to)->values[described->output].shape;
    conv2d_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->batch = builder_batch(to);
    a->groups = layer->groups;
    a->channels = in->sizes[0] / layer->groups;
    a->height = in->sizes[1];
    a->width = in->sizes[2];
    a->filters = out->sizes[0] / layer->groups;
    a->out_height = out->sizes[1];
    a->out_width = out->sizes[2];
    for (size_t i = 0; i < 2; i++) {
        a->kernel[i] = layer->kernel[i];
        a->stride[i] = layer->stride[i];
        a->padding[i] = layer->padding[i];
        a->dilation[i] = layer->dilation[i];
    }
    a->weight = builder_parameter(to, node, 0);
    a->bias = described->parameter_count > 1 ? builder_parameter(to, node, 1) : NULL;
    return a;
}

/* What a pass does with one run of output positions `out` and the input positions under one weight. `step` is
 * between input positions. */
typedef void (*row_function)(const conv2d_arguments *a, size_t weight, size_t out, size_t in, size_t count,
                             size_t step);

/* The output columns [first, first + count) whose input column under kernel column l lies inside the image.
 */
static size_t columns_inside(const conv2d_arguments *a, size_t l, size_t *first) {
    const size_t shift = l * a->dilation[1];
    const size_t stride = a->stride[1];
    const size_t pad = a->padding[1];
    const size_t begin = shift >= pad ? 0 : (pad - shift + stride - 1) / stride;
    const size_t end = a->width + pad <= shift ? 0 : (a->width + pad - shift + stride - 1) / stride;
    const size_t limit = end < a->out_width ? end : a->out_width;
    *first = begin;
    return limit > begin ? limit - begin : 0;
}

/* All pairs of positions of sample n, filter f (of all), channel c (of its group). */
static void visit_plane(const conv2d_arguments *a, size_t n, size_t f, size_t c, row_function visit) {
    const size_t channel = f / a->filters * a->channels + c;
    const size_t in_plane = (n * a->groups * a->channels + channel) * a->height * a->width;
    const size_t out_plane = (n * a->groups * a->filters + f) * a->out_height * a->out_width;
    for (size_t k = 0; k < a->kernel[0]; k++)
        for (size_t l = 0; l < a->kernel[1]; l++) {
            const size_t weight = ((f * a->channels + c) * a->kernel[0] + k) * a->kernel[1] + l;
            size_t first = 0;
            const size_t count = columns_inside(a, l, &first);
            for (size_t i = 0; count > 0 && i < a->out_height; i++) {
                const size_t row = i * a->stride[0] + k * a->dilation[0];
                if (row < a->padding[0] || row - a->padding[0] >= a->height)
                    continue;
                const size_t column = first * a->stride[1] + l * a->dilation[1] - a->padding[1];
                visit(a, weight, out_plane + i * a->out_width + first,
                      in_plane + (row - a->padding[0]) * a->width + column, count, a->stride[1]);
            }
        }
}

static void visit_all(const conv2d_arguments *a, row_function visit) {
    for (size_t n = 0; n < a->batch; n++)
        for (size_t f = 0; f < a->groups * a->filters; f++)
            for (size_t c = 0; c < a->channels; c++)
                visit_plane(a, n, f, c, visit);
}

static void add_output(const conv2d_arguments *a, size_t weight, size_t out, size_t in, size_t count,
                       size_t step) {
    const real w = a->weight[weight];
    for (size_t i = 0; i < count; i++)
        a->output[out + i] += w * a->input[in + i * step];
}

static void add_input_gradient(const conv2d_arguments *a, size_t weight, size_t out, size_t in, size_t count,
                               size_t step) {
    const real w = a->weight[weight];
    for (size_t i = 0; i < count; i++)
        a->input_gradient[in + i * step] += w * a->output_gradient[out + i];
}

static void add_weight_gradient(const conv2d_arguments *a, size_t weight, size_t out, size_t in, size_t count,
                                size_t step) {
    real sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a->output_gradient[out + i] * a->input[in + i * step];
    a->weight_gradient[weight] += sum;
}

static void fill(real *values, size_t count, real value) {
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

static void run_forward(void *arguments, plan_run *run) {
    const conv2d_arguments *a = arguments;
    const size_t plane = a->out_height * a->out_width;
    const size_t filters = a->groups * a->filters;
    (void)run;
    for (size_t n = 0; n < a->batch; n++)
        for (size_t f = 0; f < filters; f++)
            fill(a->output + (n * filters + f) * plane, plane, a->bias != NULL ? a->bias[f] : 0);
    visit_all(a, add_output);
}

static void run_input_gradient(void *arguments, plan_run *run) {
    const conv2d_arguments *a = arguments;
    (void)run;
    fill(a->input_gradient, a->batch * a->groups * a->channels * a->height * a->width, 0);
    visit_all(a, add_input_gradient);
}

static void run_parameter_gradients(void *arguments, plan_run *run) {
    const conv2d_arguments *a = arguments;
    const size_t plane = a->out_height * a->out_width;
    const size_t filters = a->groups * a->filters;
    (void)run;
    for (size_t f = 0; a->bias_gradient != NULL && f < filters; f++) {
        double sum = 0.0;
        for (size_t n = 0; n < a->batch; n++)
            for (size_t i = 0; i < plane; i++)
                sum += (double)a->output_gradient[(n * filters + f) * plane + i];
        a->bias_gradient[f] = (real)sum;
    }
    if (a->weight_gradient == NULL)
        return;
    fill(a->weight_gradient, filters * a->channels * a->kernel[0] * a->kernel[1], 0);
    visit_all(a, add_weight_gradient);
}

mixup_status reference_conv2d_forward(builder *to, size_t node) {
    conv2d_arguments *a = make_arguments(to, node);
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
    conv2d_arguments *a = make_arguments(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient));
    MIXUP_TRY(builder_bind(to, gradient, &a->input_gradient));
    MIXUP_TRY(builder_step(to, run_input_gradient, a));
    return builder_input_gradient_done(to, node, 0, gradient);
}

mixup_status reference_conv2d_backward(builder *to, size_t node) {
    MIXUP_TRY(emit_input_gradient(to, node)); /* reads the weight: before its update */
    conv2d_arguments *a = make_arguments(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    real **slots[2] = {&a->weight_gradient, &a->bias_gradient};
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient));
    return reference_emit_parameter_gradients(to, node, 0, slots, run_parameter_gradients, a);
}
