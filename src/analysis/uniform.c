/* analysis/uniform: see uniform.h. */
#include "analysis/uniform.h"

#include "random/stream.h"

#include <math.h>

enum {
    BATCH = 500,
    UNIFORM_ITEM = 16 /* of the stream RANDOM_SYNTHETIC; data sets have those below */
};

static size_t size_of_shape(const size_t shape[MIXUP_MAX_RANK]) {
    size_t size = 1;
    for (size_t i = 0; i < MIXUP_MAX_RANK && shape[i] != 0; i++)
        size *= shape[i];
    return size;
}

/* Inputs first to first + count, each from a stream of its own. */
static void draw(const uniform_desc *desc, size_t first, size_t count, size_t width, float *inputs) {
    for (size_t i = 0; i < count; i++) {
        random_stream stream =
            random_open(desc->seed, RANDOM_SYNTHETIC, UNIFORM_ITEM, 0, 0, (uint32_t)(first + i));
        for (size_t j = 0; j < width; j++)
            inputs[i * width + j] =
                (float)(desc->range[0] + random_uniform(&stream) * (desc->range[1] - desc->range[0]));
    }
}

static mixup_status compute(mixup_model *model, const uniform_desc *desc, size_t inputs_width,
                            states *result) {
    float *inputs = NULL; /* [BATCH][inputs_width] */
    size_t size = 0;
    MIXUP_TRY(memory_product(BATCH, inputs_width, &size));
    MIXUP_TRY(MEMORY_NEW(&result->allocator, inputs, size));
    mixup_status status = MIXUP_OK;
    for (size_t first = 0; first < desc->count && status == MIXUP_OK; first += BATCH) {
        const size_t batch = desc->count - first < BATCH ? desc->count - first : BATCH;
        draw(desc, first, batch, inputs_width, inputs);
        status = mixup_states(model, desc->layer, batch, inputs, result->values + first * result->width);
    }
    memory_release(&result->allocator, inputs);
    return status;
}

mixup_status uniform_states(mixup_model *model, const uniform_desc *desc, states *out) {
    states result = {.allocator = memory_allocator(desc->allocator), .count = desc->count};
    size_t shape[MIXUP_MAX_RANK];
    size_t size = 0;
    if (desc->count == 0 || desc->count > UINT32_MAX)
        return error(MIXUP_ERROR_ARGUMENT, "uniform: %zu inputs; from 1 to 2^32 - 1 are possible",
                     desc->count);
    if (!isfinite(desc->range[0]) || !isfinite(desc->range[1]) || desc->range[0] > desc->range[1])
        return error(MIXUP_ERROR_ARGUMENT, "uniform: the range %g to %g; must be finite, the lower one first",
                     desc->range[0], desc->range[1]);
    mixup_model_input_shape(model, shape);
    MIXUP_TRY(states_width(model, desc->layer, &result.width));
    mixup_status status = memory_product(result.count, result.width, &size);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(&result.allocator, result.values, size);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(&result.allocator, result.labels, result.count);
    for (size_t i = 0; status == MIXUP_OK && i < result.count; i++)
        result.labels[i] = -1;
    if (status == MIXUP_OK)
        status = compute(model, desc, size_of_shape(shape), &result);
    if (status == MIXUP_OK)
        *out = result;
    else
        states_clear(&result);
    return status;
}

mixup_status uniform_range(const mixup_dataset *set, const mixup_allocator *allocator, double range[2]) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    const size_t width = size_of_shape(info.shape);
    float *inputs = NULL; /* [BATCH][width] */
    size_t size = 0;
    size_t indices[BATCH];
    double found[2] = {INFINITY, -INFINITY};
    MIXUP_TRY(memory_product(BATCH, width, &size));
    MIXUP_TRY(MEMORY_NEW(allocator, inputs, size));
    mixup_status status = MIXUP_OK;
    for (size_t first = 0; first < info.count && status == MIXUP_OK; first += BATCH) {
        const size_t batch = info.count - first < BATCH ? info.count - first : BATCH;
        for (size_t i = 0; i < batch; i++)
            indices[i] = first + i;
        status = mixup_dataset_read(set, indices, batch, inputs, NULL);
        for (size_t i = 0; status == MIXUP_OK && i < batch * width; i++) {
            found[0] = fmin(found[0], (double)inputs[i]);
            found[1] = fmax(found[1], (double)inputs[i]);
        }
    }
    memory_release(allocator, inputs);
    if (status != MIXUP_OK)
        return status;
    range[0] = found[0];
    range[1] = found[1];
    return MIXUP_OK;
}
