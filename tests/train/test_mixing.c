/* Ways to mix, through the public functions that train: CutMix on given and own draws, where it is refused,
 * the schedule of alpha, and batches left plain by their number. */
#include "train/training.h"

enum {
    SIZE = 5,
    CHANNELS = 2,
    VALUES = CHANNELS * SIZE * SIZE,
    CLASSES = 3,
    BATCH = 6,
    COUNT = 14,
    ALL_VALUES = COUNT * VALUES
};

/* Grey images as MNIST's, seen with a channel by the convolution. */
static const mixup_layer layers[] = {
    {.op = MIXUP_CONV2D, .name = "conv", .filters = 4, .kernel = {3}, .activation = MIXUP_RELU},
    {.op = MIXUP_MAX_POOL, .name = "pool", .kernel = {2}, .stride = {1}},
    {.op = MIXUP_FLATTEN, .name = "flatten"},
    {.op = MIXUP_DENSE, .name = "dense", .units = 6, .activation = MIXUP_RELU},
    {.op = MIXUP_DENSE, .name = "head", .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

static const char *const at_input[] = {"input"};
static const char *const at_maps[] = {"input", "pool", "dense"};

static mixup_model *new_model(mixup_engine kind) {
    mixup_model *model = NULL;
    network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {CHANNELS, SIZE, SIZE},
                                                              .layers = layers,
                                                              .layer_count = MIXUP_COUNT(layers),
                                                              .seed = 4,
                                                              .engine = kind,
                                                              .threads = 1}));
    return model;
}

/* Samples with labels 0, 1, 2, 0, ... */
typedef struct samples {
    float inputs[ALL_VALUES], targets[COUNT * CLASSES];
    int32_t labels[COUNT];
} samples;

static samples make_samples(void) {
    samples out = {.labels = {0}};
    network_uniform(1, 0, -1.0, 1.0, ALL_VALUES, out.inputs);
    for (size_t i = 0; i < COUNT; i++) {
        out.labels[i] = (int32_t)(i % CLASSES);
        out.targets[i * CLASSES + i % CLASSES] = 1.0f;
    }
    return out;
}

static mixup_dataset *new_set(const samples *from) {
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = from->inputs,
                                                                    .count = COUNT,
                                                                    .shape = {CHANNELS, SIZE, SIZE},
                                                                    .labels = from->labels,
                                                                    .class_count = CLASSES}));
    return set;
}

/* ---- CutMix on given and own draws */

/* A step that cuts at the input does, bit for bit, what a plain step does on a batch that was cut before. */
static void a_step_with_cutmix_is_a_step_on_cut_images_and_targets(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (int each = 0; each < 2; each++) {
            mixup_model *cut = new_model(network_engines[e]), *plain = new_model(network_engines[e]);
            mixup_trainer *cutter = NULL, *trainer = NULL;
            const samples s = make_samples();
            float inputs[BATCH * VALUES], targets[BATCH * CLASSES];
            double loss = 0.0, expected = 1.0;
            network_draw draw;
            network_draw_cut(&draw, BATCH, each == 1, 7);
            mixup_cut_states(&draw.draw, CHANNELS, SIZE, SIZE, s.inputs, inputs);
            mixup_cut_targets(&draw.draw, SIZE, SIZE, CLASSES, s.targets, targets);
            assert_memory_not_equal(inputs, s.inputs, sizeof inputs);
            const mixup_mix_desc mix = {.at = at_input, .at_count = 1};
            network_ok(mixup_trainer_create(&cutter, cut, &(mixup_fit_desc){.mix = mix}));
            network_ok(mixup_trainer_create(&trainer, plain, &(mixup_fit_desc){0}));
            network_ok(mixup_trainer_step(cutter, BATCH, s.inputs, s.targets, &draw.draw, &loss));
            network_ok(mixup_trainer_step(trainer, BATCH, inputs, targets, NULL, &expected));
            expect_near(loss, expected, 0.0);
            training_expect_same(cut, plain);
            mixup_trainer_destroy(cutter);
            mixup_trainer_destroy(trainer);
            mixup_model_destroy(cut);
            mixup_model_destroy(plain);
        }
}

