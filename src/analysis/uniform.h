/* analysis/uniform: where a network puts inputs that are no samples: the black dots of the paper's figures 1,
 * 2 and 5. Each value of such an input is drawn from U(low, high), by itself; of images that gives noise. */
#ifndef ANALYSIS_UNIFORM_H
#define ANALYSIS_UNIFORM_H

#include "analysis/states.h"

typedef struct uniform_desc {
    const char *layer; /* whose output is taken, or "input" */
    size_t count;      /* ≥ 1 */
    double range[2];   /* low, high: as the network sees inputs, finite */
    uint64_t seed;
    const mixup_allocator *allocator;
} uniform_desc;

/* States with the label -1. */
mixup_status uniform_states(mixup_model *model, const uniform_desc *desc, states *out);

/* The lowest and the highest value of all inputs of the samples, as the network sees them. */
mixup_status uniform_range(const mixup_dataset *set, const mixup_allocator *allocator, double range[2]);

#endif
