/* fit: it learns, and each setting does what mixup.h says. What a training measures on the way (history,
 * callbacks) is in test_history.c. */
#include "train/training.h"

enum { FEATURES = 3, CLASSES = 3 };

static const mixup_layer plain_layers[] = {
    {.op = MIXUP_DENSE, .units = 5, .activation = MIXUP_TANH},
    {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH, .mix = true},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true},
};

static mixup_model *plain_model(void) {
    return training_model(MIXUP_ENGINE_REFERENCE, FEATURES, plain_layers, MIXUP_COUNT(plain_layers), 1);
}

static mixup_metrics trained(const mixup_layer *layers, size_t layer_count, size_t features,
                             const mixup_fit_desc *desc) {
    mixup_metrics worst = {.accuracy = 1.0, .r_squared = 1.0};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = training_model(network_engines[e], features, layers, layer_count, 1);
        mixup_metrics metrics;
        network_ok(mixup_fit(model, desc));
        network_ok(mixup_evaluate(model, desc->train, NULL, &metrics));
        worst.accuracy = fmin(worst.accuracy, metrics.accuracy);
        worst.r_squared = fmin(worst.r_squared, metrics.r_squared);
        mixup_model_destroy(model);
    }
    return worst;
}

/* ---- it learns */

static void it_learns_xor(void **state) {
    (void)state;
    static const float inputs[] = {0, 0, 0, 1, 1, 0, 1, 1};
    static const int32_t labels[] = {0, 1, 1, 0};
    static const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 8, .activation = MIXUP_TANH},
                                         {.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_SOFTMAX}};
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_arrays(
        &set, &(mixup_arrays_desc){.inputs = inputs, .count = 4, .shape = {2}, .labels = labels}));
    const mixup_fit_desc desc = {.train = set, .epochs = 200, .optimizer = {.learning_rate = 0.05f}};
    expect_near(trained(layers, 2, 2, &desc).accuracy, 1.0, 0.0);
    mixup_dataset_destroy(set);
}

static void it_learns_spirals_with_mixed_states(void **state) {
    (void)state;
    static const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 32, .activation = MIXUP_LEAKY_RELU},
        {.op = MIXUP_DENSE, .units = 32, .activation = MIXUP_LEAKY_RELU, .mix = true},
        {.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_SOFTMAX, .mix = true}};
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_spirals(
        &set, &(mixup_spirals_desc){.count_per_class = 200, .turn = 270, .noise = 0.3}));
    const mixup_fit_desc desc = {
        .train = set, .epochs = 60, .mix = {.alpha = 0.4f}, .optimizer = {.learning_rate = 0.01f}};
    assert_true(trained(layers, MIXUP_COUNT(layers), 2, &desc).accuracy > 0.97);
    mixup_dataset_destroy(set);
}

static void it_learns_a_linear_regression(void **state) {
    (void)state;
    enum { COUNT = 100 };
    float inputs[COUNT * 2], targets[COUNT * 2];
    network_uniform(1, 0, -1.0, 1.0, (size_t)COUNT * 2, inputs);
    for (size_t i = 0; i < COUNT; i++) {
        targets[2 * i] = 2.0f * inputs[2 * i] - inputs[2 * i + 1];
        targets[2 * i + 1] = 1.0f + 0.5f * inputs[2 * i + 1];
    }
    static const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 2}};
    mixup_dataset *set = training_rows(inputs, 2, targets, 2, COUNT);
    const char *at[] = {"input"};
    const mixup_fit_desc desc = {.train = set,
                                 .epochs = 100,
                                 .mix = {.alpha = 1.0f, .at = at, .at_count = 1},
                                 .optimizer = {.kind = MIXUP_NESTEROV, .learning_rate = 0.05f}};
    assert_true(trained(layers, 1, 2, &desc).r_squared > 0.999);
    mixup_dataset_destroy(set);
}

static void it_learns_several_labels_at_once(void **state) {
    (void)state;
    enum { COUNT = 100 };
    float inputs[COUNT * 2], targets[COUNT * 2];
    network_uniform(2, 0, -1.0, 1.0, (size_t)COUNT * 2, inputs);
    for (size_t i = 0; i < (size_t)COUNT * 2; i++)
        targets[i] = inputs[i] > 0.0f ? 1.0f : 0.0f;
    static const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_SIGMOID}};
    mixup_dataset *set = training_rows(inputs, 2, targets, 2, COUNT);
    const mixup_fit_desc desc = {
        .train = set, .epochs = 60, .optimizer = {.kind = MIXUP_RMSPROP, .learning_rate = 0.05f}};
    assert_true(trained(layers, 1, 2, &desc).accuracy > 0.97);
    mixup_dataset_destroy(set);
}

