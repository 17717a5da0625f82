/* mixup_draw: what each setting does to a single draw, replay, and refused arguments. The statistics of many
 * draws are in test_draw_statistics.c. */
#include "mix/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static void assert_same_draw(const batch *a, const batch *b) {
    assert_int_equal(a->draw.site, b->draw.site);
    assert_memory_equal(a->partner, b->partner, sizeof a->partner);
    assert_memory_equal(a->weight, b->weight, sizeof a->weight);
    assert_memory_equal(a->partner_weight, b->partner_weight, sizeof a->partner_weight);
}

static void assert_identity(const batch *in) {
    assert_int_equal(in->draw.site, -1);
    for (size_t i = 0; i < in->draw.batch; i++) {
        assert_int_equal(in->partner[i], i);
        assert_true(in->weight[i] == 1.0f);
        assert_true(in->partner_weight[i] == 0.0f);
    }
}

/* From an independent implementation in Python. The tolerance is float's rounding. */
static void draw_is_pinned(void **state) {
    (void)state;
    static const uint32_t partner[5] = {4, 0, 1, 2, 3};
    static const double lambda[5][2] = {{0.402304439567894, 0.5976955604321059},
                                        {0.7338091751845646, 0.2661908248154353},
                                        {0.28308624516228864, 0.7169137548377114},
                                        {0.7847935836861722, 0.21520641631382773},
                                        {0.16206788387231508, 0.837932116127685}};
    const mixup_mix_desc mix = {.alpha = 2, .per_sample = true};
    batch drawn;
    batch_init(&drawn, 5);
    assert_int_equal(
        mixup_draw(&(mixup_draw_desc){.seed = 1, .epoch = 2, .step = 3, .mix = &mix, .site_count = 4},
                   &drawn.draw),
        MIXUP_OK);
    assert_int_equal(drawn.draw.site, 2);
    assert_memory_equal(drawn.partner, partner, sizeof partner);
    for (size_t i = 0; i < 5; i++) {
        assert_true(fabs((double)drawn.weight[i] - lambda[i][0]) < 1e-7);
        assert_true(fabs((double)drawn.partner_weight[i] - lambda[i][1]) < 1e-7);
    }
}

static void one_step_alone_gives_the_same_draw(void **state) {
    (void)state;
    const mixup_mix_desc mix = {.alpha = 0.4f, .per_sample = true, .plain_probability = 0.3f};
    batch in_order[20], alone;
    for (uint32_t step = 0; step < 20; step++)
        assert_int_equal(batch_draw(&in_order[step], 32, &mix, step), MIXUP_OK);
    for (uint32_t step = 20; step-- > 0;) {
        assert_int_equal(batch_draw(&alone, 32, &mix, step), MIXUP_OK);
        assert_same_draw(&alone, &in_order[step]);
    }
}

static void seed_epoch_and_step_each_change_the_draw(void **state) {
    (void)state;
    const mixup_mix_desc mix = {.alpha = 1};
    const mixup_draw_desc descs[] = {
        {.seed = 1, .epoch = 1, .step = 1, .mix = &mix, .site_count = 1},
        {.seed = 2, .epoch = 1, .step = 1, .mix = &mix, .site_count = 1},
        {.seed = 1, .epoch = 2, .step = 1, .mix = &mix, .site_count = 1},
        {.seed = 1, .epoch = 1, .step = 2, .mix = &mix, .site_count = 1},
    };
    batch first, other;
    batch_init(&first, 32);
    assert_int_equal(mixup_draw(&descs[0], &first.draw), MIXUP_OK);
    for (size_t i = 1; i < MIXUP_COUNT(descs); i++) {
        batch_init(&other, 32);
        assert_int_equal(mixup_draw(&descs[i], &other.draw), MIXUP_OK);
        assert_true(first.weight[0] != other.weight[0]);
        assert_memory_not_equal(first.partner, other.partner, 32 * sizeof first.partner[0]);
    }
}

static void alpha_changes_neither_site_nor_partners(void **state) {
    (void)state;
    batch a, b;
    for (uint32_t step = 0; step < 20; step++) {
        assert_int_equal(batch_draw(&a, 16, &(mixup_mix_desc){.alpha = 0.1f}, step), MIXUP_OK);
        assert_int_equal(batch_draw(&b, 16, &(mixup_mix_desc){.alpha = 4, .per_sample = true}, step),
                         MIXUP_OK);
        assert_int_equal(a.draw.site, b.draw.site);
        assert_memory_equal(a.partner, b.partner, sizeof a.partner);
    }
}

static void alpha_zero_does_not_mix(void **state) {
    (void)state;
    batch drawn;
    assert_int_equal(batch_draw(&drawn, 9, &(mixup_mix_desc){0}, 0), MIXUP_OK);
    assert_identity(&drawn);
    batch_init(&drawn, 9);
    assert_int_equal(mixup_draw(&(mixup_draw_desc){.mix = &(mixup_mix_desc){0}}, &drawn.draw), MIXUP_OK);
    assert_identity(&drawn);
}

