/* Gradients against central differences, in double: every row of the op table, every activation, every loss,
 * mixed at every legal site, and the gradient of the input of a prediction. A row of the table without a case
 * here fails the test. */
#include "support/network.h"

/* The difference quotient with step h errs by about h² (third derivative) + 1e-16 / h. */
static const double STEP = 1e-5;
static const double TOLERANCE = 1e-7; /* of 1 + |gradient| */

/* One gradient to check. */
typedef struct probe {
    network *network;
    plan_key key;
    const mixup_batch_draw *draw;
    real *inputs;  /* [batch][input] */
    real *targets; /* [batch][output] */
    const char *what;
} probe;

static double run_loss(const probe *self, plan **out) {
    plan_run run = {.draw = self->draw, .step = 1, .seed = 5, .epoch = 2, .epoch_step = 3};
    plan *made = network_run(self->network, &self->key, &(network_data){self->inputs, self->targets}, &run);
    if (out != NULL)
        *out = made;
    return run.loss;
}

/* (loss(x + h) - loss(x - h)) / 2h where `change` sets x. */
typedef void (*change_function)(const probe *self, size_t parameter, size_t element, double by);

static void change_parameter(const probe *self, size_t parameter, size_t element, double by) {
    real *values = network_read(self->network, parameter, PARAMETER_VALUES);
    values[element] += by;
    network_ok(parameter_store_write(self->network->store, parameter, PARAMETER_VALUES, values));
    free(values);
}

static void change_input(const probe *self, size_t parameter, size_t element, double by) {
    (void)parameter;
    self->inputs[element] += by;
}

static double difference(const probe *self, change_function change, size_t parameter, size_t element) {
    change(self, parameter, element, STEP);
    const double above = run_loss(self, NULL);
    change(self, parameter, element, -2 * STEP);
    const double below = run_loss(self, NULL);
    change(self, parameter, element, STEP);
    return (above - below) / (2 * STEP);
}

static void expect_close(const probe *self, const char *name, size_t element, double gradient,
                         double expected) {
    if (!(fabs(gradient - expected) <= TOLERANCE * (1.0 + fabs(expected))))
        fail_msg("%s: batch %zu, site %zd: the gradient of %s[%zu] is %.12g, differences say %.12g",
                 self->what, self->key.batch, (ptrdiff_t)self->key.site, name, element, gradient, expected);
}

/* Whether a parameter lies below the blocked site, where the gradient is zero whatever differences say. */
static bool is_blocked(const probe *self, size_t parameter) {
    const graph *made_of = self->network->graph;
    if (!self->key.block_gradient)
        return false;
    size_t made = 0;
    for (size_t n = 0; n < made_of->node_count; n++)
        if (made_of->nodes[n].layer == made_of->parameters[parameter].layer &&
            made_of->nodes[n].parameter_count > 0)
            made = made_of->values[made_of->nodes[n].output].position;
    return made <= made_of->values[self->key.site].position;
}

static void check_parameter(const probe *self, size_t p) {
    const graph_parameter *parameter = &self->network->graph->parameters[p];
    real *gradient = network_read(self->network, p, PARAMETER_GRADIENT);
    for (size_t i = 0; i < parameter->count && !parameter->buffer && !parameter->frozen; i++)
        expect_close(self, parameter->name, i, gradient[i],
                     is_blocked(self, p) ? 0.0 : difference(self, change_parameter, p, i));
    free(gradient);
}

/* Gradients of all parameters and, where the key wants it, of the input. */
static void check_gradients(const probe *self) {
    plan *made = NULL;
    const size_t count = self->key.batch * network_input_width(self->network);
    const double loss = run_loss(self, &made);
    assert_true(isfinite(loss));
    real *input_gradient = network_values(count);
    if (self->key.input_gradient)
        memcpy(input_gradient, plan_input_gradient(made), count * sizeof(real));
    for (size_t p = 0; p < self->network->graph->parameter_count; p++) {
        check_parameter(self, p);
        run_loss(self, NULL); /* as changing a parameter left the gradients of another place */
    }
    for (size_t i = 0; i < count && self->key.input_gradient; i++)
        expect_close(self, "input", i, input_gradient[i], difference(self, change_input, 0, i));
    free(input_gradient);
}

