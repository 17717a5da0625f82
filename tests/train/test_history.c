/* What a training tells on the way: steps, epochs, their losses and accuracies, against values worked out
 * from single samples. Most trainings here have a rate so small that no weight changes. */
#include "train/training.h"

enum { FEATURES = 3, CLASSES = 3, COUNT = 11, BATCH = 4 };

static const float tiny_rate = 1e-30f; /* w - 1e-30 g is w, unless w is 0 */

static const mixup_layer layers[] = {
    {.op = MIXUP_DENSE, .units = 5, .activation = MIXUP_TANH},
    {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH, .mix = true, .name = "inner"},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true, .name = "last"},
};

enum { MAX_STEPS = 1024 };

typedef struct record {
    size_t count;
    mixup_step steps[MAX_STEPS];
    mixup_epoch epochs[TRAINING_MAX_EPOCHS + 1];
} record;

static bool record_step(void *user, const mixup_step *step) {
    record *r = user;
    assert_in_range(r->count, 0, MAX_STEPS - 1);
    r->steps[r->count++] = *step;
    return false;
}

static bool record_epoch(void *user, const mixup_epoch *epoch) {
    ((record *)user)->epochs[epoch->epoch] = *epoch;
    return false;
}

typedef struct scene {
    mixup_model *model;
    mixup_dataset *set;
    record *record;
    float inputs[COUNT * FEATURES], targets[COUNT * CLASSES];
    int32_t labels[COUNT];
} scene;

static void scene_begin(scene *s, mixup_engine kind) {
    size_t indices[COUNT];
    s->model = training_model(kind, FEATURES, layers, MIXUP_COUNT(layers), 1);
    s->set = training_classes(COUNT, FEATURES, CLASSES, 1);
    s->record = calloc(1, sizeof *s->record);
    assert_non_null(s->record);
    for (size_t i = 0; i < COUNT; i++)
        indices[i] = i;
    network_ok(mixup_dataset_read(s->set, indices, COUNT, s->inputs, s->targets));
    network_ok(mixup_dataset_labels(s->set, s->labels));
}

static void scene_end(scene *s) {
    mixup_model_destroy(s->model);
    mixup_dataset_destroy(s->set);
    free(s->record);
}

/* Trains with the tiny rate, in the set's order unless shuffled, and records. */
static void observe(scene *s, const mixup_fit_desc *given) {
    mixup_fit_desc desc = *given;
    desc.train = s->set;
    desc.batch_size = desc.batch_size != 0 ? desc.batch_size : BATCH;
    if (desc.optimizer.learning_rate == 0.0f)
        desc.optimizer = (mixup_optimizer){.kind = MIXUP_SGD, .learning_rate = tiny_rate};
    desc.on_step = record_step;
    desc.on_epoch = record_epoch;
    desc.user = s->record;
    s->record->count = 0;
    network_ok(mixup_fit(s->model, &desc));
}

/* Probabilities of `count` samples. */
static void predict(const scene *s, const float *inputs, size_t count, float *probabilities) {
    network_ok(mixup_predict(s->model, count, inputs, probabilities));
}

static double cross_entropy(const float *probabilities, const float *targets, const float *weights) {
    double loss = 0.0;
    for (size_t c = 0; c < CLASSES; c++)
        loss -=
            (weights != NULL ? (double)weights[c] : 1.0) * (double)targets[c] * log((double)probabilities[c]);
    return loss;
}

static size_t largest(const float *row) {
    size_t best = 0;
    for (size_t c = 1; c < CLASSES; c++)
        best = row[c] > row[best] ? c : best;
    return best;
}