typedef struct first_step {
    double loss, accuracy;
} first_step;

static bool keep_first_step(void *user, const mixup_step *step) {
    first_step *first = user;
    *first = (first_step){step->loss, step->accuracy};
    return true;
}

/* The first step of fit, against predictions for the cut images and the shares of the area. */
static void losses_and_accuracies_of_fit_go_by_the_area(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 8; seed++) {
        const samples s = make_samples();
        mixup_dataset *set = new_set(&s);
        mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE), *twin = new_model(MIXUP_ENGINE_REFERENCE);
        const mixup_mix_desc mix = {
            .kind = MIXUP_CUTMIX, .alpha = 1.0f, .at = at_input, .at_count = 1, .per_sample = true};
        first_step made = {0};
        network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set,
                                                      .batch_size = BATCH,
                                                      .no_shuffle = true,
                                                      .seed = seed,
                                                      .mix = mix,
                                                      .on_step = keep_first_step,
                                                      .user = &made}));
        network_draw draw;
        network_draw_make(&draw, BATCH, false, 1);
        network_ok(mixup_draw(&(mixup_draw_desc){.seed = seed, .mix = &mix, .site_count = 1}, &draw.draw));
        float inputs[BATCH * VALUES], targets[BATCH * CLASSES], p[BATCH * CLASSES];
        float weight[BATCH], partner_weight[BATCH];
        mixup_cut_states(&draw.draw, CHANNELS, SIZE, SIZE, s.inputs, inputs);
        mixup_cut_targets(&draw.draw, SIZE, SIZE, CLASSES, s.targets, targets);
        mixup_cut_weights(&draw.draw, SIZE, SIZE, weight, partner_weight);
        network_ok(mixup_predict(twin, BATCH, inputs, p));
        double loss = 0.0, right = 0.0;
        for (size_t i = 0; i < BATCH; i++) {
            const int32_t best = (int32_t)loss_largest(p + i * CLASSES, CLASSES);
            right += (double)weight[i] * (best == s.labels[i]);
            right += (double)partner_weight[i] * (best == s.labels[draw.partner[i]]);
            for (size_t c = 0; c < CLASSES; c++)
                loss -= (double)targets[i * CLASSES + c] * log((double)p[i * CLASSES + c]);
        }
        expect_near(made.loss, loss / BATCH, 1e-6);
        expect_near(made.accuracy, right / BATCH, 1e-12);
        mixup_model_destroy(model);
        mixup_model_destroy(twin);
        mixup_dataset_destroy(set);
    }
}

/* ---- where CutMix can be */

static mixup_status try_sites(const size_t *input, const mixup_layer *given, size_t count, const char *site) {
    mixup_model *model = NULL;
    mixup_trainer *trainer = NULL;
    mixup_model_desc desc = {.layers = given, .layer_count = count, .threads = 1};
    memcpy(desc.input, input, sizeof desc.input);
    network_ok(mixup_model_create(&model, &desc));
    mixup_fit_desc fit = {.mix = {.kind = MIXUP_CUTMIX, .alpha = 1.0f, .at = &site, .at_count = 1}};
    if (site == NULL)
        fit.mix.at_count = 0;
    const mixup_status status = mixup_trainer_create(&trainer, model, &fit);
    mixup_trainer_destroy(trainer);
    mixup_model_destroy(model);
    return status;
}

