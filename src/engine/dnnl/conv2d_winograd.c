/* engine/dnnl/conv2d_winograd: which convolutions are computed by Winograd's algorithm, and their passes. */
#include "engine/dnnl/conv2d.h"
#include "engine/dnnl/winograd.h"

#include "base/vectorize.h"
#include "tensor/bf16.h"

#include <string.h>

/* ---- the rule
 *
 * Measured on AVX-512 and AVX2 (Zen 4), Winograd's algorithm beats direct convolution by 1.5 to 3.5 at stride
 * 1 and by 1.2 to 2 at stride 2 where all of these hold. Below, it works for nothing: on channels that are
 * only padding, on tiles that hang over the image, on transforms of many values for few products, on filters
 * that are transformed for a few tiles, which takes longest where 36 values for each of their pairs of
 * channels do not fit into a cache. */
typedef struct winning {
    size_t channels; /* at least so many, before and behind */
    size_t pairs;    /* of a channel before and one behind, at least so many */
    size_t use;      /* percent of the tiles that are image, at least */
    size_t tiles;    /* in a batch, at least; and of large filters: */
    size_t tiles_for_large;
} winning;

static const winning at_stride[] = {
    [1] = {.channels = 8, .pairs = 64, .use = 60, .tiles = 4, .tiles_for_large = 12},
    [2] = {.channels = 8, .pairs = 512, .use = 85, .tiles = 4, .tiles_for_large = 24},
};

enum { LARGE_FILTERS = 1 << 17 /* more pairs of channels than that */ };

static size_t ceiling(size_t a, size_t b) {
    return (a + b - 1) / b;
}

static const shape *input_shape(const graph *network, const graph_node *node) {
    return &network->values[node->inputs[0]].shape;
}

static const shape *output_shape(const graph *network, const graph_node *node) {
    return &network->values[node->output].shape;
}

static bool fits(const mixup_layer *layer) {
    const size_t stride = layer->stride[0];
    for (int i = 0; i < 2; i++)
        if (layer->kernel[i] != WINOGRAD_FILTER || layer->stride[i] != stride || layer->dilation[i] != 1)
            return false;
    if (stride == 2)
        return layer->groups == 1 && layer->padding[0] == 1 && layer->padding[1] == 1;
    return layer->groups == 1 && stride == 1 && layer->padding[0] < WINOGRAD_FILTER &&
           layer->padding[1] < WINOGRAD_FILTER;
}

static bool pays(size_t stride, const shape *in, const shape *made, size_t batch) {
    const winning *least = &at_stride[stride];
    const size_t pairs = in->sizes[0] * made->sizes[0];
    const size_t tiles = ceiling(made->sizes[1], WINOGRAD_TILE) * ceiling(made->sizes[2], WINOGRAD_TILE);
    const size_t whole = (size_t)WINOGRAD_TILE * WINOGRAD_TILE * tiles;
    return in->sizes[0] >= least->channels && made->sizes[0] >= least->channels && pairs >= least->pairs &&
           batch * tiles >= (pairs > LARGE_FILTERS ? least->tiles_for_large : least->tiles) &&
           100 * made->sizes[1] * made->sizes[2] >= least->use * whole;
}

/* With 8 channels on either side half of 16 lanes would be idle. */
static bool is_narrow(const graph *network, const graph_node *node) {
    return input_shape(network, node)->sizes[0] == winograd_avx2.lanes ||
           output_shape(network, node)->sizes[0] == winograd_avx2.lanes;
}

/* For bf16 there are kernels of 16 lanes only. */
bool conv2d_wins_by_winograd(const dnnl_backend *self, const graph *network, const graph_node *node,
                             size_t batch) {
    const bool rounded = self->base.precision == MIXUP_PRECISION_BF16;
    return self->base.convolution == MIXUP_CONVOLUTION_AUTO && self->winograd != NULL &&
           !(rounded && is_narrow(network, node)) && fits(node->attributes) &&
           pays(node->attributes->stride[0], input_shape(network, node), output_shape(network, node), batch);
}

