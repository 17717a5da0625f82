/* Nearest neighbours: by hand, and against NumPy with many equal distances. */
#include "analysis/fixture.h"

#include "analysis/neighbors.h"

/* A network whose input is what is compared; its layer "mirror" turns the sign. */
static mixup_model *looker(size_t width, size_t classes) {
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = width, .name = "mirror"},
                                  {.op = MIXUP_DENSE, .units = classes, .activation = MIXUP_SOFTMAX}};
    mixup_model *model =
        model_of(&(mixup_model_desc){.input = {width}, .layers = layers, .layer_count = MIXUP_COUNT(layers)});
    float *weight = calloc(width * width, sizeof *weight);
    assert_non_null(weight);
    for (size_t i = 0; i < width; i++)
        weight[i * width + i] = -1.0f;
    expect_ok(mixup_parameter_write(model, "mirror.weight", weight, width * width));
    free(weight);
    return model;
}

/* On a line: training 0 (class 0), 1 (1), 3 (1), 4 (0), 8 (0); tested 0.9, 3.5 and 7. */
static const float line[] = {0, 1, 3, 4, 8};
static const int32_t line_labels[] = {0, 1, 1, 0, 0};

static mixup_dataset *on_a_line(void) {
    return set_of(&(mixup_arrays_desc){
        .inputs = line, .count = 5, .shape = {1}, .labels = line_labels, .class_count = 2});
}

/* How often the class is that of `label` for one tested place: 1 or 0 for each k. */
static void expect_class(float place, const size_t *counts, size_t count, const int32_t *expected,
                         const char *layer) {
    mixup_dataset *training = on_a_line();
    mixup_model *model = looker(1, 2);
    for (size_t k = 0; k < count; k++) {
        mixup_dataset *tested = set_of(&(mixup_arrays_desc){
            .inputs = &place, .count = 1, .shape = {1}, .labels = &expected[k], .class_count = 2});
        neighbors_desc desc;
        double accuracy = -1.0;
        expect_ok(neighbors_resolve(&(neighbors_desc){.layer = layer, .counts = &counts[k], .count_count = 1},
                                    &desc));
        expect_ok(neighbors_measure(model, training, tested, &desc, NULL, &accuracy, NULL));
        if (accuracy != 1.0)
            fail_msg("%zu neighbours of %g at %s do not give class %d", counts[k], (double)place, layer,
                     (int)expected[k]);
        mixup_dataset_destroy(tested);
    }
    mixup_model_destroy(model);
    mixup_dataset_destroy(training);
}

static void the_majority_decides_and_of_equal_votes_the_nearest(void **state) {
    (void)state;
    static const size_t counts[] = {1, 2, 3, 4, 5};
    static const int32_t near_one[] = {1, 1, 1, 1, 0};   /* 1, 0, 3, 4, 8: 1; 1 0; 1 0 1; 1 0 1 0; 0 wins */
    static const int32_t near_seven[] = {0, 0, 0, 0, 0}; /* 8, 4, 3, 1, 0: 0; 0 0; 0 0 1; 0 0 1 1; 0 wins */
    expect_class(0.9f, counts, 5, near_one, "input");
    expect_class(7.0f, counts, 5, near_seven, "input");
    /* 3.5 is as far from 3 (class 1) as from 4 (class 0): the first in the set. */
    static const int32_t between[] = {1, 1, 1, 1, 0};
    expect_class(3.5f, counts, 5, between, "input");
    expect_class(3.5f, counts, 5, between, "mirror");
}

static void check_against_numpy(neighbors_distance distance) {
    static const size_t counts[] = {1, 2, 5, 16};
    safetensors *file = fixture_open();
    char name[64];
    const char *kind = neighbors_distance_name(distance);
    snprintf(name, sizeof name, "neighbors/%s/training", kind);
    mixup_dataset *training =
        set_of(&(mixup_arrays_desc){.inputs = fixture_floats(file, name),
                                    .count = 60,
                                    .shape = {3},
                                    .labels = fixture_integers(file, "neighbors/training_labels"),
                                    .class_count = 4});
    snprintf(name, sizeof name, "neighbors/%s/tested", kind);
    mixup_dataset *tested =
        set_of(&(mixup_arrays_desc){.inputs = fixture_floats(file, name),
                                    .count = 40,
                                    .shape = {3},
                                    .labels = fixture_integers(file, "neighbors/tested_labels"),
                                    .class_count = 4});
    mixup_model *model = looker(3, 4);
    neighbors_desc desc;
    double accuracy[4];
    size_t samples = 0;
    expect_ok(neighbors_resolve(
        &(neighbors_desc){.layer = "mirror", .counts = counts, .count_count = 4, .distance = distance},
        &desc));
    expect_ok(neighbors_measure(model, training, tested, &desc, NULL, accuracy, &samples));
    assert_int_equal(samples, 40);
    snprintf(name, sizeof name, "neighbors/%s/accuracy", kind);
    const safetensors_entry *expected = safetensors_find(file, name);
    assert_non_null(expected);
    for (size_t k = 0; k < 4; k++)
        if (fabs(accuracy[k] - array_element(expected->type, expected->data, k)) > 1e-12)
            fail_msg("%s, %zu neighbours: %g, NumPy has %g", kind, counts[k], accuracy[k],
                     array_element(expected->type, expected->data, k));
    mixup_model_destroy(model);
    mixup_dataset_destroy(tested);
    mixup_dataset_destroy(training);
    safetensors_destroy(file);
}

