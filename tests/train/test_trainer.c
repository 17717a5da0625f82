/* Steps on the caller's own batches, and what public calls leave of the caller's environment. */
#include "train/training.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

enum { FEATURES = 4, CLASSES = 3, BATCH = 6 };

static const mixup_layer layers[] = {
    {.op = MIXUP_DENSE, .units = 8, .activation = MIXUP_TANH, .name = "first"},
    {.op = MIXUP_DENSE, .units = 7, .activation = MIXUP_RELU, .mix = true, .name = "second"},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true, .name = "third"},
};

typedef struct batch {
    float inputs[BATCH * FEATURES], targets[BATCH * CLASSES];
} batch;

static batch make_batch(uint32_t number) {
    batch b = {{0}, {0}};
    network_uniform(1, number, -1.0, 1.0, (size_t)BATCH * FEATURES, b.inputs);
    for (size_t i = 0; i < BATCH; i++)
        b.targets[i * CLASSES + (i + number) % CLASSES] = 1.0f;
    return b;
}

static mixup_model *new_model(mixup_engine kind) {
    return training_model(kind, FEATURES, layers, MIXUP_COUNT(layers), 1);
}

static void own_steps_equal_those_of_fit(void **state) {
    (void)state;
    enum { STEPS = 5 };
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        float inputs[STEPS * BATCH * FEATURES], targets[STEPS * BATCH * CLASSES];
        for (uint32_t n = 0; n < STEPS; n++) {
            const batch b = make_batch(n);
            memcpy(inputs + (size_t)n * BATCH * FEATURES, b.inputs, sizeof b.inputs);
            memcpy(targets + (size_t)n * BATCH * CLASSES, b.targets, sizeof b.targets);
        }
        mixup_dataset *set = training_rows(inputs, FEATURES, targets, CLASSES, (size_t)STEPS * BATCH);
        mixup_fit_desc desc = {.train = set,
                               .batch_size = BATCH,
                               .no_shuffle = true,
                               .seed = 4,
                               .label_smoothing = 0.1f,
                               .mix = {.alpha = 1.0f}};
        mixup_model *model = new_model(network_engines[e]), *expected = new_model(network_engines[e]);
        mixup_trainer *trainer = NULL;
        network_ok(mixup_fit(expected, &desc));
        desc.train = NULL;
        network_ok(mixup_trainer_create(&trainer, model, &desc));
        for (uint32_t n = 0; n < STEPS; n++)
            network_ok(mixup_trainer_step(trainer, BATCH, inputs + (size_t)n * BATCH * FEATURES,
                                          targets + (size_t)n * BATCH * CLASSES, NULL, NULL));
        mixup_trainer_destroy(trainer);
        training_expect_same(model, expected);
        mixup_model_destroy(model);
        mixup_model_destroy(expected);
        mixup_dataset_destroy(set);
    }
}

static mixup_batch_draw draw_of(size_t count, int32_t site, uint32_t *partner, float *weight,
                                float *partner_weight) {
    return (mixup_batch_draw){
        .batch = count, .site = site, .partner = partner, .weight = weight, .partner_weight = partner_weight};
}

/* The loss of one step with a given draw, on a new model. */
static double loss_of(const mixup_mix_desc *mix, int32_t site, const uint32_t *partner, float weight) {
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    mixup_trainer *trainer = NULL;
    const batch b = make_batch(0);
    uint32_t partners[BATCH];
    float weights[BATCH], partner_weights[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        partners[i] = partner != NULL ? partner[i] : (uint32_t)((i + 1) % BATCH);
        weights[i] = weight;
        partner_weights[i] = 1.0f - weight;
    }
    double loss = 0.0;
    const mixup_batch_draw draw = draw_of(BATCH, site, partners, weights, partner_weights);
    network_ok(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.mix = *mix}));
    network_ok(mixup_trainer_step(trainer, BATCH, b.inputs, b.targets, &draw, &loss));
    mixup_trainer_destroy(trainer);
    mixup_model_destroy(model);
    return loss;
}

