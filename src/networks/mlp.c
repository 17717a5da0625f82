/* networks/mlp: dense layers one after the other, and where asked a bottleneck between them, as in the
 * paper's figures 1, 2, 5 and 9 to 12 (784-1024-1024-2-1024-1024-10 is widths 1024 four times and bottleneck
 * 2).
 *
 * A hidden layer is dense - norm - activation - dropout, the norm and the dropout only where asked for.
 * Dropout never acts on the bottleneck, which it would leave too little of. */
#include "networks/family.h"
#include "networks/networks.h"

static const size_t default_widths[] = {1024, 1024, 1024};

static mixup_status check(const mixup_network_desc *desc) {
    if (desc->widths != NULL && desc->width_count == 0)
        return error(MIXUP_ERROR_NETWORK, "network.widths: is empty; it needs at least one hidden layer");
    if (desc->widths == NULL && desc->width_count > 0)
        return error(MIXUP_ERROR_ARGUMENT, "network.widths: is missing, though width_count is %zu",
                     desc->width_count);
    if (desc->width_count > NETWORK_MAX_LAYERS)
        return error(MIXUP_ERROR_NETWORK, "network.widths: has %zu layers; at most %d are right",
                     desc->width_count, NETWORK_MAX_LAYERS);
    for (size_t i = 0; i < desc->width_count; i++)
        if (desc->widths[i] == 0 || desc->widths[i] > NETWORK_MAX_WIDTH)
            return error(MIXUP_ERROR_NETWORK, "network.widths: layer %zu has %zu units; it needs 1 to %d",
                         i + 1, desc->widths[i], NETWORK_MAX_WIDTH);
    const size_t count = desc->width_count > 0 ? desc->width_count : MIXUP_COUNT(default_widths);
    if (desc->bottleneck == 0 && (desc->bottleneck_after > 0 || desc->linear_bottleneck))
        return error(MIXUP_ERROR_NETWORK, "network.%s: has no meaning without bottleneck, its units",
                     desc->bottleneck_after > 0 ? "bottleneck_after" : "linear_bottleneck");
    if (desc->bottleneck_after > count)
        return error(MIXUP_ERROR_NETWORK, "network.bottleneck_after: is %zu, but there are %zu hidden layers",
                     desc->bottleneck_after, count);
    return MIXUP_OK;
}

static void add_hidden(layer_list *to, const mixup_network_desc *desc, const char *name, const char *norm,
                       size_t units, mixup_activation activation) {
    const float slope = activation == MIXUP_LEAKY_RELU || activation == MIXUP_ELU ? desc->slope : 0.0f;
    layer_add(to, (mixup_layer){.op = MIXUP_DENSE,
                                .name = name,
                                .units = units,
                                .activation = desc->batch_norm ? MIXUP_LINEAR : activation,
                                .slope = desc->batch_norm ? 0.0f : slope,
                                .initial = desc->initial});
    if (desc->batch_norm)
        layer_add(to, (mixup_layer){
                          .op = MIXUP_BATCH_NORM, .name = norm, .activation = activation, .slope = slope});
}

static void add_bottleneck(layer_list *to, const mixup_network_desc *desc) {
    add_hidden(to, desc, "bottleneck", "bottleneck_bn", desc->bottleneck,
               desc->linear_bottleneck ? MIXUP_LINEAR : desc->activation);
    layer_add(to, (mixup_layer){.op = MIXUP_ACTIVATION, .name = "after_bottleneck"});
}

static void add(layer_list *to, const mixup_network_desc *desc) {
    const size_t *widths = desc->width_count > 0 ? desc->widths : default_widths;
    const size_t count = desc->width_count > 0 ? desc->width_count : MIXUP_COUNT(default_widths);
    const size_t before = desc->bottleneck_after > 0 ? desc->bottleneck_after : count / 2;
    if (desc->noise > 0.0f)
        layer_add(to, (mixup_layer){.op = MIXUP_GAUSSIAN_NOISE, .name = "noise", .stddev = desc->noise});
    layer_add_dropout(to, "input_dropout", desc->input_dropout);
    for (size_t i = 0; i < count; i++) {
        if (desc->bottleneck > 0 && i == before)
            add_bottleneck(to, desc);
        add_hidden(to, desc, layer_name(to, "fc%zu", i + 1), layer_name(to, "bn%zu", i + 1), widths[i],
                   desc->activation);
        layer_add_dropout(to, layer_name(to, "dropout%zu", i + 1), desc->dropout);
        layer_add_site(to, i + 1);
    }
    if (desc->bottleneck > 0 && before == count)
        add_bottleneck(to, desc);
    layer_add_output(to, desc, "output");
}

const network_family family_mlp = {
    .name = "mlp",
    .reads = READS_MLP | READS_DROPOUT | READS_INPUT_DROPOUT | READS_ACTIVATION,
    .check = check,
    .add = add,
};
