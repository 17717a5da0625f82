/* States that are made again in the backward pass instead of kept: the same bits, in less memory, and only
 * where they save some. On every engine. */
#include "support/bf16.h"
#include "support/residual.h"

#include "engine/plan_inside.h"

enum { STEPS = 2, MOST_SITES = 5, SEED = 5 };

/* Every kind of state that can be made again, between layers that are wide enough for it to pay: norms with
 * and without an activation of their own, other activations, plain copies of images in another layout. */
static const mixup_layer dense_layers[] = {
    {.op = MIXUP_DENSE, .name = "one", .units = 48},
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "two", .units = 48},
    {.op = MIXUP_BATCH_NORM, .name = "norm2", .activation = MIXUP_LEAKY_RELU, .slope = 0.1f},
    {.op = MIXUP_DENSE, .name = "three", .units = 48},
    {.op = MIXUP_BATCH_NORM, .name = "norm3", .no_bias = true, .activation = MIXUP_GELU},
    {.op = MIXUP_DENSE, .name = "four", .units = 48},
    {.op = MIXUP_LAYER_NORM, .name = "norm4", .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "five", .units = 48, .activation = MIXUP_TANH},
    {.op = MIXUP_DENSE, .name = "last", .units = RESIDUAL_CLASSES, .activation = MIXUP_SOFTMAX},
};

static const mixup_layer image_layers[] = {
    {.op = MIXUP_BATCH_NORM, .name = "plain", .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D, .name = "one", .filters = 16, .kernel = {3}, .padding = {1}},
    {.op = MIXUP_GROUP_NORM, .name = "norm1", .groups = 4, .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D, .name = "two", .filters = 16, .kernel = {3}, .padding = {1}},
    {.op = MIXUP_BATCH_NORM, .name = "norm2", .activation = MIXUP_LEAKY_RELU, .slope = 0.1f},
    {.op = MIXUP_CONV2D, .name = "three", .filters = 16, .kernel = {3}, .padding = {1}},
    {.op = MIXUP_BATCH_NORM, .name = "norm3", .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D, .name = "four", .filters = 24, .kernel = {3}, .stride = {2}, .padding = {1}},
    {.op = MIXUP_BATCH_NORM, .name = "norm4", .activation = MIXUP_ELU, .slope = 1.0f},
    {.op = MIXUP_DROPOUT, .name = "dropout", .rate = 0.25f},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL, .name = "pool"},
    {.op = MIXUP_DENSE, .name = "last", .units = RESIDUAL_CLASSES, .activation = MIXUP_SOFTMAX},
};

typedef struct recompute_case {
    const char *name;
    size_t input[MIXUP_MAX_RANK];
    size_t batch;
    const mixup_layer *layers;
    size_t layer_count;
    const char *sites[MOST_SITES]; /* and none */
    mixup_precision precision;
} recompute_case;

static const recompute_case cases[] = {
    {"residual",
     {3, 8, 8},
     RESIDUAL_BATCH,
     NETWORK_LAYERS(residual_layers),
     {"input", "stage2.block1.norm1"}},
    {"dense", {12}, 64, NETWORK_LAYERS(dense_layers), {"input", "two", "three", "four", "five"}},
    {"images", {16, 12, 12}, 6, NETWORK_LAYERS(image_layers), {"input", "two", "three", "four", "pool"}},
};

static void create(network *n, const recompute_case *given, mixup_engine kind, mixup_recompute recompute) {
    network_desc desc = {
        .engine = kind,
        .threads = 1,
        .precision = given->precision,
        .layers = given->layers,
        .layer_count = given->layer_count,
        .recompute = recompute,
        .seed = SEED,
        .optimizer = {.kind = MIXUP_NESTEROV, .learning_rate = 0.02f, .momentum = 0.9f, .clip_norm = 0.5f}};
    memcpy(desc.input, given->input, sizeof desc.input);
    network_create(n, &desc);
}

/* ---- the same bits */

static void expect_same_parameters(const network *a, const network *b, parameter_kind kind,
                                   const char *where) {
    for (size_t p = 0; p < a->graph->parameter_count; p++) {
        const graph_parameter *parameter = &a->graph->parameters[p];
        real *values = network_read(a, p, kind);
        real *expected = network_read(b, p, kind);
        if (memcmp(values, expected, parameter->count * sizeof *values) != 0)
            fail_msg("%s: %s is not the same", where, parameter->name);
        free(values);
        free(expected);
    }
}