static void a_given_draw_names_its_site_by_the_order_of_mix_at(void **state) {
    (void)state;
    const char *forward[] = {"input", "second", "third"};
    const char *backward[] = {"third", "second", "input"};
    const char *repeated[] = {"third", "third", "input"};
    const mixup_mix_desc a = {.alpha = 1.0f, .at = forward, .at_count = 3};
    const mixup_mix_desc b = {.alpha = 1.0f, .at = backward, .at_count = 3};
    const mixup_mix_desc c = {.alpha = 1.0f, .at = repeated, .at_count = 3};
    const mixup_mix_desc flagged = {.alpha = 1.0f}; /* second, third */
    const double plain = loss_of(&a, -1, NULL, 0.5f);
    double at[3];
    for (int32_t i = 0; i < 3; i++) {
        at[i] = loss_of(&a, i, NULL, 0.5f);
        assert_true(fabs(at[i] - plain) > 1e-4);
        expect_near(loss_of(&b, 2 - i, NULL, 0.5f), at[i], 0.0);
    }
    assert_true(at[0] != at[1] && at[1] != at[2]);
    expect_near(loss_of(&c, 0, NULL, 0.5f), at[2], 0.0);
    expect_near(loss_of(&c, 1, NULL, 0.5f), at[2], 0.0);
    expect_near(loss_of(&c, 2, NULL, 0.5f), at[0], 0.0);
    expect_near(loss_of(&flagged, 0, NULL, 0.5f), at[1], 0.0);
    expect_near(loss_of(&flagged, 1, NULL, 0.5f), at[2], 0.0);
    expect_near(loss_of(&a, 0, NULL, 1.0f), plain, 1e-12); /* λ = 1 changes nothing */
}

static void draws_can_be_given_without_alpha(void **state) {
    (void)state;
    const char *at[] = {"second"};
    const mixup_mix_desc with = {.alpha = 1.0f, .at = at, .at_count = 1};
    const mixup_mix_desc without = {.at = at, .at_count = 1};
    expect_near(loss_of(&without, 0, NULL, 0.3f), loss_of(&with, 0, NULL, 0.3f), 0.0);
}

static void refuse_draw(mixup_trainer *trainer, mixup_batch_draw draw, const char *part) {
    const batch b = make_batch(0);
    double loss = 77.0;
    training_refused(mixup_trainer_step(trainer, BATCH, b.inputs, b.targets, &draw, &loss),
                     MIXUP_ERROR_ARGUMENT, part);
    expect_near(loss, 77.0, 0.0);
}

static void draws_that_make_no_sense_are_refused(void **state) {
    (void)state;
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    mixup_trainer *trainer = NULL;
    network_ok(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.mix = {.alpha = 1.0f}}));
    float *before = training_parameters(model, NULL);
    uint32_t partner[BATCH] = {1, 0, 2, 3, 4, 5};
    uint32_t outside[BATCH] = {1, 0, 2, 3, 4, 6};
    uint32_t twice[BATCH] = {1, 0, 2, 3, 4, 4};
    float weight[BATCH] = {1, 1, 1, 1, 1, 1}, other[BATCH] = {0}, bad[BATCH] = {1, NAN, 1, 1, 1, 1};
    refuse_draw(trainer, draw_of(BATCH + 1, 0, partner, weight, other), "draw.batch");
    refuse_draw(trainer, draw_of(BATCH, 2, partner, weight, other), "draw.site");
    refuse_draw(trainer, draw_of(BATCH, -2, partner, weight, other), "draw.site");
    refuse_draw(trainer, draw_of(BATCH, 0, outside, weight, other), "draw.partner[5]");
    refuse_draw(trainer, draw_of(BATCH, 0, twice, weight, other), "permutation");
    refuse_draw(trainer, draw_of(BATCH, 0, partner, bad, other), "draw.weight[1]");
    refuse_draw(trainer, draw_of(BATCH, 0, partner, weight, bad), "draw.weight[1]");
    refuse_draw(trainer, draw_of(BATCH, 0, NULL, weight, other), "NULL");
    refuse_draw(trainer, draw_of(BATCH, 0, partner, weight, NULL), "NULL");
    size_t count = 0;
    float *after = training_parameters(model, &count);
    assert_memory_equal(before, after, count * sizeof *before);
    free(before);
    free(after);
    mixup_trainer_destroy(trainer);
    mixup_model_destroy(model);
}

