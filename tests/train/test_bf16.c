/* Training in bf16: it learns what floats learn, goes on after a stop to the same bits, and is refused with a
 * reason where it cannot be. What needs the processor is skipped without it. */
#include "support/bf16.h"
#include "train/training.h"

enum {
    SIDE = 8,
    CHANNELS = 3,
    IMAGE = CHANNELS * SIDE * SIDE,
    CLASSES = 4,
    TRAIN = 96,
    TEST = 64,
    BATCH = 16,
    EPOCHS = 8
};

static const mixup_layer images[] = {
    {.op = MIXUP_CONV2D, .name = "stem", .filters = 16, .kernel = {3}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_RELU, .mix = true},
    {.op = MIXUP_CONV2D, .name = "conv", .filters = 16, .kernel = {3}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_ADD, .name = "sum", .with = {"stem"}},
    {.op = MIXUP_BATCH_NORM, .name = "norm2", .activation = MIXUP_RELU, .mix = true},
    {.op = MIXUP_MAX_POOL, .name = "pool", .kernel = {2}, .stride = {2}},
    {.op = MIXUP_FLATTEN, .name = "flatten"},
    {.op = MIXUP_DENSE, .name = "head", .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

static const mixup_layer dense[] = {
    {.op = MIXUP_FLATTEN, .name = "flatten"},
    {.op = MIXUP_DENSE, .name = "dense1", .units = 96, .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "dense2", .units = 20, .activation = MIXUP_RELU, .mix = true},
    {.op = MIXUP_DENSE, .name = "head", .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true},
};

typedef struct layers {
    const mixup_layer *list;
    size_t count;
} layers;

static const layers NETWORKS[] = {{images, MIXUP_COUNT(images)}, {dense, MIXUP_COUNT(dense)}};

/* Noise, and in the quarter of the image that is the class's a little more red. */
static mixup_dataset *make_images(size_t count, uint64_t seed) {
    float *inputs = network_values(count * IMAGE);
    int32_t *labels = calloc(count, sizeof *labels);
    assert_non_null(labels);
    network_uniform(seed, 0, -1.0, 1.0, count * IMAGE, inputs);
    for (size_t i = 0; i < count; i++) {
        labels[i] = (int32_t)(i % CLASSES);
        for (size_t y = 0; y < SIDE; y++)
            for (size_t x = 0; x < SIDE; x++)
                if (y / (SIDE / 2) * 2 + x / (SIDE / 2) == i % CLASSES)
                    inputs[i * IMAGE + y * SIDE + x] += 0.6f;
    }
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = inputs,
                                                                    .count = count,
                                                                    .shape = {CHANNELS, SIDE, SIDE},
                                                                    .labels = labels,
                                                                    .class_count = CLASSES}));
    free(inputs);
    free(labels);
    return set;
}

static mixup_model_desc describe(const layers *of, mixup_precision precision, uint64_t seed) {
    return (mixup_model_desc){.input = {CHANNELS, SIDE, SIDE},
                              .layers = of->list,
                              .layer_count = of->count,
                              .seed = seed,
                              .threads = 1,
                              .precision = precision};
}

static mixup_model *new_model(const layers *of, mixup_precision precision, uint64_t seed) {
    const mixup_model_desc desc = describe(of, precision, seed);
    mixup_model *model = NULL;
    network_ok(mixup_model_create(&model, &desc));
    return model;
}

typedef struct scene {
    const layers *network;
    mixup_dataset *train, *test;
    mixup_fit_desc desc;
} scene;

static scene make_scene(const layers *of) {
    scene s = {.network = of, .train = make_images(TRAIN, 1), .test = make_images(TEST, 2)};
    s.desc = (mixup_fit_desc){.train = s.train,
                              .validation = s.test,
                              .epochs = EPOCHS,
                              .batch_size = BATCH,
                              .seed = 11,
                              .mix = {.alpha = 1.0f},
                              .optimizer = {.kind = MIXUP_NESTEROV, .learning_rate = 0.02f, .momentum = 0.9f},
                              .on_step = training_on_step,
                              .on_epoch = training_on_epoch};
    return s;
}

static void scene_end(scene *s) {
    mixup_dataset_destroy(s->train);
    mixup_dataset_destroy(s->test);
}

static mixup_model *train(const scene *s, mixup_precision precision, uint64_t seed,
                          training_history *history) {
    mixup_model *model = new_model(s->network, precision, seed);
    mixup_fit_desc desc = s->desc;
    desc.user = history;
    network_ok(mixup_fit(model, &desc));
    return model;
}

/* The largest difference of the losses of an epoch, on mixed and on unseen samples. */
static double curve_distance(const training_history *a, const training_history *b) {
    double most = 0.0;
    for (size_t e = 1; e <= EPOCHS; e++) {
        most = fmax(most, fabs(a->epoch[e].train_loss - b->epoch[e].train_loss));
        most = fmax(most, fabs(a->epoch[e].validation_loss - b->epoch[e].validation_loss));
    }
    return most;
}

