/* Steps that an engine divides among threads: the same bits for any number of them, and the reference
 * engine's numbers. Passes trivially where only the reference engine was built. */
#include "support/network.h"

enum { BATCH = 5, SEED = 9, MOST_THREADS = 4 };

/* Sums of a few thousand values in another order, relative to the largest of an array. */
static const double TOLERANCE = 1e-5;

/* Every op that runs on the reference's kernels in the fast engine, on states large enough to be divided. */
static const mixup_layer layers[] = {
    {.op = MIXUP_PAD, .padding = {1, 2}},
    {.op = MIXUP_UPSAMPLE, .stride = {2, 2}, .name = "up"},
    {.op = MIXUP_GROUP_NORM, .groups = 2, .name = "group"},
    {.op = MIXUP_DROPOUT, .rate = 0.25f, .by_channel = true},
    {.op = MIXUP_DROPOUT, .rate = 0.25f, .name = "dropped"},
    {.op = MIXUP_CONCAT, .with = {"group"}, .name = "both"},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL, .name = "means"},
    {.op = MIXUP_MULTIPLY, .from = "both", .with = {"means"}},
    {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.1f},
    {.op = MIXUP_LAYER_NORM},
};

typedef struct result {
    network net;
    const plan *made;
} result;

static void create(result *out, mixup_engine kind, size_t threads) {
    const plan_key key = {
        .batch = BATCH, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
    plan_run run = {.step = 1, .seed = SEED, .epoch = 1, .epoch_step = 2};
    network_create(&out->net, &(network_desc){.engine = kind,
                                              .input = {6, 9, 8},
                                              NETWORK_LAYERS(layers),
                                              .loss = MIXUP_MEAN_SQUARED_ERROR,
                                              .seed = SEED});
    out->net.engine->threads = threads;
    const size_t inputs = BATCH * network_input_width(&out->net);
    const size_t targets = BATCH * network_output_width(&out->net);
    real *input = network_values(inputs);
    real *target = network_values(targets);
    network_uniform(SEED, 1000, -1.0, 1.0, inputs, input);
    network_uniform(SEED, 1001, -1.0, 1.0, targets, target);
    out->made = network_run(&out->net, &key, &(network_data){input, target}, &run);
    free(input);
    free(target);
}

static void expect_within(const char *what, size_t threads, const real *values, const real *expected,
                          size_t count, double tolerance) {
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)values[i] - (double)expected[i]) <= tolerance * largest))
            fail_msg("%s on %zu threads: value %zu is %.9g, not %.9g", what, threads, i, (double)values[i],
                     (double)expected[i]);
}

static void compare(const result *a, const result *b, size_t threads, double tolerance) {
    expect_within("output", threads, plan_output(a->made), plan_output(b->made),
                  BATCH * network_output_width(&a->net), tolerance);
    expect_within("input gradient", threads, plan_input_gradient(a->made), plan_input_gradient(b->made),
                  BATCH * network_input_width(&a->net), tolerance);
    for (size_t p = 0; p < a->net.graph->parameter_count; p++) {
        real *values = network_read(&a->net, p, PARAMETER_GRADIENT);
        real *expected = network_read(&b->net, p, PARAMETER_GRADIENT);
        expect_within(a->net.graph->parameters[p].name, threads, values, expected,
                      a->net.graph->parameters[p].count, tolerance);
        free(values);
        free(expected);
    }
}

static void divided_steps_give_the_same_bits_for_any_number_of_threads(void **state) {
    (void)state;
    result reference;
    create(&reference, MIXUP_ENGINE_REFERENCE, 1);
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        result alone;
        create(&alone, network_engines[e], 1);
        compare(&alone, &reference, 1, TOLERANCE);
        for (size_t threads = 2; threads <= MOST_THREADS; threads++) {
            result divided;
            create(&divided, network_engines[e], threads);
            compare(&divided, &alone, threads, 0.0);
            network_destroy(&divided.net);
        }
        network_destroy(&alone.net);
    }
    network_destroy(&reference.net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divided_steps_give_the_same_bits_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
