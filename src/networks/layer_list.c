/* networks/layer_list: see the header. */
#include "networks/layer_list.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void layer_list_init(layer_list *out, const mixup_allocator *allocator) {
    *out = (layer_list){.allocator = *allocator};
}

void layer_list_clear(layer_list *out) {
    for (size_t i = 0; i < out->name_count; i++)
        memory_release(&out->allocator, out->names[i]);
    memory_release(&out->allocator, out->names);
    memory_release(&out->allocator, out->layers);
    *out = (layer_list){.allocator = out->allocator};
}

const char *layer_name(layer_list *to, const char *format, ...) {
    if (to->status == MIXUP_OK && to->name_count == to->name_capacity) {
        const size_t capacity = 2 * to->name_capacity + 16;
        to->status = MEMORY_GROW(&to->allocator, to->names, to->name_capacity, capacity);
        if (to->status == MIXUP_OK)
            to->name_capacity = capacity;
    }
    if (to->status != MIXUP_OK)
        return "";
    char name[100]; /* a few short words and numbers */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    char *copy = memory_copy_text(&to->allocator, name);
    if (copy == NULL) {
        to->status = MIXUP_ERROR_MEMORY;
        return "";
    }
    to->names[to->name_count++] = copy;
    return copy;
}

const char *layer_add(layer_list *to, mixup_layer layer) {
    if (to->status == MIXUP_OK && to->count == to->capacity) {
        const size_t capacity = 2 * to->capacity + 32;
        to->status = MEMORY_GROW(&to->allocator, to->layers, to->capacity, capacity);
        if (to->status == MIXUP_OK)
            to->capacity = capacity;
    }
    if (to->status == MIXUP_OK)
        to->layers[to->count++] = layer;
    return layer.name;
}

mixup_layer layer_convolution(const mixup_network_desc *desc, const char *name, size_t filters, size_t kernel,
                              size_t stride) {
    return (mixup_layer){
        .op = MIXUP_CONV2D,
        .name = name,
        .filters = filters,
        .kernel = {kernel},
        .stride = {stride},
        .padding = {kernel / 2},
        .initial = desc->initial,
    };
}

mixup_layer layer_norm_relu(const char *name) {
    return (mixup_layer){.op = MIXUP_BATCH_NORM, .name = name, .activation = MIXUP_RELU};
}

const char *layer_add_site(layer_list *to, size_t stage) {
    return layer_add(to,
                     (mixup_layer){.op = MIXUP_ACTIVATION, .name = layer_name(to, "after_stage%zu", stage)});
}

void layer_add_dropout(layer_list *to, const char *name, float rate) {
    if (rate > 0.0f)
        layer_add(to, (mixup_layer){.op = MIXUP_DROPOUT, .name = name, .rate = rate});
}

mixup_activation layer_output_activation(const mixup_network_desc *desc) {
    switch (desc->output) {
    case MIXUP_OUTPUT_SIGMOID:
        return MIXUP_SIGMOID;
    case MIXUP_OUTPUT_LINEAR:
        return MIXUP_LINEAR;
    default:
        return MIXUP_SOFTMAX;
    }
}

void layer_add_output(layer_list *to, const mixup_network_desc *desc, const char *name) {
    layer_add(to, (mixup_layer){.op = MIXUP_DENSE,
                                .name = name,
                                .units = desc->classes,
                                .activation = layer_output_activation(desc)});
}
