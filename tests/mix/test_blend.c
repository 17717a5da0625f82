/* Mixed states and targets, and the gradient back through the mix. */
#include "mix/batch.h"
#include "mix/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

enum { WIDEST = 37 };

static const mixup_mix_desc kinds[] = {
    {.alpha = 1},
    {.alpha = 1, .per_sample = true},
    {.alpha = 0.2f, .per_sample = true, .no_self_pairs = true, .clamp_lambda = true},
    {.alpha = 1, .per_sample = true, .plain_probability = 0.5f},
};

/* Values in [-1, 1] that differ everywhere. */
static void fill(float *values, size_t count, double phase) {
    for (size_t i = 0; i < count; i++)
        values[i] = (float)sin(1.7 * (double)i + phase);
}

/* π = (0 -> 1 -> 2 -> 0), a λ each. */
static void cycle_of_three(batch *out) {
    static const float weight[3] = {0.75f, 0.5f, 0.125f};
    batch_init(out, 3);
    out->draw.site = 0;
    for (uint32_t i = 0; i < 3; i++) {
        out->partner[i] = (i + 1) % 3;
        out->weight[i] = weight[i];
        out->partner_weight[i] = 1 - weight[i];
    }
}

static void states_and_targets_are_interpolated(void **state) {
    (void)state;
    static const float states[6] = {8, -8, 16, 0, 24, 80};
    static const float expected[6] = {10, -6, 20, 40, 10, 3}; /* exact in float */
    batch drawn;
    float mixed[6];
    cycle_of_three(&drawn);
    mixup_mix_states(&drawn.draw, 2, states, mixed);
    assert_memory_equal(mixed, expected, sizeof mixed);
    memset(mixed, 0, sizeof mixed);
    mixup_mix_targets(&drawn.draw, 2, states, mixed);
    assert_memory_equal(mixed, expected, sizeof mixed);
}

/* gradient_0 = 3/4 g_0 + 7/8 g_2, gradient_1 = 1/2 g_1 + 1/4 g_0, gradient_2 = 1/8 g_2 + 1/2 g_1 */
static void gradient_follows_the_permutation_backwards(void **state) {
    (void)state;
    static const float mixed_gradient[6] = {8, -8, 16, 0, 24, 80};
    static const float expected[6] = {27, 64, 10, -2, 11, 10};
    batch drawn;
    float gradient[6];
    cycle_of_three(&drawn);
    mixup_mix_gradient(&drawn.draw, 2, mixed_gradient, gradient);
    assert_memory_equal(gradient, expected, sizeof gradient);
}