static void steps_and_epochs_are_numbered_from_one(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.epochs = 2});
    assert_int_equal(s.record->count, 6);
    for (size_t i = 0; i < 6; i++) {
        const mixup_step *step = &s.record->steps[i];
        assert_int_equal(step->step, i + 1);
        assert_int_equal(step->epoch, i / 3 + 1);
        assert_int_equal(step->epoch_step, i % 3 + 1);
        assert_int_equal(step->epoch_steps, 3);
        assert_int_equal(step->batch, i % 3 == 2 ? 3 : 4);
        assert_null(step->site);
        expect_near(step->learning_rate, tiny_rate, 0.0);
    }
    assert_int_equal(s.record->epochs[2].epoch, 2);
    assert_int_equal(s.record->epochs[2].step, 6);
    assert_true(s.record->epochs[2].seconds >= 0.0);
    assert_true(isnan(s.record->epochs[2].validation_loss));
    assert_true(isnan(s.record->epochs[2].train_clean_accuracy));
    scene_end(&s);
}

static void an_epochs_loss_is_the_mean_over_samples(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        scene s;
        float p[COUNT * CLASSES];
        scene_begin(&s, network_engines[e]);
        observe(&s, &(mixup_fit_desc){.no_shuffle = true, .clean_accuracy = true});
        predict(&s, s.inputs, COUNT, p);
        double loss = 0.0, right = 0.0;
        for (size_t i = 0; i < COUNT; i++) {
            loss += cross_entropy(p + i * CLASSES, s.targets + i * CLASSES, NULL);
            right += largest(p + i * CLASSES) == (size_t)s.labels[i] ? 1.0 : 0.0;
        }
        /* Probabilities come back as floats. */
        expect_near(s.record->epochs[1].train_loss, loss / COUNT, 1e-6);
        expect_near(s.record->epochs[1].train_accuracy, right / COUNT, 1e-12);
        expect_near(s.record->epochs[1].train_clean_accuracy, right / COUNT, 1e-12);
        /* and not the mean of the batches' means, the last of which has three samples */
        double means = 0.0;
        for (size_t i = 0; i < 3; i++)
            means += s.record->steps[i].loss / 3.0;
        assert_true(fabs(means - loss / COUNT) > 1e-4);
        scene_end(&s);
    }
}

static void without_shuffling_batches_follow_the_set(void **state) {
    (void)state;
    scene s;
    float p[COUNT * CLASSES];
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.no_shuffle = true, .batch_size = 1, .epochs = 2});
    predict(&s, s.inputs, COUNT, p);
    for (size_t i = 0; i < (size_t)2 * COUNT; i++) {
        const size_t row = i % COUNT * CLASSES;
        expect_near(s.record->steps[i].loss, cross_entropy(p + row, s.targets + row, NULL), 1e-6);
    }
    scene_end(&s);
}

static void shuffling_gives_every_sample_once_an_epoch_in_a_new_order(void **state) {
    (void)state;
    scene s;
    double first[COUNT] = {0};
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.no_shuffle = true, .batch_size = 1});
    for (size_t i = 0; i < COUNT; i++)
        first[i] = s.record->steps[i].loss;
    observe(&s, &(mixup_fit_desc){.batch_size = 1, .epochs = 2, .seed = 3});
    size_t moved = 0, changed = 0;
    for (size_t e = 0; e < 2; e++)
        for (size_t i = 0; i < COUNT; i++) {
            size_t found = 0;
            for (size_t k = 0; k < COUNT; k++)
                found += fabs(s.record->steps[e * COUNT + k].loss - first[i]) < 1e-12;
            assert_int_equal(found, 1);
            moved += s.record->steps[e * COUNT + i].loss != first[i];
            changed += s.record->steps[i].loss != s.record->steps[COUNT + i].loss;
        }
    assert_true(moved > COUNT);
    assert_true(changed > COUNT / 2);
    scene_end(&s);
}

static void drop_last_leaves_out_the_shorter_batch(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.drop_last = true, .no_shuffle = true});
    assert_int_equal(s.record->count, 2);
    assert_int_equal(s.record->steps[1].batch, 4);
    assert_int_equal(s.record->steps[1].epoch_steps, 2);
    expect_near(s.record->epochs[1].train_loss, (s.record->steps[0].loss + s.record->steps[1].loss) / 2.0,
                1e-12);
    scene_end(&s);
}

