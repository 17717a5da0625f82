/* engine/dnnl/conv2d: the passes of a convolution, with the activation as a post-op. In direct ones oneDNN
 * chooses the layouts of states; the filters stay in the layout of the forward pass, and a backward pass that
 * wants another one gets a packed copy. */
#include "engine/dnnl/conv2d.h"

/* ---- the passes */

/* Binds a state that the primitive reads, converted to the layout that it wants. */
static mixup_status bind_read(builder *to, dnnl_call *call, int argument, size_t buffer, const shape *sample,
                              const dnnl_memory_desc_t *wanted) {
    size_t converted = BUFFER_NONE;
    MIXUP_TRY(dnnl_convert(to, buffer, sample, wanted, &converted));
    return dnnl_call_buffer(to, call, argument, wanted, converted);
}

static mixup_status describe_alone(builder *to, size_t node, const conv_shape *c,
                                   dnnl_memory_desc_t *output) {
    const dnnl_pass pass = conv2d_pass(node, c, conv2d_describe_forward);
    dnnl_primitive_desc_t description = NULL;
    dnnl_memory_desc_t weight;
    MIXUP_TRY(dnnl_describe_fast(to, &pass, &description, &weight));
    *output = *dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0);
    dnnl_primitive_desc_destroy(description);
    return MIXUP_OK;
}

/* Leaves the ways that may write `output`, which is then fixed. */
static void keep_output(conv_shape *c, const dnnl_memory_desc_t *output) {
    size_t kept = 0;
    for (size_t way = 0; way < c->way_count; way++) {
        if (c->ways[way].output.data_type != output->data_type)
            continue;
        c->ways[kept] = c->ways[way];
        c->ways[kept++].output = *output;
    }
    c->way_count = kept;
}

/* What is folded in needs to know the layout of the output, which is the one of the convolution alone. */
static mixup_status prepare_fold(builder *to, size_t node, conv_shape *c, conv_fold *fold) {
    dnnl_memory_desc_t output;
    MIXUP_TRY(conv2d_fold(to, node, fold));
    c->biased = c->biased && fold->scale == BUFFER_NONE;
    MIXUP_TRY(describe_alone(to, node, c, &output));
    keep_output(c, &output);
    c->fold = fold;
    return fold->addend == BUFFER_NONE
               ? MIXUP_OK
               : dnnl_convert(to, fold->addend, dnnl_output_shape(to, node), &output, &fold->addend);
}

static mixup_status emit_forward(builder *to, size_t node) {
    conv_shape c;
    conv_fold fold;
    MIXUP_TRY(conv2d_describe_shape(builder_graph(to), builder_node(to, node), builder_batch(to),
                                    builder_engine(to)->precision, &c));
    MIXUP_TRY(prepare_fold(to, node, &c, &fold));
    const dnnl_pass pass = conv2d_pass(node, &c, conv2d_describe_forward);
    dnnl_primitive_desc_t description = NULL;
    weight_argument weight;
    dnnl_call *call = NULL;
    size_t output = BUFFER_NONE;
    MIXUP_TRY(dnnl_describe_reader(to, &pass, &description, &weight));
    const dnnl_memory_desc_t input_layout = *dnnl_primitive_desc_query_md(description, dnnl_query_src_md, 0);
    const dnnl_memory_desc_t output_layout = *dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0);
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_weight(to, call, &weight));
    if (c.biased)
        MIXUP_TRY(dnnl_call_memory(to, call, DNNL_ARG_BIAS, &c.bias, builder_parameter(to, node, 1)));
    MIXUP_TRY(conv2d_fold_bind(to, call, &fold, &output_layout));
    MIXUP_TRY(bind_read(to, call, DNNL_ARG_SRC, builder_input(to, node, 0), dnnl_input_shape(to, node, 0),
                        &input_layout));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(dnnl_set_state(to, output, dnnl_output_shape(to, node), &output_layout));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &output_layout, output));
    return dnnl_call_emit(to, call);
}

