/* Every allocation failed in turn: an error, nothing leaked, no partial file, and a model that was there
 * before can go on. */
#include "train/training.h"

enum { FEATURES = 3, CLASSES = 2 };

static const mixup_layer layers[] = {
    {.op = MIXUP_DENSE, .units = 3, .no_bias = true, .name = "first"},
    {.op = MIXUP_BATCH_NORM, .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true},
};

typedef struct scene {
    mixup_engine engine;
    mixup_dataset *set;
    temporary_folder folder;
    char path[320];
} scene;

static void scene_begin(scene *s, mixup_engine kind) {
    s->engine = kind;
    s->set = training_classes(5, FEATURES, CLASSES, 1);
    temporary_folder_make(&s->folder);
    snprintf(s->path, sizeof s->path, "%s", temporary_file(&s->folder, "file"));
}

static void scene_end(scene *s) {
    mixup_dataset_destroy(s->set);
    temporary_folder_remove(&s->folder);
}

static mixup_status create(const scene *s, const mixup_allocator *allocator, mixup_model **model) {
    return mixup_model_create(model, &(mixup_model_desc){.input = {FEATURES},
                                                         .layers = layers,
                                                         .layer_count = MIXUP_COUNT(layers),
                                                         .engine = s->engine,
                                                         .threads = 1,
                                                         .allocator = allocator});
}

static mixup_fit_desc everything(const scene *s) {
    return (mixup_fit_desc){.train = s->set,
                            .validation = s->set,
                            .epochs = 2,
                            .batch_size = 3,
                            .mix = {.alpha = 1.0f},
                            .optimizer = {.clip_norm = 1.0f},
                            .average_decay = 0.5f,
                            .restore_best = true};
}

static mixup_status run_create(const mixup_allocator *allocator, void *user) {
    mixup_model *model = NULL;
    const mixup_status status = create(user, allocator, &model);
    assert_int_equal(status == MIXUP_OK, model != NULL);
    mixup_model_destroy(model);
    return status;
}

static mixup_status run_fit(const mixup_allocator *allocator, void *user) {
    mixup_model *model = NULL;
    const mixup_fit_desc desc = everything(user);
    mixup_status status = create(user, allocator, &model);
    if (status == MIXUP_OK)
        status = mixup_fit(model, &desc);
    mixup_model_destroy(model);
    return status;
}

static mixup_status run_fit_with_checkpoint(const mixup_allocator *allocator, void *user) {
    const scene *s = user;
    mixup_model *model = NULL;
    mixup_fit_desc desc = everything(s);
    desc.checkpoint = (mixup_checkpoint_desc){.path = s->path, .every_epochs = 9};
    unlink(s->path);
    mixup_status status = create(s, allocator, &model);
    if (status == MIXUP_OK)
        status = mixup_fit(model, &desc);
    mixup_model_destroy(model);
    assert_int_equal(temporary_folder_count(&s->folder),
                     status == MIXUP_OK ? 1 : 0); /* whole or not at all */
    return status;
}

static mixup_status run_resume(const mixup_allocator *allocator, void *user) {
    const scene *s = user;
    mixup_model *model = NULL;
    mixup_fit_desc desc = everything(s);
    desc.checkpoint = (mixup_checkpoint_desc){.path = s->path, .every_epochs = 9, .resume = true};
    mixup_status status = create(s, allocator, &model);
    if (status == MIXUP_OK)
        status = mixup_fit(model, &desc);
    mixup_model_destroy(model);
    assert_int_equal(temporary_folder_count(&s->folder), 1);
    return status;
}

static mixup_status run_save(const mixup_allocator *allocator, void *user) {
    const scene *s = user;
    mixup_model *model = NULL;
    mixup_status status = create(s, allocator, &model);
    if (status == MIXUP_OK)
        status = mixup_model_save(model, s->path);
    mixup_model_destroy(model);
    assert_int_equal(temporary_folder_count(&s->folder), status == MIXUP_OK ? 1 : 0);
    return status;
}

static mixup_status run_load(const mixup_allocator *allocator, void *user) {
    const scene *s = user;
    mixup_model *model = NULL;
    mixup_match match = {.loaded = 77};
    mixup_status status =
        mixup_model_load(&model, s->path,
                         &(mixup_load_desc){.engine = s->engine, .threads = 1, .allocator = allocator});
    assert_int_equal(status == MIXUP_OK, model != NULL);
    if (status == MIXUP_OK)
        status = mixup_model_load_parameters(model, s->path, &match);
    assert_true(status == MIXUP_OK || match.loaded == 77);
    mixup_model_destroy(model);
    return status;
}

