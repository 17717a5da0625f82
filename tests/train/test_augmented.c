/* Training on changed images: which the network sees and when, and stopping and going on between them. */
#include "train/training.h"

#include "data/dataset.h"

enum { HEIGHT = 4, WIDTH = 5, PIXELS = 2 * HEIGHT * WIDTH, CLASSES = 3, TRAIN = 11, BATCH = 4, EPOCHS = 3 };
enum { ALL = EPOCHS * TRAIN };

static const mixup_augment everything = {
    .horizontal_flip = true, .crop_padding = 2, .resized_crop = true, .cutout = 2};

/* What went into the network, batch by batch. */
typedef struct record {
    float training[ALL][PIXELS], other[ALL][PIXELS];
    size_t trained, seen_otherwise;
} record;

static mixup_status same_shape(void *user, const size_t input[MIXUP_MAX_RANK],
                               size_t output[MIXUP_MAX_RANK]) {
    (void)user;
    memcpy(output, input, MIXUP_MAX_RANK * sizeof *output);
    return MIXUP_OK;
}

static mixup_status record_forward(const mixup_custom_call *call) {
    record *into = call->user;
    memcpy(call->output, call->input, call->batch * PIXELS * sizeof *call->input);
    size_t *count = call->training ? &into->trained : &into->seen_otherwise;
    float(*rows)[PIXELS] = call->training ? into->training : into->other;
    for (size_t i = 0; i < call->batch && *count < ALL; i++)
        memcpy(rows[(*count)++], call->input + i * PIXELS, sizeof rows[0]);
    return MIXUP_OK;
}

static mixup_status record_backward(const mixup_custom_call *call) {
    if (call->input_gradient != NULL)
        memcpy(call->input_gradient, call->output_gradient, call->batch * PIXELS * sizeof(float));
    return MIXUP_OK;
}

/* Images of classes that differ in how bright they are. */
static mixup_dataset *make_images(size_t count, uint64_t seed) {
    float values[TRAIN * PIXELS];
    int32_t labels[TRAIN];
    network_uniform(seed, 0, 0.0, 1.0, count * PIXELS, values);
    for (size_t i = 0; i < count; i++) {
        labels[i] = (int32_t)(i % CLASSES);
        for (size_t k = 0; k < PIXELS; k++)
            values[i * PIXELS + k] += (float)labels[i];
    }
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = values,
                                                                    .count = count,
                                                                    .shape = {2, HEIGHT, WIDTH},
                                                                    .labels = labels,
                                                                    .class_count = CLASSES}));
    network_ok(mixup_dataset_normalize(set, set));
    return set;
}

static mixup_model *make_model(mixup_engine kind, record *into, uint64_t seed) {
    const mixup_custom custom = {.kind = "record",
                                 .shape = same_shape,
                                 .forward = record_forward,
                                 .backward = record_backward,
                                 .user = into};
    const mixup_layer layers[] = {
        {.op = MIXUP_CUSTOM, .custom = &custom},
        {.op = MIXUP_CONV2D, .filters = 3, .kernel = {3, 3}, .activation = MIXUP_RELU},
        {.op = MIXUP_FLATTEN},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true},
    };
    mixup_model *model = NULL;
    network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {2, HEIGHT, WIDTH},
                                                              .layers = layers,
                                                              .layer_count = MIXUP_COUNT(layers),
                                                              .seed = seed,
                                                              .engine = kind,
                                                              .threads = 1}));
    return model;
}

/* A training on the first part of the images, watched on others. */
typedef struct scene {
    mixup_dataset *train, *validation;
    mixup_fit_desc desc;
    temporary_folder folder;
    char checkpoint[320];
    record seen;
} scene;

static void scene_begin(scene *s) {
    memset(s, 0, sizeof *s);
    s->train = make_images(TRAIN, 1);
    s->validation = make_images(5, 2);
    temporary_folder_make(&s->folder);
    snprintf(s->checkpoint, sizeof s->checkpoint, "%s", temporary_file(&s->folder, "checkpoint"));
    s->desc = (mixup_fit_desc){.train = s->train,
                               .validation = s->validation,
                               .epochs = EPOCHS,
                               .batch_size = BATCH,
                               .seed = 8,
                               .mix = {.alpha = 1.0f},
                               .augment = everything,
                               .on_step = training_on_step,
                               .on_epoch = training_on_epoch};
}

static void scene_end(scene *s) {
    mixup_dataset_destroy(s->train);
    mixup_dataset_destroy(s->validation);
    temporary_folder_remove(&s->folder);
}

