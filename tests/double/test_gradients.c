/* Gradients against central differences, in double: every row of the op table, every activation, every loss,
 * mixed at every legal site, and the gradient of the input of a prediction. A row of the table without a case
 * here fails the test. */
#include "support/differences.h"

/* ---- ops */

#define HEAD                                                                                                 \
    { .op = MIXUP_DENSE, .units = 3, .activation = MIXUP_SOFTMAX }

static const mixup_layer flatten_layers[] = {{.op = MIXUP_FLATTEN}, HEAD};
static const mixup_layer reshape_layers[] = {{.op = MIXUP_RESHAPE, .shape = {3, 2}},
                                             {.op = MIXUP_LAYER_NORM},
                                             {.op = MIXUP_RESHAPE, .shape = {6}},
                                             HEAD};
static const mixup_layer dense_layers[] = {{.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH},
                                           {.op = MIXUP_DENSE, .units = 3, .no_bias = true},
                                           HEAD};
static const mixup_layer activation_layers[] = {{.op = MIXUP_DENSE, .units = 4},
                                                {.op = MIXUP_ACTIVATION, .activation = MIXUP_LINEAR},
                                                {.op = MIXUP_ACTIVATION, .activation = MIXUP_SOFTMAX},
                                                HEAD};
static const mixup_layer dropout_layers[] = {{.op = MIXUP_DROPOUT, .rate = 0.3f},
                                             {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_ELU},
                                             {.op = MIXUP_DROPOUT, .rate = 0.5f},
                                             HEAD};
static const mixup_layer noise_layers[] = {{.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.2f},
                                           {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_SIGMOID},
                                           {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.1f},
                                           HEAD};
static const mixup_layer batch_norm_layers[] = {
    {.op = MIXUP_BATCH_NORM, .activation = MIXUP_LEAKY_RELU, .slope = 0.3f},
    {.op = MIXUP_DENSE, .units = 4},
    {.op = MIXUP_BATCH_NORM, .no_bias = true, .epsilon = 0.1f},
    HEAD};
static const mixup_layer layer_norm_layers[] = {{.op = MIXUP_LAYER_NORM, .no_bias = true, .epsilon = 0.1f},
                                                {.op = MIXUP_FLATTEN},
                                                {.op = MIXUP_DENSE, .units = 4},
                                                {.op = MIXUP_LAYER_NORM, .activation = MIXUP_GELU},
                                                HEAD};
/* Skips with several readers: 'a' is read four times, once twice by the same layer. */
static const mixup_layer add_layers[] = {
    {.op = MIXUP_DENSE, .units = 4, .name = "a", .activation = MIXUP_TANH},
    {.op = MIXUP_DENSE, .units = 4, .name = "b"},
    {.op = MIXUP_ADD, .name = "inner", .with = {"a", "a"}, .activation = MIXUP_SIGMOID},
    {.op = MIXUP_DENSE, .units = 4},
    {.op = MIXUP_ADD, .with = {"a", "b"}},
    HEAD};
static const mixup_layer concat_layers[] = {{.op = MIXUP_DENSE, .units = 4, .name = "a"},
                                            {.op = MIXUP_DENSE, .units = 2, .name = "b", .from = "input"},
                                            {.op = MIXUP_CONCAT, .with = {"a", "input", "b"}},
                                            {.op = MIXUP_DENSE, .units = 5, .activation = MIXUP_TANH},
                                            HEAD};
/* A skip around an alias, too: 'flat' and 'a' share their storage. */
static const mixup_layer multiply_layers[] = {
    {.op = MIXUP_DENSE, .units = 6, .name = "a"},  {.op = MIXUP_RESHAPE, .shape = {2, 3}, .name = "square"},
    {.op = MIXUP_FLATTEN, .name = "flat"},         {.op = MIXUP_DENSE, .units = 6, .activation = MIXUP_TANH},
    {.op = MIXUP_MULTIPLY, .with = {"a", "flat"}}, HEAD};

