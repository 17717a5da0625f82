/* Ready-made networks as lists of layers: what descriptions are refused, what stands where, and that every
 * site they name is legal. Their names, counts and values are compared with PyTorch's in test_torch.c. */
#include "support/failing_allocator.h"

#include "networks/networks.h"

#include <math.h>
#include <stdio.h>

static void succeed(mixup_status status) {
    if (status != MIXUP_OK)
        fail_msg("%s: %s", mixup_status_name(status), mixup_last_error());
}

/* ---------------------------------------------------------------- making them */

static mixup_network *make(const mixup_network_desc *desc) {
    mixup_network *network = NULL;
    if (mixup_network_create(&network, desc) != MIXUP_OK)
        fail_msg("%s: %s", network_kind_name(desc->kind), mixup_last_error());
    return network;
}

#define MAKE(...) make(&(mixup_network_desc){__VA_ARGS__})

static mixup_model *model_of(const mixup_network *network, const size_t input[MIXUP_MAX_RANK]) {
    mixup_model_desc desc = {.layers = network->layers,
                             .layer_count = network->layer_count,
                             .engine = MIXUP_ENGINE_REFERENCE,
                             .threads = 1};
    memcpy(desc.input, input, sizeof desc.input);
    mixup_model *model = NULL;
    succeed(mixup_model_create(&model, &desc));
    return model;
}

/* The layer of that name; NULL without one. */
static const mixup_layer *find(const mixup_network *network, const char *name) {
    for (size_t i = 0; i < network->layer_count; i++)
        if (strcmp(network->layers[i].name, name) == 0)
            return &network->layers[i];
    return NULL;
}

/* Of the layer that stands before the one called `name`. */
static const char *name_before(const mixup_network *network, const char *name) {
    const mixup_layer *found = find(network, name);
    assert_non_null(found);
    assert_true(found > network->layers);
    return found[-1].name;
}

/* ---------------------------------------------------------------- refusals */

static void refuse(const char *words, const mixup_network_desc *desc) {
    mixup_network *network = NULL;
    const mixup_status status = mixup_network_create(&network, desc);
    if (status == MIXUP_OK || strstr(mixup_last_error(), words) == NULL)
        fail_msg("'%s' is not in '%s'", words, status == MIXUP_OK ? "(accepted)" : mixup_last_error());
    assert_null(network);
}

#define REFUSE_WITH(words, ...)                                                                              \
    refuse((words), &(mixup_network_desc){.input = {3, 32, 32}, .classes = 10, __VA_ARGS__})

static void a_description_that_makes_no_network_is_refused(void **state) {
    (void)state;
    REFUSE_WITH("network.kind: is missing", .depth = 18);
    REFUSE_WITH("network.kind: is no mixup_network_kind", .kind = (mixup_network_kind)77);
    REFUSE_WITH("network.depth: is 20; a preact_resnet has 18", .kind = MIXUP_PREACT_RESNET, .depth = 20);
    REFUSE_WITH("network.depth: is 29; a wide_resnet has 6 n + 4", .kind = MIXUP_WIDE_RESNET, .depth = 29);
    REFUSE_WITH("network.depth: is 4;", .kind = MIXUP_WIDE_RESNET, .depth = 4);
    REFUSE_WITH("network.depth: is 10006; at most", .kind = MIXUP_WIDE_RESNET, .depth = 10006);
    REFUSE_WITH("network.depth: is 19; a vgg has 11", .kind = MIXUP_VGG, .depth = 19);
    REFUSE_WITH("network.width: is 1000001; at most 1000000", .kind = MIXUP_VGG, .width = 1000001);
    REFUSE_WITH("network.dropout: is 1; it must be at least 0", .kind = MIXUP_VGG, .dropout = 1.0f);
    REFUSE_WITH("network.dropout: is nan", .kind = MIXUP_VGG, .dropout = NAN);
    REFUSE_WITH("network.input_dropout: is -0.5", .kind = MIXUP_MLP, .input_dropout = -0.5f);
    REFUSE_WITH("network.noise: is inf", .kind = MIXUP_MLP, .noise = INFINITY);
    REFUSE_WITH("network.slope: has no meaning without", .kind = MIXUP_MLP, .slope = 0.1f);
    REFUSE_WITH("network.slope: is -1", .kind = MIXUP_MLP, .activation = MIXUP_ELU, .slope = -1.0f);
    REFUSE_WITH("network.activation: softmax is for the end", .kind = MIXUP_MLP, .activation = MIXUP_SOFTMAX);
    REFUSE_WITH("network.activation: is 99", .kind = MIXUP_MLP, .activation = (mixup_activation)99);
    REFUSE_WITH("network.output: is 9", .kind = MIXUP_MLP, .output = (mixup_network_output)9);
    REFUSE_WITH("network.initial: is 8; choose", .kind = MIXUP_MLP, .initial = MIXUP_CONSTANT);
    REFUSE_WITH("network.widths: is missing, though width_count is 2", .kind = MIXUP_MLP, .width_count = 2);
    REFUSE_WITH("network.widths: is empty", .kind = MIXUP_MLP, .widths = (const size_t[]){3});
    REFUSE_WITH("network.widths: layer 2 has 0 units", .kind = MIXUP_MLP, .width_count = 2,
                .widths = (const size_t[]){3, 0});
    REFUSE_WITH("network.bottleneck_after: is 4, but there are 3", .kind = MIXUP_MLP, .bottleneck = 2,
                .bottleneck_after = 4);
    REFUSE_WITH("network.bottleneck_after: has no meaning without bottleneck", .kind = MIXUP_MLP,
                .bottleneck_after = 1);
    REFUSE_WITH("network.linear_bottleneck: has no meaning", .kind = MIXUP_MLP, .linear_bottleneck = true);
    assert_int_equal(mixup_network_create(NULL, &(mixup_network_desc){.kind = MIXUP_MLP}),
                     MIXUP_ERROR_ARGUMENT);
    mixup_network_destroy(NULL);
}

