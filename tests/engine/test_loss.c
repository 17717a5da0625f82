/* The losses: extremes, choice, names, accuracy. Their numbers are checked by test_torch and by finite
 * differences in tests/double. */
#include "support/network.h"

enum { COLUMNS = 3 };

static const double LOG_2 = 0.693147180559945309;

static void expect_loss(mixup_loss loss, const real *logits, const real *targets, double expected,
                        const double *expected_gradient) {
    real gradient[COLUMNS];
    const double value = loss_row(loss, COLUMNS, logits, targets, NULL, gradient);
    /* The logits are exact in single precision and all sums run in double. */
    expect_near(value, expected, 1e-12 * (1.0 + fabs(expected)));
    for (size_t c = 0; c < COLUMNS; c++) /* stored in single precision */
        expect_near((double)gradient[c], expected_gradient[c], 1e-7);
    expect_near(loss_row(loss, COLUMNS, logits, targets, NULL, NULL), value, 0.0);
}

static void softmax_cross_entropy_of_huge_logits_neither_overflows_nor_loses_the_loss(void **state) {
    (void)state;
    const real right[] = {1, 0, 0}, wrong[] = {0, 1, 0}, soft[] = {(real)0.25, (real)0.75, 0};
    const real high[] = {10000, 0, -10000}, low[] = {-10000, -10000, -10000};
    expect_loss(MIXUP_SOFTMAX_CROSS_ENTROPY, high, right, 0.0, (double[]){0, 0, 0});
    expect_loss(MIXUP_SOFTMAX_CROSS_ENTROPY, high, wrong, 10000.0, (double[]){1, -1, 0});
    expect_loss(MIXUP_SOFTMAX_CROSS_ENTROPY, high, soft, 7500.0, (double[]){0.75, -0.75, 0});
    expect_loss(MIXUP_SOFTMAX_CROSS_ENTROPY, low, right, log(3.0), (double[]){-2.0 / 3, 1.0 / 3, 1.0 / 3});
}

/* At z = (Z, 0, 0) with p_0 -> 1: -log(1 - p_0) = Z - log 2, -log p_1 = Z, -log(1 - p_1) = 0. */
static void softmax_binary_is_exact_where_a_probability_rounds_to_one(void **state) {
    (void)state;
    const real right[] = {1, 0, 0}, wrong[] = {0, 1, 0}, nothing[] = {0, 0, 0}, all[] = {1, 1, 1};
    static const real heights[] = {50, 1000, 10000};
    for (size_t i = 0; i < MIXUP_COUNT(heights); i++) {
        const double height = (double)heights[i];
        const real logits[] = {heights[i], 0, 0};
        expect_loss(MIXUP_SOFTMAX_BINARY, logits, right, 0.0, (double[]){0, 0, 0});
        expect_loss(MIXUP_SOFTMAX_BINARY, logits, wrong, (2 * height - LOG_2) / 3,
                    (double[]){2.0 / 3, -0.5, -0.5 / 3});
        expect_loss(MIXUP_SOFTMAX_BINARY, logits, nothing, (height - LOG_2) / 3,
                    (double[]){1.0 / 3, -0.5 / 3, -0.5 / 3});
        expect_loss(MIXUP_SOFTMAX_BINARY, logits, all, 2 * height / 3,
                    (double[]){2.0 / 3, -1.0 / 3, -1.0 / 3});
    }
}

static void softmax_binary_of_equal_logits_is_that_of_equal_probabilities(void **state) {
    (void)state;
    const real logits[] = {7, 7, 7}, right[] = {1, 0, 0};
    /* p = 1/3: -(log 1/3 + 2 log 2/3) / 3 */
    expect_loss(MIXUP_SOFTMAX_BINARY, logits, right, (log(3.0) + 2 * log(1.5)) / 3,
                (double[]){-1.0 / 3, 1.0 / 6, 1.0 / 6});
}

static void softmax_binary_of_two_classes_is_the_binary_loss_of_the_difference(void **state) {
    (void)state;
    const real logits[] = {(real)0.75, (real)-1.5}, targets[] = {(real)0.25, (real)0.75};
    const real difference[] = {(real)2.25}, target[] = {(real)0.25};
    real gradient[2], of_difference[1];
    const double loss = loss_row(MIXUP_SOFTMAX_BINARY, 2, logits, targets, NULL, gradient);
    const double expected = loss_row(MIXUP_SIGMOID_BINARY, 1, difference, target, NULL, of_difference);
    expect_near(loss, expected, 1e-12); /* the mean over two equal columns */
    expect_near((double)gradient[0], (double)of_difference[0], 1e-7);
    expect_near((double)gradient[1], -(double)of_difference[0], 1e-7);
}