static mixup_status run_use(const mixup_allocator *allocator, void *user) {
    const scene *s = user;
    mixup_model *model = NULL;
    mixup_predictor *predictor = NULL;
    mixup_metrics metrics;
    const float inputs[2 * FEATURES] = {0};
    float outputs[2 * FEATURES];
    mixup_status status = create(s, allocator, &model);
    if (status == MIXUP_OK)
        status = mixup_evaluate(model, s->set, NULL, &metrics);
    if (status == MIXUP_OK)
        status = mixup_states(model, "first", 2, inputs, outputs);
    if (status == MIXUP_OK)
        status = mixup_predict(model, 2, inputs, outputs);
    if (status == MIXUP_OK)
        status = mixup_predictor_create(&predictor, model);
    if (status == MIXUP_OK)
        status = mixup_predictor_run(predictor, 2, inputs, outputs);
    mixup_predictor_destroy(predictor);
    mixup_model_destroy(model);
    return status;
}

static mixup_status run_trainer(const mixup_allocator *allocator, void *user) {
    const scene *s = user;
    mixup_model *model = NULL;
    mixup_trainer *trainer = NULL;
    const mixup_fit_desc desc = everything(s);
    const float inputs[2 * FEATURES] = {1, 2, 3}, targets[2 * CLASSES] = {1, 0, 0, 1};
    mixup_status status = create(s, allocator, &model);
    if (status == MIXUP_OK)
        status = mixup_trainer_create(&trainer, model, &desc);
    if (status == MIXUP_OK)
        status = mixup_trainer_step(trainer, 2, inputs, targets, NULL, NULL);
    mixup_trainer_destroy(trainer);
    mixup_model_destroy(model);
    return status;
}

static void fail_each(mixup_status (*run)(const mixup_allocator *, void *), bool with_file) {
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        scene s;
        scene_begin(&s, network_engines[e]);
        if (with_file)
            network_ok(run_save(NULL, &s));
        assert_true(fail_every_allocation(run, &s) > 10);
        scene_end(&s);
    }
}

static void creating_a_model(void **state) {
    (void)state;
    fail_each(run_create, false);
}

static void fitting(void **state) {
    (void)state;
    fail_each(run_fit, false);
}

static void writing_a_checkpoint(void **state) {
    (void)state;
    fail_each(run_fit_with_checkpoint, false);
}

static void saving(void **state) {
    (void)state;
    fail_each(run_save, false);
}

static void loading(void **state) {
    (void)state;
    fail_each(run_load, true);
}

static void predicting_and_evaluating(void **state) {
    (void)state;
    fail_each(run_use, false);
}

static void own_steps(void **state) {
    (void)state;
    fail_each(run_trainer, false);
}

static bool stop_at_once(void *user, const mixup_step *step) {
    (void)user;
    (void)step;
    return true;
}

static void resuming(void **state) {
    (void)state;
    scene s;
    mixup_model *model = NULL;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    mixup_fit_desc desc = everything(&s);
    desc.checkpoint = (mixup_checkpoint_desc){.path = s.path, .every_epochs = 9};
    desc.on_step = stop_at_once;
    network_ok(create(&s, NULL, &model));
    network_ok(mixup_fit(model, &desc));
    mixup_model_destroy(model);
    assert_true(fail_every_allocation(run_resume, &s) > 10);
    scene_end(&s);
}

/* A fit that fails for want of memory before its first step leaves the model as it was or as the
 * checkpoint has it, never half restored, and the next one succeeds. */
static void a_model_survives_a_fit_without_memory(void **state) {
    (void)state;
    scene s;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    mixup_model *model = NULL, *stopped = NULL;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    mixup_fit_desc desc = everything(&s);
    desc.checkpoint = (mixup_checkpoint_desc){.path = s.path, .every_epochs = 9};
    desc.on_step = stop_at_once;
    network_ok(create(&s, NULL, &stopped));
    network_ok(mixup_fit(stopped, &desc));
    desc.checkpoint.resume = true;
    training_history history = {0};
    desc.on_step = training_on_step;
    desc.user = &history;
    network_ok(create(&s, &hooks, &model));
    size_t count = 0;
    float *restored = training_parameters(stopped, NULL);
    for (size_t fail = 1;; fail++) {
        float *before = training_parameters(model, &count);
        memory.fail_at = atomic_load(&memory.calls) + fail;
        const mixup_status status = mixup_fit(model, &desc);
        memory.fail_at = 0;
        float *after = training_parameters(model, NULL);
        const bool whole = memcmp(before, after, count * sizeof *before) == 0 ||
                           memcmp(restored, after, count * sizeof *restored) == 0;
        free(before);
        free(after);
        if (history.steps > 0)
            break;
        network_expect(status, MIXUP_ERROR_MEMORY);
        if (!whole)
            fail_msg("allocation %zu failed and left the model half restored", fail);
    }
    free(restored);
    mixup_model_destroy(model);
    mixup_model_destroy(stopped);
    assert_int_equal(atomic_load(&memory.live), 0);
    scene_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creating_a_model),
        cmocka_unit_test(fitting),
        cmocka_unit_test(writing_a_checkpoint),
        cmocka_unit_test(saving),
        cmocka_unit_test(loading),
        cmocka_unit_test(predicting_and_evaluating),
        cmocka_unit_test(own_steps),
        cmocka_unit_test(resuming),
        cmocka_unit_test(a_model_survives_a_fit_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
