/* Tightness and calibration, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/calibration.h"
#include "analysis/tightness.h"

#include <math.h>

static states made_of(float *values, int32_t *labels, size_t count, size_t width, size_t classes) {
    return (states){.allocator = memory_allocator(NULL),
                    .count = count,
                    .width = width,
                    .class_count = classes,
                    .values = values,
                    .labels = labels};
}

/* Class 0 at (±1, 0), class 2 at (10, ±2): variances 1 and 4, means (0, 0) and (10, 0) whose covariance has
 * trace 25. Class 1 has no samples. */
static void tightness_is_the_mean_variance_in_classes_over_that_of_their_means(void **state) {
    (void)state;
    float values[] = {1, 0, -1, 0, 10, 2, 10, -2};
    int32_t labels[] = {0, 0, 2, 2};
    const states in = made_of(values, labels, 4, 2, 3);
    double ratio = 0.0;
    assert_int_equal(tightness(&in, &ratio), MIXUP_OK);
    assert_true(fabs(ratio - 2.5 / 25.0) < 1e-15);
}

static void every_class_counts_the_same_however_many_samples_it_has(void **state) {
    (void)state;
    float values[] = {1, 0, -1, 0, 1, 0, -1, 0, 10, 2, 10, -2};
    int32_t labels[] = {0, 0, 0, 0, 2, 2};
    const states in = made_of(values, labels, 6, 2, 3);
    double ratio = 0.0;
    assert_int_equal(tightness(&in, &ratio), MIXUP_OK);
    assert_true(fabs(ratio - 2.5 / 25.0) < 1e-15);
}

static void tightness_does_not_change_when_states_are_scaled_and_shifted(void **state) {
    (void)state;
    float values[] = {1, 0, -1, 0, 10, 2, 10, -2};
    int32_t labels[] = {0, 0, 1, 1};
    for (size_t i = 0; i < 8; i++)
        values[i] = 8.0f * values[i] + 64.0f;
    const states in = made_of(values, labels, 4, 2, 2);
    double ratio = 0.0;
    assert_int_equal(tightness(&in, &ratio), MIXUP_OK);
    assert_true(fabs(ratio - 2.5 / 25.0) < 1e-12);
}

static void tightness_needs_two_classes_with_different_means(void **state) {
    (void)state;
    float values[] = {1, -1, 1, -1};
    int32_t one[] = {0, 0, 0, 0};
    int32_t same[] = {0, 0, 1, 1};
    int32_t none[] = {0, 0, -1, 1};
    double ratio = 7.0;
    states in = made_of(values, one, 4, 1, 2);
    assert_int_equal(tightness(&in, &ratio), MIXUP_ERROR_DATA);
    in.labels = same;
    assert_int_equal(tightness(&in, &ratio), MIXUP_ERROR_DATA);
    in.labels = none;
    assert_int_equal(tightness(&in, &ratio), MIXUP_ERROR_DATA);
    values[0] = NAN;
    in.labels = same;
    assert_int_equal(tightness(&in, &ratio), MIXUP_ERROR_NOT_FINITE);
    assert_true(ratio == 7.0);
}

/* [sample][class]; confidences 0.625, 0.75, 1, 0.5, and one without a class. */
static const float probabilities[5 * 2] = {0.625f, 0.375f, 0.25f, 0.75f, 0.0f, 1.0f, 0.5f, 0.5f, 0.9f, 0.1f};
static const int32_t labels_of[5] = {0, 0, 1, 1, -1};

static void bins_hold_their_upper_ends(void **state) {
    (void)state;
    reliability_bin bins[4];
    calibration_bins(probabilities, labels_of, 5, 2, bins, 4);
    assert_int_equal(bins[0].count, 0);
    assert_int_equal(bins[1].count, 1); /* 0.5 */
    assert_int_equal(bins[2].count, 2); /* 0.625 and 0.75 */
    assert_int_equal(bins[3].count, 1); /* 1 */
    assert_true(fabs(bins[2].confidence - 0.6875) < 1e-12 && fabs(bins[2].accuracy - 0.5) < 1e-12);
    assert_true(bins[1].accuracy == 0.0 && bins[3].accuracy == 1.0);
}

static void the_calibration_error_weighs_bins_by_their_samples(void **state) {
    (void)state;
    reliability_bin bins[4];
    calibration_bins(probabilities, labels_of, 5, 2, bins, 4);
    /* (1 · |0 − 0.5| + 2 · |0.5 − 0.6875| + 1 · 0) / 4 */
    assert_true(fabs(calibration_error(bins, 4) - 0.21875) < 1e-12);
    assert_true(calibration_error(bins, 1) == 0.0);
}

static void confusion_counts_rows_of_right_classes(void **state) {
    (void)state;
    uint64_t confusion[4] = {0};
    calibration_confusion(probabilities, labels_of, 5, 2, confusion);
    const uint64_t wanted[4] = {1, 1, 1, 1};
    assert_memory_equal(confusion, wanted, sizeof wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tightness_is_the_mean_variance_in_classes_over_that_of_their_means),
        cmocka_unit_test(every_class_counts_the_same_however_many_samples_it_has),
        cmocka_unit_test(tightness_does_not_change_when_states_are_scaled_and_shifted),
        cmocka_unit_test(tightness_needs_two_classes_with_different_means),
        cmocka_unit_test(bins_hold_their_upper_ends),
        cmocka_unit_test(the_calibration_error_weighs_bins_by_their_samples),
        cmocka_unit_test(confusion_counts_rows_of_right_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
