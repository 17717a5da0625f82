/* bench/load: images per second from a folder of JPEG files to batches. Prints one JSON object.
 *
 *   bench_load FOLDER [--threads N]
 *
 * Two numbers: the first epoch with the opening of the data set, which decodes every image, and a later
 * epoch, whose images are in memory. Batches of 100 with random flips and padded crops go into a network that
 * adds next to nothing: a mean over positions and one dense layer. N threads prepare batches; the decoding is
 * done by one. What a newcomer would get wrong: to compare the later epoch with a loader that decodes in
 * every epoch without saying so. */
#include "timing.h"

#include <mixup.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 100, EPOCHS = 4 };

typedef struct clock_watch {
    double ended[EPOCHS];
    size_t count;
} clock_watch;

static bool note_epoch(void *user, const mixup_epoch *epoch) {
    (void)epoch;
    clock_watch *watch = user;
    if (watch->count < EPOCHS)
        watch->ended[watch->count++] = timing_wall();
    return false;
}

/* Opens the folder and trains; `watch` gets the end of each epoch. */
static mixup_status run(const char *folder, size_t threads, clock_watch *watch, size_t *images) {
    mixup_dataset *set = NULL;
    mixup_model *model = NULL;
    mixup_status s = mixup_dataset_from_images(&set, &(mixup_images_desc){.path = folder, .scale = 255.0});
    if (s != MIXUP_OK)
        return s;
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    *images = info.count;
    const mixup_layer layers[] = {
        {.op = MIXUP_GLOBAL_AVERAGE_POOL},
        {.op = MIXUP_DENSE, .units = info.class_count, .activation = MIXUP_SOFTMAX}};
    mixup_model_desc desc = {.layers = layers, .layer_count = MIXUP_COUNT(layers), .threads = 1};
    memcpy(desc.input, info.shape, sizeof desc.input);
    s = mixup_model_create(&model, &desc);
    if (s == MIXUP_OK)
        s = mixup_fit(model, &(mixup_fit_desc){.train = set,
                                               .epochs = EPOCHS,
                                               .batch_size = BATCH,
                                               .load_threads = threads,
                                               .augment = {.horizontal_flip = true, .crop_padding = 4},
                                               .on_epoch = note_epoch,
                                               .user = watch});
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
    return s;
}

int main(int count, char **words) {
    const double started = timing_wall();
    unsigned long threads = 1;
    if (count == 4 && strcmp(words[2], "--threads") == 0)
        threads = strtoul(words[3], NULL, 10);
    if ((count != 2 && count != 4) || threads < 1 || threads > 64) {
        fprintf(stderr, "usage: bench_load FOLDER [--threads N]   N from 1 to 64\n");
        return 2;
    }
    clock_watch watch = {.count = 0};
    size_t images = 0;
    const mixup_status s = run(words[1], threads, &watch, &images);
    if (s != MIXUP_OK) {
        fprintf(stderr, "bench_load: %s: %s\n", mixup_status_name(s), mixup_last_error());
        return 1;
    }
    const double later = (watch.ended[EPOCHS - 1] - watch.ended[0]) / (EPOCHS - 1);
    printf("{\"images\": %zu, \"threads\": %lu, \"first_epoch\": %.1f, \"later_epoch\": %.1f, "
           "\"peak_memory_bytes\": %zu}\n",
           images, threads, (double)images / (watch.ended[0] - started), (double)images / later,
           timing_peak_memory());
    return 0;
}
