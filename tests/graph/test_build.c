/* From layers to a graph: names, edges, shapes, parameters, and every refusal with its message. */
#include "support/graph_building.h"

#include <math.h>

static const char *name_of(const graph *in, size_t layer) {
    return in->layers[layer].attributes.name;
}

/* ---- names */

static void unnamed_layers_are_numbered_by_kind(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_FLATTEN},
                                  {.op = MIXUP_DENSE, .units = 4},
                                  {.op = MIXUP_DENSE, .units = 4, .name = "middle"},
                                  {.op = MIXUP_LAYER_NORM},
                                  {.op = MIXUP_DENSE, .units = 4}};
    static const char *const expected[] = {"flatten1", "dense1", "middle", "layer_norm1", "dense3"};
    graph *made;
    BUILD(&made, layers, 2, 2);
    for (size_t l = 0; l < MIXUP_COUNT(layers); l++)
        assert_string_equal(name_of(made, l), expected[l]);
    graph_destroy(made);
}

static void automatic_names_pass_over_those_that_are_taken(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4},
                                  {.op = MIXUP_DENSE, .units = 4, .name = "dense1"},
                                  {.op = MIXUP_DENSE, .units = 4},
                                  {.op = MIXUP_DENSE, .units = 4}};
    static const char *const expected[] = {"dense2", "dense1", "dense3", "dense4"};
    graph *made;
    BUILD(&made, layers, 4);
    for (size_t l = 0; l < MIXUP_COUNT(layers); l++)
        assert_string_equal(name_of(made, l), expected[l]);
    assert_int_equal(graph_find_layer(made, "dense1"), 1);
    assert_int_equal(graph_find_layer(made, "nothing"), MIXUP_COUNT(layers));
    assert_int_equal(graph_find_parameter(made, "dense1.bias"), 3);
    assert_int_equal(graph_find_parameter(made, "dense1"), made->parameter_count);
    graph_destroy(made);
}

static void the_graph_keeps_copies_of_all_texts(void **state) {
    (void)state;
    char name[] = "first", from[] = "input", with[] = "first";
    mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 3, .name = name, .from = from},
                            {.op = MIXUP_ADD, .with = {with}, .from = from}};
    graph *made;
    BUILD(&made, layers, 3);
    memset(name, 'x', sizeof name - 1);
    memset(from, 'x', sizeof from - 1);
    memset(with, 'x', sizeof with - 1);
    assert_string_equal(name_of(made, 0), "first");
    assert_string_equal(made->layers[1].attributes.from, "input");
    assert_string_equal(made->layers[1].attributes.with[0], "first");
    graph_destroy(made);
}

/* ---- edges, shapes, parameters */

