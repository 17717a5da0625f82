/* data/split: two views of one storage. Both keep the old order; which samples go where is a function of
 * (seed, number of samples, labels) alone. */
#include "data/dataset.h"
#include "random/stream.h"

#include <assert.h>
#include <math.h>

/* How many samples to cut off, checked. */
static mixup_status part_count(const mixup_dataset *set, const mixup_split_desc *desc, size_t *part) {
    const int given = (desc->first > 0) + (desc->last > 0) + (desc->count > 0) + (desc->fraction != 0.0);
    if (given != 1)
        return error(MIXUP_ERROR_ARGUMENT,
                     "split: %d of first, last, count and fraction are given; give exactly one", given);
    if (desc->stratified && desc->count == 0 && desc->fraction == 0.0)
        return error(MIXUP_ERROR_ARGUMENT, "split: stratified goes with count or fraction");
    if (desc->fraction != 0.0 && !(desc->fraction > 0.0 && desc->fraction < 1.0))
        return error(MIXUP_ERROR_ARGUMENT, "split: fraction %g; must be between 0 and 1", desc->fraction);
    const size_t count = desc->fraction != 0.0 ? (size_t)llround(desc->fraction * (double)set->count)
                                               : desc->first + desc->last + desc->count;
    if (count == 0 || count >= set->count)
        return error(MIXUP_ERROR_DATA,
                     "split: %zu of %zu samples would be cut off, which leaves a part empty", count,
                     set->count);
    *part = count;
    return MIXUP_OK;
}

/* Classes whose share has a remainder above `threshold`, in units of 1 / count. */
static size_t count_above(const size_t *available, size_t classes, size_t part, size_t count,
                          size_t threshold) {
    size_t above = 0;
    for (size_t c = 0; c < classes; c++)
        above += available[c] * part % count > threshold;
    return above;
}

/* How many samples of each class go into the part: its share rounded down, and the rest one each to those
 * with the largest remainders (the lower class first among equals). Counts are below 2^32, so the products
 * fit. `available` and `quota` are [classes]. */
static void share_out(const size_t *available, size_t classes, size_t part, size_t count, size_t *quota) {
    size_t left = part;
    assert(count > 0);
    for (size_t c = 0; c < classes; c++) {
        quota[c] = available[c] * part / count;
        left -= quota[c];
    }
    /* The smallest remainder that at most `left` classes exceed: these get one more, and those that equal it
     * share what is left then. */
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (count_above(available, classes, part, count, middle) <= left)
            high = middle;
        else
            low = middle + 1;
    }
    size_t ties = left - count_above(available, classes, part, count, low);
    for (size_t c = 0; c < classes; c++) {
        const size_t remainder = available[c] * part % count;
        if (remainder > low) {
            quota[c]++;
        } else if (remainder == low && remainder > 0 && ties > 0) {
            quota[c]++;
            ties--;
        }
    }
}

static int32_t label_of(const mixup_dataset *set, size_t index) {
    return set->storage->labels[dataset_sample(set, index)];
}

static mixup_status choose_stratified(const mixup_dataset *set, const uint32_t *order, size_t part,
                                      bool *chosen) {
    if (set->storage->labels == NULL)
        return error(MIXUP_ERROR_ARGUMENT,
                     "split: stratified needs labels, which this data set does not have");
    const size_t classes = set->preprocess->class_names.count;
    size_t *available = NULL;
    size_t *quota = NULL;
    MIXUP_TRY(MEMORY_NEW(&set->allocator, available, classes));
    if (MEMORY_NEW(&set->allocator, quota, classes) != MIXUP_OK) {
        memory_release(&set->allocator, available);
        return MIXUP_ERROR_MEMORY;
    }
    for (size_t i = 0; i < set->count; i++)
        available[label_of(set, i)]++;
    share_out(available, classes, part, set->count, quota);
    for (size_t i = 0; i < set->count; i++) {
        const int32_t label = label_of(set, order[i]);
        if (quota[label] > 0) {
            quota[label]--;
            chosen[order[i]] = true;
        }
    }
    memory_release(&set->allocator, quota);
    memory_release(&set->allocator, available);
    return MIXUP_OK;
}

static mixup_status choose_random(const mixup_dataset *set, const mixup_split_desc *desc, size_t part,
                                  bool *chosen) {
    if (set->count > UINT32_MAX)
        return error(MIXUP_ERROR_UNSUPPORTED, "split: %zu samples; at random at most %u can be split",
                     set->count, (unsigned)UINT32_MAX);
    uint32_t *order = NULL;
    MIXUP_TRY(MEMORY_NEW(&set->allocator, order, set->count));
    random_stream stream = random_open(desc->seed, RANDOM_SPLIT, 0, 0, 0, 0);
    random_permutation(&stream, set->count, order);
    mixup_status status = MIXUP_OK;
    if (desc->stratified)
        status = choose_stratified(set, order, part, chosen);
    else
        for (size_t i = 0; i < part; i++)
            chosen[order[i]] = true;
    memory_release(&set->allocator, order);
    return status;
}

static mixup_status choose(const mixup_dataset *set, const mixup_split_desc *desc, size_t part,
                           bool *chosen) {
    if (desc->first == 0 && desc->last == 0)
        return choose_random(set, desc, part, chosen);
    const size_t start = desc->first > 0 ? 0 : set->count - part;
    for (size_t i = 0; i < part; i++)
        chosen[start + i] = true;
    return MIXUP_OK;
}

/* The view of the samples that are (`wanted`) or are not chosen. */
static mixup_status make_view(const mixup_dataset *set, const bool *chosen, bool wanted, size_t count,
                              mixup_dataset **out) {
    size_t *indices = NULL;
    MIXUP_TRY(MEMORY_NEW(&set->allocator, indices, count));
    size_t used = 0;
    for (size_t i = 0; i < set->count; i++)
        if (chosen[i] == wanted)
            indices[used++] = dataset_sample(set, i);
    const mixup_status status = dataset_view(set->storage, set->preprocess, indices, count, out);
    if (status != MIXUP_OK)
        memory_release(&set->allocator, indices);
    return status;
}

static mixup_status split_chosen(const mixup_dataset *set, const bool *chosen, size_t count,
                                 mixup_dataset **rest, mixup_dataset **part) {
    mixup_dataset *kept = NULL;
    mixup_dataset *cut = NULL;
    MIXUP_TRY(make_view(set, chosen, false, set->count - count, &kept));
    const mixup_status status = make_view(set, chosen, true, count, &cut);
    if (status != MIXUP_OK) {
        mixup_dataset_destroy(kept);
        return status;
    }
    *rest = kept;
    *part = cut;
    return MIXUP_OK;
}

mixup_status mixup_dataset_split(const mixup_dataset *set, const mixup_split_desc *desc, mixup_dataset **rest,
                                 mixup_dataset **part) {
    if (set == NULL || desc == NULL || rest == NULL || part == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_split: no argument may be NULL");
    size_t count = 0;
    MIXUP_TRY(part_count(set, desc, &count));
    bool *chosen = NULL;
    MIXUP_TRY(MEMORY_NEW(&set->allocator, chosen, set->count));
    mixup_status status = choose(set, desc, count, chosen);
    if (status == MIXUP_OK)
        status = split_chosen(set, chosen, count, rest, part);
    memory_release(&set->allocator, chosen);
    return status;
}
