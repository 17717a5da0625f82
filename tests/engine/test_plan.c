/* Plans: buffers that share memory, other batch sizes, outputs in the middle, fused and deferred updates,
 * what training leaves alone, refusals, memory. On every engine. */
#include "support/network.h"

enum {
    BATCH = 7,
    TWICE = 2 * BATCH,
    WIDTH = 6,
    CLASSES = 3,
    INPUTS = BATCH * WIDTH,
    TARGETS = TWICE * CLASSES,
    OUTPUTS = BATCH * CLASSES,
};

/* One of everything; states of many sizes, so that buffers overlap in odd ways. */
static const mixup_layer layers[] = {
    {.op = MIXUP_RESHAPE, .shape = {2, 3}, .name = "square"},
    {.op = MIXUP_LAYER_NORM, .name = "norm"},
    {.op = MIXUP_FLATTEN, .name = "flat"},
    {.op = MIXUP_DENSE, .units = 19, .activation = MIXUP_LEAKY_RELU, .name = "wide"},
    {.op = MIXUP_BATCH_NORM, .name = "batch_norm"},
    {.op = MIXUP_DENSE, .units = 5, .activation = MIXUP_TANH, .name = "narrow"},
    {.op = MIXUP_DROPOUT, .rate = 0.25f, .name = "dropout"},
    {.op = MIXUP_DENSE, .units = 5, .activation = MIXUP_GELU, .name = "branch"},
    {.op = MIXUP_MULTIPLY, .with = {"dropout"}, .name = "product"},
    {.op = MIXUP_ADD, .with = {"dropout", "branch"}, .name = "sum"},
    {.op = MIXUP_CONCAT, .with = {"narrow", "flat"}, .name = "joined"},
    {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.1f, .name = "noise"},
    {.op = MIXUP_ACTIVATION, .activation = MIXUP_SIGMOID, .name = "squash"},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .name = "last"},
};

/* A network, its batch and a draw. */
typedef struct setting {
    network network;
    network_draw draw;
    real inputs[2 * INPUTS];
    real targets[TARGETS];
    plan_run run;
} setting;

static void make(setting *out, mixup_engine kind, const mixup_optimizer *optimizer) {
    *out = (setting){.run = {.seed = 3, .epoch = 1, .epoch_step = 1, .step = 1, .learning_rate = 0.01}};
    network_create(&out->network, &(network_desc){.engine = kind,
                                                  .input = {WIDTH},
                                                  NETWORK_LAYERS(layers),
                                                  .optimizer = *optimizer,
                                                  .seed = 11});
    network_draw_make(&out->draw, TWICE, true, 5);
    network_draw_make(&out->draw, BATCH, true, 5);
    out->run.draw = &out->draw.draw;
    network_uniform(6, 1, -1.0, 1.0, MIXUP_COUNT(out->inputs), out->inputs);
    network_targets(MIXUP_SOFTMAX_CROSS_ENTROPY, 6, TWICE, CLASSES, out->targets);
}

static plan *run(setting *self, const plan_key *key) {
    return network_run(&self->network, key, &(network_data){self->inputs, self->targets}, &self->run);
}

/* All values of a kind, one parameter behind the other; to be freed. */
static real *all_values(const network *n, parameter_kind kind, size_t *count) {
    *count = 0;
    for (size_t p = 0; p < n->graph->parameter_count; p++)
        *count += n->graph->parameters[p].count;
    real *values = network_values(*count);
    size_t at = 0;
    for (size_t p = 0; p < n->graph->parameter_count; at += n->graph->parameters[p++].count)
        network_ok(parameter_store_read(n->store, p, kind, values + at));
    return values;
}

static void expect_all_near(const real *values, const real *expected, size_t count, double tolerance) {
    for (size_t i = 0; i < count; i++)
        expect_near(values[i], expected[i], tolerance);
}

static const mixup_optimizer ADAM = {.kind = MIXUP_ADAM};

/* ---- buffers that share memory */