/* One value a channel scales an image: squeeze and excitation (Hu et al. 2018). */
static const mixup_layer excite_layers[] = {
    {.op = MIXUP_CONV2D, .filters = 4, .kernel = {2}, .name = "images", .activation = MIXUP_TANH},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL},
    {.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_ELU},
    {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_SIGMOID},
    {.op = MIXUP_MULTIPLY, .with = {"images", "images"}},
    {.op = MIXUP_FLATTEN},
    HEAD};
/* Stride, padding and dilation of both axes; groups; one filter a channel. */
static const mixup_layer conv2d_layers[] = {{.op = MIXUP_CONV2D,
                                             .filters = 4,
                                             .kernel = {3, 2},
                                             .stride = {2, 1},
                                             .padding = {1, MIXUP_NO_PADDING},
                                             .activation = MIXUP_TANH},
                                            {.op = MIXUP_CONV2D,
                                             .filters = 4,
                                             .kernel = {1, 2},
                                             .padding = {0, 2},
                                             .dilation = {1, 2},
                                             .groups = 2,
                                             .no_bias = true},
                                            {.op = MIXUP_CONV2D, .filters = 8, .kernel = {2}, .groups = 4},
                                            {.op = MIXUP_CONV2D, .filters = 2, .kernel = {1}, .stride = {2}},
                                            {.op = MIXUP_FLATTEN},
                                            HEAD};
static const mixup_layer max_pool_layers[] = {
    {.op = MIXUP_MAX_POOL, .kernel = {3, 2}, .stride = {2, 1}, .padding = {1, MIXUP_NO_PADDING}},
    {.op = MIXUP_CONV2D, .filters = 2, .kernel = {2}},
    {.op = MIXUP_MAX_POOL, .kernel = {2}},
    {.op = MIXUP_FLATTEN},
    HEAD};
static const mixup_layer average_pool_layers[] = {
    {.op = MIXUP_AVERAGE_POOL, .kernel = {3, 2}, .stride = {2, 1}, .padding = {1}},
    {.op = MIXUP_CONV2D, .filters = 2, .kernel = {2}, .activation = MIXUP_TANH},
    {.op = MIXUP_AVERAGE_POOL, .kernel = {2}},
    {.op = MIXUP_FLATTEN},
    HEAD};
static const mixup_layer global_pool_layers[] = {
    {.op = MIXUP_CONV2D, .filters = 3, .kernel = {2}, .activation = MIXUP_TANH},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL},
    HEAD};
static const mixup_layer group_norm_layers[] = {
    {.op = MIXUP_GROUP_NORM, .groups = 2, .activation = MIXUP_TANH},
    {.op = MIXUP_CONV2D, .filters = 3, .kernel = {2}},
    {.op = MIXUP_GROUP_NORM, .groups = 1, .no_bias = true, .epsilon = 0.1f},
    {.op = MIXUP_GROUP_NORM, .groups = 3, .epsilon = 0.1f},
    {.op = MIXUP_FLATTEN},
    HEAD};
static const mixup_layer pad_layers[] = {
    {.op = MIXUP_PAD, .padding = {1, 2}},
    {.op = MIXUP_CONV2D, .filters = 2, .kernel = {3}, .activation = MIXUP_TANH},
    {.op = MIXUP_PAD, .padding = {1, MIXUP_NO_PADDING}},
    {.op = MIXUP_FLATTEN},
    HEAD};
static const mixup_layer upsample_layers[] = {
    {.op = MIXUP_UPSAMPLE, .stride = {2, 1}},
    {.op = MIXUP_CONV2D, .filters = 2, .kernel = {2}, .activation = MIXUP_TANH},
    {.op = MIXUP_UPSAMPLE},
    {.op = MIXUP_FLATTEN},
    HEAD};
static const mixup_layer image_norm_layers[] = {{.op = MIXUP_BATCH_NORM, .activation = MIXUP_TANH},
                                                {.op = MIXUP_CONV2D, .filters = 2, .kernel = {2}},
                                                {.op = MIXUP_BATCH_NORM, .no_bias = true, .epsilon = 0.1f},
                                                {.op = MIXUP_FLATTEN},
                                                HEAD};
