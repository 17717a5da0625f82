/* Learning rates against tables worked out by hand. */
#include "support/network.h"

#include "train/schedule.h"

enum { EPOCHS = 6, EPOCH_STEPS = 4 };

static mixup_schedule resolved(const mixup_schedule *given) {
    mixup_schedule out;
    network_ok(schedule_resolve(given, &out));
    return out;
}

/* The rate of step `step` of EPOCHS × EPOCH_STEPS, from a base of 1. */
static double rate_at(const mixup_schedule *schedule, uint64_t step) {
    const schedule_plateau plateau = {.best = INFINITY, .scale = 1.0};
    return schedule_rate(schedule, 1.0,
                         &(schedule_position){.epoch = (size_t)step / EPOCH_STEPS,
                                              .epochs = EPOCHS,
                                              .step = step,
                                              .epoch_steps = EPOCH_STEPS},
                         &plateau);
}

/* One rate an epoch, for every step of it. */
static void expect_epochs(const mixup_schedule *given, const double expected[EPOCHS]) {
    const mixup_schedule schedule = resolved(given);
    for (uint64_t step = 0; step < (size_t)EPOCHS * EPOCH_STEPS; step++) /* factor 0.1f is no exact 0.1 */
        expect_near(rate_at(&schedule, step), expected[step / EPOCH_STEPS], 1e-8);
}

static void constant_keeps_the_rate(void **state) {
    (void)state;
    expect_epochs(&(mixup_schedule){0}, (const double[EPOCHS]){1, 1, 1, 1, 1, 1});
}

static void step_drops_every_period(void **state) {
    (void)state;
    expect_epochs(&(mixup_schedule){.kind = MIXUP_SCHEDULE_STEP, .period = 2, .factor = 0.5f},
                  (const double[EPOCHS]){1, 1, 0.5, 0.5, 0.25, 0.25});
    expect_epochs(&(mixup_schedule){.kind = MIXUP_SCHEDULE_STEP, .period = 4},
                  (const double[EPOCHS]){1, 1, 1, 1, 0.1, 0.1});
}

static void multi_step_drops_after_the_epochs_named(void **state) {
    (void)state;
    const size_t epochs[] = {1, 4};
    expect_epochs(&(mixup_schedule){.kind = MIXUP_SCHEDULE_MULTI_STEP, .epochs = epochs, .epoch_count = 2},
                  (const double[EPOCHS]){1, 0.1, 0.1, 0.1, 0.01, 0.01});
}

static void cosine_falls_with_every_step_to_the_minimum(void **state) {
    (void)state;
    const mixup_schedule whole = resolved(&(mixup_schedule){.kind = MIXUP_SCHEDULE_COSINE});
    expect_near(rate_at(&whole, 0), 1.0, 1e-15);
    expect_near(rate_at(&whole, 4), 0.93301270189221932, 1e-12); /* (1 + cos 30°) / 2 */
    expect_near(rate_at(&whole, 8), 0.75, 1e-12);
    expect_near(rate_at(&whole, 12), 0.5, 1e-12);
    expect_near(rate_at(&whole, 16), 0.25, 1e-12);
    expect_near(rate_at(&whole, 23), 0.0042775693130947943, 1e-12); /* (1 + cos 172.5°) / 2 */
    const mixup_schedule half = resolved(&(mixup_schedule){.kind = MIXUP_SCHEDULE_COSINE, .minimum = 0.5f});
    expect_near(rate_at(&half, 12), 0.75, 1e-12);
    expect_near(rate_at(&half, 16), 0.625, 1e-12);
}