typedef struct outcome {
    double loss;
    real *gradients;
    size_t count;
} outcome;

static outcome gradients_of(setting *self, const plan_key *key) {
    outcome out = {0};
    run(self, key);
    out.loss = self->run.loss;
    out.gradients = all_values(&self->network, PARAMETER_GRADIENT, &out.count);
    return out;
}

static void expect_same_outcome(outcome a, outcome b) {
    expect_near(a.loss, b.loss, 0.0);
    assert_memory_equal(a.gradients, b.gradients, a.count * sizeof(real));
    free(a.gradients);
    free(b.gradients);
}

static void a_plan_gives_the_same_bits_whatever_ran_before(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        setting alone, among;
        make(&alone, kind, &ADAM);
        make(&among, kind, &ADAM);
        const plan_key key = {
            .batch = BATCH, .update = PLAN_GRADIENTS, .site = network_site(&alone.network, "wide")};
        plan_key others[] = {
            {.batch = BATCH, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true},
            {.batch = 2, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE},
            {.batch = TWICE, .update = PLAN_FORWARD, .site = PLAN_NO_SITE},
            {.batch = 1, .update = PLAN_FORWARD, .site = PLAN_NO_SITE},
            {.batch = BATCH, .update = PLAN_GRADIENTS, .site = key.site, .block_gradient = true},
        };
        for (size_t o = 0; o < MIXUP_COUNT(others); o++) {
            others[o].output = among.network.graph->output;
            run(&among, &others[o]);
            network_fill(&among.network, 11); /* running statistics have moved */
            network_fill(&alone.network, 11);
            expect_same_outcome(gradients_of(&alone, &key), gradients_of(&among, &key));
            run(&among, &others[o]);
            network_fill(&among.network, 11);
            network_fill(&alone.network, 11);
            expect_same_outcome(gradients_of(&alone, &key), gradients_of(&among, &key));
        }
        network_destroy(&alone.network);
        network_destroy(&among.network);
    }
}

/* A step that reads what no step of its run has written would read rubbish, which a plan run before left: not
 * a number, everywhere. */
static void no_step_reads_what_another_run_left(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        setting s;
        make(&s, kind, &ADAM);
        const plan_key key = {.batch = BATCH, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE};
        const outcome before = gradients_of(&s, &key);
        for (size_t i = 0; i < MIXUP_COUNT(s.inputs); i++)
            s.inputs[i] = (real)NAN;
        for (size_t i = 0; i < MIXUP_COUNT(s.targets); i++)
            s.targets[i] = (real)NAN;
        run(&s, &key);
        network_uniform(6, 1, -1.0, 1.0, MIXUP_COUNT(s.inputs), s.inputs);
        network_targets(MIXUP_SOFTMAX_CROSS_ENTROPY, 6, TWICE, CLASSES, s.targets);
        network_fill(&s.network, 11);
        expect_same_outcome(before, gradients_of(&s, &key));
        network_destroy(&s.network);
    }
}

/* ---- batches and outputs */

static void a_shorter_batch_predicts_the_same_for_its_rows(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        setting s;
        make(&s, kind, &ADAM);
        plan_key key = {.batch = BATCH, .site = PLAN_NO_SITE, .output = s.network.graph->output};
        real whole[OUTPUTS];
        memcpy(whole, plan_output(run(&s, &key)), sizeof whole);
        for (key.batch = 1; key.batch < BATCH; key.batch++)
            expect_all_near(plan_output(run(&s, &key)), whole, key.batch * CLASSES, 1e-6);
        network_destroy(&s.network);
    }
}

