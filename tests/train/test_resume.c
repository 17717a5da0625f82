/* Stopping and going on: the final model is the same, byte for byte, as that of a training never stopped. */
#include "train/training.h"

#include <locale.h>

enum { FEATURES = 4, CLASSES = 3, TRAIN = 23, VALIDATION = 9, BATCH = 5, EPOCHS = 5 };

static const mixup_layer layers[] = {
    {.op = MIXUP_RESHAPE, .shape = {2, 2}}, /* an image, for CutMix at the input */
    {.op = MIXUP_FLATTEN},
    {.op = MIXUP_DENSE, .units = 6, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .activation = MIXUP_RELU},
    {.op = MIXUP_DROPOUT, .rate = 0.25f},
    {.op = MIXUP_DENSE, .units = 5, .activation = MIXUP_TANH, .mix = true},
    {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.1f},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true},
};

static const size_t drops[] = {1, 3};
static const char *const input_alone[] = {"input"};
static const size_t alpha_epochs[] = {1, 3, 4};
static const float alpha_factors[] = {0.5f, 1, 0};

/* What a training carries from step to step, in several combinations. */
static const mixup_fit_desc variants[] = {
    {.mix = {.alpha = 1.0f, .per_sample = true},
     .optimizer = {.kind = MIXUP_ADAM, .learning_rate = 0.05f},
     .schedule = {.kind = MIXUP_SCHEDULE_PLATEAU, .patience = 1, .factor = 0.5f},
     .average_decay = 0.8f,
     .restore_best = true,
     .early_stopping = 3},
    {.mix = {.alpha = 0.3f, .no_self_pairs = true, .plain_last_epochs = 1},
     .optimizer = {.kind = MIXUP_NESTEROV, .learning_rate = 0.05f, .clip_norm = 0.5f},
     .schedule = {.kind = MIXUP_SCHEDULE_MULTI_STEP, .epochs = drops, .epoch_count = 2},
     .no_shuffle = true},
    {.optimizer = {.kind = MIXUP_RMSPROP, .momentum = 0.5f, .weight_decay = 0.01f},
     .schedule = {.kind = MIXUP_SCHEDULE_COSINE, .warm_up_steps = 6},
     .average_decay = 0.5f,
     .label_smoothing = 0.1f},
    {.mix = {.alpha = 2.0f, .block_gradient = true},
     .optimizer = {.kind = MIXUP_ADAMW, .learning_rate = 100.0f, .weight_decay = 0.001f},
     .schedule = {.warm_up_steps = 1000}, /* a rate that grows until it does harm: stops early */
     .early_stopping = 2,
     .restore_best = true,
     .drop_last = true},
    {.mix = {.kind = MIXUP_CUTMIX,
             .alpha = 2.0f,
             .at = input_alone,
             .at_count = 1,
             .per_sample = true,
             .plain_probability = 0.2f,
             .every_steps = 2, /* of 23 steps */
             .alpha_epochs = alpha_epochs,
             .alpha_factors = alpha_factors,
             .alpha_count = 3},
     .optimizer = {.kind = MIXUP_SGD, .learning_rate = 0.1f}},
};

typedef struct scene {
    mixup_engine engine;
    mixup_fit_desc desc;
    mixup_dataset *train, *validation;
    temporary_folder folder;
    char checkpoint[320], expected[320], made[320];
    mixup_model *model; /* of the training never stopped; also in `expected` */
    mixup_fit_result result;
    training_history history;
} scene;

static mixup_model *new_model(const scene *s, uint64_t seed) {
    return training_model(s->engine, FEATURES, layers, MIXUP_COUNT(layers), seed);
}

/* One call of fit on a new model, which is returned. */
static mixup_model *fit_once(const scene *s, uint64_t seed, training_history *history,
                             mixup_fit_result *result) {
    mixup_model *model = new_model(s, seed);
    mixup_fit_desc desc = s->desc;
    desc.user = history;
    desc.result = result;
    network_ok(mixup_fit(model, &desc));
    return model;
}