/* Some steps of both networks; returns how many more steps the plan of `again` has. */
static size_t train_both(network *again, network *kept, const plan_key *key, const network_data *data,
                         const char *where) {
    network_draw draw;
    size_t more = 0;
    for (size_t step = 1; step <= STEPS; step++) {
        network_draw_make(&draw, key->batch, true, step);
        plan_run a = {.draw = &draw.draw, .learning_rate = 0.02, .step = step, .seed = SEED};
        plan_run b = a;
        const plan *made = network_run(again, key, data, &a);
        const plan *expected = network_run(kept, key, data, &b);
        assert_true(isfinite(a.loss));
        if (a.loss != b.loss)
            fail_msg("%s: the loss of step %zu is %.17g, and %.17g where all is kept", where, step, a.loss,
                     b.loss);
        if (key->input_gradient)
            assert_memory_equal(plan_input_gradient(made), plan_input_gradient(expected),
                                key->batch * network_input_width(again) * sizeof(real));
        more = made->step_count - expected->step_count;
    }
    expect_same_parameters(again, kept, PARAMETER_VALUES, where);
    if (key->update == PLAN_GRADIENTS)
        expect_same_parameters(again, kept, PARAMETER_GRADIENT, where);
    return more;
}

static void compare(const recompute_case *given, mixup_engine kind, plan_update update, bool blocked) {
    network again, kept;
    create(&again, given, kind, MIXUP_RECOMPUTE_AUTO);
    create(&kept, given, kind, MIXUP_RECOMPUTE_NEVER);
    const size_t count = given->batch * network_input_width(&again);
    real *inputs = network_values(count);
    real *targets = network_values(given->batch * RESIDUAL_CLASSES);
    network_uniform(SEED, 1000, -1.0, 1.0, count, inputs);
    network_targets(MIXUP_SOFTMAX_CROSS_ENTROPY, SEED, given->batch, RESIDUAL_CLASSES, targets);
    for (size_t s = 0; s <= MOST_SITES; s++) {
        if (s > 0 && given->sites[s - 1] == NULL)
            continue;
        char where[128];
        const plan_key key = {.batch = given->batch,
                              .update = update,
                              .site = network_site(&again, s == 0 ? NULL : given->sites[s - 1]),
                              .block_gradient = blocked,
                              .input_gradient = update == PLAN_GRADIENTS && !blocked};
        snprintf(where, sizeof where, "%s, %s, update %d, %s, %s", given->name, again.engine->name,
                 (int)update, s == 0 ? "no site" : given->sites[s - 1], blocked ? "blocked" : "open");
        const size_t more = train_both(&again, &kept, &key, &(network_data){inputs, targets}, where);
        if (s == 0 && more < 3) /* so that something is compared */
            fail_msg("%s: only %zu states are made again", where, more);
    }
    free(inputs);
    free(targets);
    network_destroy(&again);
    network_destroy(&kept);
}

static void a_step_that_makes_states_again_gives_the_same_bits(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t c = 0; c < MIXUP_COUNT(cases); c++)
            compare(&cases[c], network_engines[e], c == 0 ? PLAN_FUSED : PLAN_GRADIENTS, false);
}

static void with_states_in_bf16_too(void **state) {
    (void)state;
    bf16_or_skip();
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
        recompute_case given = cases[c];
        given.precision = MIXUP_PRECISION_BF16;
        compare(&given, MIXUP_ENGINE_DNNL, PLAN_FUSED, false);
    }
}

static void with_gradients_blocked_and_clipped_too(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t c = 0; c < MIXUP_COUNT(cases); c++)
            compare(&cases[c], network_engines[e], PLAN_DEFERRED, true);
}

/* ---- less memory */

static size_t measure(network *n, const plan_key *key) {
    size_t bytes = 0;
    engine_environment saved;
    engine_enter(n->engine, &saved);
    network_ok(plan_measure(n->cache, key, &bytes));
    engine_leave(n->engine, &saved);
    return bytes;
}

