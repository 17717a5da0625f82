/* Normal and beta variates: pinned values, distributions, and the extremes of alpha. The pinned numbers come
 * from an independent implementation in Python; the tolerance 1e-12 leaves room for another C library's log
 * and cos. */
#include "random/beta_distribution.h"
#include "random/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { COUNT = 50000 };

static double smaller[COUNT]; /* min(λ, 1 - λ), filled by draw_lambdas */

static random_stream pinned_stream(void) {
    return random_open(0x0123456789abcdefu, RANDOM_LAMBDA, 7, 11, 13, 17);
}

static void assert_near(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", value, expected, tolerance);
}

static void normal_is_pinned(void **state) {
    (void)state;
    random_stream stream = pinned_stream();
    assert_near(random_normal(&stream), -0.46270539463172633, 1e-12);
    assert_near(random_normal(&stream), 0.4948344103069691, 1e-12);
    assert_near(random_normal(&stream), 0.6704079150452318, 1e-12);
}

/* Also begun at an odd word, over sizes below and above what is made at once. */
static void many_normals_are_those_that_come_one_by_one(void **state) {
    (void)state;
    enum { MOST = 300 };
    for (size_t count = 0; count < MOST; count += 1 + count / 5) {
        random_stream single = pinned_stream();
        random_word(&single);
        random_stream many = single;
        double values[MOST];
        random_normals(&many, count, values);
        for (size_t i = 0; i < count; i++)
            assert_true(values[i] == random_normal(&single));
        assert_int_equal(random_word(&many), random_word(&single));
    }
}

static void normal_has_the_normal_distribution(void **state) {
    (void)state;
    static double values[COUNT];
    random_stream stream = random_open(1, RANDOM_NOISE, 0, 0, 0, 0);
    for (size_t i = 0; i < COUNT; i++)
        values[i] = random_normal(&stream);
    qsort(values, COUNT, sizeof values[0], beta_compare);
    double distance = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const double expected = 0.5 * erfc(-values[i] / sqrt(2.0));
        distance = fmax(distance, fabs(expected - ((double)i + 0.5) / COUNT));
    }
    assert_true(distance * sqrt(COUNT) < KOLMOGOROV_LIMIT);
}

static void beta_is_pinned(void **state) {
    (void)state;
    static const struct {
        double alpha, lambda, one_minus_lambda;
    } values[] = {
        {0.1, 0.009931985109076884, 0.9900680148909231},
        {0.2, 0.07823163797678057, 0.9217683620232194},
        {1.0, 0.39782379158647, 0.60217620841353},
        {4.0, 0.45940859997363964, 0.5405914000263603},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        random_stream stream = pinned_stream();
        double lambda, one_minus_lambda;
        random_beta(&stream, values[i].alpha, &lambda, &one_minus_lambda);
        assert_near(lambda, values[i].lambda, 1e-12);
        assert_near(one_minus_lambda, values[i].one_minus_lambda, 1e-12);
    }
}

/* So that a mistake in the test's own distribution function is found: closed forms for a = 1 and a = 2,
 * symmetry at 1/2, and the power law of the tail, x^a / (a B(a, a)) per side. */
static void the_distribution_function_of_these_tests_is_right(void **state) {
    (void)state;
    for (int percent = 1; percent <= 50; percent++) {
        const double x = percent / 100.0;
        assert_near(beta_smaller_side_probability(x, 1), 2 * x, 1e-12);
        assert_near(beta_smaller_side_probability(x, 2), 2 * x * x * (3 - 2 * x), 1e-12);
    }
    static const double alphas[] = {1e-3, 0.01, 0.1, 0.2, 0.4, 1, 2, 4, 100};
    for (size_t i = 0; i < sizeof alphas / sizeof alphas[0]; i++)
        assert_near(beta_smaller_side_probability(0.5, alphas[i]), 1, 1e-9);
    assert_near(beta_smaller_side_probability(0.5, 1e4), 1, 1e-6);
    const double tail = 2 * pow(1e-100, 0.1) / (0.1 * exp(2 * lgamma(0.1) - lgamma(0.2)));
    assert_near(beta_smaller_side_probability(1e-100, 0.1) / tail, 1, 1e-12);
}

