/* Parts of data sets: which samples, in which order, of which class, and whose memory. */
#include "data/reading.h"

enum { COUNT = 100 };

/* Sample i has input i; 70 samples of class 0, 20 of class 1, 10 of class 2, scattered. */
static mixup_dataset *numbered(const mixup_allocator *allocator) {
    float values[COUNT];
    int32_t labels[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const int place = i * 37 % COUNT;
        values[i] = (float)i;
        labels[i] = place < 70 ? 0 : place < 90 ? 1 : 2;
    }
    mixup_dataset *set = NULL;
    const mixup_arrays_desc desc = {
        .inputs = values, .count = COUNT, .shape = {1}, .labels = labels, .allocator = allocator};
    return mixup_dataset_from_arrays(&set, &desc) == MIXUP_OK ? set : NULL;
}

/* Both parts, whose samples must be in the old order and together all of them. */
static void split(const mixup_dataset *set, const mixup_split_desc *desc, reading *rest, reading *part) {
    mixup_dataset *rest_set = NULL;
    mixup_dataset *part_set = NULL;
    if (mixup_dataset_split(set, desc, &rest_set, &part_set) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    read_set(rest_set, rest);
    read_set(part_set, part);
    mixup_dataset_destroy(rest_set);
    mixup_dataset_destroy(part_set);
    bool seen[COUNT] = {false};
    const reading *readings[2] = {rest, part};
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 0; i < readings[r]->info.count; i++) {
            assert_true(i == 0 || readings[r]->inputs[i] > readings[r]->inputs[i - 1]);
            assert_false(seen[(size_t)readings[r]->inputs[i]]);
            seen[(size_t)readings[r]->inputs[i]] = true;
        }
    assert_int_equal(rest->info.count + part->info.count, set->count);
}

static size_t count_class(const reading *in, int32_t label) {
    size_t count = 0;
    for (size_t i = 0; i < in->info.count; i++)
        count += in->labels[i] == label;
    return count;
}

static void first_and_last_cut_the_ends(void **state) {
    (void)state;
    mixup_dataset *set = numbered(NULL);
    reading rest, part;
    split(set, &(mixup_split_desc){.first = 30}, &rest, &part);
    assert_int_equal(part.info.count, 30);
    assert_true(part.inputs[0] == 0.0f && part.inputs[29] == 29.0f && rest.inputs[0] == 30.0f);
    split(set, &(mixup_split_desc){.last = 1}, &rest, &part);
    assert_int_equal(part.info.count, 1);
    assert_true(part.inputs[0] == 99.0f && rest.inputs[98] == 98.0f);
    mixup_dataset_destroy(set);
}

static void count_and_fraction_draw_by_the_seed(void **state) {
    (void)state;
    mixup_dataset *set = numbered(NULL);
    reading rest, one, same, other;
    split(set, &(mixup_split_desc){.count = 25, .seed = 1}, &rest, &one);
    split(set, &(mixup_split_desc){.fraction = 0.254, .seed = 1}, &rest, &same);
    split(set, &(mixup_split_desc){.count = 25, .seed = 2}, &rest, &other);
    assert_int_equal(one.info.count, 25);
    assert_int_equal(same.info.count, 25);
    assert_memory_equal(one.inputs, same.inputs, 25 * sizeof(float));
    assert_memory_not_equal(one.inputs, other.inputs, 25 * sizeof(float));
    assert_true(one.inputs[24] > 25.0f); /* not just the first */
    mixup_dataset_destroy(set);
}

static void stratified_parts_have_every_class_in_its_share(void **state) {
    (void)state;
    mixup_dataset *set = numbered(NULL);
    reading rest, part;
    for (size_t count = 1; count < COUNT; count++) {
        split(set, &(mixup_split_desc){.count = count, .stratified = true, .seed = count}, &rest, &part);
        assert_int_equal(part.info.count, count);
        const double shares[3] = {0.7, 0.2, 0.1};
        for (int32_t label = 0; label < 3; label++)
            assert_true(fabs((double)count_class(&part, label) - shares[label] * (double)count) < 1.0);
    }
    mixup_dataset_destroy(set);
}

static void largest_remainders_get_the_left_over_samples(void **state) {
    (void)state;
    mixup_dataset *set = numbered(NULL);
    reading rest, part;
    /* 13 of 100: 9.1, 2.6, 1.3 -> 9, 3, 1 */
    split(set, &(mixup_split_desc){.count = 13, .stratified = true}, &rest, &part);
    assert_int_equal(count_class(&part, 0), 9);
    assert_int_equal(count_class(&part, 1), 3);
    assert_int_equal(count_class(&part, 2), 1);
    /* 5 of 100: 3.5, 1.0, 0.5: the lower class first among equals */
    split(set, &(mixup_split_desc){.count = 5, .stratified = true}, &rest, &part);
    assert_int_equal(count_class(&part, 0), 4);
    assert_int_equal(count_class(&part, 1), 1);
    assert_int_equal(count_class(&part, 2), 0);
    mixup_dataset_destroy(set);
}

