/* analysis/robustness: how often a classifier is right on inputs that were changed: attacked (attack.h) or
 * deformed (deform.h).
 *
 * The samples are spread evenly over the data set (states_spread), the same for every model. A newcomer's
 * mistake: taking the first thousand of a folder of images instead, which are all aeroplanes. */
#ifndef ANALYSIS_ROBUSTNESS_H
#define ANALYSIS_ROBUSTNESS_H

#include "base/memory.h"

/* Samples under trial and what the model says about them as they are. Fields are for reading. */
typedef struct robustness {
    mixup_allocator allocator;
    mixup_model *model;
    const mixup_dataset *set;
    size_t width, classes;
    size_t count;
    size_t *numbers;    /* [count] of the samples in the set */
    int32_t *labels;    /* [count] */
    bool *right;        /* [count] the unchanged sample's most probable class is its own */
    size_t right_count; /* of them */
    float *inputs;      /* room for a piece: [piece][width] */
    float *changed;     /* [piece][width] */
    float *targets;     /* [piece][classes] */
    float *outputs;     /* [piece][classes] */
    size_t piece;
} robustness;

/* Some samples: their numbers in the set, inputs and targets, and where the changed inputs go. */
typedef struct robustness_piece {
    size_t count;
    const size_t *numbers; /* [count] */
    const float *inputs;   /* [count][width] as the network sees them */
    const float *targets;  /* [count][classes] */
    float *changed;        /* [count][width] */
} robustness_piece;

typedef mixup_status (*robustness_change)(void *user, const robustness_piece *piece);

typedef struct robustness_outcome {
    double accuracy;  /* share of the samples that are right after the change */
    double fool_rate; /* of those right before it, the share that is wrong after; 0 where none was right */
} robustness_outcome;

/* At most `samples` of the set's (0: all). The set needs classes, the model an output a class. Model and set
 * must outlive `out`. */
mixup_status robustness_open(robustness *out, mixup_model *model, const mixup_dataset *set, size_t samples,
                             const mixup_allocator *allocator);
void robustness_close(robustness *out);

/* Changes all samples, a piece at a time, and counts. */
mixup_status robustness_try(robustness *self, robustness_change change, void *user, robustness_outcome *out);

/* How many samples there are, and the share that is right as they are. */
typedef struct robustness_baseline {
    size_t samples;
    double accuracy;
} robustness_baseline;
robustness_baseline robustness_unchanged(const robustness *self);

#endif
