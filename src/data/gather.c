/* data/gather: samples out of storage, as the network sees them. Called once a training step, so nothing is
 * allocated here for samples that lie in memory. */
#include "data/dataset.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Samples of a split callback set that are translated at once. */
enum { GATHER_PIECE = 256 };

/* Types whose every value is a float exactly; the others go through double. */
static bool is_narrow(mixup_type type) {
    return type != MIXUP_FLOAT64 && type != MIXUP_INT32 && type != MIXUP_INT64;
}

/* Scales and standardises by feature or by channel, in place; the loops are short for the vectoriser's sake.
 */
static void standardize_row(const mixup_preprocess *preprocess, float *values) {
    const double scale = preprocess->scale;
    const double *mean = preprocess->mean;
    const double *deviation = preprocess->deviation;
    const size_t pixels = preprocess->features / preprocess->statistics;
    if (pixels == 1) {
        for (size_t i = 0; i < preprocess->features; i++)
            values[i] = (float)(((double)values[i] / scale - mean[i]) / deviation[i]);
        return;
    }
    for (size_t c = 0; c < preprocess->statistics; c++)
        for (size_t i = 0; i < pixels; i++)
            values[c * pixels + i] =
                (float)(((double)values[c * pixels + i] / scale - mean[c]) / deviation[c]);
}

/* `values` [features], exact raw values, become what the network sees, in place. */
static void finish_values(const mixup_preprocess *preprocess, float *values) {
    const double scale = preprocess->scale;
    if (preprocess->mean != NULL) {
        standardize_row(preprocess, values);
        return;
    }
    /* The quotient of two floats rounds the same in float as through double; where the scale is a float, the
     * short way is also the vectorised one. */
    const float narrow = scale >= FLT_MIN && scale <= FLT_MAX ? (float)scale : 0.0f;
    if (scale == 1.0)
        return;
    if ((double)narrow == scale)
        for (size_t i = 0; i < preprocess->features; i++)
            values[i] /= narrow;
    else
        for (size_t i = 0; i < preprocess->features; i++)
            values[i] = (float)((double)values[i] / scale);
}

/* The same, with the random changes that sample `index` of the set gets. */
static void finish_row(const mixup_dataset *set, const gather_augmentation *augment, size_t index,
                       float *row) {
    if (augment == NULL) {
        finish_values(set->preprocess, row);
        return;
    }
    const augment_choice choice = augment_choose(augment->how, augment->epoch, (uint32_t)index);
    if (augment_moves(augment->how)) {
        memcpy(augment->scratch, row, set->preprocess->features * sizeof *row);
        augment_move(augment->how, &choice, augment->scratch, row);
    }
    finish_values(set->preprocess, row);
    augment_cut(augment->how, &choice, row);
}

/* A row of a type that a float does not hold exactly: all that can be is done in double. */
static void gather_wide_row(const mixup_preprocess *preprocess, mixup_type type, const void *raw,
                            float *row) {
    const size_t pixels = preprocess->mean != NULL ? preprocess->features / preprocess->statistics : 1;
    for (size_t i = 0; i < preprocess->features; i++) {
        double value = array_element(type, raw, i);
        if (isnan(value) && preprocess->filled != NULL)
            value = preprocess->filled[i];
        value /= preprocess->scale;
        if (preprocess->mean != NULL)
            value = (value - preprocess->mean[i / pixels]) / preprocess->deviation[i / pixels];
        row[i] = (float)value;
    }
}

mixup_status dataset_raw(const mixup_dataset *set, size_t index, void *room, const void **raw) {
    const dataset_storage *storage = set->storage;
    const size_t sample = dataset_sample(set, index);
    if (storage->reader == NULL) {
        *raw = (const char *)storage->inputs + sample * set->preprocess->features * type_size(storage->type);
        return MIXUP_OK;
    }
    MIXUP_TRY(storage->reader->read(storage->reader, sample, room));
    *raw = room;
    return MIXUP_OK;
}

static mixup_status gather_row(const mixup_dataset *set, const gather_augmentation *augment, size_t index,
                               void *room, float *row) {
    const mixup_type type = set->storage->type;
    const void *raw = NULL;
    MIXUP_TRY(dataset_raw(set, index, room, &raw));
    if (!is_narrow(type) && augment == NULL) {
        gather_wide_row(set->preprocess, type, raw, row);
        return MIXUP_OK;
    }
    array_to_float(type, raw, set->preprocess->features, row);
    finish_row(set, augment, index, row);
    return MIXUP_OK;
}

static int32_t largest(const float *row, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (row[i] > row[best])
            best = i;
    return (int32_t)best;
}

static void finish_target(const mixup_preprocess *preprocess, size_t columns, float *row) {
    for (size_t i = 0; i < columns && preprocess->target_mean != NULL; i++)
        row[i] = (float)(((double)row[i] - preprocess->target_mean[i]) / preprocess->target_deviation[i]);
}

static void gather_target(const mixup_dataset *set, size_t sample, float *row) {
    const dataset_storage *storage = set->storage;
    const size_t columns = dataset_target_count(set);
    if (storage->labels != NULL) {
        memset(row, 0, columns * sizeof *row);
        row[storage->labels[sample]] = 1.0f;
    } else if (columns > 0) {
        memcpy(row, storage->targets + sample * columns, columns * sizeof *row);
        finish_target(set->preprocess, columns, row);
    }
}

/* Calls `read` for `count` samples of the set: `indices`, which are `samples` as the caller of
 * mixup_dataset_from_callback numbers them. */
