/* networks/preact_resnet: ResNets with pre-activation (He et al. 2016, "Identity mappings in deep residual
 * networks") for small images, in the shape that the code of the Manifold Mixup paper trains
 * (github.com/vikasverma1077/manifold_mixup, supervised/models/preresnet.py):
 *
 *     conv 3×3 - stage 1 - stage 2 - stage 3 - stage 4 - mean over positions - dense
 *
 * Stages have 1, 2, 4 and 8 times `width` filters (bottleneck blocks: four times that many outputs), and all
 * but the first begin with stride 2. A block is norm - ReLU - conv, twice or three times, added to its input.
 * Where shapes differ, the shortcut is a convolution 1×1 of the state behind the block's first norm and ReLU;
 * elsewhere it is the block's input as it came. Two things that a newcomer might miss: no convolution has a
 * bias, and there is no norm between the last block and the mean.
 *
 * Dropout, which that code does not have, stands before a block's last convolution, where wide ResNets put
 * it (Zagoruyko & Komodakis 2016). */
#include "networks/family.h"

enum { STAGES = 4, MAX_CONVOLUTIONS = 3 };

/* One convolution of a block: kernel, whether the block's stride is its, how many times the stage's filters.
 */
typedef struct block_convolution {
    size_t kernel;
    bool strided;
    size_t expansion;
} block_convolution;

typedef struct block_shape {
    block_convolution convolutions[MAX_CONVOLUTIONS];
    size_t count;
    size_t expansion; /* of the block's output */
} block_shape;

static const block_shape basic = {{{3, true, 1}, {3, false, 1}}, 2, 1};
static const block_shape bottleneck = {{{1, false, 1}, {3, true, 1}, {1, false, 4}}, 3, 4};

typedef struct depth_row {
    size_t depth;
    const block_shape *block;
    size_t blocks[STAGES];
} depth_row;

static const depth_row depths[] = {
    {18, &basic, {2, 2, 2, 2}},        {34, &basic, {3, 4, 6, 3}},        {50, &bottleneck, {3, 4, 6, 3}},
    {101, &bottleneck, {3, 4, 23, 3}}, {152, &bottleneck, {3, 8, 36, 3}},
};

static const depth_row *find_depth(size_t depth) {
    for (size_t i = 0; i < MIXUP_COUNT(depths); i++)
        if (depths[i].depth == depth)
            return &depths[i];
    return NULL;
}

static mixup_status check(const mixup_network_desc *desc) {
    if (find_depth(desc->depth) != NULL)
        return MIXUP_OK;
    return error(MIXUP_ERROR_NETWORK, "network.depth: is %zu; a preact_resnet has 18, 34, 50, 101 or 152",
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
static const char *add_block(layer_list *to, const mixup_network_desc *desc, const block_shape *shape,
                             const block *at) {
    for (size_t c = 0; c < shape->count; c++) {
        const block_convolution *conv = &shape->convolutions[c];
        layer_add(to, layer_norm_relu(layer_name(to, "%s.bn%zu", at->prefix, c + 1)));
        if (c + 1 == shape->count)
            layer_add_dropout(to, layer_name(to, "%s.dropout", at->prefix), desc->dropout);
        mixup_layer layer =
            layer_convolution(desc, layer_name(to, "%s.conv%zu", at->prefix, c + 1),
                              at->filters * conv->expansion, conv->kernel, conv->strided ? at->stride : 1);
        layer.no_bias = true;
        layer_add(to, layer);
    }
    const char *with = at->source;
    if (at->stride != 1 || at->channels != at->filters * shape->expansion) {
        with = layer_name(to, "%s.conv%zu", at->prefix, shape->count);
        mixup_layer layer = layer_convolution(desc, layer_name(to, "%s.shortcut.0", at->prefix),
                                              at->filters * shape->expansion, 1, at->stride);
        layer.no_bias = true;
        layer.from = layer_name(to, "%s.bn1", at->prefix);
        layer_add(to, layer);
    }
    return layer_add(to, (mixup_layer){.op = MIXUP_ADD, .name = at->prefix, .with = {with}});
}

static void add(layer_list *to, const mixup_network_desc *desc) {
    const depth_row *row = find_depth(desc->depth);
    mixup_layer stem = layer_convolution(desc, "conv1", desc->width, 3, desc->stem_stride);
    stem.no_bias = true;
    const char *source = layer_add(to, stem);
    size_t channels = desc->width;
    for (size_t s = 0; s < STAGES; s++) {
        for (size_t b = 0; b < row->blocks[s]; b++) {
            const block at = {
                .prefix = layer_name(to, "layer%zu.%zu", s + 1, b),
                .source = source,
                .channels = channels,
                .filters = desc->width << s,
                .stride = s > 0 && b == 0 ? 2 : 1,
            };
            source = add_block(to, desc, row->block, &at);
            channels = at.filters * row->block->expansion;
        }
        source = layer_add_site(to, s + 1);
    }
    layer_add(to, (mixup_layer){.op = MIXUP_GLOBAL_AVERAGE_POOL, .name = "pool"});
    layer_add_output(to, desc, "linear");
}

const network_family family_preact_resnet = {
    .name = "preact_resnet",
    .reads = READS_DEPTH | READS_WIDTH | READS_STEM_STRIDE | READS_DROPOUT,
    .depth = 18,
    .width = 64,
    .images = true,
    .check = check,
    .add = add,
};
