/* The statistics of many draws, taken through the public function: sites, λ, partners, rectangles, the share
 * left plain. Seeds are fixed; each limit is exceeded by 0.001 of right implementations. */
#include "mix/batch.h"
#include "random/beta_distribution.h"
#include "random/chi_square.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 30000 };

/* λ is rounded to float: far finer than what the Kolmogorov-Smirnov distance sees. */
static void assert_lambda_distribution(float alpha, bool per_sample) {
    static double smaller[STEPS];
    const mixup_mix_desc mix = {.alpha = alpha, .per_sample = per_sample};
    const size_t size = per_sample ? 50 : 1;
    size_t below_half = 0, filled = 0;
    for (uint32_t step = 0; filled < STEPS; step++) {
        batch drawn;
        assert_int_equal(batch_draw(&drawn, size, &mix, step), MIXUP_OK);
        for (size_t i = 0; i < size; i++) {
            below_half += drawn.weight[i] < drawn.partner_weight[i];
            smaller[filled++] = (double)fminf(drawn.weight[i], drawn.partner_weight[i]);
        }
    }
    const double distance = beta_kolmogorov(smaller, STEPS, (double)alpha);
    if (!(distance < KOLMOGOROV_LIMIT))
        fail_msg("alpha %g: Kolmogorov-Smirnov distance × √n is %g", (double)alpha, distance);
    const size_t sides[2] = {below_half, STEPS - below_half};
    if (!(chi_square(sides, 2, NULL) < CHI_SQUARE_LIMIT_1))
        fail_msg("alpha %g: λ < 1/2 in %zu of %d draws", (double)alpha, below_half, (int)STEPS);
}

static void lambda_has_the_beta_distribution(void **state) {
    (void)state;
    static const float alphas[] = {0.1f, 0.2f, 0.4f, 1, 2, 4};
    for (size_t i = 0; i < MIXUP_COUNT(alphas); i++) {
        assert_lambda_distribution(alphas[i], false);
        assert_lambda_distribution(alphas[i], true);
    }
}

/* Draws one of `count` sites STEPS times. */
static double site_chi_square(size_t count, const float *weights, const double *shares) {
    size_t counts[8] = {0};
    const mixup_mix_desc mix = {.alpha = 1, .weights = weights};
    for (uint32_t step = 0; step < STEPS; step++) {
        batch drawn;
        batch_init(&drawn, 1);
        const mixup_draw_desc desc = {.seed = 3, .step = step, .mix = &mix, .site_count = count};
        assert_int_equal(mixup_draw(&desc, &drawn.draw), MIXUP_OK);
        assert_in_range(drawn.draw.site, 0, count - 1);
        counts[drawn.draw.site]++;
    }
    return chi_square(counts, count, shares);
}

static void sites_are_uniform(void **state) {
    (void)state;
    assert_true(site_chi_square(5, NULL, NULL) < CHI_SQUARE_LIMIT_4);
}

static void sites_follow_their_weights(void **state) {
    (void)state;
    static const float weights[5] = {1, 0, 4, 2, 3};
    static const double shares[5] = {0.1, 0, 0.4, 0.2, 0.3};
    assert_true(site_chi_square(5, weights, shares) < CHI_SQUARE_LIMIT_4);
}

/* Each pair (sample, partner) of a batch of three, as likely as any other; fixed points included or not. */
static void assert_pairs(bool no_self_pairs) {
    size_t counts[3][3] = {{0}};
    const mixup_mix_desc mix = {.alpha = 1, .no_self_pairs = no_self_pairs};
    for (uint32_t step = 0; step < STEPS; step++) {
        batch drawn;
        assert_int_equal(batch_draw(&drawn, 3, &mix, step), MIXUP_OK);
        for (size_t i = 0; i < 3; i++)
            counts[i][drawn.partner[i]]++;
    }
    for (size_t i = 0; i < 3; i++) {
        double shares[3];
        for (size_t j = 0; j < 3; j++)
            shares[j] = !no_self_pairs ? 1.0 / 3 : i == j ? 0.0 : 0.5;
        assert_true(chi_square(counts[i], 3, shares) < CHI_SQUARE_LIMIT_2);
    }
}

