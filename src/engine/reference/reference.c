/* engine/reference: the plain engine. C11 and nothing else, one thread whatever `threads` says, so that its
 * bits never depend on the machine's cores. */
#include "engine/reference/kernels.h"

#include <stdio.h>

size_t reference_input_width(const builder *to, size_t node, size_t i) {
    return shape_count(&builder_graph(to)->values[builder_node(to, node)->inputs[i]].shape);
}

size_t reference_output_width(const builder *to, size_t node) {
    return shape_count(&builder_graph(to)->values[builder_node(to, node)->output].shape);
}

mixup_status reference_emit_parameter_gradients(builder *to, size_t node, size_t first, real **slots[2],
                                                step_function run, void *arguments) {
    const size_t count = builder_node(to, node)->parameter_count;
    size_t gradients[2] = {BUFFER_NONE, BUFFER_NONE};
    for (size_t i = 0; i < 2 && first + i < count; i++) {
        MIXUP_TRY(builder_parameter_gradient(to, node, first + i, &gradients[i]));
        if (gradients[i] != BUFFER_NONE)
            MIXUP_TRY(builder_bind(to, gradients[i], slots[i]));
    }
    if (gradients[0] == BUFFER_NONE && gradients[1] == BUFFER_NONE)
        return MIXUP_OK;
    MIXUP_TRY(builder_step(to, run, arguments));
    for (size_t i = 0; i < 2; i++)
        MIXUP_TRY(builder_parameter_gradient_done(to, node, first + i, gradients[i]));
    return MIXUP_OK;
}

/* FLATTEN and RESHAPE share storage and never reach a kernel. */
static const engine_kernel kernels[MIXUP_OP_COUNT] = {
    [MIXUP_DENSE] = {reference_dense_forward, reference_dense_backward},
    [MIXUP_ACTIVATION] = {reference_activation_forward, reference_activation_backward},
    [MIXUP_DROPOUT] = {reference_random_forward, reference_random_backward},
    [MIXUP_GAUSSIAN_NOISE] = {reference_random_forward, reference_random_backward},
    [MIXUP_BATCH_NORM] = {reference_norm_forward, reference_norm_backward},
    [MIXUP_LAYER_NORM] = {reference_norm_forward, reference_norm_backward},
    [MIXUP_ADD] = {reference_add_forward, reference_add_backward},
    [MIXUP_CONCAT] = {reference_concat_forward, reference_concat_backward},
    [MIXUP_MULTIPLY] = {reference_multiply_forward, reference_multiply_backward},
    [MIXUP_CUSTOM] = {reference_custom_forward, reference_custom_backward},
    [MIXUP_CONV2D] = {reference_conv2d_forward, reference_conv2d_backward},
    [MIXUP_MAX_POOL] = {reference_pool_forward, reference_pool_backward},
    [MIXUP_AVERAGE_POOL] = {reference_pool_forward, reference_pool_backward},
    [MIXUP_GLOBAL_AVERAGE_POOL] = {reference_pool_forward, reference_pool_backward},
    [MIXUP_GROUP_NORM] = {reference_norm_forward, reference_norm_backward},
    [MIXUP_PAD] = {reference_resample_forward, reference_resample_backward},
    [MIXUP_UPSAMPLE] = {reference_resample_forward, reference_resample_backward},
};

static bool absorbs_nothing(const builder *to, size_t producer, size_t behind) {
    (void)to;
    (void)producer;
    (void)behind;
    return false;
}

static void destroy(engine *self) {
    const mixup_allocator allocator = self->allocator;
    memory_release(&allocator, self);
}

mixup_status engine_create_reference(engine **out, size_t threads, const mixup_allocator *allocator) {
    engine *self = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, self, 1));
    *self = (engine){.name = "reference",
                     .allocator = *allocator,
                     .threads = threads,
                     .kernels = kernels,
                     .absorbs = absorbs_nothing,
                     .accumulate = reference_accumulate,
                     .destroy = destroy};
    snprintf(self->description, sizeof self->description, "reference, 1 thread");
    *out = self;
    return MIXUP_OK;
}
