/* Data sets from arrays in memory: conversion, targets, borrowing, what is refused. */
#include "data/reading.h"

static const uint8_t bytes[6] = {0, 51, 102, 153, 204, 255};
static const float reals[6] = {0.5f, -1, 2, 3, 4, 5};
static const int32_t labels[3] = {2, 0, 2};

static mixup_dataset *make(const mixup_arrays_desc *desc) {
    mixup_dataset *set = NULL;
    if (mixup_dataset_from_arrays(&set, desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

static void refuse(const mixup_arrays_desc *desc, mixup_status status, const char *part) {
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_arrays(&set, desc), status, part);
    assert_null(set);
}

static void bytes_are_divided_by_the_scale(void **state) {
    (void)state;
    mixup_dataset *set = make(&(mixup_arrays_desc){
        .inputs = bytes, .type = MIXUP_UINT8, .count = 3, .shape = {2}, .scale = 255, .labels = labels});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 3);
    assert_int_equal(got.info.shape[0], 2);
    assert_int_equal(got.info.shape[1], 0);
    const float expected[6] = {0.0f, 51.0f / 255.0f, 102.0f / 255.0f, 153.0f / 255.0f, 204.0f / 255.0f, 1.0f};
    assert_floats(got.inputs, expected, 6);
    mixup_dataset_destroy(set);
}

static void labels_become_one_hot_rows_of_the_largest_label_and_one(void **state) {
    (void)state;
    mixup_dataset *set =
        make(&(mixup_arrays_desc){.inputs = reals, .count = 3, .shape = {1, 2}, .labels = labels});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.class_count, 3);
    assert_int_equal(got.info.target_count, 3);
    assert_names(got.info.class_names, (const char *const[]){"0", "1", "2"}, 3);
    assert_null(got.info.target_names);
    assert_floats(got.inputs, reals, 6);
    assert_floats(got.targets, (const float[]){0, 0, 1, 1, 0, 0, 0, 0, 1}, 9);
    assert_memory_equal(got.labels, labels, sizeof labels);
    int32_t read[3];
    assert_int_equal(mixup_dataset_labels(set, read), MIXUP_OK);
    assert_memory_equal(read, labels, sizeof labels);
    mixup_dataset_destroy(set);
}

static void class_count_and_names_are_taken_over(void **state) {
    (void)state;
    char first[] = "cat";
    const char *const names[4] = {first, "dog", "owl", "yak"};
    mixup_dataset *set = make(&(mixup_arrays_desc){
        .inputs = reals, .count = 3, .shape = {2}, .labels = labels, .class_count = 4, .class_names = names});
    first[0] = 'r';
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    assert_int_equal(info.class_count, 4);
    assert_names(info.class_names, (const char *const[]){"cat", "dog", "owl", "yak"}, 4);
    mixup_dataset_destroy(set);
}

static void float_targets_come_back_and_labels_are_minus_one(void **state) {
    (void)state;
    mixup_dataset *set = make(
        &(mixup_arrays_desc){.inputs = reals, .count = 3, .shape = {2}, .targets = reals, .target_count = 2});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.class_count, 0);
    assert_int_equal(got.info.target_count, 2);
    assert_null(got.info.target_names);
    assert_floats(got.targets, reals, 6);
    assert_int_equal(got.labels[0], -1);
    mixup_dataset_destroy(set);
}

static void a_set_without_targets_has_zero_target_columns(void **state) {
    (void)state;
    mixup_dataset *set = make(&(mixup_arrays_desc){.inputs = reals, .count = 6, .shape = {1}});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.target_count, 0);
    assert_int_equal(got.labels[5], -1);
    mixup_dataset_destroy(set);
}

static void samples_come_in_the_order_asked_for(void **state) {
    (void)state;
    mixup_dataset *set = make(&(mixup_arrays_desc){.inputs = reals, .count = 3, .shape = {2}});
    float inputs[6];
    const size_t indices[3] = {2, 0, 2};
    assert_int_equal(mixup_dataset_read(set, indices, 3, inputs, NULL), MIXUP_OK);
    assert_floats(inputs, (const float[]){4, 5, 0.5f, -1, 4, 5}, 6);
    assert_int_equal(mixup_dataset_read(set, NULL, 0, NULL, NULL), MIXUP_OK);
    const size_t beyond[2] = {0, 3};
    assert_failed(mixup_dataset_read(set, beyond, 2, inputs, NULL), MIXUP_ERROR_ARGUMENT,
                  "indices[1]: sample 3 does not exist, the data set has 3");
    mixup_dataset_destroy(set);
}

