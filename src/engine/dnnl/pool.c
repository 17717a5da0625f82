/* engine/dnnl/pool: maximum, average and global average pooling. */
#include "engine/dnnl/dnnl_engine.h"

enum { KEPT_WORKSPACE = 0 }; /* of maximum pooling: where the maxima were */

typedef struct pool_shape {
    dnnl_alg_kind_t kind;
    dnnl_memory_desc_t input, output; /* output: any layout */
    dnnl_dims_t kernel, strides, dilates, padding, behind;
    bool global;
} pool_shape;

/* What oneDNN makes: of a global average, which we see as [channels], an image of one position. */
static shape output_sample(const builder *to, size_t node) {
    const shape *sample = dnnl_output_shape(to, node);
    if (sample->rank == 3)
        return *sample;
    return (shape){.rank = 3, .sizes = {sample->sizes[0], 1, 1}};
}

static mixup_status describe_shape(builder *to, size_t node, pool_shape *p) {
    const graph_node *described = builder_node(to, node);
    const mixup_layer *layer = described->attributes;
    const shape *in = dnnl_input_shape(to, node, 0);
    *p = (pool_shape){.kind = described->op == MIXUP_MAX_POOL ? dnnl_pooling_max
                                                              : dnnl_pooling_avg_include_padding,
                      .global = described->op == MIXUP_GLOBAL_AVERAGE_POOL};
    MIXUP_TRY(dnnl_state(to, builder_input(to, node, 0), in, &p->input));
    const shape out = output_sample(to, node);
    MIXUP_TRY(dnnl_any_state(builder_batch(to), &out, p->input.data_type, &p->output));
    for (int i = 0; i < 2; i++) {
        p->kernel[i] = (dnnl_dim_t)(p->global ? in->sizes[1 + i] : layer->kernel[i]);
        p->strides[i] = p->global ? 1 : (dnnl_dim_t)layer->stride[i];
        p->dilates[i] = p->global ? 0 : (dnnl_dim_t)layer->dilation[i] - 1;
        p->padding[i] = p->global ? 0 : (dnnl_dim_t)layer->padding[i];
        const dnnl_dim_t covered = (p->dilates[i] + 1) * (p->kernel[i] - 1) + 1;
        p->behind[i] =
            (p->output.dims[2 + i] - 1) * p->strides[i] + covered - p->input.dims[2 + i] - p->padding[i];
    }
    return MIXUP_OK;
}

static mixup_status describe_forward(builder *to, const pool_shape *p, dnnl_primitive_desc_t *out) {
    dnnl_pooling_v2_desc_t operation;
    MIXUP_TRY(dnnl_check(
        dnnl_pooling_v2_forward_desc_init(
            &operation, builder_has_backward(to) ? dnnl_forward_training : dnnl_forward_inference, p->kind,
            &p->input, &p->output, p->strides, p->kernel, p->dilates, p->padding, p->behind),
        "pooling"));
    return dnnl_describe(to, &operation, NULL, NULL, out);
}

static mixup_status bind_workspace(builder *to, size_t node, dnnl_call *call,
                                   const dnnl_memory_desc_t *layout) {
    const size_t bytes = dnnl_memory_desc_get_size(layout);
    size_t workspace = BUFFER_NONE;
    if (bytes == 0 || !builder_has_backward(to))
        return MIXUP_OK;
    MIXUP_TRY(builder_kept(to, node, KEPT_WORKSPACE, (bytes + sizeof(real) - 1) / sizeof(real), &workspace));
    return dnnl_call_buffer(to, call, DNNL_ARG_WORKSPACE, layout, workspace);
}

static dnnl_memory_desc_t workspace_layout(const_dnnl_primitive_desc_t description) {
    const dnnl_memory_desc_t *layout = dnnl_primitive_desc_query_md(description, dnnl_query_workspace_md, 0);
    return layout != NULL ? *layout : (dnnl_memory_desc_t){0};
}

/* Where the pass writes: the node's output, or for a global average a buffer in oneDNN's layout, which it
 * needs to be fast. */
static mixup_status find_target(builder *to, size_t node, const pool_shape *p,
                                const dnnl_memory_desc_t *layout, size_t *target) {
    const shape sample = output_sample(to, node);
    dnnl_memory_desc_t plain;
    MIXUP_TRY(dnnl_plain_state(builder_batch(to), &sample, &plain));
    MIXUP_TRY(builder_output(to, node, target));
    if (p->global && !dnnl_memory_desc_equal(&plain, layout))
        MIXUP_TRY(builder_buffer(to, dnnl_stored_values(layout), target));
    return dnnl_set_state(to, *target, &sample, layout);
}

mixup_status dnnl_pool_forward(builder *to, size_t node) {
    pool_shape p;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t target = BUFFER_NONE;
    size_t output = BUFFER_NONE;
    MIXUP_TRY(describe_shape(to, node, &p));
    MIXUP_TRY(describe_forward(to, &p, &description));
    const dnnl_memory_desc_t workspace = workspace_layout(description);
    const dnnl_memory_desc_t layout = *dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0);
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(bind_workspace(to, node, call, &workspace));
    MIXUP_TRY(find_target(to, node, &p, &layout, &target));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &p.input, builder_input(to, node, 0)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &layout, target));
    MIXUP_TRY(dnnl_call_emit(to, call));
    MIXUP_TRY(builder_output(to, node, &output));
    return target == output ? MIXUP_OK : dnnl_make_plain(to, target, output);
}

/* The workspace has the layout that the forward pass chose: the same description is made again as the hint.
 */
static mixup_status describe_backward(builder *to, pool_shape *p, dnnl_primitive_desc_t *out,
                                      dnnl_memory_desc_t *workspace) {
    dnnl_pooling_v2_desc_t operation;
    dnnl_primitive_desc_t hint = NULL;
    MIXUP_TRY(describe_forward(to, p, &hint));
    p->output = *dnnl_primitive_desc_query_md(hint, dnnl_query_dst_md, 0);
    *workspace = workspace_layout(hint);
    mixup_status status =
        dnnl_check(dnnl_pooling_v2_backward_desc_init(&operation, p->kind, &p->input, &p->output, p->strides,
                                                      p->kernel, p->dilates, p->padding, p->behind),
                   "pooling backward");
    if (status == MIXUP_OK)
        status = dnnl_describe(to, &operation, NULL, hint, out);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

mixup_status dnnl_pool_backward(builder *to, size_t node) {
    pool_shape p;
    dnnl_memory_desc_t workspace;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t gradient = BUFFER_NONE;
    size_t output_gradient = builder_output_gradient(to, node);
    const shape sample = output_sample(to, node);
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(describe_shape(to, node, &p));
    MIXUP_TRY(describe_backward(to, &p, &description, &workspace));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_convert(to, output_gradient, &sample, &p.output, &output_gradient));
    MIXUP_TRY(bind_workspace(to, node, call, &workspace));
    MIXUP_TRY(dnnl_set_state(to, gradient, dnnl_input_shape(to, node, 0), &p.input));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &p.output, output_gradient));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DIFF_SRC, &p.input, gradient));
    MIXUP_TRY(dnnl_call_emit(to, call));
    return builder_input_gradient_done(to, node, 0, gradient);
}
