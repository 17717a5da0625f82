/* Mean and deviation per feature, learned on one set and used on others; and an earlier set's settings. */
#include "data/reading.h"

static mixup_dataset *make(const float *values, size_t count, size_t features, double scale) {
    mixup_dataset *set = NULL;
    const mixup_arrays_desc desc = {.inputs = values, .count = count, .shape = {features}, .scale = scale};
    if (mixup_dataset_from_arrays(&set, &desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

/* Column 0: mean 5, population deviation 2. Column 1: constant. */
static const float values[16] = {2, 7, 4, 7, 4, 7, 4, 7, 5, 7, 5, 7, 7, 7, 9, 7};

static void features_get_mean_zero_and_deviation_one(void **state) {
    (void)state;
    mixup_dataset *set = make(values, 8, 2, 0);
    assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    reading got;
    read_set(set, &got);
    assert_floats(got.inputs, (const float[]){-1.5f, 0, -0.5f, 0, -0.5f, 0, -0.5f, 0, 0, 0, 0, 0, 1, 0, 2, 0},
                  16);
    assert_true(set->preprocess->mean[0] == 5.0 && set->preprocess->deviation[0] == 2.0);
    assert_true(set->preprocess->mean[1] == 7.0 && set->preprocess->deviation[1] == 1.0);
    mixup_dataset_destroy(set);
}

static void statistics_are_those_of_the_scaled_values(void **state) {
    (void)state;
    mixup_dataset *set = make(values, 8, 2, 4);
    assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    assert_true(set->preprocess->mean[0] == 1.25 && set->preprocess->deviation[0] == 0.5);
    reading got;
    read_set(set, &got);
    assert_true(got.inputs[0] == -1.5f);
    mixup_dataset_destroy(set);
}

static void a_set_follows_the_part_it_learns_from_in_either_order(void **state) {
    (void)state;
    for (int train_first = 0; train_first < 2; train_first++) {
        mixup_dataset *train = make(values, 8, 2, 0);
        mixup_dataset *other = make((const float[]){9, 8}, 1, 2, 0);
        if (train_first)
            assert_int_equal(mixup_dataset_standardize(train, train), MIXUP_OK);
        assert_int_equal(mixup_dataset_standardize(other, train), MIXUP_OK);
        reading got;
        read_set(other, &got);
        assert_floats(got.inputs, (const float[]){2, 1}, 2);
        mixup_dataset_destroy(train);
        mixup_dataset_destroy(other);
    }
}

static void statistics_that_the_set_learned_elsewhere_are_passed_on(void **state) {
    (void)state;
    mixup_dataset *train = make(values, 8, 2, 0);
    mixup_dataset *middle = make((const float[]){100, 100}, 1, 2, 0);
    mixup_dataset *last = make((const float[]){9, 8}, 1, 2, 0);
    assert_int_equal(mixup_dataset_standardize(middle, train), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize(last, middle), MIXUP_OK);
    assert_true(last->preprocess->mean[0] == 5.0);
    mixup_dataset_destroy(train);
    mixup_dataset_destroy(middle);
    mixup_dataset_destroy(last);
}

static void only_the_samples_of_a_part_count_and_parts_keep_their_own_statistics(void **state) {
    (void)state;
    mixup_dataset *set = make((const float[]){0, 2, 1000, 2000}, 4, 1, 0);
    mixup_dataset *rest = NULL, *part = NULL;
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.last = 2}, &rest, &part), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize(rest, rest), MIXUP_OK);
    assert_true(rest->preprocess->mean[0] == 1.0 && rest->preprocess->deviation[0] == 1.0);
    assert_null(set->preprocess->mean);
    assert_null(part->preprocess->mean);
    assert_int_equal(mixup_dataset_standardize(part, rest), MIXUP_OK);
    reading got;
    read_set(part, &got);
    assert_floats(got.inputs, (const float[]){999, 1999}, 2);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
}

