/* engine/dnnl/conv2d: direct convolutions with the activation as a post-op. oneDNN chooses the layouts of
 * states; the filters stay in the layout of the forward pass, and the backward pass, which wants another one,
 * gets a packed copy. */
#include "engine/dnnl/dnnl_engine.h"

enum { NOMINAL_BATCH = 128 }; /* for which the layout of the filters is chosen */

typedef struct conv_shape {
    dnnl_memory_desc_t input, weight, bias, output; /* states with any layout */
    dnnl_dims_t strides, dilates, padding;
    bool biased;
} conv_shape;

/* Dimensions of the filters: [filters][channels][kh][kw], in groups [groups][filters][channels][kh][kw]. */
static int weight_dims(const graph *network, const graph_node *node, dnnl_dims_t dims) {
    const size_t *sizes = network->parameters[node->parameters[0]].shape.sizes;
    const size_t groups = node->attributes->groups;
    int rank = 0;
    if (groups > 1)
        dims[rank++] = (dnnl_dim_t)groups;
    dims[rank++] = (dnnl_dim_t)(sizes[0] / groups);
    for (int i = 1; i < 4; i++)
        dims[rank++] = (dnnl_dim_t)sizes[i];
    return rank;
}

static mixup_status describe_shape(const graph *network, const graph_node *node, size_t batch,
                                   conv_shape *out) {
    const mixup_layer *layer = node->attributes;
    const shape *in = &network->values[node->inputs[0]].shape;
    const shape *made = &network->values[node->output].shape;
    dnnl_dims_t weight = {0};
    *out = (conv_shape){.biased = node->parameter_count > 1};
    const int rank = weight_dims(network, node, weight);
    for (int i = 0; i < 2; i++) {
        out->strides[i] = (dnnl_dim_t)layer->stride[i];
        out->dilates[i] = (dnnl_dim_t)layer->dilation[i] - 1; /* oneDNN counts from 0 */
        out->padding[i] = (dnnl_dim_t)layer->padding[i];
    }
    MIXUP_TRY(dnnl_any_state(batch, in, &out->input));
    MIXUP_TRY(dnnl_any_state(batch, made, &out->output));
    MIXUP_TRY(dnnl_vector(made->sizes[0], &out->bias));
    return dnnl_check(dnnl_memory_desc_init_by_tag(&out->weight, rank, weight, dnnl_f32, dnnl_format_tag_any),
                      "describing filters");
}

/* The padding behind may cover less than the padding before where the stride leaves rows over. */
static void padding_behind(const conv_shape *c, const dnnl_memory_desc_t *weight, dnnl_dims_t out) {
    for (int i = 0; i < 2; i++) {
        const dnnl_dim_t covered = (c->dilates[i] + 1) * (weight->dims[weight->ndims - 2 + i] - 1) + 1;
        const dnnl_dim_t last = (c->output.dims[2 + i] - 1) * c->strides[i] + covered;
        out[i] = last - c->input.dims[2 + i] - c->padding[i];
    }
}

static mixup_status init_forward(const conv_shape *c, bool training, const dnnl_memory_desc_t *weight,
                                 dnnl_convolution_desc_t *out) {
    dnnl_dims_t behind = {0};
    padding_behind(c, weight, behind);
    return dnnl_check(dnnl_dilated_convolution_forward_desc_init(
                          out, training ? dnnl_forward_training : dnnl_forward_inference,
                          dnnl_convolution_direct, &c->input, weight, c->biased ? &c->bias : NULL, &c->output,
                          c->strides, c->dilates, c->padding, behind),
                      "convolution");
}

mixup_status dnnl_conv2d_layout(dnnl_engine_t handle, const graph *network, const graph_node *node,
                                dnnl_memory_desc_t *out) {
    conv_shape c;
    dnnl_convolution_desc_t operation;
    dnnl_primitive_desc_t description = NULL;
    MIXUP_TRY(describe_shape(network, node, NOMINAL_BATCH, &c));
    MIXUP_TRY(init_forward(&c, true, &c.weight, &operation));
    MIXUP_TRY(dnnl_check(dnnl_primitive_desc_create(&description, &operation, NULL, handle, NULL),
                         "describing a convolution"));
    *out = *dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    dnnl_primitive_desc_destroy(description);
    return MIXUP_OK;
}

/* ---- descriptions */

static mixup_status describe_forward(builder *to, const dnnl_pass *pass, const dnnl_memory_desc_t *weight,
                                     dnnl_primitive_desc_t *out) {
    dnnl_convolution_desc_t operation;
    dnnl_primitive_attr_t attributes = NULL;
    MIXUP_TRY(init_forward(pass->details, builder_has_backward(to), weight, &operation));
    MIXUP_TRY(dnnl_activation_attributes(builder_absorbed(to, pass->node), &attributes));
    const mixup_status status = dnnl_describe(to, &operation, attributes, NULL, out);
    if (attributes != NULL)
        dnnl_primitive_attr_destroy(attributes);
    return status;
}