/* The same, ended by the callback after a step or an epoch. */
static mixup_fit_result stop_once(const scene *s, uint64_t seed, const training_history *stop) {
    training_history history = *stop;
    mixup_fit_result result;
    mixup_model_destroy(fit_once(s, seed, &history, &result));
    assert_int_equal(result.stop, MIXUP_STOP_CALLBACK);
    assert_int_equal(history.steps > 0, true);
    assert_int_equal(result.validation.count, 0);
    return result;
}

static void save_and_compare(const scene *s, mixup_model *model) {
    network_ok(mixup_model_save(model, s->made));
    assert_same_bytes(s->made, s->expected);
}

/* Whichever call measured them, the metrics are those of the model as it is now. */
static void expect_measured(const scene *s, mixup_model *model, const mixup_fit_result *result) {
    mixup_metrics now;
    network_ok(mixup_evaluate(model, s->validation,
                              &(mixup_evaluate_desc){.top_k = s->desc.top_k, .bins = s->desc.bins}, &now));
    assert_memory_equal(&result->validation, &now, sizeof now);
}

static void scene_begin(scene *s, mixup_engine kind, const mixup_fit_desc *variant) {
    memset(s, 0, sizeof *s);
    s->engine = kind;
    s->train = training_classes(TRAIN, FEATURES, CLASSES, 1);
    s->validation = training_classes(VALIDATION, FEATURES, CLASSES, 2);
    temporary_folder_make(&s->folder);
    snprintf(s->checkpoint, sizeof s->checkpoint, "%s", temporary_file(&s->folder, "checkpoint"));
    snprintf(s->expected, sizeof s->expected, "%s", temporary_file(&s->folder, "expected"));
    snprintf(s->made, sizeof s->made, "%s", temporary_file(&s->folder, "made"));
    s->desc = *variant;
    s->desc.train = s->train;
    s->desc.validation = s->validation;
    s->desc.epochs = EPOCHS;
    s->desc.batch_size = BATCH;
    s->desc.seed = 11;
    s->desc.top_k = 2;
    s->desc.bins = 3;
    s->desc.on_step = training_on_step;
    s->desc.on_epoch = training_on_epoch;
    s->model = fit_once(s, 5, &s->history, &s->result);
    expect_measured(s, s->model, &s->result);
    network_ok(mixup_model_save(s->model, s->expected));
    s->desc.checkpoint =
        (mixup_checkpoint_desc){.path = s->checkpoint, .resume = true, .every_epochs = EPOCHS};
}

static void scene_end(scene *s) {
    mixup_model_destroy(s->model);
    mixup_dataset_destroy(s->train);
    mixup_dataset_destroy(s->validation);
    temporary_folder_remove(&s->folder);
}

static void expect_same_epoch(const mixup_epoch *epoch, const mixup_epoch *expected) {
    mixup_epoch a = *epoch, b = *expected;
    a.seconds = b.seconds = 0.0;
    assert_int_equal(a.epoch, b.epoch);
    assert_int_equal(a.step, b.step);
    assert_int_equal(a.best, b.best);
    const double *numbers[] = {&a.learning_rate, &a.train_loss, &a.train_accuracy, &a.validation_loss,
                               &a.validation_accuracy};
    const double *others[] = {&b.learning_rate, &b.train_loss, &b.train_accuracy, &b.validation_loss,
                              &b.validation_accuracy};
    for (size_t i = 0; i < MIXUP_COUNT(numbers); i++)
        assert_memory_equal(numbers[i], others[i], sizeof(double));
}

