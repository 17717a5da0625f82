/* networks: descriptions checked and completed, and the lists made; see the header. */
#include "networks/networks.h"

#include "networks/family.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const network_family *const families[MIXUP_NETWORK_COUNT] = {
    [MIXUP_PREACT_RESNET] = &family_preact_resnet,
    [MIXUP_WIDE_RESNET] = &family_wide_resnet,
    [MIXUP_VGG] = &family_vgg,
    [MIXUP_LENET] = &family_lenet,
    [MIXUP_ALL_CONVOLUTIONAL] = &family_all_convolutional,
    [MIXUP_MLP] = &family_mlp,
};

static const network_family *find_family(mixup_network_kind kind) {
    return (unsigned)kind < MIXUP_NETWORK_COUNT ? families[kind] : NULL;
}

const char *network_kind_name(mixup_network_kind kind) {
    const network_family *family = find_family(kind);
    return family != NULL ? family->name : NULL;
}

/* ---------------------------------------------------------------- checks */

/* A field that only some families read; `most`: of a size_t, the largest value. */
typedef struct field_row {
    unsigned bit;
    const char *name;
    size_t at, size;
    size_t most;
} field_row;

#define FIELD(bit, field, most)                                                                              \
    {                                                                                                        \
        (bit), #field, offsetof(mixup_network_desc, field), sizeof(((mixup_network_desc *)NULL)->field),     \
            (most)                                                                                           \
    }

static const field_row fields[] = {
    FIELD(READS_DEPTH, depth, NETWORK_MAX_DEPTH),
    FIELD(READS_WIDTH, width, NETWORK_MAX_WIDTH),
    FIELD(READS_WIDENING, widening, 10000),
    FIELD(READS_STEM_STRIDE, stem_stride, 1000),
    FIELD(READS_DROPOUT, dropout, 0),
    FIELD(READS_INPUT_DROPOUT, input_dropout, 0),
    FIELD(READS_MLP, widths, 0),
    FIELD(READS_MLP, width_count, 0), /* by the family */
    FIELD(READS_MLP, bottleneck, NETWORK_MAX_WIDTH),
    FIELD(READS_MLP, bottleneck_after, 0), /* by the family */
    FIELD(READS_MLP, linear_bottleneck, 0),
    FIELD(READS_MLP, batch_norm, 0),
    FIELD(READS_MLP, noise, 0),
    FIELD(READS_ACTIVATION, activation, 0),
    FIELD(READS_ACTIVATION, slope, 0),
};

static bool is_given(const mixup_network_desc *desc, const field_row *field) {
    static const mixup_network_desc nothing;
    return memcmp((const char *)desc + field->at, (const char *)&nothing + field->at, field->size) != 0;
}

static mixup_status check_fields(const mixup_network_desc *desc, const network_family *family) {
    for (size_t i = 0; i < MIXUP_COUNT(fields); i++) {
        const field_row *field = &fields[i];
        if (!is_given(desc, field))
            continue;
        if ((family->reads & field->bit) == 0)
            return error(MIXUP_ERROR_NETWORK, "network.%s: has no meaning for %s", field->name, family->name);
        size_t value = 0;
        if (field->most > 0) {
            memcpy(&value, (const char *)desc + field->at, sizeof value);
            if (value > field->most)
                return error(MIXUP_ERROR_NETWORK, "network.%s: is %zu; at most %zu is right", field->name,
                             value, field->most);
        }
    }
    return MIXUP_OK;
}

static mixup_status check_rate(const char *name, float rate) {
    if (rate >= 0.0f && rate < 1.0f)
        return MIXUP_OK;
    return error(MIXUP_ERROR_NETWORK, "network.%s: is %g; it must be at least 0 and below 1", name,
                 (double)rate);
}

static mixup_status check_numbers(const mixup_network_desc *desc) {
    MIXUP_TRY(check_rate("dropout", desc->dropout));
    MIXUP_TRY(check_rate("input_dropout", desc->input_dropout));
    if (!isfinite(desc->noise) || desc->noise < 0.0f)
        return error(MIXUP_ERROR_NETWORK, "network.noise: is %g; it must be at least 0 and finite",
                     (double)desc->noise);
    const bool sloped = desc->activation == MIXUP_LEAKY_RELU || desc->activation == MIXUP_ELU;
    if (desc->slope != 0.0f && !sloped)
        return error(MIXUP_ERROR_NETWORK, "network.slope: has no meaning without leaky_relu or elu");
    if (!isfinite(desc->slope) || desc->slope < 0.0f)
        return error(MIXUP_ERROR_NETWORK, "network.slope: is %g; it must be above 0 and finite",
                     (double)desc->slope);
    return MIXUP_OK;
}

