/* Measurements against numbers worked out by hand. A network of one activation layer shows its input as
 * logits, so that the numbers come through the public functions. */
#include "train/training.h"

static mixup_model *bare(size_t columns, mixup_activation activation) {
    const mixup_layer layer = {.op = MIXUP_ACTIVATION, .activation = activation};
    return training_model(MIXUP_ENGINE_REFERENCE, columns, &layer, 1, 0);
}

/* Logits [count][columns] with a class each. */
static mixup_metrics measure_classes(size_t count, size_t columns, const float *logits, const int32_t *labels,
                                     const mixup_evaluate_desc *desc) {
    mixup_model *model = bare(columns, MIXUP_SOFTMAX);
    mixup_dataset *set = NULL;
    mixup_metrics metrics = {0};
    network_ok(mixup_dataset_from_arrays(
        &set,
        &(mixup_arrays_desc){
            .inputs = logits, .count = count, .shape = {columns}, .labels = labels, .class_count = columns}));
    network_ok(mixup_evaluate(model, set, desc, &metrics));
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
    return metrics;
}

static mixup_metrics measure_rows(size_t count, size_t columns, mixup_activation activation,
                                  const float *outputs, const float *targets) {
    mixup_model *model = bare(columns, activation);
    mixup_dataset *set = training_rows(outputs, columns, targets, columns, count);
    mixup_metrics metrics = {0};
    network_ok(mixup_evaluate(model, set, NULL, &metrics));
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
    return metrics;
}

/* Logits are logarithms of probabilities, so that these are what the network gives. */
static void logarithms(const double *probabilities, size_t count, float *logits) {
    for (size_t i = 0; i < count; i++)
        logits[i] = (float)log(probabilities[i]);
}

static void accuracy_top_k_nll_and_confusion_are_right(void **state) {
    (void)state;
    static const double p[] = {0.7, 0.2, 0.1,  /* right, class 0 */
                               0.5, 0.3, 0.2,  /* wrong: class 1 comes second */
                               0.1, 0.3, 0.6,  /* wrong: class 0 comes last */
                               0.1, 0.8, 0.1,  /* right, class 1 */
                               0.3, 0.1, 0.6}; /* right, class 2 */
    static const int32_t labels[] = {0, 1, 0, 1, 2};
    float logits[15];
    uint64_t confusion[9];
    logarithms(p, 15, logits);
    const mixup_metrics m =
        measure_classes(5, 3, logits, labels,
                        &(mixup_evaluate_desc){.top_k = 2, .confusion = confusion, .batch_size = 2});
    const double nll = -(log(0.7) + log(0.3) + log(0.1) + log(0.8) + log(0.6)) / 5.0;
    assert_int_equal(m.count, 5);
    expect_near(m.accuracy, 0.6, 1e-12);
    expect_near(m.top_k_accuracy, 0.8, 1e-12);
    expect_near(m.nll, nll, 1e-6); /* logits are single precision */
    expect_near(m.loss, nll, 1e-6);
    const uint64_t expected[9] = {1, 0, 1, 1, 1, 0, 0, 0, 1};
    assert_memory_equal(confusion, expected, sizeof expected);
    assert_true(isnan(m.mse) && isnan(m.mae) && isnan(m.r_squared));
}

static void of_equal_outputs_the_first_class_counts_as_the_larger_one(void **state) {
    (void)state;
    static const float logits[] = {1, 1, 0, 1, 1, 0, 2, 2, 2};
    static const int32_t labels[] = {0, 1, 2};
    uint64_t confusion[9];
    const mixup_metrics m =
        measure_classes(3, 3, logits, labels, &(mixup_evaluate_desc){.top_k = 2, .confusion = confusion});
    expect_near(m.accuracy, 1.0 / 3.0, 1e-12);
    expect_near(m.top_k_accuracy, 2.0 / 3.0, 1e-12);
    const uint64_t expected[9] = {1, 0, 0, 1, 0, 0, 1, 0, 0};
    assert_memory_equal(confusion, expected, sizeof expected);
}

static void top_k_is_at_most_the_number_of_classes(void **state) {
    (void)state;
    static const float logits[] = {3, 0};
    const int32_t label = 1;
    expect_near(measure_classes(1, 2, logits, &label, NULL).top_k_accuracy, 1.0, 0.0);
}

