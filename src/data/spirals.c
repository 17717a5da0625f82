/* data/spirals: the two interleaved spirals of the original implementation, generated. */
#include "data/draft.h"
#include "random/stream.h"

#include <math.h>

/* Items of the stream RANDOM_SYNTHETIC. */
enum { SPIRALS_POINTS, SPIRALS_ORDER };

static const double pi = 3.14159265358979323846;

/* Point `number` of class 0. The uniforms are drawn in the order n, x, y. */
static void spiral_point(const mixup_spirals_desc *desc, uint32_t number, float point[2]) {
    random_stream stream = random_open(desc->seed, RANDOM_SYNTHETIC, SPIRALS_POINTS, 0, 0, number);
    const double turn = desc->turn > 0.0 ? desc->turn : 780.0;
    const double noise = desc->noise > 0.0 ? desc->noise : 0.9;
    const double n = sqrt(random_uniform(&stream)) * turn * 2.0 * pi / 360.0;
    const double x_noise = random_uniform(&stream) * noise;
    const double y_noise = random_uniform(&stream) * noise;
    point[0] = (float)(-cos(n) * n + x_noise);
    point[1] = (float)(sin(n) * n + y_noise);
}

/* `order` [2 × per_class]: where the sample goes; those of class 0 come first in it. */
static void place_points(const mixup_spirals_desc *desc, size_t per_class, const uint32_t *order,
                         float *points /* [2 × per_class][2] */, int32_t *labels /* [2 × per_class] */) {
    for (size_t i = 0; i < per_class; i++) {
        float point[2];
        spiral_point(desc, (uint32_t)i, point);
        const size_t first = order[i];
        const size_t second = order[per_class + i];
        points[2 * first] = point[0];
        points[2 * first + 1] = point[1];
        points[2 * second] = -point[0];
        points[2 * second + 1] = -point[1];
        labels[first] = 0;
        labels[second] = 1;
    }
}

static mixup_status fill(dataset_draft *draft, const mixup_spirals_desc *desc) {
    dataset_storage *storage = draft->storage;
    const size_t per_class = desc->count_per_class > 0 ? desc->count_per_class : 2000;
    if (per_class > UINT32_MAX / 2)
        return error(MIXUP_ERROR_ARGUMENT, "count_per_class: %zu, at most %u are possible", per_class,
                     (unsigned)(UINT32_MAX / 2));
    if (!isfinite(desc->turn) || desc->turn < 0.0 || !isfinite(desc->noise) || desc->noise < 0.0)
        return error(MIXUP_ERROR_ARGUMENT, "turn %g, noise %g: must be positive numbers", desc->turn,
                     desc->noise);
    MIXUP_TRY(preprocess_set_shape(draft->preprocess, &(shape){.rank = 1, .sizes = {2}}));
    MIXUP_TRY(preprocess_set_classes(draft->preprocess, NULL, 2));
    float *points = NULL;
    int32_t *labels = NULL;
    uint32_t *order = NULL;
    storage->count = 2 * per_class;
    storage->type = MIXUP_FLOAT32;
    MIXUP_TRY(MEMORY_NEW(&storage->allocator, points, 2 * storage->count));
    storage->inputs = points;
    MIXUP_TRY(MEMORY_NEW(&storage->allocator, labels, storage->count));
    storage->labels = labels;
    MIXUP_TRY(MEMORY_NEW(&storage->allocator, order, storage->count));
    random_stream stream = random_open(desc->seed, RANDOM_SYNTHETIC, SPIRALS_ORDER, 0, 0, 0);
    random_permutation(&stream, storage->count, order);
    place_points(desc, per_class, order, points, labels);
    memory_release(&storage->allocator, order);
    return MIXUP_OK;
}

mixup_status mixup_dataset_from_spirals(mixup_dataset **set, const mixup_spirals_desc *desc) {
    if (set == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_spirals: set and desc must not be NULL");
    dataset_draft draft;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_SPIRALS));
    return draft_finish(&draft, fill(&draft, desc), set);
}
