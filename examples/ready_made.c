/* A ready-made network: a narrow PreActResNet-18 that tells images with a bright upper half from images with
 * a bright lower half, trained with Manifold Mixup between its stages.
 *
 *     cc ready_made.c $(pkg-config --cflags --libs mixup) -o ready_made
 *
 * mixup_network_create gives a list of layers like any other, so it may be changed before a model is made. */
#include <mixup.h>

#include <stdio.h>

enum { SIDE = 16, PIXELS = SIDE * SIDE, COUNT = 64, CLASSES = 2 };

/* Noise, brighter in one half. */
static void draw_images(float images[COUNT][PIXELS], int32_t labels[COUNT]) {
    unsigned random = 1;
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % CLASSES;
        for (int p = 0; p < PIXELS; p++) {
            random = random * 1664525u + 1013904223u;
            const int half = p / (PIXELS / 2);
            images[i][p] = (float)(random >> 8) / 16777216.0f + (half == labels[i] ? 0.4f : 0.0f);
        }
    }
}

static mixup_status make_model(mixup_model **model) {
    mixup_network *network = NULL;
    mixup_status s = mixup_network_create(&network, &(mixup_network_desc){.kind = MIXUP_PREACT_RESNET,
                                                                          .input = {1, SIDE, SIDE},
                                                                          .classes = CLASSES,
                                                                          .depth = 18,
                                                                          .width = 4});
    if (s == MIXUP_OK)
        s = mixup_model_create(model, &(mixup_model_desc){.input = {1, SIDE, SIDE},
                                                          .layers = network->layers,
                                                          .layer_count = network->layer_count,
                                                          .threads = 1});
    mixup_network_destroy(network); /* the model has copied what it needs */
    return s;
}

int main(void) {
    static float images[COUNT][PIXELS];
    static int32_t labels[COUNT];
    const char *const sites[] = {"input", "after_stage1", "after_stage2"};
    mixup_dataset *set = NULL;
    mixup_model *model = NULL;
    mixup_metrics metrics = {0};
    draw_images(images, labels);
    mixup_status s = mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = images,
                                                                          .count = COUNT,
                                                                          .shape = {1, SIDE, SIDE},
                                                                          .labels = labels,
                                                                          .class_count = CLASSES});
    if (s == MIXUP_OK)
        s = make_model(&model);
    if (s == MIXUP_OK)
        s = mixup_fit(model,
                      &(mixup_fit_desc){.train = set,
                                        .epochs = 15,
                                        .batch_size = 16,
                                        .mix = {.alpha = 2.0f, .at = sites, .at_count = MIXUP_COUNT(sites)},
                                        .optimizer = {.kind = MIXUP_NESTEROV, .learning_rate = 0.02f}});
    if (s == MIXUP_OK)
        s = mixup_evaluate(model, set, NULL, &metrics);
    if (s == MIXUP_OK)
        printf("accuracy %.3f\n", metrics.accuracy);
    else
        fprintf(stderr, "ready_made: %s\n", mixup_last_error());
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
    return s == MIXUP_OK && metrics.accuracy > 0.9 ? 0 : 1;
}