static void plain_probability_one_never_mixes(void **state) {
    (void)state;
    batch drawn;
    for (uint32_t step = 0; step < 200; step++) {
        const mixup_mix_desc mix = {.alpha = 1, .plain_probability = 1};
        assert_int_equal(batch_draw(&drawn, 9, &mix, step), MIXUP_OK);
        assert_identity(&drawn);
    }
}

static void plain_probability_zero_always_mixes(void **state) {
    (void)state;
    batch drawn;
    for (uint32_t step = 0; step < 200; step++) {
        assert_int_equal(batch_draw(&drawn, 9, &(mixup_mix_desc){.alpha = 1}, step), MIXUP_OK);
        assert_true(drawn.draw.site >= 0 && drawn.draw.site < 3);
    }
}

static void lambda_is_one_for_the_batch_by_default(void **state) {
    (void)state;
    batch drawn;
    assert_int_equal(batch_draw(&drawn, 33, &(mixup_mix_desc){.alpha = 1}, 0), MIXUP_OK);
    for (size_t i = 1; i < 33; i++) {
        assert_true(drawn.weight[i] == drawn.weight[0]);
        assert_true(drawn.partner_weight[i] == drawn.partner_weight[0]);
    }
}

static void lambda_differs_from_sample_to_sample_when_asked(void **state) {
    (void)state;
    batch drawn;
    assert_int_equal(batch_draw(&drawn, 33, &(mixup_mix_desc){.alpha = 1, .per_sample = true}, 0), MIXUP_OK);
    for (size_t i = 0; i < 33; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(drawn.weight[i] != drawn.weight[j]);
}

static void clamped_lambda_is_the_larger_side(void **state) {
    (void)state;
    batch free_draw, clamped;
    size_t swapped = 0;
    for (uint32_t step = 0; step < 20; step++) {
        const mixup_mix_desc mix = {.alpha = 0.1f, .per_sample = true};
        const mixup_mix_desc clamping = {.alpha = 0.1f, .per_sample = true, .clamp_lambda = true};
        assert_int_equal(batch_draw(&free_draw, 16, &mix, step), MIXUP_OK);
        assert_int_equal(batch_draw(&clamped, 16, &clamping, step), MIXUP_OK);
        for (size_t i = 0; i < 16; i++) {
            assert_true(clamped.weight[i] == fmaxf(free_draw.weight[i], free_draw.partner_weight[i]));
            assert_true(clamped.partner_weight[i] == fminf(free_draw.weight[i], free_draw.partner_weight[i]));
            swapped += clamped.weight[i] != free_draw.weight[i];
        }
    }
    assert_true(swapped > 0);
}

static void one_minus_lambda_survives_where_lambda_rounds_to_one(void **state) {
    (void)state;
    batch drawn;
    size_t survived = 0;
    for (uint32_t step = 0; step < 50; step++) {
        const mixup_mix_desc mix = {.alpha = 0.1f, .per_sample = true};
        assert_int_equal(batch_draw(&drawn, 32, &mix, step), MIXUP_OK);
        for (size_t i = 0; i < 32; i++)
            survived += drawn.weight[i] == 1.0f && drawn.partner_weight[i] > 0;
    }
    assert_true(survived > 50); /* P(1 - λ < 2^-25) = 0.09 for alpha 0.1 */
}

static void partners_are_a_permutation_for_any_batch(void **state) {
    (void)state;
    batch drawn;
    for (size_t size = 1; size <= BATCH_LARGEST; size++) {
        bool seen[BATCH_LARGEST] = {false};
        assert_int_equal(batch_draw(&drawn, size, &(mixup_mix_desc){.alpha = 1}, 0), MIXUP_OK);
        for (size_t i = 0; i < size; i++) {
            assert_true(drawn.partner[i] < size);
            assert_false(seen[drawn.partner[i]]);
            seen[drawn.partner[i]] = true;
        }
        if (size < BATCH_LARGEST) /* nothing behind the end was written */
            assert_int_equal(drawn.partner[size], 77);
    }
}

static void draw_never_pairs_a_sample_with_itself_when_asked(void **state) {
    (void)state;
    batch drawn;
    for (size_t size = 2; size <= BATCH_LARGEST; size++)
        for (uint32_t step = 0; step < 20; step++) {
            const mixup_mix_desc mix = {.alpha = 1, .no_self_pairs = true};
            assert_int_equal(batch_draw(&drawn, size, &mix, step), MIXUP_OK);
            assert_true(drawn.draw.site >= 0);
            for (size_t i = 0; i < size; i++)
                assert_int_not_equal(drawn.partner[i], i);
        }
}

static void a_batch_of_one_is_mixed_with_itself_or_not_at_all(void **state) {
    (void)state;
    batch drawn;
    assert_int_equal(batch_draw(&drawn, 1, &(mixup_mix_desc){.alpha = 1}, 0), MIXUP_OK);
    assert_true(drawn.draw.site >= 0);
    assert_int_equal(drawn.partner[0], 0);
    assert_int_equal(batch_draw(&drawn, 1, &(mixup_mix_desc){.alpha = 1, .no_self_pairs = true}, 0),
                     MIXUP_OK);
    assert_identity(&drawn);
}

static void a_site_of_weight_zero_is_never_drawn(void **state) {
    (void)state;
    static const float weights[3] = {0, 1e-30f, 0};
    batch drawn;
    for (uint32_t step = 0; step < 200; step++) {
        assert_int_equal(batch_draw(&drawn, 2, &(mixup_mix_desc){.alpha = 1, .weights = weights}, step),
                         MIXUP_OK);
        assert_int_equal(drawn.draw.site, 1);
    }
}

/* Refused with a message that names `field`, and nothing written. */
static void assert_refused(const mixup_mix_desc *mix, size_t site_count, const char *field) {
    batch drawn, untouched;
    batch_init(&drawn, 4);
    batch_init(&untouched, 4);
    assert_int_equal(mixup_draw(&(mixup_draw_desc){.mix = mix, .site_count = site_count}, &drawn.draw),
                     MIXUP_ERROR_ARGUMENT);
    assert_non_null(strstr(mixup_last_error(), field));
    assert_same_draw(&drawn, &untouched);
}

static void settings_out_of_range_are_refused(void **state) {
    (void)state;
    assert_refused(&(mixup_mix_desc){.alpha = -0.5f}, 3, "mix.alpha");
    assert_refused(&(mixup_mix_desc){.alpha = NAN}, 3, "mix.alpha");
    assert_refused(&(mixup_mix_desc){.alpha = INFINITY}, 3, "mix.alpha");
    assert_refused(&(mixup_mix_desc){.alpha = 1}, 0, "no site");
    assert_refused(&(mixup_mix_desc){.alpha = 1}, (size_t)INT32_MAX + 1, "site_count");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .plain_probability = -0.1f}, 3, "mix.plain_probability");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .plain_probability = 1.1f}, 3, "mix.plain_probability");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .plain_probability = NAN}, 3, "mix.plain_probability");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .weights = (float[]){1, -1, 1}}, 3, "mix.weights[1]");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .weights = (float[]){1, 1, NAN}}, 3, "mix.weights[2]");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .weights = (float[]){INFINITY, 1, 1}}, 3, "mix.weights[0]");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .weights = (float[]){0, 0, 0}}, 3, "mix.weights");
    assert_refused(NULL, 3, "desc->mix");
}

