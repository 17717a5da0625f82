/* What tests/fixtures/make_torch_robustness.py wrote, and models and data sets in few lines. */
#ifndef ANALYSIS_FIXTURE_H
#define ANALYSIS_FIXTURE_H

#include "support/failing_allocator.h"

#include "format/safetensors.h"

#include <math.h>
#include <stdio.h>

static inline safetensors *fixture_open(void) {
    safetensors *file = NULL;
    if (safetensors_read(&file, "tests/fixtures/torch/robustness.safetensors", 0, NULL) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return file;
}

/* The floats of an entry; the file owns them. */
static inline const float *fixture_floats(const safetensors *file, const char *name) {
    const safetensors_entry *entry = safetensors_find(file, name);
    if (entry == NULL || entry->type != MIXUP_FLOAT32) {
        fail_msg("the fixture has no floats %s", name);
        return NULL;
    }
    return entry->data;
}

static inline const int32_t *fixture_integers(const safetensors *file, const char *name) {
    const safetensors_entry *entry = safetensors_find(file, name);
    if (entry == NULL || entry->type != MIXUP_INT32) {
        fail_msg("the fixture has no integers %s", name);
        return NULL;
    }
    return entry->data;
}

static inline void expect_ok(mixup_status status) {
    if (status != MIXUP_OK)
        fail_msg("%s: %s", mixup_status_name(status), mixup_last_error());
}

/* Refused with `status` and a message that holds `part`. */
static inline void expect_refused(mixup_status status, mixup_status expected, const char *part) {
    assert_int_equal(status, expected);
    if (strstr(mixup_last_error(), part) == NULL)
        fail_msg("the message '%s' does not hold '%s'", mixup_last_error(), part);
}

static inline mixup_model *model_of(const mixup_model_desc *desc) {
    mixup_model *model = NULL;
    mixup_model_desc one = *desc;
    one.threads = 1;
    expect_ok(mixup_model_create(&model, &one));
    return model;
}

static inline mixup_dataset *set_of(const mixup_arrays_desc *desc) {
    mixup_dataset *set = NULL;
    expect_ok(mixup_dataset_from_arrays(&set, desc));
    return set;
}

#endif
