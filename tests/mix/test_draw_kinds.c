/* What a draw does besides λ, site and partners: the centre of a rectangle, the schedule of alpha, and
 * batches that are left plain by their number. */
#include "mix/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

/* ---- CutMix */

/* From tests/fixtures/streams.py: the first two words of each sample's stream, shifted right by 8. */
static void centres_are_pinned(void **state) {
    (void)state;
    static const float row[5] = {13822180, 1379360, 1126815, 392081, 4460244};
    static const float column[5] = {535187, 11440216, 850028, 11450088, 15788881};
    const mixup_mix_desc mix = {.kind = MIXUP_CUTMIX, .alpha = 2, .per_sample = true};
    batch drawn;
    batch_init(&drawn, 5);
    assert_int_equal(
        mixup_draw(&(mixup_draw_desc){.seed = 1, .epoch = 2, .step = 3, .mix = &mix, .site_count = 4},
                   &drawn.draw),
        MIXUP_OK);
    assert_int_equal(drawn.draw.kind, MIXUP_CUTMIX);
    for (size_t i = 0; i < 5; i++) {
        assert_true(drawn.cut_row[i] == row[i] / 16777216.0f);
        assert_true(drawn.cut_column[i] == column[i] / 16777216.0f);
    }
}

static void a_rectangle_is_one_for_the_batch_by_default(void **state) {
    (void)state;
    batch one, each;
    const mixup_mix_desc mix = {.kind = MIXUP_CUTMIX, .alpha = 1};
    const mixup_mix_desc per_sample = {.kind = MIXUP_CUTMIX, .alpha = 1, .per_sample = true};
    assert_int_equal(batch_draw(&one, 33, &mix, 0), MIXUP_OK);
    assert_int_equal(batch_draw(&each, 33, &per_sample, 0), MIXUP_OK);
    for (size_t i = 1; i < 33; i++) {
        assert_true(one.cut_row[i] == one.cut_row[0] && one.cut_column[i] == one.cut_column[0]);
        assert_true(each.cut_row[i] != each.cut_row[0] && each.cut_column[i] != each.cut_column[0]);
    }
    assert_true(one.cut_row[0] == each.cut_row[0]);
    assert_true(one.cut_row[33] == 77); /* nothing behind the end was written */
}

/* Settings mean for CutMix what they mean without it: the other decisions of a step are the same. */
static void the_kind_changes_nothing_else_of_a_draw(void **state) {
    (void)state;
    const mixup_mix_desc settings[] = {
        {.alpha = 1},
        {.alpha = 0.2f, .per_sample = true, .clamp_lambda = true},
        {.alpha = 1, .no_self_pairs = true, .weights = (float[]){1, 0, 3}},
        {.alpha = 1, .plain_probability = 0.5f},
        {.alpha = 0},
    };
    for (size_t s = 0; s < MIXUP_COUNT(settings); s++)
        for (uint32_t step = 0; step < 20; step++) {
            batch blended, cut;
            mixup_mix_desc mix = settings[s];
            assert_int_equal(batch_draw(&blended, 16, &mix, step), MIXUP_OK);
            mix.kind = MIXUP_CUTMIX;
            assert_int_equal(batch_draw(&cut, 16, &mix, step), MIXUP_OK);
            assert_int_equal(blended.draw.kind, MIXUP_INTERPOLATE);
            assert_int_equal(cut.draw.kind, MIXUP_CUTMIX);
            assert_int_equal(blended.draw.site, cut.draw.site);
            assert_memory_equal(blended.partner, cut.partner, sizeof cut.partner);
            assert_memory_equal(blended.weight, cut.weight, sizeof cut.weight);
            assert_memory_equal(blended.partner_weight, cut.partner_weight, sizeof cut.partner_weight);
            assert_true(blended.cut_row[0] == 77); /* not wanted, not written */
            assert_true(cut.cut_row[0] >= 0 && cut.cut_row[0] < 1);
        }
}