/* Goes on from the checkpoint, on a model with other initial values, and compares with the whole. */
static mixup_model *expect_same_end(const scene *s) {
    training_history history = {0};
    mixup_fit_result result;
    mixup_model *model = fit_once(s, 99, &history, &result);
    assert_int_equal(result.stop, s->result.stop);
    assert_int_equal(result.epochs, s->result.epochs);
    assert_int_equal(result.steps, s->result.steps);
    assert_int_equal(result.best_epoch, s->result.best_epoch);
    for (size_t e = 1; e <= TRAINING_MAX_EPOCHS; e++)
        if (history.epoch[e].epoch != 0)
            expect_same_epoch(&history.epoch[e], &s->history.epoch[e]);
    training_expect_same(model, s->model);
    expect_measured(s, model, &result);
    return model;
}

static void stop_at_every_step(mixup_engine kind, const mixup_fit_desc *variant) {
    scene s;
    scene_begin(&s, kind, variant);
    assert_true(s.result.steps >= 8);
    for (uint64_t stop = 1; stop <= s.result.steps; stop++) {
        assert_int_equal(stop_once(&s, 5, &(training_history){.stop_at = stop}).steps, stop);
        mixup_model_destroy(expect_same_end(&s));
        unlink(s.checkpoint);
    }
    scene_end(&s);
}

static void a_training_stopped_at_any_step_ends_with_the_same_bits(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t v = 0; v < MIXUP_COUNT(variants); v++)
            stop_at_every_step(network_engines[e], &variants[v]);
}

static void a_training_stopped_after_any_epoch_makes_the_same_file(void **state) {
    (void)state;
    for (size_t v = 0; v < MIXUP_COUNT(variants); v++) {
        scene s;
        scene_begin(&s, MIXUP_ENGINE_AUTO, &variants[v]);
        for (size_t stop = 1; stop <= s.result.epochs; stop++) {
            assert_int_equal(stop_once(&s, 5, &(training_history){.stop_epoch = stop}).epochs, stop);
            for (size_t time = 0; time < 2; time++) { /* the second time from a finished training */
                mixup_model *model = expect_same_end(&s);
                save_and_compare(&s, model);
                mixup_model_destroy(model);
            }
            unlink(s.checkpoint);
        }
        scene_end(&s);
    }
}

static void the_variants_use_early_stopping_and_all_epochs(void **state) {
    (void)state;
    bool early = false, finished = false;
    for (size_t v = 0; v < MIXUP_COUNT(variants); v++) {
        scene s;
        scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[v]);
        early = early || s.result.stop == MIXUP_STOP_EARLY;
        finished = finished || s.result.stop == MIXUP_STOP_FINISHED;
        scene_end(&s);
    }
    assert_true(early);
    assert_true(finished);
}

static void a_training_of_one_step_a_call_ends_with_the_same_bits(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_AUTO, &variants[0]);
    for (uint64_t step = 1; step <= s.result.steps; step++) /* only the first call's initial values count */
        stop_once(&s, step == 1 ? 5 : 1000 + step, &(training_history){.stop_at = step});
    mixup_model *model = expect_same_end(&s);
    save_and_compare(&s, model);
    mixup_model_destroy(model);
    scene_end(&s);
}

/* Copies the checkpoint as it is when the process "dies" at a step; `late` goes on and is of no use. */
typedef struct death {
    uint64_t at;
    const char *checkpoint, *copy;
} death;

static bool die_on_step(void *user, const mixup_step *step) {
    const death *d = user;
    if (step->step == d->at && access(d->checkpoint, F_OK) == 0) {
        size_t size = 0;
        char *data = read_bytes(d->checkpoint, &size);
        write_bytes(d->copy, data, size);
        free(data);
    }
    return false;
}

