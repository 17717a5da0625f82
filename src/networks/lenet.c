/* networks/lenet: LeNet-5 (LeCun et al. 1998) as it is written today: two convolutions 5×5 of 6 and 16
 * filters, each followed by a maximum pool, and dense layers of 120 and 84 units. The original had trained
 * averages for pools, tanh for activation and sparse connections.
 *
 * Images of less than 32 pixels a side get two more at each side in the first convolution, as LeCun's digits
 * of 28×28 stood in frames of 32×32. */
#include "networks/family.h"

enum { FRAME = 32, KERNEL = 5, STAGES = 4 };

static void add_pool(layer_list *to, const char *name) {
    layer_add(to, (mixup_layer){.op = MIXUP_MAX_POOL, .name = name, .kernel = {2}});
}

static void add_convolution(layer_list *to, const mixup_network_desc *desc, const char *name, size_t filters,
                            size_t padding) {
    mixup_layer layer = layer_convolution(desc, name, filters, KERNEL, 1);
    layer.padding[0] = padding;
    layer.activation = desc->activation;
    layer.slope = desc->slope;
    layer_add(to, layer);
}

static void add_dense(layer_list *to, const mixup_network_desc *desc, const char *name, size_t units) {
    layer_add(to, (mixup_layer){.op = MIXUP_DENSE,
                                .name = name,
                                .units = units,
                                .activation = desc->activation,
                                .slope = desc->slope,
                                .initial = desc->initial});
}

static void add(layer_list *to, const mixup_network_desc *desc) {
    const bool small = desc->input[1] < FRAME || desc->input[2] < FRAME;
    add_convolution(to, desc, "conv1", 6, small ? 2 : 0);
    add_pool(to, "pool1");
    layer_add_site(to, 1);
    add_convolution(to, desc, "conv2", 16, 0);
    add_pool(to, "pool2");
    layer_add_site(to, 2);
    layer_add(to, (mixup_layer){.op = MIXUP_FLATTEN, .name = "flatten"});
    add_dense(to, desc, "fc1", 120);
    layer_add_dropout(to, "dropout1", desc->dropout);
    layer_add_site(to, 3);
    add_dense(to, desc, "fc2", 84);
    layer_add_dropout(to, "dropout2", desc->dropout);
    layer_add_site(to, STAGES);
    layer_add_output(to, desc, "fc3");
}

const network_family family_lenet = {
    .name = "lenet",
    .reads = READS_DROPOUT | READS_ACTIVATION,
    .images = true,
    .add = add,
};
