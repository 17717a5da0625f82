/* The engines against each other, on random networks built from the op table, flat and of images: the output
 * of every layer, loss, all gradients at legal sites, the gradient of the input of a prediction, and the
 * parameters after three steps. Passes trivially where only the reference engine was built. */
#include "support/network.h"

#include <stdio.h>

enum { NETWORKS = 100, MOST_LAYERS = 14, CLASSES = 4, STEPS = 3, LARGEST_BATCH = 33, MOST_VALUES = 3000 };

/* Single precision, sums in another order, through up to a dozen layers and a norm's division; relative to
 * the largest value of each array. */
static const double TOLERANCE = 5e-4;

/* A random network. */
typedef struct recipe {
    mixup_layer layers[MOST_LAYERS + 4];
    char names[MOST_LAYERS + 4][24];
    shape shapes[MOST_LAYERS + 4]; /* of each layer's output */
    size_t count;
    shape input;
    size_t batch;
    mixup_loss loss;
} recipe;

static bool chance(random_stream *from, uint32_t percent) {
    return random_below(from, 100) < percent;
}

/* From low to high, both included. */
static size_t between(random_stream *from, size_t low, size_t high) {
    return low + random_below(from, (uint32_t)(high - low + 1));
}

/* What the next layer reads. */
static const shape *last_shape(const recipe *r) {
    return r->count > 0 ? &r->shapes[r->count - 1] : &r->input;
}

/* Puts layers behind the others where they fit: the graph knows the shape rules, and tells the shapes. */
static bool add_layers(recipe *r, const mixup_layer *layers, size_t count) {
    const mixup_allocator memory = memory_allocator(NULL);
    graph *made = NULL;
    for (size_t l = r->count; l < r->count + count; l++) {
        snprintf(r->names[l], sizeof r->names[l], "l%zu", l);
        r->layers[l] = layers[l - r->count];
        r->layers[l].name = r->names[l];
    }
    if (graph_create(&made, r->input.sizes, r->layers, r->count + count, &memory) != MIXUP_OK)
        return false;
    bool fits = true;
    for (size_t l = r->count; l < r->count + count; l++) {
        r->shapes[l] = made->values[made->layers[l].output].shape;
        fits = fits && shape_count(&r->shapes[l]) <= MOST_VALUES;
    }
    graph_destroy(made);
    r->count += fits ? count : 0;
    return fits;
}

/* ---- the fields that an op needs */

static const char *any_name(const recipe *r, random_stream *from) {
    return r->count > 0 ? r->names[random_below(from, (uint32_t)r->count)] : "input";
}

static void describe_merge(const recipe *r, random_stream *from, mixup_layer *layer) {
    layer->with[0] = any_name(r, from);
    for (int attempt = 0; attempt < 20; attempt++) { /* one that fits, if there is one */
        const size_t l = random_below(from, (uint32_t)r->count + 1);
        if (l < r->count && l + 1 < r->count && shape_equal(&r->shapes[l], last_shape(r)))
            layer->with[0] = r->names[l];
    }
}

static void describe_window(random_stream *from, mixup_layer *layer) {
    for (int i = 0; i < 2; i++) {
        layer->kernel[i] = between(from, 1, 3);
        layer->stride[i] = between(from, 1, 2);
        layer->padding[i] = between(from, 0, layer->kernel[i] / 2);
    }
    if (layer->padding[1] == 0)
        layer->padding[1] = MIXUP_NO_PADDING;
}

static void describe_conv2d(const recipe *r, random_stream *from, mixup_layer *layer) {
    static const size_t filters[] = {1, 3, 8, 16, 17, 20, 32};
    const size_t channels = last_shape(r)->sizes[0];
    describe_window(from, layer);
    layer->filters = filters[random_below(from, MIXUP_COUNT(filters))];
    layer->no_bias = chance(from, 50);
    for (int i = 0; i < 2 && chance(from, 20); i++)
        layer->dilation[i] = between(from, 1, 2);
    if (chance(from, 20)) { /* one filter a channel, or two */
        layer->groups = channels;
        layer->filters = channels * between(from, 1, 2);
    } else if (chance(from, 20)) {
        layer->groups = 2;
        layer->filters = 2 * between(from, 1, 9);
    }
}