static void interpolation_needs_no_arrays_for_centres_and_cutmix_does(void **state) {
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        batch drawn;
        batch_init(&drawn, 4);
        drawn.draw.cut_row = missing == 0 ? NULL : drawn.cut_row;
        drawn.draw.cut_column = missing == 1 ? NULL : drawn.cut_column;
        mixup_mix_desc mix = {.alpha = 1};
        const mixup_draw_desc desc = {.mix = &mix, .site_count = 1};
        assert_int_equal(mixup_draw(&desc, &drawn.draw), MIXUP_OK);
        mix.kind = MIXUP_CUTMIX;
        assert_int_equal(mixup_draw(&desc, &drawn.draw), MIXUP_ERROR_ARGUMENT);
        assert_non_null(strstr(mixup_last_error(), missing == 0 ? "cut_row" : "cut_column"));
        assert_int_equal(drawn.draw.kind, MIXUP_INTERPOLATE);
    }
}

/* ---- the schedule of alpha */

/* λ of epoch `epoch`, from 1, in double; -1: not mixed. */
static double lambda_in(const mixup_mix_desc *mix, size_t epoch) {
    batch drawn;
    batch_init(&drawn, 8);
    assert_int_equal(
        mixup_draw(&(mixup_draw_desc){.seed = 5, .epoch = (uint32_t)epoch - 1, .mix = mix, .site_count = 1},
                   &drawn.draw),
        MIXUP_OK);
    return drawn.draw.site < 0 ? -1 : (double)drawn.weight[0];
}

/* An epoch's draw is that of the alpha which stands there. */
static void alpha_is_linear_between_the_points_and_constant_outside(void **state) {
    (void)state;
    static const size_t epochs[] = {3, 7, 8, 10};
    static const float factors[] = {0.5f, 1.5f, 0, 2};
    const mixup_mix_desc mix = {
        .alpha = 2, .alpha_epochs = epochs, .alpha_factors = factors, .alpha_count = 4};
    static const float expected[] = {1, 1, 1, 1.5f, 2, 2.5f, 3, 0, 2, 4, 4, 4};
    for (size_t e = 1; e <= MIXUP_COUNT(expected); e++) {
        const mixup_mix_desc fixed = {.alpha = expected[e - 1]};
        assert_true(lambda_in(&mix, e) == lambda_in(&fixed, e));
    }
    assert_true(lambda_in(&mix, 8) < 0); /* a factor of 0 */
    assert_true(lambda_in(&mix, 4) != lambda_in(&(mixup_mix_desc){.alpha = 2}, 4));
}

static void one_point_counts_for_all_epochs(void **state) {
    (void)state;
    const mixup_mix_desc mix = {
        .alpha = 2, .alpha_epochs = (size_t[]){5}, .alpha_factors = (float[]){0.25f}, .alpha_count = 1};
    for (size_t e = 1; e < 10; e++)
        assert_true(lambda_in(&mix, e) == lambda_in(&(mixup_mix_desc){.alpha = 0.5f}, e));
}

static void no_alpha_is_no_mixing_whatever_the_schedule(void **state) {
    (void)state;
    const mixup_mix_desc mix = {
        .alpha_epochs = (size_t[]){1}, .alpha_factors = (float[]){3}, .alpha_count = 1};
    assert_true(lambda_in(&mix, 1) < 0);
}

/* ---- every so many steps */

static bool mixes(const mixup_mix_desc *mix, uint64_t total_step) {
    batch drawn;
    batch_init(&drawn, 8);
    assert_int_equal(mixup_draw(&(mixup_draw_desc){.seed = 5,
                                                   .epoch = (uint32_t)(total_step / 7),
                                                   .step = (uint32_t)(total_step % 7),
                                                   .total_step = total_step,
                                                   .mix = mix,
                                                   .site_count = 1},
                                &drawn.draw),
                     MIXUP_OK);
    if (drawn.draw.site < 0)
        for (size_t i = 0; i < 8; i++)
            assert_true(drawn.partner[i] == i && drawn.weight[i] == 1 && drawn.partner_weight[i] == 0);
    return drawn.draw.site >= 0;
}

