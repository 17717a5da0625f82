/* engine/dnnl/activation: oneDNN's eltwise, as a primitive of its own, as a post-op (dense.c) and backward.
 */
#include "engine/dnnl/conv2d.h"
#include "engine/reference/kernels.h"

bool dnnl_activation(mixup_activation kind, bool from_output, dnnl_alg_kind_t *out) {
    switch (kind) {
    case MIXUP_RELU:
    case MIXUP_LEAKY_RELU:
        *out = from_output ? dnnl_eltwise_relu_use_dst_for_bwd : dnnl_eltwise_relu;
        return true;
    case MIXUP_ELU:
        *out = from_output ? dnnl_eltwise_elu_use_dst_for_bwd : dnnl_eltwise_elu;
        return true;
    case MIXUP_TANH:
        *out = from_output ? dnnl_eltwise_tanh_use_dst_for_bwd : dnnl_eltwise_tanh;
        return true;
    case MIXUP_SIGMOID:
        *out = from_output ? dnnl_eltwise_logistic_use_dst_for_bwd : dnnl_eltwise_logistic;
        return true;
    case MIXUP_GELU: /* needs its input in the backward pass */
        *out = dnnl_eltwise_gelu_erf;
        return !from_output;
    case MIXUP_LINEAR:
    case MIXUP_SOFTMAX:
    case MIXUP_ACTIVATION_COUNT:
        break;
    }
    return false;
}

static bool absorbs_activation(const builder *to, size_t producer, const graph_node *activation) {
    const mixup_op op = builder_node(to, producer)->op;
    dnnl_alg_kind_t unused;
    if (op == MIXUP_BATCH_NORM) /* oneDNN fuses this one pair, forward and backward */
        return activation->activation == MIXUP_RELU;
    if (builder_has_backward(to) && builder_absorbed_sum(to, producer) != BUILDER_NO_NODE)
        return false;
    return (op == MIXUP_DENSE || op == MIXUP_CONV2D) &&
           dnnl_activation(activation->activation, builder_has_backward(to), &unused);
}

bool dnnl_absorbs(const builder *to, size_t producer, size_t behind) {
    const graph_node *next = builder_node(to, behind);
    if (next->op == MIXUP_ACTIVATION)
        return absorbs_activation(to, producer, next);
    return builder_node(to, producer)->op == MIXUP_CONV2D &&
           (next->op == MIXUP_BATCH_NORM || !builder_has_backward(to) || conv2d_takes_winograd(to, producer));
}

static float slope_of(const graph_node *activation) {
    const bool sloped = activation->activation == MIXUP_LEAKY_RELU || activation->activation == MIXUP_ELU;
    return sloped ? activation->attributes->slope : 0.0f;
}

/* A backward description, which needs a forward one as a hint. */
static mixup_status describe_backward(builder *to, dnnl_alg_kind_t kind, float slope,
                                      const dnnl_memory_desc_t *layout, dnnl_primitive_desc_t *out) {
    dnnl_eltwise_desc_t forward;
    dnnl_eltwise_desc_t backward;
    dnnl_primitive_desc_t hint = NULL;
    MIXUP_TRY(
        dnnl_check(dnnl_eltwise_forward_desc_init(&forward, dnnl_forward_training, kind, layout, slope, 0.0f),
                   "eltwise"));
    MIXUP_TRY(dnnl_check(dnnl_eltwise_backward_desc_init(&backward, kind, layout, layout, slope, 0.0f),
                         "eltwise backward"));
    MIXUP_TRY(dnnl_describe(to, &forward, NULL, NULL, &hint));
    const mixup_status status = dnnl_describe(to, &backward, NULL, hint, out);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

mixup_status dnnl_activation_post_op(const graph_node *activation, dnnl_alg_kind_t *kind, float *slope) {
    if (!dnnl_activation(activation->activation, false, kind))
        return error(MIXUP_ERROR_ENGINE, "oneDNN: %s is no post-op", activation_name(activation->activation));
    *slope = slope_of(activation);
    return MIXUP_OK;
}

mixup_status dnnl_activation_attributes(const graph_node *activation, dnnl_primitive_attr_t *out) {
    dnnl_alg_kind_t kind = dnnl_alg_kind_undef;
    float slope = 0.0f;
    dnnl_post_ops_t behind = NULL;
    if (activation == NULL)
        return MIXUP_OK;
    MIXUP_TRY(dnnl_activation_post_op(activation, &kind, &slope));
    dnnl_status_t status = dnnl_post_ops_create(&behind);
    if (status == dnnl_success)
        status = dnnl_post_ops_append_eltwise(behind, 1.0f, kind, slope, 0.0f);
    return dnnl_attributes_of(behind, status, "preparing an activation", out);
}

/* Where a result that replaces `gradient` may be written: there, if nobody else reads it. */
static mixup_status find_result(builder *to, size_t gradient, const shape *sample,
                                const dnnl_memory_desc_t *layout, size_t *result) {
    *result = gradient;
    if (builder_may_overwrite(to, gradient))
        return MIXUP_OK;
    MIXUP_TRY(builder_buffer(to, builder_count(to, gradient), result));
    return dnnl_set_state(to, *result, sample, layout);
}

mixup_status dnnl_activation_gradient(builder *to, const graph_node *activation, size_t output,
                                      const shape *sample, size_t *gradient) {
    dnnl_alg_kind_t kind;
    dnnl_memory_desc_t layout;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t result = BUFFER_NONE;
    if (!dnnl_activation(activation->activation, true, &kind))
        return error(MIXUP_ERROR_ENGINE, "oneDNN: %s has no backward pass from its output",
                     activation_name(activation->activation));
    MIXUP_TRY(dnnl_state(to, output, sample, &layout));
    MIXUP_TRY(dnnl_convert(to, *gradient, sample, &layout, gradient));
    MIXUP_TRY(find_result(to, *gradient, sample, &layout, &result));
    MIXUP_TRY(describe_backward(to, kind, slope_of(activation), &layout, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &layout, output));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &layout, *gradient));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_SRC, &layout, result));
    *gradient = result;
    return dnnl_call_emit(to, call);
}

