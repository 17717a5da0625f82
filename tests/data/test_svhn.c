/* SVHN's files as data sets. */
#include "data/reading.h"

#define FILES(...)                                                                                           \
    .files = (const char *const[]){__VA_ARGS__},                                                             \
    .file_count = MIXUP_COUNT(((const char *const[]){__VA_ARGS__}))
#define FIXTURE(name) "tests/fixtures/mat/" name ".mat"

/* Pixel (y, x) of a channel of image i, as tests/fixtures/make_mat_fixtures.py writes them. */
static float pixel(size_t i, size_t channel, size_t y, size_t x) {
    return (float)((50 * i + 20 * channel + 5 * y + x) % 256);
}

static void assert_images(const reading *in, float scale) {
    const float *at = in->inputs;
    for (size_t i = 0; i < in->info.count; i++)
        for (size_t channel = 0; channel < 3; channel++)
            for (size_t y = 0; y < in->info.shape[1]; y++)
                for (size_t x = 0; x < in->info.shape[2]; x++)
                    assert_true(*at++ == pixel(i, channel, y, x) / scale);
}

static void images_are_turned_and_ten_is_the_digit_zero(void **state) {
    (void)state;
    static const char *const paths[] = {FIXTURE("plain"), FIXTURE("packed")};
    for (size_t i = 0; i < 2; i++) {
        static reading in;
        mixup_dataset *set = NULL;
        const mixup_svhn_desc desc = {FILES(paths[i]), .scale = 255};
        assert_int_equal(mixup_dataset_from_svhn(&set, &desc), MIXUP_OK);
        read_set(set, &in);
        assert_int_equal(in.info.count, 3);
        assert_memory_equal(in.info.shape, ((const size_t[MIXUP_MAX_RANK]){3, 4, 2}), sizeof in.info.shape);
        assert_images(&in, 255.0f);
        assert_memory_equal(in.labels, ((const int32_t[]){1, 0, 9}), 3 * sizeof(int32_t));
        assert_int_equal(in.info.class_count, 10);
        assert_string_equal(in.info.class_names[0], "0");
        assert_true(in.targets[10] == 1.0f && in.targets[19] == 0.0f);
        assert_int_equal(set->storage->type, MIXUP_UINT8);
        mixup_dataset_destroy(set);
    }
}

static void several_files_are_joined_in_order(void **state) {
    (void)state;
    static reading in;
    mixup_dataset *set = NULL;
    const mixup_svhn_desc desc = {FILES(FIXTURE("packed"), FIXTURE("extra"))};
    assert_int_equal(mixup_dataset_from_svhn(&set, &desc), MIXUP_OK);
    read_set(set, &in);
    assert_int_equal(in.info.count, 5);
    assert_images(&in, 1.0f);
    assert_memory_equal(in.labels, ((const int32_t[]){1, 0, 9, 7, 2}), 5 * sizeof(int32_t));
    mixup_dataset_destroy(set);
}

static void a_single_image_lacks_the_fourth_size(void **state) {
    (void)state;
    static reading in;
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_svhn(&set, &(mixup_svhn_desc){FILES(FIXTURE("single"))}), MIXUP_OK);
    read_set(set, &in);
    assert_int_equal(in.info.count, 1);
    assert_images(&in, 1.0f);
    assert_int_equal(in.labels[0], 5);
    mixup_dataset_destroy(set);
}

static void refuse(const mixup_svhn_desc *desc, mixup_status status, const char *part) {
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_svhn(&set, desc), status, part);
    assert_null(set);
}

static void files_that_are_not_svhn_are_refused(void **state) {
    (void)state;
    refuse(&(mixup_svhn_desc){0}, MIXUP_ERROR_ARGUMENT, "files: an SVHN data set needs at least one");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("plain"), NULL)}, MIXUP_ERROR_ARGUMENT, "files[1]: is NULL");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("absent"))}, MIXUP_ERROR_IO, "absent.mat: cannot open");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("no_labels"))}, MIXUP_ERROR_NOT_FOUND, "no variable y");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("few_labels"))}, MIXUP_ERROR_DATA, "y has size 2x1 for 3 images");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("zero_label"))}, MIXUP_ERROR_DATA,
           "label of image 1 (from 0) is 0;");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("part_label"))}, MIXUP_ERROR_DATA, "is 2.5; SVHN's are 1 to 10");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("floats"))}, MIXUP_ERROR_DATA, "X is float64 of size 4x2x3x2");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("grey"))}, MIXUP_ERROR_DATA, "X is uint8 of size 4x2x2;");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("plain"), FIXTURE("other_size"))}, MIXUP_ERROR_SHAPE,
           "its images are 2 x 4 (height x width), those of tests/fixtures/mat/plain.mat 4 x 2");
    refuse(&(mixup_svhn_desc){FILES(FIXTURE("plain")), .scale = -1}, MIXUP_ERROR_ARGUMENT, "scale");
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    (void)user;
    mixup_dataset *set = NULL;
    const mixup_svhn_desc desc = {FILES(FIXTURE("plain"), FIXTURE("extra")), .allocator = allocator};
    const mixup_status status = mixup_dataset_from_svhn(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    assert_true(fail_every_allocation(run, NULL) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_turned_and_ten_is_the_digit_zero),
        cmocka_unit_test(several_files_are_joined_in_order),
        cmocka_unit_test(a_single_image_lacks_the_fourth_size),
        cmocka_unit_test(files_that_are_not_svhn_are_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
