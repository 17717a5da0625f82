/* tests/train/training: small data sets, models and trainings in few lines.
 *
 * Anything that fails fails the test. Models have one thread unless a test says otherwise: the machines that
 * run the tests are shared, and waiting threads of OpenMP are what makes them slow. */
#ifndef TRAIN_TRAINING_H
#define TRAIN_TRAINING_H

#include "support/network.h"
#include "support/temporary_folder.h"

enum { TRAINING_MAX_EPOCHS = 64 };

static inline void training_expect_message(const char *part) {
    if (strstr(mixup_last_error(), part) == NULL)
        fail_msg("the message '%s' does not hold '%s'", mixup_last_error(), part);
}

/* Refused with `status` and a message that holds `part`. */
static inline void training_refused(mixup_status status, mixup_status expected, const char *part) {
    network_expect(status, expected);
    training_expect_message(part);
}

/* `count` samples of `features` values in (-1, 1); class c is shifted by 1.5 in feature c. */
static inline mixup_dataset *training_classes(size_t count, size_t features, size_t classes, uint64_t seed) {
    float *inputs = network_values(count * features);
    int32_t *labels = calloc(count, sizeof *labels);
    assert_non_null(labels);
    network_uniform(seed, 0, -1.0, 1.0, count * features, inputs);
    for (size_t i = 0; i < count; i++) {
        labels[i] = (int32_t)(i * 7 % classes);
        inputs[i * features + (size_t)labels[i] % features] += 1.5f;
    }
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = inputs,
                                                                    .count = count,
                                                                    .shape = {features},
                                                                    .labels = labels,
                                                                    .class_count = classes}));
    free(inputs);
    free(labels);
    return set;
}

/* Rows of inputs [count][features] with rows of targets [count][columns]. */
static inline mixup_dataset *training_rows(const float *inputs, size_t features, const float *targets,
                                           size_t columns, size_t count) {
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = inputs,
                                                                    .count = count,
                                                                    .shape = {features},
                                                                    .targets = targets,
                                                                    .target_count = columns}));
    return set;
}

/* A model of one thread for samples of `features` values. */
static inline mixup_model *training_model(mixup_engine kind, size_t features, const mixup_layer *layers,
                                          size_t layer_count, uint64_t seed) {
    mixup_model *model = NULL;
    network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {features},
                                                              .layers = layers,
                                                              .layer_count = layer_count,
                                                              .seed = seed,
                                                              .engine = kind,
                                                              .threads = 1}));
    return model;
}

/* All parameters and buffers one after another, to be freed; `count` may be NULL. */
static inline float *training_parameters(mixup_model *model, size_t *count) {
    size_t total = 0;
    mixup_parameter_info info;
    for (size_t p = 0; p < mixup_parameter_count(model); p++) {
        network_ok(mixup_parameter_at(model, p, &info));
        total += info.count;
    }
    float *values = network_values(total);
    float *next = values;
    for (size_t p = 0; p < mixup_parameter_count(model); p++) {
        network_ok(mixup_parameter_at(model, p, &info));
        network_ok(mixup_parameter_read(model, info.name, next, info.count));
        next += info.count;
    }
    if (count != NULL)
        *count = total;
    return values;
}

/* Both models hold the same bits. */
static inline void training_expect_same(mixup_model *model, mixup_model *expected) {
    size_t count = 0, expected_count = 0;
    float *values = training_parameters(model, &count);
    float *expected_values = training_parameters(expected, &expected_count);
    assert_int_equal(count, expected_count);
    assert_memory_equal(values, expected_values, count * sizeof *values);
    free(values);
    free(expected_values);
}

/* What the callbacks of a training saw; give it as .user. */
typedef struct training_history {
    uint64_t stop_at;                           /* step after which on_step stops; 0: never */
    size_t stop_epoch;                          /* epoch after which on_epoch stops; 0: never */
    size_t steps, epochs;                       /* seen */
    mixup_epoch epoch[TRAINING_MAX_EPOCHS + 1]; /* by number */
} training_history;

static inline bool training_on_step(void *user, const mixup_step *step) {
    training_history *history = user;
    history->steps++;
    return step->step == history->stop_at;
}

static inline bool training_on_epoch(void *user, const mixup_epoch *epoch) {
    training_history *history = user;
    assert_in_range(epoch->epoch, 1, TRAINING_MAX_EPOCHS);
    history->epochs++;
    history->epoch[epoch->epoch] = *epoch;
    return epoch->epoch == history->stop_epoch;
}

#endif