/* Describes a backward operation, with a forward one as its hint. */
static mixup_status describe_backward(builder *to, const conv_shape *c,
                                      const dnnl_convolution_desc_t *operation, dnnl_primitive_desc_t *out) {
    dnnl_convolution_desc_t forward;
    dnnl_primitive_desc_t hint = NULL;
    MIXUP_TRY(init_forward(c, true, &c->weight, &forward));
    MIXUP_TRY(dnnl_describe(to, &forward, NULL, NULL, &hint));
    const mixup_status status = dnnl_describe(to, operation, NULL, hint, out);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

static mixup_status describe_backward_data(builder *to, const dnnl_pass *pass,
                                           const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out) {
    const conv_shape *c = pass->details;
    dnnl_convolution_desc_t operation;
    dnnl_dims_t behind = {0};
    padding_behind(c, weight, behind);
    MIXUP_TRY(dnnl_check(dnnl_dilated_convolution_backward_data_desc_init(
                             &operation, dnnl_convolution_direct, &c->input, weight, &c->output, c->strides,
                             c->dilates, c->padding, behind),
                         "convolution backward"));
    return describe_backward(to, c, &operation, out);
}

static mixup_status describe_backward_weights(builder *to, const conv_shape *c,
                                              const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out) {
    dnnl_convolution_desc_t operation;
    dnnl_dims_t behind = {0};
    padding_behind(c, weight, behind);
    MIXUP_TRY(dnnl_check(
        dnnl_dilated_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct, &c->input,
                                                            weight, c->biased ? &c->bias : NULL, &c->output,
                                                            c->strides, c->dilates, c->padding, behind),
        "convolution backward"));
    return describe_backward(to, c, &operation, out);
}

/* ---- the passes */

/* Binds a state that the primitive reads, converted to the layout that it wants. */
static mixup_status bind_read(builder *to, dnnl_call *call, int argument, size_t buffer, const shape *sample,
                              const dnnl_memory_desc_t *wanted) {
    size_t converted = BUFFER_NONE;
    MIXUP_TRY(dnnl_convert(to, buffer, sample, wanted, &converted));
    return dnnl_call_buffer(to, call, argument, wanted, converted);
}

mixup_status dnnl_conv2d_forward(builder *to, size_t node) {
    conv_shape c;
    MIXUP_TRY(describe_shape(builder_graph(to), builder_node(to, node), builder_batch(to), &c));
    const dnnl_pass pass = {.node = node, .describe = describe_forward, .details = &c};
    dnnl_primitive_desc_t description = NULL;
    dnnl_memory_desc_t weight;
    void *values = NULL;
    dnnl_call *call = NULL;
    size_t output = BUFFER_NONE;
    MIXUP_TRY(dnnl_describe_reader(to, &pass, &description, &weight, &values));
    const dnnl_memory_desc_t input_layout = *dnnl_primitive_desc_query_md(description, dnnl_query_src_md, 0);
    const dnnl_memory_desc_t output_layout = *dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0);
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_memory(to, call, DNNL_ARG_WEIGHTS, &weight, values));
    if (c.biased)
        MIXUP_TRY(dnnl_call_memory(to, call, DNNL_ARG_BIAS, &c.bias, builder_parameter(to, node, 1)));
    MIXUP_TRY(bind_read(to, call, DNNL_ARG_SRC, builder_input(to, node, 0), dnnl_input_shape(to, node, 0),
                        &input_layout));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(dnnl_set_state(to, output, dnnl_output_shape(to, node), &output_layout));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &output_layout, output));
    return dnnl_call_emit(to, call);
}

static mixup_status emit_input_gradient(builder *to, size_t node, const conv_shape *c,
                                        size_t output_gradient) {
    const dnnl_pass pass = {.node = node, .describe = describe_backward_data, .details = c};
    dnnl_primitive_desc_t description = NULL;
    dnnl_memory_desc_t weight;
    void *values = NULL;
    dnnl_call *call = NULL;
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(dnnl_describe_reader(to, &pass, &description, &weight, &values));
    const dnnl_memory_desc_t input_layout =
        *dnnl_primitive_desc_query_md(description, dnnl_query_diff_src_md, 0);
    const dnnl_memory_desc_t output_layout =
        *dnnl_primitive_desc_query_md(description, dnnl_query_diff_dst_md, 0);
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_memory(to, call, DNNL_ARG_WEIGHTS, &weight, values));
    MIXUP_TRY(
        bind_read(to, call, DNNL_ARG_DIFF_DST, output_gradient, dnnl_output_shape(to, node), &output_layout));
    MIXUP_TRY(dnnl_set_state(to, gradient, dnnl_input_shape(to, node, 0), &input_layout));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_SRC, &input_layout, gradient));
    MIXUP_TRY(dnnl_call_emit(to, call));
    return builder_input_gradient_done(to, node, 0, gradient);
}