static const mixup_layer channel_dropout_layers[] = {
    {.op = MIXUP_DROPOUT, .rate = 0.3f, .by_channel = true},
    {.op = MIXUP_CONV2D, .filters = 5, .kernel = {2}, .activation = MIXUP_TANH},
    {.op = MIXUP_DROPOUT, .rate = 0.5f, .by_channel = true},
    {.op = MIXUP_FLATTEN},
    HEAD};
/* A pre-activation block (He et al. 2016) that halves the image, with a convolution 1x1 beside it. */
static const mixup_layer residual_layers[] = {
    {.op = MIXUP_CONV2D, .filters = 3, .kernel = {3}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .activation = MIXUP_ELU, .name = "before"},
    {.op = MIXUP_CONV2D, .filters = 4, .kernel = {3}, .stride = {2}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .activation = MIXUP_ELU},
    {.op = MIXUP_CONV2D, .filters = 4, .kernel = {3}, .padding = {1}, .name = "deep"},
    {.op = MIXUP_CONV2D, .from = "before", .filters = 4, .kernel = {1}, .stride = {2}},
    {.op = MIXUP_ADD, .with = {"deep"}},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL},
    HEAD};
static const mixup_layer image_concat_layers[] = {
    {.op = MIXUP_CONV2D, .filters = 2, .kernel = {1}, .activation = MIXUP_TANH},
    {.op = MIXUP_CONCAT, .with = {"input"}},
    {.op = MIXUP_CONV2D, .filters = 2, .kernel = {2}},
    {.op = MIXUP_FLATTEN},
    HEAD};

typedef struct op_case {
    const mixup_layer *layers;
    size_t layer_count;
    size_t input[MIXUP_MAX_RANK];
    size_t smallest_batch;
} op_case;

static const op_case op_cases[MIXUP_OP_COUNT] = {
    [MIXUP_FLATTEN] = {NETWORK_LAYERS(flatten_layers), {2, 3}, 1},
    [MIXUP_RESHAPE] = {NETWORK_LAYERS(reshape_layers), {6}, 1},
    [MIXUP_DENSE] = {NETWORK_LAYERS(dense_layers), {5}, 1},
    [MIXUP_ACTIVATION] = {NETWORK_LAYERS(activation_layers), {5}, 1},
    [MIXUP_DROPOUT] = {NETWORK_LAYERS(dropout_layers), {5}, 1},
    [MIXUP_GAUSSIAN_NOISE] = {NETWORK_LAYERS(noise_layers), {5}, 1},
    [MIXUP_BATCH_NORM] = {NETWORK_LAYERS(batch_norm_layers), {5}, 2},
    [MIXUP_LAYER_NORM] = {NETWORK_LAYERS(layer_norm_layers), {2, 3}, 1},
    [MIXUP_ADD] = {NETWORK_LAYERS(add_layers), {5}, 1},
    [MIXUP_CONCAT] = {NETWORK_LAYERS(concat_layers), {3}, 1},
    [MIXUP_MULTIPLY] = {NETWORK_LAYERS(multiply_layers), {3}, 1},
    [MIXUP_CONV2D] = {NETWORK_LAYERS(conv2d_layers), {2, 5, 4}, 1},
    [MIXUP_MAX_POOL] = {NETWORK_LAYERS(max_pool_layers), {2, 5, 4}, 1},
    [MIXUP_AVERAGE_POOL] = {NETWORK_LAYERS(average_pool_layers), {2, 5, 4}, 1},
    [MIXUP_GLOBAL_AVERAGE_POOL] = {NETWORK_LAYERS(global_pool_layers), {2, 4, 3}, 1},
    [MIXUP_GROUP_NORM] = {NETWORK_LAYERS(group_norm_layers), {4, 3, 3}, 1},
    [MIXUP_PAD] = {NETWORK_LAYERS(pad_layers), {2, 3, 2}, 1},
    [MIXUP_UPSAMPLE] = {NETWORK_LAYERS(upsample_layers), {2, 2, 3}, 1},
};

