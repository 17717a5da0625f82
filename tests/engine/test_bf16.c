/* Plans in bf16 against the reference engine in float: outputs, gradients, mixes at images, prediction with
 * what is folded into convolutions; and who refuses the precision. What needs the processor is skipped
 * without it. */
#include "support/bf16.h"

#include "tensor/bf16.h"

enum { BATCH = 4, SIDE = 16, CHANNELS = 3, CLASSES = 4, IMAGE = CHANNELS * SIDE * SIDE };
enum { INPUTS = BATCH * IMAGE, OUTPUTS = BATCH * CLASSES };

/* Of the length of the difference to that of the array. Each value is rounded to 8 significant bits, by a
 * third of 1/256 on average, up to a dozen times on its way. Where that makes one of 200 values cross the
 * corner of a ReLU, or another one the maximum, its gradient is lost or gained, and the array is off by the
 * root of 1/200. Wrong indices give about 1. */
static const double SMOOTH = 0.03, CORNERS = 0.25;

/* Norms, strides, a sum, direct convolutions and, where the image is large enough, Winograd's. */
static const mixup_layer residual[] = {
    {.op = MIXUP_CONV2D, .name = "stem", .filters = 16, .kernel = {3}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D, .name = "conv1", .filters = 16, .kernel = {3}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .name = "norm2", .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D, .name = "conv2", .filters = 16, .kernel = {3}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_ADD, .name = "sum1", .with = {"stem"}},
    {.op = MIXUP_BATCH_NORM, .name = "norm3", .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D,
     .name = "conv3",
     .filters = 32,
     .kernel = {3},
     .stride = {2},
     .padding = {1},
     .no_bias = true},
    {.op = MIXUP_CONV2D,
     .name = "shortcut",
     .from = "norm3",
     .filters = 32,
     .kernel = {1},
     .stride = {2},
     .no_bias = true},
    {.op = MIXUP_ADD, .name = "sum2", .with = {"conv3"}},
    {.op = MIXUP_BATCH_NORM, .name = "norm4", .activation = MIXUP_RELU},
    {.op = MIXUP_AVERAGE_POOL, .name = "pool", .kernel = {2}, .stride = {2}},
    {.op = MIXUP_FLATTEN, .name = "flatten"},
    {.op = MIXUP_DENSE, .name = "head", .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

/* The same kinds of layers without corners, with biases where no norm takes them out again. */
static const mixup_layer smooth[] = {
    {.op = MIXUP_CONV2D,
     .name = "conv1",
     .filters = 24,
     .kernel = {3},
     .padding = {1},
     .activation = MIXUP_TANH},
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_SIGMOID},
    {.op = MIXUP_CONV2D, .name = "conv2", .filters = 24, .kernel = {3}, .padding = {1}},
    {.op = MIXUP_ADD, .name = "sum", .with = {"conv1", "norm1"}},
    {.op = MIXUP_AVERAGE_POOL, .name = "pool1", .kernel = {2}, .stride = {2}},
    {.op = MIXUP_CONV2D,
     .name = "conv3",
     .filters = 16,
     .kernel = {3},
     .padding = {1},
     .activation = MIXUP_GELU},
    {.op = MIXUP_CONV2D,
     .name = "conv4",
     .filters = 16,
     .groups = 2,
     .kernel = {3},
     .stride = {2},
     .padding = {1}},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL, .name = "pool2"},
    {.op = MIXUP_DENSE, .name = "head", .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

/* What else meets a bf16 state: few channels, groups, other activations and poolings, sums of three, and
 * kernels that see plain floats. */
static const mixup_layer various[] = {
    {.op = MIXUP_CONV2D,
     .name = "conv1",
     .filters = 8,
     .kernel = {3},
     .padding = {1},
     .activation = MIXUP_LEAKY_RELU},
    {.op = MIXUP_CONV2D,
     .name = "conv2",
     .filters = 8,
     .kernel = {3},
     .padding = {1},
     .activation = MIXUP_GELU},
    {.op = MIXUP_ADD, .name = "sum", .with = {"conv1", "conv2"}},
    {.op = MIXUP_MAX_POOL, .name = "pool1", .kernel = {2}, .stride = {2}},
    {.op = MIXUP_GROUP_NORM, .name = "norm", .groups = 2},
    {.op = MIXUP_CONV2D, .name = "depthwise", .filters = 8, .groups = 8, .kernel = {3}, .padding = {1}},
    {.op = MIXUP_CONCAT, .name = "concat", .with = {"pool1"}},
    {.op = MIXUP_CONV2D, .name = "conv3", .filters = 20, .kernel = {1}, .activation = MIXUP_TANH},
    {.op = MIXUP_AVERAGE_POOL, .name = "pool2", .kernel = {2}, .stride = {2}},
    {.op = MIXUP_FLATTEN, .name = "flatten"},
    {.op = MIXUP_DENSE, .name = "dense", .units = 12, .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "head", .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

/* Vectors across units and across features, sums of an odd number, deep enough to be cut into halves. The
 * norm keeps the sigmoid where its slope is not lost in the rounding of its argument. */
static const mixup_layer dense[] = {
    {.op = MIXUP_FLATTEN, .name = "flatten"},
    {.op = MIXUP_DENSE, .name = "dense1", .units = 71},
    {.op = MIXUP_DENSE, .name = "dense2", .units = 40},
    {.op = MIXUP_DENSE, .name = "dense3", .units = 33, .no_bias = true},
    {.op = MIXUP_DENSE, .name = "narrow", .units = 7},
    {.op = MIXUP_LAYER_NORM, .name = "norm"},
    {.op = MIXUP_DENSE, .name = "dense4", .units = 130, .activation = MIXUP_SIGMOID},
    {.op = MIXUP_DENSE, .name = "head", .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

/* The two, on the same values. */
typedef struct pair {
    network reference, rounded;
    network_data data;
    double tolerance; /* of gradients */
    real inputs[INPUTS], targets[OUTPUTS];
} pair;

static void pair_create(pair *p, const mixup_layer *layers, size_t count, mixup_convolution algorithm) {
    network_desc desc = {.input = {CHANNELS, SIDE, SIDE}, .layers = layers, .layer_count = count, .seed = 3};
    network_create(&p->reference, &desc);
    desc.engine = MIXUP_ENGINE_DNNL;
    desc.convolution = algorithm;
    desc.precision = MIXUP_PRECISION_BF16;
    network_create(&p->rounded, &desc);
    p->reference.engine->threads = p->rounded.engine->threads = 1;
    network_uniform(3, 1000, -1.0, 1.0, INPUTS, p->inputs);
    network_targets(MIXUP_SOFTMAX_CROSS_ENTROPY, 3, BATCH, CLASSES, p->targets);
    p->data = (network_data){p->inputs, p->targets};
}

static void pair_destroy(pair *p) {
    network_destroy(&p->reference);
    network_destroy(&p->rounded);
}

static void expect_close(const char *what, const real *made, const real *expected, size_t count,
                         double tolerance) {
    double square = 0.0, difference = 0.0;
    for (size_t i = 0; i < count; i++) {
        square += (double)expected[i] * (double)expected[i];
        difference += ((double)made[i] - (double)expected[i]) * ((double)made[i] - (double)expected[i]);
    }
    if (!(sqrt(difference) <= tolerance * sqrt(square) + 1e-6))
        fail_msg("%s is off by %g of its length %g", what, sqrt(difference / square), sqrt(square));
}

static void compare(pair *p, const plan_key *key, const mixup_batch_draw *draw, const char *what) {
    plan_run a = {.step = 1, .draw = draw}, b = a;
    const plan *expected = network_run(&p->reference, key, &p->data, &a);
    const plan *made = network_run(&p->rounded, key, &p->data, &b);
    expect_close(what, plan_output(made), plan_output(expected), key->batch * CLASSES, SMOOTH);
    if (key->input_gradient || key->update == PLAN_INPUT_GRADIENT)
        expect_close("input gradient", plan_input_gradient(made), plan_input_gradient(expected),
                     key->batch * IMAGE, p->tolerance);
    for (size_t i = 0; key->update == PLAN_GRADIENTS && i < p->reference.graph->parameter_count; i++) {
        const graph_parameter *described = &p->reference.graph->parameters[i];
        if (described->buffer)
            continue;
        real *values = network_read(&p->rounded, i, PARAMETER_GRADIENT);
        real *others = network_read(&p->reference, i, PARAMETER_GRADIENT);
        expect_close(described->name, values, others, described->count, p->tolerance);
        free(values);
        free(others);
    }
}

static void check_network(const mixup_layer *layers, size_t count, mixup_convolution algorithm, size_t batch,
                          double tolerance, const char *const *sites) {
    pair *p = malloc(sizeof *p);
    assert_non_null(p);
    pair_create(p, layers, count, algorithm);
    p->tolerance = tolerance;
    plan_key key = {.batch = batch, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
    compare(p, &key, NULL, "output");
    for (size_t s = 0; sites[s] != NULL; s++) {
        network_draw draw;
        key.site = network_site(&p->rounded, sites[s]);
        network_draw_make(&draw, batch, true, 4);
        compare(p, &key, &draw.draw, "mixed output");
        network_draw_cut(&draw, batch, true, 5);
        compare(p, &key, &draw.draw, "cut output");
    }
    key = (plan_key){
        .batch = batch, .update = PLAN_FORWARD, .site = PLAN_NO_SITE, .output = p->reference.graph->output};
    compare(p, &key, NULL, "prediction");
    key = (plan_key){.batch = batch,
                     .update = PLAN_INPUT_GRADIENT,
                     .site = PLAN_NO_SITE,
                     .loss = MIXUP_SOFTMAX_CROSS_ENTROPY};
    compare(p, &key, NULL, "differentiated prediction");
    pair_destroy(p);
    free(p);
}

static void networks_in_bf16_agree_with_floats(void **state) {
    (void)state;
    static const char *const residual_sites[] = {"norm3", "norm4", NULL};
    static const char *const smooth_sites[] = {"input", "pool1", NULL};
    static const char *const various_sites[] = {"norm", "conv3", NULL};
    static const char *const dense_sites[] = {"input", "narrow", NULL};
    bf16_or_skip();
    for (int algorithm = MIXUP_CONVOLUTION_AUTO; algorithm <= MIXUP_CONVOLUTION_DIRECT; algorithm++) {
        check_network(residual, MIXUP_COUNT(residual), (mixup_convolution)algorithm, BATCH, CORNERS,
                      residual_sites);
        check_network(smooth, MIXUP_COUNT(smooth), (mixup_convolution)algorithm, BATCH, SMOOTH, smooth_sites);
        check_network(various, MIXUP_COUNT(various), (mixup_convolution)algorithm, BATCH, CORNERS,
                      various_sites);
    }
    check_network(dense, MIXUP_COUNT(dense), MIXUP_CONVOLUTION_AUTO, BATCH, SMOOTH, dense_sites);
    /* an odd number of samples, whose gradients of biases cancel to a thirtieth of their terms */
    check_network(dense, MIXUP_COUNT(dense), MIXUP_CONVOLUTION_AUTO, BATCH - 1, CORNERS, dense_sites);
}

/* A state that floats would hold exactly comes out rounded, and only in this precision. */
static void states_are_bf16(void **state) {
    (void)state;
    static const mixup_layer layers[] = {{.op = MIXUP_CONV2D, .filters = 16, .kernel = {1}}};
    bf16_or_skip();
    for (int precision = MIXUP_PRECISION_F32; precision <= MIXUP_PRECISION_BF16; precision++) {
        network n;
        network_create(&n, &(network_desc){.engine = MIXUP_ENGINE_DNNL,
                                           .precision = (mixup_precision)precision,
                                           .input = {16, 2, 2},
                                           NETWORK_LAYERS(layers),
                                           .loss = MIXUP_MEAN_SQUARED_ERROR,
                                           .seed = 1});
        real inputs[64];
        network_uniform(1, 0, -1.0, 1.0, 64, inputs);
        const plan_key key = {
            .batch = 1, .update = PLAN_FORWARD, .site = PLAN_NO_SITE, .output = n.graph->output};
        plan_run run = {.step = 1};
        const real *output = plan_output(network_run(&n, &key, &(network_data){inputs, NULL}, &run));
        size_t rounded = 0;
        for (size_t i = 0; i < 64; i++) {
            uint32_t bits;
            memcpy(&bits, &output[i], sizeof bits);
            rounded += (bits & 0xffff) == 0;
        }
        assert_int_equal(rounded, precision == MIXUP_PRECISION_BF16 ? 64 : 0);
        network_destroy(&n);
    }
}

static real rounded(real value) {
    return bf16_to_float(bf16_from_float(value));
}

/* The products of one factor and one weight are those of their roundings, exact in float; the states stay
 * floats. */
static void factors_of_dense_layers_are_bf16(void **state) {
    (void)state;
    enum { UNITS = 50, SAMPLES = 3 };
    static const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = UNITS, .no_bias = true}};
    bf16_or_skip();
    network n;
    network_create(&n, &(network_desc){.engine = MIXUP_ENGINE_DNNL,
                                       .precision = MIXUP_PRECISION_BF16,
                                       .input = {1},
                                       NETWORK_LAYERS(layers),
                                       .loss = MIXUP_MEAN_SQUARED_ERROR,
                                       .seed = 1});
    real inputs[SAMPLES];
    network_uniform(1, 0, -1.0, 1.0, SAMPLES, inputs);
    const plan_key key = {
        .batch = SAMPLES, .update = PLAN_FORWARD, .site = PLAN_NO_SITE, .output = n.graph->output};
    plan_run run = {.step = 1};
    const real *output = plan_output(network_run(&n, &key, &(network_data){inputs, NULL}, &run));
    real *weight = network_read(&n, 0, PARAMETER_VALUES);
    for (size_t i = 0; i < (size_t)SAMPLES * UNITS; i++)
        assert_true(output[i] == rounded(inputs[i / UNITS]) * rounded(weight[i % UNITS]));
    free(weight);
    network_destroy(&n);
}

/* One step, or prediction, on several threads has the bits of one thread. Gradients of convolutions are
 * oneDNN's, which promises that only for the same number of threads. */
static void expect_same_on_threads(const mixup_layer *layers, size_t count, plan_update update) {
    real *expected = NULL;
    for (size_t threads = 1; threads <= 2; threads++) {
        pair *p = malloc(sizeof *p);
        assert_non_null(p);
        pair_create(p, layers, count, MIXUP_CONVOLUTION_AUTO);
        p->rounded.engine->threads = threads;
        plan_key key = {
            .batch = BATCH, .update = update, .site = PLAN_NO_SITE, .output = p->rounded.graph->output};
        plan_run run = {.step = 1};
        const plan *made = network_run(&p->rounded, &key, &p->data, &run);
        const bool gradients = update == PLAN_INPUT_GRADIENT;
        const real *result = gradients ? plan_input_gradient(made) : plan_output(made);
        const size_t values = gradients ? INPUTS : OUTPUTS;
        if (expected == NULL) {
            expected = network_values(values);
            memcpy(expected, result, values * sizeof *expected);
        }
        assert_memory_equal(result, expected, values * sizeof *expected);
        pair_destroy(p);
        free(p);
    }
    free(expected);
}

static void bits_do_not_depend_on_threads(void **state) {
    (void)state;
    bf16_or_skip();
    expect_same_on_threads(residual, MIXUP_COUNT(residual), PLAN_FORWARD);
    expect_same_on_threads(dense, MIXUP_COUNT(dense), PLAN_FORWARD);
    expect_same_on_threads(dense, MIXUP_COUNT(dense), PLAN_INPUT_GRADIENT);
}

static void who_cannot_refuses_and_says_why(void **state) {
    (void)state;
    const mixup_allocator memory = memory_allocator(NULL);
    engine *made = NULL;
    network_ok(engine_create(&made, MIXUP_ENGINE_REFERENCE, 1, &memory));
    network_expect(engine_set_precision(made, MIXUP_PRECISION_BF16), MIXUP_ERROR_UNSUPPORTED);
    assert_non_null(strstr(mixup_last_error(), "reference computes in f32 only"));
    network_expect(engine_set_precision(made, (mixup_precision)7), MIXUP_ERROR_ARGUMENT);
    assert_int_equal(made->precision, MIXUP_PRECISION_F32);
    engine_destroy(made);
    if (bf16_status() != MIXUP_OK)
        assert_non_null(strstr(mixup_last_error(), "use "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_in_bf16_agree_with_floats), cmocka_unit_test(states_are_bf16),
        cmocka_unit_test(factors_of_dense_layers_are_bf16),   cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(who_cannot_refuses_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