static void a_large_offset_does_not_spoil_the_deviation(void **state) {
    (void)state;
    const double far[4] = {1e15 + 1, 1e15 + 3, 1e15 + 1, 1e15 + 3};
    mixup_dataset *set = NULL;
    assert_int_equal(
        mixup_dataset_from_arrays(
            &set, &(mixup_arrays_desc){.inputs = far, .type = MIXUP_FLOAT64, .count = 4, .shape = {1}}),
        MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    reading got;
    read_set(set, &got);
    const float expected[4] = {-1, 1, -1, 1};
    for (size_t i = 0; i < 4; i++)
        assert_true(fabsf(got.inputs[i] - expected[i]) < 0.1f); /* 1e15 has steps of 0.125 */
    mixup_dataset_destroy(set);
}

static mixup_dataset *load_csv(const char *content, mixup_missing missing) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "data.csv");
    write_bytes(path, content, strlen(content));
    mixup_dataset *set = NULL;
    if (mixup_dataset_from_csv(&set, &(mixup_csv_desc){.path = path, .missing = missing}) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    temporary_folder_remove(&folder);
    return set;
}

static void missing_cells_are_filled_again_with_what_the_part_has(void **state) {
    (void)state;
    mixup_dataset *set = load_csv("a,b\n1,5\n,5\n4,5\n?,5\n100,5\n", MIXUP_MISSING_MEAN);
    assert_true(set->preprocess->filled[0] == 35.0);
    mixup_dataset *rest = NULL, *part = NULL;
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.first = 3}, &rest, &part), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize(part, part), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize(rest, part), MIXUP_OK);
    /* 1, hole, 4: filled with 2.5; mean 2.5, variance (2.25 + 0 + 2.25) / 3 */
    assert_true(part->preprocess->filled[0] == 2.5 && rest->preprocess->filled[0] == 2.5);
    assert_true(part->preprocess->mean[0] == 2.5);
    assert_true(fabs(part->preprocess->deviation[0] - sqrt(1.5)) < 1e-15);
    reading got;
    read_set(rest, &got);
    assert_true(got.inputs[0] == 0.0f);
    assert_true(fabs((double)got.inputs[2] - 97.5 / sqrt(1.5)) < 1e-5); /* float rounding of 79.6 */
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
}

static void a_part_without_any_value_of_a_column_cannot_fill_it(void **state) {
    (void)state;
    mixup_dataset *set = load_csv("a,b\n,1\n,2\n3,4\n", MIXUP_MISSING_MEDIAN);
    mixup_dataset *rest = NULL, *part = NULL;
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.first = 2}, &rest, &part), MIXUP_OK);
    assert_failed(mixup_dataset_standardize(part, part), MIXUP_ERROR_DATA, "column 'a': has no value");
    assert_null(part->preprocess->mean);
    assert_true(part->preprocess->filled[0] == 3.0);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
}

static void sets_with_other_features_or_another_scale_are_refused(void **state) {
    (void)state;
    mixup_dataset *two = make(values, 8, 2, 0);
    mixup_dataset *four = make(values, 4, 4, 0);
    mixup_dataset *scaled = make(values, 8, 2, 255);
    assert_failed(mixup_dataset_standardize(two, four), MIXUP_ERROR_SHAPE, "2 here but 4");
    assert_failed(mixup_dataset_standardize(two, scaled), MIXUP_ERROR_ARGUMENT, "scale 1 here but 255");
    mixup_dataset *ab = load_csv("a,b\n1,2\n", MIXUP_MISSING_REFUSE);
    mixup_dataset *ba = load_csv("b,a\n1,2\n", MIXUP_MISSING_REFUSE);
    assert_failed(mixup_dataset_standardize(ab, ba), MIXUP_ERROR_DATA, "input column 1 is 'a' here but 'b'");
    assert_failed(mixup_dataset_standardize(ab, NULL), MIXUP_ERROR_ARGUMENT, "NULL");
    mixup_dataset_destroy(two);
    mixup_dataset_destroy(four);
    mixup_dataset_destroy(scaled);
    mixup_dataset_destroy(ab);
    mixup_dataset_destroy(ba);
}

static mixup_dataset *labelled(size_t class_count, double scale) {
    static const int32_t labels[8] = {0, 1, 0, 1, 0, 1, 0, 1};
    mixup_dataset *set = NULL;
    const mixup_arrays_desc desc = {.inputs = values,
                                    .count = 8,
                                    .shape = {2},
                                    .labels = labels,
                                    .class_count = class_count,
                                    .scale = scale};
    assert_int_equal(mixup_dataset_from_arrays(&set, &desc), MIXUP_OK);
    return set;
}