static void layers_become_nodes_values_and_parameters(void **state) {
    (void)state;
    const mixup_layer layers[] = {
        {.op = MIXUP_FLATTEN, .name = "flat"},
        {.op = MIXUP_DENSE, .units = 5, .activation = MIXUP_RELU, .name = "a"},
        {.op = MIXUP_BATCH_NORM, .name = "norm"},
        {.op = MIXUP_CONCAT, .name = "both", .from = "a", .with = {"norm", "flat"}},
        {.op = MIXUP_RESHAPE, .shape = {8, 2}, .name = "grid"},
        {.op = MIXUP_LAYER_NORM, .no_bias = true},
        {.op = MIXUP_FLATTEN},
        {.op = MIXUP_DENSE, .units = 3, .no_bias = true, .activation = MIXUP_SOFTMAX, .name = "last"},
    };
    graph *made;
    BUILD(&made, layers, 2, 3);
    assert_int_equal(made->node_count, 10); /* two layers have an activation of their own */
    assert_int_equal(made->value_count, 11);
    assert_int_equal(made->final_activation, MIXUP_SOFTMAX);
    assert_int_equal(made->output, made->layers[7].output);

    assert_string_equal(shape_to_text(&made->values[GRAPH_INPUT].shape).text, "2x3");
    assert_string_equal(shape_to_text(&made->values[made->layers[3].output].shape).text, "16");
    assert_string_equal(shape_to_text(&made->values[made->layers[4].output].shape).text, "8x2");
    assert_int_equal(made->values[made->layers[0].output].storage, GRAPH_INPUT);
    assert_int_equal(made->values[made->layers[6].output].storage, made->layers[5].output);
    assert_int_equal(made->values[made->layers[4].output].storage, made->layers[3].output);
    assert_int_equal(made->layers[3].input, made->layers[1].output);
    assert_int_equal(made->values[made->layers[1].output].readers, 2);
    assert_int_equal(made->values[made->layers[7].output].readers, 0);

    static const char *const names[] = {"a.weight",    "a.bias",    "norm.running_mean", "norm.running_var",
                                        "norm.weight", "norm.bias", "last.weight"};
    assert_int_equal(made->parameter_count, MIXUP_COUNT(names));
    for (size_t p = 0; p < MIXUP_COUNT(names); p++) {
        assert_string_equal(made->parameters[p].name, names[p]);
        assert_int_equal(made->parameters[p].buffer, p == 2 || p == 3);
    }
    assert_string_equal(shape_to_text(&made->parameters[0].shape).text, "5x6"); /* [units][features] */
    assert_string_equal(shape_to_text(&made->parameters[6].shape).text, "3x16");
    assert_int_equal(made->layers[1].trainable, 35);
    assert_int_equal(made->layers[1].multiply_adds, 30);
    assert_int_equal(made->layers[2].trainable, 10);
    assert_int_equal(made->layers[5].trainable, 0);
    graph_destroy(made);
}

static void settings_left_out_get_their_documented_defaults(void **state) {
    (void)state;
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_LEAKY_RELU},
        {.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_ELU},
        {.op = MIXUP_BATCH_NORM},
        {.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_ELU, .slope = 0.5f, .frozen = true}};
    graph *made;
    BUILD(&made, layers, 2);
    assert_true(made->layers[0].attributes.slope == 0.01f);
    assert_true(made->layers[1].attributes.slope == 1.0f);
    assert_true(made->layers[3].attributes.slope == 0.5f);
    assert_true(made->layers[2].attributes.epsilon == 1e-5f);
    assert_true(made->layers[2].attributes.momentum == 0.1f);
    assert_int_equal(made->layers[0].attributes.initial, MIXUP_GLOROT_UNIFORM);
    assert_false(made->parameters[graph_find_parameter(made, "dense1.bias")].frozen);
    assert_true(made->parameters[graph_find_parameter(made, "dense3.bias")].frozen);
    graph_destroy(made);
}

/* ---- refusals: the place, what is wrong, what would be right */

#define REFUSE_LAYER(expected, words, ...)                                                                   \
    REFUSE(expected, words, ((const mixup_layer[]){{__VA_ARGS__}, {.op = MIXUP_FLATTEN}}), 4)

static void a_network_without_layers_or_shape_is_refused(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_FLATTEN}};
    refuse_graph(MIXUP_ERROR_NETWORK, "the network has no layers", (const size_t[4]){4}, NULL, 0);
    refuse_graph(MIXUP_ERROR_NETWORK, "the network has no layers", (const size_t[4]){4}, layers, 0);
    REFUSE(MIXUP_ERROR_SHAPE, "input: the shape is empty; give at least one size", layers, 0);
    REFUSE(MIXUP_ERROR_SHAPE, "input: dimension 1 is 0 but 3 follows; sizes must be at least 1", layers, 2, 0,
           3);
}

static void a_bad_op_or_name_is_refused(void **state) {
    (void)state;
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0]: op is missing", .name = "a");
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0]: op is no mixup_op", .op = (mixup_op)77);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] '': its name is empty", .op = MIXUP_FLATTEN, .name = "");
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'input': 'input' always names the network's input; choose another name",
                 .op = MIXUP_FLATTEN, .name = "input");
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'a/b': a name must not contain '/' or ','",
                 .op = MIXUP_FLATTEN, .name = "a/b");
    const mixup_layer twice[] = {{.op = MIXUP_FLATTEN, .name = "a"}, {.op = MIXUP_FLATTEN, .name = "a"}};
    REFUSE(MIXUP_ERROR_NETWORK, "layers[1] 'a': layers[0] has the same name; names must differ", twice, 4);
}

