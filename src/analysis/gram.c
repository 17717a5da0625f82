/* analysis/gram: see gram.h. XᵀX where X is tall, X Xᵀ where it is wide: both are Σ v vᵀ, over the rows of X
 * in the first case and over its columns in the second. */
#include "analysis/gram.h"

#include "base/vectorize.h"

#include <lapack.h>
#include <math.h>

enum { BLOCK = 16 }; /* vectors at a time; a multiple of 4 */

typedef struct source {
    const float *matrix; /* [rows][width] */
    size_t rows, width;
    const double *mean; /* [width] */
} source;

/* Vectors first to first + BLOCK as doubles [BLOCK][n], zeros beyond the last. */
static void fill_rows(const source *in, size_t first, double *block) {
    for (size_t b = 0; b < BLOCK; b++)
        for (size_t j = 0; j < in->width; j++)
            block[b * in->width + j] =
                first + b < in->rows ? (double)in->matrix[(first + b) * in->width + j] - in->mean[j] : 0.0;
}

static void fill_columns(const source *in, size_t first, double *block) {
    for (size_t b = 0; b < BLOCK; b++)
        for (size_t i = 0; i < in->rows; i++)
            block[b * in->rows + i] =
                first + b < in->width ? (double)in->matrix[i * in->width + first + b] - in->mean[first + b]
                                      : 0.0;
}

/* Adds Σ v vᵀ of the block's vectors to the lower half of gram [n][n]. */
VECTORIZED static void add_block(const double *block, size_t n, double *gram) {
    for (size_t b = 0; b < BLOCK; b += 4) {
        const double *restrict v0 = block + b * n;
        const double *restrict v1 = v0 + n;
        const double *restrict v2 = v1 + n;
        const double *restrict v3 = v2 + n;
        for (size_t i = 0; i < n; i++) {
            double *restrict row = gram + i * n;
            for (size_t j = 0; j <= i; j++)
                row[j] += v0[i] * v0[j] + v1[i] * v1[j] + v2[i] * v2[j] + v3[i] * v3[j];
        }
    }
}

/* LAPACK's dsyevd for the eigenvalues alone, ascending, of `gram` [n][n], which is destroyed. */
static mixup_status find_eigenvalues(double *gram, size_t n, const mixup_allocator *allocator,
                                     double *values) {
    const char *none = "N";  /* of the eigenvectors */
    const char *upper = "U"; /* our lower half, row by row, is LAPACK's upper half, column by column */
    const lapack_int size = (lapack_int)n;
    const lapack_int ask = -1;
    lapack_int integers = 0; /* all that it works on of these */
    const lapack_int integer_count = 1;
    lapack_int info = 0;
    double wanted = 0.0;
    double *work = NULL;
    LAPACK_dsyevd(none, upper, &size, gram, &size, values, &wanted, &ask, &integers, &integer_count, &info);
    const lapack_int work_count = (lapack_int)wanted;
    MIXUP_TRY(MEMORY_NEW(allocator, work, (size_t)work_count));
    LAPACK_dsyevd(none, upper, &size, gram, &size, values, work, &work_count, &integers, &integer_count,
                  &info);
    memory_release(allocator, work);
    return info == 0 ? MIXUP_OK
                     : error(MIXUP_ERROR_DATA, "eigenvalues of a %zux%zu matrix: dsyevd ended with %d", n, n,
                             (int)info);
}

/* Eigenvalues of the lower half of gram [n][n], which is destroyed, to singular values. */
static mixup_status decompose(double *gram, size_t n, const mixup_allocator *allocator, double *values) {
    MIXUP_TRY(find_eigenvalues(gram, n, allocator, values));
    for (size_t i = 0; i < n / 2; i++) { /* ascending becomes descending */
        const double low = values[i];
        values[i] = values[n - 1 - i];
        values[n - 1 - i] = low;
    }
    for (size_t i = 0; i < n; i++)
        values[i] = sqrt(fmax(values[i], 0.0)); /* rounding may leave a zero below 0 */
    return MIXUP_OK;
}

mixup_status gram_singular_values(const float *matrix, size_t rows, size_t width, const double *mean,
                                  const mixup_allocator *allocator, double *values) {
    const source in = {matrix, rows, width, mean};
    const bool tall = width <= rows;
    const size_t n = tall ? width : rows;
    const size_t vectors = tall ? rows : width;
    double *gram = NULL;  /* [n][n] */
    double *block = NULL; /* [BLOCK][n] */
    size_t size = 0;
    MIXUP_TRY(memory_product(n, n, &size));
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, gram, size), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, block, BLOCK * n), done);
    for (size_t first = 0; first < vectors; first += BLOCK) {
        if (tall)
            fill_rows(&in, first, block);
        else
            fill_columns(&in, first, block);
        add_block(block, n, gram);
    }
    status = decompose(gram, n, allocator, values);
done:
    memory_release(allocator, block);
    memory_release(allocator, gram);
    return status;
}