/* Ops that do more with images than with flat states. */
static const op_case image_cases[] = {
    {NETWORK_LAYERS(image_norm_layers), {2, 3, 3}, 1},      {NETWORK_LAYERS(excite_layers), {2, 3, 4}, 1},
    {NETWORK_LAYERS(channel_dropout_layers), {3, 3, 2}, 1}, {NETWORK_LAYERS(residual_layers), {2, 5, 4}, 1},
    {NETWORK_LAYERS(image_concat_layers), {2, 3, 2}, 1},
};

static bool uses(const op_case *given, mixup_op op) {
    for (size_t l = 0; l < given->layer_count; l++)
        if (given->layers[l].op == op)
            return true;
    return false;
}

static void every_op_has_the_gradient_that_differences_say(void **state) {
    (void)state;
    for (int op = 0; op < MIXUP_OP_COUNT; op++) {
        const op_case *given = &op_cases[op];
        if (op_find((mixup_op)op) == NULL || op == MIXUP_CUSTOM) /* custom: tests/engine/test_custom.c */
            continue;
        if (!uses(given, (mixup_op)op))
            fail_msg("the op %s has no case here", op_find((mixup_op)op)->name);
        network_desc desc = {.layers = given->layers, .layer_count = given->layer_count, .seed = 1};
        memcpy(desc.input, given->input, sizeof desc.input);
        difference_check(&desc, op_find((mixup_op)op)->name, given->smallest_batch);
    }
}

static void ops_on_images_have_the_gradient_that_differences_say(void **state) {
    (void)state;
    for (size_t c = 0; c < MIXUP_COUNT(image_cases); c++) {
        const op_case *given = &image_cases[c];
        network_desc desc = {.layers = given->layers, .layer_count = given->layer_count, .seed = 10};
        memcpy(desc.input, given->input, sizeof desc.input);
        difference_check(&desc, "an op on images", given->smallest_batch);
    }
}

static mixup_status custom_shape(void *user, const size_t *input, size_t *output) {
    (void)user;
    memcpy(output, input, MIXUP_MAX_RANK * sizeof *output);
    return MIXUP_OK;
}

static mixup_status custom_pass(const mixup_custom_call *call) {
    (void)call;
    return MIXUP_OK;
}

static void a_custom_layer_is_refused_in_double(void **state) {
    (void)state;
    const mixup_custom custom = {
        .kind = "mine", .shape = custom_shape, .forward = custom_pass, .backward = custom_pass};
    const mixup_layer layers[] = {{.op = MIXUP_CUSTOM, .custom = &custom}};
    network n;
    network_create(&n, &(network_desc){.input = {2}, NETWORK_LAYERS(layers)});
    plan *made = NULL;
    network_expect(plan_get(n.cache, &(plan_key){.batch = 1, .site = PLAN_NO_SITE, .output = n.graph->output},
                            &made),
                   MIXUP_ERROR_UNSUPPORTED);
    network_destroy(&n);
}

/* ---- activations */

static void every_activation_has_the_gradient_that_differences_say(void **state) {
    (void)state;
    for (int kind = 0; kind < MIXUP_ACTIVATION_COUNT; kind++) {
        const mixup_activation activation = (mixup_activation)kind;
        const bool softmax = activation == MIXUP_SOFTMAX;
        const mixup_layer layers[] = {
            {.op = MIXUP_DENSE, .units = 4, .activation = softmax ? MIXUP_LINEAR : activation, .slope = 0.3f},
            {.op = MIXUP_ACTIVATION, .activation = activation, .slope = 0.7f},
            HEAD,
        };
        difference_check(&(network_desc){.input = {5}, NETWORK_LAYERS(layers), .seed = 2},
                         activation_name(activation), 1);
    }
}

