/* tests/random/beta_distribution: the Beta(a, a) distribution function and the Kolmogorov-Smirnov test of
 * min(λ, 1 - λ) against it. The function comes from its continued fraction, so that it shares nothing with
 * the sampler under test. */
#ifndef TESTS_RANDOM_BETA_DISTRIBUTION_H
#define TESTS_RANDOM_BETA_DISTRIBUTION_H

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

/* D √n stays below this with probability 0.999 when the distribution is right (Kolmogorov 1933). */
#define KOLMOGOROV_LIMIT 1.95

/* The k-th coefficient, k ≥ 1, of the continued fraction DLMF 8.17.22 for a = b. */
static inline double beta_fraction_coefficient(int k, double a, double x) {
    const int half = k / 2;
    const double m = half;
    if (k % 2 == 0)
        return m * (a - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    return -(a + m) * (2 * a + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
}

/* P(min(λ, 1 - λ) ≤ x) = 2 I_x(a, a) for 0 < x ≤ 1/2. The fraction is evaluated from its tail: 20 + 4 √a
 * terms would do, since x ≤ 1/2 is not beyond the mean. */
static inline double beta_smaller_side_probability(double x, double a) {
    const int terms = 100 + 10 * (int)sqrt(a);
    double fraction = 1;
    for (int k = terms; k >= 1; k--)
        fraction = 1 + beta_fraction_coefficient(k, a, x) / fraction;
    const double log_beta = 2 * lgamma(a) - lgamma(2 * a);
    return 2 * exp(a * (log(x) + log1p(-x)) - log_beta) / (a * fraction);
}

static inline int beta_compare(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* D √n of `values` (sorted here). Those too small for the type, which stand there as 0, count as being below
 * the smallest other one. */
static inline double beta_kolmogorov(double *values, size_t count, double a) {
    double distance = 0;
    qsort(values, count, sizeof *values, beta_compare);
    for (size_t i = 0; i < count; i++) {
        if (values[i] == 0)
            continue;
        const double expected = beta_smaller_side_probability(values[i], a);
        distance = fmax(distance, expected - (double)i / (double)count);
        distance = fmax(distance, (double)(i + 1) / (double)count - expected);
    }
    return distance * sqrt((double)count);
}

#endif