static double inner_product(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* <mix(h), g> = <h, mix_gradient(g)>: both are linear, so this for enough h and g is all there is to show. */
static void gradient_is_the_transpose_of_the_mix(void **state) {
    (void)state;
    static const size_t widths[] = {1, 2, 7, 16, WIDEST};
    static float h[BATCH_LARGEST * WIDEST], g[BATCH_LARGEST * WIDEST];
    static float mixed[BATCH_LARGEST * WIDEST], gradient[BATCH_LARGEST * WIDEST];
    for (size_t size = 1; size <= BATCH_LARGEST; size++)
        for (size_t kind = 0; kind < MIXUP_COUNT(kinds); kind++) {
            const size_t width = widths[(size + kind) % MIXUP_COUNT(widths)];
            batch drawn;
            assert_int_equal(batch_draw(&drawn, size, &kinds[kind], (uint32_t)size), MIXUP_OK);
            fill(h, size * width, 0.1 * (double)size);
            fill(g, size * width, 2.0 + (double)kind);
            mixup_mix_states(&drawn.draw, width, h, mixed);
            mixup_mix_gradient(&drawn.draw, width, g, gradient);
            const double left = inner_product(mixed, g, size * width);
            const double right = inner_product(h, gradient, size * width);
            /* every value carries at most two roundings of float, 2^-24 each */
            assert_true(fabs(left - right) <= 2.5e-7 * (double)(size * width));
        }
}

static void a_plain_batch_passes_unchanged(void **state) {
    (void)state;
    static const float values[4] = {INFINITY, -0.0f, 1e-45f, 3};
    mixup_batch_draw plain = {.batch = 2, .site = -1}; /* no arrays at all */
    float out[4] = {0};
    uint32_t inverse[2] = {7, 7};
    mixup_mix_states(&plain, 2, values, out);
    assert_memory_equal(out, values, sizeof out);
    memset(out, 0, sizeof out);
    mixup_mix_gradient(&plain, 2, values, out);
    assert_memory_equal(out, values, sizeof out);
    mix_invert(&plain, inverse);
    assert_int_equal(inverse[0], 0);
    assert_int_equal(inverse[1], 1);
}

static void mixed_targets_keep_their_sum(void **state) {
    (void)state;
    static float targets[BATCH_LARGEST * 10], mixed[BATCH_LARGEST * 10];
    for (size_t i = 0; i < BATCH_LARGEST; i++)
        targets[i * 10 + i % 10] = 1;
    for (size_t kind = 0; kind < MIXUP_COUNT(kinds); kind++) {
        batch drawn;
        assert_int_equal(batch_draw(&drawn, BATCH_LARGEST, &kinds[kind], 5), MIXUP_OK);
        mixup_mix_targets(&drawn.draw, 10, targets, mixed);
        for (size_t i = 0; i < BATCH_LARGEST; i++) {
            double sum = 0;
            for (size_t c = 0; c < 10; c++)
                sum += (double)mixed[i * 10 + c];
            assert_true(fabs(sum - 1) <= 1.2e-7); /* both weights rounded to float */
        }
    }
}

static void a_sample_mixed_with_itself_stays(void **state) {
    (void)state;
    batch drawn;
    float states[WIDEST], mixed[WIDEST], gradient[WIDEST];
    assert_int_equal(batch_draw(&drawn, 1, &(mixup_mix_desc){.alpha = 1}, 0), MIXUP_OK);
    fill(states, WIDEST, 0);
    mixup_mix_states(&drawn.draw, WIDEST, states, mixed);
    mixup_mix_gradient(&drawn.draw, WIDEST, states, gradient);
    for (size_t i = 0; i < WIDEST; i++) {
        assert_true(fabsf(mixed[i] - states[i]) <= 2.4e-7f); /* four roundings of values below 1 */
        assert_true(fabsf(gradient[i] - states[i]) <= 2.4e-7f);
    }
}

static void inverse_undoes_the_permutation(void **state) {
    (void)state;
    batch drawn;
    uint32_t inverse[BATCH_LARGEST];
    for (size_t size = 1; size <= BATCH_LARGEST; size++) {
        assert_int_equal(batch_draw(&drawn, size, &(mixup_mix_desc){.alpha = 1}, 0), MIXUP_OK);
        mix_invert(&drawn.draw, inverse);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(inverse[drawn.partner[i]], i);
    }
}

static void settings_can_be_checked_without_a_draw(void **state) {
    (void)state;
    assert_int_equal(mix_check(&(mixup_mix_desc){.alpha = 1}, 2), MIXUP_OK);
    assert_int_equal(mix_check(&(mixup_mix_desc){0}, 0), MIXUP_OK);
    assert_int_equal(mix_check(&(mixup_mix_desc){.alpha = 1}, 0), MIXUP_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_and_targets_are_interpolated),
        cmocka_unit_test(gradient_follows_the_permutation_backwards),
        cmocka_unit_test(gradient_is_the_transpose_of_the_mix),
        cmocka_unit_test(a_plain_batch_passes_unchanged),
        cmocka_unit_test(mixed_targets_keep_their_sum),
        cmocka_unit_test(a_sample_mixed_with_itself_stays),
        cmocka_unit_test(inverse_undoes_the_permutation),
        cmocka_unit_test(settings_can_be_checked_without_a_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
