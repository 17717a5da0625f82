/* engine/dnnl/inner_product: dense layers by oneDNN, where there are no kernels of our own (dense.c): inner
 * products of plain states with the activation as a post-op. */
#include "engine/dnnl/dnnl_engine.h"
#include "engine/reference/kernels.h"

#include <omp.h>

/* The batch for which the layout of the weights is chosen. Training batches are of this order, and on AVX-512
 * the choice does not depend on it. */
enum { NOMINAL_BATCH = 128 };

/* A product with a side as narrow as this runs on one thread: it is done before a second one would have
 * started, and without AVX-512 oneDNN would divide its inner sum, so that the bits would depend on the number
 * of threads. */
enum { NARROW = 16 };

typedef struct dense_layouts {
    dnnl_memory_desc_t input, weight, bias, output; /* [batch][features], store's, [units], [batch][units] */
    bool biased;
} dense_layouts;

static mixup_status any_weight(size_t units, size_t features, dnnl_memory_desc_t *out) {
    const dnnl_dims_t sizes = {(dnnl_dim_t)units, (dnnl_dim_t)features};
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, 2, sizes, dnnl_f32, dnnl_format_tag_any),
                      "describing a weight");
}

mixup_status dnnl_inner_product_layout(dnnl_engine_t handle, size_t units, size_t features,
                                       dnnl_memory_desc_t *out) {
    dnnl_memory_desc_t input;
    dnnl_memory_desc_t weight;
    dnnl_memory_desc_t output;
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_desc_t description = NULL;
    MIXUP_TRY(dnnl_plain(NOMINAL_BATCH, features, &input));
    MIXUP_TRY(dnnl_plain(NOMINAL_BATCH, units, &output));
    MIXUP_TRY(any_weight(units, features, &weight));
    MIXUP_TRY(dnnl_check(dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_training, &input,
                                                              &weight, NULL, &output),
                         "inner product"));
    MIXUP_TRY(dnnl_check(dnnl_primitive_desc_create(&description, &operation, NULL, handle, NULL),
                         "describing an inner product"));
    *out = *dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    dnnl_primitive_desc_destroy(description);
    return MIXUP_OK;
}

static mixup_status find_layouts(const builder *to, size_t node, dense_layouts *out) {
    out->biased = builder_node(to, node)->parameter_count > 1;
    out->weight = dnnl_weight_layout(to, node);
    MIXUP_TRY(dnnl_plain(builder_batch(to), reference_input_width(to, node, 0), &out->input));
    MIXUP_TRY(dnnl_plain(builder_batch(to), reference_output_width(to, node), &out->output));
    return dnnl_vector(reference_output_width(to, node), &out->bias);
}

/* ---- descriptions */

static mixup_status describe_forward(builder *to, const dnnl_pass *pass, const dnnl_memory_desc_t *weight,
                                     dnnl_primitive_desc_t *out) {
    const dense_layouts *layouts = pass->details;
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_attr_t attributes = NULL;
    MIXUP_TRY(
        dnnl_check(dnnl_inner_product_forward_desc_init(
                       &operation, builder_has_backward(to) ? dnnl_forward_training : dnnl_forward_inference,
                       &layouts->input, weight, layouts->biased ? &layouts->bias : NULL, &layouts->output),
                   "inner product"));
    MIXUP_TRY(dnnl_activation_attributes(builder_absorbed(to, pass->node), &attributes));
    const mixup_status status = dnnl_describe(to, &operation, attributes, NULL, out);
    if (attributes != NULL)
        dnnl_primitive_attr_destroy(attributes);
    return status;
}

/* A forward description without activation, which backward ones need as a hint. */
static mixup_status describe_hint(builder *to, const dense_layouts *layouts, dnnl_primitive_desc_t *out) {
    dnnl_inner_product_desc_t operation;
    MIXUP_TRY(dnnl_check(dnnl_inner_product_forward_desc_init(
                             &operation, dnnl_forward_training, &layouts->input, &layouts->weight,
                             layouts->biased ? &layouts->bias : NULL, &layouts->output),
                         "inner product"));
    return dnnl_describe(to, &operation, NULL, NULL, out);
}

