/* engine/dnnl/dense: inner products with the activation as a post-op.
 *
 * All three passes are asked for with the store's layout of the weights. Where oneDNN then has only its slow
 * reference implementation, they are asked for with a layout of its own choice, and the plan keeps a packed
 * copy of the weights that is refreshed when the values have changed. */
#include "engine/dnnl/dnnl_engine.h"
#include "engine/reference/kernels.h"

#include <string.h>

/* The batch for which the layout of the weights is chosen. Training batches are of this order, and on AVX-512
 * the choice does not depend on it. */
enum { NOMINAL_BATCH = 128 };

typedef struct dense_layouts {
    dnnl_memory_desc_t input, weight, bias, output; /* [batch][features], store's, [units], [batch][units] */
    bool biased;
} dense_layouts;

static mixup_status any_weight(size_t units, size_t features, dnnl_memory_desc_t *out) {
    const dnnl_dims_t sizes = {(dnnl_dim_t)units, (dnnl_dim_t)features};
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, 2, sizes, dnnl_f32, dnnl_format_tag_any),
                      "describing a weight");
}

static mixup_status vector_layout(size_t count, dnnl_memory_desc_t *out) {
    const dnnl_dims_t sizes = {(dnnl_dim_t)count};
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, 1, sizes, dnnl_f32, dnnl_a), "describing a bias");
}

mixup_status dnnl_dense_layout(dnnl_engine_t handle, size_t units, size_t features, dnnl_memory_desc_t *out) {
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
    const graph_node *described = builder_node(to, node);
    const parameter_item *weight = &builder_store(to)->items[described->parameters[0]];
    out->biased = described->parameter_count > 1;
    out->weight = *(const dnnl_memory_desc_t *)weight->layout;
    MIXUP_TRY(dnnl_plain(builder_batch(to), reference_input_width(to, node, 0), &out->input));
    MIXUP_TRY(dnnl_plain(builder_batch(to), reference_output_width(to, node), &out->output));
    return vector_layout(reference_output_width(to, node), &out->bias);
}

/* ---- weights in another layout */

typedef struct pack_arguments {
    const parameter_store *store;
    uint64_t version; /* of the copy; the store counts from 0, so the first run always copies */
    dnnl_primitive_t reorder;
    dnnl_stream_t stream;
    dnnl_exec_arg_t arguments[2];
} pack_arguments;

static void release_pack(void *object) {
    pack_arguments *a = object;
    for (int i = 0; i < 2; i++)
        if (a->arguments[i].memory != NULL)
            dnnl_memory_destroy(a->arguments[i].memory);
    if (a->reorder != NULL)
        dnnl_primitive_destroy(a->reorder);
    if (a->stream != NULL)
        dnnl_stream_destroy(a->stream);
}

static void run_pack(void *arguments, plan_run *run) {
    pack_arguments *a = arguments;
    if (a->version == a->store->version)
        return;
    const dnnl_status_t status = dnnl_primitive_execute(a->reorder, a->stream, 2, a->arguments);
    if (status != dnnl_success)
        run->status = dnnl_check(status, "packing weights");
    a->version = a->store->version;
}

/* Emits the copy of a weight into `wanted`; *copy is where it will be. */
static mixup_status emit_pack(builder *to, size_t node, const dense_layouts *layouts,
                              const dnnl_memory_desc_t *wanted, void **copy) {
    dnnl_engine_t handle = dnnl_handle(to);
    dnnl_primitive_desc_t description = NULL;
    pack_arguments *a = builder_arguments(to, sizeof *a);
    *copy = builder_arguments(to, dnnl_memory_desc_get_size(wanted));
    if (a == NULL || *copy == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_own(to, a, release_pack));
    a->store = builder_store(to);
    a->version = UINT64_MAX;
    a->arguments[0].arg = DNNL_ARG_FROM;
    a->arguments[1].arg = DNNL_ARG_TO;
    MIXUP_TRY(dnnl_check(dnnl_memory_create(&a->arguments[0].memory, &layouts->weight, handle,
                                            builder_parameter(to, node, 0)),
                         "describing memory"));
    MIXUP_TRY(
        dnnl_check(dnnl_memory_create(&a->arguments[1].memory, wanted, handle, *copy), "describing memory"));
    MIXUP_TRY(dnnl_check(dnnl_reorder_primitive_desc_create(&description, &layouts->weight, handle, wanted,
                                                            handle, NULL),
                         "describing a reorder"));
    const mixup_status status =
        dnnl_check(dnnl_primitive_create(&a->reorder, description), "creating a reorder");
    dnnl_primitive_desc_destroy(description);
    MIXUP_TRY(status);
    MIXUP_TRY(
        dnnl_check(dnnl_stream_create(&a->stream, handle, dnnl_stream_default_flags), "creating a stream"));
    return builder_step(to, run_pack, a);
}

static bool is_slow(const_dnnl_primitive_desc_t description) {
    const char *implementation = NULL;
    return dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, (void *)&implementation) ==
               dnnl_success &&
           strstr(implementation, "ref") != NULL;
}

