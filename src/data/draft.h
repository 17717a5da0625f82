/* data/draft: a data set under construction, for the sources (arrays, files, generators).
 *
 *     dataset_draft draft;
 *     MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_IDX));
 *     return draft_finish(&draft, fill(&draft, desc), set);
 *
 * `fill` sets storage and preprocess step by step and just returns when something fails: draft_finish then
 * frees whatever the draft holds. Blocks come from draft.storage->allocator. */
#ifndef DATA_DRAFT_H
#define DATA_DRAFT_H

#include "data/dataset.h"

typedef struct dataset_draft {
    dataset_storage *storage;
    mixup_preprocess *preprocess;
} dataset_draft;

mixup_status draft_init(dataset_draft *draft, const mixup_allocator *given, preprocess_source source);

/* With `status` MIXUP_OK makes the data set; else, or when that fails, frees the draft. Returns the status.
 */
mixup_status draft_finish(dataset_draft *draft, mixup_status status, mixup_dataset **out);

/* Every input must be finite and, divided by the scale, fit a float. `what` (a path, "inputs") begins the
 * message. Storage's inputs, type and count and the preprocess's shape and scale are set. */
mixup_status draft_check_inputs(const dataset_draft *draft, const char *what);

/* The same for one row. May be called by several threads at once. */
mixup_status draft_check_row(const dataset_draft *draft, size_t sample, const void *row, const char *what);

/* The most bytes that samples may take in memory before they stay in their files: `given`, or where that is
 * 0, a quarter of the machine's memory. */
size_t draft_memory_limit(size_t given);

/* Targets [count][columns] must be finite; `what` as above. */
mixup_status draft_check_targets(const float *targets, size_t count, size_t columns, const char *what);

/* Labels in [0, classes) and the classes' names. `class_count` 0: the largest label + 1. The labels are
 * checked, not kept. */
mixup_status draft_set_classes(dataset_draft *draft, const int32_t *labels, size_t class_count,
                               const char *const *class_names, const char *what);

#endif