/* ---- settings that leave the numbers alone, and such that hold values fast */

static void expect_same_trainings(const mixup_fit_desc *desc, const mixup_fit_desc *other) {
    mixup_dataset *set = training_classes(20, FEATURES, CLASSES, 1);
    mixup_model *models[2] = {plain_model(), plain_model()};
    mixup_fit_desc both[2] = {*desc, *other};
    for (size_t i = 0; i < 2; i++) {
        both[i].train = set;
        both[i].epochs = 3;
        network_ok(mixup_fit(models[i], &both[i]));
    }
    training_expect_same(models[0], models[1]);
    mixup_model_destroy(models[0]);
    mixup_model_destroy(models[1]);
    mixup_dataset_destroy(set);
}

static void plain_probability_one_is_no_mixing(void **state) {
    (void)state;
    expect_same_trainings(&(mixup_fit_desc){.batch_size = 6},
                          &(mixup_fit_desc){.batch_size = 6,
                                            .mix = {.alpha = 1.0f, .plain_probability = 1.0f}});
}

static void plain_in_all_epochs_is_no_mixing(void **state) {
    (void)state;
    expect_same_trainings(&(mixup_fit_desc){.batch_size = 6},
                          &(mixup_fit_desc){.batch_size = 6, .mix = {.alpha = 1.0f, .plain_last_epochs = 9}});
}

static void a_batch_larger_than_the_set_is_the_set(void **state) {
    (void)state;
    expect_same_trainings(&(mixup_fit_desc){.batch_size = 20, .mix = {.alpha = 1.0f}},
                          &(mixup_fit_desc){.batch_size = 1000, .mix = {.alpha = 1.0f}});
}

static void clipping_above_every_gradient_changes_little(void **state) {
    (void)state;
    mixup_dataset *set = training_classes(20, FEATURES, CLASSES, 1);
    mixup_model *fused = plain_model(), *deferred = plain_model();
    network_ok(mixup_fit(fused, &(mixup_fit_desc){.train = set, .epochs = 3}));
    network_ok(
        mixup_fit(deferred, &(mixup_fit_desc){.train = set, .epochs = 3, .optimizer = {.clip_norm = 1e6f}}));
    size_t count = 0;
    float *values = training_parameters(fused, &count);
    float *others = training_parameters(deferred, NULL);
    for (size_t i = 0; i < count; i++) /* the two agree to rounding */
        expect_near(values[i], others[i], 1e-5);
    free(values);
    free(others);
    mixup_model_destroy(fused);
    mixup_model_destroy(deferred);
    mixup_dataset_destroy(set);
}

/* The change that one step of gradient descent with a rate of 1 makes: norm and largest value. */
static void change_of_one_step(const mixup_optimizer *given, double *norm, double *largest) {
    mixup_dataset *set = training_classes(20, FEATURES, CLASSES, 1);
    mixup_model *model = plain_model();
    mixup_fit_desc desc = {.train = set, .batch_size = 20, .optimizer = *given};
    desc.optimizer.kind = MIXUP_SGD;
    desc.optimizer.learning_rate = 1.0f;
    size_t count = 0;
    float *before = training_parameters(model, &count);
    network_ok(mixup_fit(model, &desc));
    float *after = training_parameters(model, NULL);
    double square = 0.0;
    *largest = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double change = (double)after[i] - (double)before[i];
        square += change * change;
        *largest = fmax(*largest, fabs(change));
    }
    *norm = sqrt(square);
    free(before);
    free(after);
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

static void clipping_limits_the_norm_or_each_value(void **state) {
    (void)state;
    double norm = 0.0, largest = 0.0;
    change_of_one_step(&(mixup_optimizer){0}, &norm, &largest);
    assert_true(norm > 0.1 && largest > 0.02); /* there is something to clip */
    change_of_one_step(&(mixup_optimizer){.clip_norm = 0.05f}, &norm, &largest);
    expect_near(norm, 0.05, 1e-5); /* PyTorch divides by the norm + 1e-6 */
    change_of_one_step(&(mixup_optimizer){.clip_value = 0.01f}, &norm, &largest);
    expect_near(largest, 0.01, 1e-7);
    assert_true(norm > 0.01);
}