static void describe_reshape(const recipe *r, random_stream *from, mixup_layer *layer) {
    const shape *given = last_shape(r);
    const size_t count = shape_count(given);
    if (given->rank == 3) { /* the same sizes in another order */
        const size_t turn = between(from, 0, 2);
        for (size_t i = 0; i < 3; i++)
            layer->shape[i] = given->sizes[(i + turn) % 3];
    } else if (count % 4 == 0) {
        layer->shape[0] = count / 4;
        layer->shape[1] = layer->shape[2] = 2;
    } else {
        layer->shape[0] = count;
    }
}

/* Values that share their statistics: a few, or few, vary too little to divide by their deviation. */
static bool describe_norm(const recipe *r, random_stream *from, mixup_layer *layer) {
    const shape *given = last_shape(r);
    const size_t positions = shape_count(given) / given->sizes[0];
    layer->no_bias = chance(from, 20);
    layer->epsilon = 0.05f;
    if (layer->op == MIXUP_BATCH_NORM)
        return r->batch * positions >= 16;
    if (layer->op == MIXUP_LAYER_NORM)
        return shape_count(given) > 4;
    layer->groups = between(from, 1, 3);
    return shape_count(given) / layer->groups > 8;
}

/* Fills the fields that the op needs; false where it does not fit here. */
static bool describe(const recipe *r, random_stream *from, mixup_layer *layer) {
    switch (layer->op) {
    case MIXUP_DENSE:
        layer->units = between(from, 1, chance(from, 20) ? 150 : 20);
        layer->no_bias = chance(from, 20);
        return true;
    case MIXUP_DROPOUT:
        layer->rate = 0.25f;
        layer->by_channel = chance(from, 50);
        return true;
    case MIXUP_GAUSSIAN_NOISE:
        layer->stddev = 0.1f;
        return true;
    case MIXUP_BATCH_NORM:
    case MIXUP_LAYER_NORM:
    case MIXUP_GROUP_NORM:
        return describe_norm(r, from, layer);
    case MIXUP_RESHAPE:
        describe_reshape(r, from, layer);
        return true;
    case MIXUP_ADD:
    case MIXUP_MULTIPLY:
    case MIXUP_CONCAT:
        describe_merge(r, from, layer);
        return true;
    case MIXUP_CONV2D:
        describe_conv2d(r, from, layer);
        return true;
    case MIXUP_MAX_POOL:
    case MIXUP_AVERAGE_POOL:
        describe_window(from, layer);
        return true;
    case MIXUP_PAD:
        layer->padding[0] = between(from, 0, 2);
        layer->padding[1] = 1;
        return true;
    case MIXUP_UPSAMPLE:
        layer->stride[1] = between(from, 1, 2);
        return true;
    case MIXUP_FLATTEN:
    case MIXUP_GLOBAL_AVERAGE_POOL:
        return chance(from, 30); /* ends the images */
    case MIXUP_ACTIVATION:
        return true;
    case MIXUP_CUSTOM: /* tests/engine/test_custom.c */
    case MIXUP_OP_NONE:
    case MIXUP_OP_COUNT:
        break;
    }
    return false;
}

/* ---- recipes */

static void add_random_layer(recipe *r, random_stream *from) {
    mixup_layer layer = {.op = (mixup_op)random_below(from, MIXUP_OP_COUNT)};
    if (r->count == 0 || chance(from, 30))
        layer.op = last_shape(r)->rank == 3 ? MIXUP_CONV2D : MIXUP_DENSE;
    if (op_find(layer.op) == NULL || !describe(r, from, &layer))
        return;
    layer.activation = (mixup_activation)random_below(from, MIXUP_ACTIVATION_COUNT);
    if (layer.activation == MIXUP_SOFTMAX && layer.op != MIXUP_ACTIVATION)
        layer.activation = MIXUP_RELU;
    layer.frozen = chance(from, 10);
    add_layers(r, &layer, 1);
}

