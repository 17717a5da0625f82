/* The fast engine's algorithms of convolution against the reference engine, and which one is taken. Passes
 * trivially where only the reference engine was built. */
#include "support/network.h"

enum { SEED = 5 };

/* Relative to the largest value of an array: sums of up to a few thousand products in single precision (6e-8
 * each), in another order. Winograd's transforms multiply by up to 8 on the way, which cancels again. */
static const double DIRECT_TOLERANCE = 5e-6;
static const double WINOGRAD_TOLERANCE = 1e-5;

/* One convolution 3x3. */
typedef struct convolution_case {
    size_t batch, channels, height, width;
    size_t filters, padding, stride, groups;
    bool winograd; /* where the machine has it */
} convolution_case;

static const convolution_case cases[] = {
    /* batch, input, filters, padding, stride, groups */
    {1, 16, 8, 8, 16, 1, 1, 1, true},    /* 4 tiles: the fewest */
    {3, 16, 4, 4, 16, 1, 1, 1, false},   /* 3 tiles */
    {2, 20, 24, 25, 33, 1, 1, 1, true},  /* channels that fill no block; tiles over the border */
    {9, 32, 9, 10, 17, 0, 1, 1, true},   /* without padding */
    {3, 16, 6, 6, 48, 2, 1, 1, true},    /* more padding than usual; an odd number of blocks of filters */
    {33, 9, 12, 8, 40, 1, 1, 1, true},   /* more tiles than a block of them holds */
    {33, 16, 5, 5, 16, 1, 1, 1, false},  /* tiles of which too little is image */
    {33, 3, 12, 12, 16, 1, 1, 1, false}, /* images of three colours */
    {33, 16, 12, 12, 8, 1, 1, 1, true},  /* few filters, few channels */
    {33, 8, 12, 11, 8, 1, 1, 1, true},
    {33, 8, 12, 11, 24, 1, 1, 1, true},
    {33, 16, 12, 12, 20, 1, 2, 1, false},
    {33, 8, 12, 12, 16, 1, 2, 1, false},
    {33, 32, 12, 12, 32, 1, 1, 2, false},
    /* stride 2 */
    {1, 16, 16, 16, 32, 1, 2, 1, true},   /* 4 tiles */
    {3, 16, 8, 8, 32, 1, 2, 1, false},    /* 3 tiles */
    {2, 20, 15, 32, 33, 1, 2, 1, true},   /* odd heights; channels that fill no block */
    {9, 32, 16, 23, 40, 1, 2, 1, true},   /* odd widths; an odd number of blocks of filters */
    {9, 32, 15, 23, 40, 1, 2, 1, true},   /* both */
    {4, 16, 26, 26, 32, 1, 2, 1, false},  /* tiles of which too little is image */
    {3, 16, 30, 31, 32, 1, 2, 1, true},   /* tiles over the border */
    {40, 33, 8, 7, 48, 1, 2, 1, true},    /* images of one tile; more of them than a block holds */
    {33, 8, 16, 16, 64, 1, 2, 1, true},   /* few channels */
    {33, 16, 16, 16, 16, 1, 2, 1, false}, /* too few on both sides */
    {33, 16, 17, 17, 32, 0, 2, 1, false}, /* without padding */
};

/* What a plan for gradients makes of one case. */
typedef struct result {
    network net;
    size_t batch;
    const plan *made;
} result;

