/* Singular values against numpy.linalg.svd (2.4) in double precision. Tolerance 1e-12 relative to the
 * largest: both sides compute in double, so they may part by rounding alone. */
#include "support/failing_allocator.h"

#include "analysis/singular_values.h"

#include <math.h>

static mixup_allocator plain(void) {
    return memory_allocator(NULL);
}

static void expect_values(const double *found, const double *wanted, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (fabs(found[i] - wanted[i]) > 1e-12 * wanted[0])
            fail_msg("value %zu is %.17g, expected %.17g", i, found[i], wanted[i]);
}

static const float tall[4 * 3] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 2, 1, 0};

static void uncentred_values_are_those_of_numpy(void **state) {
    (void)state;
    const mixup_allocator allocator = plain();
    const double wanted[3] = {17.47613506472942, 1.8800750442989203, 0.2236538109204194};
    double found[3];
    assert_int_equal(singular_values(tall, 4, 3, false, &allocator, found), MIXUP_OK);
    expect_values(found, wanted, 3);
}

static void centred_values_are_those_of_the_matrix_minus_its_column_means(void **state) {
    (void)state;
    const mixup_allocator allocator = plain();
    const double wanted[3] = {10.132774806745887, 1.7458857406930064, 0.16958094297590715};
    double found[3];
    assert_int_equal(singular_values(tall, 4, 3, true, &allocator, found), MIXUP_OK);
    expect_values(found, wanted, 3);
}

static void fewer_rows_than_columns_leave_zeros_at_the_end(void **state) {
    (void)state;
    const mixup_allocator allocator = plain();
    const float wide[2 * 4] = {1, 2, 3, 4, 5, 6, 7, 9};
    const double wanted[4] = {14.827158818976253, 1.0748773682866386, 0.0, 0.0};
    const double centred[4] = {6.041522986797286, 0.0, 0.0, 0.0};
    double found[4] = {-1, -1, -1, -1};
    assert_int_equal(singular_values(wide, 2, 4, false, &allocator, found), MIXUP_OK);
    expect_values(found, wanted, 4);
    assert_int_equal(singular_values(wide, 2, 4, true, &allocator, found), MIXUP_OK);
    expect_values(found, centred, 4);
}

static void a_small_value_beside_a_large_one_keeps_its_digits(void **state) {
    (void)state;
    const mixup_allocator allocator = plain();
    /* Columns at right angles of lengths 2^20 √2 and 2^-8 √2: through the Gram matrix the second would be
     * lost. */
    const float matrix[2 * 2] = {1048576.0f, 0.00390625f, 1048576.0f, -0.00390625f};
    double found[2];
    assert_int_equal(singular_values(matrix, 2, 2, false, &allocator, found), MIXUP_OK);
    assert_true(fabs(found[1] / (0.00390625 * sqrt(2.0)) - 1.0) < 1e-5);
}

/* A matrix made of small fractions, exact as floats; numpy was given the same. */
static float *large_matrix(size_t rows, size_t width) {
    float *matrix = malloc(rows * width * sizeof *matrix);
    assert_non_null(matrix);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            matrix[i * width + j] =
                (float)((i * 7 + j * 13 + i * j % 5) % 17) / 4.0f - 2.0f + (i == j ? 2.0f : 0.0f);
    return matrix;
}