static void a_model_has_one_trainer_at_a_time(void **state) {
    (void)state;
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    mixup_dataset *set = training_classes(8, FEATURES, CLASSES, 1);
    mixup_trainer *trainer = NULL, *second = NULL;
    network_ok(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){0}));
    training_refused(mixup_trainer_create(&second, model, &(mixup_fit_desc){0}), MIXUP_ERROR_ARGUMENT,
                     "one trainer at a time");
    training_refused(mixup_fit(model, &(mixup_fit_desc){.train = set}), MIXUP_ERROR_ARGUMENT,
                     "one trainer at a time");
    training_refused(mixup_parameter_freeze(model, "first", true), MIXUP_ERROR_ARGUMENT, "being trained");
    assert_null(second);
    mixup_trainer_destroy(trainer);
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set}));
    training_refused(mixup_trainer_create(
                         &second, model, &(mixup_fit_desc){.average_decay = 2.0f}), /* a failed one is none */
                     MIXUP_ERROR_ARGUMENT, "average_decay");
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set}));
    mixup_trainer_destroy(NULL);
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

static void the_rate_can_be_set_between_steps(void **state) {
    (void)state;
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    mixup_trainer *trainer = NULL;
    const batch b = make_batch(0);
    network_ok(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.optimizer = {.kind = MIXUP_SGD}}));
    size_t count = 0;
    float *before = training_parameters(model, &count);
    network_ok(mixup_trainer_set_learning_rate(trainer, 0.0f));
    network_ok(mixup_trainer_step(trainer, BATCH, b.inputs, b.targets, NULL, NULL));
    float *after = training_parameters(model, NULL);
    assert_memory_equal(before, after, count * sizeof *before);
    free(after);
    network_ok(mixup_trainer_set_learning_rate(trainer, 0.1f));
    network_ok(mixup_trainer_step(trainer, BATCH, b.inputs, b.targets, NULL, NULL));
    after = training_parameters(model, NULL);
    assert_memory_not_equal(before, after, count * sizeof *before);
    free(before);
    free(after);
    training_refused(mixup_trainer_set_learning_rate(trainer, -1.0f), MIXUP_ERROR_ARGUMENT, "learning_rate");
    training_refused(mixup_trainer_set_learning_rate(trainer, NAN), MIXUP_ERROR_ARGUMENT, "learning_rate");
    training_refused(mixup_trainer_set_learning_rate(NULL, 1.0f), MIXUP_ERROR_ARGUMENT, "NULL");
    mixup_trainer_destroy(trainer);
    mixup_model_destroy(model);
}

static void a_step_after_the_first_of_its_kind_allocates_nothing(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        failing_allocator memory = {0};
        const mixup_allocator hooks = failing_allocator_hooks(&memory);
        mixup_model *model = NULL;
        mixup_trainer *trainer = NULL;
        network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {FEATURES},
                                                                  .layers = layers,
                                                                  .layer_count = MIXUP_COUNT(layers),
                                                                  .engine = network_engines[e],
                                                                  .threads = 1,
                                                                  .allocator = &hooks}));
        network_ok(mixup_trainer_create(&trainer, model,
                                        &(mixup_fit_desc){.mix = {.alpha = 1.0f, .plain_probability = 0.3f},
                                                          .optimizer = {.clip_norm = 1.0f},
                                                          .average_decay = 0.9f}));
        for (uint32_t n = 0; n < 60; n++) {
            const batch b = make_batch(n);
            const size_t before = atomic_load(&memory.calls);
            network_ok(mixup_trainer_step(trainer, BATCH - n % 2, b.inputs, b.targets, NULL, NULL));
            if (n >= 30) /* by then both sizes have met no site and both sites */
                assert_int_equal(atomic_load(&memory.calls), before);
        }
        mixup_trainer_destroy(trainer);
        mixup_model_destroy(model);
        assert_int_equal(atomic_load(&memory.live), 0);
    }
}

