/* Mean and deviation of targets that are numbers, and the way back. */
#include "data/reading.h"

/* Column 0: mean 5, population deviation 2. Column 1: constant. */
static const float targets[16] = {2, 7, 4, 7, 4, 7, 4, 7, 5, 7, 5, 7, 7, 7, 9, 7};
static const float standardised[16] = {-1.5f, 0, -0.5f, 0, -0.5f, 0, -0.5f, 0, 0, 0, 0, 0, 1, 0, 2, 0};
static const float inputs[8] = {0, 1, 2, 3, 4, 5, 6, 7};

static mixup_dataset *make(size_t count, size_t columns, const mixup_allocator *allocator) {
    mixup_dataset *set = NULL;
    const mixup_arrays_desc desc = {.inputs = inputs,
                                    .count = count,
                                    .shape = {1},
                                    .targets = columns > 0 ? targets : NULL,
                                    .target_count = columns,
                                    .allocator = allocator};
    return mixup_dataset_from_arrays(&set, &desc) == MIXUP_OK ? set : NULL;
}

static void columns_get_mean_zero_and_deviation_one_and_inputs_stay(void **state) {
    (void)state;
    mixup_dataset *set = make(8, 2, NULL);
    reading got;
    assert_int_equal(mixup_dataset_standardize_targets(set, set), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize_targets(set, set), MIXUP_OK); /* once is enough */
    read_set(set, &got);
    assert_floats(got.targets, standardised, 16);
    assert_floats(got.inputs, inputs, 8);
    mixup_preprocess_restore_targets(mixup_dataset_preprocess(set), 8, got.targets);
    assert_floats(got.targets, targets, 16);
    mixup_preprocess_restore_targets(NULL, 8, got.targets);
    assert_floats(got.targets, targets, 16);
    mixup_dataset_destroy(set);
}

static void a_part_follows_what_the_other_learned(void **state) {
    (void)state;
    mixup_dataset *all = make(8, 2, NULL);
    mixup_dataset *few = make(2, 2, NULL);
    mixup_dataset *bare = make(2, 0, NULL);
    mixup_dataset *part = NULL;
    mixup_dataset *rest = NULL;
    reading got;
    assert_int_equal(mixup_dataset_standardize_targets(few, all), MIXUP_OK);
    read_set(few, &got);
    assert_floats(got.targets, standardised, 4);
    assert_int_equal(mixup_dataset_split(few, &(mixup_split_desc){.last = 1}, &rest, &part), MIXUP_OK);
    read_set(part, &got);
    assert_floats(got.targets, standardised + 2, 2);
    assert_true(preprocess_fingerprint(few->preprocess) != preprocess_fingerprint(all->preprocess));
    assert_int_equal(dataset_apply(all, part->preprocess), MIXUP_OK); /* as a model's data */
    read_set(all, &got);
    assert_floats(got.targets, standardised, 16);
    assert_int_equal(dataset_apply(bare, part->preprocess), MIXUP_OK);
    assert_int_equal(bare->preprocess->target_statistics, 2);
    mixup_dataset_destroy(bare);
    mixup_dataset_destroy(part);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(few);
    mixup_dataset_destroy(all);
}

static mixup_status read_samples(void *user, const size_t *indices, size_t count, float *rows,
                                 float *wanted) {
    (void)user;
    for (size_t i = 0; i < count; i++) {
        rows[i] = inputs[indices[i]];
        wanted[2 * i] = targets[2 * indices[i]];
        wanted[2 * i + 1] = targets[2 * indices[i] + 1];
    }
    return MIXUP_OK;
}

static void targets_of_a_callback_are_standardised_too(void **state) {
    (void)state;
    mixup_dataset *set = NULL;
    const mixup_callback_desc desc = {.count = 8, .shape = {1}, .target_count = 2, .read = read_samples};
    reading got;
    assert_int_equal(mixup_dataset_from_callback(&set, &desc), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize_targets(set, set), MIXUP_OK);
    read_set(set, &got);
    assert_floats(got.targets, standardised, 16);
    mixup_dataset_destroy(set);
}

static void what_has_no_mean_is_refused(void **state) {
    (void)state;
    static const int32_t labels[8] = {0, 1, 0, 1, 0, 1, 0, 1};
    mixup_dataset *set = make(8, 2, NULL);
    mixup_dataset *narrow = make(8, 1, NULL);
    mixup_dataset *bare = make(8, 0, NULL);
    mixup_dataset *classes = NULL;
    assert_int_equal(mixup_dataset_from_arrays(
                         &classes,
                         &(mixup_arrays_desc){.inputs = inputs, .count = 8, .shape = {1}, .labels = labels}),
                     MIXUP_OK);
    assert_failed(mixup_dataset_standardize_targets(set, NULL), MIXUP_ERROR_ARGUMENT, "NULL");
    assert_failed(mixup_dataset_standardize_targets(classes, classes), MIXUP_ERROR_ARGUMENT, "are classes");
    assert_failed(mixup_dataset_standardize_targets(bare, set), MIXUP_ERROR_ARGUMENT, "no targets");
    assert_failed(mixup_dataset_standardize_targets(set, bare), MIXUP_ERROR_ARGUMENT, "no targets");
    assert_failed(mixup_dataset_standardize_targets(set, narrow), MIXUP_ERROR_SHAPE, "2 columns here but 1");
    assert_int_equal(mixup_dataset_standardize_targets(narrow, narrow), MIXUP_OK);
    assert_failed(dataset_apply(set, narrow->preprocess), MIXUP_ERROR_DATA,
                  "2 columns of targets here but 1");
    assert_null(set->preprocess->target_mean);
    mixup_dataset_destroy(classes);
    mixup_dataset_destroy(bare);
    mixup_dataset_destroy(narrow);
    mixup_dataset_destroy(set);
}

static mixup_status standardize_once(const mixup_allocator *allocator, void *user) {
    (void)user;
    mixup_dataset *set = make(8, 2, allocator);
    if (set == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status = mixup_dataset_standardize_targets(set, set);
    assert_true((set->preprocess->target_mean != NULL) == (status == MIXUP_OK));
    mixup_dataset_destroy(set);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(fail_every_allocation(standardize_once, NULL) > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_get_mean_zero_and_deviation_one_and_inputs_stay),
        cmocka_unit_test(a_part_follows_what_the_other_learned),
        cmocka_unit_test(targets_of_a_callback_are_standardised_too),
        cmocka_unit_test(what_has_no_mean_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
