/* data/preprocess: making, copying and naming; see preprocess.h. Uses base and tensor. */
#include "data/preprocess.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

mixup_status preprocess_create(const mixup_allocator *allocator, preprocess_source source,
                               mixup_preprocess **out) {
    mixup_preprocess *preprocess = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, preprocess, 1));
    preprocess->allocator = *allocator;
    preprocess->source = source;
    preprocess->scale = 1.0;
    preprocess->separator = ',';
    *out = preprocess;
    return MIXUP_OK;
}

static void names_clear(const mixup_allocator *allocator, preprocess_names *names) {
    for (size_t i = 0; i < names->count; i++)
        memory_release(allocator, names->items[i]);
    memory_release(allocator, names->items);
    *names = (preprocess_names){0};
}

void preprocess_destroy(mixup_preprocess *preprocess) {
    if (preprocess == NULL)
        return;
    const mixup_allocator allocator = preprocess->allocator;
    memory_release(&allocator, preprocess->filled);
    memory_release(&allocator, preprocess->mean);
    memory_release(&allocator, preprocess->deviation);
    memory_release(&allocator, preprocess->target_mean);
    memory_release(&allocator, preprocess->target_deviation);
    names_clear(&allocator, &preprocess->class_names);
    names_clear(&allocator, &preprocess->feature_names);
    names_clear(&allocator, &preprocess->target_names);
    names_clear(&allocator, &preprocess->ignored);
    names_clear(&allocator, &preprocess->truths);
    memory_release(&allocator, preprocess->label);
    memory_release(&allocator, preprocess);
}

mixup_status preprocess_set_shape(mixup_preprocess *preprocess, const shape *input) {
    if (input->rank == 0 || input->rank > MIXUP_MAX_RANK)
        return error(MIXUP_ERROR_SHAPE, "an input of %zu dimensions: samples have 1 to %d", input->rank,
                     MIXUP_MAX_RANK);
    preprocess->shape = *input;
    preprocess->features = shape_count(input);
    return MIXUP_OK;
}

bool preprocess_image(const mixup_preprocess *preprocess, image_shape *out) {
    const shape *in = &preprocess->shape;
    if (in->rank != 2 && in->rank != 3)
        return false;
    *out = (image_shape){.channels = in->rank == 3 ? in->sizes[0] : 1,
                         .height = in->sizes[in->rank - 2],
                         .width = in->sizes[in->rank - 1]};
    return true;
}

mixup_status preprocess_set_scale(mixup_preprocess *preprocess, double scale) {
    if (!isfinite(scale) || scale < 0.0)
        return error(MIXUP_ERROR_ARGUMENT, "scale: %g cannot divide the inputs; give a positive number",
                     scale);
    preprocess->scale = scale > 0.0 ? scale : 1.0;
    return MIXUP_OK;
}

/* Bytes of the well-formed UTF-8 sequence (RFC 3629) at `bytes`, which is terminated; 0 where it is not one.
 */
static size_t utf8_sequence(const unsigned char *bytes) {
    const unsigned char first = bytes[0];
    const size_t length = first < 0x80   ? 1
                          : first < 0xC2 ? 0
                          : first < 0xE0 ? 2
                          : first < 0xF0 ? 3
                          : first < 0xF5 ? 4
                                         : 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    if ((first == 0xE0 && bytes[1] < 0xA0) || (first == 0xED && bytes[1] > 0x9F) ||
        (first == 0xF0 && bytes[1] < 0x90) || (first == 0xF4 && bytes[1] > 0x8F))
        return 0;
    return length;
}

static mixup_status check_name(const char *name) {
    if (name == NULL || name[0] == '\0')
        return error(MIXUP_ERROR_ARGUMENT, "is empty");
    for (const unsigned char *bytes = (const unsigned char *)name; *bytes != '\0';) {
        const size_t length = utf8_sequence(bytes);
        if (length == 0)
            return error(MIXUP_ERROR_DATA,
                         "'%.200s' is not UTF-8; convert the text first (a file: iconv -t UTF-8)", name);
        bytes += length;
    }
    return MIXUP_OK;
}

mixup_status preprocess_set_names(mixup_preprocess *preprocess, preprocess_names *list,
                                  const char *const *names, size_t count, const char *what) {
    preprocess_names copies = {0};
    if (count > 0)
        MIXUP_TRY(MEMORY_NEW(&preprocess->allocator, copies.items, count));
    for (; copies.count < count; copies.count++) {
        mixup_status status = check_name(names[copies.count]);
        if (status != MIXUP_OK) {
            status = error_context(status, "%s %zu (from 0)", what, copies.count);
        } else {
            copies.items[copies.count] = memory_copy_text(&preprocess->allocator, names[copies.count]);
            if (copies.items[copies.count] == NULL)
                status = MIXUP_ERROR_MEMORY;
        }
        if (status != MIXUP_OK) {
            names_clear(&preprocess->allocator, &copies);
            return status;
        }
    }
    names_clear(&preprocess->allocator, list);
    *list = copies;
    return MIXUP_OK;
}

