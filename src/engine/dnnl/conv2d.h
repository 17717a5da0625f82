/* engine/dnnl/conv2d: how a convolution is described to oneDNN (conv2d_describe.c), for its passes
 * (conv2d.c).
 *
 * A newcomer's mistake: taking DIRECT and WINOGRAD for the same numbers. Winograd's algorithm (Lavin & Gray
 * 2016, F(4x4, 3x3)) needs a quarter of the multiplications but rounds differently. Which one is taken
 * depends on shapes alone, so that every run on one type of machine computes alike. */
#ifndef ENGINE_DNNL_CONV2D_H
#define ENGINE_DNNL_CONV2D_H

#include "engine/dnnl/dnnl_engine.h"

/* A way to compute it. */
typedef struct conv_way {
    dnnl_alg_kind_t algorithm;
    dnnl_memory_desc_t input, output; /* layouts of the states; any: oneDNN chooses */
} conv_way;

enum { CONV2D_MOST_WAYS = 3 };

typedef struct conv_shape {
    dnnl_memory_desc_t weight, bias; /* weight: any layout */
    dnnl_dims_t strides, dilates, padding, behind;
    conv_way ways[CONV2D_MOST_WAYS]; /* the preferred one first; the last always works */
    size_t way_count;
    bool biased;
} conv_shape;

mixup_status conv2d_describe_shape(const engine *self, const graph *network, const graph_node *node,
                                   size_t batch, conv_shape *out);

/* What dnnl_describe_reader needs; `described` must live as long. */
dnnl_pass conv2d_pass(size_t node, const conv_shape *described, dnnl_describe_pass describe);

mixup_status conv2d_describe_forward(builder *to, const dnnl_pass *pass, const dnnl_memory_desc_t *weight,
                                     dnnl_primitive_desc_t *out);
mixup_status conv2d_describe_backward_data(builder *to, const dnnl_pass *pass,
                                           const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out);
mixup_status conv2d_describe_backward_weights(builder *to, const dnnl_pass *pass,
                                              const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out);

#endif