/* ---- layouts */

static const winograd_kernels *choose_kernels(const dnnl_backend *self, const graph *network,
                                              const graph_node *node) {
    if (self->base.precision == MIXUP_PRECISION_BF16)
        return &winograd_bf16;
    return is_narrow(network, node) ? &winograd_avx2 : self->winograd;
}

static bool is_wide(const winograd_kernels *kernels) {
    return kernels->lanes == winograd_avx512.lanes;
}

mixup_status conv2d_winograd_layout(const dnnl_backend *self, const graph *network, const graph_node *node,
                                    dnnl_memory_desc_t *out) {
    const bool wide = is_wide(choose_kernels(self, network, node));
    dnnl_dims_t sizes = {0};
    const int rank = conv2d_weight_dims(network, node, sizes);
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, rank, sizes, dnnl_f32,
                                                   wide ? dnnl_ABcd16b16a : dnnl_ABcd8b8a),
                      "describing filters");
}

static mixup_status state_layout(const builder *to, const winograd_kernels *kernels, const shape *sample,
                                 dnnl_memory_desc_t *out) {
    MIXUP_TRY(dnnl_plain_state(builder_batch(to), sample, out));
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, out->ndims, out->dims,
                                                   kernels->bf16 ? dnnl_bf16 : dnnl_f32,
                                                   is_wide(kernels) ? dnnl_aBcd16b : dnnl_aBcd8b),
                      "describing a layout");
}

/* ---- steps */

typedef struct winograd_arguments {
    winograd_plan plan;
    real *scratch;
} winograd_arguments;

static void run_convolution(void *arguments, plan_run *run, const team_member *me) {
    const winograd_arguments *a = arguments;
    (void)run;
    winograd_run(&a->plan, me);
}

static void run_gradient(void *arguments, plan_run *run, const team_member *me) {
    const winograd_arguments *a = arguments;
    (void)run;
    winograd_run_gradient(&a->plan, me);
}

static void bind_scratch(void *target, void *address) {
    winograd_bind_scratch(&((winograd_arguments *)target)->plan, address);
}

static winograd_images describe_images(const shape *sample) {
    return (
        winograd_images){.channels = sample->sizes[0], .height = sample->sizes[1], .width = sample->sizes[2]};
}

/* turned: the gradient of the input is a convolution of the output's, with what the filter leaves of the
 * padding. */
static winograd_arguments *make_arguments(builder *to, size_t node, bool turned, bool of_filters) {
    const graph_node *described = builder_node(to, node);
    const mixup_layer *layer = described->attributes;
    const size_t *padding = layer->padding;
    const bool strided = layer->stride[0] > 1;
    winograd_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    winograd_work *work = &a->plan.work;
    a->plan.kernels = choose_kernels((const dnnl_backend *)builder_engine(to), builder_graph(to), described);
    a->plan.threads = builder_engine(to)->threads;
    work->images = builder_batch(to);
    work->in = describe_images(turned ? dnnl_output_shape(to, node) : dnnl_input_shape(to, node, 0));
    work->out = describe_images(turned ? dnnl_input_shape(to, node, 0) : dnnl_output_shape(to, node));
    work->stride = layer->stride[0];
    work->top = !turned ? padding[0] : strided ? 0 : WINOGRAD_FILTER - 1 - padding[0];
    work->left = !turned ? padding[1] : strided ? 0 : WINOGRAD_FILTER - 1 - padding[1];
    work->turned = turned;
    work->filters = builder_parameter(to, node, 0);
    winograd_divide(&a->plan, of_filters);
    return a;
}

