/* Initial values: their limits and deviations, orthogonality, and that they depend on seed and parameter
 * alone. */
#include "support/graph_building.h"

#include <math.h>
#include <stdlib.h>

enum { INPUTS = 300, UNITS = 200, VALUES = INPUTS * UNITS };

/* The weight [UNITS][INPUTS] of one dense layer, to be freed. */
static float *weight_of(mixup_initial initial, float value, size_t inputs, size_t units, uint64_t seed) {
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = units, .initial = initial, .initial_value = value}};
    graph *made;
    BUILD(&made, layers, inputs);
    float *values = malloc(inputs * units * sizeof *values);
    assert_non_null(values);
    assert_int_equal(graph_initialize(made, 0, seed, values), MIXUP_OK);
    graph_destroy(made);
    return values;
}

static void weights_have_the_deviation_and_the_limits_of_their_formula(void **state) {
    (void)state;
    static const struct {
        mixup_initial initial;
        double variance;
        bool uniform;
    } cases[] = {
        {MIXUP_INITIAL_DEFAULT, 2.0 / (INPUTS + UNITS), true},
        {MIXUP_GLOROT_UNIFORM, 2.0 / (INPUTS + UNITS), true},
        {MIXUP_GLOROT_NORMAL, 2.0 / (INPUTS + UNITS), false},
        {MIXUP_HE_UNIFORM, 2.0 / INPUTS, true},
        {MIXUP_HE_NORMAL, 2.0 / INPUTS, false},
        {MIXUP_LECUN_UNIFORM, 1.0 / INPUTS, true},
        {MIXUP_LECUN_NORMAL, 1.0 / INPUTS, false},
    };
    const double count = VALUES;
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
        float *values = weight_of(cases[c].initial, 0.0f, INPUTS, UNITS, 1);
        double sum = 0, square = 0, largest = 0;
        for (size_t i = 0; i < VALUES; i++) {
            sum += (double)values[i];
            square += (double)values[i] * (double)values[i];
            largest = fmax(largest, fabs((double)values[i]));
        }
        const double variance = cases[c].variance;
        /* Four standard deviations: of a mean, and of a variance (kurtosis 9/5 and 3). */
        assert_true(fabs(sum / count) < 4 * sqrt(variance / count));
        assert_true(fabs(square / count / variance - 1) < 4 * sqrt((cases[c].uniform ? 0.8 : 2.0) / count));
        /* Uniform: ±sqrt(3 variance). Normal: beyond 3.5 deviations, and not beyond 7. */
        const double deviations = largest / sqrt(variance);
        assert_true(cases[c].uniform ? deviations > 1.73 && deviations < 1.7321
                                     : deviations > 3.5 && deviations < 7);
        free(values);
    }
}

static void constants_are_constant_and_biases_zero(void **state) {
    (void)state;
    float *values = weight_of(MIXUP_CONSTANT, 0.75f, 4, 3, 1);
    for (size_t i = 0; i < 12; i++)
        assert_true(values[i] == 0.75f);
    free(values);
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 3}, {.op = MIXUP_BATCH_NORM}};
    static const float expected[] = {0, 0, 1, 1, 0}; /* bias; running mean, variance; scale, shift */
    graph *made;
    BUILD(&made, layers, 4);
    for (size_t p = 1; p < made->parameter_count; p++) {
        float first[3];
        assert_int_equal(graph_initialize(made, p, 1, first), MIXUP_OK);
        assert_true(first[0] == expected[p - 1] && first[2] == expected[p - 1]);
    }
    graph_destroy(made);
}

/* Vectors along the shorter side are orthonormal: single precision keeps their products to 1e-6. */
static void orthogonal_weights_are_orthonormal_along_the_shorter_side(void **state) {
    (void)state;
    static const size_t sizes[][2] = {{20, 20}, {30, 7}, {7, 30}, {1, 5}, {5, 1}, {1, 1}};
    for (size_t s = 0; s < MIXUP_COUNT(sizes); s++) {
        const size_t inputs = sizes[s][0], units = sizes[s][1];
        const bool wide = units <= inputs;
        const size_t count = wide ? units : inputs, length = wide ? inputs : units;
        float *w = weight_of(MIXUP_ORTHOGONAL, 0.0f, inputs, units, 2);
        for (size_t a = 0; a < count; a++)
            for (size_t b = 0; b < count; b++) {
                double product = 0;
                for (size_t k = 0; k < length; k++)
                    product += (double)(wide ? w[a * inputs + k] : w[k * inputs + a]) *
                               (double)(wide ? w[b * inputs + k] : w[k * inputs + b]);
                assert_true(fabs(product - (a == b ? 1.0 : 0.0)) < 1e-6);
            }
        free(w);
    }
}

static void values_depend_on_seed_and_parameter_alone(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 8, .no_bias = true},
                                  {.op = MIXUP_DENSE, .units = 8, .no_bias = true}};
    graph *made;
    BUILD(&made, layers, 8);
    float first[64], second[64], again[64], other[64], wide_seed[64];
    assert_int_equal(graph_initialize(made, 0, 5, first), MIXUP_OK);
    assert_int_equal(graph_initialize(made, 1, 5, second), MIXUP_OK);
    assert_int_equal(graph_initialize(made, 0, 5, again), MIXUP_OK);
    assert_int_equal(graph_initialize(made, 0, 6, other), MIXUP_OK);
    assert_int_equal(graph_initialize(made, 0, 5 + ((uint64_t)1 << 32), wide_seed), MIXUP_OK);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
    assert_memory_not_equal(first, wide_seed, sizeof first);
    graph_destroy(made);
}

/* Pieces of odd sizes, made from the last to the first. */
static void values_made_in_pieces_are_those_made_at_once(void **state) {
    (void)state;
    static const mixup_initial initials[] = {MIXUP_GLOROT_UNIFORM, MIXUP_GLOROT_NORMAL, MIXUP_HE_UNIFORM,
                                             MIXUP_HE_NORMAL,      MIXUP_LECUN_UNIFORM, MIXUP_LECUN_NORMAL};
    enum { COUNT = 37 * 41, PIECES = 5 };
    for (size_t i = 0; i < MIXUP_COUNT(initials); i++) {
        const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 37, .initial = initials[i]}};
        float whole[COUNT], pieces[COUNT];
        graph *made;
        BUILD(&made, layers, 41);
        assert_true(graph_initial_divides(made, 0));
        assert_int_equal(graph_initialize(made, 0, 7, whole), MIXUP_OK);
        for (size_t p = PIECES; p-- > 0;)
            graph_initialize_range(made, 0, 7, COUNT * p / PIECES, COUNT * (p + 1) / PIECES, pieces);
        assert_memory_equal(whole, pieces, sizeof whole);
        graph_destroy(made);
    }
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4, .initial = MIXUP_ORTHOGONAL}};
    graph *made;
    BUILD(&made, layers, 4);
    assert_false(graph_initial_divides(made, 0));
    graph_destroy(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_have_the_deviation_and_the_limits_of_their_formula),
        cmocka_unit_test(constants_are_constant_and_biases_zero),
        cmocka_unit_test(orthogonal_weights_are_orthonormal_along_the_shorter_side),
        cmocka_unit_test(values_depend_on_seed_and_parameter_alone),
        cmocka_unit_test(values_made_in_pieces_are_those_made_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