static void plans_of_two_batch_sizes_at_many_sites_are_all_kept(void **state) {
    (void)state;
    enum { SITES = 40 };
    mixup_layer deep[SITES] = {{0}};
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    const batch b = make_batch(0);
    uint32_t partner[BATCH] = {1, 0, 2, 4, 3, 5};
    float weight[BATCH] = {1, 1, 1, 1, 1, 1}, other[BATCH] = {0};
    mixup_model *model = NULL;
    mixup_trainer *trainer = NULL;
    for (size_t l = 0; l < SITES; l++)
        deep[l] = (mixup_layer){.op = MIXUP_DENSE, .units = l + 1 < SITES ? 4 : CLASSES, .mix = true};
    network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {FEATURES},
                                                              .layers = deep,
                                                              .layer_count = SITES,
                                                              .engine = MIXUP_ENGINE_REFERENCE,
                                                              .threads = 1,
                                                              .allocator = &hooks}));
    network_ok(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.mix = {.alpha = 1.0f}}));
    size_t calls = 0;
    for (size_t round = 0; round < 2; round++) {
        calls = atomic_load(&memory.calls);
        for (int32_t site = -1; site < SITES; site++)
            for (size_t count = BATCH; count >= BATCH - 1; count--) {
                const mixup_batch_draw draw = draw_of(count, site, partner, weight, other);
                network_ok(mixup_trainer_step(trainer, count, b.inputs, b.targets, &draw, NULL));
            }
    }
    assert_int_equal(atomic_load(&memory.calls), calls);
    mixup_trainer_destroy(trainer);
    mixup_model_destroy(model);
    assert_int_equal(atomic_load(&memory.live), 0);
}

/* ---- the caller's environment */

typedef struct environment {
    int threads;
    unsigned control;
} environment;

static environment environment_now(void) {
    environment now = {1, 0};
#ifdef _OPENMP
    now.threads = omp_get_max_threads();
#endif
#if defined(__x86_64__)
    now.control = _mm_getcsr() & ~(unsigned)_MM_EXCEPT_MASK; /* not the flags that computing raises */
#endif
    return now;
}

static void environment_set(int threads, bool flush) {
    (void)threads;
    (void)flush;
#ifdef _OPENMP
    omp_set_num_threads(threads);
#endif
#if defined(__x86_64__)
    _mm_setcsr((_mm_getcsr() & ~0x8040u) | (flush ? 0x8040u : 0u));
#endif
}

