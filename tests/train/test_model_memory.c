/* What a model is said to need is what it takes, and finding out takes little. On every engine. */
#include "train/training.h"

#include "train/model_memory.h"
#include "train/trainer.h"

enum { BATCH = 64, FEATURES = 6, CLASSES = 3 };

static const mixup_layer layers[] = {
    {.op = MIXUP_DENSE, .units = 40, .activation = MIXUP_RELU, .name = "wide"},
    {.op = MIXUP_DENSE, .units = 7, .activation = MIXUP_TANH, .name = "narrow"},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .name = "last"},
};

/* Remembers the largest block asked for. */
typedef struct watch {
    size_t largest;
} watch;

static void *watched_allocate(size_t size, void *user) {
    watch *self = user;
    self->largest = size > self->largest ? size : self->largest;
    return malloc(size);
}

static void watched_release(void *pointer, void *user) {
    (void)user;
    free(pointer);
}

static mixup_fit_desc training(void) {
    static const char *const sites[] = {"input", "narrow"};
    return (mixup_fit_desc){.mix = {.alpha = 1.0f, .at = sites, .at_count = MIXUP_COUNT(sites)},
                            .optimizer = {.kind = MIXUP_ADAM}};
}

static mixup_model *make(mixup_engine kind, watch *watched) {
    mixup_model *model = NULL;
    const mixup_allocator hooks = {watched_allocate, watched_release, watched};
    network_ok(mixup_model_create(
        &model,
        &(mixup_model_desc){
            .input = {FEATURES}, NETWORK_LAYERS(layers), .engine = kind, .threads = 1, .allocator = &hooks}));
    return model;
}

/* Steps at each site and without, then the arena that the trainer has come to. */
static size_t arena_of_training(mixup_model *model, const mixup_fit_desc *desc) {
    mixup_trainer *trainer = NULL;
    network_ok(mixup_trainer_create(&trainer, model, desc));
    float *inputs = network_values((size_t)BATCH * FEATURES);
    float *targets = network_values((size_t)BATCH * CLASSES);
    for (size_t i = 0; i < BATCH; i++)
        targets[i * CLASSES + i % CLASSES] = 1.0f;
    network_draw draw;
    network_draw_make(&draw, BATCH, false, 1);
    for (int32_t site = -1; site < (int32_t)desc->mix.at_count; site++) {
        draw.draw.site = site;
        network_ok(mixup_trainer_step(trainer, BATCH, inputs, targets, &draw.draw, NULL));
    }
    const size_t bytes = plan_cache_memory(trainer->plans);
    mixup_trainer_destroy(trainer);
    free(inputs);
    free(targets);
    return bytes;
}

static void the_arena_measured_is_the_arena_taken(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        watch watched = {0};
        model_memory measured;
        const mixup_fit_desc desc = training();
        mixup_model *model = make(network_engines[e], &watched);
        network_ok(model_measure_memory(model, &desc, BATCH, &measured));
        assert_int_equal(measured.training, arena_of_training(model, &desc));
        assert_in_range(measured.prediction, 1, measured.training - 1);
        mixup_model_destroy(model);
    }
}

static void measuring_takes_no_arena_and_leaves_nothing_behind(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        watch watched = {0};
        model_memory measured;
        const mixup_fit_desc desc = training();
        mixup_model *model = make(network_engines[e], &watched);
        watched.largest = 0;
        network_ok(model_measure_memory(model, &desc, (size_t)100 * BATCH, &measured));
        assert_in_range(watched.largest, 1, measured.prediction - 1);
        assert_false(parameter_store_has(model->store, PARAMETER_MOMENT1));
        assert_false(model->in_training);
        assert_int_equal(model->loss, MIXUP_LOSS_DEFAULT);
        mixup_model_destroy(model);
    }
}

static void parameters_and_what_the_optimizer_keeps_are_counted(void **state) {
    (void)state;
    watch watched = {0};
    model_memory measured;
    mixup_fit_desc desc = training();
    mixup_model *model = make(MIXUP_ENGINE_REFERENCE, &watched); /* without padding */
    const size_t values = (FEATURES + 1) * 40 + 41 * 7 + 8 * CLASSES;
    network_ok(model_measure_memory(model, &desc, BATCH, &measured));
    assert_int_equal(measured.parameters, values * sizeof(float));
    assert_int_equal(measured.optimizer, 2 * values * sizeof(float));
    desc.average_decay = 0.9f;
    network_ok(model_measure_memory(model, &desc, BATCH, &measured));
    assert_int_equal(measured.optimizer, 3 * values * sizeof(float));
    network_ok(model_measure_memory(model, NULL, BATCH, &measured));
    assert_int_equal(measured.optimizer, 0);
    assert_int_equal(measured.training, 0);
    mixup_model_destroy(model);
}

/* The outputs of norms are made again in the backward pass, unless everything is to be kept. */
static void a_training_that_keeps_all_states_takes_more(void **state) {
    (void)state;
    static const mixup_layer normed[] = {
        {.op = MIXUP_DENSE, .units = 40},
        {.op = MIXUP_BATCH_NORM, .activation = MIXUP_RELU},
        {.op = MIXUP_DENSE, .units = 40},
        {.op = MIXUP_BATCH_NORM, .activation = MIXUP_RELU},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX},
    };
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        model_memory again, kept;
        mixup_model *model = NULL;
        mixup_fit_desc desc = {.optimizer = {.kind = MIXUP_ADAM}};
        network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {FEATURES},
                                                                  NETWORK_LAYERS(normed),
                                                                  .engine = network_engines[e],
                                                                  .threads = 1}));
        network_ok(model_measure_memory(model, &desc, BATCH, &again));
        desc.recompute = MIXUP_RECOMPUTE_NEVER;
        network_ok(model_measure_memory(model, &desc, BATCH, &kept));
        assert_true(again.training < kept.training);
        desc.recompute = (mixup_recompute)7;
        training_refused(model_measure_memory(model, &desc, BATCH, &kept), MIXUP_ERROR_ARGUMENT,
                         "recompute is 7, which is no mixup_recompute");
        mixup_model_destroy(model);
    }
}

static void a_training_that_cannot_be_is_refused(void **state) {
    (void)state;
    watch watched = {0};
    model_memory measured = {.training = 7};
    mixup_fit_desc desc = training();
    static const char *const sites[] = {"nowhere"};
    mixup_model *model = make(MIXUP_ENGINE_REFERENCE, &watched);
    desc.mix.at = sites;
    desc.mix.at_count = 1;
    training_refused(model_measure_memory(model, &desc, BATCH, &measured), MIXUP_ERROR_NOT_FOUND, "nowhere");
    training_refused(model_measure_memory(model, NULL, 0, &measured), MIXUP_ERROR_ARGUMENT, "at least one");
    assert_int_equal(measured.training, 7);
    mixup_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arena_measured_is_the_arena_taken),
        cmocka_unit_test(measuring_takes_no_arena_and_leaves_nothing_behind),
        cmocka_unit_test(parameters_and_what_the_optimizer_keeps_are_counted),
        cmocka_unit_test(a_training_that_keeps_all_states_takes_more),
        cmocka_unit_test(a_training_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