static void a_bad_edge_is_refused(void **state) {
    (void)state;
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'flatten1': it reads 'x', which is no layer before it; layers are listed in the "
                 "order of execution",
                 .op = MIXUP_FLATTEN, .from = "x");
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'a': it reads 'a', which is no layer before it but itself",
                 .op = MIXUP_FLATTEN, .name = "a", .from = "a");
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'flatten1': 'with' is for layers that merge (add, concat, multiply), not flatten",
                 .op = MIXUP_FLATTEN, .with = {"input"});
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'add1': add merges inputs: name the others in 'with'",
                 .op = MIXUP_ADD);
    const mixup_layer unread[] = {{.op = MIXUP_DENSE, .units = 2},
                                  {.op = MIXUP_DENSE, .units = 2, .from = "input"}};
    REFUSE(MIXUP_ERROR_NETWORK,
           "layers[0] 'dense1': no layer reads its output; only the last layer's may be unread", unread, 4);
    const mixup_layer later[] = {{.op = MIXUP_FLATTEN, .from = "b"}, {.op = MIXUP_FLATTEN, .name = "b"}};
    REFUSE(MIXUP_ERROR_NETWORK,
           "layers[0] 'flatten1': it reads 'b', which is no layer before it; layers are listed in the order "
           "of execution",
           later, 4);
}

static void a_bad_setting_is_refused(void **state) {
    (void)state;
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'dense1': units is missing; a dense layer needs at least 1",
                 .op = MIXUP_DENSE);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'dense1': initial is 77, which is no mixup_initial",
                 .op = MIXUP_DENSE, .units = 1, .initial = (mixup_initial)77);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'dense1': initial_value is not finite", .op = MIXUP_DENSE,
                 .units = 1, .initial_value = NAN);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'dense1': activation is 77, which is no mixup_activation",
                 .op = MIXUP_DENSE, .units = 1, .activation = (mixup_activation)77);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'dense1': slope is -0.5; it must be above 0 and finite",
                 .op = MIXUP_DENSE, .units = 1, .activation = MIXUP_LEAKY_RELU, .slope = -0.5f);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'dense1': slope is inf; it must be above 0 and finite",
                 .op = MIXUP_DENSE, .units = 1, .activation = MIXUP_ELU, .slope = INFINITY);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'dropout1': rate is 0; it must lie between 0 and 1, both excluded",
                 .op = MIXUP_DROPOUT);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'dropout1': rate is 1; it must lie between 0 and 1, both excluded",
                 .op = MIXUP_DROPOUT, .rate = 1.0f);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'gaussian_noise1': stddev is -1; it must be above 0 and finite",
                 .op = MIXUP_GAUSSIAN_NOISE, .stddev = -1.0f);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'batch_norm1': epsilon is -1; it must be above 0 and finite",
                 .op = MIXUP_BATCH_NORM, .epsilon = -1.0f);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'batch_norm1': momentum is 1.5; it must be above 0 and not above 1",
                 .op = MIXUP_BATCH_NORM, .momentum = 1.5f);
    const mixup_layer softmax[] = {{.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_SOFTMAX},
                                   {.op = MIXUP_DENSE, .units = 2}};
    REFUSE(MIXUP_ERROR_NETWORK,
           "layers[0] 'dense1': softmax is for the last layer; in between use an activation layer", softmax,
           4);
}

static void a_bad_setting_of_a_layer_for_images_is_refused(void **state) {
    (void)state;
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'conv2d1': filters is missing; a conv2d layer needs at least 1",
                 .op = MIXUP_CONV2D, .kernel = {3});
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'conv2d1': kernel is missing; give its height and width, or one for both",
                 .op = MIXUP_CONV2D, .filters = 2);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK, "layers[0] 'conv2d1': filters is 4, which 3 groups do not divide",
                 .op = MIXUP_CONV2D, .filters = 4, .kernel = {3}, .groups = 3);
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'max_pool1': kernel is 2x1048577; each must be from 1 to 1048576",
                 .op = MIXUP_MAX_POOL, .kernel = {2, 1048577});
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'max_pool1': padding is 2; at most half the kernel, 3, so that no window lies "
                 "outside the image",
                 .op = MIXUP_MAX_POOL, .kernel = {3}, .padding = {2});
    REFUSE_LAYER(MIXUP_ERROR_NETWORK,
                 "layers[0] 'pad1': padding is missing; give how many zeros to add at each side",
                 .op = MIXUP_PAD);
}

