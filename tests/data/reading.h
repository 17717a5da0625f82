/* tests/data/reading: whole small data sets in one call, and messages. */
#ifndef DATA_READING_H
#define DATA_READING_H

#include "support/failing_allocator.h"
#include "support/temporary_folder.h"

#include "data/dataset.h"

#include <math.h>

enum { READING_LIMIT = 4096 };

/* All samples in order. */
typedef struct reading {
    mixup_dataset_info info;
    float inputs[READING_LIMIT];  /* [count][features] */
    float targets[READING_LIMIT]; /* [count][target_count] */
    int32_t labels[READING_LIMIT];
} reading;

static inline void read_set(const mixup_dataset *set, reading *out) {
    mixup_dataset_describe(set, &out->info);
    assert_true(out->info.count * set->preprocess->features <= READING_LIMIT);
    assert_true(out->info.count * out->info.target_count <= READING_LIMIT);
    size_t indices[READING_LIMIT];
    for (size_t i = 0; i < out->info.count; i++)
        indices[i] = i;
    assert_int_equal(dataset_gather(set, indices, out->info.count, out->inputs, out->targets, out->labels),
                     MIXUP_OK);
}

static inline void assert_floats(const float *actual, const float *expected, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(actual[i] == expected[i]))
            fail_msg("value %zu is %.9g, expected %.9g", i, (double)actual[i], (double)expected[i]);
}

/* A failed call with `status` whose message holds `part`. */
static inline void assert_failed(mixup_status actual, mixup_status status, const char *part) {
    if (actual != status || strstr(mixup_last_error(), part) == NULL)
        fail_msg("got %d '%s', expected %d and '%s'", (int)actual,
                 actual == MIXUP_OK ? "" : mixup_last_error(), (int)status, part);
}

static inline void assert_names(const char *const *names, const char *const *expected, size_t count) {
    assert_non_null(names);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], expected[i]);
}

#endif
