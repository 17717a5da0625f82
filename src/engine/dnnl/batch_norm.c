/* engine/dnnl/batch_norm: oneDNN's batch normalisation, with a ReLU behind it fused in both directions.
 *
 * Features [batch][features] are seen as images of one position. oneDNN makes mean and biased variance of the
 * batch; the running statistics are updated from them in a step of ours, with the unbiased variance. */
#include "engine/dnnl/dnnl_engine.h"
#include "engine/reference/kernels.h"

#include <string.h>

typedef struct norm_plan {
    dnnl_memory_desc_t layout;  /* of input, output and their gradients */
    dnnl_memory_desc_t channel; /* [channels] */
    size_t channels, members;   /* members: values that share statistics */
    unsigned flags;
    float epsilon;
    bool affine;
} norm_plan;

/* The layout of a state as batch normalisation sees it: [batch][features] is [batch][features][1][1], which
 * in memory is also a channels-last image. */
static mixup_status norm_layout(const builder *to, size_t buffer, const shape *sample,
                                dnnl_memory_desc_t *out) {
    if (sample->rank == 3)
        return dnnl_state(to, buffer, sample, out);
    const dnnl_dims_t sizes = {(dnnl_dim_t)builder_batch(to), (dnnl_dim_t)sample->sizes[0], 1, 1};
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, 4, sizes, dnnl_f32, dnnl_acdb),
                      "describing a layout");
}

static mixup_status make_plan(const builder *to, size_t node, norm_plan *out) {
    const graph_node *described = builder_node(to, node);
    const shape *sample = dnnl_output_shape(to, node);
    *out = (norm_plan){.channels = sample->sizes[0],
                       .members = builder_batch(to) * shape_count(sample) / sample->sizes[0],
                       .epsilon = described->attributes->epsilon,
                       .affine = described->parameter_count > 2};
    if (out->affine)
        out->flags |= dnnl_use_scale | dnnl_use_shift;
    if (!builder_trains(to))
        out->flags |= dnnl_use_global_stats;
    if (builder_absorbed(to, node) != NULL)
        out->flags |= dnnl_fuse_norm_relu;
    MIXUP_TRY(dnnl_vector(out->channels, &out->channel));
    return norm_layout(to, builder_input(to, node, 0), sample, &out->layout);
}

static mixup_status describe_forward(builder *to, const norm_plan *p, dnnl_primitive_desc_t *out) {
    dnnl_batch_normalization_desc_t operation;
    MIXUP_TRY(
        dnnl_check(dnnl_batch_normalization_forward_desc_init(
                       &operation, builder_has_backward(to) ? dnnl_forward_training : dnnl_forward_inference,
                       &p->layout, p->epsilon, p->flags),
                   "batch normalisation"));
    return dnnl_describe(to, &operation, NULL, NULL, out);
}

/* ---- running statistics */

typedef struct running_arguments {
    size_t channels;
    double correction; /* members / (members - 1) */
    real momentum;
    const real *mean, *variance; /* [channels] of the batch, biased */
    real *running_mean, *running_variance;
} running_arguments;

static void run_running(void *arguments, plan_run *run) {
    const running_arguments *a = arguments;
    (void)run;
    for (size_t c = 0; c < a->channels; c++) {
        const real unbiased = (real)((double)a->variance[c] * a->correction);
        a->running_mean[c] += a->momentum * (a->mean[c] - a->running_mean[c]);
        a->running_variance[c] += a->momentum * (unbiased - a->running_variance[c]);
    }
}

static mixup_status emit_running(builder *to, size_t node, const norm_plan *p, size_t mean, size_t variance) {
    running_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->channels = p->channels;
    a->correction = (double)p->members / (double)(p->members - 1);
    a->momentum = (real)builder_node(to, node)->attributes->momentum;
    a->running_mean = builder_parameter(to, node, 0);
    a->running_variance = builder_parameter(to, node, 1);
    MIXUP_TRY(builder_bind_const(to, mean, &a->mean));
    MIXUP_TRY(builder_bind_const(to, variance, &a->variance));
    return builder_step(to, run_running, a);
}

/* ---- forward */

/* What the forward pass leaves for the backward pass: mean, variance, and which values ReLU cut off. */
enum { KEPT_MEAN, KEPT_VARIANCE, KEPT_WORKSPACE };

static mixup_status bind_affine(builder *to, size_t node, const norm_plan *p, dnnl_call *call) {
    if (!p->affine)
        return MIXUP_OK;
    MIXUP_TRY(dnnl_call_memory(to, call, DNNL_ARG_SCALE, &p->channel, builder_parameter(to, node, 2)));
    return dnnl_call_memory(to, call, DNNL_ARG_SHIFT, &p->channel, builder_parameter(to, node, 3));
}

