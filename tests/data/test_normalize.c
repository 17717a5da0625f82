/* Mean and deviation per channel: learned, given, stored and followed. */
#include "data/reading.h"

#define TEN "tests/fixtures/images/cifar10.bin"

static mixup_dataset *make(const float *values, size_t count, const size_t *sizes, size_t rank,
                           const mixup_allocator *allocator) {
    mixup_dataset *set = NULL;
    mixup_arrays_desc desc = {.inputs = values, .count = count, .allocator = allocator};
    memcpy(desc.shape, sizes, rank * sizeof *sizes);
    if (mixup_dataset_from_arrays(&set, &desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

/* Two samples of two channels of 1 x 2. Channel 0: 2, 4, 4, 6: mean 4, variance 2. Channel 1: constant. */
static const float values[8] = {2, 4, 7, 7, 4, 6, 7, 7};
static const size_t sizes[] = {2, 1, 2};

static void channels_get_mean_zero_and_deviation_one_over_pixels_and_samples(void **state) {
    (void)state;
    mixup_dataset *set = make(values, 2, sizes, 3, NULL);
    assert_int_equal(mixup_dataset_normalize(set, set), MIXUP_OK);
    assert_int_equal(set->preprocess->statistics, 2);
    assert_true(set->preprocess->mean[0] == 4.0 && set->preprocess->mean[1] == 7.0);
    assert_true(set->preprocess->deviation[0] == sqrt(2.0) && set->preprocess->deviation[1] == 1.0);
    const float low = (float)(-2.0 / sqrt(2.0));
    reading got;
    read_set(set, &got);
    assert_floats(got.inputs, (const float[]){low, 0, 0, 0, 0, -low, 0, 0}, 8);
    mixup_dataset_destroy(set);
}

/* numpy: d = bytes / 255; d.mean((0, 2, 3)), d.std((0, 2, 3)). The sums there are in another order: 2048
 * values below 1 round to a few units of 1e-16. */
static void statistics_of_images_are_those_of_numpy(void **state) {
    (void)state;
    const double mean[] = {0x1.0000000000000p-1, 0x1.2dedededededep-1, 0x1.3bfbfbfbfbfc0p-1};
    const double deviation[] = {0x1.b14db3ffc7948p-3, 0x1.c4c432e2c2445p-3, 0x1.0e3a58fd5e5b6p-2};
    mixup_dataset *set = NULL;
    const mixup_cifar_desc desc = {.files = (const char *const[]){TEN}, .file_count = 1, .scale = 255};
    assert_int_equal(mixup_dataset_from_cifar(&set, &desc), MIXUP_OK);
    assert_int_equal(mixup_dataset_normalize(set, set), MIXUP_OK);
    for (size_t c = 0; c < 3; c++) {
        assert_true(fabs(set->preprocess->mean[c] - mean[c]) < 1e-14);
        assert_true(fabs(set->preprocess->deviation[c] - deviation[c]) < 1e-14);
    }
    mixup_dataset_destroy(set);
}

static void an_image_without_channels_has_one(void **state) {
    (void)state;
    mixup_dataset *set = make(values, 2, (const size_t[]){2, 2}, 2, NULL);
    assert_int_equal(mixup_dataset_normalize(set, set), MIXUP_OK);
    assert_int_equal(set->preprocess->statistics, 1);
    assert_true(set->preprocess->mean[0] == 5.5); /* of 2 4 7 7 4 6 7 7 */
    assert_true(fabs(set->preprocess->deviation[0] - sqrt(26.0 / 8.0)) < 1e-15);
    mixup_dataset_destroy(set);
}

static void given_statistics_are_used_as_they_are_and_replace_others(void **state) {
    (void)state;
    mixup_dataset *set = make(values, 2, sizes, 3, NULL);
    assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    assert_int_equal(mixup_dataset_normalize_by(set, (const double[]){1, 3}, (const double[]){0.5, 4}, 2),
                     MIXUP_OK);
    reading got;
    read_set(set, &got);
    assert_floats(got.inputs, (const float[]){2, 6, 1, 1, 6, 10, 1, 1}, 8);
    mixup_dataset_destroy(set);
}

static void other_sets_follow_the_part_that_was_learned_from(void **state) {
    (void)state;
    mixup_dataset *train = make(values, 2, sizes, 3, NULL);
    mixup_dataset *middle = make((const float[]){100, 100, 100, 100}, 1, sizes, 3, NULL);
    mixup_dataset *last = make((const float[]){4, 4, 8, 9}, 1, sizes, 3, NULL);
    assert_int_equal(mixup_dataset_normalize(middle, train), MIXUP_OK);
    assert_int_equal(mixup_dataset_normalize(last, middle), MIXUP_OK);
    reading got;
    read_set(last, &got);
    assert_floats(got.inputs, (const float[]){0, 0, 1, 2}, 4);
    mixup_dataset_destroy(train);
    mixup_dataset_destroy(middle);
    mixup_dataset_destroy(last);
}

/* As a saved model's preprocess comes back and is put on what is to be predicted. */
static void a_stored_preprocess_normalises_new_images(void **state) {
    (void)state;
    const mixup_allocator allocator = memory_allocator(NULL);
    mixup_dataset *train = make(values, 2, sizes, 3, NULL);
    assert_int_equal(mixup_dataset_normalize(train, train), MIXUP_OK);
    text json;
    text_init(&json, &allocator);
    assert_int_equal(preprocess_to_json(train->preprocess, &json), MIXUP_OK);
    mixup_preprocess *stored = NULL;
    assert_int_equal(preprocess_from_json(json.data, &allocator, &stored), MIXUP_OK);
    mixup_dataset *set = make(values, 2, sizes, 3, NULL);
    assert_int_equal(dataset_apply(set, stored), MIXUP_OK);
    reading expected, got;
    read_set(train, &expected);
    read_set(set, &got);
    assert_true(got.inputs[0] != values[0]);
    assert_floats(got.inputs, expected.inputs, 8);
    text_clear(&json);
    preprocess_destroy(stored);
    mixup_dataset_destroy(train);
    mixup_dataset_destroy(set);
}

static void lists_of_another_length_are_not_read(void **state) {
    (void)state;
    const mixup_allocator allocator = memory_allocator(NULL);
    static const char *const lists[] = {"[1.0]", "[1.0,2.0,3.0]", "[]"};
    for (size_t i = 0; i < MIXUP_COUNT(lists); i++) {
        char json[600];
        snprintf(
            json, sizeof json,
            "{\"version\":1,\"source\":\"arrays\",\"shape\":[2,1,2],\"scale\":1.0,\"missing\":\"refuse\","
            "\"filled\":null,\"mean\":%s,\"deviation\":%s,\"classes\":[],\"features\":[],\"targets\":[],"
            "\"ignored\":[],\"label\":null,\"separator\":\",\",\"no_header\":false}",
            lists[i], lists[i]);
        mixup_preprocess *read = NULL;
        assert_failed(preprocess_from_json(json, &allocator, &read), MIXUP_ERROR_FORMAT,
                      "'mean' must be null or a list of one number for each feature (or channel");
    }
}

static void wrong_shapes_numbers_and_kinds_are_refused(void **state) {
    (void)state;
    mixup_dataset *flat = make(values, 2, (const size_t[]){4}, 1, NULL);
    mixup_dataset *set = make(values, 2, sizes, 3, NULL);
    mixup_dataset *other = make(values, 2, sizes, 3, NULL);
    mixup_dataset *wide = make(values, 1, (const size_t[]){2, 2, 2}, 3, NULL);
    const double two[2] = {1, 2}, zero[2] = {1, 0}, infinite[2] = {1, (double)INFINITY};
    assert_failed(mixup_dataset_normalize(flat, flat), MIXUP_ERROR_SHAPE, "the inputs are 4; channels");
    assert_failed(mixup_dataset_normalize(set, wide), MIXUP_ERROR_SHAPE, "2x1x2 here but 2x2x2");
    assert_failed(mixup_dataset_normalize(set, NULL), MIXUP_ERROR_ARGUMENT, "NULL");
    assert_failed(mixup_dataset_normalize_by(flat, two, two, 2), MIXUP_ERROR_SHAPE, "channels");
    assert_failed(mixup_dataset_normalize_by(set, two, two, 1), MIXUP_ERROR_ARGUMENT,
                  "1 means and deviations for 2 channels");
    assert_failed(mixup_dataset_normalize_by(set, two, zero, 2), MIXUP_ERROR_ARGUMENT,
                  "channel 1 (from 0) has mean 2 and deviation 0");
    assert_failed(mixup_dataset_normalize_by(set, infinite, two, 2), MIXUP_ERROR_ARGUMENT, "mean inf");
    assert_failed(mixup_dataset_normalize_by(set, NULL, two, 2), MIXUP_ERROR_ARGUMENT, "NULL");
    assert_null(set->preprocess->mean);
    assert_int_equal(mixup_dataset_standardize(other, other), MIXUP_OK);
    assert_failed(mixup_dataset_normalize(set, other), MIXUP_ERROR_ARGUMENT, "has 4 already");
    assert_int_equal(mixup_dataset_normalize_by(other, two, two, 2), MIXUP_OK);
    assert_failed(mixup_dataset_standardize(set, other), MIXUP_ERROR_ARGUMENT, "has 2 already");
    mixup_dataset_destroy(flat);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(other);
    mixup_dataset_destroy(wide);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_dataset *learn = user;
    mixup_dataset *set = NULL, *rest = NULL, *part = NULL;
    mixup_arrays_desc desc = {.inputs = values, .count = 2, .shape = {2, 1, 2}, .allocator = allocator};
    mixup_status status = mixup_dataset_from_arrays(&set, &desc);
    if (status == MIXUP_OK)
        status = mixup_dataset_normalize(set, learn);
    if (status == MIXUP_OK)
        status = mixup_dataset_normalize_by(set, (const double[]){1, 2}, (const double[]){3, 4}, 2);
    if (status == MIXUP_OK)
        status = mixup_dataset_split(set, &(mixup_split_desc){.first = 1}, &rest, &part);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    mixup_dataset *learn = make(values, 2, sizes, 3, NULL);
    fail_every_allocation(run, learn);
    assert_int_equal(mixup_dataset_normalize(learn, learn), MIXUP_OK);
    fail_every_allocation(run, learn);
    mixup_dataset_destroy(learn);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_get_mean_zero_and_deviation_one_over_pixels_and_samples),
        cmocka_unit_test(statistics_of_images_are_those_of_numpy),
        cmocka_unit_test(an_image_without_channels_has_one),
        cmocka_unit_test(given_statistics_are_used_as_they_are_and_replace_others),
        cmocka_unit_test(other_sets_follow_the_part_that_was_learned_from),
        cmocka_unit_test(a_stored_preprocess_normalises_new_images),
        cmocka_unit_test(lists_of_another_length_are_not_read),
        cmocka_unit_test(wrong_shapes_numbers_and_kinds_are_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