static void cutmix_is_for_images_only(void **state) {
    (void)state;
    static const size_t image[MIXUP_MAX_RANK] = {CHANNELS, SIZE, SIZE};
    static const char *const good[] = {"input", "conv", "pool", "flatten", "dense"};
    for (size_t i = 0; i < MIXUP_COUNT(good); i++)
        network_ok(try_sites(image, layers, MIXUP_COUNT(layers), good[i]));
    training_refused(try_sites(image, layers, MIXUP_COUNT(layers), "head"), MIXUP_ERROR_NETWORK,
                     "mix.at[0]: cannot cut at 'head': its state is 6, and CutMix needs an image, "
                     "[channels][height][width] or [height][width]; the nearest one is read at 'flatten'");
    const mixup_layer marked[] = {
        {.op = MIXUP_FLATTEN},
        {.op = MIXUP_DENSE, .name = "one", .units = 4},
        {.op = MIXUP_DENSE, .name = "two", .units = 4, .mix = true},
        {.op = MIXUP_RESHAPE, .name = "square", .shape = {2, 2}},
        {.op = MIXUP_LAYER_NORM, .name = "three"},
    };
    training_refused(try_sites(image, marked, MIXUP_COUNT(marked), NULL), MIXUP_ERROR_NETWORK,
                     "layers[2].mix: cannot cut at 'two': its state is 4, and CutMix needs an image, "
                     "[channels][height][width] or [height][width]; the nearest one is read at 'input' or "
                     "'square'");
}

static void grey_images_and_reshaped_rows_are_images(void **state) {
    (void)state;
    const mixup_layer flat[] = {
        {.op = MIXUP_FLATTEN}, {.op = MIXUP_DENSE, .name = "dense", .units = 3, .activation = MIXUP_SOFTMAX}};
    const mixup_layer shaped[] = {{.op = MIXUP_RESHAPE, .shape = {1, 5, 4}, .name = "shape"},
                                  {.op = MIXUP_CONV2D, .name = "conv", .filters = 2, .kernel = {3}},
                                  {.op = MIXUP_GLOBAL_AVERAGE_POOL}};
    const mixup_layer dense[] = {{.op = MIXUP_DENSE, .name = "dense", .units = 3}};
    network_ok(try_sites((const size_t[MIXUP_MAX_RANK]){5, 4}, flat, 2, "input"));
    network_ok(try_sites((const size_t[MIXUP_MAX_RANK]){5, 4}, flat, 2, "dense"));
    network_ok(try_sites((const size_t[MIXUP_MAX_RANK]){20}, shaped, 3, "input"));
    network_ok(try_sites((const size_t[MIXUP_MAX_RANK]){20}, shaped, 3, "conv"));
    training_refused(try_sites((const size_t[MIXUP_MAX_RANK]){20}, dense, 1, "input"), MIXUP_ERROR_NETWORK,
                     "this network has none");
}

/* What is cut at [h][w] is what is cut at [1][h][w]. */
static void a_grey_image_is_one_channel(void **state) {
    (void)state;
    const mixup_layer network_layers[] = {{.op = MIXUP_FLATTEN},
                                          {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX}};
    static const size_t shapes[2][MIXUP_MAX_RANK] = {{10, SIZE}, {1, 10, SIZE}};
    const samples s = make_samples();
    network_draw draw;
    network_draw_cut(&draw, BATCH, true, 9);
    double losses[2];
    for (size_t i = 0; i < 2; i++) {
        mixup_model_desc desc = {.layers = network_layers, .layer_count = 2, .threads = 1, .seed = 3};
        mixup_model *model = NULL;
        mixup_trainer *trainer = NULL;
        memcpy(desc.input, shapes[i], sizeof desc.input);
        network_ok(mixup_model_create(&model, &desc));
        network_ok(
            mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.mix = {.at = at_input, .at_count = 1}}));
        network_ok(mixup_trainer_step(trainer, BATCH, s.inputs, s.targets, &draw.draw, &losses[i]));
        mixup_trainer_destroy(trainer);
        mixup_model_destroy(model);
    }
    expect_near(losses[0], losses[1], 0.0);
}