/* ---- losses */

static mixup_activation final_activation(int loss) {
    return loss == MIXUP_MEAN_SQUARED_ERROR ? MIXUP_TANH
                                            : (loss == MIXUP_SIGMOID_BINARY ? MIXUP_SIGMOID : MIXUP_SOFTMAX);
}

static void check_loss(int loss, const float *class_weights, mixup_activation last) {
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH},
                                  {.op = MIXUP_DENSE, .units = 4, .activation = last}};
    difference_check(&(network_desc){.input = {5},
                                     NETWORK_LAYERS(layers),
                                     .seed = 3,
                                     .loss = (mixup_loss)loss,
                                     .class_weights = class_weights},
                     loss_name((mixup_loss)loss), 1);
}

static void every_loss_has_the_gradient_that_differences_say(void **state) {
    (void)state;
    static const float class_weights[] = {0.5f, 3.0f, 1.0f, 0.25f};
    for (int loss = 0; loss < MIXUP_LOSS_COUNT; loss++) {
        check_loss(loss, NULL, final_activation(loss));
        check_loss(loss, class_weights, final_activation(loss));
        check_loss(loss, class_weights, MIXUP_LINEAR);
    }
}

static void a_final_activation_layer_is_part_of_the_loss(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4},
                                  {.op = MIXUP_ACTIVATION, .activation = MIXUP_SOFTMAX}};
    difference_check(&(network_desc){.input = {3}, NETWORK_LAYERS(layers), .seed = 4}, "final softmax", 1);
}

/* ---- blocked and frozen */

static void a_blocked_gradient_is_zero_below_the_site_and_right_above(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH},
                                  {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH, .name = "site"},
                                  {.op = MIXUP_FLATTEN},
                                  {.op = MIXUP_DENSE, .units = 5, .name = "wide"},
                                  HEAD};
    const network_desc desc = {.input = {5}, NETWORK_LAYERS(layers), .seed = 5};
    static const char *const sites[] = {"input", "site", "wide"};
    for (size_t s = 0; s < MIXUP_COUNT(sites); s++) {
        network n;
        network_create(&n, &desc);
        const size_t site = network_site(&n, sites[s]);
        network_destroy(&n);
        difference_check_once(
            &desc, "blocked",
            &(plan_key){.batch = 5, .update = PLAN_GRADIENTS, .site = site, .block_gradient = true}, true);
    }
}

static void frozen_layers_leave_the_other_gradients_as_they_are(void **state) {
    (void)state;
    const mixup_layer frozen_below[] = {
        {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH, .frozen = true},
        {.op = MIXUP_LAYER_NORM, .frozen = true},
        {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH},
        HEAD};
    const mixup_layer frozen_between[] = {{.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH},
                                          {.op = MIXUP_BATCH_NORM, .frozen = true},
                                          {.op = MIXUP_DENSE, .units = 4, .frozen = true},
                                          HEAD};
    const network_desc below = {.input = {3}, NETWORK_LAYERS(frozen_below), .seed = 6};
    const network_desc between = {.input = {3}, NETWORK_LAYERS(frozen_between), .seed = 7};
    difference_check(&below, "frozen below", 1);
    difference_check(&between, "frozen between", 2);
    const plan_key key = {.batch = 3, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE};
    difference_check_once(&below, "frozen below, no input gradient", &key, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_has_the_gradient_that_differences_say),
        cmocka_unit_test(ops_on_images_have_the_gradient_that_differences_say),
        cmocka_unit_test(a_custom_layer_is_refused_in_double),
        cmocka_unit_test(every_activation_has_the_gradient_that_differences_say),
        cmocka_unit_test(every_loss_has_the_gradient_that_differences_say),
        cmocka_unit_test(a_final_activation_layer_is_part_of_the_loss),
        cmocka_unit_test(a_blocked_gradient_is_zero_below_the_site_and_right_above),
        cmocka_unit_test(frozen_layers_leave_the_other_gradients_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