static void frozen_parameters_keep_every_bit(void **state) {
    (void)state;
    static const mixup_optimizer optimizers[] = {
        {.kind = MIXUP_ADAMW, .weight_decay = 0.1f},
        {.kind = MIXUP_NESTEROV, .weight_decay = 0.1f, .clip_norm = 0.1f}};
    mixup_layer layers[MIXUP_COUNT(plain_layers)];
    memcpy(layers, plain_layers, sizeof layers);
    layers[1].frozen = true;
    mixup_dataset *set = training_classes(20, FEATURES, CLASSES, 1);
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t o = 0; o < MIXUP_COUNT(optimizers); o++) {
            mixup_model *model = training_model(network_engines[e], FEATURES, layers, MIXUP_COUNT(layers), 1);
            network_ok(mixup_parameter_freeze(model, "dense1.bias", true));
            float weight[2][20], bias[2][5], moved[2][15];
            for (size_t i = 0; i < 2; i++) {
                network_ok(mixup_parameter_read(model, "dense2.weight", weight[i], 20));
                network_ok(mixup_parameter_read(model, "dense1.bias", bias[i], 5));
                network_ok(mixup_parameter_read(model, "dense1.weight", moved[i], 15));
                if (i == 0)
                    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set,
                                                                  .epochs = 3,
                                                                  .batch_size = 6,
                                                                  .mix = {.alpha = 1.0f},
                                                                  .optimizer = optimizers[o],
                                                                  .average_decay = 0.5f}));
            }
            assert_memory_equal(weight[0], weight[1], sizeof weight[0]);
            assert_memory_equal(bias[0], bias[1], sizeof bias[0]);
            assert_memory_not_equal(moved[0], moved[1], sizeof moved[0]);
            mixup_model_destroy(model);
        }
    mixup_dataset_destroy(set);
}

static void the_average_of_the_weights_is_left_in_the_model(void **state) {
    (void)state;
    /* One step: the average is d w0 + (1 - d) w1. */
    mixup_dataset *set = training_classes(20, FEATURES, CLASSES, 1);
    mixup_model *models[2] = {plain_model(), plain_model()};
    size_t count = 0;
    float *before = training_parameters(models[0], &count);
    network_ok(mixup_fit(models[0], &(mixup_fit_desc){.train = set}));
    network_ok(mixup_fit(models[1], &(mixup_fit_desc){.train = set, .average_decay = 0.75f}));
    float *after = training_parameters(models[0], NULL);
    float *average = training_parameters(models[1], NULL);
    for (size_t i = 0; i < count; i++)
        expect_near(average[i], 0.75 * (double)before[i] + 0.25 * (double)after[i], 1e-7);
    free(before);
    free(after);
    free(average);
    mixup_model_destroy(models[0]);
    mixup_model_destroy(models[1]);
    mixup_dataset_destroy(set);
}

static void restore_best_ends_with_the_best_epoch(void **state) {
    (void)state;
    mixup_dataset *set = training_classes(30, FEATURES, CLASSES, 1);
    mixup_dataset *validation = training_classes(30, FEATURES, CLASSES, 2);
    mixup_model *model = plain_model();
    training_history history = {0};
    mixup_fit_result result;
    mixup_metrics metrics;
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set,
                                                  .validation = validation,
                                                  .epochs = 12,
                                                  .optimizer = {.learning_rate = 5.0f},
                                                  .schedule = {.warm_up_steps = 100}, /* ever faster */
                                                  .restore_best = true,
                                                  .on_epoch = training_on_epoch,
                                                  .user = &history,
                                                  .result = &result}));
    size_t best = 1;
    for (size_t e = 2; e <= 12; e++)
        best = history.epoch[e].validation_loss < history.epoch[best].validation_loss ? e : best;
    assert_in_range(best, 1, 11); /* the last epoch is not the best one, or the test shows nothing */
    assert_int_equal(result.best_epoch, best);
    network_ok(mixup_evaluate(model, validation, NULL, &metrics));
    expect_near(metrics.loss, history.epoch[best].validation_loss, 0.0);
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(validation);
}

/* ---- refusals, before anything happened */

