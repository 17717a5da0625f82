/* The optimisers: settings, and one value step by step with the formulas of mixup.h in double. */
#include "support/network.h"

/* ---- settings */

static void settings_left_out_get_their_documented_defaults(void **state) {
    (void)state;
    mixup_optimizer o = {0};
    network_ok(optimizer_resolve(&(mixup_optimizer){0}, &o));
    assert_int_equal(o.kind, MIXUP_ADAM);
    expect_near(o.learning_rate, 1e-3f, 0.0f);
    expect_near(o.beta1, 0.9f, 0.0f);
    expect_near(o.beta2, 0.999f, 0.0f);
    expect_near(o.epsilon, 1e-8f, 0.0f);
    assert_int_equal(o.epsilon_convention, MIXUP_EPSILON_PYTORCH);
    assert_false(o.decoupled);
    network_ok(optimizer_resolve(&(mixup_optimizer){.kind = MIXUP_ADAMW}, &o));
    assert_true(o.decoupled);
    network_ok(optimizer_resolve(&(mixup_optimizer){.kind = MIXUP_SGD}, &o));
    expect_near(o.learning_rate, 1e-2f, 0.0f);
    expect_near(o.momentum, 0.0f, 0.0f);
    network_ok(optimizer_resolve(&(mixup_optimizer){.kind = MIXUP_NESTEROV}, &o));
    expect_near(o.learning_rate, 1e-2f, 0.0f);
    expect_near(o.momentum, 0.9f, 0.0f);
    network_ok(optimizer_resolve(&(mixup_optimizer){.kind = MIXUP_RMSPROP}, &o));
    expect_near(o.learning_rate, 1e-3f, 0.0f);
    expect_near(o.rho, 0.99f, 0.0f);
}

