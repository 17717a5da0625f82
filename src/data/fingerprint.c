/* data/fingerprint: FNV-1a (64 bits; Fowler, Noll, Vo) over the samples of a data set, and over what is done
 * to them. It notices data that changed by accident; it is no protection from somebody who wants the same
 * number for other data. */
#include "base/parallel.h"
#include "data/dataset.h"

static const uint64_t basis = UINT64_C(0xcbf29ce484222325);
static const uint64_t prime = UINT64_C(0x100000001b3);

static uint64_t add_bytes(uint64_t hash, const void *data, size_t size) {
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * prime;
    return hash;
}

static uint64_t add_number(uint64_t hash, uint64_t number) {
    return add_bytes(hash, &number, sizeof number);
}

uint64_t hash_row(const void *row, size_t bytes) {
    return add_bytes(basis, row, bytes);
}

/* Samples whose rows are hashed side by side: after each byte a hash waits four cycles for its product, in
 * which those of three other rows are begun. */
enum { GROUP = 4 };

static void hash_rows(const unsigned char *const rows[GROUP], size_t bytes, uint64_t hashes[GROUP]) {
    uint64_t hash[GROUP];
    for (size_t r = 0; r < GROUP; r++)
        hash[r] = basis;
    for (size_t i = 0; i < bytes; i++)
        for (size_t r = 0; r < GROUP; r++)
            hash[r] = (hash[r] ^ rows[r][i]) * prime;
    for (size_t r = 0; r < GROUP; r++)
        hashes[r] = hash[r];
}

/* The rows' own hashes, which are known of rows that do not lie in memory. Of fewer samples than a group has
 * the last one fills it up. */
static void hash_samples(const mixup_dataset *set, const size_t samples[GROUP], uint64_t hashes[GROUP]) {
    const dataset_storage *storage = set->storage;
    const size_t bytes = set->preprocess->features * type_size(storage->type);
    const unsigned char *rows[GROUP];
    for (size_t r = 0; r < GROUP; r++) {
        if (storage->reader != NULL)
            hashes[r] = storage->reader->hashes[samples[r]];
        else
            rows[r] = (const unsigned char *)storage->inputs + samples[r] * bytes;
    }
    if (storage->reader == NULL)
        hash_rows(rows, bytes, hashes);
}

static uint64_t add_sample(uint64_t hash, const dataset_storage *storage, size_t sample, uint64_t row) {
    hash = add_number(hash, row);
    if (storage->labels != NULL)
        return add_bytes(hash, storage->labels + sample, sizeof *storage->labels);
    if (storage->targets == NULL)
        return hash;
    return add_bytes(hash, storage->targets + sample * storage->target_count,
                     storage->target_count * sizeof *storage->targets);
}

/* Samples whose rows are hashed by several threads at once, a piece each in turn, before their hashes go in
 * one after the other. */
enum { PIECE = 128, WINDOW = 64 * PIECE, MOST_THREADS = 8, SMALL = 1 << 20 /* bytes that one thread does */ };

typedef struct sample_window {
    const mixup_dataset *set;
    size_t first, count;     /* of the set */
    uint64_t hashes[WINDOW]; /* [count] */
} sample_window;

static mixup_status hash_piece(size_t index, void *user) {
    sample_window *of = user;
    const size_t left = of->count - index * PIECE;
    const size_t end = index * PIECE + (left < PIECE ? left : PIECE);
    for (size_t begin = index * PIECE; begin < end; begin += GROUP) {
        size_t samples[GROUP];
        uint64_t hashes[GROUP];
        for (size_t r = 0; r < GROUP; r++)
            samples[r] = dataset_sample(of->set, of->first + (begin + r < end ? begin + r : end - 1));
        hash_samples(of->set, samples, hashes);
        for (size_t r = 0; r < GROUP && begin + r < end; r++)
            of->hashes[begin + r] = hashes[r];
    }
    return MIXUP_OK;
}

/* One for rows whose windows, or of which all, are small. */
static size_t choose_threads(const mixup_dataset *set, size_t threads) {
    const size_t row = set->preprocess->features * type_size(set->storage->type);
    if (set->storage->reader != NULL || row < SMALL / WINDOW || set->count < SMALL / row ||
        parallel_choose_threads(&threads, 0) != MIXUP_OK)
        return 1;
    return threads < MOST_THREADS ? threads : MOST_THREADS;
}

static uint64_t add_samples(uint64_t hash, const mixup_dataset *set, size_t wanted) {
    const size_t threads = choose_threads(set, wanted);
    sample_window window;
    window.set = set;
    for (window.first = 0; window.first < set->count; window.first += WINDOW) {
        const size_t left = set->count - window.first;
        window.count = left < WINDOW ? left : WINDOW;
        parallel_run((window.count + PIECE - 1) / PIECE, threads, hash_piece, &window); /* does not fail */
        for (size_t i = 0; i < window.count; i++)
            hash = add_sample(hash, set->storage, dataset_sample(set, window.first + i), window.hashes[i]);
    }
    return hash;
}

uint64_t dataset_fingerprint(const mixup_dataset *set, size_t threads) {
    uint64_t hash = basis;
    hash = add_number(hash, set->count);
    hash = add_number(hash, set->preprocess->features);
    hash = add_number(hash, dataset_target_count(set));
    if (set->storage->read != NULL)
        return hash;
    hash = add_number(hash, (uint64_t)set->storage->type);
    hash = add_number(hash, set->storage->labels != NULL);
    return add_samples(hash, set, threads);
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