/* Epochs of 7 steps: the count goes on over their ends. */
static void the_first_of_every_so_many_batches_is_mixed(void **state) {
    (void)state;
    for (uint64_t step = 0; step < 40; step++) {
        assert_true(mixes(&(mixup_mix_desc){.alpha = 1}, step));
        assert_true(mixes(&(mixup_mix_desc){.alpha = 1, .every_steps = 1}, step));
        assert_int_equal(mixes(&(mixup_mix_desc){.alpha = 1, .every_steps = 2}, step), step % 2 == 0);
        assert_int_equal(mixes(&(mixup_mix_desc){.alpha = 1, .every_steps = 3}, step), step % 3 == 0);
    }
    const uint64_t far = (uint64_t)1 << 40;
    assert_true(mixes(&(mixup_mix_desc){.alpha = 1, .every_steps = 2}, far));
    assert_false(mixes(&(mixup_mix_desc){.alpha = 1, .every_steps = 2}, far + 1));
}

static void of_these_batches_some_are_left_plain_as_well(void **state) {
    (void)state;
    const mixup_mix_desc mix = {.alpha = 1, .every_steps = 2, .plain_probability = 0.5f};
    const mixup_mix_desc all = {.alpha = 1, .plain_probability = 0.5f};
    size_t mixed = 0;
    for (uint64_t step = 0; step < 100; step++) {
        assert_int_equal(mixes(&mix, step), step % 2 == 0 && mixes(&all, step));
        mixed += mixes(&mix, step);
    }
    assert_in_range(mixed, 10, 40);
}

/* ---- refused */

static void assert_refused(const mixup_mix_desc *mix, const char *field) {
    batch drawn;
    batch_init(&drawn, 4);
    assert_int_equal(mixup_draw(&(mixup_draw_desc){.mix = mix, .site_count = 3}, &drawn.draw),
                     MIXUP_ERROR_ARGUMENT);
    if (strstr(mixup_last_error(), field) == NULL)
        fail_msg("'%s' does not name %s", mixup_last_error(), field);
    assert_int_equal(drawn.draw.site, 77);
}

static void settings_that_make_no_sense_are_refused(void **state) {
    (void)state;
#define SCHEDULE(alpha_, count, epochs_, ...)                                                                \
    (&(mixup_mix_desc){.alpha = (alpha_),                                                                    \
                       .alpha_epochs = (size_t[])epochs_,                                                    \
                       .alpha_factors = (float[])__VA_ARGS__,                                                \
                       .alpha_count = (count)})
#define EPOCHS(...) {__VA_ARGS__}
    assert_refused(&(mixup_mix_desc){.alpha = 1, .kind = MIXUP_MIX_KIND_COUNT}, "mix.kind");
    assert_refused(SCHEDULE(1, 2, EPOCHS(0, 4), {1, 1}), "mix.alpha_epochs[0]");
    assert_refused(SCHEDULE(1, 2, EPOCHS(4, 4), {1, 1}), "mix.alpha_epochs[1]");
    assert_refused(SCHEDULE(1, 3, EPOCHS(1, 5, 3), {1, 1, 1}), "mix.alpha_epochs[2]");
    assert_refused(SCHEDULE(1, 2, EPOCHS(1, 4), {1, -1}), "mix.alpha_factors[1]");
    assert_refused(SCHEDULE(1, 2, EPOCHS(1, 4), {NAN, 1}), "mix.alpha_factors[0]");
    assert_refused(SCHEDULE(1e30f, 1, EPOCHS(1), {1e30f}), "mix.alpha_factors[0]");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .alpha_count = 1, .alpha_factors = (float[]){1}},
                   "mix.alpha_epochs is NULL");
    assert_refused(&(mixup_mix_desc){.alpha = 1, .alpha_count = 1, .alpha_epochs = (size_t[]){1}},
                   "mix.alpha_factors is NULL");
#undef EPOCHS
#undef SCHEDULE
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(centres_are_pinned),
        cmocka_unit_test(a_rectangle_is_one_for_the_batch_by_default),
        cmocka_unit_test(the_kind_changes_nothing_else_of_a_draw),
        cmocka_unit_test(interpolation_needs_no_arrays_for_centres_and_cutmix_does),
        cmocka_unit_test(alpha_is_linear_between_the_points_and_constant_outside),
        cmocka_unit_test(one_point_counts_for_all_epochs),
        cmocka_unit_test(no_alpha_is_no_mixing_whatever_the_schedule),
        cmocka_unit_test(the_first_of_every_so_many_batches_is_mixed),
        cmocka_unit_test(of_these_batches_some_are_left_plain_as_well),
        cmocka_unit_test(settings_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