static mixup_status call_read(const mixup_dataset *set, const gather_augmentation *augment,
                              const size_t *indices, const size_t *samples, size_t count, float *inputs,
                              float *targets, int32_t *labels) {
    const dataset_storage *storage = set->storage;
    const mixup_status status = storage->read(storage->user, samples, count, inputs, targets);
    if (status != MIXUP_OK)
        return error(
            MIXUP_ERROR_CALLBACK,
            "the data set's `read` failed for %zu samples, the first of them number %zu: it returned "
            "%d (%s)",
            count, samples[0], (int)status, mixup_status_name(status));
    for (size_t i = 0; i < count; i++) {
        finish_row(set, augment, indices[i], inputs + i * set->preprocess->features);
        if (targets != NULL)
            finish_target(set->preprocess, storage->target_count, targets + i * storage->target_count);
        if (labels != NULL)
            labels[i] = set->preprocess->class_names.count > 0
                            ? largest(targets + i * storage->target_count, storage->target_count)
                            : -1;
    }
    return MIXUP_OK;
}

static mixup_status gather_callback(const mixup_dataset *set, const gather_augmentation *augment,
                                    const size_t *indices, size_t count, float *inputs, float *targets,
                                    int32_t *labels) {
    if (set->indices == NULL && targets != NULL)
        return call_read(set, augment, indices, indices, count, inputs, targets, labels);
    const size_t piece = targets != NULL ? GATHER_PIECE : 1;
    size_t samples[GATHER_PIECE];
    for (size_t done = 0; done < count;) {
        const size_t now = count - done < piece ? count - done : piece;
        for (size_t i = 0; i < now; i++)
            samples[i] = dataset_sample(set, indices[done + i]);
        MIXUP_TRY(call_read(set, augment, indices + done, samples, now,
                            inputs + done * set->preprocess->features,
                            targets != NULL ? targets + done * set->storage->target_count : set->target_row,
                            labels != NULL ? labels + done : NULL));
        done += now;
    }
    return MIXUP_OK;
}

static mixup_status gather_rows(const mixup_dataset *set, const gather_augmentation *augment,
                                const size_t *indices, size_t count, void *room, float *inputs,
                                float *targets, int32_t *labels) {
    const size_t columns = dataset_target_count(set);
    for (size_t i = 0; i < count; i++) {
        const size_t sample = dataset_sample(set, indices[i]);
        MIXUP_TRY(gather_row(set, augment, indices[i], room, inputs + i * set->preprocess->features));
        if (targets != NULL)
            gather_target(set, sample, targets + i * columns);
        if (labels != NULL)
            labels[i] = set->storage->labels != NULL ? set->storage->labels[sample] : -1;
    }
    return MIXUP_OK;
}

mixup_status dataset_gather_augmented(const mixup_dataset *set, const gather_augmentation *augment,
                                      const size_t *indices, size_t count, float *inputs, float *targets,
                                      int32_t *labels) {
    for (size_t i = 0; i < count; i++)
        if (indices[i] >= set->count)
            return error(MIXUP_ERROR_ARGUMENT,
                         "indices[%zu]: sample %zu does not exist, the data set has %zu", i, indices[i],
                         set->count);
    if (count == 0)
        return MIXUP_OK;
    if (set->storage->read != NULL) {
        pthread_mutex_lock(&set->storage->turn);
        const mixup_status status = gather_callback(set, augment, indices, count, inputs, targets, labels);
        pthread_mutex_unlock(&set->storage->turn);
        return status;
    }
    char *room = NULL; /* of this call's own */
    if (set->storage->reader != NULL)
        MIXUP_TRY(MEMORY_NEW(&set->storage->allocator, room, dataset_room(set)));
    const mixup_status status = gather_rows(set, augment, indices, count, room, inputs, targets, labels);
    memory_release(&set->storage->allocator, room);
    return status;
}

mixup_status dataset_gather(const mixup_dataset *set, const size_t *indices, size_t count, float *inputs,
                            float *targets, int32_t *labels) {
    return dataset_gather_augmented(set, NULL, indices, count, inputs, targets, labels);
}

mixup_status mixup_dataset_read(const mixup_dataset *set, const size_t *indices, size_t count, float *inputs,
                                float *targets) {
    if (set == NULL || (count > 0 && (indices == NULL || inputs == NULL)))
        return error(MIXUP_ERROR_ARGUMENT, "reading a data set needs the set, the indices and the inputs");
    return dataset_gather(set, indices, count, inputs, targets, NULL);
}

/* ---- samples of a program's own */

static mixup_status check_values(const mixup_preprocess *preprocess, size_t sample, const float *row) {
    for (size_t i = 0; i < preprocess->features; i++) {
        if (!isfinite(row[i]) && !(isnan(row[i]) && preprocess->filled != NULL))
            return error(MIXUP_ERROR_NOT_FINITE, "inputs: sample %zu (from 0): %s is %s", sample,
                         preprocess_feature(preprocess, i).text,
                         isnan(row[i]) ? "missing; the training data had no missing values" : "not finite");
    }
    return MIXUP_OK;
}

mixup_status mixup_preprocess_inputs(const mixup_preprocess *preprocess, size_t count, float *inputs) {
    if (preprocess == NULL)
        return MIXUP_OK;
    if (inputs == NULL && count > 0)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_preprocess_inputs: inputs must not be NULL");
    const size_t features = preprocess->features;
    for (size_t i = 0; i < count; i++)
        MIXUP_TRY(check_values(preprocess, i, inputs + i * features));
    for (size_t i = 0; i < count; i++) {
        float *row = inputs + i * features;
        for (size_t f = 0; f < features && preprocess->filled != NULL; f++)
            row[f] = isnan(row[f]) ? (float)preprocess->filled[f] : row[f];
        finish_values(preprocess, row);
    }
    return MIXUP_OK;
}
