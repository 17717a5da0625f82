/* FGSM and PGD: in closed form on a linear network, against PyTorch on one of two layers, and what every
 * budget promises. */
#include "analysis/fixture.h"

#include "analysis/attack.h"
#include "random/stream.h"

enum { WIDTH = 5, COUNT = 40, VALUES = COUNT * WIDTH };

/* Two classes on either side of a plane: logits 0 and w·x + b. The sample's loss falls with its margin
 * (class 1: w·x + b, class 0: -(w·x + b)). */
static const float PLANE[WIDTH] = {0.5f, -1.0f, 0.25f, 2.0f, 0.0f};
static const float OFFSET = 0.125f;

static mixup_model *plane(void) {
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 2, .name = "last", .activation = MIXUP_SOFTMAX}};
    mixup_model *model = model_of(&(mixup_model_desc){.input = {WIDTH}, .layers = layers, .layer_count = 1});
    float weight[2 * WIDTH] = {0};
    const float bias[2] = {0, OFFSET};
    memcpy(weight + WIDTH, PLANE, sizeof PLANE);
    expect_ok(mixup_parameter_write(model, "last.weight", weight, MIXUP_COUNT(weight)));
    expect_ok(mixup_parameter_write(model, "last.bias", bias, 2));
    return model;
}

/* Stored values in [low, high), classes by turns. */
static mixup_dataset *samples(double low, double high, double scale, float *values, int32_t *labels) {
    random_stream stream = random_open(3, RANDOM_SYNTHETIC, 0, 0, 0, 0);
    for (size_t i = 0; i < VALUES; i++)
        values[i] = (float)(low + (high - low) * random_uniform(&stream));
    for (size_t i = 0; i < COUNT; i++)
        labels[i] = (int32_t)(i % 2);
    return set_of(&(mixup_arrays_desc){.inputs = values,
                                       .count = COUNT,
                                       .shape = {WIDTH},
                                       .labels = labels,
                                       .class_count = 2,
                                       .scale = scale});
}

static double margin(const float *x, int32_t label) {
    double sum = (double)OFFSET;
    for (size_t k = 0; k < WIDTH; k++)
        sum += (double)PLANE[k] * (double)x[k];
    return label == 1 ? sum : -sum;
}

/* Everything an attack on the whole set needs and gives. */
typedef struct scene {
    mixup_model *model;
    mixup_dataset *set;
    float stored[VALUES], inputs[VALUES], targets[COUNT * 2], changed[VALUES];
    int32_t labels[COUNT];
    size_t numbers[COUNT];
} scene;

static void scene_begin(scene *s, double low, double high, double scale, bool standardize) {
    s->model = plane();
    s->set = samples(low, high, scale, s->stored, s->labels);
    if (standardize)
        expect_ok(mixup_dataset_standardize(s->set, s->set));
    for (size_t i = 0; i < COUNT; i++)
        s->numbers[i] = i;
    expect_ok(mixup_dataset_read(s->set, s->numbers, COUNT, s->inputs, s->targets));
}

static void scene_end(scene *s) {
    mixup_dataset_destroy(s->set);
    mixup_model_destroy(s->model);
}

/* Attacks samples first to first + count. */
static void attack(scene *s, const attack_desc *given, size_t first, size_t count) {
    attack_desc desc;
    expect_ok(attack_resolve(given, &desc));
    const robustness_piece piece = {.count = count,
                                    .numbers = s->numbers + first,
                                    .inputs = s->inputs + first * WIDTH,
                                    .targets = s->targets + first * 2,
                                    .changed = s->changed + first * WIDTH};
    const mixup_allocator allocator = memory_allocator(NULL);
    expect_ok(attack_inputs(s->model, s->set, &desc, 0, &piece, &allocator));
}

static void expect_near(double value, double expected, double tolerance, const char *what) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%s is %.9g, expected %.9g", what, value, expected);
}

