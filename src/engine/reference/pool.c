/* engine/reference/pool: maximum, average and global average over positions of images. The maximum of a
 * window goes to its first largest position, forward and backward. */
#include "engine/reference/kernels.h"

typedef struct pool_arguments {
    mixup_op op;
    size_t planes; /* batch × channels */
    size_t height, width, out_height, out_width;
    size_t kernel[2], stride[2], padding[2], dilation[2];
    const real *input;           /* [planes][height][width] */
    real *output;                /* [planes][out_height][out_width] */
    const real *output_gradient; /* like output */
    real *input_gradient;        /* like input */
} pool_arguments;

static pool_arguments *make_arguments(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    const mixup_layer *layer = described->attributes;
    const shape *in = &builder_graph(to)->values[described->inputs[0]].shape;
    const shape *out = &builder_graph(to)->values[described->output].shape;
    const bool global = described->op == MIXUP_GLOBAL_AVERAGE_POOL;
    pool_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->op = described->op;
    a->planes = builder_batch(to) * in->sizes[0];
    a->height = in->sizes[1];
    a->width = in->sizes[2];
    a->out_height = global ? 1 : out->sizes[1];
    a->out_width = global ? 1 : out->sizes[2];
    for (size_t i = 0; i < 2; i++) {
        a->kernel[i] = global ? in->sizes[1 + i] : layer->kernel[i];
        a->stride[i] = global ? 1 : layer->stride[i];
        a->padding[i] = global ? 0 : layer->padding[i];
        a->dilation[i] = global ? 1 : layer->dilation[i];
    }
    return a;
}

/* Index in its plane of the input position under (k, l) of the window at (i, j); false outside the image. */
static bool position(const pool_arguments *a, size_t i, size_t j, size_t k, size_t l, size_t *index) {
    const size_t row = i * a->stride[0] + k * a->dilation[0];
    const size_t column = j * a->stride[1] + l * a->dilation[1];
    if (row < a->padding[0] || row - a->padding[0] >= a->height || column < a->padding[1] ||
        column - a->padding[1] >= a->width)
        return false;
    *index = (row - a->padding[0]) * a->width + column - a->padding[1];
    return true;
}

/* The position of the largest value; false for a window with none inside the image. */
static bool largest(const pool_arguments *a, const real *plane, size_t i, size_t j, size_t *best) {
    bool found = false;
    for (size_t k = 0; k < a->kernel[0]; k++)
        for (size_t l = 0; l < a->kernel[1]; l++) {
            size_t index = 0;
            if (position(a, i, j, k, l, &index) && (!found || plane[index] > plane[*best])) {
                *best = index;
                found = true;
            }
        }
    return found;
}

static real average(const pool_arguments *a, const real *plane, size_t i, size_t j) {
    double sum = 0.0;
    for (size_t k = 0; k < a->kernel[0]; k++)
        for (size_t l = 0; l < a->kernel[1]; l++) {
            size_t index = 0;
            if (position(a, i, j, k, l, &index))
                sum += (double)plane[index];
        }
    return (real)(sum / (double)(a->kernel[0] * a->kernel[1]));
}

static void run_forward(void *arguments, plan_run *run) {
    const pool_arguments *a = arguments;
    (void)run;
    for (size_t p = 0; p < a->planes; p++) {
        const real *plane = a->input + p * a->height * a->width;
        for (size_t i = 0; i < a->out_height; i++)
            for (size_t j = 0; j < a->out_width; j++) {
                size_t best = 0;
                real *out = &a->output[(p * a->out_height + i) * a->out_width + j];
                if (a->op != MIXUP_MAX_POOL)
                    *out = average(a, plane, i, j);
                else
                    *out = largest(a, plane, i, j, &best) ? plane[best] : 0;
            }
    }
}

static void spread(const pool_arguments *a, real gradient, real *plane, size_t i, size_t j) {
    const real share = gradient / (real)(a->kernel[0] * a->kernel[1]);
    for (size_t k = 0; k < a->kernel[0]; k++)
        for (size_t l = 0; l < a->kernel[1]; l++) {
            size_t index = 0;
            if (position(a, i, j, k, l, &index))
                plane[index] += share;
        }
}

static void run_backward(void *arguments, plan_run *run) {
    const pool_arguments *a = arguments;
    const size_t count = a->height * a->width;
    (void)run;
    for (size_t p = 0; p < a->planes; p++) {
        real *plane = a->input_gradient + p * count;
        for (size_t i = 0; i < count; i++)
            plane[i] = 0;
        for (size_t i = 0; i < a->out_height; i++)
            for (size_t j = 0; j < a->out_width; j++) {
                const real gradient = a->output_gradient[(p * a->out_height + i) * a->out_width + j];
                size_t best = 0;
                if (a->op != MIXUP_MAX_POOL)
                    spread(a, gradient, plane, i, j);
                else if (largest(a, a->input + p * count, i, j, &best))
                    plane[best] += gradient;
            }
    }
}

mixup_status reference_pool_forward(builder *to, size_t node) {
    pool_arguments *a = make_arguments(to, node);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->output));
    return builder_step(to, run_forward, a);
}

mixup_status reference_pool_backward(builder *to, size_t node) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    pool_arguments *a = make_arguments(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    if (a->op == MIXUP_MAX_POOL)
        MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->input));
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient));
    MIXUP_TRY(builder_bind(to, gradient, &a->input_gradient));
    MIXUP_TRY(builder_step(to, run_backward, a));
    return builder_input_gradient_done(to, node, 0, gradient);
}