/* A network cut off behind layer l computes, with the same parameters, what the whole one shows there. */
static void any_layer_can_be_the_output_of_a_forward_plan(void **state) {
    (void)state;
    static const mixup_layer chain[] = {
        {.op = MIXUP_DENSE, .units = 9, .activation = MIXUP_RELU},
        {.op = MIXUP_BATCH_NORM},
        {.op = MIXUP_DROPOUT, .rate = 0.5f},
        {.op = MIXUP_RESHAPE, .shape = {3, 3}},
        {.op = MIXUP_LAYER_NORM, .activation = MIXUP_TANH},
        {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 1.0f},
        {.op = MIXUP_ACTIVATION, .activation = MIXUP_LINEAR},
        {.op = MIXUP_FLATTEN},
        {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_ELU},
        {.op = MIXUP_DENSE, .units = 3},
        {.op = MIXUP_ACTIVATION, .activation = MIXUP_SOFTMAX},
    };
    real inputs[INPUTS];
    network_uniform(6, 1, -1.0, 1.0, MIXUP_COUNT(inputs), inputs);
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        network whole;
        network_create(&whole, &(network_desc){.engine = kind, .input = {WIDTH}, NETWORK_LAYERS(chain)});
        for (size_t l = 0; l < MIXUP_COUNT(chain); l++) {
            network part;
            network_create(
                &part,
                &(network_desc){.engine = kind, .input = {WIDTH}, .layers = chain, .layer_count = l + 1});
            plan_key key = {.batch = BATCH, .site = PLAN_NO_SITE, .output = part.graph->output};
            const size_t count = BATCH * network_output_width(&part);
            const plan *of_part = network_run(&part, &key, &(network_data){.inputs = inputs}, &(plan_run){0});
            key.output = whole.graph->layers[l].output;
            const plan *of_whole =
                network_run(&whole, &key, &(network_data){.inputs = inputs}, &(plan_run){0});
            expect_all_near(plan_output(of_whole), plan_output(of_part), count, 1e-6);
            network_destroy(&part);
        }
        const plan_key key = {.batch = BATCH, .site = PLAN_NO_SITE, .output = GRAPH_INPUT};
        const plan *made = network_run(&whole, &key, &(network_data){.inputs = inputs}, &(plan_run){0});
        assert_memory_equal(plan_output(made), inputs, sizeof inputs);
        network_destroy(&whole);
    }
}

static void states_inside_a_residual_network_are_the_same_alone_and_on_the_way_to_the_end(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        setting s;
        make(&s, kind, &ADAM);
        /* The input of 'squash', by hand from its parts: [sum, narrow, flat] side by side. */
        static const char *const parts[] = {"sum", "narrow", "flat"};
        const graph *made_of = s.network.graph;
        plan_key key = {.batch = BATCH, .site = PLAN_NO_SITE};
        key.output = made_of->layers[graph_find_layer(made_of, "joined")].output;
        real joined[BATCH * 16];
        memcpy(joined, plan_output(run(&s, &key)), sizeof joined);
        size_t offset = 0;
        for (size_t p = 0; p < MIXUP_COUNT(parts); p++) {
            key.output = made_of->layers[graph_find_layer(made_of, parts[p])].output;
            const real *part = plan_output(run(&s, &key));
            const size_t width = p == 2 ? 6 : 5;
            for (size_t i = 0; i < BATCH; i++)
                for (size_t k = 0; k < width; k++)
                    expect_near(part[i * width + k], joined[i * 16 + offset + k], 1e-6);
            offset += width;
        }
        network_destroy(&s.network);
    }
}

/* ---- updates */