static void the_channels_of_a_group_norm_make_32_groups_by_default(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_GROUP_NORM}};
    graph *made;
    BUILD(&made, layers, 64, 2, 2);
    assert_int_equal(made->layers[0].attributes.groups, 32);
    graph_destroy(made);
    REFUSE(MIXUP_ERROR_SHAPE,
           "layers[0] 'group_norm1': its input has 48 channels, which 32 groups do not divide", layers, 48, 2,
           2);
}

static void shapes_that_do_not_fit_are_refused(void **state) {
    (void)state;
    const mixup_layer dense[] = {{.op = MIXUP_DENSE, .units = 2}};
    REFUSE(MIXUP_ERROR_SHAPE,
           "layers[0] 'dense1': its input has shape 2x3 but it takes a flat one; put a flatten layer before",
           dense, 2, 3);
    const mixup_layer norm[] = {{.op = MIXUP_BATCH_NORM}};
    REFUSE(MIXUP_ERROR_SHAPE,
           "layers[0] 'batch_norm1': its input has shape 2x3 but it takes a flat one; put a flatten layer "
           "before",
           norm, 2, 3);
    REFUSE_LAYER(MIXUP_ERROR_SHAPE, "layers[0] 'reshape1': shape 3x2 has 6 elements but its input, 4, has 4",
                 .op = MIXUP_RESHAPE, .shape = {3, 2});
    REFUSE_LAYER(MIXUP_ERROR_SHAPE, "layers[0] 'reshape1': shape: the shape is empty; give at least one size",
                 .op = MIXUP_RESHAPE);
    const mixup_layer add[] = {{.op = MIXUP_DENSE, .units = 3}, {.op = MIXUP_ADD, .with = {"input"}}};
    REFUSE(MIXUP_ERROR_SHAPE, "layers[1] 'add1': its inputs have shapes 3 and 4; they must be equal", add, 4);
    const mixup_layer concat[] = {{.op = MIXUP_RESHAPE, .shape = {2, 6}},
                                  {.op = MIXUP_CONCAT, .with = {"input"}}};
    REFUSE(MIXUP_ERROR_SHAPE,
           "layers[1] 'concat1': its inputs have shapes 2x6 and 3x4; they may differ in the first dimension "
           "only",
           concat, 3, 4);
}

static void sizes_that_do_not_fit_memory_are_refused(void **state) {
    (void)state;
    const mixup_layer flatten[] = {{.op = MIXUP_FLATTEN}};
    const mixup_layer wide[] = {{.op = MIXUP_DENSE, .units = SIZE_MAX / 8}};
    const mixup_layer wider[] = {{.op = MIXUP_DENSE, .units = SIZE_MAX}};
    static const size_t inputs[][MIXUP_MAX_RANK] = {
        {SIZE_MAX / 4}, {SIZE_MAX / 2, 3}, {SIZE_MAX / 2, 2, 2}, {(size_t)1 << 61, 1}};
    graph *made = NULL;
    const mixup_allocator hooks = memory_allocator(NULL);
    for (size_t i = 0; i < MIXUP_COUNT(inputs); i++)
        assert_int_equal(graph_create(&made, inputs[i], flatten, 1, &hooks), MIXUP_ERROR_MEMORY);
    assert_int_equal(graph_create(&made, (const size_t[4]){4}, wide, 1, &hooks), MIXUP_ERROR_MEMORY);
    assert_int_equal(graph_create(&made, (const size_t[4]){1}, wider, 1, &hooks), MIXUP_ERROR_MEMORY);
    assert_null(made);
}

/* ---- custom layers */