static void calibration_error_is_the_weighted_gap_of_each_bin(void **state) {
    (void)state;
    /* Bins of 1/5: [0.6, 0.8) has confidences 0.7, 0.75, of which one is right; [0.8, 1] has 0.9, 0.9, 0.85,
     * all right. |1 - 1.45| + |3 - 2.65| = 0.45 + 0.35 over 5 samples. */
    static const double p[] = {0.7, 0.3, 0.25, 0.75, 0.9, 0.1, 0.1, 0.9, 0.85, 0.15};
    static const int32_t labels[] = {0, 0, 0, 1, 0};
    float logits[10];
    logarithms(p, 10, logits);
    expect_near(measure_classes(5, 2, logits, labels, &(mixup_evaluate_desc){.bins = 5}).calibration_error,
                0.16, 1e-6);
    /* One bin: |4 right - 4.1 of confidence| / 5. */
    expect_near(measure_classes(5, 2, logits, labels, &(mixup_evaluate_desc){.bins = 1}).calibration_error,
                0.02, 1e-6);
}

static void a_certain_network_that_is_right_is_calibrated(void **state) {
    (void)state;
    static const float logits[] = {500, -500, -500, 500};
    static const int32_t labels[] = {0, 1};
    const mixup_metrics m = measure_classes(2, 2, logits, labels, NULL);
    expect_near(m.calibration_error, 0.0, 0.0);
    expect_near(m.nll, 0.0, 0.0);
}

static void a_certain_network_that_is_wrong_has_a_finite_nll(void **state) {
    (void)state;
    static const float logits[] = {500, -500};
    const int32_t label = 1;
    const mixup_metrics m = measure_classes(1, 2, logits, &label, NULL);
    expect_near(m.nll, 1000.0, 1e-9);
    expect_near(m.calibration_error, 1.0, 1e-12);
}

static void regression_has_mse_mae_and_r_squared(void **state) {
    (void)state;
    /* Column 0: errors 1, 0, -1, 0, sum of squares about the mean of 1, 2, 3, 4: 5; R² = 1 - 2 / 5.
     * Column 1: errors 2, 2, 0, 0, about the mean of 0, 0, 4, 4: 16; R² = 1 - 8 / 16. */
    static const float targets[] = {1, 0, 2, 0, 3, 4, 4, 4};
    static const float outputs[] = {2, 2, 2, 2, 2, 4, 4, 4};
    const mixup_metrics m = measure_rows(4, 2, MIXUP_LINEAR, outputs, targets);
    expect_near(m.mse, 10.0 / 8.0, 1e-12);
    expect_near(m.mae, 6.0 / 8.0, 1e-12);
    expect_near(m.r_squared, (0.6 + 0.5) / 2.0, 1e-12);
    expect_near(m.loss, 10.0 / 8.0, 1e-12);
    assert_true(isnan(m.accuracy) && isnan(m.nll) && isnan(m.calibration_error) && isnan(m.top_k_accuracy));
}

static void r_squared_leaves_out_columns_that_do_not_vary(void **state) {
    (void)state;
    static const float targets[] = {1, 7, 2, 7, 3, 7};
    static const float outputs[] = {1, 6, 2, 7, 3, 9};
    expect_near(measure_rows(3, 2, MIXUP_LINEAR, outputs, targets).r_squared, 1.0, 1e-12);
    static const float constant[] = {5, 5};
    assert_true(isnan(measure_rows(2, 1, MIXUP_LINEAR, constant, constant).r_squared));
}

static void multi_label_accuracy_is_the_share_of_right_columns(void **state) {
    (void)state;
    static const float targets[] = {1, 0, 1, 0, 0, 1};
    static const float logits[] = {2, -1, -1, 0, -3, 4}; /* a logit of 0 is a half, and counts as no */
    const mixup_metrics m = measure_rows(2, 3, MIXUP_SIGMOID, logits, targets);
    expect_near(m.accuracy, 5.0 / 6.0, 1e-12);
    const double loss =
        (log1p(exp(-2)) + log1p(exp(-1)) + log1p(exp(1)) + log(2) + log1p(exp(-3)) + log1p(exp(-4))) / 6.0;
    expect_near(m.loss, loss, 1e-12);
    assert_true(isnan(m.nll) && isnan(m.mse) && isnan(m.top_k_accuracy));
}

static void soft_classes_count_by_their_largest(void **state) {
    (void)state;
    static const float targets[] = {0.6f, 0.4f, 0.3f, 0.7f};
    static const float logits[] = {1, 0, 1, 0};
    const mixup_metrics m = measure_rows(2, 2, MIXUP_SOFTMAX, logits, targets);
    const double log_sum = log(exp(1) + 1);
    expect_near(m.accuracy, 0.5, 1e-12);
    expect_near(m.loss, log_sum - (0.6 + 0.3) / 2.0, 1e-7);
    expect_near(m.nll, log_sum - 0.5, 1e-12);
}