/* Fills `smaller`; returns how often λ < 1/2. Checks what must hold for every pair. */
static size_t draw_lambdas(double alpha) {
    size_t below_half = 0;
    for (size_t i = 0; i < COUNT; i++) {
        random_stream stream = random_open(20, RANDOM_LAMBDA, 0, 0, 0, (uint32_t)i);
        double lambda = NAN, one_minus_lambda = NAN;
        random_beta(&stream, alpha, &lambda, &one_minus_lambda);
        assert_true(lambda >= 0 && lambda <= 1);
        assert_true(one_minus_lambda >= 0 && one_minus_lambda <= 1);
        assert_near(lambda + one_minus_lambda, 1, 4e-16); /* two roundings below 1, and one of the sum */
        smaller[i] = fmin(lambda, one_minus_lambda);
        below_half += lambda < one_minus_lambda;
    }
    return below_half;
}

static void assert_beta_distribution(double alpha) {
    const size_t below_half = draw_lambdas(alpha);
    const double deviation = fabs((double)below_half - COUNT / 2.0) / sqrt(COUNT / 4.0);
    if (deviation > 3.3) /* standard deviations: 0.001 of right samplers */
        fail_msg("alpha %g: λ < 1/2 in %zu of %d draws", alpha, below_half, (int)COUNT);
    const double distance = beta_kolmogorov(smaller, COUNT, alpha);
    if (!(distance < KOLMOGOROV_LIMIT))
        fail_msg("alpha %g: Kolmogorov-Smirnov distance × √n is %g", alpha, distance);
}

static void beta_has_the_beta_distribution(void **state) {
    (void)state;
    static const double alphas[] = {0.1, 0.2, 0.4, 0.9, 1, 2, 4};
    for (size_t i = 0; i < sizeof alphas / sizeof alphas[0]; i++) {
        assert_beta_distribution(alphas[i]);
        assert_true(smaller[0] > 0); /* sorted: none was lost by 1 - λ */
    }
}

static void beta_has_the_beta_distribution_for_extreme_alpha(void **state) {
    (void)state;
    static const double alphas[] = {1e-3, 1e-2, 100, 1e4};
    for (size_t i = 0; i < sizeof alphas / sizeof alphas[0]; i++)
        assert_beta_distribution(alphas[i]);
}

static void small_side_keeps_its_digits(void **state) {
    (void)state;
    draw_lambdas(1e-2);
    size_t tiny = 0;
    for (size_t i = 0; i < COUNT; i++)
        tiny += smaller[i] > 0 && smaller[i] < 1e-200;
    /* P(1e-308 < min < 1e-200) = (1e-2) - (10^-3.08) = 0.0092 (the tail's power law) */
    assert_true(tiny > COUNT * 0.007 && tiny < COUNT * 0.012);
}

static void beta_survives_any_positive_alpha(void **state) {
    (void)state;
    static const double alphas[] = {5e-324, 1e-300, 1e-38, 1e-6, 1e6, 1e15, 3.4e38, 1.7e308};
    for (size_t i = 0; i < sizeof alphas / sizeof alphas[0]; i++)
        draw_lambdas(alphas[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_is_pinned),
        cmocka_unit_test(many_normals_are_those_that_come_one_by_one),
        cmocka_unit_test(normal_has_the_normal_distribution),
        cmocka_unit_test(beta_is_pinned),
        cmocka_unit_test(the_distribution_function_of_these_tests_is_right),
        cmocka_unit_test(beta_has_the_beta_distribution),
        cmocka_unit_test(beta_has_the_beta_distribution_for_extreme_alpha),
        cmocka_unit_test(small_side_keeps_its_digits),
        cmocka_unit_test(beta_survives_any_positive_alpha),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