static void plateau_drops_after_patience_epochs_without_a_better_loss(void **state) {
    (void)state;
    const mixup_schedule schedule =
        resolved(&(mixup_schedule){.kind = MIXUP_SCHEDULE_PLATEAU, .patience = 2, .factor = 0.5f});
    static const struct {
        double loss, rate; /* the rate after that epoch */
    } table[] = {
        {3.0, 1},    {2.0, 1},     {2.0, 1}, /* equal is not better */
        {2.5, 0.5},  {1.0, 0.5},   {1.5, 0.5},
        {0.9, 0.5},  {NAN, 0.5},   {NAN, 0.25}, /* nor is what is no number */
        {1.0, 0.25}, {1.0, 0.125},
    };
    schedule_plateau plateau = {.best = INFINITY, .scale = 1.0};
    const schedule_position at = {.epochs = 1, .epoch_steps = 1};
    for (size_t i = 0; i < MIXUP_COUNT(table); i++) {
        schedule_watch(&schedule, table[i].loss, &plateau);
        expect_near(schedule_rate(&schedule, 1.0, &at, &plateau), table[i].rate, 0.0);
    }
}

static void no_rate_is_below_the_minimum(void **state) {
    (void)state;
    expect_epochs(
        &(mixup_schedule){.kind = MIXUP_SCHEDULE_STEP, .period = 1, .factor = 0.5f, .minimum = 0.2f},
        (const double[EPOCHS]){1, 0.5, 0.25, (double)0.2f, (double)0.2f, (double)0.2f});
    expect_epochs(&(mixup_schedule){.minimum = 2.0f}, /* nor is the base raised to it */
                  (const double[EPOCHS]){1, 1, 1, 1, 1, 1});
}

static void warm_up_grows_linearly_under_any_kind(void **state) {
    (void)state;
    const mixup_schedule schedule = resolved(
        &(mixup_schedule){.kind = MIXUP_SCHEDULE_STEP, .period = 1, .factor = 0.5f, .warm_up_steps = 5});
    static const double expected[] = {0.2, 0.4, 0.6, 0.8, 0.5, 0.5, 0.5, 0.5, 0.25};
    for (uint64_t step = 0; step < MIXUP_COUNT(expected); step++)
        expect_near(rate_at(&schedule, step), expected[step], 1e-12);
}

static void expect_refused(const mixup_schedule *given, const char *field) {
    mixup_schedule out = {.patience = 77};
    network_expect(schedule_resolve(given, &out), MIXUP_ERROR_ARGUMENT);
    assert_non_null(strstr(mixup_last_error(), field));
    assert_int_equal(out.patience, 77);
}

static void settings_out_of_range_are_refused_by_name(void **state) {
    (void)state;
    const size_t falling[] = {3, 3};
    expect_refused(&(mixup_schedule){.kind = MIXUP_SCHEDULE_COUNT}, "schedule.kind");
    expect_refused(&(mixup_schedule){.factor = 1.0f}, "schedule.factor");
    expect_refused(&(mixup_schedule){.factor = -0.5f}, "schedule.factor");
    expect_refused(&(mixup_schedule){.factor = NAN}, "schedule.factor");
    expect_refused(&(mixup_schedule){.minimum = -1.0f}, "schedule.minimum");
    expect_refused(&(mixup_schedule){.minimum = INFINITY}, "schedule.minimum");
    expect_refused(&(mixup_schedule){.kind = MIXUP_SCHEDULE_STEP}, "schedule.period");
    expect_refused(&(mixup_schedule){.kind = MIXUP_SCHEDULE_MULTI_STEP}, "schedule.epochs");
    expect_refused(&(mixup_schedule){.kind = MIXUP_SCHEDULE_MULTI_STEP, .epochs = falling, .epoch_count = 2},
                   "schedule.epochs[1]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_keeps_the_rate),
        cmocka_unit_test(step_drops_every_period),
        cmocka_unit_test(multi_step_drops_after_the_epochs_named),
        cmocka_unit_test(cosine_falls_with_every_step_to_the_minimum),
        cmocka_unit_test(plateau_drops_after_patience_epochs_without_a_better_loss),
        cmocka_unit_test(no_rate_is_below_the_minimum),
        cmocka_unit_test(warm_up_grows_linearly_under_any_kind),
        cmocka_unit_test(settings_out_of_range_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