static void settings_of_a_saved_model_can_be_applied(void **state) {
    (void)state;
    mixup_dataset *train = labelled(3, 4);
    assert_int_equal(mixup_dataset_standardize(train, train), MIXUP_OK);
    mixup_dataset *set = labelled(2, 0);
    assert_int_equal(dataset_apply(set, train->preprocess), MIXUP_OK);
    reading expected, got;
    read_set(train, &expected);
    read_set(set, &got);
    assert_int_equal(got.info.class_count, 3);
    assert_floats(got.inputs, expected.inputs, 16);
    assert_floats(got.targets, expected.targets, 24);
    mixup_dataset *many = labelled(4, 0);
    assert_failed(dataset_apply(many, train->preprocess), MIXUP_ERROR_DATA, "4 classes here but 3");
    mixup_dataset *other = make(values, 4, 4, 0);
    assert_failed(dataset_apply(other, train->preprocess), MIXUP_ERROR_SHAPE, "4 here but 2");
    mixup_dataset_destroy(train);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(many);
    mixup_dataset_destroy(other);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_dataset *learn = user;
    mixup_dataset *set = NULL;
    mixup_status status = mixup_dataset_from_arrays(
        &set, &(mixup_arrays_desc){.inputs = values, .count = 8, .shape = {2}, .allocator = allocator});
    if (status == MIXUP_OK)
        status = mixup_dataset_standardize(set, learn);
    if (status == MIXUP_OK)
        status = dataset_apply(set, learn->preprocess);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    mixup_dataset *learn = make(values, 8, 2, 0);
    fail_every_allocation(run, learn);
    assert_int_equal(mixup_dataset_standardize(learn, learn), MIXUP_OK);
    fail_every_allocation(run, learn);
    mixup_dataset_destroy(learn);
}

static void values_of_a_program_are_prepared_as_those_of_a_set(void **state) {
    (void)state;
    static const char csv[] = "a,b,y\n1,10,x\n,20,z\n3,40,x\n8,,z\n";
    float rows[8] = {1, 10, NAN, 20, 3, 40, 8, NAN};
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "my.csv");
    write_bytes(path, csv, sizeof csv - 1);
    const mixup_csv_desc desc = {.path = path, .label = "y", .missing = MIXUP_MISSING_MEDIAN};
    mixup_dataset *set = NULL;
    reading got;
    assert_int_equal(mixup_dataset_from_csv(&set, &desc), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    read_set(set, &got);
    assert_int_equal(mixup_preprocess_inputs(mixup_dataset_preprocess(set), 4, rows), MIXUP_OK);
    assert_floats(rows, got.inputs, 8);
    assert_int_equal(mixup_preprocess_inputs(NULL, 4, rows), MIXUP_OK);
    assert_floats(rows, got.inputs, 8);
    rows[3] = INFINITY;
    assert_failed(mixup_preprocess_inputs(set->preprocess, 4, rows), MIXUP_ERROR_NOT_FINITE,
                  "sample 1 (from 0): column 'b' is not finite");
    mixup_dataset_destroy(set);
    set = make(values, 8, 2, 4);
    float scaled[2] = {2, 7};
    assert_int_equal(mixup_preprocess_inputs(set->preprocess, 1, scaled), MIXUP_OK);
    assert_floats(scaled, (const float[]){0.5f, 1.75f}, 2);
    scaled[1] = NAN;
    assert_failed(mixup_preprocess_inputs(set->preprocess, 1, scaled), MIXUP_ERROR_NOT_FINITE, "is missing");
    assert_true(scaled[0] == 0.5f); /* as it was */
    mixup_dataset_destroy(set);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_get_mean_zero_and_deviation_one),
        cmocka_unit_test(statistics_are_those_of_the_scaled_values),
        cmocka_unit_test(a_set_follows_the_part_it_learns_from_in_either_order),
        cmocka_unit_test(statistics_that_the_set_learned_elsewhere_are_passed_on),
        cmocka_unit_test(only_the_samples_of_a_part_count_and_parts_keep_their_own_statistics),
        cmocka_unit_test(a_large_offset_does_not_spoil_the_deviation),
        cmocka_unit_test(missing_cells_are_filled_again_with_what_the_part_has),
        cmocka_unit_test(a_part_without_any_value_of_a_column_cannot_fill_it),
        cmocka_unit_test(sets_with_other_features_or_another_scale_are_refused),
        cmocka_unit_test(settings_of_a_saved_model_can_be_applied),
        cmocka_unit_test(every_failed_allocation_is_survived),
        cmocka_unit_test(values_of_a_program_are_prepared_as_those_of_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
