/* random/distribution: normal, gamma and beta variates. Uses stream.h and the C library.
 *
 * What a newcomer would get wrong: a gamma variate of a small shape is far below the smallest double (1e-400
 * is nothing unusual for shape 0.001), so λ = a / (a + b) would be 0 / 0. Everything stays a logarithm here
 * until the two variates meet. */
#include "random/stream.h"

#include <math.h>

static const double TWO_PI = 6.283185307179586476925;

static double normal_of(double first, double second) {
    return sqrt(-2.0 * log(1.0 - first)) * cos(TWO_PI * second); /* 1 - U is in (0, 1] */
}

double random_normal(random_stream *stream) {
    const double first = random_uniform(stream);
    return normal_of(first, random_uniform(stream));
}

void random_normals(random_stream *stream, size_t count, double *values) {
    enum { PAIRS = 128 };
    double uniforms[2 * PAIRS];
    for (size_t done = 0; done < count; done += PAIRS) {
        const size_t pairs = count - done < PAIRS ? count - done : PAIRS;
        random_uniforms(stream, 2 * pairs, uniforms);
        for (size_t i = 0; i < pairs; i++)
            values[done + i] = normal_of(uniforms[2 * i], uniforms[2 * i + 1]);
    }
}

/* ln(variate / (shape - 1/3)) for a Gamma(shape, 1) variate, shape ≥ 1: Marsaglia & Tsang 2000, with
 * d = shape - 1/3, c = 1 / sqrt(9 d) and the variate d (1 + c x)³. Leaving ln d out keeps the digits of the
 * difference of two variates when shape is large. */
static double log_gamma_over_d(random_stream *stream, double shape) {
    const double d = shape - 1.0 / 3.0;
    const double c = 1.0 / (3.0 * sqrt(d));
    for (;;) {
        const double x = random_normal(stream);
        const double u = 1.0 - random_uniform(stream); /* in (0, 1] */
        const double t = c * x;
        if (t <= -1.0)
            continue;
        const double log_v = 3.0 * log1p(t); /* v = (1 + t)³ */
        if (u < 1.0 - 0.0331 * (x * x) * (x * x))
            return log_v;
        /* d (1 - v + ln v), its terms in t ordered so that little cancels. */
        if (log(u) < 0.5 * x * x + d * (3.0 * (log1p(t) - t) - t * t * (3.0 + t)))
            return log_v;
    }
}

void random_beta(random_stream *stream, double alpha, double *lambda, double *one_minus_lambda) {
    /* ln(second / first) of the two gamma variates; ln d is common to both and drops out. */
    const double boost = alpha < 1.0 ? 1.0 : 0.0;
    const double first = log_gamma_over_d(stream, alpha + boost);
    double log_ratio = log_gamma_over_d(stream, alpha + boost) - first;
    if (alpha < 1.0) {
        const double first_power = log(1.0 - random_uniform(stream));
        const double second_power = log(1.0 - random_uniform(stream));
        log_ratio += (second_power - first_power) / alpha; /* may be ± infinite: λ is then 0 or 1 */
    }
    *lambda = 1.0 / (1.0 + exp(log_ratio));
    *one_minus_lambda = 1.0 / (1.0 + exp(-log_ratio));
}