static void class_weights_multiply_and_the_batch_divides(void **state) {
    (void)state;
    static const float weights[CLASSES] = {1.0f, 0.25f, 3.0f};
    scene s;
    float p[COUNT * CLASSES];
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.class_weights = weights, .class_weight_count = CLASSES});
    predict(&s, s.inputs, COUNT, p);
    double loss = 0.0;
    for (size_t i = 0; i < COUNT; i++)
        loss += cross_entropy(p + i * CLASSES, s.targets + i * CLASSES, weights);
    expect_near(s.record->epochs[1].train_loss, loss / COUNT, 1e-6);
    scene_end(&s);
}

static void labels_are_smoothed(void **state) {
    (void)state;
    scene s;
    float p[COUNT * CLASSES];
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.label_smoothing = 0.3f});
    predict(&s, s.inputs, COUNT, p);
    double loss = 0.0;
    for (size_t i = 0; i < (size_t)COUNT * CLASSES; i++)
        loss -= (0.7 * (double)s.targets[i] + 0.1) * log((double)p[i]);
    expect_near(s.record->epochs[1].train_loss, loss / COUNT, 1e-6);
    scene_end(&s);
}

/* The draw of step `step` of the first epoch for mixing at the input. */
static void draw_step(const mixup_mix_desc *mix, uint32_t step, mixup_batch_draw *draw) {
    network_ok(mixup_draw(
        &(mixup_draw_desc){.seed = 9, .epoch = 0, .step = step, .mix = mix, .site_count = 1}, draw));
}

static void mixed_batches_have_mixed_losses_and_lambda_weighted_accuracy(void **state) {
    (void)state;
    const char *at[] = {"input"};
    const mixup_mix_desc mix = {.alpha = 1.0f, .at = at, .at_count = 1, .per_sample = true};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        scene s;
        scene_begin(&s, network_engines[e]);
        observe(&s, &(mixup_fit_desc){.seed = 9, .no_shuffle = true, .mix = mix});
        double epoch_right = 0.0;
        for (uint32_t step = 0; step < 3; step++) {
            uint32_t partner[BATCH];
            float weight[BATCH], partner_weight[BATCH];
            float inputs[BATCH * FEATURES], targets[BATCH * CLASSES], p[BATCH * CLASSES];
            mixup_batch_draw draw = {.batch = step < 2 ? BATCH : 3,
                                     .site = 0,
                                     .partner = partner,
                                     .weight = weight,
                                     .partner_weight = partner_weight};
            const int32_t *labels = s.labels + (size_t)step * BATCH;
            draw_step(&mix, step, &draw);
            mixup_mix_states(&draw, FEATURES, s.inputs + (size_t)step * BATCH * FEATURES, inputs);
            mixup_mix_targets(&draw, CLASSES, s.targets + (size_t)step * BATCH * CLASSES, targets);
            predict(&s, inputs, draw.batch, p);
            double loss = 0.0, right = 0.0;
            for (size_t i = 0; i < draw.batch; i++) {
                const int32_t predicted = (int32_t)largest(p + i * CLASSES);
                loss += cross_entropy(p + i * CLASSES, targets + i * CLASSES, NULL);
                right += (predicted == labels[i] ? (double)weight[i] : 0.0) +
                         (predicted == labels[partner[i]] ? (double)partner_weight[i] : 0.0);
            }
            assert_string_equal(s.record->steps[step].site, "input");
            expect_near(s.record->steps[step].loss, loss / (double)draw.batch, 1e-6);
            expect_near(s.record->steps[step].accuracy, right / (double)draw.batch, 1e-12);
            epoch_right += right;
        }
        expect_near(s.record->epochs[1].train_accuracy, epoch_right / COUNT, 1e-12);
        scene_end(&s);
    }
}

static void the_last_epochs_can_be_plain(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.epochs = 5, .mix = {.alpha = 1.0f, .plain_last_epochs = 2}});
    for (size_t i = 0; i < s.record->count; i++)
        assert_true((s.record->steps[i].site != NULL) == (s.record->steps[i].epoch <= 3));
    scene_end(&s);
}

