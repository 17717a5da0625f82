/* engine/dnnl: the fast engine, on oneDNN's C API (2.x).
 *
 * States are plain [batch][features]; the weights of dense layers, with their gradients and moments, are in
 * the layout that oneDNN prefers for training, chosen once when a model is made and kept (the padding of a
 * blocked layout stays zero under every optimiser). Primitives, memory objects and argument lists are made
 * while a plan is built; a run only executes them. What oneDNN has nothing better for comes from the
 * reference kernels.
 *
 * A newcomer's mistake: creating a primitive outside engine_enter. oneDNN divides work among the OpenMP
 * threads that are set at that moment. */
#ifndef ENGINE_DNNL_DNNL_ENGINE_H
#define ENGINE_DNNL_DNNL_ENGINE_H

#include "engine/builder.h"

#include <oneapi/dnnl/dnnl.h>

typedef struct dnnl_backend {
    engine base; /* first: an engine * is a dnnl_backend * */
    dnnl_engine_t handle;
} dnnl_backend;

/* MIXUP_OK, or an error that names what was tried. */
mixup_status dnnl_check(dnnl_status_t status, const char *what);

dnnl_engine_t dnnl_handle(const builder *to);

/* ---- a prepared primitive (call.c) */

typedef struct dnnl_call dnnl_call;

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

/* Creates a primitive description; `attributes` may be NULL. Scratch memory is the plan's. */
mixup_status dnnl_describe(const builder *to, const void *operation, const_dnnl_primitive_attr_t attributes,
                           const_dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *out);

/* ---- eltwise (activation.c) */

/* oneDNN's name for an activation; `from_output`: the backward pass sees the output. False: it has none. */
bool dnnl_activation(mixup_activation kind, bool from_output, dnnl_alg_kind_t *out);
bool dnnl_absorbs(const graph_node *producer, const graph_node *activation, bool training);
/* Emits gradient = gradient × activation'(output), in place. */
mixup_status dnnl_activation_gradient(builder *to, const graph_node *activation, size_t output,
                                      size_t gradient, size_t width);

mixup_status dnnl_activation_forward(builder *to, size_t node);
mixup_status dnnl_activation_backward(builder *to, size_t node);

/* ---- dense (dense.c) */

mixup_status dnnl_dense_forward(builder *to, size_t node);
mixup_status dnnl_dense_backward(builder *to, size_t node);
/* The layout of a dense weight [units][features] that training prefers. */
mixup_status dnnl_dense_layout(dnnl_engine_t handle, size_t units, size_t features, dnnl_memory_desc_t *out);

/* ---- step.c */

mixup_status dnnl_update(builder *to, size_t parameter, size_t gradient);

#endif