static void copies_stay_and_borrowed_arrays_show_through(void **state) {
    (void)state;
    for (int borrow = 0; borrow < 2; borrow++) {
        float values[2] = {1, 2};
        int32_t classes[2] = {0, 1};
        mixup_dataset *set = make(&(mixup_arrays_desc){
            .inputs = values, .count = 2, .shape = {1}, .labels = classes, .borrow = borrow == 1});
        values[0] = 7;
        classes[0] = 1;
        reading got;
        read_set(set, &got);
        assert_floats(got.inputs, (const float[]){borrow ? 7.0f : 1.0f, 2}, 2);
        assert_int_equal(got.labels[0], borrow);
        mixup_dataset_destroy(set);
    }
}

static void every_type_is_converted(void **state) {
    (void)state;
    const int64_t longs[2] = {-3000000000, 4};
    const int32_t ints[2] = {-70000, 4};
    const int16_t shorts[2] = {-300, 4};
    const uint16_t words[2] = {65535, 4};
    const int8_t chars[2] = {-3, 4};
    const double doubles[2] = {0.1, 4};
    const uint16_t halves[2] = {0x3C00, 0xC000}; /* 1 and -2 */
    const bool flags[2] = {true, false};
    const struct {
        mixup_type type;
        const void *data;
        float expected[2];
    } cases[] = {
        {MIXUP_INT64, longs, {-3000000000.0f / 3, 4.0f / 3}},
        {MIXUP_INT32, ints, {-70000.0f / 3, 4.0f / 3}},
        {MIXUP_INT16, shorts, {-100, 4.0f / 3}},
        {MIXUP_UINT16, words, {21845, 4.0f / 3}},
        {MIXUP_INT8, chars, {-1, 4.0f / 3}},
        {MIXUP_FLOAT64, doubles, {(float)(0.1 / 3), 4.0f / 3}},
        {MIXUP_FLOAT16, halves, {1.0f / 3, -2.0f / 3}},
        {MIXUP_BOOL, flags, {1.0f / 3, 0}},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        mixup_dataset *set = make(&(mixup_arrays_desc){
            .inputs = cases[i].data, .type = cases[i].type, .count = 2, .shape = {1}, .scale = 3});
        reading got;
        read_set(set, &got);
        assert_floats(got.inputs, cases[i].expected, 2);
        mixup_dataset_destroy(set);
    }
}

static void a_scale_that_is_no_float_divides_in_double(void **state) {
    (void)state;
    const double scale = 1.0 + 0x1p-24; /* as a float it would be 1 */
    mixup_dataset *set =
        make(&(mixup_arrays_desc){.inputs = reals, .count = 6, .shape = {1}, .scale = scale});
    reading got;
    read_set(set, &got);
    for (size_t i = 0; i < 6; i++)
        assert_true(got.inputs[i] == (float)((double)reals[i] / scale));
    mixup_dataset_destroy(set);
}

static void values_that_are_not_finite_are_refused_with_their_place(void **state) {
    (void)state;
    float values[6] = {0, 1, 2, 3, NAN, 5};
    refuse(&(mixup_arrays_desc){.inputs = values, .count = 3, .shape = {2}}, MIXUP_ERROR_NOT_FINITE,
           "inputs: sample 2, feature 0");
    values[4] = INFINITY;
    refuse(
        &(mixup_arrays_desc){.inputs = reals, .count = 3, .shape = {2}, .targets = values, .target_count = 2},
        MIXUP_ERROR_NOT_FINITE, "targets: sample 2, target 0");
    const double large[1] = {1e39};
    refuse(&(mixup_arrays_desc){.inputs = large, .type = MIXUP_FLOAT64, .count = 1, .shape = {1}},
           MIXUP_ERROR_DATA, "too large for single precision");
    const int64_t integer[1] = {INT64_MAX};
    refuse(
        &(mixup_arrays_desc){
            .inputs = integer, .type = MIXUP_INT64, .count = 1, .shape = {1}, .scale = 1e-30},
        MIXUP_ERROR_DATA, "too large for single precision");
}

