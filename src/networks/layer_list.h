/* networks/layer_list: a list of layers that grows, with the names that it needs.
 *
 * Like base/text it remembers its first failure: add freely, then look at `status` once. Until then names are
 * "" after a failure, so a family's code need not check anything. */
#ifndef NETWORKS_LAYER_LIST_H
#define NETWORKS_LAYER_LIST_H

#include "base/memory.h"

typedef struct layer_list {
    mixup_allocator allocator;
    mixup_layer *layers;
    size_t count, capacity;
    char **names; /* owned; layers point to them */
    size_t name_count, name_capacity;
    mixup_status status;
} layer_list;

void layer_list_init(layer_list *out, const mixup_allocator *allocator);
void layer_list_clear(layer_list *out);

/* A name that lives as long as the list. */
const char *layer_name(layer_list *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends a layer; strings in it must outlive the list or come from layer_name. Returns its name. */
const char *layer_add(layer_list *to, mixup_layer layer);

/* ---- what several families need */

/* A convolution with square kernel that keeps the size of the image at stride 1; weights as `desc` says. */
mixup_layer layer_convolution(const mixup_network_desc *desc, const char *name, size_t filters, size_t kernel,
                              size_t stride);

/* Batch norm and ReLU. */
mixup_layer layer_norm_relu(const char *name);

/* The layer "after_stage<number>" that names a state and does nothing; returns its name. */
const char *layer_add_site(layer_list *to, size_t stage);

/* A dropout layer, unless the rate is 0. */
void layer_add_dropout(layer_list *to, const char *name, float rate);

/* The dense layer in which a network ends: desc->classes units, desc->output behind it. */
void layer_add_output(layer_list *to, const mixup_network_desc *desc, const char *name);

/* desc->output as the activation that it is. */
mixup_activation layer_output_activation(const mixup_network_desc *desc);

#endif
