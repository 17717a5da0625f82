/* analysis/singular_values: how many directions a class occupies (paper section 3.2, figures 9 to 12).
 *
 * Uncentred values (as the original demonstrations plot) contain the class's mean: the first one is mostly
 * the distance from the origin. Centred ones, of the matrix minus its column means, describe the spread
 * alone. A newcomer's mistake: comparing values of matrices with different numbers of rows; they grow with
 * sqrt(rows). */
#ifndef ANALYSIS_SINGULAR_VALUES_H
#define ANALYSIS_SINGULAR_VALUES_H

#include "analysis/states.h"

/* The min(rows, width) singular values of matrix [rows][width], largest first, computed in double by LAPACK's
 * dgesdd on the matrix itself (the Gram matrix would lose half the digits of the small ones). `values` has
 * room for `width`; those beyond min(rows, width) are 0. rows and width ≥ 1. */
mixup_status singular_values(const float *matrix, size_t rows, size_t width, bool centered,
                             const mixup_allocator *allocator, double *values);

/* The same for the rows of one class; `rows` gets their number. */
mixup_status singular_values_of_class(const states *in, size_t class_number, bool centered, double *values,
                                      size_t *rows);

#endif