static void a_training_that_died_goes_on_from_its_last_checkpoint(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[0]);
    char copy[320];
    snprintf(copy, sizeof copy, "%s", temporary_file(&s.folder, "copy"));
    for (uint64_t at = 1; at <= s.result.steps; at++) {
        death d = {.at = at, .checkpoint = s.checkpoint, .copy = copy};
        mixup_model *model = new_model(&s, 5);
        mixup_fit_desc desc = s.desc;
        desc.checkpoint.every_steps = 3;
        desc.on_step = die_on_step;
        desc.on_epoch = NULL;
        desc.user = &d;
        unlink(s.checkpoint);
        unlink(copy);
        network_ok(mixup_fit(model, &desc));
        mixup_model_destroy(model);
        assert_int_equal(access(copy, F_OK) == 0, at > 3);
        if (at <= 3)
            continue;
        assert_int_equal(rename(copy, s.checkpoint), 0);
        mixup_model_destroy(expect_same_end(&s));
    }
    scene_end(&s);
}

/* Counts the steps at which a checkpoint is there. */
typedef struct watch {
    const char *path;
    size_t steps, present;
} watch;

static bool watch_step(void *user, const mixup_step *step) {
    watch *w = user;
    (void)step;
    w->steps++;
    w->present += access(w->path, F_OK) == 0;
    return false;
}

static void quick_epochs_need_not_write_a_checkpoint_each(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[1]);
    for (size_t patient = 0; patient < 2; patient++) {
        watch w = {.path = s.checkpoint};
        mixup_model *model = new_model(&s, 5);
        mixup_fit_desc desc = s.desc;
        desc.checkpoint.every_epochs = 1;
        desc.checkpoint.least_seconds = patient == 1 ? 1e6 : 0.0;
        desc.on_step = watch_step;
        desc.on_epoch = NULL;
        desc.user = &w;
        network_ok(mixup_fit(model, &desc));
        assert_int_equal(w.present, patient == 1 ? 0 : w.steps * (EPOCHS - 1) / EPOCHS);
        assert_int_equal(access(s.checkpoint, F_OK), 0); /* the end always writes one */
        unlink(s.checkpoint);
        mixup_model_destroy(model);
    }
    scene_end(&s);
}

static void the_end_of_a_training_need_not_write_a_checkpoint(void **state) {
    (void)state;
    for (size_t v = 0; v < MIXUP_COUNT(variants); v++) { /* early stopping is an end, too */
        scene s;
        scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[v]);
        s.desc.checkpoint.every_epochs = 1;
        s.desc.checkpoint.unfinished_only = true;
        mixup_model_destroy(fit_once(&s, 5, &(training_history){0}, NULL));
        for (size_t again = 0; again < 2; again++) { /* the checkpoint of the epoch before stays as it is */
            training_history history = {0};
            mixup_model *model = fit_once(&s, 99, &history, NULL);
            assert_int_equal(history.epochs, 1);
            save_and_compare(&s, model);
            mixup_model_destroy(model);
        }
        stop_once(&s, 99, &(training_history){.stop_epoch = s.result.epochs}); /* a callback's stop is none */
        training_history history = {0};
        mixup_model_destroy(fit_once(&s, 99, &history, NULL));
        assert_int_equal(history.epochs, 0);
        scene_end(&s);
    }
}

static void without_resume_a_training_begins_anew(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[1]);
    stop_once(&s, 5, &(training_history){.stop_at = 3});
    s.desc.checkpoint.resume = false;
    training_history history = {0};
    mixup_model *model = fit_once(&s, 5, &history, NULL);
    assert_int_equal(history.steps, s.result.steps);
    save_and_compare(&s, model);
    mixup_model_destroy(model);
    scene_end(&s);
}

static void a_checkpoint_goes_on_under_another_engine(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        scene s;
        scene_begin(&s, network_engines[e], &variants[2]);
        stop_once(&s, 5, &(training_history){.stop_at = 7});
        s.engine = network_engines[(e + 1) % MIXUP_COUNT(network_engines)];
        training_history history = {0};
        mixup_model *model = fit_once(&s, 3, &history, NULL);
        size_t count = 0;
        float *values = training_parameters(model, &count);
        float *expected = training_parameters(s.model, NULL);
        for (size_t i = 0; i < count; i++) /* 13 steps of single-precision rounding apart */
            expect_near(values[i], expected[i], 1e-3);
        free(values);
        free(expected);
        mixup_model_destroy(model);
        scene_end(&s);
    }
}