static void sigmoid_binary_of_huge_logits_neither_overflows_nor_loses_the_loss(void **state) {
    (void)state;
    const real logits[] = {10000, -10000, 0}, right[] = {1, 0, (real)0.5}, wrong[] = {0, 1, 1};
    expect_loss(MIXUP_SIGMOID_BINARY, logits, right, LOG_2 / 3, (double[]){0, 0, 0});
    expect_loss(MIXUP_SIGMOID_BINARY, logits, wrong, (20000 + LOG_2) / 3,
                (double[]){1.0 / 3, -1.0 / 3, -0.5 / 3});
}

static void class_weights_multiply_inside_the_sum_over_classes(void **state) {
    (void)state;
    const float weights[] = {2.0f, 0.5f, 0.25f};
    const real logits[] = {1, 2, (real)0.5}, targets[] = {(real)0.5, (real)0.25, (real)0.25};
    const double sum = exp(1.0) + exp(2.0) + exp(0.5);
    const double p[] = {exp(1.0) / sum, exp(2.0) / sum, exp(0.5) / sum};
    double cross_entropy = 0, squared = 0;
    for (size_t c = 0; c < COLUMNS; c++) {
        const double w = (double)weights[c], t = (double)targets[c];
        cross_entropy -= w * t * log(p[c]);
        squared += w * ((double)logits[c] - t) * ((double)logits[c] - t) / COLUMNS;
    }
    expect_near(loss_row(MIXUP_SOFTMAX_CROSS_ENTROPY, COLUMNS, logits, targets, weights, NULL), cross_entropy,
                1e-12);
    expect_near(loss_row(MIXUP_MEAN_SQUARED_ERROR, COLUMNS, logits, targets, weights, NULL), squared, 1e-12);
}

/* ---- choice */

static void the_default_loss_follows_the_last_activation(void **state) {
    (void)state;
    static const struct {
        mixup_activation last;
        mixup_loss expected;
    } cases[] = {
        {MIXUP_SOFTMAX, MIXUP_SOFTMAX_CROSS_ENTROPY}, {MIXUP_SIGMOID, MIXUP_SIGMOID_BINARY},
        {MIXUP_LINEAR, MIXUP_MEAN_SQUARED_ERROR},     {MIXUP_TANH, MIXUP_MEAN_SQUARED_ERROR},
        {MIXUP_RELU, MIXUP_MEAN_SQUARED_ERROR},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        mixup_loss loss = MIXUP_LOSS_COUNT;
        network_ok(loss_resolve(MIXUP_LOSS_DEFAULT, cases[i].last, &loss));
        assert_int_equal(loss, cases[i].expected);
    }
}

static void a_loss_goes_with_its_activation_or_with_none(void **state) {
    (void)state;
    for (int loss = MIXUP_SOFTMAX_CROSS_ENTROPY; loss < MIXUP_LOSS_COUNT; loss++)
        for (int last = 0; last < MIXUP_ACTIVATION_COUNT; last++) {
            const bool squared = loss == MIXUP_MEAN_SQUARED_ERROR;
            const int match = loss == MIXUP_SIGMOID_BINARY ? MIXUP_SIGMOID : MIXUP_SOFTMAX;
            const bool fits = squared ? last != MIXUP_SOFTMAX && last != MIXUP_SIGMOID
                                      : last == match || last == MIXUP_LINEAR;
            mixup_loss out = MIXUP_LOSS_COUNT;
            network_expect(loss_resolve((mixup_loss)loss, (mixup_activation)last, &out),
                           fits ? MIXUP_OK : MIXUP_ERROR_NETWORK);
            assert_int_equal(out, fits ? loss : MIXUP_LOSS_COUNT);
            if (!fits) {
                assert_non_null(strstr(mixup_last_error(), loss_name((mixup_loss)loss)));
                assert_non_null(strstr(mixup_last_error(), activation_name((mixup_activation)last)));
            }
        }
    mixup_loss out = MIXUP_LOSS_COUNT;
    network_expect(loss_resolve((mixup_loss)77, MIXUP_LINEAR, &out), MIXUP_ERROR_ARGUMENT);
}

static void losses_have_names(void **state) {
    (void)state;
    for (int loss = 0; loss < MIXUP_LOSS_COUNT; loss++)
        assert_int_equal(loss_by_name(loss_name((mixup_loss)loss)), loss);
    assert_int_equal(loss_by_name("hinge"), MIXUP_LOSS_COUNT);
    assert_string_equal(loss_name((mixup_loss)77), "unknown");
}