/* norm, relu, convolution, beside it a convolution 1x1, both of the same stride, and their sum. */
static void add_residual_block(recipe *r, random_stream *from) {
    if (last_shape(r)->rank != 3 || r->count == 0 || r->count + 5 > MOST_LAYERS)
        return;
    const size_t filters = chance(from, 50) ? 16 : between(from, 3, 20);
    const size_t stride = between(from, 1, 2);
    const size_t start = r->count - 1;
    const mixup_layer layers[] = {
        {.op = MIXUP_GROUP_NORM, .groups = 1, .activation = MIXUP_RELU},
        {.op = MIXUP_CONV2D, .filters = filters, .kernel = {3}, .stride = {stride}, .padding = {1}},
        {.op = MIXUP_CONV2D,
         .from = chance(from, 50) ? r->names[r->count] : r->names[start],
         .filters = filters,
         .kernel = {1},
         .stride = {stride},
         .no_bias = true},
        {.op = MIXUP_ADD, .with = {r->names[r->count + 1]}},
    };
    add_layers(r, layers, MIXUP_COUNT(layers));
}

static void make_recipe(recipe *r, random_stream *from) {
    static const size_t batches[] = {1, 2, 5, 16, LARGEST_BATCH};
    *r = (recipe){.input = {.rank = 1, .sizes = {between(from, 3, 32)}},
                  .batch = batches[random_below(from, MIXUP_COUNT(batches))]};
    if (chance(from, 60))
        r->input =
            (shape){.rank = 3, .sizes = {between(from, 1, 4), between(from, 5, 10), between(from, 5, 10)}};
    const size_t count = between(from, 3, MOST_LAYERS - 1);
    for (size_t l = 0; l < count && r->count < count; l++) {
        if (chance(from, 15))
            add_residual_block(r, from);
        add_random_layer(r, from);
    }
    r->loss = (mixup_loss)random_below(from, MIXUP_LOSS_COUNT);
    mixup_layer last = {.op = MIXUP_DENSE, .units = CLASSES};
    if (r->loss != MIXUP_MEAN_SQUARED_ERROR)
        last.activation = r->loss == MIXUP_SIGMOID_BINARY ? MIXUP_SIGMOID : MIXUP_SOFTMAX;
    if (last_shape(r)->rank != 1) {
        const mixup_op flat = chance(from, 50) ? MIXUP_FLATTEN : MIXUP_GLOBAL_AVERAGE_POOL;
        assert_true(add_layers(r, &(mixup_layer){.op = flat}, 1));
    }
    assert_true(add_layers(r, &last, 1));
}

/* ---- comparison */