/* False where no locale with a decimal comma is installed. */
static bool set_decimal_comma(void) {
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    bool found = false;
    for (size_t i = 0; i < MIXUP_COUNT(names) && !found; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    return found;
}

static void a_checkpoint_goes_on_under_another_locale(void **state) {
    (void)state;
    if (!set_decimal_comma())
        skip();
    for (size_t comma_first = 0; comma_first < 2; comma_first++) {
        setlocale(LC_ALL, "C");
        scene s;
        scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[0]);
        if (comma_first == 1)
            set_decimal_comma();
        stop_once(&s, 5, &(training_history){.stop_at = 7});
        setlocale(LC_ALL, "C");
        if (comma_first == 0)
            set_decimal_comma();
        mixup_model *model = expect_same_end(&s);
        save_and_compare(&s, model);
        mixup_model_destroy(model);
        scene_end(&s);
    }
    setlocale(LC_ALL, "C");
}

/* ---- refusals: the model stays as it was, byte for byte */

static void expect_refused(scene *s, const mixup_fit_desc *desc, mixup_status status, const char *part) {
    training_history history = {0};
    mixup_fit_desc d = *desc;
    d.user = &history;
    mixup_model *model = new_model(s, 3);
    network_ok(mixup_model_save(model, s->expected));
    training_refused(mixup_fit(model, &d), status, part);
    network_ok(mixup_model_save(model, s->made));
    assert_same_bytes(s->made, s->expected);
    assert_int_equal(history.steps, 0);
    mixup_model_destroy(model);
}

static void other_settings_are_refused_by_name(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[0]);
    stop_once(&s, 5, &(training_history){.stop_at = 7});
    const mixup_fit_desc good = s.desc;
    const float weights[CLASSES] = {1.0f, 2.0f, 3.0f};
    const char *at[] = {"dense2"};
    mixup_fit_desc other = good;
#define REFUSED(change, part)                                                                                \
    other = good;                                                                                            \
    other.change;                                                                                            \
    expect_refused(&s, &other, MIXUP_ERROR_ARGUMENT, part)
    REFUSED(seed = 12, "seed=");
    REFUSED(epochs = EPOCHS + 1, "epochs=");
    REFUSED(batch_size = 6, "batch_size=");
    REFUSED(mix.alpha = 2.0f, "then 'mix.alpha=1', now 'mix.alpha=2'");
    REFUSED(mix.per_sample = false, "mix.per_sample=");
    REFUSED(mix.kind = MIXUP_CUTMIX; other.mix.at = input_alone; other.mix.at_count = 1, "mix.kind=1");
    REFUSED(mix.every_steps = 2, "mix.every_steps=2");
    REFUSED(mix.alpha_epochs = alpha_epochs; other.mix.alpha_factors = alpha_factors;
            other.mix.alpha_count = 3, "mix.alpha_epochs[0]=1 factor 0.5");
    REFUSED(optimizer.learning_rate = 0.1f, "optimizer.learning_rate=");
    REFUSED(optimizer.weight_decay = 0.1f, "optimizer.weight_decay=");
    REFUSED(schedule.patience = 2, "schedule.patience=");
    REFUSED(label_smoothing = 0.1f, "label_smoothing=");
    REFUSED(average_decay = 0.9f, "average_decay=");
    REFUSED(early_stopping = 2, "early_stopping=");
    REFUSED(no_shuffle = true, "no_shuffle=");
    REFUSED(train = s.validation, "train.count=");
    REFUSED(class_weights = weights; other.class_weight_count = CLASSES, "class_weights[0]=");
    REFUSED(mix.at = at; other.mix.at_count = 1, "mix.at[0]=dense2");
