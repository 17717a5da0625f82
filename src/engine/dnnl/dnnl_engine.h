/* engine/dnnl: the fast engine, on oneDNN's C API (2.x).
 *
 * Flat states are plain [batch][features], images in the layouts that convolutions prefer (layout.c), which
 * also say whether their values are bf16: what a convolution writes with precision bf16, and then whoever
 * keeps the layout of what it reads. All that is plain is f32, and so is every parameter. The
 * weights of convolutions, with their gradients and moments, are in the layout that oneDNN prefers for
 * training, those of dense layers in the one of our own kernels (engine/product, dense.c); it is chosen once
 * when a model is made and kept, and its padding stays zero under every optimiser. Primitives, memory objects
 * and argument lists are made while a plan is built; a run only executes them. What oneDNN has nothing better
 * for comes from the reference kernels.
 *
 * A newcomer's mistake: creating a primitive outside engine_enter. oneDNN divides work among the OpenMP
 * threads that are set at that moment. */
#ifndef ENGINE_DNNL_DNNL_ENGINE_H
#define ENGINE_DNNL_DNNL_ENGINE_H

#include "engine/builder.h"
#include "engine/product/product.h"

#include <oneapi/dnnl/dnnl.h>

struct winograd_kernels;

typedef struct dnnl_backend {
    engine base; /* first: an engine * is a dnnl_backend * */
    dnnl_engine_t handle;
    const product_kernels *products; /* kernels of our own for dense layers; NULL: this processor has none */
    const struct winograd_kernels *winograd; /* for states of many channels (winograd.h); NULL: none */
} dnnl_backend;

/* MIXUP_OK, or an error that names what was tried. */
mixup_status dnnl_check(dnnl_status_t status, const char *what);

dnnl_engine_t dnnl_handle(const builder *to);

/* ---- a prepared primitive (call.c) */

typedef struct dnnl_call dnnl_call;

/* Attributes with the post-ops `behind`, which are taken over; `status` is how making these went, `what` is
 * for the message. The attributes are the caller's to destroy. */
mixup_status dnnl_attributes_of(dnnl_post_ops_t behind, dnnl_status_t status, const char *what,
                                dnnl_primitive_attr_t *out);

/* Takes over `description`, also on failure. The call belongs to the plan. */
mixup_status dnnl_call_create(builder *to, dnnl_primitive_desc_t description, dnnl_call **out);
/* The argument is a buffer of the plan, or fixed memory. */
mixup_status dnnl_call_buffer(builder *to, dnnl_call *call, int argument, const dnnl_memory_desc_t *layout,
                              size_t buffer);
mixup_status dnnl_call_memory(builder *to, dnnl_call *call, int argument, const dnnl_memory_desc_t *layout,
                              void *address);
/* Emits the step; the last use of the call while building. */
mixup_status dnnl_call_emit(builder *to, dnnl_call *call);

/* A plain [batch][width] layout. */
mixup_status dnnl_plain(size_t batch, size_t width, dnnl_memory_desc_t *out);

/* ---- layouts of states (layout.c) */

/* A plain layout for a batch of samples of this shape: images are [batch][channels][height][width], all else
 * is [batch][n]. */
mixup_status dnnl_plain_state(size_t batch, const shape *sample, dnnl_memory_desc_t *out);
/* The same with the layout left to oneDNN. */
mixup_status dnnl_any_state(size_t batch, const shape *sample, dnnl_data_type_t type,
                            dnnl_memory_desc_t *out);
/* How many values a buffer for it has: those of a buffer are floats, of which one holds two of bf16. */
size_t dnnl_stored_values(const dnnl_memory_desc_t *layout);
/* False for NULL, which is plain. */
bool dnnl_is_bf16(const dnnl_memory_desc_t *layout);
/* How the buffer, a state or gradient of that shape, is arranged now. */
mixup_status dnnl_state(const builder *to, size_t buffer, const shape *sample, dnnl_memory_desc_t *out);
/* Says that the buffer, a state or gradient of that shape, will be written in `layout`. */
mixup_status dnnl_set_state(builder *to, size_t buffer, const shape *sample,
                            const dnnl_memory_desc_t *layout);
/* The values of `buffer` in `wanted`: the buffer itself, or a copy, whose conversion is emitted. */
mixup_status dnnl_convert(builder *to, size_t buffer, const shape *sample, const dnnl_memory_desc_t *wanted,
                          size_t *converted);
/* The shapes of a node's input i and output. */
const shape *dnnl_input_shape(const builder *to, size_t node, size_t i);
const shape *dnnl_output_shape(const builder *to, size_t node);

/* The rows of images in a dnnl_memory_desc_t, channels in blocks or not; false: it has none. */
bool dnnl_image_layout(const void *layout, mix_layout *out);

mixup_status dnnl_make_plain(builder *to, size_t from, size_t plain);
mixup_status dnnl_accumulate(builder *to, size_t from, size_t sum);
/* Emits sum = a + b, all three in `layout` (NULL: plain); they may be the same (add.c). */
mixup_status dnnl_emit_sum(builder *to, const dnnl_memory_desc_t *layout, size_t a, size_t b, size_t sum);