static void the_batch_size_of_an_evaluation_does_not_matter(void **state) {
    (void)state;
    mixup_dataset *set = training_classes(19, 4, 3, 1);
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 3, .activation = MIXUP_SOFTMAX}};
    mixup_model *model = training_model(MIXUP_ENGINE_REFERENCE, 4, layers, 1, 1);
    mixup_metrics whole, pieces;
    network_ok(mixup_evaluate(model, set, NULL, &whole));
    for (size_t batch = 1; batch < 25; batch++) {
        network_ok(mixup_evaluate(model, set, &(mixup_evaluate_desc){.batch_size = batch}, &pieces));
        expect_near(pieces.loss, whole.loss, 0.0);
        expect_near(pieces.calibration_error, whole.calibration_error, 0.0);
    }
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    mixup_model *model = bare(3, MIXUP_SOFTMAX);
    mixup_dataset *narrow = training_classes(5, 2, 2, 1);
    mixup_dataset *wide = training_classes(5, 3, 4, 1);
    mixup_dataset *right = training_classes(5, 3, 3, 1);
    mixup_metrics m = {.count = 77};
    training_refused(mixup_evaluate(model, narrow, NULL, &m), MIXUP_ERROR_SHAPE, "evaluate: ");
    training_refused(mixup_evaluate(model, wide, NULL, &m), MIXUP_ERROR_SHAPE, "4 columns");
    training_refused(mixup_evaluate(model, right, &(mixup_evaluate_desc){.loss = MIXUP_MEAN_SQUARED_ERROR},
                                    &m),
                     MIXUP_ERROR_NETWORK, "softmax");
    training_refused(mixup_evaluate(NULL, right, NULL, &m), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_evaluate(model, NULL, NULL, &m), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_evaluate(model, right, NULL, NULL), MIXUP_ERROR_ARGUMENT, "NULL");
    assert_int_equal(m.count, 77);
    mixup_dataset_destroy(narrow);
    mixup_dataset_destroy(wide);
    mixup_dataset_destroy(right);
    mixup_model_destroy(model);
}

/* Deviation 2, and each output is half of one beside its target. */
static void errors_of_standardised_targets_are_in_their_own_units(void **state) {
    (void)state;
    static const float targets[8] = {2, 4, 4, 4, 5, 5, 7, 9};
    static const float outputs[8] = {-1, 0, -1, 0, 0.5f, -0.5f, 1.5f, 1.5f};
    mixup_model *model = bare(1, MIXUP_LINEAR);
    mixup_dataset *set = training_rows(outputs, 1, targets, 1, 8);
    mixup_metrics metrics = {0};
    network_ok(mixup_dataset_standardize_targets(set, set));
    network_ok(mixup_evaluate(model, set, NULL, &metrics));
    assert_float_equal(metrics.loss, 0.25, 1e-12);
    assert_float_equal(metrics.mse, 1.0, 1e-12);
    assert_float_equal(metrics.mae, 1.0, 1e-12);
    assert_float_equal(metrics.r_squared, 0.75, 1e-12);
    const mixup_evaluate_desc binary = {.loss = MIXUP_SIGMOID_BINARY};
    assert_int_equal(mixup_evaluate(model, set, &binary, &metrics), MIXUP_ERROR_DATA);
    assert_non_null(strstr(mixup_last_error(), "standardised"));
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accuracy_top_k_nll_and_confusion_are_right),
        cmocka_unit_test(of_equal_outputs_the_first_class_counts_as_the_larger_one),
        cmocka_unit_test(top_k_is_at_most_the_number_of_classes),
        cmocka_unit_test(calibration_error_is_the_weighted_gap_of_each_bin),
        cmocka_unit_test(a_certain_network_that_is_right_is_calibrated),
        cmocka_unit_test(a_certain_network_that_is_wrong_has_a_finite_nll),
        cmocka_unit_test(regression_has_mse_mae_and_r_squared),
        cmocka_unit_test(r_squared_leaves_out_columns_that_do_not_vary),
        cmocka_unit_test(multi_label_accuracy_is_the_share_of_right_columns),
        cmocka_unit_test(soft_classes_count_by_their_largest),
        cmocka_unit_test(the_batch_size_of_an_evaluation_does_not_matter),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(errors_of_standardised_targets_are_in_their_own_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
