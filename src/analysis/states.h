/* analysis/states: the states of one layer for chosen samples of a data set, with their classes.
 *
 * Samples are the first so many of each chosen class in the data set's order, so that two models see the same
 * ones. A newcomer's mistake: expecting the rows sorted by class; they keep the data set's order. */
#ifndef ANALYSIS_STATES_H
#define ANALYSIS_STATES_H

#include "base/memory.h"

typedef struct states_desc {
    const mixup_dataset *set;
    const char *layer;     /* the layer whose output is taken, or "input" */
    size_t per_class;      /* the first so many of each class; 0: all */
    const size_t *classes; /* [class_count] the classes wanted; NULL: all */
    size_t class_count;    /* with `classes` */
    const mixup_allocator *allocator;
} states_desc;

typedef struct states {
    mixup_allocator allocator;
    size_t count;
    size_t width;       /* features of a state, its shape flattened */
    size_t class_count; /* of the data set; labels are below it */
    float *values;      /* [count][width] */
    int32_t *labels;    /* [count]; -1 for a data set without classes */
} states;

mixup_status states_collect(mixup_model *model, const states_desc *desc, states *out);
void states_clear(states *out);

/* The number of features of `layer`'s output. */
mixup_status states_width(const mixup_model *model, const char *layer, size_t *width);

/* The chosen samples alone: a new array of `count` indices into the set, and their labels. */
mixup_status states_choose(const states_desc *desc, size_t **indices, int32_t **labels, size_t *count);

/* At most `most` samples (0: all), spread evenly over the set: sample i of n is number i × size / n, so that
 * a set that is sorted by class gives all of them. New arrays of `count` indices and labels. */
mixup_status states_spread(const mixup_dataset *set, size_t most, const mixup_allocator *allocator,
                           size_t **indices, int32_t **labels, size_t *count);

/* The states of the samples indices[count], in their order: values [count][width of the layer]. */
mixup_status states_of(mixup_model *model, const mixup_dataset *set, const char *layer, const size_t *indices,
                       size_t count, const mixup_allocator *allocator, float *values);

#endif
