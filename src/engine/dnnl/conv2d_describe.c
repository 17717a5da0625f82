/* engine/dnnl/conv2d_describe: direct convolutions as oneDNN sees them; see conv2d.h. */
#include "engine/dnnl/conv2d.h"

enum { NOMINAL_BATCH = 128 }; /* for which the layout of the filters is chosen */

/* ---- shapes */

int conv2d_weight_dims(const graph *network, const graph_node *node, dnnl_dims_t dims) {
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

/* ---- the layout of states
 *
 * Left alone, oneDNN pads 8 channels to the 16 of an AVX-512 register. In blocks of 8 they take half the
 * memory and, with the kernels for AVX2, half the time; a neighbour of more channels follows suit. */
enum { NARROW_CHANNELS = 8 };

static bool is_narrow(const shape *states) {
    return states->sizes[0] == NARROW_CHANNELS;
}

static mixup_status describe_states(size_t batch, const shape *sample, dnnl_data_type_t type, bool narrow,
                                    dnnl_memory_desc_t *out) {
    MIXUP_TRY(dnnl_any_state(batch, sample, type, out));
    if (!narrow)
        return MIXUP_OK;
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, out->ndims, out->dims, dnnl_f32, dnnl_aBcd8b),
                      "describing a layout");
}

static mixup_status add_way(const graph *network, const graph_node *node, size_t batch, dnnl_data_type_t type,
                            bool narrow, conv_shape *to) {
    const shape *in = &network->values[node->inputs[0]].shape;
    const shape *made = &network->values[node->output].shape;
    conv_way *way = &to->ways[to->way_count++];
    MIXUP_TRY(describe_states(batch, in, type, narrow && is_narrow(in), &way->input));
    return describe_states(batch, made, type, narrow && is_narrow(made), &way->output);
}

/* In bf16 there are blocks of 16 only; what oneDNN cannot do in it, or has slow code alone for, is f32. */
static mixup_status add_ways(const graph *network, const graph_node *node, size_t batch,
                             mixup_precision precision, conv_shape *to) {
    const bool bf16 = precision == MIXUP_PRECISION_BF16;
    const bool narrow = !bf16 && node->attributes->groups == 1 &&
                        (is_narrow(&network->values[node->inputs[0]].shape) ||
                         is_narrow(&network->values[node->output].shape));
    if (bf16)
        MIXUP_TRY(add_way(network, node, batch, dnnl_bf16, false, to));
    if (narrow)
        MIXUP_TRY(add_way(network, node, batch, dnnl_f32, true, to));
    return add_way(network, node, batch, dnnl_f32, false, to);
}

/* ---- all of it */

/* The padding behind may cover less than the padding before where the stride leaves rows over. */
static void describe_window(const mixup_layer *layer, const shape *in, const shape *made, conv_shape *out) {
    for (int i = 0; i < 2; i++) {
        out->strides[i] = (dnnl_dim_t)layer->stride[i];
        out->dilates[i] = (dnnl_dim_t)layer->dilation[i] - 1; /* oneDNN counts from 0 */
        out->padding[i] = (dnnl_dim_t)layer->padding[i];
        const dnnl_dim_t covered = (dnnl_dim_t)(layer->dilation[i] * (layer->kernel[i] - 1) + 1);
        const dnnl_dim_t last = ((dnnl_dim_t)made->sizes[1 + i] - 1) * out->strides[i] + covered;
        out->behind[i] = last - (dnnl_dim_t)in->sizes[1 + i] - out->padding[i];
    }
}

mixup_status conv2d_describe_shape(const graph *network, const graph_node *node, size_t batch,
                                   mixup_precision precision, conv_shape *out) {
    const shape *in = &network->values[node->inputs[0]].shape;
    const shape *made = &network->values[node->output].shape;
    dnnl_dims_t weight = {0};
    *out = (conv_shape){.biased = node->parameter_count > 1};
    const int rank = conv2d_weight_dims(network, node, weight);
    describe_window(node->attributes, in, made, out);
    MIXUP_TRY(add_ways(network, node, batch, precision, out));
    MIXUP_TRY(dnnl_vector(made->sizes[0], &out->bias));
    return dnnl_check(dnnl_memory_desc_init_by_tag(&out->weight, rank, weight, dnnl_f32, dnnl_format_tag_any),
                      "describing filters");
}

dnnl_pass conv2d_pass(size_t node, const conv_shape *described, dnnl_describe_pass describe) {
    return (dnnl_pass){
        .node = node, .describe = describe, .details = described, .more_ways = described->way_count - 1};
}

/* ---- descriptions */