static void missing_arguments_are_refused(void **state) {
    (void)state;
    const mixup_mix_desc mix = {.alpha = 1};
    const mixup_draw_desc desc = {.mix = &mix, .site_count = 1};
    batch drawn;
    batch_init(&drawn, 4);
    assert_int_equal(mixup_draw(NULL, &drawn.draw), MIXUP_ERROR_ARGUMENT);
    assert_int_equal(mixup_draw(&desc, NULL), MIXUP_ERROR_ARGUMENT);
    batch_init(&drawn, 0);
    assert_int_equal(mixup_draw(&desc, &drawn.draw), MIXUP_ERROR_ARGUMENT);
    assert_non_null(strstr(mixup_last_error(), "batch"));
    for (int missing = 0; missing < 3; missing++) {
        batch_init(&drawn, 4);
        drawn.draw.partner = missing == 0 ? NULL : drawn.partner;
        drawn.draw.weight = missing == 1 ? NULL : drawn.weight;
        drawn.draw.partner_weight = missing == 2 ? NULL : drawn.partner_weight;
        assert_int_equal(mixup_draw(&desc, &drawn.draw), MIXUP_ERROR_ARGUMENT);
        assert_non_null(strstr(mixup_last_error(), "NULL"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draw_is_pinned),
        cmocka_unit_test(one_step_alone_gives_the_same_draw),
        cmocka_unit_test(seed_epoch_and_step_each_change_the_draw),
        cmocka_unit_test(alpha_changes_neither_site_nor_partners),
        cmocka_unit_test(alpha_zero_does_not_mix),
        cmocka_unit_test(plain_probability_one_never_mixes),
        cmocka_unit_test(plain_probability_zero_always_mixes),
        cmocka_unit_test(lambda_is_one_for_the_batch_by_default),
        cmocka_unit_test(lambda_differs_from_sample_to_sample_when_asked),
        cmocka_unit_test(clamped_lambda_is_the_larger_side),
        cmocka_unit_test(one_minus_lambda_survives_where_lambda_rounds_to_one),
        cmocka_unit_test(partners_are_a_permutation_for_any_batch),
        cmocka_unit_test(draw_never_pairs_a_sample_with_itself_when_asked),
        cmocka_unit_test(a_batch_of_one_is_mixed_with_itself_or_not_at_all),
        cmocka_unit_test(a_site_of_weight_zero_is_never_drawn),
        cmocka_unit_test(settings_out_of_range_are_refused),
        cmocka_unit_test(missing_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