static void a_field_of_another_kind_is_refused(void **state) {
    (void)state;
    REFUSE_WITH("network.depth: has no meaning for lenet", .kind = MIXUP_LENET, .depth = 5);
    REFUSE_WITH("network.width: has no meaning for wide_resnet", .kind = MIXUP_WIDE_RESNET, .width = 16);
    REFUSE_WITH("network.widening: has no meaning for vgg", .kind = MIXUP_VGG, .widening = 2);
    REFUSE_WITH("network.stem_stride: has no meaning for vgg", .kind = MIXUP_VGG, .stem_stride = 2);
    REFUSE_WITH("network.input_dropout: has no meaning for lenet", .kind = MIXUP_LENET,
                .input_dropout = 0.1f);
    REFUSE_WITH("network.bottleneck: has no meaning for lenet", .kind = MIXUP_LENET, .bottleneck = 2);
    REFUSE_WITH("network.batch_norm: has no meaning for lenet", .kind = MIXUP_LENET, .batch_norm = true);
    REFUSE_WITH("network.activation: has no meaning for preact_resnet", .kind = MIXUP_PREACT_RESNET,
                .activation = MIXUP_TANH);
}

static void an_input_that_does_not_fit_is_refused(void **state) {
    (void)state;
    refuse("network: input, the shape of a sample, is missing",
           &(mixup_network_desc){.kind = MIXUP_MLP, .classes = 2});
    refuse("network.classes: is 0", &(mixup_network_desc){.kind = MIXUP_MLP, .input = {2}});
    refuse("network: preact_resnet takes images",
           &(mixup_network_desc){.kind = MIXUP_PREACT_RESNET, .input = {784}, .classes = 2});
    refuse("has 4 dimensions",
           &(mixup_network_desc){.kind = MIXUP_LENET, .input = {2, 3, 32, 32}, .classes = 2});
    refuse("vgg halves images 5 times, so they need 32x32 pixels; these have 28x28",
           &(mixup_network_desc){.kind = MIXUP_VGG, .input = {28, 28}, .classes = 2});
}

/* ---------------------------------------------------------------- what stands where */

static const mixup_network_desc small[] = {
    {.kind = MIXUP_PREACT_RESNET, .depth = 18, .width = 2, .dropout = 0.5f},
    {.kind = MIXUP_PREACT_RESNET, .depth = 34, .width = 2},
    {.kind = MIXUP_PREACT_RESNET, .depth = 50, .width = 1, .dropout = 0.5f, .stem_stride = 2},
    {.kind = MIXUP_WIDE_RESNET, .depth = 10, .widening = 1, .dropout = 0.5f},
    {.kind = MIXUP_VGG, .depth = 11, .width = 1, .dropout = 0.5f},
    {.kind = MIXUP_LENET, .dropout = 0.5f, .activation = MIXUP_TANH},
    {.kind = MIXUP_ALL_CONVOLUTIONAL, .width = 2, .dropout = 0.5f, .input_dropout = 0.2f},
    {.kind = MIXUP_MLP,
     .widths = (const size_t[]){3, 4},
     .width_count = 2,
     .bottleneck = 2,
     .dropout = 0.5f,
     .input_dropout = 0.2f,
     .noise = 0.1f,
     .batch_norm = true},
};