static void accuracies_are_those_of_numpy(void **state) {
    (void)state;
    check_against_numpy(NEIGHBORS_EUCLIDEAN);
    check_against_numpy(NEIGHBORS_COSINE);
}

/* More training and tested samples than a block takes: each sample's only equal is far away in the set. */
static void blocks_join_without_a_seam(void **state) {
    (void)state;
    enum { COUNT = 2500 };
    static float inputs[COUNT];
    static int32_t labels[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        inputs[i] = (float)(i * 7 % COUNT);
        labels[i] = (int32_t)(i * 7 % COUNT % 5);
    }
    mixup_dataset *training = set_of(&(mixup_arrays_desc){
        .inputs = inputs, .count = COUNT, .shape = {1}, .labels = labels, .class_count = 5});
    for (size_t i = 0; i < COUNT; i++) {
        inputs[i] = (float)i + 0.25f;
        labels[i] = (int32_t)(i % 5);
    }
    mixup_dataset *tested = set_of(&(mixup_arrays_desc){
        .inputs = inputs, .count = COUNT, .shape = {1}, .labels = labels, .class_count = 5});
    mixup_model *model = looker(1, 5);
    const size_t counts[] = {1};
    neighbors_desc desc;
    double accuracy = 0.0;
    expect_ok(
        neighbors_resolve(&(neighbors_desc){.layer = "input", .counts = counts, .count_count = 1}, &desc));
    expect_ok(neighbors_measure(model, training, tested, &desc, NULL, &accuracy, NULL));
    assert_true(accuracy == 1.0);
    mixup_model_destroy(model);
    mixup_dataset_destroy(tested);
    mixup_dataset_destroy(training);
}

static void impossible_comparisons_are_refused(void **state) {
    (void)state;
    static const size_t none[] = {0}, many[] = {6};
    mixup_dataset *training = on_a_line();
    mixup_dataset *other = set_of(&(mixup_arrays_desc){
        .inputs = line, .count = 5, .shape = {1}, .labels = line_labels, .class_count = 3});
    mixup_model *model = looker(1, 2);
    neighbors_desc desc;
    double accuracy[3];
    expect_refused(neighbors_resolve(&(neighbors_desc){0}, &desc), MIXUP_ERROR_ARGUMENT, "layer");
    expect_refused(neighbors_resolve(&(neighbors_desc){.layer = "input", .counts = none, .count_count = 1},
                                     &desc),
                   MIXUP_ERROR_ARGUMENT, "at least one");
    expect_ok(
        neighbors_resolve(&(neighbors_desc){.layer = "input", .counts = many, .count_count = 1}, &desc));
    expect_refused(neighbors_measure(model, training, training, &desc, NULL, accuracy, NULL),
                   MIXUP_ERROR_ARGUMENT, "6 nearest neighbours of 5");
    expect_refused(neighbors_measure(model, training, other, &desc, NULL, accuracy, NULL), MIXUP_ERROR_DATA,
                   "need the same");
    desc.layer = "nowhere";
    expect_refused(neighbors_measure(model, training, training, &desc, NULL, accuracy, NULL),
                   MIXUP_ERROR_NOT_FOUND, "'nowhere'");
    mixup_model_destroy(model);
    mixup_dataset_destroy(other);
    mixup_dataset_destroy(training);
}

typedef struct sources {
    mixup_model *model;
    mixup_dataset *set;
} sources;

static mixup_status measure(const mixup_allocator *allocator, void *user) {
    const sources *from = user;
    static const size_t counts[] = {1, 2};
    const neighbors_desc desc = {.layer = "input", .counts = counts, .count_count = 2};
    double accuracy[2];
    return neighbors_measure(from->model, from->set, from->set, &desc, allocator, accuracy, NULL);
}

static void every_failed_allocation_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    sources from = {looker(1, 2), on_a_line()};
    assert_true(fail_every_allocation(measure, &from) > 0);
    mixup_dataset_destroy(from.set);
    mixup_model_destroy(from.model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_majority_decides_and_of_equal_votes_the_nearest),
        cmocka_unit_test(accuracies_are_those_of_numpy),
        cmocka_unit_test(blocks_join_without_a_seam),
        cmocka_unit_test(impossible_comparisons_are_refused),
        cmocka_unit_test(every_failed_allocation_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