static void refuse(const mixup_layer *layers, size_t layer_count, const mixup_fit_desc *desc,
                   mixup_status status, const char *part) {
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = training_model(network_engines[e], FEATURES, layers, layer_count, 1);
        size_t count = 0;
        float *before = training_parameters(model, &count);
        training_history history = {0};
        mixup_fit_result result = {.epochs = 77};
        mixup_fit_desc d = *desc;
        d.on_step = training_on_step;
        d.user = &history;
        d.result = &result;
        training_refused(mixup_fit(model, &d), status, part);
        float *after = training_parameters(model, NULL);
        assert_memory_equal(before, after, count * sizeof *before);
        assert_int_equal(history.steps, 0);
        assert_int_equal(result.epochs, 77);
        free(before);
        free(after);
        mixup_model_destroy(model);
    }
}

static void a_leftover_batch_of_one_is_refused_under_batch_norm(void **state) {
    (void)state;
    static const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4},
                                         {.op = MIXUP_BATCH_NORM, .activation = MIXUP_RELU, .name = "norm"},
                                         {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX}};
    mixup_dataset *set = training_classes(13, FEATURES, CLASSES, 1);
    refuse(layers, 3, &(mixup_fit_desc){.train = set, .batch_size = 4}, MIXUP_ERROR_SHAPE, "'norm'");
    refuse(layers, 3, &(mixup_fit_desc){.train = set, .batch_size = 1}, MIXUP_ERROR_SHAPE, "at least 2");
    refuse(layers, 3, &(mixup_fit_desc){.train = set, .batch_size = 1, .drop_last = true}, MIXUP_ERROR_SHAPE,
           "at least 2");
    mixup_model *model = training_model(MIXUP_ENGINE_REFERENCE, FEATURES, layers, 3, 1);
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set, .batch_size = 4, .drop_last = true}));
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set, .batch_size = 5}));
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

static void a_batch_of_one_image_trains_under_batch_norm(void **state) {
    (void)state;
    static const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 8},
                                         {.op = MIXUP_RESHAPE, .shape = {2, 2, 2}},
                                         {.op = MIXUP_BATCH_NORM,
                                          .activation = MIXUP_RELU}, /* four positions have a variance */
                                         {.op = MIXUP_GLOBAL_AVERAGE_POOL},
                                         {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX}};
    mixup_dataset *set = training_classes(5, FEATURES, CLASSES, 1);
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = training_model(network_engines[e], FEATURES, layers, MIXUP_COUNT(layers), 1);
        network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set, .batch_size = 4}));
        mixup_model_destroy(model);
    }
    mixup_dataset_destroy(set);
}

static void mixing_without_a_site_is_refused(void **state) {
    (void)state;
    static const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX}};
    mixup_dataset *set = training_classes(10, FEATURES, CLASSES, 1);
    refuse(layers, 1, &(mixup_fit_desc){.train = set, .mix = {.alpha = 1.0f}}, MIXUP_ERROR_ARGUMENT,
           "no site");
    mixup_dataset_destroy(set);
}

static void illegal_sites_are_refused_with_the_nearest_legal_ones(void **state) {
    (void)state;
    static const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 4, .name = "before"},
        {.op = MIXUP_DENSE, .units = 4, .name = "inside", .activation = MIXUP_RELU},
        {.op = MIXUP_DENSE, .units = 4, .name = "deeper"},
        {.op = MIXUP_ADD, .with = {"before"}, .name = "sum"},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .name = "after"}};
    mixup_dataset *set = training_classes(10, FEATURES, CLASSES, 1);
    const char *deeper[] = {"deeper"};
    const char *unknown[] = {"nowhere"};
    const char *none[] = {NULL};
    mixup_fit_desc desc = {.train = set, .mix = {.alpha = 1.0f, .at = deeper, .at_count = 1}};
    refuse(layers, MIXUP_COUNT(layers), &desc, MIXUP_ERROR_NETWORK, "mix.at[0]");
    refuse(layers, MIXUP_COUNT(layers), &desc, MIXUP_ERROR_NETWORK, "'sum'");
    refuse(layers, MIXUP_COUNT(layers), &desc, MIXUP_ERROR_NETWORK, "'after'");
    desc.mix.at = unknown;
    refuse(layers, MIXUP_COUNT(layers), &desc, MIXUP_ERROR_NOT_FOUND, "'nowhere'");
    desc.mix.at = none;
    refuse(layers, MIXUP_COUNT(layers), &desc, MIXUP_ERROR_ARGUMENT, "mix.at[0]");
    mixup_layer flagged[MIXUP_COUNT(layers)];
    memcpy(flagged, layers, sizeof flagged);
    flagged[2].mix = true;
    mixup_model *model = NULL; /* a flag on an illegal site is found when the model is made, or trained */
    mixup_status status = mixup_model_create(&model, &(mixup_model_desc){.input = {FEATURES},
                                                                         .layers = flagged,
                                                                         .layer_count = MIXUP_COUNT(flagged),
                                                                         .engine = MIXUP_ENGINE_REFERENCE});
    if (status == MIXUP_OK)
        status = mixup_fit(model, &(mixup_fit_desc){.train = set, .mix = {.alpha = 1.0f}});
    training_refused(status, MIXUP_ERROR_NETWORK, "layers[2]");
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