/* How many of the recorded steps mixed at `name` (NULL: nowhere). */
static size_t count_steps(const record *r, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const char *site = r->steps[i].site;
        count += name == NULL ? site == NULL : site != NULL && strcmp(site, name) == 0;
    }
    return count;
}

static void sites_are_drawn_by_their_weights(void **state) {
    (void)state;
    const char *at[] = {"input", "inner", "last"};
    const float weights[] = {1.0f, 0.0f, 3.0f};
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(
        &s,
        &(mixup_fit_desc){
            .epochs = 50,
            .batch_size = 1,
            .mix = {.alpha = 1.0f, .at = at, .at_count = 3, .weights = weights, .plain_probability = 0.2f}});
    assert_int_equal(s.record->count, 550);
    assert_int_equal(count_steps(s.record, "inner"), 0);
    /* 110, 110 and 330 expected, with deviations of 9.4, 9.4 and 11.5; five of them on each side */
    assert_in_range(count_steps(s.record, NULL), 63, 157);
    assert_in_range(count_steps(s.record, "input"), 63, 157);
    assert_in_range(count_steps(s.record, "last"), 272, 388);
    scene_end(&s);
}

static void flagged_layers_are_the_sites_by_default_all_alike(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.epochs = 50, .batch_size = 1, .mix = {.alpha = 1.0f}});
    assert_int_equal(count_steps(s.record, "inner") + count_steps(s.record, "last"), 550);
    assert_in_range(count_steps(s.record, "inner"), 216, 334); /* 275 ± five times 11.7 */
    scene_end(&s);
}

static void a_site_with_several_readers_is_drawn_as_often_as_another(void **state) {
    (void)state;
    static const mixup_layer branches[] = {
        {.op = MIXUP_DENSE, .units = 4, .name = "trunk", .mix = true},
        {.op = MIXUP_DENSE, .units = 4, .name = "left", .mix = true},
        {.op = MIXUP_DENSE, .units = 4, .name = "right", .from = "trunk", .mix = true},
        {.op = MIXUP_ADD, .with = {"left"}},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX},
    };
    const char *at[] = {"last", "input", "last", "last"};
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){
                    .epochs = 50, .batch_size = 1, .mix = {.alpha = 1.0f, .at = at, .at_count = 4}});
    assert_in_range(count_steps(s.record, "last"), 216, 334); /* 275 ± five times 11.7 */
    mixup_model_destroy(s.model);
    s.model = training_model(MIXUP_ENGINE_REFERENCE, FEATURES, branches, MIXUP_COUNT(branches), 1);
    observe(&s, &(mixup_fit_desc){.epochs = 50, .batch_size = 1, .mix = {.alpha = 1.0f}});
    assert_int_equal(count_steps(s.record, "trunk") + count_steps(s.record, "left"), 550);
    assert_in_range(count_steps(s.record, "left"), 216, 334);
    scene_end(&s);
}

static void the_rate_follows_the_schedule(void **state) {
    (void)state;
    static const size_t drops[] = {1, 2};
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    observe(&s, &(mixup_fit_desc){.epochs = 3,
                                  .optimizer = {.kind = MIXUP_SGD, .learning_rate = 0.5f},
                                  .schedule = {.kind = MIXUP_SCHEDULE_MULTI_STEP,
                                               .epochs = drops,
                                               .epoch_count = 2,
                                               .factor = 0.5f,
                                               .warm_up_steps = 2}});
    static const double expected[9] = {0.25, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125};
    for (size_t i = 0; i < 9; i++)
        expect_near(s.record->steps[i].learning_rate, expected[i], 0.0);
    expect_near(s.record->epochs[2].learning_rate, 0.25, 0.0);
    scene_end(&s);
}

