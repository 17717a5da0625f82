/* Whether stored samples are still the same. */
#include "data/reading.h"

enum { COUNT = 6, FEATURES = 2 };

static const float inputs[COUNT * FEATURES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const int32_t labels[COUNT] = {0, 1, 2, 0, 1, 2};
static const float targets[COUNT] = {1, 2, 3, 4, 5, 6};

static const mixup_arrays_desc with_labels = {
    .inputs = inputs, .count = COUNT, .shape = {FEATURES}, .labels = labels, .class_count = 3};
static const mixup_arrays_desc with_targets = {
    .inputs = inputs, .count = COUNT, .shape = {FEATURES}, .targets = targets, .target_count = 1};

static uint64_t fingerprint_of(const mixup_arrays_desc *desc) {
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_arrays(&set, desc), MIXUP_OK);
    const uint64_t fingerprint = dataset_fingerprint(set, 0);
    mixup_dataset_destroy(set);
    return fingerprint;
}

static void equal_samples_have_one_fingerprint(void **state) {
    (void)state;
    float copy[COUNT * FEATURES];
    memcpy(copy, inputs, sizeof copy);
    mixup_arrays_desc same = with_labels;
    same.inputs = copy;
    same.borrow = true;
    assert_true(fingerprint_of(&same) == fingerprint_of(&with_labels));
}

static void any_change_of_a_sample_changes_it(void **state) {
    (void)state;
    const uint64_t labelled = fingerprint_of(&with_labels), regression = fingerprint_of(&with_targets);
    assert_true(labelled != regression);
    for (size_t i = 0; i < (size_t)COUNT * FEATURES; i++) {
        float changed[COUNT * FEATURES];
        memcpy(changed, inputs, sizeof changed);
        changed[i] += 0.5f;
        mixup_arrays_desc desc = with_labels;
        desc.inputs = changed;
        assert_true(fingerprint_of(&desc) != labelled);
    }
    for (size_t i = 0; i < COUNT; i++) {
        int32_t other[COUNT];
        float moved[COUNT];
        memcpy(other, labels, sizeof other);
        memcpy(moved, targets, sizeof moved);
        other[i] = (other[i] + 1) % 3;
        moved[i] = -moved[i];
        mixup_arrays_desc desc = with_labels;
        desc.labels = other;
        assert_true(fingerprint_of(&desc) != labelled);
        desc = with_targets;
        desc.targets = moved;
        assert_true(fingerprint_of(&desc) != regression);
    }
    mixup_arrays_desc shorter = with_labels;
    shorter.count = COUNT - 1;
    assert_true(fingerprint_of(&shorter) != labelled);
}

static void parts_of_a_set_have_their_own(void **state) {
    (void)state;
    mixup_dataset *set = NULL, *rest = NULL, *part = NULL, *rest2 = NULL, *part2 = NULL;
    assert_int_equal(mixup_dataset_from_arrays(&set, &with_labels), MIXUP_OK);
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.first = 3}, &rest, &part), MIXUP_OK);
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.last = 3}, &rest2, &part2), MIXUP_OK);
    assert_true(dataset_fingerprint(part, 0) != dataset_fingerprint(rest, 0));
    assert_true(dataset_fingerprint(part, 0) != dataset_fingerprint(set, 0));
    assert_true(dataset_fingerprint(part, 0) == dataset_fingerprint(rest2, 0)); /* the same samples */
    assert_true(dataset_fingerprint(rest, 0) == dataset_fingerprint(part2, 0));
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
    mixup_dataset_destroy(rest2);
    mixup_dataset_destroy(part2);
}