static void draws_that_cannot_be_cut_are_refused(void **state) {
    (void)state;
    static const char *const at[] = {"input", "head"};
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    mixup_trainer *trainer = NULL;
    network_ok(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.mix = {.at = at, .at_count = 2}}));
    const samples s = make_samples();
    float *before = training_parameters(model, NULL);
    static const char *const parts[] = {
        "draw.kind is 2",
        "draw.kind: cannot cut at 'head'",
        "draw.cut_row and cut_column must not be NULL",
        "draw.cut_row and cut_column must not be NULL",
        "draw.cut_row[2] is 1.5",
        "cut_column[3] -0.1",
        "draw.cut_row[2] is nan",
        "draw.partner_weight[1] is 1.25",
        "draw.partner_weight[1] is -0.25",
    };
    for (size_t i = 0; i < MIXUP_COUNT(parts); i++) {
        network_draw draw;
        network_draw_cut(&draw, BATCH, true, 2);
        draw.draw.kind = i == 0 ? MIXUP_MIX_KIND_COUNT : MIXUP_CUTMIX;
        draw.draw.site = i == 1 ? 1 : 0;
        draw.draw.cut_row = i == 2 ? NULL : draw.cut_row;
        draw.draw.cut_column = i == 3 ? NULL : draw.cut_column;
        draw.cut_row[2] = i == 4 ? 1.5f : i == 6 ? NAN : 0.5f;
        draw.cut_column[3] = i == 5 ? -0.1f : 0.5f;
        draw.partner_weight[1] = i == 7 ? 1.25f : i == 8 ? -0.25f : 0.25f;
        training_refused(mixup_trainer_step(trainer, BATCH, s.inputs, s.targets, &draw.draw, NULL),
                         i == 1 ? MIXUP_ERROR_NETWORK : MIXUP_ERROR_ARGUMENT, parts[i]);
    }
    size_t count = 0;
    float *after = training_parameters(model, &count);
    assert_memory_equal(before, after, count * sizeof *before);
    free(before);
    free(after);
    mixup_trainer_destroy(trainer);
    mixup_model_destroy(model);
}

/* ---- when batches are mixed */

enum { EPOCHS = 6, EPOCH_STEPS = 3, STEPS = EPOCHS * EPOCH_STEPS }; /* 14 samples in batches of 6 */

typedef struct mixed_steps {
    bool mixed[STEPS];
    size_t sites[3];
} mixed_steps;

static bool note_step(void *user, const mixup_step *step) {
    mixed_steps *seen = user;
    seen->mixed[step->step - 1] = step->site != NULL;
    for (size_t i = 0; i < 3; i++)
        seen->sites[i] += step->site != NULL && strcmp(step->site, at_maps[i]) == 0;
    return false;
}

static mixed_steps steps_of(const mixup_mix_desc *mix) {
    const samples s = make_samples();
    mixup_dataset *set = new_set(&s);
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    mixed_steps seen = {0};
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set,
                                                  .epochs = EPOCHS,
                                                  .batch_size = BATCH,
                                                  .seed = 3,
                                                  .mix = *mix,
                                                  .on_step = note_step,
                                                  .user = &seen}));
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
    return seen;
}

static void fit_alternates_over_the_ends_of_epochs(void **state) {
    (void)state;
    for (size_t every = 1; every <= 4; every++) {
        const mixed_steps seen = steps_of(&(mixup_mix_desc){
            .kind = MIXUP_CUTMIX, .alpha = 1.0f, .at = at_maps, .at_count = 3, .every_steps = every});
        for (size_t i = 0; i < STEPS; i++)
            assert_int_equal(seen.mixed[i], i % every == 0);
        if (every == 1)
            for (size_t i = 0; i < 3; i++) /* all three sites are used */
                assert_true(seen.sites[i] > 0);
    }
}

