/* Gradients back through the mix, in double: interpolation against theory, CutMix against central differences
 * at images of several sizes, and its loss. Interpolation at every site: test_gradients.c. */
#include "support/differences.h"

#define HEAD                                                                                                 \
    { .op = MIXUP_DENSE, .units = 3, .activation = MIXUP_SOFTMAX }

/* ---- the mix */

/* The gradient with mixing at the input is, by the chain rule, the transpose of the mix applied to the
 * gradient g of the plain network on inputs and targets that were mixed before: λ_j g_j + (1 - λ_i) g_i with
 * π(i) = j. */
static void the_gradient_of_the_mix_is_that_of_theory(void **state) {
    (void)state;
    enum { BATCH = 6, WIDTH = 3, COLUMNS = 3, STATES = BATCH * WIDTH };
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH}, HEAD};
    network n;
    network_create(&n, &(network_desc){.input = {WIDTH}, NETWORK_LAYERS(layers), .seed = 8});
    network_draw draw;
    network_draw_make(&draw, BATCH, true, 18);
    real x[STATES], y[BATCH * COLUMNS], mixed_x[STATES], mixed_y[BATCH * COLUMNS];
    network_uniform(9, 1, -1.0, 1.0, STATES, x);
    network_targets(MIXUP_SOFTMAX_CROSS_ENTROPY, 9, BATCH, COLUMNS, y);
    for (size_t i = 0; i < BATCH; i++) {
        const double own = (double)draw.weight[i], other = (double)draw.partner_weight[i];
        const size_t p = draw.partner[i];
        for (size_t k = 0; k < WIDTH; k++)
            mixed_x[i * WIDTH + k] = own * x[i * WIDTH + k] + other * x[p * WIDTH + k];
        for (size_t c = 0; c < COLUMNS; c++)
            mixed_y[i * COLUMNS + c] = own * y[i * COLUMNS + c] + other * y[p * COLUMNS + c];
    }
    plan_key key = {.batch = BATCH, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
    plan_run plain = {.step = 1};
    const plan *made = network_run(&n, &key, &(network_data){mixed_x, mixed_y}, &plain);
    real expected[STATES] = {0};
    for (size_t i = 0; i < BATCH; i++)
        for (size_t k = 0; k < WIDTH; k++) {
            const double g = plan_input_gradient(made)[i * WIDTH + k];
            expected[i * WIDTH + k] += (double)draw.weight[i] * g;
            expected[(size_t)draw.partner[i] * WIDTH + k] += (double)draw.partner_weight[i] * g;
        }
    key.site = GRAPH_INPUT;
    plan_run mixed = {.draw = &draw.draw, .step = 1};
    made = network_run(&n, &key, &(network_data){x, y}, &mixed);
    expect_near(mixed.loss, plain.loss, 1e-14);
    for (size_t i = 0; i < STATES; i++)
        expect_near(plan_input_gradient(made)[i], expected[i], 1e-15);
    network_destroy(&n);
}

/* ---- CutMix */

/* Convolutions of several channels; the last site reads what was flattened, and is the same tensor. */
static const mixup_layer cut_layers[] = {
    {.op = MIXUP_CONV2D, .filters = 3, .kernel = {3}, .padding = {1}, .activation = MIXUP_TANH},
    {.op = MIXUP_CONV2D, .filters = 2, .kernel = {2}, .activation = MIXUP_TANH, .name = "map"},
    {.op = MIXUP_AVERAGE_POOL, .kernel = {2}, .name = "pool"},
    {.op = MIXUP_FLATTEN},
    {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH, .name = "flat"},
    HEAD};

static void cutmix_has_the_gradient_that_differences_say(void **state) {
    (void)state;
    const network_desc desc = {.input = {2, 5, 4}, NETWORK_LAYERS(cut_layers), .seed = 20};
    static const char *const sites[] = {"input", "map", "pool", "flat"};
    for (size_t s = 0; s < MIXUP_COUNT(sites); s++)
        for (uint64_t round = 0; round < 6; round++) {
            network n;
            network_draw draw;
            const size_t batch = 3 + round;
            network_create(&n, &desc);
            plan_key key = {.batch = batch,
                            .update = PLAN_GRADIENTS,
                            .site = network_site(&n, sites[s]),
                            .block_gradient = round == 5,
                            .input_gradient = round < 5};
            network_destroy(&n);
            network_draw_cut(&draw, batch, round % 2 == 1, 30 + round);
            difference_check_draw(&desc, sites[s], &key, &draw);
        }
}

/* The targets' weights are the shares of area at the site, in loss and accuracy: a map of 1 × 1 is exchanged
 * whole or not at all, whatever λ is, and then the loss is that of the other target. */
static void the_loss_of_cutmix_has_the_weights_of_the_site(void **state) {
    (void)state;
    enum { BATCH = 4, COLUMNS = 3, VALUES = 2 * 3 * 3, STATES = BATCH * VALUES };
    const mixup_layer layers[] = {{.op = MIXUP_MAX_POOL, .kernel = {3}},
                                  {.op = MIXUP_FLATTEN, .name = "point"},
                                  {.op = MIXUP_DENSE, .units = COLUMNS, .activation = MIXUP_SOFTMAX}};
    network n;
    network_create(&n, &(network_desc){.input = {2, 3, 3}, NETWORK_LAYERS(layers), .seed = 8});
    real x[BATCH * VALUES], y[BATCH * COLUMNS], swapped[BATCH * VALUES], others[BATCH * COLUMNS];
    static const int32_t labels[BATCH] = {0, 1, 2, 0};
    int32_t other_labels[BATCH];
    network_uniform(9, 1, -1.0, 1.0, STATES, x);
    network_targets(MIXUP_SOFTMAX_CROSS_ENTROPY, 9, BATCH, COLUMNS, y);
    network_draw draw;
    network_draw_cut(&draw, BATCH, true, 3);
    for (size_t i = 0; i < BATCH; i++) {
        const bool exchanged = i % 2 == 0;
        const size_t from = exchanged ? draw.partner[i] : i;
        draw.weight[i] = draw.partner_weight[i] = 0.5f;
        draw.cut_row[i] = draw.cut_column[i] = exchanged ? 0.5f : 0.1f;
        memcpy(swapped + i * VALUES, x + from * VALUES, VALUES * sizeof *x);
        memcpy(others + i * COLUMNS, y + from * COLUMNS, COLUMNS * sizeof *y);
        other_labels[i] = labels[from];
    }
    plan_key key = {.batch = BATCH, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE};
    plan_run plain = {.step = 1, .labels = other_labels};
    network_run(&n, &key, &(network_data){swapped, others}, &plain);
    key.site = network_site(&n, "point");
    plan_run mixed = {.draw = &draw.draw, .step = 1, .labels = labels};
    network_run(&n, &key, &(network_data){x, y}, &mixed);
    expect_near(mixed.loss, plain.loss, 1e-14);
    expect_near(mixed.correct, plain.correct, 1e-14);
    network_destroy(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_of_the_mix_is_that_of_theory),
        cmocka_unit_test(cutmix_has_the_gradient_that_differences_say),
        cmocka_unit_test(the_loss_of_cutmix_has_the_weights_of_the_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