static uint64_t add(uint64_t hash, const void *data, size_t size) {
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

/* Its bytes, the lowest first. */
static uint64_t add_number(uint64_t hash, uint64_t number) {
    for (size_t i = 0; i < sizeof number; i++)
        hash = (hash ^ (number >> 8 * i & 255)) * UINT64_C(1099511628211);
    return hash;
}

/* By the definition, one byte after the other: the numbers stand in the records of runs, so that no way of
 * computing them may change any. */
static uint64_t fnv_1a_of(const unsigned char *rows, const int32_t *classes, uint64_t count, uint64_t width) {
    const uint64_t basis = UINT64_C(14695981039346656037);
    const uint64_t head[] = {count, width, 3, (uint64_t)MIXUP_UINT8, 1};
    uint64_t hash = basis;
    for (size_t i = 0; i < MIXUP_COUNT(head); i++)
        hash = add_number(hash, head[i]);
    for (size_t i = 0; i < count; i++) {
        const uint64_t row = add(basis, rows + i * width, width);
        hash = add_number(hash, row);
        hash = add(hash, &classes[i], sizeof classes[i]);
    }
    return hash;
}

static void expect_fnv_1a(size_t count, size_t width) {
    unsigned char *rows = malloc(count * width);
    int32_t *classes = malloc(count * sizeof *classes);
    assert_true(rows != NULL && classes != NULL);
    for (size_t i = 0; i < count * width; i++)
        rows[i] = (unsigned char)(i * 37 + i / 7 + i / 1000);
    for (size_t i = 0; i < count; i++)
        classes[i] = (int32_t)(i % 3);
    assert_true(fingerprint_of(&(mixup_arrays_desc){.inputs = rows,
                                                    .type = MIXUP_UINT8,
                                                    .count = count,
                                                    .shape = {width},
                                                    .labels = classes,
                                                    .class_count = 3}) ==
                fnv_1a_of(rows, classes, count, width));
    free(classes);
    free(rows);
}

static void it_is_the_fnv_1a_of_the_samples_for_any_number_of_them(void **state) {
    (void)state;
    for (size_t count = 1; count <= 11; count++)
        expect_fnv_1a(count, 13);
    expect_fnv_1a(9001, 150); /* by several threads */
    expect_fnv_1a(3, 700001);
}

static mixup_status never_read(void *user, const size_t *indices, size_t count, float *rows, float *columns) {
    (void)user, (void)indices, (void)count, (void)rows, (void)columns;
    fail_msg("the callback was called");
    return MIXUP_ERROR_CALLBACK;
}

static void callback_data_are_known_by_their_number_alone(void **state) {
    (void)state;
    mixup_callback_desc desc = {.count = 5, .shape = {2}, .target_count = 1, .read = never_read};
    mixup_dataset *five = NULL, *six = NULL;
    assert_int_equal(mixup_dataset_from_callback(&five, &desc), MIXUP_OK);
    desc.count = 6;
    assert_int_equal(mixup_dataset_from_callback(&six, &desc), MIXUP_OK);
    assert_true(dataset_fingerprint(five, 0) != dataset_fingerprint(six, 0));
    mixup_dataset_destroy(five);
    mixup_dataset_destroy(six);
}

static uint64_t preprocess_of(const mixup_arrays_desc *desc, bool standardize) {
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_arrays(&set, desc), MIXUP_OK);
    if (standardize)
        assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    const uint64_t fingerprint = preprocess_fingerprint(set->preprocess);
    mixup_dataset_destroy(set);
    return fingerprint;
}

static void what_is_done_to_the_samples_has_one_too(void **state) {
    (void)state;
    mixup_arrays_desc scaled = with_labels, other = with_labels;
    float changed[COUNT * FEATURES];
    memcpy(changed, inputs, sizeof changed);
    changed[0] += 0.5f;
    scaled.scale = 3;
    other.inputs = changed;
    assert_true(preprocess_of(&with_labels, false) == preprocess_of(&other, false));
    assert_true(preprocess_of(&with_labels, false) != preprocess_of(&scaled, false));
    assert_true(preprocess_of(&with_labels, false) != preprocess_of(&with_labels, true));
    assert_true(preprocess_of(&with_labels, true) == preprocess_of(&with_labels, true));
    assert_true(preprocess_of(&with_labels, true) != preprocess_of(&other, true));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_samples_have_one_fingerprint),
        cmocka_unit_test(any_change_of_a_sample_changes_it),
        cmocka_unit_test(parts_of_a_set_have_their_own),
        cmocka_unit_test(it_is_the_fnv_1a_of_the_samples_for_any_number_of_them),
        cmocka_unit_test(callback_data_are_known_by_their_number_alone),
        cmocka_unit_test(what_is_done_to_the_samples_has_one_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
