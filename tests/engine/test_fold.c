/* Batch norms, sums and activations folded into the convolution before them, against the same layers one by
 * one. Passes trivially where only the reference engine was built. */
#include "support/network.h"

#include "engine/plan_inside.h"

enum { BATCH = 5, CLASSES = 3, SEED = 3 };

/* Relative to the largest output: norms in another order, through seven convolutions. */
static const double TOLERANCE = 2e-5;

/* Computed by Winograd's algorithm and directly; narrow, strided, in groups and 1x1; a sum whose other input
 * comes first or last, with and without norm, bias and activation. */
static const mixup_layer layers[] = {
    {.op = MIXUP_CONV2D, .name = "first", .filters = 16, .kernel = {3}, .padding = {1}},
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D, .name = "winograd", .filters = 16, .kernel = {3}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .name = "norm2"},
    {.op = MIXUP_ADD, .name = "sum1", .with = {"norm1"}, .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D, .name = "halve", .filters = 24, .kernel = {3}, .stride = {2}, .padding = {1}},
    {.op = MIXUP_BATCH_NORM, .name = "norm3", .no_bias = true, .activation = MIXUP_TANH},
    {.op = MIXUP_CONV2D, .name = "groups", .filters = 24, .kernel = {3}, .padding = {1}, .groups = 2},
    {.op = MIXUP_BATCH_NORM, .name = "norm4", .activation = MIXUP_LEAKY_RELU, .slope = 0.1f},
    {.op = MIXUP_CONV2D, .name = "shortcut", .from = "sum1", .filters = 24, .kernel = {1}, .stride = {2}},
    {.op = MIXUP_ADD, .name = "sum2", .with = {"norm4"}},
    {.op = MIXUP_CONV2D, .name = "narrow", .filters = 8, .kernel = {3}, .padding = {1}},
    {.op = MIXUP_BATCH_NORM, .name = "norm5", .activation = MIXUP_GELU},
    {.op = MIXUP_CONV2D, .name = "last", .filters = 8, .kernel = {3}, .padding = {1}},
    {.op = MIXUP_ADD, .name = "sum3", .with = {"norm5"}, .activation = MIXUP_SIGMOID},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

static void expect_close(const char *what, const real *values, const real *expected, size_t count) {
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)values[i] - (double)expected[i]) <= TOLERANCE * largest))
            fail_msg("%s: value %zu is %.9g, one by one %.9g", what, i, (double)values[i],
                     (double)expected[i]);
}

/* The state behind every layer and the output, folded and one by one; returns by how many steps the plans of
 * the output differ. */
static size_t compare(network *n, const network_data *data) {
    size_t saved = 0;
    for (size_t l = 0; l < n->graph->layer_count; l++) {
        const size_t value = n->graph->layers[l].output;
        const size_t count = BATCH * shape_count(&n->graph->values[value].shape);
        plan_key key = {.batch = BATCH, .site = PLAN_NO_SITE, .output = value, .separate = true};
        const plan *separate = network_run(n, &key, data, &(plan_run){0});
        real *expected = network_values(count);
        memcpy(expected, plan_output(separate), count * sizeof *expected);
        const size_t steps = separate->step_count;
        key.separate = false;
        const plan *folded = network_run(n, &key, data, &(plan_run){0});
        expect_close(n->graph->layers[l].attributes.name, plan_output(folded), expected, count);
        saved = steps - folded->step_count;
        free(expected);
    }
    return saved;
}

/* Filters of about unit gain, so that no state is large before a tanh. */
static void tame(const network *n) {
    for (size_t p = 0; p < n->graph->parameter_count; p++) {
        const graph_parameter *parameter = &n->graph->parameters[p];
        if (parameter->shape.rank < 2)
            continue;
        real *values = network_read(n, p, PARAMETER_VALUES);
        for (size_t i = 0; i < parameter->count; i++)
            values[i] *= (real)(2.0 / sqrt((double)parameter->initial.fan_in));
        network_ok(parameter_store_write(n->store, p, PARAMETER_VALUES, values));
        free(values);
    }
}

static void create(network *n, mixup_engine kind, mixup_convolution algorithm) {
    network_create(n, &(network_desc){.engine = kind,
                                      .convolution = algorithm,
                                      .input = {3, 12, 14},
                                      NETWORK_LAYERS(layers),
                                      .optimizer = {.kind = MIXUP_SGD, .learning_rate = 0.05f},
                                      .seed = SEED});
    tame(n);
}

static void check(mixup_engine kind, mixup_convolution algorithm) {
    network n;
    create(&n, kind, algorithm);
    const size_t width = network_input_width(&n);
    real *inputs = network_values(BATCH * width);
    real *targets = network_values((size_t)BATCH * CLASSES);
    const network_data data = {inputs, targets};
    network_uniform(SEED, 1000, -1.0, 1.0, BATCH * width, inputs);
    for (size_t i = 0; i < BATCH; i++)
        targets[i * CLASSES + i % CLASSES] = 1;
    const size_t saved = compare(&n, &data);
    if (kind == MIXUP_ENGINE_REFERENCE)
        assert_int_equal(saved, 0);
    else /* five norms, of which two had an activation in them, and three sums and an activation behind one */
        assert_true(saved >= 4);
    plan_run run = {.step = 1, .learning_rate = 0.05};
    network_run(&n, &(plan_key){.batch = BATCH, .update = PLAN_FUSED, .site = PLAN_NO_SITE}, &data, &run);
    compare(&n, &data); /* with other parameters and statistics, in the same plans */
    free(inputs);
    free(targets);
    network_destroy(&n);
}

static void what_is_folded_into_convolutions_agrees_with_layers_one_by_one(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        check(network_engines[e], MIXUP_CONVOLUTION_AUTO);
        check(network_engines[e], MIXUP_CONVOLUTION_DIRECT);
    }
}

/* The sum of a residual block is part of its last convolution in training too: same gradients, fewer steps.
 */
static void a_sum_in_a_training_plan_is_folded_with_the_same_gradients(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        network folded, separate;
        create(&folded, network_engines[e], MIXUP_CONVOLUTION_AUTO);
        create(&separate, network_engines[e], MIXUP_CONVOLUTION_AUTO);
        const size_t width = network_input_width(&folded);
        real *inputs = network_values(BATCH * width);
        real *targets = network_values((size_t)BATCH * CLASSES);
        network_uniform(SEED, 1000, -1.0, 1.0, BATCH * width, inputs);
        plan_key key = {
            .batch = BATCH, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
        plan_run run = {.step = 1};
        const plan *a = network_run(&folded, &key, &(network_data){inputs, targets}, &run);
        key.separate = true;
        const plan *b = network_run(&separate, &key, &(network_data){inputs, targets}, &run);
        expect_close("input gradient", plan_input_gradient(a), plan_input_gradient(b), BATCH * width);
        for (size_t p = 0; p < folded.graph->parameter_count; p++) {
            real *values = network_read(&folded, p, PARAMETER_GRADIENT);
            real *expected = network_read(&separate, p, PARAMETER_GRADIENT);
            expect_close(folded.graph->parameters[p].name, values, expected,
                         folded.graph->parameters[p].count);
            free(values);
            free(expected);
        }
        free(inputs);
        free(targets);
        network_destroy(&folded);
        network_destroy(&separate);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_folded_into_convolutions_agrees_with_layers_one_by_one),
        cmocka_unit_test(a_sum_in_a_training_plan_is_folded_with_the_same_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