/* Each of `small`, on colour images. */
static void each_small(void (*check)(const mixup_network_desc *desc, const mixup_network *network)) {
    for (size_t i = 0; i < MIXUP_COUNT(small); i++) {
        mixup_network_desc desc = small[i];
        const size_t input[MIXUP_MAX_RANK] = {3, 32, 32};
        memcpy(desc.input, input, sizeof input);
        desc.classes = 3;
        mixup_network *network = make(&desc);
        check(&desc, network);
        mixup_network_destroy(network);
    }
}

static void check_sites(const mixup_network_desc *desc, const mixup_network *network) {
    static const size_t stages[MIXUP_NETWORK_COUNT] = {
        [MIXUP_PREACT_RESNET] = 4, [MIXUP_WIDE_RESNET] = 3,       [MIXUP_VGG] = 5,
        [MIXUP_LENET] = 4,         [MIXUP_ALL_CONVOLUTIONAL] = 3, [MIXUP_MLP] = 2,
    };
    mixup_model *model = model_of(network, desc->input);
    size_t sites = 0;
    for (size_t i = 0; i < mixup_layer_count(model); i++) {
        mixup_layer_info info;
        succeed(mixup_layer_at(model, i, &info));
        size_t stage = 0;
        if (sscanf(info.name, "after_stage%zu", &stage) != 1)
            continue;
        assert_int_equal(stage, ++sites);
        assert_true(info.site_legal);
        assert_int_equal(info.parameters, 0);
    }
    assert_int_equal(sites, stages[desc->kind]);
    mixup_model_destroy(model);
}

static void every_stage_ends_in_a_legal_site(void **state) {
    (void)state;
    each_small(check_sites);
}

static void check_initial(const mixup_network_desc *desc, const mixup_network *network) {
    const mixup_initial hidden = desc->activation == MIXUP_TANH ? MIXUP_GLOROT_UNIFORM : MIXUP_HE_NORMAL;
    size_t weights = 0;
    for (size_t i = network->layer_count; i-- > 0;) { /* the last layer with weights comes first */
        const mixup_layer *layer = &network->layers[i];
        if (layer->op == MIXUP_CONV2D || layer->op == MIXUP_DENSE)
            assert_int_equal(layer->initial, weights++ == 0 ? MIXUP_INITIAL_DEFAULT : hidden);
    }
    assert_true(weights > 2);
}

static void weights_begin_as_documented(void **state) {
    (void)state;
    each_small(check_initial);
    mixup_network *network =
        MAKE(.kind = MIXUP_VGG, .input = {3, 32, 32}, .classes = 2, .width = 1, .initial = MIXUP_ORTHOGONAL);
    assert_int_equal(find(network, "features.0")->initial, MIXUP_ORTHOGONAL);
    assert_int_equal(find(network, "classifier")->initial, MIXUP_INITIAL_DEFAULT);
    mixup_network_destroy(network);
}

