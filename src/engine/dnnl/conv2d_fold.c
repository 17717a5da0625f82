/* engine/dnnl/conv2d_fold: what a convolution does to its output while it is in registers: a batch norm by
 * running statistics, which is a scale and a shift for each channel, a sum, an activation.
 *
 * The scale is applied to the outputs and not to the filters: no copy of them has to be made and kept up to
 * date, and the numbers are almost those of the batch norm alone. */
#include "engine/dnnl/conv2d.h"

#include <math.h>

/* ---- scale and shift: made in each run, since parameters may have changed */

typedef struct affine_arguments {
    size_t channels;
    double epsilon;
    const real *mean, *variance; /* [channels] running */
    const real *gain, *offset;   /* [channels] of the norm, or NULL */
    const real *bias;            /* [channels] of the convolution, or NULL */
    real *scale, *shift;
} affine_arguments;

/* gain (z + bias - mean) / sqrt(variance + ε) + offset = scale z + shift */
static void run_affine(void *arguments, plan_run *run) {
    const affine_arguments *a = arguments;
    (void)run;
    for (size_t c = 0; c < a->channels; c++) {
        const double gain = a->gain != NULL ? (double)a->gain[c] : 1.0;
        const double offset = a->offset != NULL ? (double)a->offset[c] : 0.0;
        const double bias = a->bias != NULL ? (double)a->bias[c] : 0.0;
        const double scale = gain / sqrt((double)a->variance[c] + a->epsilon);
        a->scale[c] = (real)scale;
        a->shift[c] = (real)(offset + (bias - (double)a->mean[c]) * scale);
    }
}

static mixup_status emit_affine(builder *to, size_t node, size_t norm, conv_fold *out) {
    const graph_node *described = builder_node(to, norm);
    affine_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->channels = dnnl_output_shape(to, node)->sizes[0];
    a->epsilon = (double)described->attributes->epsilon;
    a->mean = builder_parameter(to, norm, 0);
    a->variance = builder_parameter(to, norm, 1);
    if (described->parameter_count > 2) {
        a->gain = builder_parameter(to, norm, 2);
        a->offset = builder_parameter(to, norm, 3);
    }
    if (builder_node(to, node)->parameter_count > 1)
        a->bias = builder_parameter(to, node, 1);
    MIXUP_TRY(builder_buffer(to, a->channels, &out->scale));
    MIXUP_TRY(builder_buffer(to, a->channels, &out->shift));
    MIXUP_TRY(builder_bind(to, out->scale, &a->scale));
    MIXUP_TRY(builder_bind(to, out->shift, &a->shift));
    return builder_step(to, run_affine, a);
}

mixup_status conv2d_fold(builder *to, size_t node, conv_fold *out) {
    const size_t norm = builder_absorbed_norm(to, node);
    *out = (conv_fold){.scale = BUFFER_NONE,
                       .shift = BUFFER_NONE,
                       .addend = builder_addend(to, node),
                       .activation = builder_absorbed(to, node)};
    return norm == BUILDER_NO_NODE ? MIXUP_OK : emit_affine(to, node, norm, out);
}

/* ---- as post-ops of oneDNN */

static dnnl_status_t append_affine(dnnl_post_ops_t behind, const dnnl_memory_desc_t *output) {
    const dnnl_dims_t sizes = {1, output->dims[1], 1, 1};
    dnnl_memory_desc_t channel;
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&channel, 4, sizes, dnnl_f32, dnnl_abcd);
    if (status == dnnl_success)
        status = dnnl_post_ops_append_binary(behind, dnnl_binary_mul, &channel);
    if (status == dnnl_success)
        status = dnnl_post_ops_append_binary(behind, dnnl_binary_add, &channel);
    return status;
}

mixup_status conv2d_fold_attributes(const conv_fold *fold, const dnnl_memory_desc_t *output,
                                    dnnl_primitive_attr_t *out) {
    dnnl_post_ops_t behind = NULL;
    dnnl_alg_kind_t kind = dnnl_alg_kind_undef;
    float slope = 0.0f;
    if (fold->activation != NULL)
        MIXUP_TRY(dnnl_activation_post_op(fold->activation, &kind, &slope));
    dnnl_status_t status = dnnl_post_ops_create(&behind);
    if (status == dnnl_success && fold->scale != BUFFER_NONE)
        status = append_affine(behind, output);
    if (status == dnnl_success && fold->addend != BUFFER_NONE)
        status = dnnl_post_ops_append_binary(behind, dnnl_binary_add, output);
    if (status == dnnl_success && fold->activation != NULL)
        status = dnnl_post_ops_append_eltwise(behind, 1.0f, kind, slope, 0.0f);
    return dnnl_attributes_of(behind, status, "preparing what is folded into a convolution", out);
}

mixup_status conv2d_fold_bind(builder *to, dnnl_call *call, const conv_fold *fold,
                              const dnnl_memory_desc_t *output) {
    int index = 0;
    if (fold->scale != BUFFER_NONE) {
        const dnnl_dims_t sizes = {1, output->dims[1], 1, 1};
        dnnl_memory_desc_t channel;
        MIXUP_TRY(dnnl_check(dnnl_memory_desc_init_by_tag(&channel, 4, sizes, dnnl_f32, dnnl_abcd),
                             "describing channels"));
        MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_ATTR_MULTIPLE_POST_OP(index++) | DNNL_ARG_SRC_1,
                                   &channel, fold->scale));
        MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_ATTR_MULTIPLE_POST_OP(index++) | DNNL_ARG_SRC_1,
                                   &channel, fold->shift));
    }
    if (fold->addend == BUFFER_NONE)
        return MIXUP_OK;
    return dnnl_call_buffer(to, call, DNNL_ARG_ATTR_MULTIPLE_POST_OP(index) | DNNL_ARG_SRC_1, output,
                            fold->addend);
}
