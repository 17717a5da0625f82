/* data/standardize_targets: mean and deviation of targets that are numbers, and the way back. A network
 * starts with outputs around 0 and takes small steps, so prices of 400,000 would be out of its reach.
 * Everything is computed in double; a data set changes only when all went well. */
#include "data/standardize.h"

#include <math.h>

/* Stored targets of sample `index` [columns]; `inputs` [features] is room for what a callback gives beside.
 */
static mixup_status read_targets(const mixup_dataset *learn, size_t index, float *inputs, float *row) {
    const dataset_storage *storage = learn->storage;
    if (storage->read != NULL)
        return dataset_gather(learn, &index, 1, inputs, row, NULL);
    const float *stored = storage->targets + dataset_sample(learn, index) * storage->target_count;
    for (size_t c = 0; c < storage->target_count; c++)
        row[c] = stored[c];
    return MIXUP_OK;
}

/* Means and deviations of each column; a constant one is only centred. */
static mixup_status accumulate(const mixup_dataset *learn, float *inputs, float *row, double *mean,
                               double *deviation) {
    const size_t columns = learn->storage->target_count;
    for (size_t i = 0; i < learn->count; i++) {
        MIXUP_TRY(read_targets(learn, i, inputs, row));
        for (size_t c = 0; c < columns; c++)
            running_add((double)row[c], i + 1, &mean[c], &deviation[c]);
    }
    for (size_t c = 0; c < columns; c++) {
        if (!isfinite(mean[c]) || !isfinite(deviation[c]))
            return error(MIXUP_ERROR_NOT_FINITE,
                         "standardize_targets: column %zu holds values that are not finite", c + 1);
        deviation[c] = deviation[c] > 0.0 ? sqrt(deviation[c] / (double)learn->count) : 1.0;
    }
    return MIXUP_OK;
}

static mixup_status learn_targets(const mixup_dataset *learn, mixup_preprocess *out) {
    const mixup_allocator *allocator = &out->allocator;
    const size_t columns = learn->storage->target_count;
    float *inputs = NULL;
    float *row = NULL;
    mixup_status status = MEMORY_NEW(allocator, out->target_mean, columns);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, out->target_deviation, columns);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, inputs, learn->preprocess->features);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, row, columns);
    if (status == MIXUP_OK)
        status = accumulate(learn, inputs, row, out->target_mean, out->target_deviation);
    memory_release(allocator, row);
    memory_release(allocator, inputs);
    out->target_statistics = columns;
    return status;
}

static mixup_status check_numbers(const mixup_dataset *set) {
    if (set->preprocess->class_names.count > 0)
        return error(MIXUP_ERROR_ARGUMENT,
                     "standardize_targets: the targets are classes; only numbers have a mean");
    if (set->storage->target_count == 0)
        return error(MIXUP_ERROR_ARGUMENT, "standardize_targets: there are no targets");
    return MIXUP_OK;
}

mixup_status mixup_dataset_standardize_targets(mixup_dataset *set, const mixup_dataset *learn) {
    if (set == NULL || learn == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_standardize_targets: no argument may be NULL");
    MIXUP_TRY(check_numbers(set));
    MIXUP_TRY(check_numbers(learn));
    if (set->storage->target_count != learn->storage->target_count)
        return error(MIXUP_ERROR_SHAPE,
                     "standardize_targets: %zu columns here but %zu in the set to learn from",
                     set->storage->target_count, learn->storage->target_count);
    if (learn->preprocess->target_mean != NULL)
        return set == learn ? MIXUP_OK : preprocess_copy_targets(learn->preprocess, set->preprocess);
    mixup_preprocess learned = {.allocator = set->preprocess->allocator};
    mixup_status status = learn_targets(learn, &learned);
    if (status == MIXUP_OK)
        status = preprocess_copy_targets(&learned, set->preprocess);
    memory_release(&learned.allocator, learned.target_mean);
    memory_release(&learned.allocator, learned.target_deviation);
    return status;
}

void mixup_preprocess_restore_targets(const mixup_preprocess *preprocess, size_t count, float *outputs) {
    if (preprocess == NULL || outputs == NULL)
        return;
    const size_t columns = preprocess->target_statistics;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < columns; c++)
            outputs[i * columns + c] =
                (float)((double)outputs[i * columns + c] * preprocess->target_deviation[c] +
                        preprocess->target_mean[c]);
}
