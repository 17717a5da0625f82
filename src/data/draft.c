/* data/draft: making and checking what a source delivers; see draft.h. */
#include "data/draft.h"

#include <float.h>
#include <math.h>
#include <unistd.h>

mixup_status draft_init(dataset_draft *draft, const mixup_allocator *given, preprocess_source source) {
    const mixup_allocator allocator = memory_allocator(given);
    dataset_draft fresh = {0};
    MIXUP_TRY(preprocess_create(&allocator, source, &fresh.preprocess));
    fresh.storage = memory_allocate(&allocator, 1, sizeof *fresh.storage);
    if (fresh.storage == NULL) {
        preprocess_destroy(fresh.preprocess);
        return MIXUP_ERROR_MEMORY;
    }
    fresh.storage->allocator = allocator;
    atomic_init(&fresh.storage->owners, 1);
    pthread_mutex_init(&fresh.storage->turn, NULL);
    *draft = fresh;
    return MIXUP_OK;
}

static mixup_status refuse_input(size_t sample, size_t feature, double value, const char *what) {
    if (!isfinite(value))
        return error(MIXUP_ERROR_NOT_FINITE,
                     "%s: sample %zu, feature %zu (both from 0) is %g; inputs must be finite numbers", what,
                     sample, feature, value);
    return error(MIXUP_ERROR_DATA,
                 "%s: sample %zu, feature %zu (both from 0) is %g, which is too large for single precision; "
                 "give a scale",
                 what, sample, feature, value);
}

/* Whether no value of the storage's type can be wrong. */
static bool always_fits(const dataset_draft *draft) {
    const mixup_type type = draft->storage->type;
    const bool real = type == MIXUP_FLOAT32 || type == MIXUP_FLOAT64 || type == MIXUP_FLOAT16;
    /* integers are below 2^63 < 1e19, and 1e19 / 1e-18 < FLT_MAX */
    return !real && draft->preprocess->scale >= 1e-18;
}

mixup_status draft_check_row(const dataset_draft *draft, size_t sample, const void *row, const char *what) {
    const double scale = draft->preprocess->scale;
    if (always_fits(draft))
        return MIXUP_OK;
    for (size_t i = 0; i < draft->preprocess->features; i++) {
        const double value = array_element(draft->storage->type, row, i);
        if (!(fabs(value / scale) <= FLT_MAX))
            return refuse_input(sample, i, value, what);
    }
    return MIXUP_OK;
}

mixup_status draft_check_inputs(const dataset_draft *draft, const char *what) {
    const dataset_storage *storage = draft->storage;
    size_t elements = 0;
    if (always_fits(draft))
        return MIXUP_OK;
    MIXUP_TRY(memory_product(storage->count, draft->preprocess->features, &elements));
    const size_t bytes = draft->preprocess->features * type_size(storage->type);
    for (size_t i = 0; i < storage->count; i++)
        MIXUP_TRY(draft_check_row(draft, i, (const char *)storage->inputs + i * bytes, what));
    return MIXUP_OK;
}

size_t draft_memory_limit(size_t given) {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page = sysconf(_SC_PAGESIZE);
    if (given > 0)
        return given;
    return pages > 0 && page > 0 ? (size_t)pages / 4 * (size_t)page : SIZE_MAX;
}

mixup_status draft_check_targets(const float *targets, size_t count, size_t columns, const char *what) {
    size_t elements = 0;
    MIXUP_TRY(memory_product(count, columns, &elements));
    for (size_t i = 0; i < elements; i++)
        if (!isfinite(targets[i]))
            return error(MIXUP_ERROR_NOT_FINITE,
                         "%s: sample %zu, target %zu (both from 0) is %g; targets must be finite numbers",
                         what, i / columns, i % columns, (double)targets[i]);
    return MIXUP_OK;
}

mixup_status draft_set_classes(dataset_draft *draft, const int32_t *labels, size_t class_count,
                               const char *const *class_names, const char *what) {
    if (class_names != NULL && class_count == 0)
        return error(MIXUP_ERROR_ARGUMENT, "class_names: their number is unknown; give class_count too");
    if (class_count > PREPROCESS_MAX_CLASSES)
        return error(MIXUP_ERROR_ARGUMENT, "class_count: %zu, at most %d are allowed", class_count,
                     PREPROCESS_MAX_CLASSES);
    size_t classes = class_count;
    for (size_t i = 0; i < draft->storage->count; i++) {
        if (labels[i] < 0)
            return error(MIXUP_ERROR_DATA, "%s: the label of sample %zu (from 0) is %d; labels start at 0",
                         what, i, (int)labels[i]);
        if (class_count > 0 && (size_t)labels[i] >= class_count)
            return error(
                MIXUP_ERROR_DATA,
                "%s: the label of sample %zu (from 0) is %d, but with class_count %zu the largest is "
                "%zu",
                what, i, (int)labels[i], class_count, class_count - 1);
        if (labels[i] >= PREPROCESS_MAX_CLASSES)
            return error(MIXUP_ERROR_DATA,
                         "%s: the label of sample %zu (from 0) is %d; at most %d classes are allowed", what,
                         i, (int)labels[i], PREPROCESS_MAX_CLASSES);
        if ((size_t)labels[i] >= classes)
            classes = (size_t)labels[i] + 1;
    }
    return preprocess_set_classes(draft->preprocess, class_names, classes);
}