/* Emits gradient = the filters' gradient in the store's layout, from the layout that the pass made it in. */
static mixup_status store_gradient(builder *to, size_t made, const dnnl_memory_desc_t *made_layout,
                                   size_t gradient, const dnnl_memory_desc_t *stored) {
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    MIXUP_TRY(dnnl_check(dnnl_reorder_primitive_desc_create(&description, made_layout, dnnl_handle(to),
                                                            stored, dnnl_handle(to), NULL),
                         "describing a reorder"));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_FROM, made_layout, made));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_TO, stored, gradient));
    return dnnl_call_emit(to, call);
}

static size_t values_of(const dnnl_memory_desc_t *layout) {
    return dnnl_memory_desc_get_size(layout) / sizeof(real);
}

static mixup_status emit_pass(builder *to, size_t node, const conv_shape *c, size_t output_gradient,
                              const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t description,
                              size_t gradient, size_t bias) {
    const dnnl_memory_desc_t input_layout = *dnnl_primitive_desc_query_md(description, dnnl_query_src_md, 0);
    const dnnl_memory_desc_t output_layout =
        *dnnl_primitive_desc_query_md(description, dnnl_query_diff_dst_md, 0);
    dnnl_call *call = NULL;
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(bind_read(to, call, DNNL_ARG_SRC, builder_input(to, node, 0), dnnl_input_shape(to, node, 0),
                        &input_layout));
    MIXUP_TRY(
        bind_read(to, call, DNNL_ARG_DIFF_DST, output_gradient, dnnl_output_shape(to, node), &output_layout));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_WEIGHTS, weight, gradient));
    if (c->biased)
        MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_BIAS, &c->bias, bias));
    return dnnl_call_emit(to, call);
}

static mixup_status emit_parameter_gradients(builder *to, size_t node, const conv_shape *c,
                                             size_t output_gradient) {
    const dnnl_memory_desc_t stored = dnnl_weight_layout(to, node);
    dnnl_memory_desc_t weight = stored;
    dnnl_primitive_desc_t description = NULL;
    size_t wanted[2] = {BUFFER_NONE, BUFFER_NONE};
    MIXUP_TRY(builder_parameter_gradient(to, node, 0, &wanted[0]));
    if (c->biased)
        MIXUP_TRY(builder_parameter_gradient(to, node, 1, &wanted[1]));
    if (wanted[0] == BUFFER_NONE && wanted[1] == BUFFER_NONE)
        return MIXUP_OK;
    const mixup_status first = describe_backward_weights(to, c, &stored, &description);
    if (first != MIXUP_OK || dnnl_is_slow(description)) {
        if (first == MIXUP_OK)
            dnnl_primitive_desc_destroy(description);
        MIXUP_TRY(describe_backward_weights(to, c, &c->weight, &description));
        weight = *dnnl_primitive_desc_query_md(description, dnnl_query_diff_weights_md, 0);
    }
    size_t gradient = wanted[0];
    size_t bias = wanted[1];
    const bool direct = gradient != BUFFER_NONE && dnnl_memory_desc_equal(&weight, &stored);
    mixup_status status = direct ? MIXUP_OK : builder_buffer(to, values_of(&weight), &gradient);
    if (status == MIXUP_OK && c->biased && bias == BUFFER_NONE)
        status = builder_buffer(to, values_of(&c->bias), &bias);
    if (status != MIXUP_OK) {
        dnnl_primitive_desc_destroy(description);
        return status;
    }
    MIXUP_TRY(emit_pass(to, node, c, output_gradient, &weight, description, gradient, bias));
    if (!direct && wanted[0] != BUFFER_NONE)
        MIXUP_TRY(store_gradient(to, gradient, &weight, wanted[0], &stored));
    MIXUP_TRY(builder_parameter_gradient_done(to, node, 0, wanted[0]));
    return c->biased ? builder_parameter_gradient_done(to, node, 1, wanted[1]) : MIXUP_OK;
}

mixup_status dnnl_conv2d_backward(builder *to, size_t node) {
    const graph_node *activation = builder_absorbed(to, node);
    size_t output_gradient = builder_output_gradient(to, node);
    conv_shape c;
    MIXUP_TRY(describe_shape(builder_graph(to), builder_node(to, node), builder_batch(to), &c));
    if (activation != NULL)
        MIXUP_TRY(dnnl_activation_gradient(to, activation, builder_known_output(to, node),
                                           dnnl_output_shape(to, node), &output_gradient));
    MIXUP_TRY(
        emit_input_gradient(to, node, &c, output_gradient)); /* reads the filters: before their update */
    return emit_parameter_gradients(to, node, &c, output_gradient);
}