static mixup_status emit(builder *to, winograd_arguments *a, share_function run) {
    size_t scratch = BUFFER_NONE;
    MIXUP_TRY(builder_buffer(to, winograd_scratch(&a->plan), &scratch));
    MIXUP_TRY(builder_bind_with(to, scratch, bind_scratch, a));
    return builder_step_shared(to, run, a, true);
}

/* A state to read, in the kernels' layout. It is bound afterwards: a conversion is a step of its own. */
static mixup_status convert(builder *to, const winograd_arguments *a, const shape *sample, size_t *state) {
    dnnl_memory_desc_t layout;
    MIXUP_TRY(state_layout(to, a->plan.kernels, sample, &layout));
    return dnnl_convert(to, *state, sample, &layout, state);
}

static mixup_status bind_written(builder *to, winograd_arguments *a, size_t buffer, const shape *sample) {
    dnnl_memory_desc_t layout;
    MIXUP_TRY(state_layout(to, a->plan.kernels, sample, &layout));
    MIXUP_TRY(dnnl_set_state(to, buffer, sample, &layout));
    return builder_bind(to, buffer, &a->plan.work.output);
}

/* ---- the passes */

static mixup_status bind_fold(builder *to, size_t node, winograd_arguments *a, conv_fold *fold) {
    winograd_work *work = &a->plan.work;
    if (fold->scale != BUFFER_NONE) {
        MIXUP_TRY(builder_bind_const(to, fold->scale, &work->scale));
        MIXUP_TRY(builder_bind_const(to, fold->shift, &work->shift));
    } else if (builder_node(to, node)->parameter_count > 1) {
        work->shift = builder_parameter(to, node, 1);
    }
    if (fold->addend != BUFFER_NONE)
        MIXUP_TRY(builder_bind_const(to, fold->addend, &work->addend));
    work->relu = fold->activation != NULL && fold->activation->activation == MIXUP_RELU;
    return MIXUP_OK;
}

mixup_status conv2d_winograd_forward(builder *to, size_t node) {
    size_t input = builder_input(to, node, 0);
    size_t output = BUFFER_NONE;
    conv_fold fold;
    winograd_arguments *a = make_arguments(to, node, false, false);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(conv2d_fold(to, node, &fold));
    MIXUP_TRY(convert(to, a, dnnl_input_shape(to, node, 0), &input));
    if (fold.addend != BUFFER_NONE)
        MIXUP_TRY(convert(to, a, dnnl_output_shape(to, node), &fold.addend));
    MIXUP_TRY(builder_bind_const(to, input, &a->plan.work.input));
    MIXUP_TRY(bind_fold(to, node, a, &fold));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(bind_written(to, a, output, dnnl_output_shape(to, node)));
    MIXUP_TRY(emit(to, a, run_convolution));
    return fold.activation == NULL || a->plan.work.relu
               ? MIXUP_OK
               : dnnl_activation_in_place(to, fold.activation, output, dnnl_output_shape(to, node));
}

mixup_status conv2d_winograd_input_gradient(builder *to, size_t node, size_t output_gradient) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    winograd_arguments *a = make_arguments(to, node, true, false);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(convert(to, a, dnnl_output_shape(to, node), &output_gradient));
    MIXUP_TRY(builder_bind_const(to, output_gradient, &a->plan.work.input));
    MIXUP_TRY(bind_written(to, a, gradient, dnnl_input_shape(to, node, 0)));
    MIXUP_TRY(emit(to, a, run_convolution));
    return builder_input_gradient_done(to, node, 0, gradient);
}

static mixup_status emit_filter_gradient(builder *to, size_t node, size_t output_gradient) {
    size_t input = builder_input(to, node, 0);
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_parameter_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    winograd_arguments *a = make_arguments(to, node, false, true);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(convert(to, a, dnnl_input_shape(to, node, 0), &input));
    MIXUP_TRY(convert(to, a, dnnl_output_shape(to, node), &output_gradient));
    MIXUP_TRY(builder_bind_const(to, input, &a->plan.work.input));
    MIXUP_TRY(builder_bind_const(to, output_gradient, &a->plan.work.arrived));
    MIXUP_TRY(builder_bind(to, gradient, &a->plan.work.filter_gradient));
    MIXUP_TRY(emit(to, a, run_gradient));
    return builder_parameter_gradient_done(to, node, 0, gradient);
}