/* ---- descriptions */

typedef mixup_status (*describe_function)(builder *to, size_t node, const dense_layouts *layouts,
                                          const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out);

static mixup_status describe_forward(builder *to, size_t node, const dense_layouts *layouts,
                                     const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out) {
    const graph_node *activation = builder_absorbed(to, node);
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t behind = NULL;
    MIXUP_TRY(
        dnnl_check(dnnl_inner_product_forward_desc_init(
                       &operation, builder_trains(to) ? dnnl_forward_training : dnnl_forward_inference,
                       &layouts->input, weight, layouts->biased ? &layouts->bias : NULL, &layouts->output),
                   "inner product"));
    if (activation == NULL)
        return dnnl_describe(to, &operation, NULL, NULL, out);
    dnnl_alg_kind_t kind;
    dnnl_activation(activation->activation, false, &kind);
    const bool sloped = activation->activation == MIXUP_LEAKY_RELU || activation->activation == MIXUP_ELU;
    dnnl_status_t status = dnnl_post_ops_create(&behind);
    if (status == dnnl_success)
        status = dnnl_post_ops_append_eltwise(behind, 1.0f, kind,
                                              sloped ? activation->attributes->slope : 0.0f, 0.0f);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_create(&attributes);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(attributes, behind);
    mixup_status result = dnnl_check(status, "preparing an activation");
    if (result == MIXUP_OK)
        result = dnnl_describe(to, &operation, attributes, NULL, out);
    if (attributes != NULL)
        dnnl_primitive_attr_destroy(attributes);
    if (behind != NULL)
        dnnl_post_ops_destroy(behind);
    return result;
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

static mixup_status describe_backward_data(builder *to, size_t node, const dense_layouts *layouts,
                                           const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out) {
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_desc_t hint = NULL;
    (void)node;
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

/* A call of a pass that reads the weights, with them as its argument in whatever layout is fast. */
static mixup_status create_reader(builder *to, size_t node, const dense_layouts *layouts,
                                  describe_function describe, dnnl_call **out) {
    dnnl_memory_desc_t weight = layouts->weight;
    void *values = builder_parameter(to, node, 0);
    dnnl_primitive_desc_t description = NULL;
    MIXUP_TRY(describe(to, node, layouts, &weight, &description));
    if (is_slow(description)) {
        dnnl_primitive_desc_destroy(description);
        MIXUP_TRY(any_weight((size_t)weight.dims[0], (size_t)weight.dims[1], &weight));
        MIXUP_TRY(describe(to, node, layouts, &weight, &description));
        weight = *dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
        const mixup_status status = dnnl_memory_desc_equal(&weight, &layouts->weight)
                                        ? MIXUP_OK
                                        : emit_pack(to, node, layouts, &weight, &values);
        if (status != MIXUP_OK) {
            dnnl_primitive_desc_destroy(description);
            return status;
        }
    }
    MIXUP_TRY(dnnl_call_create(to, description, out));
    return dnnl_call_memory(to, *out, DNNL_ARG_WEIGHTS, &weight, values);
}

/* ---- the passes */

mixup_status dnnl_dense_forward(builder *to, size_t node) {
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

static mixup_status emit_input_gradient(builder *to, size_t node, const dense_layouts *layouts) {
    size_t gradient = BUFFER_NONE;
    dnnl_call *call = NULL;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(create_reader(to, node, layouts, describe_backward_data, &call));
    MIXUP_TRY(
        dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &layouts->output, builder_output_gradient(to, node)));
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

static mixup_status emit_parameter_gradients(builder *to, size_t node, const dense_layouts *layouts) {
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
    MIXUP_TRY(
        dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &layouts->output, builder_output_gradient(to, node)));
    MIXUP_TRY(bind_gradient(to, call, DNNL_ARG_DIFF_WEIGHTS, &layouts->weight, weight));
    if (layouts->biased)
        MIXUP_TRY(bind_gradient(to, call, DNNL_ARG_DIFF_BIAS, &layouts->bias, bias));
    MIXUP_TRY(dnnl_call_emit(to, call));
    MIXUP_TRY(builder_parameter_gradient_done(to, node, 0, weight));
    return layouts->biased ? builder_parameter_gradient_done(to, node, 1, bias) : MIXUP_OK;
}

mixup_status dnnl_dense_backward(builder *to, size_t node) {
    const graph_node *activation = builder_absorbed(to, node);
    dense_layouts layouts;
    MIXUP_TRY(find_layouts(to, node, &layouts));
    if (activation != NULL)
        MIXUP_TRY(dnnl_activation_gradient(to, activation, builder_known_output(to, node),
                                           builder_output_gradient(to, node),
                                           reference_output_width(to, node)));
    MIXUP_TRY(emit_input_gradient(to, node, &layouts)); /* reads the weights: before their update */
    return emit_parameter_gradients(to, node, &layouts);
}
