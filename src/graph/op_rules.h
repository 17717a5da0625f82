/* graph/op_rules: the rules of the op table that stand in ops_image.c, and those that both files use. */
#ifndef GRAPH_OP_RULES_H
#define GRAPH_OP_RULES_H

#include "graph/ops.h"

/* ---- shared (ops.c) */

/* Zero becomes `standard`; then low < *field ≤ high must hold. */
mixup_status op_resolve_range(float *field, const char *name, float standard, float low, float high);
mixup_status op_resolve_initial(mixup_layer *attributes);
mixup_status op_resolve_norm(mixup_layer *attributes);
mixup_status op_infer_same(op_layer *layer);
/* Scale and shift, each of shape `width`; none with no_bias. Returns how many. */
size_t op_parameters_affine(const op_layer *layer, const shape *width, op_parameter *out);

/* ---- images (ops_image.c) */

mixup_status op_require_image(const op_layer *layer);
mixup_status op_resolve_conv2d(mixup_layer *attributes);
mixup_status op_infer_conv2d(op_layer *layer);
mixup_status op_parameters_conv2d(const op_layer *layer, op_parameter *out, size_t *count);
uint64_t op_multiply_adds_conv2d(const op_layer *layer);
mixup_status op_resolve_pool(mixup_layer *attributes);
mixup_status op_infer_pool(op_layer *layer);
mixup_status op_infer_global_pool(op_layer *layer);
mixup_status op_resolve_group_norm(mixup_layer *attributes);
mixup_status op_infer_group_norm(op_layer *layer);
mixup_status op_parameters_group_norm(const op_layer *layer, op_parameter *out, size_t *count);
mixup_status op_resolve_pad(mixup_layer *attributes);
mixup_status op_infer_pad(op_layer *layer);
mixup_status op_resolve_upsample(mixup_layer *attributes);
mixup_status op_infer_upsample(op_layer *layer);

#endif