static void validation_is_what_evaluate_says(void **state) {
    (void)state;
    scene s;
    mixup_metrics metrics;
    mixup_fit_result result;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    mixup_dataset *validation = training_classes(17, FEATURES, CLASSES, 5);
    observe(&s, &(mixup_fit_desc){.epochs = 3,
                                  .validation = validation,
                                  .label_smoothing = 0.1f,
                                  .mix = {.alpha = 1.0f},
                                  .optimizer = {.learning_rate = 0.01f},
                                  .result = &result});
    network_ok(mixup_evaluate(s.model, validation, NULL, &metrics));
    expect_near(s.record->epochs[3].validation_loss, metrics.loss, 0.0);
    expect_near(s.record->epochs[3].validation_accuracy, metrics.accuracy, 0.0);
    assert_int_equal(result.stop, MIXUP_STOP_FINISHED);
    assert_int_equal(result.epochs, 3);
    assert_int_equal(result.steps, 9);
    mixup_dataset_destroy(validation);
    scene_end(&s);
}

static void regression_has_no_accuracy(void **state) {
    (void)state;
    static const mixup_layer linear[] = {{.op = MIXUP_DENSE, .units = 1}};
    float inputs[5] = {1, 2, 3, 4, 5}, targets[5] = {1, 2, 3, 4, 5};
    mixup_dataset *set = training_rows(inputs, 1, targets, 1, 5);
    mixup_model *model = training_model(MIXUP_ENGINE_REFERENCE, 1, linear, 1, 1);
    record *r = calloc(1, sizeof *r);
    assert_non_null(r);
    network_ok(mixup_fit(
        model,
        &(mixup_fit_desc){
            .train = set, .validation = set, .on_step = record_step, .on_epoch = record_epoch, .user = r}));
    assert_true(isnan(r->steps[0].accuracy));
    assert_true(isnan(r->epochs[1].train_accuracy) && isnan(r->epochs[1].validation_accuracy));
    assert_true(r->epochs[1].validation_loss >= 0.0);
    free(r);
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

static void callbacks_stop_the_training(void **state) {
    (void)state;
    scene s;
    mixup_fit_result result;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    training_history history = {.stop_at = 5};
    mixup_fit_desc desc = {.train = s.set,
                           .epochs = 9,
                           .batch_size = BATCH,
                           .on_step = training_on_step,
                           .on_epoch = training_on_epoch,
                           .user = &history,
                           .result = &result};
    network_ok(mixup_fit(s.model, &desc));
    assert_int_equal(result.stop, MIXUP_STOP_CALLBACK);
    assert_int_equal(result.steps, 5);
    assert_int_equal(result.epochs, 1);
    history = (training_history){.stop_epoch = 2};
    network_ok(mixup_fit(s.model, &desc));
    assert_int_equal(result.stop, MIXUP_STOP_CALLBACK);
    assert_int_equal(result.steps, 6);
    assert_int_equal(result.epochs, 2);
    scene_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_and_epochs_are_numbered_from_one),
        cmocka_unit_test(an_epochs_loss_is_the_mean_over_samples),
        cmocka_unit_test(without_shuffling_batches_follow_the_set),
        cmocka_unit_test(shuffling_gives_every_sample_once_an_epoch_in_a_new_order),
        cmocka_unit_test(drop_last_leaves_out_the_shorter_batch),
        cmocka_unit_test(class_weights_multiply_and_the_batch_divides),
        cmocka_unit_test(labels_are_smoothed),
        cmocka_unit_test(mixed_batches_have_mixed_losses_and_lambda_weighted_accuracy),
        cmocka_unit_test(the_last_epochs_can_be_plain),
        cmocka_unit_test(sites_are_drawn_by_their_weights),
        cmocka_unit_test(flagged_layers_are_the_sites_by_default_all_alike),
        cmocka_unit_test(a_site_with_several_readers_is_drawn_as_often_as_another),
        cmocka_unit_test(the_rate_follows_the_schedule),
        cmocka_unit_test(validation_is_what_evaluate_says),
        cmocka_unit_test(regression_has_no_accuracy),
        cmocka_unit_test(callbacks_stop_the_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