/* The gradient of the input of a prediction: of the sum over the batch, while the loss that a run reports is
 * the mean. No value changes. */
static void check_prediction_gradient(const probe *self) {
    const size_t count = self->key.batch * network_input_width(self->network);
    const parameter_store *store = self->network->store;
    for (size_t p = 0; p < self->network->graph->parameter_count; p++) {
        plan *made = NULL;
        real *before = network_read(self->network, p, PARAMETER_VALUES);
        assert_true(isfinite(run_loss(self, &made)));
        real *after = network_read(self->network, p, PARAMETER_VALUES);
        assert_memory_equal(before, after, self->network->graph->parameters[p].count * sizeof(real));
        assert_null(store->items[p].arrays[PARAMETER_GRADIENT]);
        free(before);
        free(after);
    }
    plan *made = NULL;
    run_loss(self, &made);
    real *gradient = network_values(count);
    memcpy(gradient, plan_input_gradient(made), count * sizeof(real));
    for (size_t i = 0; i < count; i++)
        expect_close(self, "input of a prediction", i, gradient[i],
                     (double)self->key.batch * difference(self, change_input, 0, i));
    free(gradient);
}

/* Calls check_gradients for one network, one batch size, one site; or check_prediction_gradient. */
static void check_once(const network_desc *desc, const char *what, const plan_key *key, bool per_sample) {
    network n;
    network_create(&n, desc);
    network_draw draw;
    network_draw_make(&draw, key->batch, per_sample, 17);
    const size_t columns = network_output_width(&n);
    probe self = {.network = &n,
                  .key = *key,
                  .draw = &draw.draw,
                  .inputs = network_values(key->batch * network_input_width(&n)),
                  .targets = network_values(key->batch * columns),
                  .what = what};
    network_uniform(3, 500, -1.0, 1.0, key->batch * network_input_width(&n), self.inputs);
    network_targets(n.training.loss, 4, key->batch, columns, self.targets);
    if (key->update == PLAN_INPUT_GRADIENT) {
        self.key.loss = n.training.loss;
        check_prediction_gradient(&self);
    } else {
        check_gradients(&self);
    }
    free(self.inputs);
    free(self.targets);
    network_destroy(&n);
}

static bool seen_before(const graph *in, size_t layer) {
    for (size_t l = 0; l < layer; l++)
        if (in->values[in->layers[l].input].storage == in->values[in->layers[layer].input].storage)
            return true;
    return false;
}

/* Without mixing, and mixed at every legal site with one λ and with one a sample. */
static void check_sites(const network_desc *desc, const char *what, size_t batch) {
    network n;
    network_create(&n, desc);
    size_t sites[32];
    size_t count = 0;
    for (size_t l = 0; l < n.graph->layer_count; l++)
        if (n.graph->layers[l].site_problem == NULL && !seen_before(n.graph, l))
            sites[count++] = network_site(&n, n.graph->layers[l].attributes.name);
    network_destroy(&n);
    plan_key key = {.batch = batch, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
    check_once(desc, what, &key, false);
    for (size_t s = 0; s < count; s++) {
        key.site = sites[s];
        check_once(desc, what, &key, false);
        check_once(desc, what, &key, true);
    }
}

static void check_batches(const network_desc *desc, const char *what, size_t smallest) {
    static const size_t batches[] = {1, 2, 3, 7};
    for (size_t b = 0; b < MIXUP_COUNT(batches); b++) {
        const plan_key prediction = {
            .batch = batches[b], .update = PLAN_INPUT_GRADIENT, .site = PLAN_NO_SITE};
        check_once(desc, what, &prediction, false);
        if (batches[b] >= smallest)
            check_sites(desc, what, batches[b]);
    }
}

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
        check_batches(&desc, op_find((mixup_op)op)->name, given->smallest_batch);
    }
}

