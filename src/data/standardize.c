/* data/standardize: mean and deviation per feature or per channel, what missing cells become, and taking over
 * both from an earlier set. Everything is computed in double on raw values; a data set changes only when all
 * went well. */
#include "data/standardize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Raw values of sample `index` [features]; callback data give floats. `room` has dataset_room bytes. */
static mixup_status read_row(const mixup_dataset *set, size_t index, float *narrow, void *room, double *row) {
    const size_t features = set->preprocess->features;
    const void *raw = NULL;
    if (set->storage->read != NULL) {
        MIXUP_TRY(dataset_gather(set, &index, 1, narrow, NULL, NULL));
        for (size_t i = 0; i < features; i++)
            row[i] = (double)narrow[i];
        return MIXUP_OK;
    }
    MIXUP_TRY(dataset_raw(set, index, room, &raw));
    for (size_t i = 0; i < features; i++)
        row[i] = array_element(set->storage->type, raw, i);
    return MIXUP_OK;
}

/* Only CSV data, which lie in memory, have missing cells. */
static double stored_value(const mixup_dataset *set, size_t index, size_t feature) {
    return array_element(set->storage->type, set->storage->inputs,
                         dataset_sample(set, index) * set->preprocess->features + feature);
}

static mixup_status refuse_empty(const mixup_dataset *learn, size_t feature) {
    return error(
        MIXUP_ERROR_DATA,
        "%s: has no value in any of the %zu samples to learn from; leave it out (ignore) or fill with "
        "zero",
        preprocess_feature(learn->preprocess, feature).text, learn->count);
}

/* Running means (Welford 1962), so that a constant feature's is exact. */
static mixup_status learn_means(const mixup_dataset *learn, double *filled) {
    for (size_t feature = 0; feature < learn->preprocess->features; feature++) {
        double mean = 0.0;
        size_t present = 0;
        for (size_t i = 0; i < learn->count; i++) {
            const double value = stored_value(learn, i, feature);
            if (!isnan(value))
                mean += (value - mean) / (double)++present;
        }
        if (present == 0)
            return refuse_empty(learn, feature);
        filled[feature] = mean;
    }
    return MIXUP_OK;
}

static int compare_doubles(const void *a, const void *b) {
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return (left > right) - (left < right);
}

static mixup_status learn_medians(const mixup_dataset *learn, double *filled) {
    double *values = NULL;
    MIXUP_TRY(MEMORY_NEW(&learn->allocator, values, learn->count));
    mixup_status status = MIXUP_OK;
    for (size_t feature = 0; feature < learn->preprocess->features && status == MIXUP_OK; feature++) {
        size_t present = 0;
        for (size_t i = 0; i < learn->count; i++) {
            const double value = stored_value(learn, i, feature);
            if (!isnan(value))
                values[present++] = value;
        }
        if (present == 0) {
            status = refuse_empty(learn, feature);
            continue;
        }
        qsort(values, present, sizeof *values, compare_doubles);
        filled[feature] = 0.5 * values[(present - 1) / 2] + 0.5 * values[present / 2];
    }
    memory_release(&learn->allocator, values);
    return status;
}

mixup_status standardize_learn_filled(const mixup_dataset *learn, mixup_missing policy, double *filled) {
    switch (policy) {
    case MIXUP_MISSING_MEAN:
        return learn_means(learn, filled);
    case MIXUP_MISSING_MEDIAN:
        return learn_medians(learn, filled);
    case MIXUP_MISSING_ZERO:
    case MIXUP_MISSING_REFUSE:
        break;
    }
    memset(filled, 0, learn->preprocess->features * sizeof *filled);
    return MIXUP_OK;
}

/* What a set is to get; owned by whoever holds it. */
typedef struct statistics {
    double *filled;    /* [features] or NULL */
    size_t count;      /* features, or channels; 0: no mean and deviation */
    double *mean;      /* [count] or NULL */
    double *deviation; /* [count] or NULL */
} statistics;

static void statistics_clear(statistics *in, const mixup_allocator *allocator) {
    memory_release(allocator, in->filled);
    memory_release(allocator, in->mean);
    memory_release(allocator, in->deviation);
    *in = (statistics){0};
}