/* ---- the gradient of the bias: the sum over batch and positions */

typedef struct bias_arguments {
    size_t batch, channels, blocks, lanes, positions;
    bool bf16;
    const real *arrived; /* [batch][blocks][positions][lanes], or bf16 */
    real *gradient;      /* [channels] */
} bias_arguments;

/* Channels that are added up together, each in the order of the positions; lanes are a multiple. */
enum { TOGETHER = 8 };

static VECTORIZED void sum_positions(const bias_arguments *a, size_t first, double sums[TOGETHER]) {
    const bf16 *narrow = (const void *)a->arrived;
    double own[TOGETHER] = {0.0};
    for (size_t p = 0; p < a->positions; p++, first += a->lanes)
        for (size_t c = 0; c < TOGETHER; c++)
            own[c] += (double)(a->bf16 ? bf16_to_float(narrow[first + c]) : a->arrived[first + c]);
    memcpy(sums, own, sizeof own);
}

/* Channels g × TOGETHER and on, for groups g from `begin` to `end` - 1. */
static void run_bias_gradient(void *arguments, plan_run *run, size_t begin, size_t end) {
    const bias_arguments *a = arguments;
    (void)run;
    for (size_t g = begin; g < end; g++) {
        const size_t channel = g * TOGETHER;
        double total[TOGETHER] = {0.0};
        for (size_t n = 0; n < a->batch; n++) {
            const size_t first =
                (n * a->blocks + channel / a->lanes) * a->positions * a->lanes + channel % a->lanes;
            double sums[TOGETHER];
            sum_positions(a, first, sums);
            for (size_t c = 0; c < TOGETHER; c++)
                total[c] += sums[c];
        }
        for (size_t c = 0; c < TOGETHER && channel + c < a->channels; c++)
            a->gradient[channel + c] = (real)total[c];
    }
}

static mixup_status emit_bias_gradient(builder *to, size_t node, size_t output_gradient) {
    const shape *made = dnnl_output_shape(to, node);
    const winograd_kernels *kernels =
        choose_kernels((const dnnl_backend *)builder_engine(to), builder_graph(to), builder_node(to, node));
    dnnl_memory_desc_t layout;
    size_t gradient = BUFFER_NONE;
    size_t converted = BUFFER_NONE;
    MIXUP_TRY(builder_parameter_gradient(to, node, 1, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    bias_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    *a = (bias_arguments){.batch = builder_batch(to),
                          .channels = made->sizes[0],
                          .blocks = ceiling(made->sizes[0], kernels->lanes),
                          .lanes = kernels->lanes,
                          .bf16 = kernels->bf16,
                          .positions = made->sizes[1] * made->sizes[2]};
    MIXUP_TRY(state_layout(to, kernels, made, &layout));
    MIXUP_TRY(dnnl_convert(to, output_gradient, made, &layout, &converted));
    MIXUP_TRY(builder_bind_const(to, converted, &a->arrived));
    MIXUP_TRY(builder_bind(to, gradient, &a->gradient));
    MIXUP_TRY(builder_divided_step(to, run_bias_gradient, a, ceiling(a->channels, TOGETHER),
                                   a->batch * a->channels * a->positions));
    return builder_parameter_gradient_done(to, node, 1, gradient);
}

mixup_status conv2d_winograd_parameter_gradients(builder *to, size_t node, size_t output_gradient) {
    MIXUP_TRY(emit_filter_gradient(to, node, output_gradient));
    return builder_node(to, node)->parameter_count > 1 ? emit_bias_gradient(to, node, output_gradient)
                                                       : MIXUP_OK;
}