static mixup_status emit_input_gradient(builder *to, size_t node, const conv_shape *c,
                                        size_t output_gradient) {
    const dnnl_pass pass = conv2d_pass(node, c, conv2d_describe_backward_data);
    dnnl_primitive_desc_t description = NULL;
    weight_argument weight;
    dnnl_call *call = NULL;
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(dnnl_describe_reader(to, &pass, &description, &weight));
    const dnnl_memory_desc_t input_layout =
        *dnnl_primitive_desc_query_md(description, dnnl_query_diff_src_md, 0);
    const dnnl_memory_desc_t output_layout =
        *dnnl_primitive_desc_query_md(description, dnnl_query_diff_dst_md, 0);
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_weight(to, call, &weight));
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
    const dnnl_pass pass = conv2d_pass(node, c, conv2d_describe_backward_weights);
    dnnl_memory_desc_t weight;
    dnnl_primitive_desc_t description = NULL;
    size_t wanted[2] = {BUFFER_NONE, BUFFER_NONE};
    MIXUP_TRY(builder_parameter_gradient(to, node, 0, &wanted[0]));
    if (c->biased)
        MIXUP_TRY(builder_parameter_gradient(to, node, 1, &wanted[1]));
    if (wanted[0] == BUFFER_NONE && wanted[1] == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(dnnl_describe_fast(to, &pass, &description, &weight));
    size_t gradient = wanted[0];
    size_t bias = wanted[1];
    const bool direct = gradient != BUFFER_NONE && dnnl_memory_desc_equal(&weight, &stored);
    mixup_status status = direct ? MIXUP_OK : builder_buffer(to, dnnl_stored_values(&weight), &gradient);
    if (status == MIXUP_OK && c->biased && bias == BUFFER_NONE)
        status = builder_buffer(to, dnnl_stored_values(&c->bias), &bias);
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

static mixup_status emit_backward(builder *to, size_t node, size_t output_gradient) {
    conv_shape c;
    MIXUP_TRY(conv2d_describe_shape(builder_graph(to), builder_node(to, node), builder_batch(to),
                                    builder_engine(to)->precision, &c));
    MIXUP_TRY(emit_input_gradient(to, node, &c, output_gradient));
    return emit_parameter_gradients(to, node, &c, output_gradient);
}

/* ---- choosing */

/* The store's layout was chosen for a nominal batch, by which it may have become another one. */
bool conv2d_takes_winograd(const builder *to, size_t node) {
    const dnnl_backend *self = (const dnnl_backend *)builder_engine(to);
    const graph_node *described = builder_node(to, node);
    const dnnl_memory_desc_t stored = dnnl_weight_layout(to, node);
    dnnl_memory_desc_t needed;
    return conv2d_wins_by_winograd(self, builder_graph(to), described, builder_batch(to)) &&
           conv2d_winograd_layout(self, builder_graph(to), described, &needed) == MIXUP_OK &&
           dnnl_memory_desc_equal(&stored, &needed);
}

mixup_status dnnl_conv2d_forward(builder *to, size_t node) {
    return conv2d_takes_winograd(to, node) ? conv2d_winograd_forward(to, node) : emit_forward(to, node);
}

mixup_status dnnl_conv2d_backward(builder *to, size_t node) {
    const graph_node *activation = builder_absorbed(to, node);
    size_t output_gradient = builder_output_gradient(to, node);
    if (activation != NULL)
        MIXUP_TRY(dnnl_activation_gradient(to, activation, builder_known_output(to, node),
                                           dnnl_output_shape(to, node), &output_gradient));
    if (!conv2d_takes_winograd(to, node))
        return emit_backward(to, node, output_gradient);
    MIXUP_TRY(conv2d_winograd_input_gradient(to, node, output_gradient)); /* before the filters' update */
    return conv2d_winograd_parameter_gradients(to, node, output_gradient);
}