static void a_part_can_be_split_again_and_outlives_its_parent(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    mixup_dataset *set = numbered(&hooks);
    mixup_dataset *rest = NULL, *part = NULL, *left = NULL, *right = NULL;
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.last = 40}, &rest, &part), MIXUP_OK);
    mixup_dataset_destroy(set);
    assert_int_equal(mixup_dataset_split(part, &(mixup_split_desc){.first = 10}, &right, &left), MIXUP_OK);
    mixup_dataset_destroy(part);
    mixup_dataset_destroy(rest);
    reading got;
    read_set(left, &got);
    assert_int_equal(got.info.count, 10);
    assert_true(got.inputs[0] == 60.0f && got.inputs[9] == 69.0f);
    mixup_dataset_destroy(left);
    read_set(right, &got);
    assert_int_equal(got.info.count, 30);
    assert_true(got.inputs[0] == 70.0f);
    mixup_dataset_destroy(right);
    assert_int_equal(atomic_load(&memory.live), 0);
}

static void parts_share_the_samples(void **state) {
    (void)state;
    mixup_dataset *set = numbered(NULL);
    mixup_dataset *rest = NULL, *part = NULL;
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.count = 10}, &rest, &part), MIXUP_OK);
    assert_ptr_equal(rest->storage, set->storage);
    assert_ptr_equal(part->storage, set->storage);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
    mixup_dataset_destroy(set);
}

static void senseless_splits_are_refused(void **state) {
    (void)state;
    mixup_dataset *set = numbered(NULL);
    const struct {
        mixup_split_desc desc;
        mixup_status status;
        const char *part;
    } cases[] = {
        {{0}, MIXUP_ERROR_ARGUMENT, "0 of first, last, count and fraction are given"},
        {{.first = 1, .count = 1}, MIXUP_ERROR_ARGUMENT, "2 of first, last"},
        {{.first = 100}, MIXUP_ERROR_DATA, "100 of 100"},
        {{.last = 101}, MIXUP_ERROR_DATA, "leaves a part empty"},
        {{.fraction = 0.001}, MIXUP_ERROR_DATA, "0 of 100"},
        {{.fraction = 0.999}, MIXUP_ERROR_DATA, "100 of 100"},
        {{.fraction = 1.0}, MIXUP_ERROR_ARGUMENT, "between 0 and 1"},
        {{.fraction = -0.5}, MIXUP_ERROR_ARGUMENT, "between 0 and 1"},
        {{.fraction = NAN}, MIXUP_ERROR_ARGUMENT, "between 0 and 1"},
        {{.first = 10, .stratified = true}, MIXUP_ERROR_ARGUMENT, "goes with count or fraction"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        mixup_dataset *rest = NULL, *part = NULL;
        assert_failed(mixup_dataset_split(set, &cases[i].desc, &rest, &part), cases[i].status, cases[i].part);
        assert_null(rest);
        assert_null(part);
    }
    mixup_dataset_destroy(set);
}

static void stratified_without_labels_is_refused(void **state) {
    (void)state;
    const float values[4] = {0, 1, 2, 3};
    mixup_dataset *set = NULL, *rest = NULL, *part = NULL;
    assert_int_equal(
        mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = values, .count = 4, .shape = {1}}),
        MIXUP_OK);
    assert_failed(mixup_dataset_split(set, &(mixup_split_desc){.count = 2, .stratified = true}, &rest, &part),
                  MIXUP_ERROR_ARGUMENT, "needs labels");
    mixup_dataset_destroy(set);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_dataset *set = numbered(allocator);
    if (set == NULL)
        return MIXUP_ERROR_MEMORY;
    mixup_dataset *rest = NULL, *part = NULL;
    const mixup_status status = mixup_dataset_split(set, user, &rest, &part);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    mixup_split_desc desc = {.count = 10, .stratified = true};
    fail_every_allocation(run, &desc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_and_last_cut_the_ends),
        cmocka_unit_test(count_and_fraction_draw_by_the_seed),
        cmocka_unit_test(stratified_parts_have_every_class_in_its_share),
        cmocka_unit_test(largest_remainders_get_the_left_over_samples),
        cmocka_unit_test(a_part_can_be_split_again_and_outlives_its_parent),
        cmocka_unit_test(parts_share_the_samples),
        cmocka_unit_test(senseless_splits_are_refused),
        cmocka_unit_test(stratified_without_labels_is_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