/* A forward description. */
static mixup_status describe_forward(builder *to, dnnl_alg_kind_t kind, float slope,
                                     const dnnl_memory_desc_t *layout, dnnl_primitive_desc_t *out) {
    dnnl_eltwise_desc_t operation;
    MIXUP_TRY(dnnl_check(dnnl_eltwise_forward_desc_init(&operation,
                                                        builder_has_backward(to) ? dnnl_forward_training
                                                                                 : dnnl_forward_inference,
                                                        kind, layout, slope, 0.0f),
                         "eltwise"));
    return dnnl_describe(to, &operation, NULL, NULL, out);
}

mixup_status dnnl_activation_in_place(builder *to, const graph_node *activation, size_t buffer,
                                      const shape *sample) {
    dnnl_alg_kind_t kind;
    dnnl_memory_desc_t layout;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    if (!dnnl_activation(activation->activation, false, &kind))
        return error(MIXUP_ERROR_ENGINE, "oneDNN: it has no %s", activation_name(activation->activation));
    MIXUP_TRY(dnnl_state(to, buffer, sample, &layout));
    MIXUP_TRY(describe_forward(to, kind, slope_of(activation), &layout, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &layout, buffer));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &layout, buffer));
    return dnnl_call_emit(to, call);
}

static mixup_status emit_forward(builder *to, size_t node, dnnl_alg_kind_t kind) {
    const graph_node *described = builder_node(to, node);
    const shape *sample = dnnl_output_shape(to, node);
    const size_t input = builder_input(to, node, 0);
    dnnl_memory_desc_t layout;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t output = BUFFER_NONE;
    MIXUP_TRY(dnnl_state(to, input, sample, &layout));
    MIXUP_TRY(describe_forward(to, kind, slope_of(described), &layout, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(dnnl_set_state(to, output, sample, &layout));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &layout, input));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &layout, output));
    return dnnl_call_emit(to, call);
}

mixup_status dnnl_activation_forward(builder *to, size_t node) {
    size_t output = BUFFER_NONE;
    dnnl_alg_kind_t kind;
    if (!dnnl_activation(builder_node(to, node)->activation, false, &kind))
        return reference_activation_forward(to, node); /* softmax */
    MIXUP_TRY(emit_forward(to, node, kind));
    if (!builder_may_remake(to))
        return MIXUP_OK;
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(emit_forward(to, node, kind));
    builder_remakes(to, output);
    return MIXUP_OK;
}

mixup_status dnnl_activation_backward(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    const shape *sample = dnnl_output_shape(to, node);
    const size_t input = builder_input(to, node, 0);
    size_t output_gradient = builder_output_gradient(to, node);
    dnnl_alg_kind_t kind;
    dnnl_memory_desc_t layout;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t gradient = BUFFER_NONE;
    if (!dnnl_activation(described->activation, false, &kind))
        return reference_activation_backward(to, node);
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(dnnl_state(to, input, sample, &layout));
    MIXUP_TRY(dnnl_convert(to, output_gradient, sample, &layout, &output_gradient));
    MIXUP_TRY(dnnl_set_state(to, gradient, sample, &layout));
    MIXUP_TRY(describe_backward(to, kind, slope_of(described), &layout, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &layout, input));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &layout, output_gradient));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_SRC, &layout, gradient));
    MIXUP_TRY(dnnl_call_emit(to, call));
    return builder_input_gradient_done(to, node, 0, gradient);
}