/* Against the class: along sign w or w / ‖w‖. A weight of 0 leaves its input alone. */
static void fgsm_on_a_plane_moves_straight_at_it(void **state) {
    (void)state;
    const float epsilon[] = {0.25f};
    double length = 0.0;
    for (size_t k = 0; k < WIDTH; k++)
        length += (double)PLANE[k] * (double)PLANE[k];
    length = sqrt(length);
    scene s;
    scene_begin(&s, -1, 1, 1, false);
    for (int bound = ATTACK_LINF; bound <= ATTACK_L2; bound++) {
        attack(&s, &(attack_desc){.bound = (attack_bound)bound, .epsilons = epsilon, .epsilon_count = 1}, 0,
               COUNT);
        for (size_t i = 0; i < VALUES; i++) {
            const double w = (double)PLANE[i % WIDTH];
            const double towards = bound == ATTACK_L2 ? w / length : (double)((w > 0) - (w < 0));
            const double side = s.labels[i / WIDTH] == 1 ? -1 : 1;
            expect_near(s.changed[i], (double)s.inputs[i] + 0.25 * side * towards, 1e-6, "a changed value");
        }
    }
    scene_end(&s);
}

/* A sample is right afterwards where its margin is larger than ε times the dual norm of w, Σ|w| or ‖w‖. */
static void accuracy_under_attack_on_a_plane_is_that_of_the_margins(void **state) {
    (void)state;
    const float epsilons[] = {0.0f, 0.05f, 0.2f, 0.6f};
    scene s;
    scene_begin(&s, -1, 1, 1, false);
    for (int method = 0; method < ATTACK_METHODS; method++)
        for (int bound = ATTACK_LINF; bound <= ATTACK_L2; bound++) {
            attack_desc desc;
            robustness_baseline clean;
            double dual = 0.0;
            robustness_outcome found[4];
            expect_ok(attack_resolve(&(attack_desc){.method = (attack_method)method,
                                                    .bound = (attack_bound)bound,
                                                    .epsilons = epsilons,
                                                    .epsilon_count = 4},
                                     &desc));
            expect_ok(attack_measure(s.model, s.set, &desc, NULL, &clean, found));
            for (size_t k = 0; k < WIDTH; k++)
                dual += bound == ATTACK_LINF ? fabs((double)PLANE[k]) : (double)PLANE[k] * (double)PLANE[k];
            dual = bound == ATTACK_LINF ? dual : sqrt(dual);
            for (size_t e = 0; e < 4; e++) {
                size_t right = 0, before = 0;
                for (size_t i = 0; i < COUNT; i++) {
                    before += margin(s.inputs + i * WIDTH, s.labels[i]) > 0;
                    right += margin(s.inputs + i * WIDTH, s.labels[i]) > (double)epsilons[e] * dual;
                }
                expect_near(clean.accuracy, (double)before / COUNT, 1e-12, "the accuracy before");
                expect_near(found[e].accuracy, (double)right / COUNT, 1e-12, "the accuracy after");
                expect_near(found[e].fool_rate, (double)(before - right) / (double)before, 1e-12,
                            "the fool rate");
            }
            assert_true(found[0].accuracy == clean.accuracy && found[3].accuracy < found[1].accuracy);
        }
    scene_end(&s);
}

/* Standardised bytes: 8 of 255 grey levels are 8 of them in every feature, whatever its deviation. */
static void raw_budgets_are_in_stored_values_and_clipping_keeps_these_valid(void **state) {
    (void)state;
    const float epsilon[] = {8}, range[] = {0, 255};
    scene s;
    scene_begin(&s, 0, 255, 255, true);
    double mean[WIDTH] = {0}, deviation[WIDTH] = {0};
    for (size_t i = 0; i < VALUES; i++)
        mean[i % WIDTH] += (double)s.stored[i] / COUNT;
    for (size_t i = 0; i < VALUES; i++)
        deviation[i % WIDTH] += pow((double)s.stored[i] - mean[i % WIDTH], 2) / COUNT;
    for (size_t k = 0; k < WIDTH; k++)
        deviation[k] = sqrt(deviation[k]);
    attack_desc desc = {.epsilons = epsilon, .epsilon_count = 1, .raw = true};
    for (int clipped = 0; clipped < 2; clipped++) {
        size_t outside = 0, at_edge = 0;
        desc.clip = clipped != 0 ? range : NULL;
        desc.clip_count = clipped != 0 ? 2 : 0;
        attack(&s, &desc, 0, COUNT);
        for (size_t i = 0; i < VALUES; i++) {
            const double w = (double)PLANE[i % WIDTH];
            const double side = s.labels[i / WIDTH] == 1 ? -1 : 1;
            const double raw = (double)s.changed[i] * deviation[i % WIDTH] + mean[i % WIDTH];
            const double moved = (double)s.stored[i] + 8 * side * (double)((w > 0) - (w < 0));
            const double expected = clipped != 0 ? fmax(0, fmin(255, moved)) : moved;
            expect_near(raw, expected, 1e-3, "a stored value"); /* single precision of 255 */
            outside += moved < 0 || moved > 255;
            at_edge += fabs(raw) < 1e-3 || fabs(raw - 255) < 1e-3;
        }
        assert_true(outside > 0 && (clipped == 0 || at_edge >= outside));
    }
    scene_end(&s);
}