static void the_largest_of_equal_values_is_the_first(void **state) {
    (void)state;
    assert_int_equal(loss_largest((const real[]){1, 3, 3, 2}, 4), 1);
    assert_int_equal(loss_largest((const real[]){-1}, 1), 0);
}

/* ---- accuracy: a network whose logits are its input */

static const mixup_layer nothing_layers[] = {{.op = MIXUP_FLATTEN}};

static double correct_of(mixup_loss loss, const real *logits, const real *targets, const int32_t *labels,
                         network_draw *draw, mixup_engine kind) {
    network n;
    network_create(
        &n, &(network_desc){.engine = kind, .input = {2}, NETWORK_LAYERS(nothing_layers), .loss = loss});
    const plan_key key = {
        .batch = 3, .update = PLAN_GRADIENTS, .site = draw != NULL ? GRAPH_INPUT : PLAN_NO_SITE};
    plan_run run = {.labels = labels, .draw = draw != NULL ? &draw->draw : NULL};
    network_run(&n, &key, &(network_data){logits, targets}, &run);
    network_destroy(&n);
    return run.correct;
}

static void accuracy_counts_what_is_right_weighted_with_lambda(void **state) {
    (void)state;
    const real logits[] = {2, 0, 2, 0, 0, 2}; /* predicted: 0 0 1 */
    const real targets[6] = {0};
    const int32_t labels[] = {0, 1, 1}, unknown[] = {0, -1, 1};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_engine kind = network_engines[e];
        const mixup_loss loss = MIXUP_SOFTMAX_CROSS_ENTROPY;
        expect_near(correct_of(loss, logits, targets, labels, NULL, kind), 2.0, 0.0);
        assert_true(isnan(correct_of(loss, logits, targets, NULL, NULL, kind)));
        assert_true(isnan(correct_of(loss, logits, targets, unknown, NULL, kind)));
        expect_near(correct_of(MIXUP_MEAN_SQUARED_ERROR, logits, targets, labels, NULL, kind), 2.0, 0.0);
        assert_true(isnan(correct_of(MIXUP_MEAN_SQUARED_ERROR, logits, targets, NULL, NULL, kind)));

        /* Mixed with λ 3/4: logits (2, 0), (1.5, 0.5), (0.5, 1.5) predict 0 0 1. */
        network_draw draw;
        network_draw_make(&draw, 3, false, 1);
        const uint32_t partner[] = {1, 2, 0};
        memcpy(draw.partner, partner, sizeof partner);
        for (size_t i = 0; i < 3; i++) {
            draw.weight[i] = 0.75f;
            draw.partner_weight[i] = 0.25f;
        }
        /* own 1 0 1, partner's 0 0 0 */
        expect_near(correct_of(loss, logits, targets, labels, &draw, kind), 1.5, 1e-6);
        const int32_t others[] = {0, 0, 0}; /* own 1 1 0, partner's 1 1 0 */
        expect_near(correct_of(loss, logits, targets, others, &draw, kind), 2.0, 1e-6);
    }
}

static void accuracy_of_many_labels_is_the_share_of_columns(void **state) {
    (void)state;
    const real logits[] = {2, -1, 2, 1, -1, -2};
    const real targets[] = {1, 0, 1, 0, 1, 1}; /* right: both, one, none */
    expect_near(correct_of(MIXUP_SIGMOID_BINARY, logits, targets, NULL, NULL, MIXUP_ENGINE_REFERENCE), 1.5,
                0.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_cross_entropy_of_huge_logits_neither_overflows_nor_loses_the_loss),
        cmocka_unit_test(softmax_binary_is_exact_where_a_probability_rounds_to_one),
        cmocka_unit_test(softmax_binary_of_equal_logits_is_that_of_equal_probabilities),
        cmocka_unit_test(softmax_binary_of_two_classes_is_the_binary_loss_of_the_difference),
        cmocka_unit_test(sigmoid_binary_of_huge_logits_neither_overflows_nor_loses_the_loss),
        cmocka_unit_test(class_weights_multiply_inside_the_sum_over_classes),
        cmocka_unit_test(the_default_loss_follows_the_last_activation),
        cmocka_unit_test(a_loss_goes_with_its_activation_or_with_none),
        cmocka_unit_test(losses_have_names),
        cmocka_unit_test(the_largest_of_equal_values_is_the_first),
        cmocka_unit_test(accuracy_counts_what_is_right_weighted_with_lambda),
        cmocka_unit_test(accuracy_of_many_labels_is_the_share_of_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