static void epochs_in_which_alpha_is_zero_are_not_mixed(void **state) {
    (void)state;
    static const size_t epochs[] = {1, 2, 4, 5};
    static const float factors[] = {0, 0, 2, 0};
    const mixed_steps seen = steps_of(&(mixup_mix_desc){.alpha = 1.0f,
                                                        .at = at_maps,
                                                        .at_count = 3,
                                                        .alpha_epochs = epochs,
                                                        .alpha_factors = factors,
                                                        .alpha_count = 4});
    for (size_t i = 0; i < STEPS; i++)
        assert_int_equal(seen.mixed[i], i / EPOCH_STEPS == 2 || i / EPOCH_STEPS == 3);
}

static void a_schedule_goes_with_alternation_and_plain_last_epochs(void **state) {
    (void)state;
    const mixed_steps seen = steps_of(&(mixup_mix_desc){.kind = MIXUP_CUTMIX,
                                                        .alpha = 1.0f,
                                                        .at = at_maps,
                                                        .at_count = 3,
                                                        .per_sample = true,
                                                        .every_steps = 2,
                                                        .plain_last_epochs = 2,
                                                        .alpha_epochs = (size_t[]){1, 2},
                                                        .alpha_factors = (float[]){0, 1},
                                                        .alpha_count = 2});
    for (size_t i = 0; i < STEPS; i++)
        assert_int_equal(seen.mixed[i], i % 2 == 0 && i / EPOCH_STEPS >= 1 && i / EPOCH_STEPS < 4);
}

/* Losses of six own steps of a trainer whose caller's lists are overwritten once it is made. */
static void own_steps(mixup_mix_desc mix, double *losses) {
    size_t epochs[] = {1, 2};
    float factors[] = {0.5f, 0};
    if (mix.alpha_count > 0) {
        mix.alpha_epochs = epochs;
        mix.alpha_factors = factors;
    }
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    mixup_trainer *trainer = NULL;
    const samples s = make_samples();
    network_ok(mixup_trainer_create(&trainer, model, &(mixup_fit_desc){.mix = mix, .seed = 3}));
    memset(epochs, 0x55, sizeof epochs);
    memset(factors, 0, sizeof factors);
    for (size_t i = 0; i < 6; i++)
        network_ok(mixup_trainer_step(trainer, BATCH, s.inputs, s.targets, NULL, &losses[i]));
    mixup_trainer_destroy(trainer);
    mixup_model_destroy(model);
}

/* All are in the first epoch: alpha has that epoch's factor. */
static void own_steps_of_a_trainer_follow_the_first_epoch(void **state) {
    (void)state;
    double scheduled[6], half[6], all[6];
    mixup_mix_desc mix = {.alpha = 2.0f, .at = at_maps, .at_count = 3, .every_steps = 3, .alpha_count = 2};
    own_steps(mix, scheduled);
    mix.alpha_count = 0;
    own_steps(mix, all);
    mix.alpha = 1.0f;
    own_steps(mix, half);
    assert_memory_equal(scheduled, half, sizeof half);
    assert_true(scheduled[0] != all[0]);
    mix.every_steps = 0;
    own_steps(mix, all);
    assert_true(half[0] == all[0] && half[1] != all[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_with_cutmix_is_a_step_on_cut_images_and_targets),
        cmocka_unit_test(losses_and_accuracies_of_fit_go_by_the_area),
        cmocka_unit_test(cutmix_is_for_images_only),
        cmocka_unit_test(grey_images_and_reshaped_rows_are_images),
        cmocka_unit_test(a_grey_image_is_one_channel),
        cmocka_unit_test(draws_that_cannot_be_cut_are_refused),
        cmocka_unit_test(fit_alternates_over_the_ends_of_epochs),
        cmocka_unit_test(epochs_in_which_alpha_is_zero_are_not_mixed),
        cmocka_unit_test(a_schedule_goes_with_alternation_and_plain_last_epochs),
        cmocka_unit_test(own_steps_of_a_trainer_follow_the_first_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