/* The L2 norm in stored values weighs features by their deviation. */
static void a_raw_l2_budget_is_a_distance_of_stored_values(void **state) {
    (void)state;
    const float epsilon[] = {30};
    scene s;
    scene_begin(&s, 0, 255, 255, true);
    double mean[WIDTH] = {0}, deviation[WIDTH] = {0};
    for (size_t i = 0; i < VALUES; i++)
        mean[i % WIDTH] += (double)s.stored[i] / COUNT;
    for (size_t i = 0; i < VALUES; i++)
        deviation[i % WIDTH] += pow((double)s.stored[i] - mean[i % WIDTH], 2) / COUNT;
    attack(
        &s,
        &(attack_desc){
            .method = ATTACK_PGD, .bound = ATTACK_L2, .epsilons = epsilon, .epsilon_count = 1, .raw = true},
        0, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        double square = 0.0;
        for (size_t k = 0; k < WIDTH; k++)
            square += pow((double)(s.changed[i * WIDTH + k] - s.inputs[i * WIDTH + k]), 2) * deviation[k];
        expect_near(sqrt(square), 30, 1e-3,
                    "the way in stored values"); /* a plane: the whole budget is used */
    }
    scene_end(&s);
}

/* ---- two layers */

enum { HIDDEN = 6, CLASSES = 3, FEW = 4 };

static const mixup_layer curved_layers[] = {
    {.op = MIXUP_DENSE, .units = HIDDEN, .name = "hidden", .activation = MIXUP_TANH},
    {.op = MIXUP_DENSE, .units = CLASSES, .name = "last", .activation = MIXUP_SOFTMAX}};

static mixup_model *curved(mixup_engine engine, const safetensors *file) {
    static const struct {
        const char *name, *key;
        size_t count;
    } parameters[] = {{"hidden.weight", "pgd/weight1", (size_t)HIDDEN * WIDTH},
                      {"hidden.bias", "pgd/bias1", HIDDEN},
                      {"last.weight", "pgd/weight2", (size_t)CLASSES * HIDDEN},
                      {"last.bias", "pgd/bias2", CLASSES}};
    mixup_model *model = model_of(
        &(mixup_model_desc){.input = {WIDTH}, .layers = curved_layers, .layer_count = 2, .engine = engine});
    for (size_t p = 0; p < MIXUP_COUNT(parameters); p++)
        expect_ok(mixup_parameter_write(model, parameters[p].name, fixture_floats(file, parameters[p].key),
                                        parameters[p].count));
    return model;
}

static mixup_dataset *few(const safetensors *file) {
    return set_of(&(mixup_arrays_desc){.inputs = fixture_floats(file, "pgd/inputs"),
                                       .count = FEW,
                                       .shape = {WIDTH},
                                       .labels = fixture_integers(file, "pgd/labels"),
                                       .class_count = CLASSES});
}

/* Five steps; single precision here, double there. */
static void pgd_goes_where_pytorch_goes(void **state) {
    (void)state;
    const float epsilon[] = {0.3f};
    static const mixup_engine engines[] = {MIXUP_ENGINE_AUTO, MIXUP_ENGINE_REFERENCE};
    safetensors *file = fixture_open();
    mixup_dataset *set = few(file);
    const size_t numbers[FEW] = {0, 1, 2, 3};
    float inputs[FEW * WIDTH], targets[FEW * CLASSES], changed[FEW * WIDTH];
    expect_ok(mixup_dataset_read(set, numbers, FEW, inputs, targets));
    const robustness_piece piece = {FEW, numbers, inputs, targets, changed};
    const mixup_allocator allocator = memory_allocator(NULL);
    for (size_t e = 0; e < MIXUP_COUNT(engines); e++) {
        mixup_model *model = curved(engines[e], file);
        for (int bound = 0; bound < ATTACK_BOUNDS; bound++) {
            const bool bounded = bound != ATTACK_UNBOUNDED;
            attack_desc desc;
            expect_ok(attack_resolve(&(attack_desc){.method = ATTACK_PGD,
                                                    .bound = (attack_bound)bound,
                                                    .epsilons = bounded ? epsilon : NULL,
                                                    .epsilon_count = bounded,
                                                    .steps = 5,
                                                    .step_size = 0.1},
                                     &desc));
            expect_ok(attack_inputs(model, set, &desc, 0, &piece, &allocator));
            char name[32];
            snprintf(name, sizeof name, "pgd/%s", attack_bound_name((attack_bound)bound));
            const float *expected = fixture_floats(file, name);
            for (size_t i = 0; i < (size_t)FEW * WIDTH; i++)
                expect_near(changed[i], (double)expected[i], 2e-5, name);
        }
        mixup_model_destroy(model);
    }
    mixup_dataset_destroy(set);
    safetensors_destroy(file);
}

