/* analysis/singular_values: see singular_values.h. The row-major matrix is handed to LAPACK as its transpose
 * in column-major order, which has the same singular values. */
#include "analysis/singular_values.h"

#include "analysis/gram.h"

#include <lapack.h>
#include <math.h>
#include <string.h>

/* The mean of each column, zeros unless `centered`. */
static void find_means(const float *matrix, size_t rows, size_t width, bool centered, double *mean) {
    for (size_t j = 0; j < width; j++)
        mean[j] = 0.0;
    for (size_t i = 0; centered && i < rows; i++)
        for (size_t j = 0; j < width; j++)
            mean[j] += (double)matrix[i * width + j];
    for (size_t j = 0; j < width; j++)
        mean[j] /= (double)rows;
}

/* LAPACK's dgesdd for the values alone. Destroys `matrix`. */
static mixup_status decompose(double *matrix, size_t rows, size_t width, const mixup_allocator *allocator,
                              double *values) {
    const char *none = "N"; /* of the vectors */
    const lapack_int m = (lapack_int)width;
    const lapack_int n = (lapack_int)rows;
    const lapack_int one = 1;
    const lapack_int ask = -1;
    lapack_int info = 0;
    double unused = 0.0;
    double wanted = 0.0;
    double *work = NULL;
    lapack_int *integers = NULL; /* [8 min(m, n)], says dgesdd */
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, integers, 8 * (rows < width ? rows : width)), done);
    LAPACK_dgesdd(none, &m, &n, matrix, &m, values, &unused, &one, &unused, &one, &wanted, &ask, integers,
                  &info);
    const lapack_int work_count = (lapack_int)wanted;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, work, (size_t)work_count), done);
    LAPACK_dgesdd(none, &m, &n, matrix, &m, values, &unused, &one, &unused, &one, work, &work_count, integers,
                  &info);
    if (info != 0)
        status = error(MIXUP_ERROR_DATA, "singular values of a %zux%zu matrix: dgesdd ended with %d", rows,
                       width, (int)info);
done:
    memory_release(allocator, work);
    memory_release(allocator, integers);
    return status;
}

/* By dgesdd, `found` [min(rows, width)]. */
static mixup_status decompose_directly(const float *matrix, size_t rows, size_t width, const double *mean,
                                       const mixup_allocator *allocator, double *found) {
    size_t size = 0;
    double *copy = NULL; /* [rows][width] */
    MIXUP_TRY(memory_product(rows, width, &size));
    MIXUP_TRY(MEMORY_NEW(allocator, copy, size));
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            copy[i * width + j] = (double)matrix[i * width + j] - mean[j];
    const mixup_status status = decompose(copy, rows, width, allocator, found);
    memory_release(allocator, copy);
    return status;
}

static mixup_status check_finite(const float *matrix, size_t rows, size_t width) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            if (!isfinite(matrix[i * width + j]))
                return error(MIXUP_ERROR_NOT_FINITE, "singular values: row %zu, column %zu is not finite", i,
                             j);
    return MIXUP_OK;
}

mixup_status singular_values(const float *matrix, size_t rows, size_t width, bool centered,
                             const mixup_allocator *allocator, double *values) {
    if (rows == 0 || width == 0 || rows > INT32_MAX || width > INT32_MAX)
        return error(MIXUP_ERROR_SHAPE, "singular values of a %zux%zu matrix: sizes must be 1 to 2^31 - 1",
                     rows, width);
    MIXUP_TRY(check_finite(matrix, rows, width));
    double *mean = NULL;  /* [width] */
    double *found = NULL; /* [min(rows, width)] */
    const size_t known = rows < width ? rows : width;
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, mean, width), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, found, known), done);
    find_means(matrix, rows, width, centered, mean);
    status = known <= SINGULAR_VALUES_DIRECT
                 ? decompose_directly(matrix, rows, width, mean, allocator, found)
                 : gram_singular_values(matrix, rows, width, mean, allocator, found);
    if (status == MIXUP_OK) {
        memset(values, 0, width * sizeof *values);
        memcpy(values, found, known * sizeof *values);
    }
done:
    memory_release(allocator, found);
    memory_release(allocator, mean);
    return status;
}

mixup_status singular_values_of_class(const states *in, size_t class_number, bool centered, double *values,
                                      size_t *rows) {
    size_t count = 0;
    for (size_t i = 0; i < in->count; i++)
        count += in->labels[i] >= 0 && (size_t)in->labels[i] == class_number;
    if (count == 0)
        return error(MIXUP_ERROR_DATA, "class %zu: no sample of it was given", class_number);
    float *matrix = NULL; /* [count][width] */
    size_t size = 0;
    MIXUP_TRY(memory_product(count, in->width, &size));
    MIXUP_TRY(MEMORY_NEW(&in->allocator, matrix, size));
    float *row = matrix;
    for (size_t i = 0; i < in->count; i++) {
        if (in->labels[i] < 0 || (size_t)in->labels[i] != class_number)
            continue;
        memcpy(row, in->values + i * in->width, in->width * sizeof *row);
        row += in->width;
    }
    const mixup_status status = singular_values(matrix, count, in->width, centered, &in->allocator, values);
    memory_release(&in->allocator, matrix);
    if (status == MIXUP_OK)
        *rows = count;
    return status;
}

double singular_values_others(const double *values, size_t count) {
    double sum = 0.0;
    for (size_t i = 1; i < count; i++)
        sum += values[i];
    return sum;
}

size_t singular_values_above(const double *values, size_t count, double limit) {
    size_t above = 0;
    for (size_t i = 0; i < count; i++)
        above += values[i] > limit;
    return above;
}
