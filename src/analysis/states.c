/* analysis/states: see states.h. Reads the data set in batches, so that the inputs of a large set never stand
 * in memory at once. */
#include "analysis/states.h"

#include <string.h>

enum { BATCH = 500 };

static size_t size_of_shape(const size_t shape[MIXUP_MAX_RANK]) {
    size_t size = 1;
    for (size_t i = 0; i < MIXUP_MAX_RANK && shape[i] != 0; i++)
        size *= shape[i];
    return size;
}

mixup_status states_width(const mixup_model *model, const char *layer, size_t *width) {
    if (strcmp(layer, "input") == 0) {
        size_t shape[MIXUP_MAX_RANK] = {0};
        mixup_model_input_shape(model, shape);
        *width = size_of_shape(shape);
        return MIXUP_OK;
    }
    for (size_t i = 0; i < mixup_layer_count(model); i++) {
        mixup_layer_info info;
        MIXUP_TRY(mixup_layer_at(model, i, &info));
        if (strcmp(info.name, layer) == 0) {
            *width = size_of_shape(info.output_shape);
            return MIXUP_OK;
        }
    }
    return error(MIXUP_ERROR_NOT_FOUND,
                 "layer '%s': the model has no layer of this name; 'mixup info' lists them", layer);
}

/* Fills wanted[class_count] from the description. */
static mixup_status mark_wanted(const states_desc *desc, size_t class_count, bool *wanted) {
    for (size_t c = 0; c < class_count; c++)
        wanted[c] = desc->classes == NULL;
    for (size_t i = 0; desc->classes != NULL && i < desc->class_count; i++) {
        if (desc->classes[i] >= class_count)
            return error(MIXUP_ERROR_ARGUMENT, "class %zu: the data set has %zu classes, numbered from 0",
                         desc->classes[i], class_count);
        wanted[desc->classes[i]] = true;
    }
    return MIXUP_OK;
}

/* Keeps, of labels[count], the first per_class of each wanted class; returns how many, their indices first.
 * A sample without a class counts as one of a class of its own at taken[class_count]. */
static size_t keep_first(const states_desc *desc, size_t class_count, const bool *wanted, size_t *taken,
                         size_t count, int32_t *labels, size_t *indices) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t class = labels[i] < 0 ? class_count : (size_t)labels[i];
        if (!wanted[class] || (desc->per_class > 0 && taken[class] >= desc->per_class))
            continue;
        taken[class]++;
        indices[kept] = i;
        labels[kept] = labels[i];
        kept++;
    }
    return kept;
}

mixup_status states_choose(const states_desc *desc, size_t **indices, int32_t **labels, size_t *count) {
    mixup_dataset_info info;
    mixup_dataset_describe(desc->set, &info);
    const mixup_allocator allocator = memory_allocator(desc->allocator);
    size_t *chosen = NULL;
    size_t *taken = NULL;
    int32_t *classes = NULL;
    bool *wanted = NULL;
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&allocator, chosen, info.count), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&allocator, classes, info.count), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&allocator, taken, info.class_count + 1), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&allocator, wanted, info.class_count + 1), done);
    MIXUP_TRY_ELSE(status, mixup_dataset_labels(desc->set, classes), done);
    MIXUP_TRY_ELSE(status, mark_wanted(desc, info.class_count, wanted), done);
    wanted[info.class_count] = info.class_count == 0;
    const size_t kept = keep_first(desc, info.class_count, wanted, taken, info.count, classes, chosen);
    if (kept == 0) {
        status = error(MIXUP_ERROR_DATA, "the data set holds no sample of the classes asked for");
        goto done;
    }
    *indices = chosen;
    *labels = classes;
    *count = kept;
done:
    memory_release(&allocator, taken);
    memory_release(&allocator, wanted);
    if (status != MIXUP_OK) {
        memory_release(&allocator, chosen);
        memory_release(&allocator, classes);
    }
    return status;
}

mixup_status states_spread(const mixup_dataset *set, size_t most, const mixup_allocator *allocator,
                           size_t **indices, int32_t **labels, size_t *count) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    const size_t size = info.count;
    const size_t taken = most == 0 || most > size ? size : most;
    size_t *chosen = NULL;
    int32_t *classes = NULL; /* of all, then of the chosen */
    mixup_status status = MEMORY_NEW(allocator, chosen, taken);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, classes, size);
    if (status == MIXUP_OK)
        status = mixup_dataset_labels(set, classes);
    if (status != MIXUP_OK) {
        memory_release(allocator, chosen);
        memory_release(allocator, classes);
        return status;
    }
    for (size_t i = 0; i < taken; i++) {
        chosen[i] = size / taken * i + size % taken * i / taken; /* without overflow */
        classes[i] = classes[chosen[i]];
    }
    *indices = chosen;
    *labels = classes;
    *count = taken;
    return MIXUP_OK;
}

/* A batch at a time. */
mixup_status states_of(mixup_model *model, const mixup_dataset *set, const char *layer, const size_t *indices,
                       size_t count, const mixup_allocator *allocator, float *values) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    float *inputs = NULL; /* [BATCH][..shape] */
    size_t size = 0;
    size_t width = 0;
    MIXUP_TRY(states_width(model, layer, &width));
    MIXUP_TRY(memory_product(BATCH, size_of_shape(info.shape), &size));
    MIXUP_TRY(MEMORY_NEW(allocator, inputs, size));
    mixup_status status = MIXUP_OK;
    for (size_t first = 0; first < count && status == MIXUP_OK; first += BATCH) {
        const size_t batch = count - first < BATCH ? count - first : BATCH;
        status = mixup_dataset_read(set, indices + first, batch, inputs, NULL);
        if (status == MIXUP_OK)
            status = mixup_states(model, layer, batch, inputs, values + first * width);
    }
    memory_release(allocator, inputs);
    return status;
}

mixup_status states_collect(mixup_model *model, const states_desc *desc, states *out) {
    states result = {.allocator = memory_allocator(desc->allocator)};
    mixup_dataset_info info;
    mixup_dataset_describe(desc->set, &info);
    size_t *indices = NULL;
    size_t size = 0;
    MIXUP_TRY(states_width(model, desc->layer, &result.width));
    MIXUP_TRY(states_choose(desc, &indices, &result.labels, &result.count));
    result.class_count = info.class_count;
    mixup_status status = memory_product(result.count, result.width, &size);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(&result.allocator, result.values, size);
    if (status == MIXUP_OK)
        status =
            states_of(model, desc->set, desc->layer, indices, result.count, &result.allocator, result.values);
    memory_release(&result.allocator, indices);
    if (status == MIXUP_OK)
        *out = result;
    else
        states_clear(&result);
    return status;
}

void states_clear(states *out) {
    if (out->values != NULL)
        memory_release(&out->allocator, out->values);
    if (out->labels != NULL)
        memory_release(&out->allocator, out->labels);
    *out = (states){.allocator = out->allocator};
}
