/* Dropout and noise: their shares and deviations, and on what their numbers depend. Their values are checked
 * by test_torch. On every engine. */
#include "support/network.h"

enum { BATCH = 64, WIDTH = 500, STATES = BATCH * WIDTH, FEW = 5, FEW_STATES = FEW * WIDTH };

/* The output of one random layer for inputs of ones. */
static void states_of(mixup_engine kind, const mixup_layer *layer, size_t batch, const plan_run *given,
                      real *out) {
    const mixup_layer layers[] = {*layer, {.op = MIXUP_FLATTEN}};
    network n;
    network_create(&n, &(network_desc){.engine = kind, .input = {WIDTH}, NETWORK_LAYERS(layers)});
    real *ones = network_values(STATES);
    for (size_t i = 0; i < STATES; i++)
        ones[i] = 1;
    plan_run run = *given;
    const plan_key key = {.batch = batch, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE};
    const plan *made = network_run(&n, &key, &(network_data){ones, ones}, &run);
    memcpy(out, plan_output(made), batch * WIDTH * sizeof *out);
    free(ones);
    network_destroy(&n);
}

static real first[STATES], second[STATES];

static void dropout_drops_its_share_and_scales_the_rest(void **state) {
    (void)state;
    static const float rates[] = {0.1f, 0.5f, 0.9f};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t r = 0; r < MIXUP_COUNT(rates); r++) {
            const double rate = (double)rates[r];
            const mixup_layer layer = {.op = MIXUP_DROPOUT, .rate = rates[r]};
            states_of(network_engines[e], &layer, BATCH, &(plan_run){.seed = 1, .step = 1}, first);
            size_t dropped = 0;
            for (size_t i = 0; i < STATES; i++) {
                dropped += first[i] == 0;
                if (first[i] != 0)
                    expect_near(first[i], 1.0 / (1.0 - rate), 1e-5);
            }
            /* Binomial: four standard deviations. */
            const double count = STATES;
            expect_near((double)dropped, rate * count, 4 * sqrt(count * rate * (1 - rate)));
        }
}

static void noise_has_its_deviation(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        const mixup_layer layer = {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.25f};
        states_of(network_engines[e], &layer, BATCH, &(plan_run){.seed = 1, .step = 1}, first);
        double sum = 0, square = 0;
        for (size_t i = 0; i < STATES; i++) {
            sum += (double)first[i] - 1;
            square += ((double)first[i] - 1) * ((double)first[i] - 1);
        }
        const double count = STATES; /* four standard deviations of mean and variance */
        expect_near(sum / count, 0.0, 4 * 0.25 / sqrt(count));
        expect_near(square / count, 0.0625, 4 * 0.0625 * sqrt(2 / count));
    }
}

static void the_numbers_depend_on_seed_epoch_and_step_and_on_nothing_else(void **state) {
    (void)state;
    static const mixup_layer random_layers[] = {{.op = MIXUP_DROPOUT, .rate = 0.5f},
                                                {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 1.0f}};
    const plan_run base = {.seed = 1, .epoch = 2, .epoch_step = 3, .step = 4};
    plan_run others[] = {base, base, base};
    others[0].seed = 2;
    others[1].epoch = 3;
    others[2].epoch_step = 4;
    plan_run same = base;
    same.step = 99;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t l = 0; l < 2; l++) {
            const mixup_engine kind = network_engines[e];
            const mixup_layer *layer = &random_layers[l];
            states_of(MIXUP_ENGINE_REFERENCE, layer, BATCH, &base, first);
            states_of(kind, layer, BATCH, &same, second);
            assert_memory_equal(first, second, sizeof first);
            states_of(kind, layer, FEW, &base, second); /* row i of any batch */
            assert_memory_equal(first, second, FEW_STATES * sizeof *first);
            assert_memory_not_equal(first, first + WIDTH, WIDTH * sizeof *first);
            for (size_t o = 0; o < MIXUP_COUNT(others); o++) {
                states_of(kind, layer, BATCH, &others[o], second);
                assert_memory_not_equal(first, second, WIDTH * sizeof *first);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropout_drops_its_share_and_scales_the_rest),
        cmocka_unit_test(noise_has_its_deviation),
        cmocka_unit_test(the_numbers_depend_on_seed_epoch_and_step_and_on_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