static void dropout_stands_where_it_is_documented(void **state) {
    (void)state;
    static const struct {
        size_t number; /* in `small` */
        const char *dropout, *before, *behind;
    } rows[] = {
        {0, "layer1.0.dropout", "layer1.0.bn2", "layer1.0.conv2"},
        {2, "layer4.2.dropout", "layer4.2.bn3", "layer4.2.conv3"},
        {3, "layer3.0.dropout", "layer3.0.bn2", "layer3.0.conv2"},
        {4, "dropout", "pool", "classifier"},
        {5, "dropout2", "fc2", "after_stage4"},
        {6, "dropout1", "conv3", "after_stage1"},
        {7, "dropout1", "bn1", "after_stage1"},
        {7, "input_dropout", "noise", "fc1"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(rows); i++) {
        mixup_network_desc desc = small[rows[i].number];
        const size_t input[MIXUP_MAX_RANK] = {3, 32, 32};
        memcpy(desc.input, input, sizeof input);
        desc.classes = 3;
        mixup_network *network = make(&desc);
        assert_int_equal(find(network, rows[i].dropout)->op, MIXUP_DROPOUT);
        assert_string_equal(name_before(network, rows[i].dropout), rows[i].before);
        assert_string_equal(name_before(network, rows[i].behind), rows[i].dropout);
        mixup_network_destroy(network);
    }
    mixup_network *plain = MAKE(.kind = MIXUP_PREACT_RESNET, .input = {3, 32, 32}, .classes = 3, .width = 1);
    for (size_t i = 0; i < plain->layer_count; i++)
        assert_int_not_equal(plain->layers[i].op, MIXUP_DROPOUT);
    mixup_network_destroy(plain);
}

static void the_bottleneck_of_an_mlp_stands_where_asked(void **state) {
    (void)state;
    static const size_t widths[] = {5, 5, 5, 5, 5, 5, 5};
    mixup_network *network =
        MAKE(.kind = MIXUP_MLP, .input = {28, 28}, .classes = 10, .widths = widths, .width_count = 7,
             .bottleneck = 12, .activation = MIXUP_LEAKY_RELU, .slope = 0.3f, .dropout = 0.5f);
    assert_int_equal(network->layers[0].op, MIXUP_FLATTEN);
    assert_string_equal(name_before(network, "bottleneck"), "after_stage3"); /* half of seven */
    assert_string_equal(name_before(network, "fc4"), "after_bottleneck");
    assert_string_equal(name_before(network, "after_bottleneck"), "bottleneck"); /* no dropout */
    assert_int_equal(find(network, "bottleneck")->activation, MIXUP_LEAKY_RELU);
    assert_true(find(network, "fc7")->slope == 0.3f);
    mixup_network_destroy(network);
    network = MAKE(.kind = MIXUP_MLP, .input = {2}, .classes = 10, .widths = widths, .width_count = 7,
                   .bottleneck = 12, .bottleneck_after = 7, .linear_bottleneck = true);
    assert_string_equal(network->layers[0].name, "fc1");
    assert_string_equal(name_before(network, "bottleneck"), "after_stage7");
    assert_string_equal(name_before(network, "output"), "after_bottleneck");
    assert_int_equal(find(network, "bottleneck")->activation, MIXUP_LINEAR);
    mixup_network_destroy(network);
}

static void the_output_is_what_was_asked_for(void **state) {
    (void)state;
    static const mixup_activation expected[MIXUP_OUTPUT_COUNT] = {MIXUP_SOFTMAX, MIXUP_SOFTMAX, MIXUP_SIGMOID,
                                                                  MIXUP_LINEAR};
    for (int kind = MIXUP_NETWORK_NONE + 1; kind < MIXUP_NETWORK_COUNT; kind++)
        for (int output = 0; output < MIXUP_OUTPUT_COUNT; output++) {
            mixup_network *network = MAKE(.kind = (mixup_network_kind)kind, .input = {3, 32, 32},
                                          .classes = 7, .output = (mixup_network_output)output);
            const mixup_layer *last = &network->layers[network->layer_count - 1];
            assert_int_equal(last->activation, expected[output]);
            mixup_network_destroy(network);
        }
}

static mixup_status make_all(const mixup_allocator *allocator, void *user) {
    (void)user;
    for (size_t i = 0; i < MIXUP_COUNT(small); i++) {
        mixup_network_desc desc = small[i];
        const size_t input[MIXUP_MAX_RANK] = {32, 32};
        memcpy(desc.input, input, sizeof input);
        desc.classes = 3;
        desc.allocator = allocator;
        mixup_network *network = NULL;
        MIXUP_TRY(mixup_network_create(&network, &desc));
        mixup_network_destroy(network);
    }
    return MIXUP_OK;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(fail_every_allocation(make_all, NULL) > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_that_makes_no_network_is_refused),
        cmocka_unit_test(a_field_of_another_kind_is_refused),
        cmocka_unit_test(an_input_that_does_not_fit_is_refused),
        cmocka_unit_test(every_stage_ends_in_a_legal_site),
        cmocka_unit_test(weights_begin_as_documented),
        cmocka_unit_test(dropout_stands_where_it_is_documented),
        cmocka_unit_test(the_bottleneck_of_an_mlp_stands_where_asked),
        cmocka_unit_test(the_output_is_what_was_asked_for),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