static mixup_status bind_workspace(builder *to, size_t node, dnnl_call *call,
                                   const dnnl_memory_desc_t *layout) {
    const size_t bytes = dnnl_memory_desc_get_size(layout);
    size_t workspace = BUFFER_NONE;
    if (bytes == 0)
        return MIXUP_OK;
    MIXUP_TRY(builder_kept(to, node, KEPT_WORKSPACE, (bytes + sizeof(real) - 1) / sizeof(real), &workspace));
    return dnnl_call_buffer(to, call, DNNL_ARG_WORKSPACE, layout, workspace);
}

static dnnl_memory_desc_t workspace_layout(const_dnnl_primitive_desc_t description) {
    const dnnl_memory_desc_t *layout = dnnl_primitive_desc_query_md(description, dnnl_query_workspace_md, 0);
    return layout != NULL ? *layout : (dnnl_memory_desc_t){0};
}

static mixup_status bind_statistics(builder *to, size_t node, const norm_plan *p, dnnl_call *call,
                                    size_t kept[2]) {
    if (!builder_trains(to)) {
        MIXUP_TRY(dnnl_call_memory(to, call, DNNL_ARG_MEAN, &p->channel, builder_parameter(to, node, 0)));
        return dnnl_call_memory(to, call, DNNL_ARG_VARIANCE, &p->channel, builder_parameter(to, node, 1));
    }
    MIXUP_TRY(builder_kept(to, node, KEPT_MEAN, p->channels, &kept[0]));
    MIXUP_TRY(builder_kept(to, node, KEPT_VARIANCE, p->channels, &kept[1]));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_MEAN, &p->channel, kept[0]));
    return dnnl_call_buffer(to, call, DNNL_ARG_VARIANCE, &p->channel, kept[1]);
}

/* Images keep their layout; features are plain as ever. */
static mixup_status set_layout(builder *to, size_t buffer, const shape *sample, const norm_plan *p) {
    return sample->rank == 3 ? dnnl_set_state(to, buffer, sample, &p->layout) : MIXUP_OK;
}

/* Again from the statistics that the first time left: as oneDNN predicts. */
static mixup_status describe_again(builder *to, norm_plan p, dnnl_primitive_desc_t *out) {
    dnnl_batch_normalization_desc_t operation;
    MIXUP_TRY(
        dnnl_check(dnnl_batch_normalization_forward_desc_init(&operation, dnnl_forward_inference, &p.layout,
                                                              p.epsilon, p.flags | dnnl_use_global_stats),
                   "batch normalisation"));
    return dnnl_describe(to, &operation, NULL, NULL, out);
}

static const char *name_of(const_dnnl_primitive_desc_t description) {
    const char *name = "";
    dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, (void *)&name);
    return name;
}

/* Only one implementation rounds alike: below AVX2 the one that is fast at predicting cannot train. */
static mixup_status find_whether_alike(builder *to, const norm_plan *p, const_dnnl_primitive_desc_t first,
                                       bool *alike) {
    dnnl_primitive_desc_t again = NULL;
    *alike = false;
    if (!builder_may_remake(to))
        return MIXUP_OK;
    MIXUP_TRY(describe_again(to, *p, &again));
    *alike = strcmp(name_of(first), name_of(again)) == 0;
    dnnl_primitive_desc_destroy(again);
    return MIXUP_OK;
}

static mixup_status emit_again(builder *to, size_t node, const norm_plan *p, size_t output,
                               const size_t kept[2]) {
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    MIXUP_TRY(describe_again(to, *p, &description));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(bind_affine(to, node, p, call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_MEAN, &p->channel, kept[0]));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_VARIANCE, &p->channel, kept[1]));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &p->layout, builder_input(to, node, 0)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &p->layout, output));
    MIXUP_TRY(dnnl_call_emit(to, call));
    builder_remakes(to, output);
    return MIXUP_OK;
}

mixup_status dnnl_batch_norm_forward(builder *to, size_t node) {
    norm_plan p;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t output = BUFFER_NONE;
    size_t kept[2] = {BUFFER_NONE, BUFFER_NONE};
    bool alike = false;
    MIXUP_TRY(make_plan(to, node, &p));
    MIXUP_TRY(describe_forward(to, &p, &description));
    const mixup_status status = find_whether_alike(to, &p, description, &alike);
    if (status != MIXUP_OK) {
        dnnl_primitive_desc_destroy(description);
        return status;
    }
    const dnnl_memory_desc_t workspace = workspace_layout(description);
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(bind_affine(to, node, &p, call));
    MIXUP_TRY(bind_statistics(to, node, &p, call, kept));
    if (builder_has_backward(to))
        MIXUP_TRY(bind_workspace(to, node, call, &workspace));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(set_layout(to, output, dnnl_output_shape(to, node), &p));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &p.layout, builder_input(to, node, 0)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_DST, &p.layout, output));
    MIXUP_TRY(dnnl_call_emit(to, call));
    if (alike)
        MIXUP_TRY(emit_again(to, node, &p, output, kept));
    return builder_trains(to) ? emit_running(to, node, &p, kept[0], kept[1]) : MIXUP_OK;
}

