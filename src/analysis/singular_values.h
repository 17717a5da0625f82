/* analysis/singular_values: how many directions a class occupies (paper section 3.2, figures 9 to 12).
 *
 * The values are those of the matrix of states [samples][units] as it is; nothing is divided by anything. The
 * paper does not say how it scaled its own, so compare ratios with it, not values. Uncentred values (as the
 * original demonstrations plot) contain the class's mean: the first one is mostly the distance from the
 * origin. Centred ones, of the matrix minus its column means, describe the spread alone: value /
 * sqrt(samples) is the deviation along that direction. A newcomer's mistake: comparing values of matrices
 * with different numbers of rows; they grow with sqrt(rows). */
#ifndef ANALYSIS_SINGULAR_VALUES_H
#define ANALYSIS_SINGULAR_VALUES_H

#include "analysis/states.h"

/* Matrices whose smaller side is longer than this go by their Gram matrix. */
enum { SINGULAR_VALUES_DIRECT = 100 };

/* The min(rows, width) singular values of matrix [rows][width], largest first, in double. `values` has room
 * for `width`; those beyond min(rows, width) are 0. rows and width ≥ 1.
 *
 * Small matrices: LAPACK's dgesdd on the matrix itself. Others: square roots of the eigenvalues (dsyevd) of
 * the Gram matrix of the smaller side, many times faster; values below about 1e-8 of the largest are then
 * rounding, as are those below about 6e-8 in the states themselves, which are floats. */
mixup_status singular_values(const float *matrix, size_t rows, size_t width, bool centered,
                             const mixup_allocator *allocator, double *values);

/* The same for the rows of one class; `rows` gets their number. */
mixup_status singular_values_of_class(const states *in, size_t class_number, bool centered, double *values,
                                      size_t *rows);

/* Of `count` values, largest first: the sum of all but the first. */
double singular_values_others(const double *values, size_t count);

/* How many are above `limit`. */
size_t singular_values_above(const double *values, size_t count, double limit);

#endif
