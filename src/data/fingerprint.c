/* data/fingerprint: FNV-1a (64 bits; Fowler, Noll, Vo) over the samples of a data set, and over what is done
 * to them. It notices data that changed by accident; it is no protection from somebody who wants the same
 * number for other data. */
#include "data/dataset.h"

static uint64_t add_bytes(uint64_t hash, const void *data, size_t size) {
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t add_number(uint64_t hash, uint64_t number) {
    return add_bytes(hash, &number, sizeof number);
}

static const uint64_t basis = UINT64_C(0xcbf29ce484222325);

uint64_t hash_row(const void *row, size_t bytes) {
    return add_bytes(basis, row, bytes);
}

/* A row's own hash goes in, which is known of rows that do not lie in memory. */
static uint64_t add_sample(uint64_t hash, const mixup_dataset *set, size_t sample) {
    const dataset_storage *storage = set->storage;
    const size_t bytes = set->preprocess->features * type_size(storage->type);
    const uint64_t row = storage->reader != NULL
                             ? storage->reader->hashes[sample]
                             : hash_row((const char *)storage->inputs + sample * bytes, bytes);
    hash = add_number(hash, row);
    if (storage->labels != NULL)
        return add_bytes(hash, storage->labels + sample, sizeof *storage->labels);
    if (storage->targets == NULL)
        return hash;
    return add_bytes(hash, storage->targets + sample * storage->target_count,
                     storage->target_count * sizeof *storage->targets);
}

uint64_t dataset_fingerprint(const mixup_dataset *set) {
    uint64_t hash = basis;
    hash = add_number(hash, set->count);
    hash = add_number(hash, set->preprocess->features);
    hash = add_number(hash, dataset_target_count(set));
    if (set->storage->read != NULL)
        return hash;
    hash = add_number(hash, (uint64_t)set->storage->type);
    hash = add_number(hash, set->storage->labels != NULL);
    for (size_t i = 0; i < set->count; i++)
        hash = add_sample(hash, set, dataset_sample(set, i));
    return hash;
}

static uint64_t add_values(uint64_t hash, const double *values, size_t count) {
    return values != NULL ? add_bytes(add_number(hash, count), values, count * sizeof *values) : hash;
}

uint64_t preprocess_fingerprint(const mixup_preprocess *preprocess) {
    uint64_t hash = basis;
    hash = add_values(hash, &preprocess->scale, 1);
    hash = add_values(hash, preprocess->filled, preprocess->features);
    hash = add_values(hash, preprocess->mean, preprocess->statistics);
    hash = add_values(hash, preprocess->deviation, preprocess->statistics);
    hash = add_values(hash, preprocess->target_mean, preprocess->target_statistics);
    return add_values(hash, preprocess->target_deviation, preprocess->target_statistics);
}
