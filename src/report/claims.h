/* report/claims: what the original demonstrations claim of Manifold Mixup, checked on the medians over seeds.
 *
 * For every figure that an experiment asks for (its key `report`) and that has variants none and manifold:
 *   singular_values  manifold's uncentred values sum to less than none's and than input's,
 *                    for at least nine in ten classes; all samples of the part
 *   scatter          manifold's classes are tighter (analysis/tightness.h) than none's; all samples
 *   surface          manifold's share of the map with 0.1 < p < 0.9 is larger than none's
 * Each takes three seeds of every variant that it compares; with less it is not checked.
 * A newcomer's mistake: changing a claim that fails; find out first why it fails. */
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "base/memory.h"

typedef struct claims_desc {
    const char *results;
    const char *path; /* of the Markdown page to write; NULL: none */
    mixup_log log;
    const mixup_allocator *allocator;
} claims_desc;

typedef struct claims_outcome {
    size_t held;
    size_t failed;
    size_t unchecked; /* for want of a variant or of seeds */
} claims_outcome;

/* All of them. */
size_t claims_count(const claims_outcome *of);

/* MIXUP_ERROR_NOT_FOUND when there is nothing to check. */
mixup_status claims_check(const claims_desc *desc, claims_outcome *outcome);

#endif
