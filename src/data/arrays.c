/* data/arrays: data sets from arrays in memory, copied or borrowed. */
#include "data/draft.h"

#include <string.h>

static mixup_status check_description(const mixup_arrays_desc *desc) {
    if (desc->inputs == NULL || desc->count == 0)
        return error(MIXUP_ERROR_ARGUMENT, "inputs: a data set needs at least one sample");
    if (type_size(desc->type) == 0)
        return error(MIXUP_ERROR_ARGUMENT, "type: %d is no element type", (int)desc->type);
    if (desc->labels != NULL && desc->targets != NULL)
        return error(MIXUP_ERROR_ARGUMENT, "labels and targets: a data set has one of them, not both");
    if (desc->labels == NULL && (desc->class_count > 0 || desc->class_names != NULL))
        return error(MIXUP_ERROR_ARGUMENT,
                     "class_count and class_names: are for labels, which are not given");
    if ((desc->targets != NULL) != (desc->target_count > 0))
        return error(MIXUP_ERROR_ARGUMENT, "targets and target_count: give both or neither");
    return MIXUP_OK;
}

/* A copy of `count` items of `size` bytes, or the caller's own where it lent them. */
static mixup_status take(const dataset_draft *draft, const void *from, size_t count, size_t size,
                         const void **to) {
    if (draft->storage->borrowed) {
        *to = from;
        return MIXUP_OK;
    }
    void *copy = memory_allocate(&draft->storage->allocator, count, size);
    if (copy == NULL)
        return MIXUP_ERROR_MEMORY;
    memcpy(copy, from, count * size);
    *to = copy;
    return MIXUP_OK;
}

static mixup_status take_targets(dataset_draft *draft, const mixup_arrays_desc *desc) {
    dataset_storage *storage = draft->storage;
    const void *taken = NULL;
    if (desc->labels != NULL) {
        MIXUP_TRY(draft_set_classes(draft, desc->labels, desc->class_count, desc->class_names, "labels"));
        MIXUP_TRY(take(draft, desc->labels, desc->count, sizeof *desc->labels, &taken));
        storage->labels = taken;
    } else if (desc->targets != NULL) {
        size_t elements = 0;
        MIXUP_TRY(memory_product(desc->count, desc->target_count, &elements));
        MIXUP_TRY(draft_check_targets(desc->targets, desc->count, desc->target_count, "targets"));
        MIXUP_TRY(take(draft, desc->targets, elements, sizeof *desc->targets, &taken));
        storage->targets = taken;
        storage->target_count = desc->target_count;
    }
    return MIXUP_OK;
}

static mixup_status fill(dataset_draft *draft, const mixup_arrays_desc *desc) {
    dataset_storage *storage = draft->storage;
    shape input;
    MIXUP_TRY(shape_from_sizes(desc->shape, MIXUP_MAX_RANK, "shape", &input));
    MIXUP_TRY(preprocess_set_shape(draft->preprocess, &input));
    MIXUP_TRY(preprocess_set_scale(draft->preprocess, desc->scale));
    size_t elements = 0;
    MIXUP_TRY(memory_product(desc->count, draft->preprocess->features, &elements));
    storage->count = desc->count;
    storage->type = desc->type;
    storage->borrowed = desc->borrow;
    MIXUP_TRY(take(draft, desc->inputs, elements, type_size(desc->type), &storage->inputs));
    MIXUP_TRY(draft_check_inputs(draft, "inputs"));
    return take_targets(draft, desc);
}

mixup_status mixup_dataset_from_arrays(mixup_dataset **set, const mixup_arrays_desc *desc) {
    if (set == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_arrays: set and desc must not be NULL");
    MIXUP_TRY(check_description(desc));
    dataset_draft draft;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_ARRAYS));
    return draft_finish(&draft, fill(&draft, desc), set);
}