static void settings_out_of_range_are_refused_by_name(void **state) {
    (void)state;
    static const struct {
        mixup_optimizer given;
        const char *field;
    } cases[] = {
        {{.kind = (mixup_optimizer_kind)77}, "optimizer.kind"},
        {{.epsilon_convention = (mixup_epsilon)7}, "optimizer.epsilon_convention"},
        {{.learning_rate = -1.0f}, "optimizer.learning_rate"},
        {{.learning_rate = NAN}, "optimizer.learning_rate"},
        {{.learning_rate = INFINITY}, "optimizer.learning_rate"},
        {{.momentum = 1.0f}, "optimizer.momentum"},
        {{.momentum = -0.1f}, "optimizer.momentum"},
        {{.beta1 = 1.0f}, "optimizer.beta1"},
        {{.beta2 = 1.5f}, "optimizer.beta2"},
        {{.rho = 1.0f}, "optimizer.rho"},
        {{.epsilon = -1e-8f}, "optimizer.epsilon"},
        {{.weight_decay = -1.0f}, "optimizer.weight_decay"},
        {{.weight_decay = NAN}, "optimizer.weight_decay"},
        {{.clip_norm = -1.0f}, "optimizer.clip_norm"},
        {{.clip_value = -1.0f}, "optimizer.clip_value"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        mixup_optimizer out = {.learning_rate = 77.0f};
        network_expect(optimizer_resolve(&cases[i].given, &out), MIXUP_ERROR_ARGUMENT);
        if (strncmp(mixup_last_error(), cases[i].field, strlen(cases[i].field)) != 0)
            fail_msg("'%s' does not name %s", mixup_last_error(), cases[i].field);
        expect_near(out.learning_rate, 77.0f, 0.0f);
    }
}

/* ---- one value, three steps */

typedef struct history {
    double w, m, v;
} history;

static const double GRADIENTS[] = {0.5, -0.25, 0.125};
enum { STEPS = 3 };

/* What mixup.h says, in plain double. */
static void expected_step(const mixup_optimizer *o, double gradient, int t, history *h) {
    const double rate = (double)o->learning_rate, decay = (double)o->weight_decay, mu = (double)o->momentum;
    const double b1 = (double)o->beta1, b2 = (double)o->beta2, rho = (double)o->rho, e = (double)o->epsilon;
    const bool keras = o->epsilon_convention == MIXUP_EPSILON_KERAS;
    double g = gradient + (o->decoupled ? 0.0 : decay * h->w);
    h->w -= o->decoupled ? rate * decay * h->w : 0.0;
    switch (o->kind) {
    case MIXUP_SGD:
        h->m = mu * h->m + g;
        h->w -= rate * h->m;
        break;
    case MIXUP_NESTEROV:
        h->m = mu * h->m + g;
        h->w -= rate * (g + mu * h->m);
        break;
    case MIXUP_RMSPROP:
        h->v = rho * h->v + (1 - rho) * g * g;
        h->m = mu * h->m + (keras ? g / sqrt(h->v + e) : g / (sqrt(h->v) + e));
        h->w -= rate * h->m;
        break;
    default:
        h->m = b1 * h->m + (1 - b1) * g;
        h->v = b2 * h->v + (1 - b2) * g * g;
        if (keras)
            h->w -= rate * sqrt(1 - pow(b2, t)) / (1 - pow(b1, t)) * h->m / (sqrt(h->v) + e);
        else
            h->w -= rate * h->m / (1 - pow(b1, t)) / (sqrt(h->v / (1 - pow(b2, t))) + e);
    }
}

static void every_optimizer_does_what_its_formula_says(void **state) {
    (void)state;
    for (int kind = MIXUP_SGD; kind < MIXUP_OPTIMIZER_COUNT; kind++)
        for (unsigned variant = 0; variant < 16; variant++) {
            mixup_optimizer o = {.kind = (mixup_optimizer_kind)kind,
                                 .learning_rate = 0.125f,
                                 .momentum = (variant & 1) != 0 ? 0.75f : 0.0f,
                                 .weight_decay = (variant & 2) != 0 ? 0.25f : 0.0f,
                                 .decoupled = (variant & 4) != 0,
                                 .epsilon = 0.01f,
                                 .epsilon_convention =
                                     (variant & 8) != 0 ? MIXUP_EPSILON_KERAS : MIXUP_EPSILON_PYTORCH};
            network_ok(optimizer_resolve(&o, &o));
            history h = {.w = 1.0};
            real w = 1, m = 0, v = 0;
            for (int t = 1; t <= STEPS; t++) {
                const real gradient = (real)GRADIENTS[t - 1];
                const optimizer_step step =
                    optimizer_prepare(&o, (double)o.learning_rate, (uint64_t)t, 1.0, 0.0);
                optimizer_arrays arrays = {.values = &w, .gradient = &gradient};
                arrays.moment1 = kind != MIXUP_RMSPROP || o.momentum > 0.0f ? &m : NULL;
                arrays.moment2 = &v;
                optimizer_update(&o, &step, &arrays, 0, 1);
                expected_step(&o, GRADIENTS[t - 1], t, &h);
                if (!(fabs((double)w - h.w) <= 1e-6)) /* ten roundings of 6e-8 */
                    fail_msg("optimizer %d, variant %u, step %d: %.9g instead of %.9g", kind, variant, t,
                             (double)w, h.w);
            }
        }
}

static void a_missing_gradient_is_zero_on_which_momentum_and_decay_still_act(void **state) {
    (void)state;
    mixup_optimizer o = {.kind = MIXUP_SGD,
                         .learning_rate = 0.5f,
                         .momentum = 0.5f,
                         .weight_decay = 0.25f,
                         .clip_value = 1.0f};
    network_ok(optimizer_resolve(&o, &o));
    const optimizer_step step = optimizer_prepare(&o, 0.5, 1, 1.0, 0.0);
    real w = 2, velocity = 4;
    optimizer_update(&o, &step, &(optimizer_arrays){.values = &w, .moment1 = &velocity}, 0, 1);
    expect_near(velocity, 2.5, 0.0); /* 0.5 × 4 + 0.25 × 2 */
    expect_near(w, 0.75, 0.0);       /* 2 - 0.5 × 2.5 */
}

static void clipping_limits_the_gradient_before_the_decay(void **state) {
    (void)state;
    mixup_optimizer o = {.kind = MIXUP_SGD, .learning_rate = 1.0f, .weight_decay = 0.25f, .clip_value = 0.5f};
    network_ok(optimizer_resolve(&o, &o));
    const optimizer_step step = optimizer_prepare(&o, 1.0, 1, 0.25, 0.0);
    real w[] = {4, 4, 4};
    const real gradient[] = {8, -8, 1}; /* scaled: 2, -2, 0.25 */
    optimizer_update(&o, &step, &(optimizer_arrays){.values = w, .gradient = gradient}, 0, 3);
    expect_near(w[0], 4 - 0.5 - 1, 0.0);
    expect_near(w[1], 4 + 0.5 - 1, 0.0);
    expect_near(w[2], 4 - 0.25 - 1, 0.0);
}

/* ---- arrays */

enum { LONG = 5000 }; /* several of the optimiser's blocks, and not a multiple */

static void an_update_touches_its_range_only_and_does_the_same_in_pieces(void **state) {
    (void)state;
    mixup_optimizer o = {0};
    network_ok(optimizer_resolve(&o, &o));
    const optimizer_step step = optimizer_prepare(&o, 1e-3, 1, 1.0, 0.5);
    real *arrays[2][5];
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 5; i++) {
            arrays[k][i] = network_values(LONG);
            network_uniform(3, (uint32_t)i, 0.0, 1.0, LONG, arrays[k][i]);
        }
        const optimizer_arrays given = {arrays[k][0], arrays[k][1], arrays[k][2], arrays[k][3], arrays[k][4]};
        static const size_t ends[] = {100, 1124, 1125, 4000};
        size_t begin = 7;
        for (size_t p = k == 0 ? MIXUP_COUNT(ends) - 1 : 0; p < MIXUP_COUNT(ends); p++) {
            optimizer_update(&o, &step, &given, begin, ends[p]);
            begin = ends[p];
        }
    }
    real *before = network_values(LONG);
    for (uint32_t i = 0; i < 5; i++) {
        assert_memory_equal(arrays[0][i], arrays[1][i], LONG * sizeof(real));
        network_uniform(3, i, 0.0, 1.0, LONG, before);
        assert_memory_equal(arrays[0][i], before, 7 * sizeof(real));
        assert_memory_equal(arrays[0][i] + 4000, before + 4000, (LONG - 4000) * sizeof(real));
        if (i != 1) /* the gradient is only read */
            for (size_t j = 7; j < 4000; j++)
                assert_true(arrays[0][i][j] != before[j]);
        free(arrays[0][i]);
        free(arrays[1][i]);
    }
    free(before);
}

