/* The engines against each other, on random networks built from the op table: outputs, loss, all gradients,
 * and the parameters after three steps. Passes trivially where only the reference engine was built. */
#include "support/network.h"

#include <stdio.h>

enum { NETWORKS = 40, MOST_LAYERS = 12, CLASSES = 4, STEPS = 3, LARGEST_BATCH = 33 };

/* Single precision, sums in another order, through up to a dozen layers and a norm's division; relative to
 * the largest value of each array. */
static const double TOLERANCE = 2e-4;

/* A random network. */
typedef struct recipe {
    mixup_layer layers[MOST_LAYERS + 2];
    char names[MOST_LAYERS + 2][8];
    size_t widths[MOST_LAYERS + 2]; /* of each layer's output */
    size_t count;
    size_t input;
    size_t batch;
    mixup_loss loss;
} recipe;

static bool chance(random_stream *from, uint32_t percent) {
    return random_below(from, 100) < percent;
}

/* Another layer before of the same width, or NULL. */
static const char *partner(const recipe *r, random_stream *from, size_t width) {
    for (int attempt = 0; attempt < 20; attempt++) {
        const size_t l = random_below(from, (uint32_t)r->count);
        if (r->widths[l] == width)
            return r->names[l];
    }
    return NULL;
}

/* Fills the fields that `op` needs; false where it does not fit here. */
static bool describe(recipe *r, random_stream *from, mixup_op op, mixup_layer *layer, size_t *width) {
    switch (op) {
    case MIXUP_DENSE:
        *width = 1 + random_below(from, chance(from, 20) ? 150 : 20);
        layer->units = *width;
        layer->no_bias = chance(from, 20);
        return true;
    case MIXUP_DROPOUT:
        layer->rate = 0.25f;
        return true;
    case MIXUP_GAUSSIAN_NOISE:
        layer->stddev = 0.1f;
        return true;
    case MIXUP_BATCH_NORM:
        return r->batch >= 16; /* the deviation of few samples, by which it divides, may be next to none */
    case MIXUP_LAYER_NORM:
        return *width > 4;
    case MIXUP_RESHAPE:
        layer->shape[0] = *width;
        return true;
    case MIXUP_ADD:
    case MIXUP_MULTIPLY:
        layer->with[0] = r->count > 0 ? partner(r, from, *width) : NULL;
        return layer->with[0] != NULL;
    case MIXUP_CONCAT:
        if (r->count == 0)
            return false;
        layer->with[0] = r->names[random_below(from, (uint32_t)r->count)];
        *width += r->widths[(size_t)(layer->with[0] - r->names[0]) / sizeof r->names[0]];
        return true;
    case MIXUP_FLATTEN:
    case MIXUP_ACTIVATION:
        return true;
    case MIXUP_CUSTOM: /* tests/engine/test_custom.c */
    case MIXUP_OP_NONE:
    case MIXUP_OP_COUNT:
        break;
    }
    return false;
}

static void add_layer(recipe *r, mixup_layer layer, size_t width) {
    snprintf(r->names[r->count], sizeof r->names[0], "l%zu", r->count);
    layer.name = r->names[r->count];
    r->layers[r->count] = layer;
    r->widths[r->count++] = width;
}

static void make_recipe(recipe *r, random_stream *from) {
    static const size_t batches[] = {1, 2, 5, 16, LARGEST_BATCH};
    *r = (recipe){.input = 3 + random_below(from, 30), .batch = batches[random_below(from, 5)]};
    size_t width = r->input;
    const size_t count = 3 + random_below(from, MOST_LAYERS - 3);
    for (size_t l = 0; l < count; l++) {
        mixup_layer layer = {.op = (mixup_op)random_below(from, MIXUP_OP_COUNT)};
        if (l == 0 || chance(from, 30))
            layer.op = MIXUP_DENSE;
        if (op_find(layer.op) == NULL || !describe(r, from, layer.op, &layer, &width))
            continue;
        layer.activation = (mixup_activation)random_below(from, MIXUP_ACTIVATION_COUNT);
        if (layer.activation == MIXUP_SOFTMAX && layer.op != MIXUP_ACTIVATION)
            layer.activation = MIXUP_LINEAR;
        layer.frozen = chance(from, 10);
        add_layer(r, layer, width);
    }
    r->loss = (mixup_loss)random_below(from, MIXUP_LOSS_COUNT);
    mixup_layer last = {.op = MIXUP_DENSE, .units = CLASSES};
    if (r->loss != MIXUP_MEAN_SQUARED_ERROR)
        last.activation = r->loss == MIXUP_SIGMOID_BINARY ? MIXUP_SIGMOID : MIXUP_SOFTMAX;
    add_layer(r, last, CLASSES);
}