/* Statuses do not matter here: a call that fails has to clean up as well. */
static void call_everything(mixup_engine kind, const char *path, const environment *expected) {
    mixup_model *model = NULL, *loaded = NULL;
    mixup_trainer *trainer = NULL;
    mixup_predictor *predictor = NULL;
    mixup_dataset *set = training_classes(9, FEATURES, CLASSES, 1);
    mixup_dataset *wrong = training_classes(9, FEATURES, CLASSES + 1, 1);
    mixup_match match;
    mixup_metrics metrics;
    const batch b = make_batch(0);
    float outputs[BATCH * 8], values[8];
    const mixup_model_desc desc = {.input = {FEATURES},
                                   .layers = layers,
                                   .layer_count = MIXUP_COUNT(layers),
                                   .engine = kind,
                                   .threads = 1};
    const float huge = 1e38f;
#define CALL(expression)                                                                                     \
    do {                                                                                                     \
        (void)(expression);                                                                                  \
        const environment now = environment_now();                                                           \
        if (now.threads != expected->threads || now.control != expected->control)                            \
            fail_msg("%s left %d threads and control word %x, there were %d and %x", #expression,            \
                     now.threads, now.control, expected->threads, expected->control);                        \
    } while (0)
    CALL(mixup_model_create(&model, &desc));
    assert_non_null(model);
    CALL(mixup_model_create(&loaded, &(mixup_model_desc){.engine = kind, .threads = 1}));
    CALL(mixup_parameter_write(model, "first.bias", values, 1));
    CALL(mixup_parameter_read(model, "first.bias", values, 8));
    CALL(mixup_parameter_write(model, "first.bias", values, 8));
    CALL(mixup_fit(model, &(mixup_fit_desc){.train = set, .validation = set, .mix = {.alpha = 1.0f}}));
    CALL(mixup_fit(model, &(mixup_fit_desc){.train = wrong}));
    CALL(mixup_fit(model, &(mixup_fit_desc){.train = set, .checkpoint = {.path = "/nowhere/at/all"}}));
    CALL(mixup_evaluate(model, set, NULL, &metrics));
    CALL(mixup_evaluate(model, wrong, NULL, &metrics));
    CALL(mixup_predict(model, BATCH, b.inputs, outputs));
    CALL(mixup_predict(model, BATCH, NULL, outputs));
    CALL(mixup_states(model, "first", BATCH, b.inputs, outputs));
    CALL(mixup_states(model, "nothing", BATCH, b.inputs, outputs));
    CALL(mixup_predictor_create(&predictor, model));
    CALL(mixup_predictor_run(predictor, BATCH, b.inputs, outputs));
    CALL(mixup_predictor_destroy(predictor));
    CALL(mixup_model_save(model, path));
    CALL(mixup_model_save(model, "/nowhere/at/all"));
    CALL(mixup_model_load(&loaded, path, &(mixup_load_desc){.engine = kind, .threads = 1}));
    CALL(mixup_model_load_parameters(model, path, &match));
    CALL(mixup_model_load_parameters(model, "/nowhere/at/all", &match));
    CALL(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.average_decay = 2.0f}));
    CALL(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.mix = {.alpha = 1.0f}}));
    CALL(mixup_trainer_step(trainer, BATCH, b.inputs, b.targets, NULL, NULL));
    CALL(mixup_trainer_step(trainer, BATCH, b.inputs, b.targets, &(mixup_batch_draw){.batch = 1}, NULL));
    CALL(mixup_trainer_set_learning_rate(trainer, huge));
    for (size_t i = 0; i < 4; i++) /* ends in a loss that is not finite */
        CALL(mixup_trainer_step(trainer, BATCH, b.inputs, b.targets, NULL, NULL));
    CALL(mixup_trainer_destroy(trainer));
    CALL(mixup_model_destroy(loaded));
    CALL(mixup_model_destroy(model));
#undef CALL
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(wrong);
}

static void public_calls_leave_threads_and_control_word_as_they_were(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "model");
    const environment before = environment_now();
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (int threads = 1; threads <= 3; threads += 2)
            for (int flush = 0; flush < 2; flush++) {
                environment_set(threads, flush != 0);
                const environment expected = environment_now();
                call_everything(network_engines[e], path, &expected);
            }
    environment_set(before.threads, false);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_steps_equal_those_of_fit),
        cmocka_unit_test(a_given_draw_names_its_site_by_the_order_of_mix_at),
        cmocka_unit_test(draws_can_be_given_without_alpha),
        cmocka_unit_test(draws_that_make_no_sense_are_refused),
        cmocka_unit_test(a_model_has_one_trainer_at_a_time),
        cmocka_unit_test(the_rate_can_be_set_between_steps),
        cmocka_unit_test(a_step_after_the_first_of_its_kind_allocates_nothing),
        cmocka_unit_test(plans_of_two_batch_sizes_at_many_sites_are_all_kept),
        cmocka_unit_test(public_calls_leave_threads_and_control_word_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