/* Replaces the preprocess's by `from`; its old blocks end up in `from`. */
static void statistics_swap(mixup_preprocess *preprocess, statistics *from) {
    const statistics old = {preprocess->filled, preprocess->statistics, preprocess->mean,
                            preprocess->deviation};
    preprocess->filled = from->filled;
    preprocess->statistics = from->count;
    preprocess->mean = from->mean;
    preprocess->deviation = from->deviation;
    *from = old;
}

/* Means, and in the place of deviations variances, of each feature. */
static mixup_status accumulate(const mixup_dataset *learn, statistics *out, float *narrow, void *room,
                               double *row) {
    const mixup_preprocess *preprocess = learn->preprocess;
    for (size_t i = 0; i < learn->count; i++) {
        MIXUP_TRY(read_row(learn, i, narrow, room, row));
        for (size_t f = 0; f < preprocess->features; f++) {
            const double raw = isnan(row[f]) && out->filled != NULL ? out->filled[f] : row[f];
            running_add(raw / preprocess->scale, i + 1, &out->mean[f], &out->deviation[f]);
        }
    }
    for (size_t f = 0; f < preprocess->features; f++) {
        if (!isfinite(out->mean[f]) || !isfinite(out->deviation[f]))
            return error(MIXUP_ERROR_NOT_FINITE, "standardize: %s holds values that are not finite",
                         preprocess_feature(preprocess, f).text);
        out->deviation[f] /= (double)learn->count;
    }
    return MIXUP_OK;
}

/* Means and variances of features become those of `channels` groups of neighbours: all have seen the same
 * number of samples, so a group's variance is the mean of the variances and the variance of the means. */
static void pool(statistics *out, size_t features, size_t channels) {
    const size_t pixels = features / channels;
    for (size_t c = 0; c < channels; c++) {
        const double *mean = out->mean + c * pixels;
        const double *variance = out->deviation + c * pixels;
        double centre = 0.0, between = 0.0, within = 0.0; /* running, so that constant channels are exact */
        for (size_t i = 0; i < pixels; i++) {
            running_add(mean[i], i + 1, &centre, &between);
            within += (variance[i] - within) / (double)(i + 1);
        }
        out->mean[c] = centre; /* c is at most the first pixel of the group */
        out->deviation[c] = within + between / (double)pixels;
    }
}

/* Mean and deviation over `learn` after its missing cells are filled with out->filled; of out->count groups.
 */
static mixup_status learn_moments(const mixup_dataset *learn, const mixup_allocator *allocator,
                                  statistics *out) {
    const size_t features = learn->preprocess->features;
    float *narrow = NULL;
    double *row = NULL;
    char *room = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, out->mean, features));
    MIXUP_TRY(MEMORY_NEW(allocator, out->deviation, features));
    mixup_status status = MEMORY_NEW(allocator, narrow, features);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, row, features);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, room, dataset_room(learn));
    if (status == MIXUP_OK)
        status = accumulate(learn, out, narrow, room, row);
    memory_release(allocator, narrow);
    memory_release(allocator, room);
    memory_release(allocator, row);
    MIXUP_TRY(status);
    if (out->count != features)
        pool(out, features, out->count);
    for (size_t i = 0; i < out->count; i++) /* a constant is only centred */
        out->deviation[i] = out->deviation[i] > 0.0 ? sqrt(out->deviation[i]) : 1.0;
    return MIXUP_OK;
}

/* The set's own; one that refuses missing cells follows `learn`. */
static mixup_missing missing_policy(const mixup_dataset *set, const mixup_dataset *learn) {
    const mixup_missing own = set->preprocess->missing;
    return own != MIXUP_MISSING_REFUSE ? own : learn->preprocess->missing;
}

/* What standardising `set` by `learn` needs, out->count means and deviations. Those that `learn` has already
 * are passed on. */
static mixup_status learn_statistics(const mixup_dataset *set, const mixup_dataset *learn, statistics *out) {
    const mixup_allocator *allocator = &set->allocator;
    const mixup_preprocess *from = learn->preprocess;
    const mixup_missing policy = missing_policy(set, learn);
    const bool known = from->mean != NULL;
    if (known && from->filled != NULL) {
        MIXUP_TRY(preprocess_copy_values(allocator, from->filled, from->features, &out->filled));
    } else if (policy != MIXUP_MISSING_REFUSE) {
        MIXUP_TRY(MEMORY_NEW(allocator, out->filled, from->features));
        MIXUP_TRY(standardize_learn_filled(learn, policy, out->filled));
    }
    if (!known)
        return learn_moments(learn, allocator, out);
    MIXUP_TRY(preprocess_copy_values(allocator, from->mean, out->count, &out->mean));
    return preprocess_copy_values(allocator, from->deviation, out->count, &out->deviation);
}