static void create(result *out, const convolution_case *given, mixup_engine kind, mixup_convolution algorithm,
                   size_t threads, const network_data *data) {
    const mixup_layer layers[] = {
        {.op = MIXUP_CONV2D,
         .filters = given->filters,
         .kernel = {3},
         .stride = {given->stride},
         .padding = {given->padding},
         .groups = given->groups,
         .activation = MIXUP_RELU},
    };
    const plan_key key = {
        .batch = given->batch, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
    plan_run run = {.step = 1};
    out->batch = given->batch;
    network_create(&out->net, &(network_desc){.engine = kind,
                                              .convolution = algorithm,
                                              .input = {given->channels, given->height, given->width},
                                              NETWORK_LAYERS(layers),
                                              .loss = MIXUP_MEAN_SQUARED_ERROR,
                                              .seed = SEED});
    out->net.engine->threads = threads;
    out->made = network_run(&out->net, &key, data, &run);
}

/* The largest difference, relative to the largest value of b. */
static double distance(const real *a, const real *b, size_t count) {
    double largest = 0.0, difference = 0.0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)b[i]));
        difference = fmax(difference, fabs((double)a[i] - (double)b[i]));
    }
    return difference / largest;
}

/* Of output, input gradient, and the gradients of filters and bias. */
static double result_distance(const result *a, const result *b) {
    const size_t outputs = a->batch * network_output_width(&a->net);
    const size_t inputs = a->batch * network_input_width(&a->net);
    double most = distance(plan_output(a->made), plan_output(b->made), outputs);
    most = fmax(most, distance(plan_input_gradient(a->made), plan_input_gradient(b->made), inputs));
    for (size_t p = 0; p < 2; p++) {
        real *made = network_read(&a->net, p, PARAMETER_GRADIENT);
        real *other = network_read(&b->net, p, PARAMETER_GRADIENT);
        most = fmax(most, distance(made, other, a->net.graph->parameters[p].count));
        free(made);
        free(other);
    }
    return most;
}

static void expect_within(const char *what, size_t number, double value, double limit) {
    if (!(value <= limit))
        fail_msg("case %zu: %s is off by %g of the largest value, more than %g", number, what, value, limit);
}

static bool has_winograd(const result *made) {
    return strstr(made->net.engine->description, "avx2") != NULL ||
           strstr(made->net.engine->description, "avx512") != NULL;
}

static void check_case(size_t number, mixup_engine kind) {
    const convolution_case *given = &cases[number];
    const size_t positions = given->batch * given->height * given->width;
    real *inputs = network_values(positions * given->channels);
    const size_t most = (given->height + 2 * given->padding) * (given->width + 2 * given->padding);
    real *targets = network_values(given->batch * most * given->filters); /* zeros, enough of them */
    const network_data data = {inputs, targets};
    result reference, direct, chosen;
    network_uniform(SEED, 1000, -1.0, 1.0, positions * given->channels, inputs);
    create(&reference, given, MIXUP_ENGINE_REFERENCE, MIXUP_CONVOLUTION_AUTO, 1, &data);
    create(&direct, given, kind, MIXUP_CONVOLUTION_DIRECT, 1, &data);
    create(&chosen, given, kind, MIXUP_CONVOLUTION_AUTO, 1, &data);
    expect_within("direct", number, result_distance(&direct, &reference), DIRECT_TOLERANCE);
    expect_within("auto", number, result_distance(&chosen, &reference), WINOGRAD_TOLERANCE);
    const bool winograd = given->winograd && has_winograd(&chosen);
    if ((result_distance(&chosen, &direct) > 0.0) != winograd)
        fail_msg("case %zu: auto %s direct", number, winograd ? "is" : "is not");
    for (size_t threads = 2; winograd && threads <= 3; threads++) {
        result again;
        create(&again, given, kind, MIXUP_CONVOLUTION_AUTO, threads, &data);
        expect_within("auto on more threads", number, result_distance(&again, &chosen), 0.0);
        network_destroy(&again.net);
    }
    network_destroy(&reference.net);
    network_destroy(&direct.net);
    network_destroy(&chosen.net);
    free(inputs);
    free(targets);
}

static void convolutions_are_right_however_they_are_computed_and_divided(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t c = 0; network_engines[e] != MIXUP_ENGINE_REFERENCE && c < MIXUP_COUNT(cases); c++)
            check_case(c, network_engines[e]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_are_right_however_they_are_computed_and_divided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