static void check_learning(const layers *of) {
    scene s = make_scene(of);
    training_history floats = {0}, rounded = {0}, other = {0};
    mixup_model_destroy(train(&s, MIXUP_PRECISION_F32, 5, &floats));
    mixup_model_destroy(train(&s, MIXUP_PRECISION_BF16, 5, &rounded));
    mixup_model_destroy(train(&s, MIXUP_PRECISION_F32, 6, &other));
    const double distance = curve_distance(&floats, &rounded);
    const double noise = curve_distance(&floats, &other); /* other initial weights alone */
    if (!(distance > 0.0 && distance <= 0.5 * noise))
        fail_msg("the losses are %g from those of floats; other initial weights change them by %g", distance,
                 noise);
    const mixup_epoch *last = &floats.epoch[EPOCHS];
    assert_true(last->validation_accuracy >= 0.9); /* chance: 0.25 */
    expect_near(rounded.epoch[EPOCHS].validation_accuracy, last->validation_accuracy, 3.0 / TEST);
    scene_end(&s);
}

static void it_learns_what_floats_learn(void **state) {
    (void)state;
    bf16_or_skip();
    for (size_t i = 0; i < MIXUP_COUNT(NETWORKS); i++)
        check_learning(&NETWORKS[i]);
}

static void check_resume(const layers *of) {
    scene s = make_scene(of);
    temporary_folder folder;
    temporary_folder_make(&folder);
    s.desc.epochs = 2;
    training_history whole = {0}, stopped = {.stop_at = 8}, rest = {0};
    mixup_model *expected = train(&s, MIXUP_PRECISION_BF16, 5, &whole);
    s.desc.checkpoint =
        (mixup_checkpoint_desc){.path = temporary_file(&folder, "checkpoint"), .resume = true};
    mixup_model_destroy(train(&s, MIXUP_PRECISION_BF16, 5, &stopped));
    mixup_model *resumed = train(&s, MIXUP_PRECISION_BF16, 7, &rest);
    assert_int_equal(stopped.steps, 8);
    assert_int_equal(rest.steps, whole.steps - 8);
    training_expect_same(resumed, expected);
    mixup_model_destroy(resumed);
    mixup_model_destroy(expected);
    temporary_folder_remove(&folder);
    scene_end(&s);
}

static void a_stopped_training_goes_on_to_the_same_bits(void **state) {
    (void)state;
    bf16_or_skip();
    for (size_t i = 0; i < MIXUP_COUNT(NETWORKS); i++)
        check_resume(&NETWORKS[i]);
}

/* Saved in float whatever it was trained in; loaded, it predicts in what was asked for. */
static void a_loaded_model_predicts_in_either_precision(void **state) {
    (void)state;
    bf16_or_skip();
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "model.safetensors");
    mixup_model *models[3] = {new_model(&NETWORKS[0], MIXUP_PRECISION_BF16, 5)};
    network_ok(mixup_model_save(models[0], path));
    network_ok(mixup_model_load(&models[1], path,
                                &(mixup_load_desc){.precision = MIXUP_PRECISION_BF16, .threads = 1}));
    network_ok(mixup_model_load(&models[2], path, &(mixup_load_desc){.threads = 1}));
    float inputs[IMAGE], outputs[3][CLASSES];
    network_uniform(9, 0, -1.0, 1.0, IMAGE, inputs);
    for (int i = 0; i < 3; i++) {
        network_ok(mixup_predict(models[i], 1, inputs, outputs[i]));
        mixup_model_destroy(models[i]);
    }
    assert_memory_equal(outputs[0], outputs[1], sizeof outputs[0]);
    assert_memory_not_equal(outputs[0], outputs[2], sizeof outputs[0]);
    for (int c = 0; c < CLASSES; c++)
        expect_near(outputs[2][c], outputs[0][c], 0.02);
    temporary_folder_remove(&folder);
}

static void who_cannot_refuses_and_says_why(void **state) {
    (void)state;
    mixup_model_desc desc = describe(&NETWORKS[0], MIXUP_PRECISION_BF16, 5);
    mixup_model *model = NULL;
    desc.engine = MIXUP_ENGINE_REFERENCE;
    training_refused(mixup_model_create(&model, &desc), MIXUP_ERROR_UNSUPPORTED,
                     "reference computes in f32 only");
    desc.precision = (mixup_precision)2;
    training_refused(mixup_model_create(&model, &desc), MIXUP_ERROR_ARGUMENT, "no mixup_precision");
    assert_null(model);
    if (bf16_status() == MIXUP_OK)
        return;
    desc = describe(&NETWORKS[0], MIXUP_PRECISION_BF16, 5);
    training_refused(mixup_model_create(&model, &desc), MIXUP_ERROR_UNSUPPORTED, "f32");
    assert_null(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns_what_floats_learn),
        cmocka_unit_test(a_stopped_training_goes_on_to_the_same_bits),
        cmocka_unit_test(a_loaded_model_predicts_in_either_precision),
        cmocka_unit_test(who_cannot_refuses_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