/* Whether the inputs of the two mean the same, feature by feature. */
static mixup_status check_features(const mixup_preprocess *a, const mixup_preprocess *b) {
    if (!shape_equal(&a->shape, &b->shape))
        return error(MIXUP_ERROR_SHAPE, "the inputs are %s here but %s in the set to follow",
                     shape_to_text(&a->shape).text, shape_to_text(&b->shape).text);
    if (a->feature_names.count != b->feature_names.count)
        return MIXUP_OK; /* one of them has no names */
    for (size_t i = 0; i < a->feature_names.count; i++)
        if (strcmp(a->feature_names.items[i], b->feature_names.items[i]) != 0)
            return error(
                MIXUP_ERROR_DATA,
                "input column %zu is '%s' here but '%s' in the set to follow; read the file with .like",
                i + 1, a->feature_names.items[i], b->feature_names.items[i]);
    return MIXUP_OK;
}

/* Gives `set` what `learn` has of `count` groups of features; `what` begins the messages. */
static mixup_status follow(mixup_dataset *set, const mixup_dataset *learn, size_t count, const char *what) {
    if (set->preprocess->scale != learn->preprocess->scale)
        return error(MIXUP_ERROR_ARGUMENT,
                     "%s: scale %g here but %g in the set to learn from; must be the same", what,
                     set->preprocess->scale, learn->preprocess->scale);
    if (learn->preprocess->mean != NULL && learn->preprocess->statistics != count)
        return error(MIXUP_ERROR_ARGUMENT,
                     "%s: wants %zu means, but the set to learn from has %zu already; do the same to both "
                     "(standardize: by feature; normalize: by channel)",
                     what, count, learn->preprocess->statistics);
    statistics learned = {.count = count};
    const mixup_status status = learn_statistics(set, learn, &learned);
    if (status == MIXUP_OK)
        statistics_swap(set->preprocess, &learned);
    statistics_clear(&learned, &set->allocator);
    return status;
}