static double mean_loss(const scene *s, const float *inputs) {
    float outputs[COUNT * 2];
    double sum = 0.0;
    expect_ok(mixup_predict(s->model, COUNT, inputs, outputs));
    for (size_t i = 0; i < COUNT; i++)
        sum -= log((double)outputs[i * 2 + (size_t)s->labels[i]]);
    return sum / COUNT;
}

/* How far each sample went, in the norm of the bound. */
static double longest_way(const scene *s, attack_bound bound) {
    double longest = 0.0;
    for (size_t i = 0; i < COUNT; i++) {
        double largest = 0.0, square = 0.0;
        for (size_t k = 0; k < WIDTH; k++) {
            const double way = (double)s->changed[i * WIDTH + k] - (double)s->inputs[i * WIDTH + k];
            largest = fmax(largest, fabs(way));
            square += way * way;
        }
        longest = fmax(longest, bound == ATTACK_L2 ? sqrt(square) : largest);
    }
    return longest;
}

static void pgd_raises_the_loss_and_stays_in_its_ball(void **state) {
    (void)state;
    const float epsilon[] = {0.125f};
    scene s;
    scene_begin(&s, -1, 1, 1, false);
    for (int bound = 0; bound < ATTACK_BOUNDS; bound++)
        for (int random = 0; random < (bound == ATTACK_UNBOUNDED ? 1 : 2); random++) {
            const bool bounded = bound != ATTACK_UNBOUNDED;
            attack(&s,
                   &(attack_desc){.method = ATTACK_PGD,
                                  .bound = (attack_bound)bound,
                                  .epsilons = bounded ? epsilon : NULL,
                                  .epsilon_count = bounded,
                                  .steps = 10,
                                  .step_size = 0.05,
                                  .random_start = random != 0},
                   0, COUNT);
            const double way = longest_way(&s, (attack_bound)bound);
            assert_true(way <= (bounded ? 0.125 : 0.5) + 1e-6); /* without a bound: steps × step size */
            assert_true(way > (bounded ? 0.12 : 0.49));
            assert_true(mean_loss(&s, s.changed) > mean_loss(&s, s.inputs) + 0.05);
        }
    scene_end(&s);
}

/* With no steps worth the name the start is all there is. */
static void random_starts_fill_the_ball_and_depend_on_seed_and_sample_alone(void **state) {
    (void)state;
    const float epsilon[] = {2};
    for (int bound = ATTACK_LINF; bound <= ATTACK_L2; bound++) {
        attack_desc desc = {.method = ATTACK_PGD,
                            .bound = (attack_bound)bound,
                            .epsilons = epsilon,
                            .epsilon_count = 1,
                            .steps = 1,
                            .step_size = 1e-9,
                            .random_start = true,
                            .seed = 5};
        scene s;
        scene_begin(&s, -1, 1, 1, false);
        attack(&s, &desc, 0, COUNT);
        double square = 0.0;
        for (size_t i = 0; i < VALUES; i++)
            square += pow((double)(s.changed[i] - s.inputs[i]), 2) / VALUES;
        /* E δ²: ε² / 3 in a cube; in a ball of n dimensions ε² n / (n + 2) over all n. 200 values: within a
         * fifth */
        const double expected = bound == ATTACK_LINF ? 4.0 / 3 : 4.0 / (WIDTH + 2);
        assert_true(square > 0.8 * expected && square < 1.2 * expected);
        assert_true(longest_way(&s, (attack_bound)bound) <= 2 + 1e-6);
        float together[VALUES];
        memcpy(together, s.changed, sizeof together);
        memset(s.changed, 0, sizeof s.changed);
        attack(&s, &desc, 0, 13);
        attack(&s, &desc, 13, COUNT - 13);
        assert_memory_equal(s.changed, together, sizeof together);
        desc.seed = 6;
        attack(&s, &desc, 0, COUNT);
        assert_memory_not_equal(s.changed, together, sizeof together);
        scene_end(&s);
    }
}

