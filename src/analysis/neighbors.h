/* analysis/neighbors: samples classified by the training samples whose hidden states lie nearest to theirs (k
 * nearest neighbours, Cover & Hart 1967; the paper measures PreActResNets so).
 *
 * A sample belongs to the class that most of its k nearest training states have. Of classes with equally many
 * it is the one whose nearest member is nearest; of training samples at equal distance the one that comes
 * first in the training set is nearer. A newcomer's mistake: expecting an even k to be undecided.
 *
 * Squared distances are |a|² + |b|² - 2 a·b, in double, with the products of a block of samples and a block
 * of training states as one product of matrices by BLAS. Training states are made block by block and not
 * kept, so memory does not grow with the training set; where the states are so wide that the tested ones do
 * not fit their room, the training states are made again for each part of them. */
#ifndef ANALYSIS_NEIGHBORS_H
#define ANALYSIS_NEIGHBORS_H

#include "base/memory.h"

typedef enum neighbors_distance {
    NEIGHBORS_EUCLIDEAN,
    NEIGHBORS_COSINE, /* 1 - cos of the angle; a state of zeros is at distance 1 from all others */
    NEIGHBORS_DISTANCES
} neighbors_distance;

/* "euclidean", "cosine"; NULL for other numbers. */
const char *neighbors_distance_name(neighbors_distance distance);

typedef struct neighbors_desc {
    const char *layer; /* whose output is compared, or "input" */
    const size_t
        *counts; /* [count_count] each k ≥ 1, at most the number of training samples; NULL: 1, 5, 20 */
    size_t count_count;
    neighbors_distance distance;
    size_t per_class; /* the first so many training samples of each class; 0: all */
    size_t samples;   /* at most so many tested ones, spread over the set; 0: all */
} neighbors_desc;

/* With the default counts where there are none; the lists stay the caller's. */
mixup_status neighbors_resolve(const neighbors_desc *given, neighbors_desc *out);

/* Fills accuracy[count_count] and `samples`, how many were tested (or NULL): the share of the samples of
 * `tested` that each k gives the right class. Both sets need the same classes. */
mixup_status neighbors_measure(mixup_model *model, const mixup_dataset *training, const mixup_dataset *tested,
                               const neighbors_desc *resolved, const mixup_allocator *allocator,
                               double *accuracy, size_t *samples);

#endif