/* ---- comparison */

static void expect_close(const char *what, size_t number, const real *values, const real *expected,
                         size_t count) {
    double largest = 0.01;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)values[i] - (double)expected[i]) <= TOLERANCE * largest))
            fail_msg("network %zu: %s[%zu] is %.9g, the reference engine has %.9g", number, what, i,
                     (double)values[i], (double)expected[i]);
}

static void expect_same_parameters(size_t number, const network *n, const network *reference,
                                   parameter_kind kind) {
    for (size_t p = 0; p < n->graph->parameter_count; p++) {
        real *values = network_read(n, p, kind);
        real *expected = network_read(reference, p, kind);
        expect_close(n->graph->parameters[p].name, number, values, expected, n->graph->parameters[p].count);
        free(values);
        free(expected);
    }
}

/* A legal site, or none. */
static size_t random_site(const network *n, random_stream *from) {
    const size_t l = random_below(from, (uint32_t)n->graph->layer_count);
    if (chance(from, 25) || n->graph->layers[l].site_problem != NULL)
        return PLAN_NO_SITE;
    return network_site(n, n->graph->layers[l].attributes.name);
}

static void compare(size_t number, const recipe *r, mixup_engine kind, random_stream *from) {
    network reference, other;
    network_desc desc = {.input = {r->input},
                         .layers = r->layers,
                         .layer_count = r->count,
                         .loss = r->loss,
                         .optimizer = {.kind = MIXUP_NESTEROV, .learning_rate = 0.01f},
                         .seed = number};
    network_create(&reference, &desc);
    desc.engine = kind;
    network_create(&other, &desc);
    real *inputs = network_values(r->batch * r->input);
    real *targets = network_values(r->batch * CLASSES);
    network_uniform(number, 1, -1.0, 1.0, r->batch * r->input, inputs);
    network_targets(reference.training.loss, number, r->batch, CLASSES, targets);
    const network_data data = {inputs, targets};
    network_draw draw;
    network_draw_make(&draw, r->batch, chance(from, 50), number);
    plan_key key = {.batch = r->batch, .update = PLAN_GRADIENTS, .site = random_site(&reference, from)};
    plan_run a = {.draw = &draw.draw, .seed = 1, .epoch_step = 1, .step = 1, .learning_rate = 0.01}, b = a;

    const plan *of_reference = network_run(&reference, &key, &data, &a);
    const plan *of_other = network_run(&other, &key, &data, &b);
    expect_close("output", number, plan_output(of_other), plan_output(of_reference), r->batch * CLASSES);
    expect_near(b.loss, a.loss, TOLERANCE * (1.0 + fabs(a.loss)));
    expect_same_parameters(number, &other, &reference, PARAMETER_GRADIENT);
    key.update = PLAN_FUSED;
    for (uint32_t step = 1; step <= STEPS; step++) {
        a.step = b.step = a.epoch_step = b.epoch_step = step;
        network_run(&reference, &key, &data, &a);
        network_run(&other, &key, &data, &b);
    }
    expect_same_parameters(number, &other, &reference, PARAMETER_VALUES);
    key = (plan_key){.batch = r->batch, .site = PLAN_NO_SITE, .output = reference.graph->output};
    of_reference = network_run(&reference, &key, &data, &a);
    of_other = network_run(&other, &key, &data, &b);
    expect_close("prediction", number, plan_output(of_other), plan_output(of_reference), r->batch * CLASSES);
    free(inputs);
    free(targets);
    network_destroy(&reference);
    network_destroy(&other);
}

static void the_engines_agree_on_random_networks(void **state) {
    (void)state;
    bool used[MIXUP_OP_COUNT] = {false};
    used[MIXUP_CUSTOM] = true;
    for (size_t number = 1; number <= NETWORKS; number++) {
        random_stream from = random_open(number, RANDOM_SYNTHETIC, 0, 0, 0, 0);
        recipe r;
        make_recipe(&r, &from);
        for (size_t l = 0; l < r.count; l++)
            used[r.layers[l].op] = true;
        for (size_t e = 1; e < MIXUP_COUNT(network_engines); e++)
            compare(number, &r, network_engines[e], &from);
    }
    for (int op = 0; op < MIXUP_OP_COUNT; op++)
        if (op_find((mixup_op)op) != NULL && !used[op])
            fail_msg("no network has the op %s", op_find((mixup_op)op)->name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engines_agree_on_random_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