static void ops_on_images_have_the_gradient_that_differences_say(void **state) {
    (void)state;
    for (size_t c = 0; c < MIXUP_COUNT(image_cases); c++) {
        const op_case *given = &image_cases[c];
        network_desc desc = {.layers = given->layers, .layer_count = given->layer_count, .seed = 10};
        memcpy(desc.input, given->input, sizeof desc.input);
        check_batches(&desc, "an op on images", given->smallest_batch);
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
        check_batches(&(network_desc){.input = {5}, NETWORK_LAYERS(layers), .seed = 2},
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
    check_batches(&(network_desc){.input = {5},
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
    check_batches(&(network_desc){.input = {3}, NETWORK_LAYERS(layers), .seed = 4}, "final softmax", 1);
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
        check_once(&desc, "blocked",
                   &(plan_key){.batch = 5, .update = PLAN_GRADIENTS, .site = site, .block_gradient = true},
                   true);
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
    check_batches(&below, "frozen below", 1);
    check_batches(&between, "frozen between", 2);
    const plan_key key = {.batch = 3, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE};
    check_once(&below, "frozen below, no input gradient", &key, false);
}

/* ---- the mix */

/* The gradient with mixing at the input is, by the chain rule, the transpose of the mix applied to the
 * gradient g of the plain network on inputs and targets that were mixed before: λ_j g_j + (1 - λ_i) g_i with
 * π(i) = j. */
static void the_gradient_of_the_mix_is_that_of_theory(void **state) {
    (void)state;
    enum { BATCH = 6, WIDTH = 3, COLUMNS = 3, STATES = BATCH * WIDTH };
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH}, HEAD};
    network n;
    network_create(&n, &(network_desc){.input = {WIDTH}, NETWORK_LAYERS(layers), .seed = 8});
    network_draw draw;
    network_draw_make(&draw, BATCH, true, 18);
    real x[STATES], y[BATCH * COLUMNS], mixed_x[STATES], mixed_y[BATCH * COLUMNS];
    network_uniform(9, 1, -1.0, 1.0, STATES, x);
    network_targets(MIXUP_SOFTMAX_CROSS_ENTROPY, 9, BATCH, COLUMNS, y);
    for (size_t i = 0; i < BATCH; i++) {
        const double own = (double)draw.weight[i], other = (double)draw.partner_weight[i];
        const size_t p = draw.partner[i];
        for (size_t k = 0; k < WIDTH; k++)
            mixed_x[i * WIDTH + k] = own * x[i * WIDTH + k] + other * x[p * WIDTH + k];
        for (size_t c = 0; c < COLUMNS; c++)
            mixed_y[i * COLUMNS + c] = own * y[i * COLUMNS + c] + other * y[p * COLUMNS + c];
    }
    plan_key key = {.batch = BATCH, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
    plan_run plain = {.step = 1};
    const plan *made = network_run(&n, &key, &(network_data){mixed_x, mixed_y}, &plain);
    real expected[STATES] = {0};
    for (size_t i = 0; i < BATCH; i++)
        for (size_t k = 0; k < WIDTH; k++) {
            const double g = plan_input_gradient(made)[i * WIDTH + k];
            expected[i * WIDTH + k] += (double)draw.weight[i] * g;
            expected[(size_t)draw.partner[i] * WIDTH + k] += (double)draw.partner_weight[i] * g;
        }
    key.site = GRAPH_INPUT;
    plan_run mixed = {.draw = &draw.draw, .step = 1};
    made = network_run(&n, &key, &(network_data){x, y}, &mixed);
    expect_near(mixed.loss, plain.loss, 1e-14);
    for (size_t i = 0; i < STATES; i++)
        expect_near(plan_input_gradient(made)[i], expected[i], 1e-15);
    network_destroy(&n);
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
        cmocka_unit_test(the_gradient_of_the_mix_is_that_of_theory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
