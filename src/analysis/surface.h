/* analysis/surface: the confidence map of a model with two inputs.
 *
 * The rectangle is cut into cells of the given step, and the probability is taken at each cell's centre, so
 * that the map covers the rectangle exactly: [-15, 15]² with step 0.1 are 300 × 300 cells. The coordinates
 * are those that the network sees, after standardisation where the data have one. */
#ifndef ANALYSIS_SURFACE_H
#define ANALYSIS_SURFACE_H

#include "base/memory.h"

typedef struct surface_desc {
    double minimum[2];   /* of the first and the second input */
    double maximum[2];   /* above the minimum; both finite */
    double step;         /* > 0; default 1/300 of the first side */
    size_t class_number; /* whose probability; with a single sigmoid output, 1 is that output */
    const mixup_allocator *allocator;
} surface_desc;

typedef struct surface {
    mixup_allocator allocator;
    size_t columns; /* along the first input */
    size_t rows;    /* along the second input */
    double minimum[2];
    double cell[2];     /* size of a cell: the step, rounded so that whole cells fill the rectangle */
    float *probability; /* [rows][columns], row 0 at the lowest second input */
} surface;

mixup_status surface_map(mixup_model *model, const surface_desc *desc, surface *out);
void surface_clear(surface *out);

/* The share of the map with low < p < high. */
double surface_share(const surface *in, double low, double high);

#endif
