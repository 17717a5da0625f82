/* analysis/calibration: does a probability of 0.8 come true eight times in ten? (Guo et al. 2017)
 *
 * Samples are sorted into equal bins of confidence, the largest of their probabilities; a bin b of n covers
 * (b/n, (b+1)/n], the first one 0 as well. */
#ifndef ANALYSIS_CALIBRATION_H
#define ANALYSIS_CALIBRATION_H

#include "base/memory.h"

typedef struct reliability_bin {
    size_t count;
    double confidence; /* mean confidence of its samples; 0 without any */
    double accuracy;   /* share of them that are right; 0 without any */
} reliability_bin;

/* Fills `bins` [bin_count]. Samples with a label below 0 are left out. */
void calibration_bins(const float *probabilities, /* [count][classes] */
                      const int32_t *labels,      /* [count] */
                      size_t count, size_t classes, reliability_bin *bins, size_t bin_count);

/* Expected calibration error: Σ_b count_b / count · |accuracy_b - confidence_b|. */
double calibration_error(const reliability_bin *bins, size_t bin_count);

/* Adds to confusion[classes][classes], row: right class, column: the most probable one (the first of equals).
 */
void calibration_confusion(const float *probabilities, const int32_t *labels, size_t count, size_t classes,
                           uint64_t *confusion);

#endif