/* ---- backward: oneDNN makes the gradients of input, scale and shift together */

static mixup_status describe_backward(builder *to, const norm_plan *p, dnnl_primitive_desc_t *out) {
    dnnl_batch_normalization_desc_t operation;
    dnnl_primitive_desc_t hint = NULL;
    MIXUP_TRY(dnnl_check(dnnl_batch_normalization_backward_desc_init(
                             &operation, p->affine ? dnnl_backward : dnnl_backward_data, &p->layout,
                             &p->layout, p->epsilon, p->flags),
                         "batch normalisation backward"));
    MIXUP_TRY(describe_forward(to, p, &hint));
    const mixup_status status = dnnl_describe(to, &operation, NULL, hint, out);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

/* The gradient of parameter 2 + i; one that nobody wants goes into a buffer of its own. */
static mixup_status bind_gradient(builder *to, size_t node, const norm_plan *p, dnnl_call *call, size_t i,
                                  size_t *wanted) {
    MIXUP_TRY(builder_parameter_gradient(to, node, 2 + i, wanted));
    size_t gradient = *wanted;
    if (gradient == BUFFER_NONE)
        MIXUP_TRY(builder_buffer(to, p->channels, &gradient));
    return dnnl_call_buffer(to, call, i == 0 ? DNNL_ARG_DIFF_SCALE : DNNL_ARG_DIFF_SHIFT, &p->channel,
                            gradient);
}

/* The gradient that arrives, in the layout of the input. */
static mixup_status bind_output_gradient(builder *to, size_t node, const norm_plan *p, dnnl_call *call,
                                         size_t *arrived) {
    const shape *sample = dnnl_output_shape(to, node);
    *arrived = builder_output_gradient(to, node);
    if (sample->rank == 3)
        MIXUP_TRY(dnnl_convert(to, *arrived, sample, &p->layout, arrived));
    return dnnl_call_buffer(to, call, DNNL_ARG_DIFF_DST, &p->layout, *arrived);
}

/* Where the gradient of the input goes: over the one that arrives, as oneDNN allows, if nobody else reads
 * that. `wanted` is BUFFER_NONE where nobody reads the result. */
static mixup_status bind_input_gradient(builder *to, size_t node, const norm_plan *p, dnnl_call *call,
                                        size_t arrived, size_t *wanted) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    const bool read = gradient != BUFFER_NONE;
    if (builder_may_overwrite(to, arrived))
        gradient = arrived;
    else if (!read)
        MIXUP_TRY(builder_buffer(to, dnnl_stored_values(&p->layout), &gradient));
    if (gradient != arrived)
        MIXUP_TRY(set_layout(to, gradient, dnnl_input_shape(to, node, 0), p));
    *wanted = read ? gradient : BUFFER_NONE;
    return dnnl_call_buffer(to, call, DNNL_ARG_DIFF_SRC, &p->layout, gradient);
}

mixup_status dnnl_batch_norm_backward(builder *to, size_t node) {
    norm_plan p;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    size_t kept[2];
    size_t wanted[2] = {BUFFER_NONE, BUFFER_NONE};
    size_t arrived = BUFFER_NONE;
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(make_plan(to, node, &p));
    MIXUP_TRY(describe_backward(to, &p, &description));
    const dnnl_memory_desc_t workspace = workspace_layout(description);
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(bind_output_gradient(to, node, &p, call, &arrived));
    MIXUP_TRY(bind_statistics(to, node, &p, call, kept));
    MIXUP_TRY(bind_workspace(to, node, call, &workspace));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_SRC, &p.layout, builder_input(to, node, 0)));
    MIXUP_TRY(bind_affine(to, node, &p, call)); /* the shift too: oneDNN asks for it though it needs none */
    for (size_t i = 0; p.affine && i < 2; i++)
        MIXUP_TRY(bind_gradient(to, node, &p, call, i, &wanted[i]));
    MIXUP_TRY(bind_input_gradient(to, node, &p, call, arrived, &gradient));
    MIXUP_TRY(dnnl_call_emit(to, call));
    MIXUP_TRY(builder_input_gradient_done(to, node, 0, gradient));
    for (size_t i = 0; p.affine && i < 2; i++)
        MIXUP_TRY(builder_parameter_gradient_done(to, node, 2 + i, wanted[i]));
    return MIXUP_OK;
}