/* Creates a primitive description; `attributes` may be NULL. Scratch memory is the plan's. */
mixup_status dnnl_describe(const builder *to, const void *operation, const_dnnl_primitive_attr_t attributes,
                           const_dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *out);

/* ---- eltwise (activation.c) */

/* oneDNN's name for an activation; `from_output`: the backward pass sees the output. False: it has none. */
bool dnnl_activation(mixup_activation kind, bool from_output, dnnl_alg_kind_t *out);
bool dnnl_absorbs(const builder *to, size_t producer, size_t behind);
/* Emits gradient × activation'(output) for an absorbed activation, in place where possible.
 * `gradient` becomes the buffer with the result. */
mixup_status dnnl_activation_gradient(builder *to, const graph_node *activation, size_t output,
                                      const shape *sample, size_t *gradient);
/* Emits activation(buffer) in place. */
mixup_status dnnl_activation_in_place(builder *to, const graph_node *activation, size_t buffer,
                                      const shape *sample);
/* An absorbed activation as a post-op. */
mixup_status dnnl_activation_post_op(const graph_node *activation, dnnl_alg_kind_t *kind, float *slope);
/* Attributes with nothing but that; NULL for none. The caller's to destroy. */
mixup_status dnnl_activation_attributes(const graph_node *activation, dnnl_primitive_attr_t *out);

mixup_status dnnl_activation_forward(builder *to, size_t node);
mixup_status dnnl_activation_backward(builder *to, size_t node);

/* ---- weights (weights.c): dense and conv2d read them in the store's layout or in a packed copy */

/* Whether oneDNN has only its slow reference implementation. */
bool dnnl_is_slow(const_dnnl_primitive_desc_t description);
/* A description of one pass with the weights in the given layout. */
typedef struct dnnl_pass dnnl_pass;
typedef mixup_status (*dnnl_describe_pass)(builder *to, const dnnl_pass *pass,
                                           const dnnl_memory_desc_t *weight, dnnl_primitive_desc_t *out);
struct dnnl_pass {
    size_t node;
    dnnl_describe_pass describe;
    const void *details; /* the op's own */
    size_t more_ways;    /* how many more than one there are to do it; the last one always works */
    size_t way;          /* in which one, from 0: the preferred */
};
/* The description in the first way that oneDNN has and is fast at; `weight` is the layout of the weights, the
 * store's if that is fast. */
mixup_status dnnl_describe_fast(builder *to, const dnnl_pass *pass, dnnl_primitive_desc_t *out,
                                dnnl_memory_desc_t *weight);
/* The same for a pass that reads the weights: as its argument. */
typedef struct weight_argument {
    dnnl_memory_desc_t layout;
    void *values;  /* fixed in memory, or NULL */
    size_t buffer; /* instead: a copy that this step makes */
} weight_argument;
mixup_status dnnl_describe_reader(builder *to, const dnnl_pass *pass, dnnl_primitive_desc_t *out,
                                  weight_argument *weight);
mixup_status dnnl_call_weight(builder *to, dnnl_call *call, const weight_argument *weight);
/* How a weight lies in the store. */
typedef struct weight_layout {
    bool in_panels; /* as engine/product has it, else as oneDNN does */
    panel_layout panels;
    dnnl_memory_desc_t blocked;
} weight_layout;
/* That of the node's parameter 0; as oneDNN has it; and a layout of a vector of `count`. */
const weight_layout *dnnl_stored_layout(const builder *to, size_t node);
dnnl_memory_desc_t dnnl_weight_layout(const builder *to, size_t node);
mixup_status dnnl_vector(size_t count, dnnl_memory_desc_t *out);

/* ---- dense.c, inner_product.c, conv2d.c */

mixup_status dnnl_dense_forward(builder *to, size_t node);
mixup_status dnnl_dense_backward(builder *to, size_t node);
mixup_status dnnl_inner_product_forward(builder *to, size_t node);
mixup_status dnnl_inner_product_backward(builder *to, size_t node);
/* The layout of a dense weight [units][features] that oneDNN prefers in training. */
mixup_status dnnl_inner_product_layout(dnnl_engine_t handle, size_t units, size_t features,
                                       dnnl_memory_desc_t *out);

mixup_status dnnl_conv2d_forward(builder *to, size_t node);
mixup_status dnnl_conv2d_backward(builder *to, size_t node);
/* The same for the filters of a convolution. */
mixup_status dnnl_conv2d_layout(const dnnl_backend *self, const graph *network, const graph_node *node,
                                dnnl_memory_desc_t *out);

/* ---- batch_norm.c, pool.c, add.c */

mixup_status dnnl_batch_norm_forward(builder *to, size_t node);
mixup_status dnnl_batch_norm_backward(builder *to, size_t node);
mixup_status dnnl_pool_forward(builder *to, size_t node);
mixup_status dnnl_pool_backward(builder *to, size_t node);
mixup_status dnnl_add_forward(builder *to, size_t node);
mixup_status dnnl_add_backward(builder *to, size_t node);

#endif