static void settings_out_of_range_are_refused_by_name(void **state) {
    (void)state;
    mixup_dataset *set = training_classes(10, FEATURES, CLASSES, 1);
    mixup_dataset *other = training_classes(10, FEATURES, CLASSES + 1, 1);
    const char *at[] = {"input", "dense2"};
    const float weights[] = {1.0f, -1.0f}, zeros[] = {0.0f, 0.0f};
    const float class_weights[] = {1.0f, 0.0f, 1.0f};
    const struct {
        mixup_fit_desc desc;
        mixup_status status;
        const char *part;
    } cases[] = {
        {{.label_smoothing = 1.0f}, MIXUP_ERROR_ARGUMENT, "label_smoothing"},
        {{.label_smoothing = -0.1f}, MIXUP_ERROR_ARGUMENT, "label_smoothing"},
        {{.label_smoothing = NAN}, MIXUP_ERROR_ARGUMENT, "label_smoothing"},
        {{.average_decay = 1.0f}, MIXUP_ERROR_ARGUMENT, "average_decay"},
        {{.early_stopping = 1}, MIXUP_ERROR_ARGUMENT, "early_stopping"},
        {{.restore_best = true}, MIXUP_ERROR_ARGUMENT, "restore_best"},
        {{.batch_size = 11, .drop_last = true}, MIXUP_ERROR_ARGUMENT, "drop_last"},
        {{.mix = {.alpha = -1.0f}}, MIXUP_ERROR_ARGUMENT, "mix.alpha"},
        {{.mix = {.alpha = NAN}}, MIXUP_ERROR_ARGUMENT, "mix.alpha"},
        {{.mix = {.alpha = 1.0f, .plain_probability = 2.0f}}, MIXUP_ERROR_ARGUMENT, "mix.plain_probability"},
        {{.mix = {.alpha = 1.0f, .at = at, .at_count = 2, .weights = weights}},
         MIXUP_ERROR_ARGUMENT,
         "mix.weights[1]"},
        {{.mix = {.alpha = 1.0f, .at = at, .at_count = 2, .weights = zeros}},
         MIXUP_ERROR_ARGUMENT,
         "mix.weights"},
        {{.mix = {.alpha = 1.0f, .weights = weights}}, MIXUP_ERROR_ARGUMENT, "mix.weights needs mix.at"},
        {{.mix = {.alpha = 1.0f, .at_count = 2}}, MIXUP_ERROR_ARGUMENT, "mix.at is NULL"},
        {{.class_weights = class_weights, .class_weight_count = 2},
         MIXUP_ERROR_ARGUMENT,
         "class_weight_count"},
        {{.class_weights = class_weights, .class_weight_count = 3}, MIXUP_ERROR_ARGUMENT, "class_weights[1]"},
        {{.optimizer = {.learning_rate = -1.0f}}, MIXUP_ERROR_ARGUMENT, "learning_rate"},
        {{.optimizer = {.clip_norm = NAN}}, MIXUP_ERROR_ARGUMENT, "clip_norm"},
        {{.loss = MIXUP_MEAN_SQUARED_ERROR}, MIXUP_ERROR_NETWORK, "mean_squared_error"},
        {{.loss = MIXUP_LOSS_COUNT}, MIXUP_ERROR_ARGUMENT, "mixup_loss"},
        {{.train = other}, MIXUP_ERROR_SHAPE, "training data"},
        {{.validation = other}, MIXUP_ERROR_SHAPE, "validation data"},
    };
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
        mixup_fit_desc desc = cases[c].desc;
        desc.train = desc.train != NULL ? desc.train : set;
        refuse(plain_layers, MIXUP_COUNT(plain_layers), &desc, cases[c].status, cases[c].part);
    }
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(other);
}