static mixup_status check_choices(const mixup_network_desc *desc) {
    if ((unsigned)desc->output >= MIXUP_OUTPUT_COUNT)
        return error(MIXUP_ERROR_NETWORK, "network.output: is %d, which is no mixup_network_output",
                     (int)desc->output);
    if ((unsigned)desc->activation >= MIXUP_ACTIVATION_COUNT)
        return error(MIXUP_ERROR_NETWORK, "network.activation: is %d, which is no mixup_activation",
                     (int)desc->activation);
    if (desc->activation == MIXUP_SOFTMAX)
        return error(MIXUP_ERROR_NETWORK,
                     "network.activation: softmax is for the end of a network; see output");
    if ((unsigned)desc->initial >= MIXUP_INITIAL_COUNT || desc->initial == MIXUP_CONSTANT)
        return error(MIXUP_ERROR_NETWORK,
                     "network.initial: is %d; choose a mixup_initial other than MIXUP_CONSTANT",
                     (int)desc->initial);
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- defaults */

static size_t or_default(size_t given, size_t standard) {
    return given > 0 ? given : standard;
}

/* What zero fields mean. */
static mixup_network_desc complete(const mixup_network_desc *desc, const network_family *family) {
    mixup_network_desc full = *desc;
    full.depth = or_default(desc->depth, family->depth);
    full.width = or_default(desc->width, family->width);
    full.widening = or_default(desc->widening, family->widening);
    full.stem_stride = or_default(desc->stem_stride, 1);
    if (desc->activation == MIXUP_LINEAR)
        full.activation = MIXUP_RELU;
    const bool saturates = full.activation == MIXUP_TANH || full.activation == MIXUP_SIGMOID;
    if (desc->initial == MIXUP_INITIAL_DEFAULT)
        full.initial = saturates ? MIXUP_GLOROT_UNIFORM : MIXUP_HE_NORMAL;
    return full;
}

/* Completes `desc`; everything but its input and classes is then right. */
static mixup_status resolve(const mixup_network_desc *desc, const network_family **family,
                            mixup_network_desc *full) {
    *family = find_family(desc->kind);
    if (*family == NULL)
        return error(MIXUP_ERROR_NETWORK, "network.kind: %s",
                     desc->kind == MIXUP_NETWORK_NONE ? "is missing" : "is no mixup_network_kind");
    MIXUP_TRY(check_choices(desc));
    MIXUP_TRY(check_fields(desc, *family));
    MIXUP_TRY(check_numbers(desc));
    *full = complete(desc, *family);
    return (*family)->check != NULL ? (*family)->check(full) : MIXUP_OK;
}

mixup_status network_check(const mixup_network_desc *desc) {
    const network_family *family = NULL;
    mixup_network_desc full;
    return resolve(desc, &family, &full);
}

/* ---------------------------------------------------------------- input */

static size_t rank_of(const mixup_network_desc *desc) {
    size_t rank = 0;
    while (rank < MIXUP_MAX_RANK && desc->input[rank] > 0)
        rank++;
    return rank;
}

/* Makes an image of three dimensions, or a flat vector, of what comes in; `desc->input` becomes its shape. */
static mixup_status add_input(layer_list *to, mixup_network_desc *desc, const network_family *family) {
    const size_t rank = rank_of(desc);
    if (rank == 0)
        return error(MIXUP_ERROR_SHAPE, "network: input, the shape of a sample, is missing");
    if (desc->classes == 0 || desc->classes > NETWORK_MAX_WIDTH)
        return error(MIXUP_ERROR_NETWORK, "network.classes: is %zu; it must be 1 to %d", desc->classes,
                     NETWORK_MAX_WIDTH);
    if (!family->images) {
        if (rank > 1)
            layer_add(to, (mixup_layer){.op = MIXUP_FLATTEN, .name = "flatten"});
        return MIXUP_OK;
    }
    if (rank != 2 && rank != 3)
        return error(MIXUP_ERROR_SHAPE,
                     "network: %s takes images, [channels][height][width] or [height][width]; its input has "
                     "%zu dimension%s",
                     family->name, rank, rank == 1 ? "" : "s");
    if (rank == 2) {
        memmove(desc->input + 1, desc->input, 2 * sizeof *desc->input);
        desc->input[0] = 1;
        mixup_layer image = {.op = MIXUP_RESHAPE, .name = "image"};
        memcpy(image.shape, desc->input, sizeof image.shape);
        layer_add(to, image);
    }
    const size_t least = (size_t)1 << family->halvings;
    if (desc->input[1] < least || desc->input[2] < least)
        return error(MIXUP_ERROR_SHAPE,
                     "network: %s halves images %zu times, so they need %zux%zu pixels; these have %zux%zu",
                     family->name, family->halvings, least, least, desc->input[1], desc->input[2]);
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- the public object */

typedef struct owned_network {
    mixup_network shown; /* first, so that a pointer to it is one to the whole */
    layer_list list;
} owned_network;

static mixup_status build(owned_network *made, const mixup_network_desc *desc) {
    const network_family *family = NULL;
    mixup_network_desc full;
    MIXUP_TRY(resolve(desc, &family, &full));
    MIXUP_TRY(add_input(&made->list, &full, family));
    family->add(&made->list, &full);
    made->shown = (mixup_network){.layers = made->list.layers, .layer_count = made->list.count};
    return made->list.status;
}

mixup_status mixup_network_create(mixup_network **network, const mixup_network_desc *desc) {
    if (network == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_network_create: network and desc must not be NULL");
    const mixup_allocator allocator = memory_allocator(desc->allocator);
    owned_network *made = NULL;
    MIXUP_TRY(MEMORY_NEW(&allocator, made, 1));
    layer_list_init(&made->list, &allocator);
    const mixup_status status = build(made, desc);
    if (status != MIXUP_OK) {
        mixup_network_destroy(&made->shown);
        return status;
    }
    *network = &made->shown;
    return MIXUP_OK;
}

void mixup_network_destroy(mixup_network *network) {
    if (network == NULL)
        return;
    owned_network *whole = (owned_network *)(void *)network;
    const mixup_allocator allocator = whole->list.allocator;
    layer_list_clear(&whole->list);
    memory_release(&allocator, whole);
}
