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

/* FLATTEN and RESHAPE share storage and never reach a kernel. */
static const engine_kernel kernels[MIXUP_OP_COUNT] = {
    [MIXUP_DENSE] = {reference_dense_forward, reference_dense_backward},
    [MIXUP_ACTIVATION] = {reference_activation_forward, reference_activation_backward},
    [MIXUP_DROPOUT] = {reference_random_forward, reference_random_backward},
    [MIXUP_GAUSSIAN_NOISE] = {reference_random_forward, reference_random_backward},
    [MIXUP_BATCH_NORM] = {reference_batch_norm_forward, reference_batch_norm_backward},
    [MIXUP_LAYER_NORM] = {reference_layer_norm_forward, reference_layer_norm_backward},
    [MIXUP_ADD] = {reference_add_forward, reference_add_backward},
    [MIXUP_CONCAT] = {reference_concat_forward, reference_concat_backward},
    [MIXUP_MULTIPLY] = {reference_multiply_forward, reference_multiply_backward},
    [MIXUP_CUSTOM] = {reference_custom_forward, reference_custom_backward},
};

static bool absorbs_nothing(const graph_node *producer, const graph_node *activation, bool training) {
    (void)producer;
    (void)activation;
    (void)training;
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
                     .mix = reference_mix,
                     .mix_gradient = reference_mix_gradient,
                     .accumulate = reference_accumulate,
                     .update = reference_update,
                     .destroy = destroy};
    snprintf(self->description, sizeof self->description, "reference, 1 thread");
    *out = self;
    return MIXUP_OK;
}
