/* A network with layers of many kinds, trained on a few samples with named classes, and saved. */
#ifndef TESTS_TRAIN_SAVED_MODEL_H
#define TESTS_TRAIN_SAVED_MODEL_H

#include "train/training.h"

enum { FEATURES = 4, CLASSES = 3, COUNT = 9 };

static const mixup_layer layers[] = {
    {.op = MIXUP_RESHAPE, .shape = {2, 2}},
    {.op = MIXUP_FLATTEN},
    {.op = MIXUP_DENSE, .units = 5, .activation = MIXUP_LEAKY_RELU, .slope = 0.3f, .name = "hidden"},
    {.op = MIXUP_BATCH_NORM, .activation = MIXUP_ELU, .slope = 0.7f, .momentum = 0.3f},
    {.op = MIXUP_DROPOUT, .rate = 0.25f},
    {.op = MIXUP_DENSE, .units = 5, .no_bias = true, .frozen = true, .initial = MIXUP_HE_NORMAL},
    {.op = MIXUP_CONCAT, .with = {"hidden"}},
    {.op = MIXUP_LAYER_NORM, .epsilon = 0.01f, .mix = true},
    {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.2f},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true},
};

typedef struct scene {
    temporary_folder folder;
    char path[320];
    mixup_dataset *set;
    mixup_model *model; /* trained, and saved as `path` */
} scene;

static inline mixup_dataset *named_classes(void) {
    float inputs[COUNT * FEATURES];
    static const int32_t labels[COUNT] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
    static const char *const names[] = {"cat", "dog", "\"ox\", käse"};
    mixup_dataset *set = NULL;
    network_uniform(1, 0, -3.0, 5.0, (size_t)COUNT * FEATURES, inputs);
    network_ok(mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = inputs,
                                                                    .count = COUNT,
                                                                    .shape = {FEATURES},
                                                                    .scale = 3.0,
                                                                    .labels = labels,
                                                                    .class_count = CLASSES,
                                                                    .class_names = names}));
    network_ok(mixup_dataset_standardize(set, set));
    return set;
}

static inline void scene_begin(scene *s, mixup_engine kind) {
    temporary_folder_make(&s->folder);
    snprintf(s->path, sizeof s->path, "%s", temporary_file(&s->folder, "model.safetensors"));
    s->set = named_classes();
    s->model = training_model(kind, FEATURES, layers, MIXUP_COUNT(layers), 1);
    network_ok(mixup_fit(s->model, &(mixup_fit_desc){.train = s->set,
                                                     .epochs = 2,
                                                     .batch_size = 3,
                                                     .loss = MIXUP_SOFTMAX_BINARY,
                                                     .mix = {.alpha = 1.0f}}));
    network_ok(mixup_model_save(s->model, s->path));
}

static inline void scene_end(scene *s) {
    mixup_model_destroy(s->model);
    mixup_dataset_destroy(s->set);
    temporary_folder_remove(&s->folder);
}

static inline mixup_model *load(const char *path, mixup_engine kind) {
    mixup_model *model = NULL;
    network_ok(mixup_model_load(&model, path, &(mixup_load_desc){.engine = kind, .threads = 1}));
    return model;
}

#endif
