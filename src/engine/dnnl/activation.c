/* engine/dnnl/activation: oneDNN's eltwise, as a primitive of its own, as a post-op (dense.c) and backward.
 */
#include "engine/dnnl/dnnl_engine.h"
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

bool dnnl_absorbs(const graph_node *producer, const graph_node *activation, bool training) {
    dnnl_alg_kind_t unused;
    return producer->op == MIXUP_DENSE && dnnl_activation(activation->activation, training, &unused);
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

mixup_status dnnl_activation_gradient(builder *to, const graph_node *activation, size_t output,
                                      size_t gradient, size_t width) {
    dnnl_alg_kind_t kind;
    dnnl_memory_desc_t layout;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    if (!dnnl_activation(activation->activation, true, &kind))
        return error(MIXUP_ERROR_ENGINE, "oneDNN: %s has no backward pass from its output",
                     activation_name(activation->activation));
    MIXUP_TRY(dnnl_plain(builder_batch(to), width, &layout));
    MIXUP_TRY(describe_backward(to, kind, slope_of(activation), &layout, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &layout, output));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &layout, gradient));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_SRC, &layout, gradient));
    return dnnl_call_emit(to, call);
}

mixup_status dnnl_activation_forward(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    dnnl_alg_kind_t kind;
    dnnl_memory_desc_t layout;
    dnnl_eltwise_desc_t operation;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t output = BUFFER_NONE;
    if (!dnnl_activation(described->activation, false, &kind))
        return reference_activation_forward(to, node); /* softmax */
    MIXUP_TRY(dnnl_plain(builder_batch(to), reference_output_width(to, node), &layout));
    MIXUP_TRY(dnnl_check(dnnl_eltwise_forward_desc_init(
                             &operation, builder_trains(to) ? dnnl_forward_training : dnnl_forward_inference,
                             kind, &layout, slope_of(described), 0.0f),
                         "eltwise"));
    MIXUP_TRY(dnnl_describe(to, &operation, NULL, NULL, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &layout, builder_input(to, node, 0)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &layout, output));
    return dnnl_call_emit(to, call);
}

mixup_status dnnl_activation_backward(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
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
    MIXUP_TRY(dnnl_plain(builder_batch(to), reference_output_width(to, node), &layout));
    MIXUP_TRY(describe_backward(to, kind, slope_of(described), &layout, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &layout, builder_input(to, node, 0)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &layout, builder_output_gradient(to, node)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_SRC, &layout, gradient));
    MIXUP_TRY(dnnl_call_emit(to, call));
    return builder_input_gradient_done(to, node, 0, gradient);
}
