/* networks/vgg: the plain stacks of convolutions of Simonyan & Zisserman 2015 (configurations A, B, D), with
 * batch norm behind each convolution, for small images: five stages, each ended by a maximum pool, and one
 * dense layer behind the mean over what positions are left (a single one, of images of 32×32).
 *
 * Convolutions are numbered as PyTorch numbers the members of a Sequential (conv, norm, ReLU, ..., pool), so
 * "features.3" is the second convolution where the first stage has two; see docs/networks.md. */
#include "networks/family.h"

enum { STAGES = 5 };

typedef struct depth_row {
    size_t depth;
    size_t convolutions[STAGES];
} depth_row;

static const depth_row depths[] = {
    {11, {1, 1, 2, 2, 2}},
    {13, {2, 2, 2, 2, 2}},
    {16, {2, 2, 3, 3, 3}},
};

/* Filters of a stage, as a multiple of `width`. */
static const size_t multiples[STAGES] = {1, 2, 4, 8, 8};

static const depth_row *find_depth(size_t depth) {
    for (size_t i = 0; i < MIXUP_COUNT(depths); i++)
        if (depths[i].depth == depth)
            return &depths[i];
    return NULL;
}

static mixup_status check(const mixup_network_desc *desc) {
    if (find_depth(desc->depth) != NULL)
        return MIXUP_OK;
    return error(MIXUP_ERROR_NETWORK, "network.depth: is %zu; a vgg has 11, 13 or 16", desc->depth);
}

static void add(layer_list *to, const mixup_network_desc *desc) {
    const depth_row *row = find_depth(desc->depth);
    size_t member = 0;
    for (size_t s = 0; s < STAGES; s++) {
        for (size_t c = 0; c < row->convolutions[s]; c++) {
            layer_add(to, layer_convolution(desc, layer_name(to, "features.%zu", member),
                                            desc->width * multiples[s], 3, 1));
            layer_add(to, layer_norm_relu(layer_name(to, "features.%zu", member + 1)));
            member += 3;
        }
        layer_add(to, (mixup_layer){.op = MIXUP_MAX_POOL,
                                    .name = layer_name(to, "features.%zu", member++),
                                    .kernel = {2}});
        layer_add_site(to, s + 1);
    }
    layer_add(to, (mixup_layer){.op = MIXUP_GLOBAL_AVERAGE_POOL, .name = "pool"});
    layer_add_dropout(to, "dropout", desc->dropout);
    layer_add_output(to, desc, "classifier");
}

const network_family family_vgg = {
    .name = "vgg",
    .reads = READS_DEPTH | READS_WIDTH | READS_DROPOUT,
    .depth = 16,
    .width = 64,
    .images = true,
    .halvings = STAGES,
    .check = check,
    .add = add,
};
