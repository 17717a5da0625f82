/* analysis/gram: singular values of a large matrix by the eigenvalues of its Gram matrix, in double. The
 * matrix is read in blocks, so that only [n][n] doubles are needed beside it, n its smaller side. */
#ifndef ANALYSIS_GRAM_H
#define ANALYSIS_GRAM_H

#include "base/memory.h"

/* The min(rows, width) singular values of `matrix` [rows][width], largest first, after `mean` [width] is
 * subtracted from each row. All values are finite. */
mixup_status gram_singular_values(const float *matrix, size_t rows, size_t width, const double *mean,
                                  const mixup_allocator *allocator, double *values);

#endif
