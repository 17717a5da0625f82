/* data/dataset: what a data set is inside, and gathering batches from it.
 *
 * Storage holds the samples in their stored type and is shared, by a counter, between the parts that
 * mixup_dataset_split makes; it is never written after it was made. A data set is a view of it: an optional
 * list of sample numbers and a preprocess of its own. A newcomer's mistake: reading storage with a data
 * set's sample number; dataset_sample() translates it.
 *
 * Several threads may gather from one storage, and from one set, at once (loader.h does). Arrays are only
 * read, and so is what a sample_reader keeps (files that are opened for each image, or read at any place of
 * them; image_reader.h, array_reader.h): what a call needs to work in is the call's own. A callback's `read`
 * may not be called twice at once and is used under a lock.
 *
 * A data set can know its classes and yet have no targets (a CSV file read `.like` the training set but
 * without its label column): class_names.count > 0, dataset_target_count() 0. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "data/augment.h"
#include "tensor/array.h"

#include <pthread.h>
#include <stdatomic.h>

/* Makes the inputs of samples that do not lie in memory. */
typedef struct sample_reader sample_reader;
struct sample_reader {
    /* The raw values of one sample of the storage into `row`, [features] of its type. What is not what it was
     * when the set was opened is an error, which names it. From several threads at once. */
    mixup_status (*read)(const sample_reader *self, size_t sample, void *row);
    void (*destroy)(sample_reader *self);
    const uint64_t *hashes; /* [count] hash_row of each row, when the set was opened */
};

typedef struct dataset_storage {
    mixup_allocator allocator;
    atomic_size_t owners;
    size_t count;
    mixup_type type;
    const void *inputs; /* [count][features] of `type`; NULL: `reader` or `read`. NaN: a missing cell (CSV) */
    sample_reader *reader; /* or NULL */
    const int32_t *labels; /* [count], each in [0, classes); or NULL */
    const float *targets;  /* [count][target_count]; or NULL */
    size_t target_count;   /* of `targets`, or of what `read` gives; 0 with labels alone */
    bool borrowed;         /* the arrays are the caller's */
    bool owns_user;        /* `user` is a block of the allocator's */
    mixup_status (*read)(void *user, const size_t *indices, size_t count, float *inputs, float *targets);
    void *user;
    pthread_mutex_t turn; /* held while `read` runs: one call at a time, for all sets of the storage */
} dataset_storage;

struct mixup_dataset {
    mixup_allocator allocator;
    dataset_storage *storage; /* shared */
    size_t *indices;          /* [count] into storage; NULL: all of it, in order */
    size_t count;             /* ≥ 1 */
    mixup_preprocess *preprocess;
    float *target_row; /* [target_count] of callback data, for reads that do not want targets; else NULL */
};

/* Row i of `inputs` [count][..shape], of `targets` [count][dataset_target_count()] (one-hot for classes) and
 * of `labels` [count] becomes sample indices[i]. `targets` and `labels` may be NULL. A label is -1 without
 * classes; for callback data with classes it is the target row's largest. Allocates nothing, unless the
 * storage has a `reader`, which then can fail as well. Sample numbers out of range are an error. Callback
 * data that were split reach `read` in pieces of at most 256 samples, and one by one where targets are not
 * wanted. */
mixup_status dataset_gather(const mixup_dataset *set, const size_t *indices, size_t count, float *inputs,
                            float *targets, int32_t *labels);

/* How training images are changed while they are gathered. */
typedef struct gather_augmentation {
    const augmentation *how;
    uint32_t epoch;
    float *scratch; /* [features], of the calling thread */
} gather_augmentation;

/* The same, each image changed as its number in `set` and the epoch say. `augment` NULL: as it is. */
mixup_status dataset_gather_augmented(const mixup_dataset *set, const gather_augmentation *augment,
                                      const size_t *indices, size_t count, float *inputs, float *targets,
                                      int32_t *labels);

/* Columns of a target row; 0 where the set has no targets. */
size_t dataset_target_count(const mixup_dataset *set);

/* Sample `index` of the set as a sample number of the storage. */
static inline size_t dataset_sample(const mixup_dataset *set, size_t index) {
    return set->indices != NULL ? set->indices[index] : index;
}

/* The raw values of sample `index`, [features] of the storage's type: where they lie, or made in `room`,
 * which has dataset_room bytes. Not for callback data. */
mixup_status dataset_raw(const mixup_dataset *set, size_t index, void *room, const void **raw);

/* 0 where samples lie in memory. */
static inline size_t dataset_room(const mixup_dataset *set) {
    return set->storage->reader != NULL ? set->preprocess->features * type_size(set->storage->type) : 0;
}

/* Of the bytes of a raw row; fingerprint.c. */
uint64_t hash_row(const void *row, size_t bytes);

/* Takes over scale, filled-in values, statistics and class names of an earlier set with the same input shape
 * (a saved model's), so that new data are treated as the training data were. Classes must agree where both
 * have them. For CSV use mixup_csv_desc.like, which also finds the columns. */
mixup_status dataset_apply(mixup_dataset *set, const mixup_preprocess *like);

/* A number that tells whether the stored samples are still the same (fingerprint.c): of the raw inputs,
 * labels and targets of the set's samples, in their order; neither of names nor of what the preprocess does,
 * nor of where the samples are kept. Of callback data only count, features and target columns are known.
 * Reads all samples that lie in memory once, by at most so many threads; 0: MIXUP_THREADS of the environment,
 * else one a processor. The number changes nothing. */
uint64_t dataset_fingerprint(const mixup_dataset *set, size_t threads);

/* Likewise of scale, filled-in values, mean and deviation. */
uint64_t preprocess_fingerprint(const mixup_preprocess *preprocess);

/* Another view of `storage` (adds an owner on success) with a copy of `preprocess`; adopts `indices`, made
 * with the storage's allocator, on success. */
mixup_status dataset_view(dataset_storage *storage, const mixup_preprocess *preprocess, size_t *indices,
                          size_t count, mixup_dataset **out);

#endif
