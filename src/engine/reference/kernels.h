/* engine/reference/kernels: the plain kernels, one file a family of ops. Written to be read: one loop nest a
 * formula, nothing fused, one thread. The fast engine uses those that it has no better version of. */
#ifndef ENGINE_REFERENCE_KERNELS_H
#define ENGINE_REFERENCE_KERNELS_H

#include "engine/builder.h"

mixup_status reference_dense_forward(builder *to, size_t node);
mixup_status reference_dense_backward(builder *to, size_t node);
mixup_status reference_activation_forward(builder *to, size_t node);
mixup_status reference_activation_backward(builder *to, size_t node);
mixup_status reference_random_forward(builder *to, size_t node);
mixup_status reference_random_backward(builder *to, size_t node);
mixup_status reference_norm_forward(builder *to, size_t node);
mixup_status reference_norm_backward(builder *to, size_t node);
mixup_status reference_add_forward(builder *to, size_t node);
mixup_status reference_add_backward(builder *to, size_t node);
mixup_status reference_multiply_forward(builder *to, size_t node);
mixup_status reference_multiply_backward(builder *to, size_t node);
mixup_status reference_concat_forward(builder *to, size_t node);
mixup_status reference_concat_backward(builder *to, size_t node);
mixup_status reference_custom_forward(builder *to, size_t node);
mixup_status reference_custom_backward(builder *to, size_t node);
mixup_status reference_conv2d_forward(builder *to, size_t node);
mixup_status reference_conv2d_backward(builder *to, size_t node);
mixup_status reference_pool_forward(builder *to, size_t node);
mixup_status reference_pool_backward(builder *to, size_t node);
mixup_status reference_resample_forward(builder *to, size_t node);
mixup_status reference_resample_backward(builder *to, size_t node);
mixup_status reference_accumulate(builder *to, size_t from, size_t sum);

/* Binds the gradients of a node's parameters first and first + 1 (as far as they exist and are wanted) to the
 * slots, emits the step, and hands the gradients on. Emits nothing when none is wanted. */
mixup_status reference_emit_parameter_gradients(builder *to, size_t node, size_t first, real **slots[2],
                                                step_function run, void *arguments);

/* Number of values of a node's input i or output, per sample. */
size_t reference_input_width(const builder *to, size_t node, size_t i);
size_t reference_output_width(const builder *to, size_t node);

/* The activation functions, element by element; softmax is not one of them. */
real activation_value(mixup_activation kind, real slope, real x);
real activation_slope(mixup_activation kind, real slope, real x);

#endif