static void targets_that_are_no_probabilities_are_refused(void **state) {
    (void)state;
    static const mixup_layer softmax[] = {{.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_SOFTMAX}};
    static const mixup_layer sigmoid[] = {{.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_SIGMOID}};
    static const mixup_layer linear[] = {{.op = MIXUP_DENSE, .units = 2}};
    static const struct {
        const mixup_layer *layers;
        float row[2]; /* of sample 2; the others are 0.25, 0.75 */
        const char *part;
    } cases[] = {
        {softmax, {0.25f, 0.7502f}, NULL},
        {softmax, {0.25f, 0.752f}, "targets of sample 2 (from 0) sum to 1.002"},
        {softmax, {1.0f, 1.0f}, "sum to 1"},
        {softmax, {-0.5f, 1.5f}, "sample 2, target 0 (both from 0) is -0.5"},
        {sigmoid, {1.0f, 0.0f}, NULL},
        {sigmoid, {0.0f, 1.5f}, "sample 2, target 1 (both from 0) is 1.5"},
        {sigmoid, {-1.0f, 0.0f}, "sample 2, target 0 (both from 0) is -1"},
        {linear, {-7.0f, 8.0f}, NULL},
    };
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
        float inputs[4 * FEATURES] = {0}, targets[8];
        for (size_t i = 0; i < 8; i++)
            targets[i] = i / 2 == 2 ? cases[c].row[i % 2] : (i % 2 == 0 ? 0.25f : 0.75f);
        mixup_dataset *bad = training_rows(inputs, FEATURES, targets, 2, 4);
        mixup_dataset *good = training_rows(inputs, FEATURES, targets, 2, 2);
        mixup_model *model = training_model(MIXUP_ENGINE_REFERENCE, FEATURES, cases[c].layers, 1, 1);
        mixup_metrics metrics;
        if (cases[c].part != NULL) {
            refuse(cases[c].layers, 1, &(mixup_fit_desc){.train = bad}, MIXUP_ERROR_DATA, cases[c].part);
            refuse(cases[c].layers, 1, &(mixup_fit_desc){.train = good, .validation = bad}, MIXUP_ERROR_DATA,
                   "validation data");
            training_refused(mixup_evaluate(model, bad, NULL, &metrics), MIXUP_ERROR_DATA, cases[c].part);
        } else {
            network_ok(mixup_fit(model, &(mixup_fit_desc){.train = bad, .validation = bad}));
            network_ok(mixup_evaluate(model, bad, NULL, &metrics));
        }
        mixup_model_destroy(model);
        mixup_dataset_destroy(bad);
        mixup_dataset_destroy(good);
    }
}

static void values_that_are_not_finite_stop_with_the_step(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    char path[320], message[32];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "checkpoint"));
    float inputs[12] = {0}, targets[12] = {0};
    inputs[7] = 1e30f; /* one sample of twelve, its square no float */
    static const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 1, .initial = MIXUP_CONSTANT, .initial_value = 1e30f}};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_dataset *set = training_rows(inputs, 1, targets, 1, 12);
        mixup_model *model = training_model(network_engines[e], 1, layers, 1, 1);
        training_history history = {0};
        const mixup_fit_desc desc = {.train = set,
                                     .batch_size = 3,
                                     .no_shuffle = true,
                                     .on_step = training_on_step,
                                     .user = &history,
                                     .checkpoint = {.path = path, .every_steps = 2}};
        snprintf(message, sizeof message, "step %d ", 3); /* samples 6, 7, 8 */
        training_refused(mixup_fit(model, &desc), MIXUP_ERROR_NOT_FINITE, message);
        assert_int_equal(history.steps, 2);
        assert_int_equal(access(path, F_OK), 0); /* that of step 2 */
        unlink(path);
        mixup_model_destroy(model);
        mixup_dataset_destroy(set);
    }
    temporary_folder_remove(&folder);
}

/* Trains y = w x on one sample ; `weight` gets the w that it left. */
static mixup_status diverge(mixup_engine kind, mixup_dataset *set, mixup_fit_desc desc, double *weight) {
    static const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 1, .no_bias = true, .initial = MIXUP_CONSTANT, .initial_value = 0.5f}};
    mixup_model *model = training_model(kind, 1, layers, 1, 1);
    float value = 0.0f;
    desc.train = set;
    const mixup_status status = mixup_fit(model, &desc);
    network_ok(mixup_parameter_read(model, "dense1.weight", &value, 1));
    *weight = (double)value;
    mixup_model_destroy(model);
    return status;
}

