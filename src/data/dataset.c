/* data/dataset: life of data sets and of the storage they share, and what the public API asks of them.
 * Gathering is in gather.c. */
#include "data/draft.h"

static void storage_release(dataset_storage *storage) {
    if (atomic_fetch_sub(&storage->owners, 1) > 1)
        return;
    const mixup_allocator allocator = storage->allocator;
    pthread_mutex_destroy(&storage->turn);
    if (storage->reader != NULL)
        storage->reader->destroy(storage->reader);
    if (!storage->borrowed) {
        memory_release(&allocator, (void *)(uintptr_t)storage->inputs);
        memory_release(&allocator, (void *)(uintptr_t)storage->labels);
        memory_release(&allocator, (void *)(uintptr_t)storage->targets);
    }
    if (storage->owns_user)
        memory_release(&allocator, storage->user);
    memory_release(&allocator, storage);
}

/* A data set that owns nothing yet but itself and the row for callbacks. */
static mixup_status dataset_allocate(const dataset_storage *storage, mixup_dataset **out) {
    const mixup_allocator allocator = storage->allocator;
    mixup_dataset *set = NULL;
    MIXUP_TRY(MEMORY_NEW(&allocator, set, 1));
    set->allocator = allocator;
    if (storage->read != NULL) {
        set->target_row = memory_allocate(&allocator, storage->target_count, sizeof *set->target_row);
        if (set->target_row == NULL) {
            memory_release(&allocator, set);
            return MIXUP_ERROR_MEMORY;
        }
    }
    *out = set;
    return MIXUP_OK;
}

mixup_status draft_finish(dataset_draft *draft, mixup_status status, mixup_dataset **out) {
    mixup_dataset *set = NULL;
    if (status == MIXUP_OK)
        status = dataset_allocate(draft->storage, &set);
    if (status != MIXUP_OK) {
        preprocess_destroy(draft->preprocess);
        storage_release(draft->storage);
    } else {
        set->storage = draft->storage;
        set->preprocess = draft->preprocess;
        set->count = draft->storage->count;
        *out = set;
    }
    *draft = (dataset_draft){0};
    return status;
}

mixup_status dataset_view(dataset_storage *storage, const mixup_preprocess *preprocess, size_t *indices,
                          size_t count, mixup_dataset **out) {
    mixup_dataset *set = NULL;
    MIXUP_TRY(dataset_allocate(storage, &set));
    const mixup_status status = preprocess_copy(preprocess, &storage->allocator, &set->preprocess);
    if (status != MIXUP_OK) {
        memory_release(&storage->allocator, set->target_row);
        memory_release(&storage->allocator, set);
        return status;
    }
    atomic_fetch_add(&storage->owners, 1);
    set->storage = storage;
    set->indices = indices;
    set->count = count;
    *out = set;
    return MIXUP_OK;
}

void mixup_dataset_destroy(mixup_dataset *set) {
    if (set == NULL)
        return;
    const mixup_allocator allocator = set->allocator;
    storage_release(set->storage);
    preprocess_destroy(set->preprocess);
    memory_release(&allocator, set->indices);
    memory_release(&allocator, set->target_row);
    memory_release(&allocator, set);
}

size_t dataset_target_count(const mixup_dataset *set) {
    return set->storage->labels != NULL ? set->preprocess->class_names.count : set->storage->target_count;
}

void mixup_dataset_describe(const mixup_dataset *set, mixup_dataset_info *info) {
    if (info == NULL)
        return;
    *info = (mixup_dataset_info){0};
    if (set == NULL)
        return;
    const mixup_preprocess *preprocess = set->preprocess;
    info->count = set->count;
    for (size_t i = 0; i < preprocess->shape.rank; i++)
        info->shape[i] = preprocess->shape.sizes[i];
    info->class_count = preprocess->class_names.count;
    info->class_names = (const char *const *)preprocess->class_names.items;
    info->target_count = dataset_target_count(set);
    if (info->target_count == preprocess->target_names.count)
        info->target_names = (const char *const *)preprocess->target_names.items;
}

mixup_status mixup_dataset_labels(const mixup_dataset *set, int32_t *labels) {
    if (set == NULL || labels == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "labels: needs a data set and an array for the labels");
    if (set->storage->read != NULL && set->storage->labels == NULL)
        return error(
            MIXUP_ERROR_UNSUPPORTED,
            "labels: the samples come from a callback or are mixed; read them with mixup_dataset_read");
    for (size_t i = 0; i < set->count; i++)
        labels[i] = set->storage->labels != NULL ? set->storage->labels[dataset_sample(set, i)] : -1;
    return MIXUP_OK;
}

const mixup_preprocess *mixup_dataset_preprocess(const mixup_dataset *set) {
    return set != NULL ? set->preprocess : NULL;
}