mixup_status mixup_dataset_standardize(mixup_dataset *set, const mixup_dataset *learn) {
    if (set == NULL || learn == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_standardize: no argument may be NULL");
    MIXUP_TRY(check_features(set->preprocess, learn->preprocess));
    return follow(set, learn, set->preprocess->features, "standardize");
}

static mixup_status count_channels(const mixup_dataset *set, size_t *channels) {
    image_shape image;
    if (!preprocess_image(set->preprocess, &image))
        return error(MIXUP_ERROR_SHAPE,
                     "normalize: the inputs are %s; channels are those of images, channels x height x width "
                     "or height x width",
                     shape_to_text(&set->preprocess->shape).text);
    *channels = image.channels;
    return MIXUP_OK;
}

mixup_status mixup_dataset_normalize(mixup_dataset *set, const mixup_dataset *learn) {
    size_t channels = 0;
    if (set == NULL || learn == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_normalize: no argument may be NULL");
    MIXUP_TRY(check_features(set->preprocess, learn->preprocess));
    MIXUP_TRY(count_channels(set, &channels));
    return follow(set, learn, channels, "normalize");
}

static mixup_status check_given(const double *mean, const double *deviation, size_t given, size_t channels) {
    if (given != channels)
        return error(MIXUP_ERROR_ARGUMENT,
                     "normalize: %zu means and deviations for %zu channels; one for each", given, channels);
    for (size_t c = 0; c < channels; c++)
        if (!isfinite(mean[c]) || !isfinite(deviation[c]) || !(deviation[c] > 0.0))
            return error(MIXUP_ERROR_ARGUMENT,
                         "normalize: channel %zu (from 0) has mean %g and deviation %g; they must be finite, "
                         "and the deviation above 0",
                         c, mean[c], deviation[c]);
    return MIXUP_OK;
}

mixup_status mixup_dataset_normalize_by(mixup_dataset *set, const double *mean, const double *deviation,
                                        size_t channel_count) {
    size_t channels = 0;
    if (set == NULL || mean == NULL || deviation == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_normalize_by: no argument may be NULL");
    MIXUP_TRY(count_channels(set, &channels));
    MIXUP_TRY(check_given(mean, deviation, channel_count, channels));
    statistics given = {.count = channels};
    mixup_status status = preprocess_copy_values(&set->allocator, mean, channels, &given.mean);
    if (status == MIXUP_OK)
        status = preprocess_copy_values(&set->allocator, deviation, channels, &given.deviation);
    if (status == MIXUP_OK) {
        given.filled = set->preprocess->filled;
        set->preprocess->filled = NULL;
        statistics_swap(set->preprocess, &given);
    }
    statistics_clear(&given, &set->allocator);
    return status;
}

mixup_status dataset_refill(mixup_dataset *set, const mixup_dataset *learn) {
    const mixup_missing policy = missing_policy(set, learn);
    double *filled = NULL;
    if (policy == MIXUP_MISSING_REFUSE)
        return MIXUP_OK;
    MIXUP_TRY(check_features(set->preprocess, learn->preprocess));
    MIXUP_TRY(MEMORY_NEW(&set->allocator, filled, set->preprocess->features));
    const mixup_status status = standardize_learn_filled(learn, policy, filled);
    if (status != MIXUP_OK) {
        memory_release(&set->allocator, filled);
        return status;
    }
    memory_release(&set->allocator, set->preprocess->filled);
    set->preprocess->filled = filled;
    return MIXUP_OK;
}

/* Labels are numbers into the class names, which CSV sorts by text, so there they must be equal. */
static mixup_status check_classes(const mixup_dataset *set, const mixup_preprocess *like) {
    const preprocess_names *own = &set->preprocess->class_names;
    const preprocess_names *names = &like->class_names;
    if (own->count == 0 || names->count == 0)
        return MIXUP_OK;
    const bool fixed = set->storage->read != NULL || set->preprocess->source == PREPROCESS_CSV;
    if (own->count > names->count || (fixed && own->count != names->count))
        return error(MIXUP_ERROR_DATA, "%zu classes here but %zu in the set to follow", own->count,
                     names->count);
    for (size_t i = 0; set->preprocess->source == PREPROCESS_CSV && i < own->count; i++)
        if (strcmp(own->items[i], names->items[i]) != 0)
            return error(MIXUP_ERROR_DATA,
                         "class %zu is '%s' here but '%s' in the set to follow; read the file with .like", i,
                         own->items[i], names->items[i]);
    return MIXUP_OK;
}

static mixup_status follow_targets(mixup_dataset *set, const mixup_preprocess *like) {
    const size_t columns = set->storage->target_count;
    if (set->preprocess->class_names.count > 0)
        return MIXUP_OK;
    if (columns > 0 && like->target_statistics > 0 && columns != like->target_statistics)
        return error(MIXUP_ERROR_DATA, "%zu columns of targets here but %zu in the set to follow", columns,
                     like->target_statistics);
    return preprocess_copy_targets(like, set->preprocess);
}

static mixup_status copy_statistics(const mixup_preprocess *like, const mixup_allocator *allocator,
                                    statistics *out) {
    out->count = like->statistics;
    MIXUP_TRY(preprocess_copy_values(allocator, like->filled, like->features, &out->filled));
    MIXUP_TRY(preprocess_copy_values(allocator, like->mean, like->statistics, &out->mean));
    return preprocess_copy_values(allocator, like->deviation, like->statistics, &out->deviation);
}

mixup_status dataset_apply(mixup_dataset *set, const mixup_preprocess *like) {
    MIXUP_TRY(check_features(set->preprocess, like));
    MIXUP_TRY(check_classes(set, like));
    statistics copied = {0};
    mixup_status status = copy_statistics(like, &set->allocator, &copied);
    if (status == MIXUP_OK && like->class_names.count > 0)
        status = preprocess_set_classes(set->preprocess, (const char *const *)like->class_names.items,
                                        like->class_names.count);
    if (status == MIXUP_OK)
        status = follow_targets(set, like);
    if (status == MIXUP_OK) {
        if (copied.filled == NULL) { /* the set keeps what it learned for its own missing cells */
            copied.filled = set->preprocess->filled;
            set->preprocess->filled = NULL;
        }
        statistics_swap(set->preprocess, &copied);
        set->preprocess->scale = like->scale;
    }
    statistics_clear(&copied, &set->allocator);
    return status;
}