static void defaults_are_those_of_the_paper(void **state) {
    (void)state;
    attack_desc desc;
    expect_ok(attack_resolve(&(attack_desc){0}, &desc));
    assert_true(desc.method == ATTACK_FGSM && desc.bound == ATTACK_LINF && attack_count(&desc) == 2);
    expect_near(attack_budget(&desc, 0), 0.01, 1e-8, "the first budget");
    expect_near(attack_budget(&desc, 1), 0.03, 1e-8, "the second budget");
    expect_ok(attack_resolve(&desc, &desc)); /* once more */
    assert_int_equal(desc.steps, 1);
    expect_ok(attack_resolve(&(attack_desc){.method = ATTACK_PGD, .bound = ATTACK_UNBOUNDED}, &desc));
    assert_true(desc.steps == 200 && attack_count(&desc) == 1);
    expect_near(attack_budget(&desc, 0), 2.0, 1e-12, "the longest way");
}

static void contradictions_are_refused(void **state) {
    (void)state;
    const float negative[] = {-0.1f}, one[] = {1}, turned[] = {1, 0};
    const struct {
        attack_desc desc;
        const char *words;
    } cases[] = {
        {{.bound = ATTACK_UNBOUNDED}, "needs a bound"},
        {{.steps = 3}, "for pgd"},
        {{.random_start = true}, "for pgd"},
        {{.method = ATTACK_PGD, .bound = ATTACK_UNBOUNDED, .random_start = true}, "nowhere to start"},
        {{.method = ATTACK_PGD, .bound = ATTACK_UNBOUNDED, .epsilons = one, .epsilon_count = 1},
         "no epsilon"},
        {{.epsilons = negative, .epsilon_count = 1}, "epsilon -0.1"},
        {{.method = ATTACK_PGD, .step_size = -1}, "step size -1"},
        {{.clip = one, .clip_count = 1}, "clip"},
        {{.clip = turned, .clip_count = 2}, "clip"},
    };
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
        attack_desc desc;
        expect_refused(attack_resolve(&cases[c].desc, &desc), MIXUP_ERROR_ARGUMENT, cases[c].words);
    }
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 3, .activation = MIXUP_SOFTMAX}};
    mixup_model *model = model_of(&(mixup_model_desc){.input = {WIDTH}, .layers = layers, .layer_count = 1});
    scene s;
    scene_begin(&s, -1, 1, 1, false);
    attack_desc desc;
    robustness_baseline clean;
    robustness_outcome found[2];
    expect_ok(attack_resolve(&(attack_desc){0}, &desc));
    expect_refused(attack_measure(model, s.set, &desc, NULL, &clean, found), MIXUP_ERROR_SHAPE, "3 outputs");
    mixup_model_destroy(model);
    scene_end(&s);
}

static mixup_status measure(const mixup_allocator *allocator, void *user) {
    const scene *s = user;
    const float range[] = {-1, 1};
    attack_desc desc;
    robustness_baseline clean;
    robustness_outcome found[2];
    MIXUP_TRY(attack_resolve(&(attack_desc){.raw = true, .clip = range, .clip_count = 2}, &desc));
    return attack_measure(s->model, s->set, &desc, allocator, &clean, found);
}

static void every_failed_allocation_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, -1, 1, 1, true);
    assert_true(fail_every_allocation(measure, &s) > 0);
    scene_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fgsm_on_a_plane_moves_straight_at_it),
        cmocka_unit_test(accuracy_under_attack_on_a_plane_is_that_of_the_margins),
        cmocka_unit_test(raw_budgets_are_in_stored_values_and_clipping_keeps_these_valid),
        cmocka_unit_test(a_raw_l2_budget_is_a_distance_of_stored_values),
        cmocka_unit_test(pgd_goes_where_pytorch_goes),
        cmocka_unit_test(pgd_raises_the_loss_and_stays_in_its_ball),
        cmocka_unit_test(random_starts_fill_the_ball_and_depend_on_seed_and_sample_alone),
        cmocka_unit_test(defaults_are_those_of_the_paper),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(every_failed_allocation_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