#undef REFUSED
    other = good;
    training_history more = {0};
    other.user = &more;
    mixup_model *frozen = new_model(&s, 3);
    network_ok(mixup_parameter_freeze(frozen, "dense1", true));
    training_refused(mixup_fit(frozen, &other), MIXUP_ERROR_ARGUMENT, "dense1.weight");
    mixup_model_destroy(frozen);
    scene_end(&s);
}

static void changed_data_are_refused(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[0]);
    stop_once(&s, 5, &(training_history){.stop_at = 7});
    mixup_dataset *train = training_classes(TRAIN, FEATURES, CLASSES, 9);
    mixup_dataset *validation = training_classes(VALIDATION, FEATURES, CLASSES, 9);
    mixup_fit_desc desc = s.desc;
    desc.train = train;
    expect_refused(&s, &desc, MIXUP_ERROR_ARGUMENT, "the training data have changed");
    desc = s.desc;
    desc.validation = validation;
    expect_refused(&s, &desc, MIXUP_ERROR_ARGUMENT, "the validation data have changed");
    mixup_dataset_destroy(train);
    mixup_dataset_destroy(validation);
    scene_end(&s);
}

static void damaged_checkpoints_are_refused(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[0]);
    stop_once(&s, 5, &(training_history){.stop_at = 7});
    size_t size = 0;
    char *data = read_bytes(s.checkpoint, &size);
    for (size_t length = 0; length < size; length += 131) {
        write_bytes(s.checkpoint, data, length);
        expect_refused(&s, &s.desc, MIXUP_ERROR_FORMAT, s.checkpoint);
    }
    static const struct {
        const char *word, *changed; /* of the same length */
        mixup_status status;
    } changes[] = {
        {"state.epoch_step", "state.epoch_stop", MIXUP_ERROR_FORMAT},
        {"moment2/dense1", "moment3/dense1", MIXUP_ERROR_FORMAT},
        {"average/dense2", "overage/dense2", MIXUP_ERROR_FORMAT},
        {"mixup checkpoint 1", "mixup checkpoint 9", MIXUP_ERROR_FORMAT},
        {"F32", "I32", MIXUP_ERROR_SHAPE},
    };
    for (size_t i = 0; i < MIXUP_COUNT(changes); i++) {
        const size_t length = strlen(changes[i].word);
        size_t at = 0;
        while (at + length <= size && memcmp(data + at, changes[i].word, length) != 0)
            at++;
        assert_true(at + length <= size);
        memcpy(data + at, changes[i].changed, length);
        write_bytes(s.checkpoint, data, size);
        memcpy(data + at, changes[i].word, length);
        expect_refused(&s, &s.desc, changes[i].status, s.checkpoint);
    }
    free(data);
    scene_end(&s);
}

static void a_model_file_is_no_checkpoint(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE, &variants[0]);
    assert_int_equal(rename(s.expected, s.checkpoint), 0);
    expect_refused(&s, &s.desc, MIXUP_ERROR_FORMAT, "not a checkpoint");
    scene_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_training_stopped_at_any_step_ends_with_the_same_bits),
        cmocka_unit_test(the_variants_use_early_stopping_and_all_epochs),
        cmocka_unit_test(a_training_stopped_after_any_epoch_makes_the_same_file),
        cmocka_unit_test(a_training_of_one_step_a_call_ends_with_the_same_bits),
        cmocka_unit_test(a_training_that_died_goes_on_from_its_last_checkpoint),
        cmocka_unit_test(quick_epochs_need_not_write_a_checkpoint_each),
        cmocka_unit_test(the_end_of_a_training_need_not_write_a_checkpoint),
        cmocka_unit_test(without_resume_a_training_begins_anew),
        cmocka_unit_test(a_checkpoint_goes_on_under_another_engine),
        cmocka_unit_test(a_checkpoint_goes_on_under_another_locale),
        cmocka_unit_test(other_settings_are_refused_by_name),
        cmocka_unit_test(changed_data_are_refused),
        cmocka_unit_test(damaged_checkpoints_are_refused),
        cmocka_unit_test(a_model_file_is_no_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
