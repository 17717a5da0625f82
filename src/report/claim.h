/* report/claim: one claim: its numbers for each variant and seed, their medians, and whether it holds. */
#ifndef REPORT_CLAIM_H
#define REPORT_CLAIM_H

#include "report/measure.h"
#include "report/results.h"

typedef enum claim_variant { CLAIM_NONE, CLAIM_INPUT, CLAIM_MANIFOLD, CLAIM_VARIANTS } claim_variant;

/* Seeds of each variant that a median takes. */
enum { CLAIM_LEAST_SEEDS = 3 };

typedef struct claim {
    mixup_allocator allocator;
    const request *item;
    const results_variant *variants[CLAIM_VARIANTS]; /* NULL: absent; none and manifold are there */
    size_t rows;                                     /* classes for SINGULAR_VALUES, else 1 */
    size_t *samples;                                 /* [rows] of the class; 0: not part of the claim */
    double *numbers[CLAIM_VARIANTS];                 /* [rows][runs of the variant] */
    double *medians[CLAIM_VARIANTS];                 /* [rows] */
    size_t counted;                                  /* rows that take part */
    size_t won;                                      /* of them, those where the claim holds */
    const char *missing;                             /* why nothing can be said; NULL: checked */
    bool holds;                                      /* false where something is missing */
} claim;

/* "none", "input", "manifold" */
const char *claim_variant_name(claim_variant variant);

/* Whether the item can be checked on this experiment: something is claimed of its kind, and it wants and has
 * none and manifold. */
bool claim_applies(const request *item, const results_experiment *files);

/* Measures every run. The item must outlive the claim. */
mixup_status claim_measure(const request *item, const results_experiment *files, mixup_log log,
                           const mixup_allocator *allocator, claim *out);
void claim_clear(claim *out);

#endif