static void labels_out_of_range_are_refused(void **state) {
    (void)state;
    const int32_t negative[3] = {0, -1, 1};
    const int32_t huge[3] = {0, 1, INT32_MAX};
    mixup_arrays_desc desc = {.inputs = reals, .count = 3, .shape = {2}, .labels = negative};
    refuse(&desc, MIXUP_ERROR_DATA, "label of sample 1 (from 0) is -1");
    desc.labels = huge;
    refuse(&desc, MIXUP_ERROR_DATA, "label of sample 2 (from 0) is 2147483647");
    desc.labels = labels;
    desc.class_count = 2;
    refuse(&desc, MIXUP_ERROR_DATA, "sample 0 (from 0) is 2, but with class_count 2 the largest is 1");
}

static void contradictory_descriptions_are_refused(void **state) {
    (void)state;
    const char *const names[2] = {"a", "b"};
    const char *const bad_names[3] = {"a", "b", "\xff"};
    const mixup_arrays_desc good = {.inputs = reals, .count = 3, .shape = {2}, .labels = labels};
    mixup_arrays_desc desc = good;
    desc.targets = reals;
    desc.target_count = 2;
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "not both");
    desc = good;
    desc.class_names = names;
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "give class_count too");
    desc.class_names = bad_names;
    desc.class_count = 3;
    refuse(&desc, MIXUP_ERROR_DATA, "class name 2 (from 0)");
    desc = good;
    desc.labels = NULL;
    desc.class_count = 3;
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "are for labels");
    desc.class_count = 0;
    desc.target_count = 1;
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "both or neither");
    desc = good;
    desc.count = 0;
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "at least one sample");
    desc = good;
    desc.shape[0] = 0;
    refuse(&desc, MIXUP_ERROR_SHAPE, "shape is empty");
    desc = good;
    desc.scale = -1;
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "scale");
    desc.scale = NAN;
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "scale");
    desc = good;
    desc.type = MIXUP_TYPE_COUNT;
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "no element type");
    desc = good;
    desc.count = SIZE_MAX / 2;
    desc.shape[0] = 3;
    refuse(&desc, MIXUP_ERROR_MEMORY, "do not fit");
    assert_failed(mixup_dataset_from_arrays(NULL, &good), MIXUP_ERROR_ARGUMENT, "NULL");
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_arrays_desc desc = *(const mixup_arrays_desc *)user;
    desc.allocator = allocator;
    mixup_dataset *set = NULL;
    const mixup_status status = mixup_dataset_from_arrays(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    mixup_arrays_desc desc = {.inputs = reals, .count = 3, .shape = {2}, .labels = labels};
    assert_true(fail_every_allocation(run, &desc) >= 6);
    desc.borrow = true;
    fail_every_allocation(run, &desc);
    desc =
        (mixup_arrays_desc){.inputs = reals, .count = 3, .shape = {2}, .targets = reals, .target_count = 2};
    fail_every_allocation(run, &desc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_divided_by_the_scale),
        cmocka_unit_test(labels_become_one_hot_rows_of_the_largest_label_and_one),
        cmocka_unit_test(class_count_and_names_are_taken_over),
        cmocka_unit_test(float_targets_come_back_and_labels_are_minus_one),
        cmocka_unit_test(a_set_without_targets_has_zero_target_columns),
        cmocka_unit_test(samples_come_in_the_order_asked_for),
        cmocka_unit_test(copies_stay_and_borrowed_arrays_show_through),
        cmocka_unit_test(every_type_is_converted),
        cmocka_unit_test(a_scale_that_is_no_float_divides_in_double),
        cmocka_unit_test(values_that_are_not_finite_are_refused_with_their_place),
        cmocka_unit_test(labels_out_of_range_are_refused),
        cmocka_unit_test(contradictory_descriptions_are_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