/* One call of fit; the model is the caller's. */
static mixup_model *fit(scene *s, mixup_engine kind, uint64_t seed, uint64_t stop_at) {
    training_history history = {.stop_at = stop_at};
    mixup_model *model = make_model(kind, &s->seen, seed);
    mixup_fit_desc desc = s->desc;
    desc.user = &history;
    s->seen = (record){.trained = 0};
    network_ok(mixup_fit(model, &desc));
    return model;
}

/* ---------------------------------------------------------------- what is seen */

static void training_sees_each_sample_as_its_epoch_changes_it(void **state) {
    (void)state;
    scene s;
    scene_begin(&s);
    s.desc.no_shuffle = true;
    mixup_model_destroy(fit(&s, MIXUP_ENGINE_REFERENCE, 3, 0));
    assert_int_equal(s.seen.trained, ALL);
    augmentation how;
    network_ok(augment_resolve(&everything, mixup_dataset_preprocess(s.train), s.desc.seed, &how));
    for (size_t epoch = 0; epoch < EPOCHS; epoch++)
        for (size_t i = 0; i < TRAIN; i++) {
            float expected[PIXELS], scratch[PIXELS];
            const gather_augmentation augment = {&how, (uint32_t)epoch, scratch};
            network_ok(dataset_gather_augmented(s.train, &augment, &i, 1, expected, NULL, NULL));
            assert_memory_equal(s.seen.training[epoch * TRAIN + i], expected, sizeof expected);
        }
    scene_end(&s);
}

static void validation_and_clean_accuracy_see_the_images_as_they_are(void **state) {
    (void)state;
    scene s;
    scene_begin(&s);
    s.desc.epochs = 1;
    s.desc.clean_accuracy = true;
    mixup_model_destroy(fit(&s, MIXUP_ENGINE_REFERENCE, 3, 0));
    assert_int_equal(s.seen.seen_otherwise, TRAIN + 5);
    for (size_t i = 0; i < TRAIN + 5; i++) {
        float expected[PIXELS];
        const size_t index = i < TRAIN ? i : i - TRAIN;
        network_ok(mixup_dataset_read(i < TRAIN ? s.train : s.validation, &index, 1, expected, NULL));
        assert_memory_equal(s.seen.other[i], expected, sizeof expected);
    }
    scene_end(&s);
}

/* What was learned on the training images comes back with the model, and goes on others. */
static void a_saved_model_normalises_what_it_is_given_later(void **state) {
    (void)state;
    scene s;
    scene_begin(&s);
    mixup_model *model = fit(&s, MIXUP_ENGINE_REFERENCE, 3, 0), *loaded = NULL;
    const mixup_custom custom = {.kind = "record",
                                 .shape = same_shape,
                                 .forward = record_forward,
                                 .backward = record_backward,
                                 .user = &s.seen};
    const mixup_custom *customs[] = {&custom};
    mixup_metrics expected, got;
    network_ok(mixup_evaluate(model, s.train, NULL, &expected));
    network_ok(mixup_model_save(model, s.checkpoint));
    network_ok(mixup_model_load(
        &loaded, s.checkpoint,
        &(mixup_load_desc){
            .engine = MIXUP_ENGINE_REFERENCE, .threads = 1, .customs = customs, .custom_count = 1}));
    mixup_dataset *again = make_images(TRAIN, 1);
    network_ok(mixup_dataset_normalize_by(again, (const double[]){9, 9}, (const double[]){9, 9}, 2));
    network_ok(mixup_evaluate(loaded, again, NULL, &got));
    assert_true(got.loss != expected.loss);
    network_ok(dataset_apply(again, mixup_model_preprocess(loaded)));
    network_ok(mixup_evaluate(loaded, again, NULL, &got));
    assert_true(got.loss == expected.loss && got.accuracy == expected.accuracy);
    mixup_dataset_destroy(again);
    mixup_model_destroy(loaded);
    mixup_model_destroy(model);
    scene_end(&s);
}

/* ---------------------------------------------------------------- stopping */