static void expect_close(const char *what, size_t number, const real *values, const real *expected,
                         size_t count) {
    double largest = 0.05; /* where all is rounding: gradients of what a norm takes out again */
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

/* Weights of about unit gain, so that no state grows out of a dozen layers. */
static void tame(const network *n) {
    for (size_t p = 0; p < n->graph->parameter_count; p++) {
        const graph_parameter *parameter = &n->graph->parameters[p];
        if (parameter->shape.rank < 2 || parameter->initial.kind == MIXUP_CONSTANT)
            continue;
        real *values = network_read(n, p, PARAMETER_VALUES);
        for (size_t i = 0; i < parameter->count; i++)
            values[i] *= (real)(2.5 / sqrt((double)parameter->initial.fan_in));
        network_ok(parameter_store_write(n->store, p, PARAMETER_VALUES, values));
        free(values);
    }
}

/* Both engines on one network and batch. */
typedef struct pair {
    size_t number;
    network reference, other;
    network_data data;
    network_draw draw, cut;
    plan_run run;
} pair;

/* Runs the plan on both; where it trains, compares loss and gradients too. */
static void compare_plan(pair *self, const plan_key *key, const char *what, size_t width) {
    plan_run a = self->run, b = self->run;
    const plan *expected = network_run(&self->reference, key, &self->data, &a);
    const plan *made = network_run(&self->other, key, &self->data, &b);
    expect_close(what, self->number, plan_output(made), plan_output(expected), key->batch * width);
    if (key->update == PLAN_FORWARD)
        return;
    expect_near(b.loss, a.loss, TOLERANCE * (1.0 + fabs(a.loss)));
    if (key->input_gradient || key->update == PLAN_INPUT_GRADIENT)
        expect_close("input gradient", self->number, plan_input_gradient(made), plan_input_gradient(expected),
                     key->batch * network_input_width(&self->other));
    if (key->update != PLAN_INPUT_GRADIENT)
        expect_same_parameters(self->number, &self->other, &self->reference, PARAMETER_GRADIENT);
}

/* With CutMix, where the site is an image. */
static void compare_cut(pair *self, const plan_key *key) {
    shape image;
    if (!graph_site_image(self->reference.graph, key->site, &image))
        return;
    self->run.draw = &self->cut.draw;
    compare_plan(self, key, "cut output", CLASSES);
    self->run.draw = &self->draw.draw;
}

/* Unmixed, and mixed at the last legal sites with the gradient blocked or not. */
static void compare_gradients(pair *self, size_t batch, size_t most_sites) {
    const graph *made_of = self->reference.graph;
    plan_key key = {.batch = batch, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
    compare_plan(self, &key, "output", CLASSES);
    for (size_t l = made_of->layer_count, sites = 0; l-- > 0 && sites < most_sites;) {
        if (made_of->layers[l].site_problem != NULL)
            continue;
        sites++;
        key.site = network_site(&self->reference, made_of->layers[l].attributes.name);
        key.block_gradient = l % 3 == 2;
        key.input_gradient = !key.block_gradient && l % 2 == 0;
        compare_plan(self, &key, "mixed output", CLASSES);
        compare_cut(self, &key);
    }
}

/* Every layer's prediction, and the gradient of the whole one. */
static void compare_layers(pair *self, size_t batch) {
    const graph *made_of = self->reference.graph;
    const plan_key key = {.batch = batch,
                          .update = PLAN_INPUT_GRADIENT,
                          .site = PLAN_NO_SITE,
                          .loss = self->reference.training.loss};
    compare_plan(self, &key, "predicted logits", CLASSES);
    for (size_t l = 0; l < made_of->layer_count; l++) {
        const size_t value = made_of->layers[l].output;
        compare_plan(self, &(plan_key){.batch = batch, .site = PLAN_NO_SITE, .output = value},
                     made_of->layers[l].attributes.name, shape_count(&made_of->values[value].shape));
    }
}

static void compare_training(pair *self, size_t batch, random_stream *from) {
    const graph *made_of = self->reference.graph;
    const size_t l = random_below(from, (uint32_t)made_of->layer_count);
    plan_key key = {.batch = batch, .update = PLAN_FUSED, .site = PLAN_NO_SITE};
    if (made_of->layers[l].site_problem == NULL)
        key.site = network_site(&self->reference, made_of->layers[l].attributes.name);
    for (uint32_t step = 1; step <= STEPS; step++) {
        self->run.step = self->run.epoch_step = step;
        network_run(&self->reference, &key, &self->data, &self->run);
        network_run(&self->other, &key, &self->data, &self->run);
    }
    expect_same_parameters(self->number, &self->other, &self->reference, PARAMETER_VALUES);
}

static void compare(size_t number, const recipe *r, mixup_engine kind, random_stream *from) {
    pair self = {.number = number};
    network_desc desc = {.layers = r->layers,
                         .layer_count = r->count,
                         .loss = r->loss,
                         .optimizer = {.kind = MIXUP_NESTEROV, .learning_rate = 0.01f},
                         .seed = number};
    memcpy(desc.input, r->input.sizes, sizeof desc.input);
    network_create(&self.reference, &desc);
    desc.engine = kind;
    network_create(&self.other, &desc);
    tame(&self.reference);
    tame(&self.other);
    const size_t count = r->batch * shape_count(&r->input);
    real *inputs = network_values(count);
    real *targets = network_values(r->batch * CLASSES);
    network_uniform(number, 1, -1.0, 1.0, count, inputs);
    network_targets(self.reference.training.loss, number, r->batch, CLASSES, targets);
    network_draw_make(&self.draw, r->batch, chance(from, 50), number);
    network_draw_cut(&self.cut, r->batch, number % 2 == 0, number);
    self.data = (network_data){inputs, targets};
    self.run =
        (plan_run){.draw = &self.draw.draw, .seed = 1, .epoch_step = 1, .step = 1, .learning_rate = 0.01};
    compare_gradients(&self, r->batch, 4 + number % 4);
    compare_training(&self, r->batch, from);
    compare_layers(&self, r->batch);
    const size_t shorter = (r->batch + 1) / 2;
    network_draw_make(&self.draw, shorter, chance(from, 50), number);
    network_draw_cut(&self.cut, shorter, number % 2 == 0, number);
    compare_gradients(&self, shorter, 1);
    free(inputs);
    free(targets);
    network_destroy(&self.reference);
    network_destroy(&self.other);
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