static void every_partner_is_as_likely(void **state) {
    (void)state;
    assert_pairs(false);
    assert_pairs(true);
}

static void plain_probability_is_the_share_of_batches_left_plain(void **state) {
    (void)state;
    static const double shares[2] = {0.3, 0.7};
    size_t counts[2] = {0};
    const mixup_mix_desc mix = {.alpha = 1, .plain_probability = 0.3f};
    for (uint32_t step = 0; step < STEPS; step++) {
        batch drawn;
        assert_int_equal(batch_draw(&drawn, 2, &mix, step), MIXUP_OK);
        counts[drawn.draw.site < 0 ? 0 : 1]++;
    }
    assert_true(chi_square(counts, 2, shares) < CHI_SQUARE_LIMIT_1);
}

/* ---- rectangles */

/* The centres of `STEPS` batches. */
static void centres_are_uniform_and_independent(void **state) {
    (void)state;
    size_t cells[64] = {0};
    const mixup_mix_desc mix = {.kind = MIXUP_CUTMIX, .alpha = 1};
    for (uint32_t step = 0; step < STEPS; step++) {
        batch drawn;
        assert_int_equal(batch_draw(&drawn, 1, &mix, step), MIXUP_OK);
        cells[(size_t)(drawn.cut_row[0] * 8) * 8 + (size_t)(drawn.cut_column[0] * 8)]++;
    }
    assert_true(chi_square(cells, 64, NULL) < CHI_SQUARE_LIMIT_63);
}

/* The share of centres within `half` of the middle of position k of n. */
static double inside(size_t k, size_t n, double half) {
    const double middle = ((double)k + 0.5) / (double)n;
    return fmin(1.0, middle + half) - fmax(0.0, middle - half);
}

/* Each position of an image is exchanged as often as the formula says, at any size; so is the area. */
static void assert_cut_shares(size_t height, size_t width, float share) {
    size_t counts[12] = {0};
    const mixup_mix_desc mix = {.kind = MIXUP_CUTMIX, .alpha = 1, .per_sample = true};
    for (uint32_t step = 0; step < STEPS / 50; step++) {
        batch drawn;
        assert_int_equal(batch_draw(&drawn, 50, &mix, step), MIXUP_OK);
        for (size_t i = 0; i < 50; i++) {
            drawn.partner_weight[i] = share;
            const mixup_rectangle cut = mixup_cut_rectangle(&drawn.draw, i, height, width);
            for (size_t y = cut.top; y < cut.bottom; y++)
                for (size_t x = cut.left; x < cut.right; x++)
                    counts[y * width + x]++;
        }
    }
    const double half = 0.5 * sqrt((double)share);
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            const double expected = inside(y, height, half) * inside(x, width, half);
            const size_t pair[2] = {counts[y * width + x], STEPS - counts[y * width + x]};
            if (!(chi_square(pair, 2, (double[2]){expected, 1 - expected}) < CHI_SQUARE_LIMIT_1))
                fail_msg("%zu of %zu x %zu, share %g: cut in %zu of %d draws, expected %g", y * width + x,
                         height, width, (double)share, pair[0], (int)STEPS, expected * STEPS);
        }
}

static void positions_are_exchanged_as_often_as_lambda_says(void **state) {
    (void)state;
    assert_cut_shares(1, 1, 0.3f); /* in 0.3 of all draws */
    assert_cut_shares(4, 3, 0.36f);
    assert_cut_shares(2, 5, 0.81f);
    assert_cut_shares(3, 4, 0.01f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lambda_has_the_beta_distribution),
        cmocka_unit_test(sites_are_uniform),
        cmocka_unit_test(sites_follow_their_weights),
        cmocka_unit_test(every_partner_is_as_likely),
        cmocka_unit_test(plain_probability_is_the_share_of_batches_left_plain),
        cmocka_unit_test(centres_are_uniform_and_independent),
        cmocka_unit_test(positions_are_exchanged_as_often_as_lambda_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