static bool stop_at_once(void *user, const mixup_step *step) {
    (void)user, (void)step;
    return true;
}

static void an_update_that_leaves_no_number_is_no_result(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    char path[320];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "checkpoint"));
    const float one = 1.0f, large = 1e5f, larger = 1e20f;
    const mixup_optimizer wild = {.kind = MIXUP_SGD, .learning_rate = 1e30f};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_dataset *mild = training_rows(&one, 1, &one, 1, 1);
        mixup_dataset *far = training_rows(&larger, 1, &one, 1, 1);
        mixup_dataset *steep = training_rows(&large, 1, &large, 1, 1); /* gradient -1e10 */
        double weight = 0.0;
        const mixup_fit_desc cases[] = {
            {.epochs = 1},
            {.epochs = 2, .validation = mild, .restore_best = true},
            {.epochs = 1, .on_step = stop_at_once},
            {.epochs = 1, .average_decay = 0.5f, .checkpoint = {.path = path}},
            {.epochs = 1, .checkpoint = {.path = path, .every_steps = 1}},
        };
        for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
            mixup_fit_desc desc = cases[c];
            desc.optimizer = wild;
            training_refused(diverge(network_engines[e], steep, desc, &weight), MIXUP_ERROR_NOT_FINITE,
                             "after step 1 the values of 'dense1.weight'");
            assert_true(!isfinite(weight));
            assert_true(access(path, F_OK) != 0);
        }
        mixup_fit_desc desc = {.optimizer = wild, .validation = far, .restore_best = true};
        desc.checkpoint.path = path; /* w = 1e30 is a number, but w x is none */
        training_refused(diverge(network_engines[e], mild, desc, &weight), MIXUP_ERROR_NOT_FINITE,
                         "the validation loss after step 1");
        assert_true(isfinite(weight) != 0);
        assert_true(access(path, F_OK) != 0);
        mixup_dataset_destroy(mild);
        mixup_dataset_destroy(far);
        mixup_dataset_destroy(steep);
    }
    temporary_folder_remove(&folder);
}

static void a_checkpoint_that_cannot_be_written_ends_the_training(void **state) {
    (void)state;
    mixup_dataset *set = training_classes(10, FEATURES, CLASSES, 1);
    mixup_model *model = plain_model();
    training_refused(mixup_fit(model,
                               &(mixup_fit_desc){.train = set, .checkpoint = {.path = "/nowhere/at/all"}}),
                     MIXUP_ERROR_IO, "/nowhere/at/all");
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set})); /* and the model is still good */
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns_xor),
        cmocka_unit_test(it_learns_spirals_with_mixed_states),
        cmocka_unit_test(it_learns_a_linear_regression),
        cmocka_unit_test(it_learns_several_labels_at_once),
        cmocka_unit_test(plain_probability_one_is_no_mixing),
        cmocka_unit_test(plain_in_all_epochs_is_no_mixing),
        cmocka_unit_test(a_batch_larger_than_the_set_is_the_set),
        cmocka_unit_test(clipping_above_every_gradient_changes_little),
        cmocka_unit_test(clipping_limits_the_norm_or_each_value),
        cmocka_unit_test(frozen_parameters_keep_every_bit),
        cmocka_unit_test(the_average_of_the_weights_is_left_in_the_model),
        cmocka_unit_test(restore_best_ends_with_the_best_epoch),
        cmocka_unit_test(a_leftover_batch_of_one_is_refused_under_batch_norm),
        cmocka_unit_test(a_batch_of_one_image_trains_under_batch_norm),
        cmocka_unit_test(mixing_without_a_site_is_refused),
        cmocka_unit_test(illegal_sites_are_refused_with_the_nearest_legal_ones),
        cmocka_unit_test(settings_out_of_range_are_refused_by_name),
        cmocka_unit_test(targets_that_are_no_probabilities_are_refused),
        cmocka_unit_test(values_that_are_not_finite_stop_with_the_step),
        cmocka_unit_test(an_update_that_leaves_no_number_is_no_result),
        cmocka_unit_test(a_checkpoint_that_cannot_be_written_ends_the_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