static mixup_status describe_backward_data(builder *to, const dnnl_pass *pass,
                                           const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out) {
    const dense_layouts *layouts = pass->details;
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_desc_t hint = NULL;
    MIXUP_TRY(dnnl_check(dnnl_inner_product_backward_data_desc_init(&operation, &layouts->input, weight,
                                                                    &layouts->output),
                         "inner product backward"));
    MIXUP_TRY(describe_hint(to, layouts, &hint));
    const mixup_status status = dnnl_describe(to, &operation, NULL, hint, out);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

static mixup_status describe_backward_weights(builder *to, const dense_layouts *layouts,
                                              dnnl_primitive_desc_t *out) {
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_desc_t hint = NULL;
    MIXUP_TRY(dnnl_check(dnnl_inner_product_backward_weights_desc_init(
                             &operation, &layouts->input, &layouts->weight,
                             layouts->biased ? &layouts->bias : NULL, &layouts->output),
                         "inner product backward"));
    MIXUP_TRY(describe_hint(to, layouts, &hint));
    const mixup_status status = dnnl_describe(to, &operation, NULL, hint, out);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

/* A call of a pass that reads the weights, with them as its argument. */
static mixup_status create_reader(builder *to, size_t node, const dense_layouts *layouts,
                                  dnnl_describe_pass describe, dnnl_call **out) {
    const dnnl_pass pass = {.node = node, .describe = describe, .details = layouts};
    dnnl_primitive_desc_t description = NULL;
    weight_argument weight;
    MIXUP_TRY(dnnl_describe_reader(to, &pass, &description, &weight));
    MIXUP_TRY(dnnl_call_create(to, description, out));
    return dnnl_call_weight(to, *out, &weight);
}

/* ---- the passes */

static mixup_status emit_forward(builder *to, size_t node) {
    dense_layouts layouts;
    dnnl_call *call = NULL;
    size_t output = BUFFER_NONE;
    MIXUP_TRY(find_layouts(to, node, &layouts));
    MIXUP_TRY(create_reader(to, node, &layouts, describe_forward, &call));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &layouts.input, builder_input(to, node, 0)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &layouts.output, output));
    if (layouts.biased)
        MIXUP_TRY(dnnl_call_memory(to, call, DNNL_ARG_BIAS, &layouts.bias, builder_parameter(to, node, 1)));
    return dnnl_call_emit(to, call);
}

static mixup_status emit_input_gradient(builder *to, size_t node, const dense_layouts *layouts,
                                        size_t output_gradient) {
    size_t gradient = BUFFER_NONE;
    dnnl_call *call = NULL;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(create_reader(to, node, layouts, describe_backward_data, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &layouts->output, output_gradient));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_SRC, &layouts->input, gradient));
    MIXUP_TRY(dnnl_call_emit(to, call));
    return builder_input_gradient_done(to, node, 0, gradient);
}

/* The pass makes both gradients; one that nobody wants goes into a buffer of its own. */
static mixup_status bind_gradient(builder *to, dnnl_call *call, int argument,
                                  const dnnl_memory_desc_t *layout, size_t gradient) {
    if (gradient == BUFFER_NONE)
        MIXUP_TRY(builder_buffer(to, dnnl_memory_desc_get_size(layout) / sizeof(real), &gradient));
    return dnnl_call_buffer(to, call, argument, layout, gradient);
}

static mixup_status emit_parameter_gradients(builder *to, size_t node, const dense_layouts *layouts,
                                             size_t output_gradient) {
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t weight = BUFFER_NONE;
    size_t bias = BUFFER_NONE;
    MIXUP_TRY(builder_parameter_gradient(to, node, 0, &weight));
    if (layouts->biased)
        MIXUP_TRY(builder_parameter_gradient(to, node, 1, &bias));
    if (weight == BUFFER_NONE && bias == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(describe_backward_weights(to, layouts, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &layouts->input, builder_input(to, node, 0)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &layouts->output, output_gradient));
    MIXUP_TRY(bind_gradient(to, call, DNNL_ARG_DIFF_WEIGHTS, &layouts->weight, weight));
    if (layouts->biased)
        MIXUP_TRY(bind_gradient(to, call, DNNL_ARG_DIFF_BIAS, &layouts->bias, bias));
    MIXUP_TRY(dnnl_call_emit(to, call));
    MIXUP_TRY(builder_parameter_gradient_done(to, node, 0, weight));
    return layouts->biased ? builder_parameter_gradient_done(to, node, 1, bias) : MIXUP_OK;
}

static mixup_status emit_backward(builder *to, size_t node) {
    const graph_node *activation = builder_absorbed(to, node);
    size_t output_gradient = builder_output_gradient(to, node);
    dense_layouts layouts;
    MIXUP_TRY(find_layouts(to, node, &layouts));
    if (activation != NULL)
        MIXUP_TRY(dnnl_activation_gradient(to, activation, builder_known_output(to, node),
                                           dnnl_output_shape(to, node), &output_gradient));
    MIXUP_TRY(emit_input_gradient(to, node, &layouts,
                                  output_gradient)); /* reads the weights: before their update */
    return emit_parameter_gradients(to, node, &layouts, output_gradient);
}

/* Emits with one thread set where the product is narrow; a call keeps the number that it was created with. */
static mixup_status emit_divided(builder *to, size_t node, mixup_status (*emit)(builder *to, size_t node)) {
    const int threads = omp_get_max_threads();
    if (reference_input_width(to, node, 0) <= NARROW || reference_output_width(to, node) <= NARROW)
        omp_set_num_threads(1);
    const mixup_status status = emit(to, node);
    omp_set_num_threads(threads);
    return status;
}

mixup_status dnnl_inner_product_forward(builder *to, size_t node) {
    return emit_divided(to, node, emit_forward);
}

mixup_status dnnl_inner_product_backward(builder *to, size_t node) {
    return emit_divided(to, node, emit_backward);
}
