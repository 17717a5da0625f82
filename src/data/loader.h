/* data/loader: the batches of a training, in order, prepared ahead of it by threads of their own.
 *
 * A ring of slots, each with room for a batch. A worker takes the next batch that nobody has begun, together
 * with the next slot of the ring, copies the batch's sample numbers into it, and then, outside the lock,
 * gathers, decodes and changes the samples. The training takes slots in the same order. Which worker fills
 * which slot does not matter: a batch is a function of (seed, epoch, step), so any number of workers gives
 * the same bits. Without workers the training does the same work itself, straight into its own arrays, which
 * is quicker where there is nothing to do but to copy.
 *
 * A newcomer's mistakes: reporting a failure when it happens (a message belongs to its thread, and the
 * batches before it are still good; so it is kept in the slot and told when its turn comes), and allocating
 * or drawing in a worker: everything is allocated when the loader is made. */
#ifndef DATA_LOADER_H
#define DATA_LOADER_H

#include "data/dataset.h"

typedef struct loader loader;

/* What mixup_fit_desc.load_threads says by default: none where samples are only copied. */
size_t loader_default_threads(const mixup_dataset *set, bool augmented);

typedef struct loader_desc {
    const mixup_dataset *set; /* of at most UINT32_MAX samples */
    const augmentation *how;  /* NULL: samples as they are. Read until loader_destroy, as `set` is */
    size_t batch_size;        /* ≥ 1 */
    size_t epoch_steps;       /* batches of an epoch; the last one may be shorter */
    size_t epochs;
    bool no_shuffle;
    uint64_t seed;  /* of the order of samples in an epoch */
    size_t threads; /* workers; of callback data at most one is used */
} loader_desc;

/* The workers inherit the floating-point environment of the calling thread, and none of its signals; they
 * wait for loader_start. */
mixup_status loader_create(loader **out, const loader_desc *desc, const mixup_allocator *allocator);

/* Once: the first batch wanted is number `step` of epoch `epoch`, both from 0. */
void loader_start(loader *self, size_t epoch, size_t step);

/* Waits for the next batch and copies it: inputs [count][features], targets [count][target columns], labels
 * [count], as dataset_gather gives them. `count` must be that of the batch. Each failed call gives the failed
 * batch's message. Of callback data no sample of a later epoch has been read before this call. */
mixup_status loader_next(loader *self, size_t count, float *inputs, float *targets, int32_t *labels);

/* Ends the workers, each after the batch that it is at. */
void loader_destroy(loader *self);

#endif
