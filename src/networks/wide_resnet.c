/* networks/wide_resnet: wide residual networks (Zagoruyko & Komodakis 2016), in the shape that the code of
 * the Manifold Mixup paper trains (github.com/vikasverma1077/manifold_mixup,
 * supervised/models/wide_resnet.py):
 *
 *     conv 3×3, 16 - stage 1 - stage 2 - stage 3 - norm - ReLU - mean over positions - dense
 *
 * Stages have 16, 32 and 64 times `widening` filters and (depth - 4) / 6 blocks each; the second and third
 * halve the image. A block is norm - ReLU - conv - norm - ReLU - dropout - conv, added to its input. What
 * differs from a preact_resnet and from the paper of wide ResNets: the stride is the second convolution's, a
 * convolution of the shortcut reads the block's input itself (not what its norm made of it), and all
 * convolutions have biases. That code gives its last norm a momentum of 0.9, so that it would predict with
 * hardly more than the last batch's statistics; here it is 0.1 as in all others. Dropout is the wide ResNet
 * paper's, which that code took out. */
#include "networks/family.h"

enum { STAGES = 3, STEM = 16 };

static mixup_status check(const mixup_network_desc *desc) {
    if (desc->depth >= 10 && (desc->depth - 4) % 6 == 0)
        return MIXUP_OK;
    return error(MIXUP_ERROR_NETWORK,
                 "network.depth: is %zu; a wide_resnet has 6 n + 4 layers: 10, 16, 22, 28, 34, 40, ...",
                 desc->depth);
}

/* Where a block stands and what it reads. */
typedef struct block {
    const char *prefix; /* "layer2.0" */
    const char *source;
    size_t channels; /* of the source */
    size_t filters;
    size_t stride;
} block;

/* Returns the name of the block's output. */
static const char *add_block(layer_list *to, const mixup_network_desc *desc, const block *at) {
    layer_add(to, layer_norm_relu(layer_name(to, "%s.bn1", at->prefix)));
    layer_add(to, layer_convolution(desc, layer_name(to, "%s.conv1", at->prefix), at->filters, 3, 1));
    layer_add(to, layer_norm_relu(layer_name(to, "%s.bn2", at->prefix)));
    layer_add_dropout(to, layer_name(to, "%s.dropout", at->prefix), desc->dropout);
    const char *last = layer_add(to, layer_convolution(desc, layer_name(to, "%s.conv2", at->prefix),
                                                       at->filters, 3, at->stride));
    const char *with = at->source;
    if (at->stride != 1 || at->channels != at->filters) {
        mixup_layer shortcut =
            layer_convolution(desc, layer_name(to, "%s.shortcut.0", at->prefix), at->filters, 1, at->stride);
        shortcut.from = at->source;
        layer_add(to, shortcut);
        with = last;
    }
    return layer_add(to, (mixup_layer){.op = MIXUP_ADD, .name = at->prefix, .with = {with}});
}

static void add(layer_list *to, const mixup_network_desc *desc) {
    const size_t blocks = (desc->depth - 4) / 6;
    const char *source = layer_add(to, layer_convolution(desc, "conv1", STEM, 3, desc->stem_stride));
    size_t channels = STEM;
    for (size_t s = 0; s < STAGES; s++) {
        for (size_t b = 0; b < blocks; b++) {
            const block at = {
                .prefix = layer_name(to, "layer%zu.%zu", s + 1, b),
                .source = source,
                .channels = channels,
                .filters = ((size_t)STEM << s) * desc->widening,
                .stride = s > 0 && b == 0 ? 2 : 1,
            };
            source = add_block(to, desc, &at);
            channels = at.filters;
        }
        source = layer_add_site(to, s + 1);
    }
    layer_add(to, layer_norm_relu("bn1"));
    layer_add(to, (mixup_layer){.op = MIXUP_GLOBAL_AVERAGE_POOL, .name = "pool"});
    layer_add_output(to, desc, "linear");
}

const network_family family_wide_resnet = {
    .name = "wide_resnet",
    .reads = READS_DEPTH | READS_WIDENING | READS_STEM_STRIDE | READS_DROPOUT,
    .depth = 28,
    .widening = 10,
    .images = true,
    .check = check,
    .add = add,
};