/* Whatever the number of threads that prepare batches, and also where it is another one afterwards. */
static void a_training_stopped_inside_an_augmented_epoch_ends_with_the_same_bits(void **state) {
    (void)state;
    enum { STEPS = 3 * EPOCHS };
    static const size_t threads[] = {MIXUP_NO_LOAD_THREADS, 1, 2};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        scene s;
        scene_begin(&s);
        mixup_model *whole = fit(&s, network_engines[e], 3, 0);
        const record seen = s.seen;
        s.desc.checkpoint = (mixup_checkpoint_desc){.path = s.checkpoint, .resume = true};
        for (uint64_t stop = 1; stop < STEPS; stop++) { /* an epoch has three steps: 4, 4 and 3 */
            s.desc.load_threads = threads[stop % 3];
            mixup_model_destroy(fit(&s, network_engines[e], 3, stop));
            s.desc.load_threads = threads[stop / 3];
            mixup_model *model = fit(&s, network_engines[e], 99, 0);
            const size_t before = stop / 3 * TRAIN + stop % 3 * BATCH;
            assert_int_equal(s.seen.trained, ALL - before);
            assert_memory_equal(s.seen.training, seen.training[before],
                                s.seen.trained * sizeof seen.training[0]);
            training_expect_same(model, whole);
            mixup_model_destroy(model);
            unlink(s.checkpoint);
        }
        mixup_model_destroy(whole);
        scene_end(&s);
    }
}

static void another_augmentation_or_normalisation_is_refused(void **state) {
    (void)state;
    static const struct {
        mixup_augment augment;
        const char *part;
    } others[] = {
        {{0}, "augment.horizontal_flip=1"},
        {{.horizontal_flip = true,
          .flip_probability = 0.4f,
          .crop_padding = 2,
          .resized_crop = true,
          .cutout = 2},
         "augment.flip_probability="},
        {{.horizontal_flip = true, .crop_padding = 1, .resized_crop = true, .cutout = 2},
         "augment.crop_padding=2"},
        {{.horizontal_flip = true, .crop_padding = 2, .cutout = 2}, "augment.resized_crop=1"},
        {{.horizontal_flip = true,
          .crop_padding = 2,
          .resized_crop = true,
          .crop_area = {0.5f, 1.0f},
          .cutout = 2},
         "augment.crop_area="},
        {{.horizontal_flip = true,
          .crop_padding = 2,
          .resized_crop = true,
          .crop_ratio = {0.5f, 1.0f},
          .cutout = 2},
         "augment.crop_ratio="},
        {{.horizontal_flip = true, .crop_padding = 2, .resized_crop = true}, "augment.cutout=2"},
    };
    scene s;
    scene_begin(&s);
    s.desc.checkpoint = (mixup_checkpoint_desc){.path = s.checkpoint, .resume = true};
    mixup_model_destroy(fit(&s, MIXUP_ENGINE_REFERENCE, 3, 2));
    for (size_t i = 0; i < MIXUP_COUNT(others); i++) {
        mixup_model *model = make_model(MIXUP_ENGINE_REFERENCE, &s.seen, 3);
        mixup_fit_desc desc = s.desc;
        desc.augment = others[i].augment;
        training_refused(mixup_fit(model, &desc), MIXUP_ERROR_ARGUMENT, others[i].part);
        mixup_model_destroy(model);
    }
    mixup_model *model = make_model(MIXUP_ENGINE_REFERENCE, &s.seen, 3);
    network_ok(mixup_dataset_normalize_by(s.train, (const double[]){1, 1}, (const double[]){2, 2}, 2));
    training_refused(mixup_fit(model, &s.desc), MIXUP_ERROR_ARGUMENT,
                     "the scale, mean or deviation of the training data have changed");
    mixup_model_destroy(model);
    scene_end(&s);
}

static void settings_that_make_no_sense_are_refused_before_anything_happens(void **state) {
    (void)state;
    scene s;
    scene_begin(&s);
    mixup_model *model = make_model(MIXUP_ENGINE_REFERENCE, &s.seen, 3);
    s.desc.augment = (mixup_augment){.crop_padding = 4};
    training_refused(mixup_fit(model, &s.desc), MIXUP_ERROR_ARGUMENT, "augment: crop_padding: 4 for images");
    assert_null(mixup_model_preprocess(model));
    mixup_model_destroy(model);
    scene_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_sees_each_sample_as_its_epoch_changes_it),
        cmocka_unit_test(validation_and_clean_accuracy_see_the_images_as_they_are),
        cmocka_unit_test(a_saved_model_normalises_what_it_is_given_later),
        cmocka_unit_test(a_training_stopped_inside_an_augmented_epoch_ends_with_the_same_bits),
        cmocka_unit_test(another_augmentation_or_normalisation_is_refused),
        cmocka_unit_test(settings_that_make_no_sense_are_refused_before_anything_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