static void fused_and_deferred_updates_agree(void **state) {
    (void)state;
    static const mixup_optimizer optimizers[] = {
        {.kind = MIXUP_ADAM, .weight_decay = 0.01f},
        {.kind = MIXUP_NESTEROV, .weight_decay = 0.01f, .decoupled = true},
        {.kind = MIXUP_RMSPROP, .momentum = 0.5f, .clip_value = 0.01f, .epsilon = 1e-3f},
    };
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        for (size_t o = 0; o < MIXUP_COUNT(optimizers); o++)
            for (int blocked = 0; blocked < 2; blocked++) {
                setting fused, deferred;
                make(&fused, kind, &optimizers[o]);
                make(&deferred, kind, &optimizers[o]);
                plan_key key = {.batch = BATCH,
                                .site = network_site(&fused.network, "wide"),
                                .block_gradient = blocked != 0};
                for (uint32_t step = 1; step <= 4; step++) {
                    fused.run.step = deferred.run.step = fused.run.epoch_step = deferred.run.epoch_step =
                        step;
                    key.update = PLAN_FUSED;
                    run(&fused, &key);
                    key.update = PLAN_DEFERRED;
                    run(&deferred, &key);
                    expect_near(fused.run.loss, deferred.run.loss, 1e-6);
                }
                size_t count = 0;
                real *a = all_values(&fused.network, PARAMETER_VALUES, &count);
                real *b = all_values(&deferred.network, PARAMETER_VALUES, &count);
                expect_all_near(a, b, count, 1e-6);
                free(a);
                free(b);
                network_destroy(&fused.network);
                network_destroy(&deferred.network);
            }
    }
}

static bool same_parameter(const network *n, const char *name, const real *before) {
    const size_t p = network_parameter(n, name);
    real *now = network_read(n, p, PARAMETER_VALUES);
    const bool same = memcmp(now, before, n->graph->parameters[p].count * sizeof(real)) == 0;
    free(now);
    return same;
}

static void frozen_parameters_stay_and_the_others_move(void **state) {
    (void)state;
    static const plan_update updates[] = {PLAN_FUSED, PLAN_DEFERRED};
    const mixup_optimizer optimizer = {.kind = MIXUP_ADAMW, .weight_decay = 0.1f, .clip_norm = 0.1f};
    static const char *const frozen[] = {"wide.weight", "last.bias", "norm.weight"};
    static const char *const moving[] = {"wide.bias", "last.weight", "norm.bias"};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        for (size_t u = 0; u < MIXUP_COUNT(updates); u++) {
            setting s;
            make(&s, kind, &optimizer);
            real *before[3][2];
            for (size_t i = 0; i < 3; i++) {
                s.network.graph->parameters[network_parameter(&s.network, frozen[i])].frozen = true;
                before[i][0] = network_read(&s.network, network_parameter(&s.network, frozen[i]), 0);
                before[i][1] = network_read(&s.network, network_parameter(&s.network, moving[i]), 0);
            }
            run(&s, &(plan_key){.batch = BATCH, .update = updates[u], .site = PLAN_NO_SITE});
            for (size_t i = 0; i < 3; i++) {
                assert_true(same_parameter(&s.network, frozen[i], before[i][0]));
                assert_false(same_parameter(&s.network, moving[i], before[i][1]));
                free(before[i][0]);
                free(before[i][1]);
            }
            network_destroy(&s.network);
        }
    }
}

static void plans_with_gradients_leave_the_parameters_alone(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        setting s;
        make(&s, kind, &ADAM);
        real *before = network_read(&s.network, network_parameter(&s.network, "wide.weight"), 0);
        run(&s, &(plan_key){.batch = BATCH, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE});
        assert_true(same_parameter(&s.network, "wide.weight", before));
        free(before);
        network_destroy(&s.network);
    }
}

static void predicting_neither_moves_running_statistics_nor_draws_numbers(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        setting s;
        make(&s, kind, &ADAM);
        const plan_key key = {.batch = BATCH, .site = PLAN_NO_SITE, .output = s.network.graph->output};
        real *before = network_read(&s.network, network_parameter(&s.network, "batch_norm.running_mean"), 0);
        real first[OUTPUTS];
        memcpy(first, plan_output(run(&s, &key)), sizeof first);
        s.run.seed = 99;
        assert_memory_equal(plan_output(run(&s, &key)), first, sizeof first);
        assert_true(same_parameter(&s.network, "batch_norm.running_mean", before));
        free(before);
        network_destroy(&s.network);
    }
}

/* ---- memory */