static mixup_status bad_shape(void *user, const size_t *input, size_t *output) {
    (void)input;
    output[0] = 0;
    return user != NULL ? MIXUP_ERROR_SHAPE : MIXUP_OK;
}

static mixup_status same_shape(void *user, const size_t *input, size_t *output) {
    (void)user;
    memcpy(output, input, MIXUP_MAX_RANK * sizeof *output);
    return MIXUP_OK;
}

static mixup_status nothing(const mixup_custom_call *call) {
    (void)call;
    return MIXUP_OK;
}

static void refuse_custom(mixup_status expected, const char *words, const mixup_custom *custom) {
    const mixup_layer layers[] = {{.op = MIXUP_CUSTOM, .custom = custom}};
    REFUSE(expected, words, layers, 4);
}

static void a_bad_custom_layer_is_refused(void **state) {
    (void)state;
    mixup_custom good = {.kind = "mine", .shape = same_shape, .forward = nothing, .backward = nothing};
    refuse_custom(MIXUP_ERROR_NETWORK, "layers[0] 'custom1': custom is missing; point it at a mixup_custom",
                  NULL);
    mixup_custom custom = good;
    custom.backward = NULL;
    refuse_custom(MIXUP_ERROR_NETWORK, "layers[0] 'custom1': custom needs kind, shape, forward and backward",
                  &custom);
    custom = good;
    custom.shape = bad_shape;
    refuse_custom(MIXUP_ERROR_SHAPE, "layers[0] 'custom1': mine: the shape is empty; give at least one size",
                  &custom);
    custom.user = &custom;
    refuse_custom(MIXUP_ERROR_CALLBACK, "layers[0] 'custom1': custom 'mine' refused the input shape 4",
                  &custom);
    custom = good;
    custom.parameter_count = 9;
    refuse_custom(MIXUP_ERROR_NETWORK, "layers[0] 'custom1': custom 'mine' has 9 parameters; at most 8",
                  &custom);
    custom.parameter_count = 1;
    refuse_custom(MIXUP_ERROR_NETWORK,
                  "layers[0] 'custom1': custom 'mine' says that it has 1 parameters but lists none", &custom);
    const mixup_custom_parameter unnamed[] = {{.shape = {1}}};
    custom.parameters = unnamed;
    refuse_custom(MIXUP_ERROR_NETWORK, "layers[0] 'custom1': custom 'mine': parameter 0 has no name",
                  &custom);
    const mixup_custom_parameter shapeless[] = {{.name = "w"}};
    custom.parameters = shapeless;
    refuse_custom(MIXUP_ERROR_SHAPE, "layers[0] 'custom1': w: the shape is empty; give at least one size",
                  &custom);
    const mixup_custom_parameter unknown[] = {{.name = "w", .shape = {2}, .initial = (mixup_initial)77}};
    custom.parameters = unknown;
    refuse_custom(MIXUP_ERROR_NETWORK,
                  "layers[0] 'custom1': custom 'mine': w: initial is 77, which is no mixup_initial", &custom);
    const mixup_custom_parameter twice[] = {{.name = "w", .shape = {2}}, {.name = "w", .shape = {3}}};
    custom.parameters = twice;
    custom.parameter_count = 2;
    refuse_custom(MIXUP_ERROR_NETWORK,
                  "layers[0] 'custom1': custom 'mine': two parameters are called 'w'; names must differ",
                  &custom);
}

static void a_custom_layer_has_its_own_parameters(void **state) {
    (void)state;
    const mixup_custom_parameter parameters[] = {
        {.name = "w", .shape = {2, 3, 5}, .initial = MIXUP_HE_NORMAL}, {.name = "b", .shape = {7}}};
    const mixup_custom custom = {.kind = "mine",
                                 .shape = same_shape,
                                 .forward = nothing,
                                 .backward = nothing,
                                 .parameters = parameters,
                                 .parameter_count = 2};
    const mixup_layer layers[] = {{.op = MIXUP_CUSTOM, .custom = &custom, .name = "x"}};
    graph *made;
    BUILD(&made, layers, 2, 3, 4, 5);
    assert_string_equal(made->parameters[0].name, "x.w");
    assert_int_equal(made->parameters[0].count, 30);
    assert_int_equal(made->parameters[0].initial.fan_in, 15);
    assert_int_equal(made->parameters[0].initial.fan_out, 2);
    assert_int_equal(made->parameters[1].initial.kind, MIXUP_CONSTANT);
    assert_string_equal(shape_to_text(&made->values[made->output].shape).text, "2x3x4x5");
    graph_destroy(made);
}

