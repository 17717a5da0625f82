/* engine/reference/resample: zeros around images, and nearest up-sampling. Both write each output position
 * from at most one input position; the backward pass adds the other way. */
#include "engine/reference/kernels.h"

typedef struct resample_arguments {
    size_t planes; /* batch × channels */
    size_t height, width, out_height, out_width;
    size_t factor[2]; /* up-sampling; 1 for padding */
    size_t border[2]; /* padding; 0 for up-sampling */
    const real *from;
    real *to;
} resample_arguments;

static resample_arguments *make_arguments(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    const shape *in = &builder_graph(to)->values[described->inputs[0]].shape;
    const shape *out = &builder_graph(to)->values[described->output].shape;
    const bool pads = described->op == MIXUP_PAD;
    resample_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->planes = builder_batch(to) * in->sizes[0];
    a->height = in->sizes[1];
    a->width = in->sizes[2];
    a->out_height = out->sizes[1];
    a->out_width = out->sizes[2];
    for (size_t i = 0; i < 2; i++) {
        a->factor[i] = pads ? 1 : described->attributes->stride[i];
        a->border[i] = pads ? described->attributes->padding[i] : 0;
    }
    return a;
}

/* Index of the input position behind output position (i, j) of plane p; false in the border. */
static bool source(const resample_arguments *a, size_t p, size_t i, size_t j, size_t *index) {
    if (i < a->border[0] || i >= a->out_height - a->border[0] || j < a->border[1] ||
        j >= a->out_width - a->border[1])
        return false;
    const size_t row = (i - a->border[0]) / a->factor[0];
    const size_t column = (j - a->border[1]) / a->factor[1];
    *index = (p * a->height + row) * a->width + column;
    return true;
}

static void run_forward(void *arguments, plan_run *run, size_t begin, size_t end) {
    const resample_arguments *a = arguments;
    (void)run;
    for (size_t p = begin; p < end; p++)
        for (size_t i = 0; i < a->out_height; i++)
            for (size_t j = 0; j < a->out_width; j++) {
                size_t index = 0;
                a->to[(p * a->out_height + i) * a->out_width + j] =
                    source(a, p, i, j, &index) ? a->from[index] : 0;
            }
}

static void run_backward(void *arguments, plan_run *run, size_t begin, size_t end) {
    const resample_arguments *a = arguments;
    (void)run;
    for (size_t i = begin * a->height * a->width; i < end * a->height * a->width; i++)
        a->to[i] = 0;
    for (size_t p = begin; p < end; p++)
        for (size_t i = 0; i < a->out_height; i++)
            for (size_t j = 0; j < a->out_width; j++) {
                size_t index = 0;
                if (source(a, p, i, j, &index))
                    a->to[index] += a->from[(p * a->out_height + i) * a->out_width + j];
            }
}

mixup_status reference_resample_forward(builder *to, size_t node) {
    resample_arguments *a = make_arguments(to, node);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->from));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->to));
    return builder_divided_step(to, run_forward, a, a->planes, a->planes * a->out_height * a->out_width);
}

mixup_status reference_resample_backward(builder *to, size_t node) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    resample_arguments *a = make_arguments(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->from));
    MIXUP_TRY(builder_bind(to, gradient, &a->to));
    MIXUP_TRY(builder_divided_step(to, run_backward, a, a->planes, a->planes * a->out_height * a->out_width));
    return builder_input_gradient_done(to, node, 0, gradient);
}