/* The same layout in the type that this way reads. */
static dnnl_memory_desc_t read_filters(const conv_way *way, const dnnl_memory_desc_t *weight) {
    dnnl_memory_desc_t filters = *weight;
    filters.data_type = way->input.data_type;
    return filters;
}

/* Prediction is described as training too: for inference oneDNN prefers channels last, where Winograd's and
 * batch norm's blocks would have to be converted. */
static mixup_status init_forward(const conv_shape *c, const conv_way *way, const dnnl_memory_desc_t *weight,
                                 dnnl_convolution_desc_t *out) {
    const dnnl_memory_desc_t filters = read_filters(way, weight);
    return dnnl_check(dnnl_dilated_convolution_forward_desc_init(
                          out, dnnl_forward_training, dnnl_convolution_direct, &way->input, &filters,
                          c->biased ? &c->bias : NULL, &way->output, c->strides, c->dilates, c->padding,
                          c->behind),
                      "convolution");
}

mixup_status dnnl_conv2d_layout(const dnnl_backend *self, const graph *network, const graph_node *node,
                                dnnl_memory_desc_t *out) {
    conv_shape c;
    if (conv2d_wins_by_winograd(self, network, node, NOMINAL_BATCH))
        return conv2d_winograd_layout(self, network, node, out);
    dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status = dnnl_success;
    MIXUP_TRY(conv2d_describe_shape(network, node, NOMINAL_BATCH, MIXUP_PRECISION_F32, &c));
    for (size_t way = 0; way < c.way_count; way++) {
        dnnl_convolution_desc_t operation;
        MIXUP_TRY(init_forward(&c, &c.ways[way], &c.weight, &operation));
        status = dnnl_primitive_desc_create(&description, &operation, NULL, self->handle, NULL);
        if (status == dnnl_success && (way + 1 == c.way_count || !dnnl_is_slow(description)))
            break;
        if (status == dnnl_success)
            dnnl_primitive_desc_destroy(description);
    }
    MIXUP_TRY(dnnl_check(status, "describing a convolution"));
    *out = *dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    dnnl_primitive_desc_destroy(description);
    return MIXUP_OK;
}

mixup_status conv2d_describe_forward(builder *to, const dnnl_pass *pass, const dnnl_memory_desc_t *weight,
                                     dnnl_primitive_desc_t *out) {
    dnnl_convolution_desc_t operation;
    dnnl_primitive_attr_t attributes = NULL;
    const conv_shape *c = pass->details;
    MIXUP_TRY(init_forward(c, &c->ways[pass->way], weight, &operation));
    if (c->fold != NULL)
        MIXUP_TRY(conv2d_fold_attributes(c->fold, &c->ways[pass->way].output, &attributes));
    const mixup_status status = dnnl_describe(to, &operation, attributes, NULL, out);
    if (attributes != NULL)
        dnnl_primitive_attr_destroy(attributes);
    return status;
}

/* Describes a backward operation, with a forward one as its hint. */
static mixup_status describe_backward(builder *to, const conv_shape *c, const conv_way *way,
                                      const dnnl_convolution_desc_t *operation, dnnl_primitive_desc_t *out) {
    dnnl_convolution_desc_t forward;
    dnnl_primitive_desc_t hint = NULL;
    MIXUP_TRY(init_forward(c, way, &c->weight, &forward));
    MIXUP_TRY(dnnl_describe(to, &forward, NULL, NULL, &hint));
    const mixup_status status = dnnl_describe(to, operation, NULL, hint, out);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

mixup_status conv2d_describe_backward_data(builder *to, const dnnl_pass *pass,
                                           const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out) {
    const conv_shape *c = pass->details;
    dnnl_convolution_desc_t operation;
    const conv_way *way = &c->ways[pass->way];
    const dnnl_memory_desc_t filters = read_filters(way, weight);
    MIXUP_TRY(dnnl_check(dnnl_dilated_convolution_backward_data_desc_init(
                             &operation, dnnl_convolution_direct, &way->input, &filters, &way->output,
                             c->strides, c->dilates, c->padding, c->behind),
                         "convolution backward"));
    return describe_backward(to, c, way, &operation, out);
}

mixup_status conv2d_describe_backward_weights(builder *to, const dnnl_pass *pass,
                                              const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out) {
    const conv_shape *c = pass->details;
    dnnl_convolution_desc_t operation;
    const conv_way *way = &c->ways[pass->way];
    MIXUP_TRY(dnnl_check(
        dnnl_dilated_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct, &way->input,
                                                            weight, c->biased ? &c->bias : NULL, &way->output,
                                                            c->strides, c->dilates, c->padding, c->behind),
        "convolution backward"));
    return describe_backward(to, c, way, &operation, out);
}