static void running_a_plan_allocates_nothing(void **state) {
    (void)state;
    static const plan_update updates[] = {PLAN_FORWARD, PLAN_GRADIENTS, PLAN_FUSED, PLAN_DEFERRED};
    const mixup_optimizer optimizer = {.kind = MIXUP_ADAM, .clip_norm = 1.0f};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        setting s;
        make(&s, kind, &optimizer);
        for (size_t u = 0; u < MIXUP_COUNT(updates); u++)
            for (int mixed = 0; mixed < 2; mixed++) {
                plan *made = NULL;
                engine_environment saved;
                const plan_key key = {.batch = BATCH,
                                      .update = updates[u],
                                      .site = mixed != 0 ? network_site(&s.network, "wide") : PLAN_NO_SITE,
                                      .output = s.network.graph->output};
                engine_enter(s.network.engine, &saved);
                network_ok(plan_get(s.network.cache, &key, &made));
                const size_t calls = atomic_load(&s.network.memory.calls);
                network_ok(plan_execute(made, &s.run));
                network_ok(plan_execute(made, &s.run));
                assert_int_equal(atomic_load(&s.network.memory.calls), calls);
                engine_leave(s.network.engine, &saved);
            }
        network_destroy(&s.network);
    }
}

static void one_arena_serves_all_plans_and_grows_with_the_largest_only(void **state) {
    (void)state;
    setting s;
    make(&s, MIXUP_ENGINE_REFERENCE, &ADAM);
    plan_key key = {.batch = BATCH, .site = PLAN_NO_SITE, .output = s.network.graph->output};
    run(&s, &key);
    const size_t forward = plan_cache_memory(s.network.cache);
    key.batch = TWICE;
    run(&s, &key);
    const size_t twice = plan_cache_memory(s.network.cache);
    assert_in_range(twice, forward, 2 * forward);
    key.batch = 3;
    run(&s, &key);
    assert_int_equal(plan_cache_memory(s.network.cache), twice);
    /* A forward plan needs a few of the widest states at a time, not all of them. */
    size_t all = 0;
    for (size_t v = 0; v < s.network.graph->value_count; v++)
        all += shape_count(&s.network.graph->values[v].shape) * TWICE * sizeof(real);
    assert_true(twice < all);
    network_destroy(&s.network);
}

typedef struct memory_case {
    mixup_engine kind;
    plan_update update;
} memory_case;

static mixup_status everything(const mixup_allocator *allocator, void *user) {
    const memory_case *given = user;
    engine *made = NULL;
    graph *built = NULL;
    parameter_store *store = NULL;
    plan_cache *cache = NULL;
    plan *first = NULL;
    mixup_status status = MIXUP_OK;
    plan_training training = {.loss = MIXUP_SOFTMAX_CROSS_ENTROPY, .average_decay = 0.5};
    const size_t input[MIXUP_MAX_RANK] = {WIDTH};
    MIXUP_TRY_ELSE(status, engine_create(&made, given->kind, 1, allocator), done);
    MIXUP_TRY_ELSE(status, graph_create(&built, input, layers, MIXUP_COUNT(layers), allocator), done);
    MIXUP_TRY_ELSE(status, parameter_store_create(&store, made, built), done);
    MIXUP_TRY_ELSE(status, optimizer_resolve(&(mixup_optimizer){.clip_norm = 1.0f}, &training.optimizer),
                   done);
    MIXUP_TRY_ELSE(status, optimizer_need(&training.optimizer, store), done);
    MIXUP_TRY_ELSE(status, parameter_store_need(store, PARAMETER_AVERAGE), done);
    MIXUP_TRY_ELSE(status, plan_cache_create(&cache, store, &training), done);
    plan_key key = {.batch = 3, .update = given->update, .site = PLAN_NO_SITE, .output = built->output};
    MIXUP_TRY_ELSE(status, plan_get(cache, &key, &first), done);
    key.batch = BATCH;
    MIXUP_TRY_ELSE(status, graph_find_site(built, "flat", &key.site), done);
    MIXUP_TRY_ELSE(status, plan_get(cache, &key, &first), done);
done:
    plan_cache_destroy(cache);
    parameter_store_destroy(store);
    graph_destroy(built);
    engine_destroy(made);
    return status;
}

