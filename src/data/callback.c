/* data/callback: data sets whose samples the caller makes on demand; gather.c calls `read`. */
#include "data/draft.h"

static mixup_status check_description(const mixup_callback_desc *desc) {
    if (desc->read == NULL || desc->count == 0)
        return error(MIXUP_ERROR_ARGUMENT,
                     "read and count: a data set needs a function and at least one sample");
    if (desc->class_count > 0 && desc->target_count > 0)
        return error(MIXUP_ERROR_ARGUMENT,
                     "class_count and target_count: classes are one target column each; give one of them");
    if (desc->class_names != NULL && desc->class_count == 0)
        return error(MIXUP_ERROR_ARGUMENT, "class_names: their number is unknown; give class_count too");
    return MIXUP_OK;
}

static mixup_status fill(dataset_draft *draft, const mixup_callback_desc *desc) {
    dataset_storage *storage = draft->storage;
    shape input;
    MIXUP_TRY(shape_from_sizes(desc->shape, MIXUP_MAX_RANK, "shape", &input));
    MIXUP_TRY(preprocess_set_shape(draft->preprocess, &input));
    MIXUP_TRY(preprocess_set_classes(draft->preprocess, desc->class_names, desc->class_count));
    storage->count = desc->count;
    storage->target_count = desc->class_count > 0 ? desc->class_count : desc->target_count;
    storage->read = desc->read;
    storage->user = desc->user;
    return MIXUP_OK;
}

mixup_status mixup_dataset_from_callback(mixup_dataset **set, const mixup_callback_desc *desc) {
    if (set == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_callback: set and desc must not be NULL");
    MIXUP_TRY(check_description(desc));
    dataset_draft draft;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_CALLBACK));
    return draft_finish(&draft, fill(&draft, desc), set);
}