/* "0", "1", ... */
static mixup_status number_classes(mixup_preprocess *preprocess, size_t count) {
    preprocess_names numbers = {0};
    MIXUP_TRY(MEMORY_NEW(&preprocess->allocator, numbers.items, count));
    for (; numbers.count < count; numbers.count++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", numbers.count);
        numbers.items[numbers.count] = memory_copy_text(&preprocess->allocator, number);
        if (numbers.items[numbers.count] == NULL) {
            names_clear(&preprocess->allocator, &numbers);
            return MIXUP_ERROR_MEMORY;
        }
    }
    names_clear(&preprocess->allocator, &preprocess->class_names);
    preprocess->class_names = numbers;
    return MIXUP_OK;
}

mixup_status preprocess_set_classes(mixup_preprocess *preprocess, const char *const *names, size_t count) {
    if (count > PREPROCESS_MAX_CLASSES)
        return error(MIXUP_ERROR_DATA, "%zu classes: at most %d are allowed; are the labels really classes?",
                     count, PREPROCESS_MAX_CLASSES);
    if (names == NULL && count > 0)
        return number_classes(preprocess, count);
    return preprocess_set_names(preprocess, &preprocess->class_names, names, count, "class name");
}

mixup_status preprocess_copy_values(const mixup_allocator *allocator, const double *from, size_t count,
                                    double **to) {
    if (from == NULL)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_NEW(allocator, *to, count));
    memcpy(*to, from, count * sizeof *from);
    return MIXUP_OK;
}

mixup_status preprocess_copy_targets(const mixup_preprocess *from, mixup_preprocess *to) {
    double *mean = NULL;
    double *deviation = NULL;
    mixup_status status =
        preprocess_copy_values(&to->allocator, from->target_mean, from->target_statistics, &mean);
    if (status == MIXUP_OK)
        status = preprocess_copy_values(&to->allocator, from->target_deviation, from->target_statistics,
                                        &deviation);
    if (status != MIXUP_OK) {
        memory_release(&to->allocator, mean);
        return status;
    }
    memory_release(&to->allocator, to->target_mean);
    memory_release(&to->allocator, to->target_deviation);
    to->target_statistics = from->target_statistics;
    to->target_mean = mean;
    to->target_deviation = deviation;
    return MIXUP_OK;
}

static mixup_status copy_list(mixup_preprocess *to, preprocess_names *list, const preprocess_names *from) {
    return preprocess_set_names(to, list, (const char *const *)from->items, from->count, "name");
}

/* Everything but the allocator. `to` is fresh; on failure the caller destroys it. */
static mixup_status copy_content(mixup_preprocess *to, const mixup_preprocess *from) {
    to->shape = from->shape;
    to->features = from->features;
    to->scale = from->scale;
    to->missing = from->missing;
    to->separator = from->separator;
    to->no_header = from->no_header;
    MIXUP_TRY(preprocess_copy_values(&to->allocator, from->filled, from->features, &to->filled));
    to->statistics = from->statistics;
    MIXUP_TRY(preprocess_copy_values(&to->allocator, from->mean, from->statistics, &to->mean));
    MIXUP_TRY(preprocess_copy_values(&to->allocator, from->deviation, from->statistics, &to->deviation));
    MIXUP_TRY(preprocess_copy_targets(from, to));
    MIXUP_TRY(copy_list(to, &to->class_names, &from->class_names));
    MIXUP_TRY(copy_list(to, &to->feature_names, &from->feature_names));
    MIXUP_TRY(copy_list(to, &to->target_names, &from->target_names));
    MIXUP_TRY(copy_list(to, &to->ignored, &from->ignored));
    MIXUP_TRY(copy_list(to, &to->truths, &from->truths));
    if (from->label != NULL) {
        to->label = memory_copy_text(&to->allocator, from->label);
        if (to->label == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    return MIXUP_OK;
}

mixup_status preprocess_copy(const mixup_preprocess *from, const mixup_allocator *allocator,
                             mixup_preprocess **out) {
    mixup_preprocess *copy = NULL;
    MIXUP_TRY(preprocess_create(allocator, from->source, &copy));
    const mixup_status status = copy_content(copy, from);
    if (status != MIXUP_OK) {
        preprocess_destroy(copy);
        return status;
    }
    *out = copy;
    return MIXUP_OK;
}

preprocess_feature_text preprocess_feature(const mixup_preprocess *preprocess, size_t feature) {
    preprocess_feature_text out;
    if (feature < preprocess->feature_names.count)
        snprintf(out.text, sizeof out.text, "column '%.100s'", preprocess->feature_names.items[feature]);
    else
        snprintf(out.text, sizeof out.text, "feature %zu (from 0)", feature);
    return out;
}

const char *preprocess_source_name(preprocess_source source) {
    static const char *const names[PREPROCESS_SOURCE_COUNT] = {
        [PREPROCESS_ARRAYS] = "arrays",
        [PREPROCESS_IDX] = "idx",
        [PREPROCESS_NPY] = "npy",
        [PREPROCESS_CSV] = "csv",
        [PREPROCESS_SPIRALS] = "spirals",
        [PREPROCESS_CALLBACK] = "callback",
        [PREPROCESS_CIFAR] = "cifar",
        [PREPROCESS_IMAGES] = "images",
        [PREPROCESS_FACTORS] = "factors",
        [PREPROCESS_SVHN] = "svhn",
        [PREPROCESS_TINY_IMAGENET] = "tiny_imagenet",
    };
    return (unsigned)source < PREPROCESS_SOURCE_COUNT ? names[source] : "unknown";
}