static void each_optimizer_keeps_only_the_moments_that_it_needs(void **state) {
    (void)state;
    static const struct {
        mixup_optimizer given;
        bool first, second;
    } cases[] = {
        {{.kind = MIXUP_SGD}, false, false},
        {{.kind = MIXUP_SGD, .momentum = 0.5f}, true, false},
        {{.kind = MIXUP_NESTEROV}, true, false},
        {{.kind = MIXUP_ADAM}, true, true},
        {{.kind = MIXUP_ADAMW}, true, true},
        {{.kind = MIXUP_RMSPROP}, false, true},
        {{.kind = MIXUP_RMSPROP, .momentum = 0.5f}, true, true},
    };
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 2}};
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        network n;
        network_create(&n,
                       &(network_desc){.input = {2}, NETWORK_LAYERS(layers), .optimizer = cases[i].given});
        assert_int_equal(parameter_store_has(n.store, PARAMETER_MOMENT1), cases[i].first);
        assert_int_equal(parameter_store_has(n.store, PARAMETER_MOMENT2), cases[i].second);
        network_destroy(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_left_out_get_their_documented_defaults),
        cmocka_unit_test(settings_out_of_range_are_refused_by_name),
        cmocka_unit_test(every_optimizer_does_what_its_formula_says),
        cmocka_unit_test(a_missing_gradient_is_zero_on_which_momentum_and_decay_still_act),
        cmocka_unit_test(clipping_limits_the_gradient_before_the_decay),
        cmocka_unit_test(an_update_touches_its_range_only_and_does_the_same_in_pieces),
        cmocka_unit_test(each_optimizer_keeps_only_the_moments_that_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