/* Half of a residual network's states are the outputs of norms. */
static void it_takes_less_memory(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
            network again, kept;
            create(&again, &cases[c], network_engines[e], MIXUP_RECOMPUTE_AUTO);
            create(&kept, &cases[c], network_engines[e], MIXUP_RECOMPUTE_NEVER);
            const plan_key key = {.batch = 64, .update = PLAN_FUSED, .site = PLAN_NO_SITE};
            const size_t small = measure(&again, &key);
            const size_t large = measure(&kept, &key);
            if (!(10 * small <= 8 * large))
                fail_msg("%s, %s: %zu bytes, and %zu where all is kept", cases[c].name, again.engine->name,
                         small, large);
            network_destroy(&again);
            network_destroy(&kept);
        }
}

/* ---- only where it saves memory */

static size_t count_steps(const recompute_case *given, mixup_engine kind, mixup_recompute recompute,
                          const plan_key *key, const char *site) {
    network n;
    plan *made = NULL;
    engine_environment saved;
    create(&n, given, kind, recompute);
    plan_key of = *key;
    of.site = network_site(&n, site);
    of.output = n.graph->output;
    engine_enter(n.engine, &saved);
    network_ok(plan_get(n.cache, &of, &made));
    engine_leave(n.engine, &saved);
    const size_t steps = made->step_count;
    network_destroy(&n);
    return steps;
}

/* How many steps make states again. */
static size_t count_again(const recompute_case *given, mixup_engine kind, const plan_key *key,
                          const char *site) {
    return count_steps(given, kind, MIXUP_RECOMPUTE_AUTO, key, site) -
           count_steps(given, kind, MIXUP_RECOMPUTE_NEVER, key, site);
}

/* The norm's output is wanted again right after the moment at which most is kept. */
static const mixup_layer brief_layers[] = {
    {.op = MIXUP_DENSE, .name = "one", .units = 8},
    {.op = MIXUP_BATCH_NORM, .name = "norm", .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "last", .units = RESIDUAL_CLASSES, .activation = MIXUP_SOFTMAX},
};

static void a_state_that_saves_nothing_is_kept(void **state) {
    (void)state;
    const recompute_case brief = {.input = {64}, NETWORK_LAYERS(brief_layers)};
    const plan_key training = {.batch = 16, .update = PLAN_FUSED, .site = PLAN_NO_SITE};
    const plan_key prediction = {.batch = 16, .update = PLAN_FORWARD, .site = PLAN_NO_SITE};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        assert_int_equal(count_again(&brief, kind, &training, NULL), 0);
        assert_int_equal(count_again(&cases[0], kind, &prediction, NULL), 0);
    }
}

/* Behind wide layers: gone before the gradients of those need the most memory. */
static const mixup_layer tailed_layers[] = {
    {.op = MIXUP_DENSE, .name = "one", .units = 64},
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "two", .units = 64},
    {.op = MIXUP_BATCH_NORM, .name = "norm2", .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "three", .units = 64},
    {.op = MIXUP_DENSE, .name = "four", .units = 16},
    {.op = MIXUP_BATCH_NORM, .name = "norm3", .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "last", .units = RESIDUAL_CLASSES, .activation = MIXUP_SOFTMAX},
};

static void only_states_without_which_less_is_needed_are_made_again(void **state) {
    (void)state;
    const recompute_case tailed = {.input = {64}, NETWORK_LAYERS(tailed_layers)};
    const plan_key key = {.batch = 64, .update = PLAN_FUSED};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        const size_t plain = count_again(&tailed, kind, &key, NULL);
        if (plain == 0 && kind == MIXUP_ENGINE_DNNL)
            continue; /* below AVX2 oneDNN trains and predicts by norms that round differently */
        /* Three norms, and on the reference engine as many activations of their own. */
        assert_in_range(plain, 1, kind == MIXUP_ENGINE_REFERENCE ? 5 : 2);
        /* The mix of a state that is made again is made again too. */
        assert_int_equal(count_again(&tailed, kind, &key, "two"), plain + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_that_makes_states_again_gives_the_same_bits),
        cmocka_unit_test(with_states_in_bf16_too),
        cmocka_unit_test(with_gradients_blocked_and_clipped_too),
        cmocka_unit_test(it_takes_less_memory),
        cmocka_unit_test(a_state_that_saves_nothing_is_kept),
        cmocka_unit_test(only_states_without_which_less_is_needed_are_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