/* Squares of values are computed: a value v of the largest s is right to about 1e-15 s²/v. */
static void large_matrices_have_the_values_of_numpy_too(void **state) {
    (void)state;
    static const struct {
        size_t rows, width;
        bool centered;
        double first, second, middle, last, sum; /* number 0, 1, 50, min(rows, width) - 1 */
    } cases[] = {
        {150, 120, false, 86.98126702141039, 84.12179528256965, 8.016625684200955, 2.0, 1119.4188669071902},
        {150, 120, true, 86.96871214899686, 84.09723366121646, 8.009728843731937, 0.922624572193148,
         1117.7785093875473},
        {110, 300, false, 118.6575720137196, 113.07775223768665, 11.216781668791985, 2.0, 1471.853992560538},
        {110, 300, true, 118.57040832701227, 113.02847646400166, 11.21676354122326, 0.0, 1468.5768913086658},
    };
    const mixup_allocator allocator = plain();
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
        const size_t rows = cases[c].rows;
        const size_t known = rows < cases[c].width ? rows : cases[c].width;
        assert_true(known > SINGULAR_VALUES_DIRECT);
        float *matrix = large_matrix(rows, cases[c].width);
        double found[300];
        assert_int_equal(singular_values(matrix, rows, cases[c].width, cases[c].centered, &allocator, found),
                         MIXUP_OK);
        assert_true(fabs(found[0] / cases[c].first - 1.0) < 1e-13);
        assert_true(fabs(found[1] / cases[c].second - 1.0) < 1e-13);
        assert_true(fabs(found[50] / cases[c].middle - 1.0) < 1e-12);
        assert_true(fabs(found[known - 1] - cases[c].last) < 1e-7 * cases[c].first);
        const double sum = found[0] + singular_values_others(found, known);
        assert_true(fabs(sum / cases[c].sum - 1.0) < 1e-7);
        for (size_t i = known; i < cases[c].width; i++)
            assert_true(found[i] == 0.0);
        free(matrix);
    }
}

static void others_and_directions_are_counted_behind_the_first(void **state) {
    (void)state;
    static const double values[4] = {8.0, 2.0, 0.5, 0.0};
    assert_true(singular_values_others(values, 4) == 2.5);
    assert_true(singular_values_others(values, 1) == 0.0);
    assert_int_equal(singular_values_above(values, 4, 0.5), 2);
    assert_int_equal(singular_values_above(values, 4, 0.4), 3);
    assert_int_equal(singular_values_above(values, 4, 9.0), 0);
}

static void a_value_that_is_not_finite_is_refused_by_its_place(void **state) {
    (void)state;
    const mixup_allocator allocator = plain();
    const float matrix[4] = {1, 2, NAN, 4};
    double found[2] = {7, 7};
    assert_int_equal(singular_values(matrix, 2, 2, false, &allocator, found), MIXUP_ERROR_NOT_FINITE);
    assert_string_equal(mixup_last_error(), "singular values: row 1, column 0 is not finite");
    assert_true(found[0] == 7 && found[1] == 7);
}

static void only_the_rows_of_the_class_count(void **state) {
    (void)state;
    float values[5 * 3] = {1, 2, 3, 9, 9, 9, 4, 5, 6, 7, 8, 10, 2, 1, 0};
    int32_t labels[5] = {1, 0, 1, 1, 1};
    const states in = {
        .allocator = plain(), .count = 5, .width = 3, .class_count = 3, .values = values, .labels = labels};
    const double wanted[3] = {17.47613506472942, 1.8800750442989203, 0.2236538109204194};
    double found[3];
    size_t rows = 0;
    assert_int_equal(singular_values_of_class(&in, 1, false, found, &rows), MIXUP_OK);
    assert_int_equal(rows, 4);
    expect_values(found, wanted, 3);
    assert_int_equal(singular_values_of_class(&in, 2, false, found, &rows), MIXUP_ERROR_DATA);
}

static mixup_status decompose(const mixup_allocator *allocator, void *user) {
    double found[3];
    (void)user;
    return singular_values(tall, 4, 3, true, allocator, found);
}

static mixup_status decompose_large(const mixup_allocator *allocator, void *user) {
    double found[120];
    return singular_values(user, 150, 120, true, allocator, found);
}

static void every_failed_allocation_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    assert_true(fail_every_allocation(decompose, NULL) > 0);
    float *matrix = large_matrix(150, 120);
    assert_true(fail_every_allocation(decompose_large, matrix) > 0);
    free(matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uncentred_values_are_those_of_numpy),
        cmocka_unit_test(centred_values_are_those_of_the_matrix_minus_its_column_means),
        cmocka_unit_test(fewer_rows_than_columns_leave_zeros_at_the_end),
        cmocka_unit_test(a_small_value_beside_a_large_one_keeps_its_digits),
        cmocka_unit_test(large_matrices_have_the_values_of_numpy_too),
        cmocka_unit_test(others_and_directions_are_counted_behind_the_first),
        cmocka_unit_test(a_value_that_is_not_finite_is_refused_by_its_place),
        cmocka_unit_test(only_the_rows_of_the_class_count),
        cmocka_unit_test(every_failed_allocation_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
