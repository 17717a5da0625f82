/* tests/random/chi_square: whether counts fit the expected shares. */
#ifndef TESTS_RANDOM_CHI_SQUARE_H
#define TESTS_RANDOM_CHI_SQUARE_H

#include <stddef.h>

/* Values exceeded with probability 0.001 when the shares are right, by degrees of freedom (cells - 1). */
#define CHI_SQUARE_LIMIT_1  10.83
#define CHI_SQUARE_LIMIT_2  13.82
#define CHI_SQUARE_LIMIT_4  18.47
#define CHI_SQUARE_LIMIT_5  20.52
#define CHI_SQUARE_LIMIT_8  26.12
#define CHI_SQUARE_LIMIT_23 49.73
#define CHI_SQUARE_LIMIT_63 103.44

/* Σ (observed - expected)² / expected; `shares` sum to 1, NULL: all the same. A cell of share 0 must be
 * empty. */
static inline double chi_square(const size_t *counts, size_t cells, const double *shares) {
    double total = 0, sum = 0;
    for (size_t i = 0; i < cells; i++)
        total += (double)counts[i];
    for (size_t i = 0; i < cells; i++) {
        const double expected = total * (shares != NULL ? shares[i] : 1.0 / (double)cells);
        const double difference = (double)counts[i] - expected;
        if (expected > 0)
            sum += difference * difference / expected;
        else if (counts[i] > 0)
            return 1e300;
    }
    return sum;
}

#endif
