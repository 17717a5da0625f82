/* engine/dnnl/conv2d: the passes of a convolution (conv2d.c), by oneDNN's direct algorithm
 * (conv2d_describe.c) or by Winograd's (conv2d_winograd.c, and winograd.h for the arithmetic).
 *
 * Which one depends on shapes and the type of machine alone, so that every run computes alike. */
#ifndef ENGINE_DNNL_CONV2D_H
#define ENGINE_DNNL_CONV2D_H

#include "engine/dnnl/dnnl_engine.h"

/* Dimensions of the filters: [filters][channels][kh][kw], in groups [groups][filters][channels][kh][kw];
 * their number. */
int conv2d_weight_dims(const graph *network, const graph_node *node, dnnl_dims_t dims);

/* ---- what else it does to its output (conv2d_fold.c), in this order: scale and shift, add, activate */

typedef struct conv_fold {
    size_t scale, shift; /* buffers [channels] of an absorbed batch norm, bias included; or BUFFER_NONE */
    size_t addend;       /* a state like the output, in any layout; or BUFFER_NONE */
    const graph_node *activation; /* or NULL */
} conv_fold;

/* Finds it, and emits the step that makes scale and shift. */
mixup_status conv2d_fold(builder *to, size_t node, conv_fold *out);
/* The same as post-ops; the addend is in the layout of the output. */
mixup_status conv2d_fold_attributes(const conv_fold *fold, const dnnl_memory_desc_t *output,
                                    dnnl_primitive_attr_t *out);
mixup_status conv2d_fold_bind(builder *to, dnnl_call *call, const conv_fold *fold,
                              const dnnl_memory_desc_t *output);

/* ---- direct */

/* A way to compute it: with which layouts of the states (any: oneDNN chooses). Filters that it reads have the
 * same type; their gradient and the bias are f32. */
typedef struct conv_way {
    dnnl_memory_desc_t input, output;
} conv_way;

enum { CONV2D_MOST_WAYS = 2 };

typedef struct conv_shape {
    dnnl_memory_desc_t weight, bias; /* weight: any layout */
    dnnl_dims_t strides, dilates, padding, behind;
    conv_way ways[CONV2D_MOST_WAYS]; /* the preferred one first; the last always works */
    size_t way_count;
    bool biased;
    const conv_fold *fold; /* forward: what follows, then with `output` fixed in all ways; NULL: nothing */
} conv_shape;

mixup_status conv2d_describe_shape(const graph *network, const graph_node *node, size_t batch,
                                   mixup_precision precision, conv_shape *out);

/* What dnnl_describe_reader needs; `described` must live as long. */
dnnl_pass conv2d_pass(size_t node, const conv_shape *described, dnnl_describe_pass describe);

mixup_status conv2d_describe_forward(builder *to, const dnnl_pass *pass, const dnnl_memory_desc_t *weight,
                                     dnnl_primitive_desc_t *out);
mixup_status conv2d_describe_backward_data(builder *to, const dnnl_pass *pass,
                                           const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out);
mixup_status conv2d_describe_backward_weights(builder *to, const dnnl_pass *pass,
                                              const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out);

/* ---- Winograd's */

/* Whether the plan's passes of this node are computed by it. */
bool conv2d_takes_winograd(const builder *to, size_t node);
/* Whether it is to be taken for this batch, and the layout of filters that it needs then. */
bool conv2d_wins_by_winograd(const dnnl_backend *self, const graph *network, const graph_node *node,
                             size_t batch);
mixup_status conv2d_winograd_layout(const dnnl_backend *self, const graph *network, const graph_node *node,
                                    dnnl_memory_desc_t *out);

mixup_status conv2d_winograd_forward(builder *to, size_t node);
/* The same as their namesakes in conv2d.c; `output_gradient` is behind the activation's. */
mixup_status conv2d_winograd_input_gradient(builder *to, size_t node, size_t output_gradient);
mixup_status conv2d_winograd_parameter_gradients(builder *to, size_t node, size_t output_gradient);

#endif