/* ---- tables and memory */

static void ops_activations_and_initial_values_have_names(void **state) {
    (void)state;
    for (int op = 1; op < MIXUP_OP_COUNT; op++)
        assert_int_equal(op_by_name(op_find((mixup_op)op)->name), op);
    assert_null(op_find(MIXUP_OP_NONE));
    assert_null(op_find((mixup_op)77));
    assert_int_equal(op_by_name("convolution9"), MIXUP_OP_NONE);
    for (int i = 0; i < MIXUP_ACTIVATION_COUNT; i++)
        assert_int_equal(activation_by_name(activation_name((mixup_activation)i)), i);
    assert_int_equal(activation_by_name("swish"), MIXUP_ACTIVATION_COUNT);
    assert_string_equal(activation_name((mixup_activation)77), "unknown");
    for (int i = 0; i < MIXUP_INITIAL_COUNT; i++)
        assert_int_equal(initial_by_name(initial_name((mixup_initial)i)), i);
    assert_int_equal(initial_by_name("zeros"), MIXUP_INITIAL_COUNT);
    assert_string_equal(initial_name((mixup_initial)77), "unknown");
}

static mixup_status build_something(const mixup_allocator *allocator, void *user) {
    (void)user;
    const mixup_custom_parameter parameters[] = {{.name = "w", .shape = {4}}};
    const mixup_custom custom = {.kind = "mine",
                                 .shape = same_shape,
                                 .forward = nothing,
                                 .backward = nothing,
                                 .parameters = parameters,
                                 .parameter_count = 1};
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_RELU, .name = "a"},
                                  {.op = MIXUP_DENSE, .units = 4, .initial = MIXUP_ORTHOGONAL},
                                  {.op = MIXUP_CUSTOM, .custom = &custom},
                                  {.op = MIXUP_ADD, .with = {"a"}},
                                  {.op = MIXUP_BATCH_NORM}};
    graph *made = NULL;
    MIXUP_TRY(graph_create(&made, (const size_t[MIXUP_MAX_RANK]){4}, layers, MIXUP_COUNT(layers), allocator));
    float values[16];
    const mixup_status status =
        graph_initialize(made, graph_find_parameter(made, "dense2.weight"), 1, values);
    graph_destroy(made);
    return status;
}

static void every_failed_allocation_is_an_error_and_leaks_nothing(void **state) {
    (void)state;
    assert_true(fail_every_allocation(build_something, NULL) > 20);
    graph_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unnamed_layers_are_numbered_by_kind),
        cmocka_unit_test(automatic_names_pass_over_those_that_are_taken),
        cmocka_unit_test(the_graph_keeps_copies_of_all_texts),
        cmocka_unit_test(layers_become_nodes_values_and_parameters),
        cmocka_unit_test(settings_left_out_get_their_documented_defaults),
        cmocka_unit_test(a_network_without_layers_or_shape_is_refused),
        cmocka_unit_test(a_bad_op_or_name_is_refused),
        cmocka_unit_test(a_bad_edge_is_refused),
        cmocka_unit_test(a_bad_setting_is_refused),
        cmocka_unit_test(a_bad_setting_of_a_layer_for_images_is_refused),
        cmocka_unit_test(the_channels_of_a_group_norm_make_32_groups_by_default),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
        cmocka_unit_test(sizes_that_do_not_fit_memory_are_refused),
        cmocka_unit_test(a_bad_custom_layer_is_refused),
        cmocka_unit_test(a_custom_layer_has_its_own_parameters),
        cmocka_unit_test(ops_activations_and_initial_values_have_names),
        cmocka_unit_test(every_failed_allocation_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