static void every_failed_allocation_is_an_error_and_leaks_nothing(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        static const plan_update updates[] = {PLAN_FORWARD, PLAN_GRADIENTS, PLAN_FUSED, PLAN_DEFERRED};
        for (size_t u = 0; u < MIXUP_COUNT(updates); u++)
            assert_true(fail_every_allocation(everything, &(memory_case){kind, updates[u]}) > 100);
    }
}

/* After a failed plan_get the plans made before still work. */
static void a_plan_that_failed_to_build_leaves_the_others_usable(void **state) {
    (void)state;
    setting s;
    make(&s, MIXUP_ENGINE_REFERENCE, &ADAM);
    plan_key key = {.batch = 2, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE};
    expect_same_outcome(gradients_of(&s, &key), gradients_of(&s, &key));
    plan_key large = key;
    large.batch = TWICE;
    for (size_t more = 1;; more++) {
        plan *made = NULL;
        s.network.memory.fail_at = atomic_load(&s.network.memory.calls) + more;
        const mixup_status status = plan_get(s.network.cache, &large, &made);
        s.network.memory.fail_at = 0;
        expect_same_outcome(gradients_of(&s, &key), gradients_of(&s, &key));
        if (status == MIXUP_OK)
            break;
        network_expect(status, MIXUP_ERROR_MEMORY);
        assert_null(made);
    }
    network_destroy(&s.network);
}

/* ---- refusals */

static void expect_refused(network *n, const plan_key *key, mixup_status expected, const char *words) {
    plan *made = NULL;
    network_expect(plan_get(n->cache, key, &made), expected);
    assert_null(made);
    if (strstr(mixup_last_error(), words) == NULL)
        fail_msg("'%s' does not say '%s'", mixup_last_error(), words);
}

static void plans_that_cannot_be_are_refused(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        setting s;
        make(&s, kind, &ADAM);
        expect_refused(&s.network, &(plan_key){.site = PLAN_NO_SITE}, MIXUP_ERROR_ARGUMENT, "at least one");
        expect_refused(&s.network, &(plan_key){.batch = 1, .update = PLAN_FUSED, .site = PLAN_NO_SITE},
                       MIXUP_ERROR_SHAPE, "'batch_norm'");
        expect_refused(&s.network,
                       &(plan_key){.batch = SIZE_MAX / 8, .update = PLAN_FUSED, .site = PLAN_NO_SITE},
                       MIXUP_ERROR_MEMORY, "out of memory");
        plan_cache *predicting = NULL;
        network_ok(plan_cache_create(&predicting, s.network.store, NULL));
        plan *made = NULL;
        network_expect(plan_get(predicting,
                                &(plan_key){.batch = 2, .update = PLAN_FUSED, .site = PLAN_NO_SITE}, &made),
                       MIXUP_ERROR_ARGUMENT);
        plan_cache_destroy(predicting);
        network_destroy(&s.network);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_gives_the_same_bits_whatever_ran_before),
        cmocka_unit_test(no_step_reads_what_another_run_left),
        cmocka_unit_test(a_shorter_batch_predicts_the_same_for_its_rows),
        cmocka_unit_test(any_layer_can_be_the_output_of_a_forward_plan),
        cmocka_unit_test(states_inside_a_residual_network_are_the_same_alone_and_on_the_way_to_the_end),
        cmocka_unit_test(fused_and_deferred_updates_agree),
        cmocka_unit_test(frozen_parameters_stay_and_the_others_move),
        cmocka_unit_test(plans_with_gradients_leave_the_parameters_alone),
        cmocka_unit_test(predicting_neither_moves_running_statistics_nor_draws_numbers),
        cmocka_unit_test(running_a_plan_allocates_nothing),
        cmocka_unit_test(one_arena_serves_all_plans_and_grows_with_the_largest_only),
        cmocka_unit_test(every_failed_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_plan_that_failed_to_build_leaves_the_others_usable),
        cmocka_unit_test(plans_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
