/* IDX and NPY files as data sets. */
#include "data/reading.h"

#include "format/idx.h"
#include "format/npy.h"

typedef mixup_status (*array_writer)(const char *path, const array *in, const mixup_allocator *allocator);

/* Paths in a folder of the test's own. */
typedef struct files {
    temporary_folder folder;
    char inputs[320];
    char labels[320];
} files;

static void files_make(files *out) {
    temporary_folder_make(&out->folder);
    snprintf(out->inputs, sizeof out->inputs, "%s", temporary_file(&out->folder, "inputs"));
    snprintf(out->labels, sizeof out->labels, "%s", temporary_file(&out->folder, "labels"));
}

static void write_array(array_writer write, const char *path, mixup_type type, const void *data,
                        shape sizes) {
    const mixup_allocator allocator = memory_allocator(NULL);
    const array in = {.type = type, .shape = sizes, .data = (void *)(uintptr_t)data};
    assert_int_equal(write(path, &in, &allocator), MIXUP_OK);
}

static const uint8_t pixels[12] = {0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static const shape three_images = {.rank = 3, .sizes = {3, 2, 2}};
static const shape three = {.rank = 1, .sizes = {3}};

static void idx_bytes_and_labels_become_samples(void **state) {
    (void)state;
    files in;
    files_make(&in);
    write_array(idx_write, in.inputs, MIXUP_UINT8, pixels, three_images);
    write_array(idx_write, in.labels, MIXUP_UINT8, (const uint8_t[]){1, 0, 3}, three);
    mixup_dataset *set = NULL;
    const mixup_idx_desc desc = {.images = in.inputs, .labels = in.labels, .scale = 255};
    assert_int_equal(mixup_dataset_from_idx(&set, &desc), MIXUP_OK);
    assert_int_equal(set->storage->type, MIXUP_UINT8); /* stays bytes */
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 3);
    assert_int_equal(got.info.shape[0], 2);
    assert_int_equal(got.info.shape[1], 2);
    assert_int_equal(got.info.shape[2], 0);
    assert_int_equal(got.info.class_count, 4);
    for (size_t i = 0; i < 12; i++)
        assert_true(got.inputs[i] == (float)pixels[i] / 255.0f);
    assert_memory_equal(got.labels, ((const int32_t[]){1, 0, 3}), 12);
    mixup_dataset_destroy(set);
    temporary_folder_remove(&in.folder);
}

static void refuse_idx(const mixup_idx_desc *desc, mixup_status status, const char *part) {
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_idx(&set, desc), status, part);
    assert_null(set);
}

static void idx_labels_that_do_not_fit_are_refused(void **state) {
    (void)state;
    files in;
    files_make(&in);
    mixup_idx_desc desc = {.images = in.inputs, .labels = in.labels};
    write_array(idx_write, in.inputs, MIXUP_UINT8, pixels, three_images);
    write_array(idx_write, in.labels, MIXUP_UINT8, pixels, (shape){.rank = 1, .sizes = {4}});
    refuse_idx(&desc, MIXUP_ERROR_DATA, "4 labels for the 3 samples");
    write_array(idx_write, in.labels, MIXUP_FLOAT32, (const float[]){0, 1, 2}, three);
    refuse_idx(&desc, MIXUP_ERROR_DATA, "must be integers, these are float32");
    write_array(idx_write, in.labels, MIXUP_INT32, (const int32_t[]){0, 1, -2}, three);
    refuse_idx(&desc, MIXUP_ERROR_DATA, "label of sample 2 (from 0) is -2");
    write_array(idx_write, in.labels, MIXUP_UINT8, pixels, (shape){.rank = 2, .sizes = {3, 2}});
    refuse_idx(&desc, MIXUP_ERROR_SHAPE, "not of shape 3x2");
    write_array(idx_write, in.labels, MIXUP_UINT8, (const uint8_t[]){0, 9, 1}, three);
    desc.class_count = 9;
    refuse_idx(&desc, MIXUP_ERROR_DATA, "sample 1 (from 0) is 9, but with class_count 9");
    desc.class_count = 0;
    desc.class_names = (const char *const[]){"a"};
    refuse_idx(&desc, MIXUP_ERROR_ARGUMENT, "give class_count too");
    desc.labels = NULL;
    refuse_idx(&desc, MIXUP_ERROR_ARGUMENT, "are for labels");
    desc.images = "/tmp/mixup-no-such-file";
    desc.class_names = NULL;
    refuse_idx(&desc, MIXUP_ERROR_IO, "mixup-no-such-file");
    desc.images = NULL;
    refuse_idx(&desc, MIXUP_ERROR_ARGUMENT, "images");
    temporary_folder_remove(&in.folder);
}

static void idx_images_alone_have_no_targets(void **state) {
    (void)state;
    files in;
    files_make(&in);
    write_array(idx_write, in.inputs, MIXUP_UINT8, pixels, (shape){.rank = 1, .sizes = {12}});
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_idx(&set, &(mixup_idx_desc){.images = in.inputs}), MIXUP_OK);
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 12);
    assert_int_equal(got.info.shape[0], 1);
    assert_int_equal(got.info.target_count, 0);
    assert_true(got.inputs[1] == 255.0f);
    mixup_dataset_destroy(set);
    temporary_folder_remove(&in.folder);
}

static void npy_labels_and_targets_are_read(void **state) {
    (void)state;
    files in;
    files_make(&in);
    const double values[6] = {0.1, 1, 2, 3, 4, 5};
    const shape matrix = {.rank = 2, .sizes = {3, 2}};
    reading got;
    mixup_dataset *set = NULL;
    write_array(npy_write, in.inputs, MIXUP_FLOAT64, values, matrix);
    write_array(npy_write, in.labels, MIXUP_INT64, (const int64_t[]){2, 1, 0}, three);
    assert_int_equal(
        mixup_dataset_from_npy(&set, &(mixup_npy_desc){.inputs = in.inputs, .labels = in.labels, .scale = 2}),
        MIXUP_OK);
    read_set(set, &got);
    assert_int_equal(got.info.class_count, 3);
    assert_floats(got.inputs, (const float[]){0.05f, 0.5f, 1, 1.5f, 2, 2.5f}, 6);
    assert_memory_equal(got.labels, ((const int32_t[]){2, 1, 0}), 12);
    mixup_dataset_destroy(set);
    const mixup_npy_desc desc = {.inputs = in.inputs, .targets = in.labels};
    write_array(npy_write, in.labels, MIXUP_FLOAT64, values, matrix);
    assert_int_equal(mixup_dataset_from_npy(&set, &desc), MIXUP_OK);
    read_set(set, &got);
    assert_int_equal(got.info.target_count, 2);
    assert_floats(got.targets, (const float[]){0.1f, 1, 2, 3, 4, 5}, 6);
    mixup_dataset_destroy(set);
    write_array(npy_write, in.labels, MIXUP_FLOAT32, (const float[]){7, 8, 9}, three);
    assert_int_equal(mixup_dataset_from_npy(&set, &desc), MIXUP_OK);
    read_set(set, &got);
    assert_int_equal(got.info.target_count, 1);
    assert_floats(got.targets, (const float[]){7, 8, 9}, 3);
    mixup_dataset_destroy(set);
    temporary_folder_remove(&in.folder);
}

static void npy_values_that_do_not_fit_are_refused(void **state) {
    (void)state;
    files in;
    files_make(&in);
    mixup_dataset *set = NULL;
    const float values[3] = {1, NAN, 3};
    mixup_npy_desc desc = {.inputs = in.inputs};
    write_array(npy_write, in.inputs, MIXUP_FLOAT32, values, three);
    assert_failed(mixup_dataset_from_npy(&set, &desc), MIXUP_ERROR_NOT_FINITE, "sample 1, feature 0");
    write_array(npy_write, in.inputs, MIXUP_INT64, (const int64_t[]){1, 2, 3}, three);
    desc.targets = in.labels;
    write_array(npy_write, in.labels, MIXUP_FLOAT32, values, three);
    assert_failed(mixup_dataset_from_npy(&set, &desc), MIXUP_ERROR_NOT_FINITE, "sample 1, target 0");
    write_array(npy_write, in.labels, MIXUP_FLOAT32, values, (shape){.rank = 3, .sizes = {1, 1, 3}});
    assert_failed(mixup_dataset_from_npy(&set, &desc), MIXUP_ERROR_SHAPE, "not 1x1x3");
    write_array(npy_write, in.labels, MIXUP_FLOAT32, values, (shape){.rank = 2, .sizes = {1, 3}});
    assert_failed(mixup_dataset_from_npy(&set, &desc), MIXUP_ERROR_DATA, "1 targets for the 3 samples");
    desc.labels = in.labels;
    assert_failed(mixup_dataset_from_npy(&set, &desc), MIXUP_ERROR_ARGUMENT, "not both");
    desc.targets = NULL;
    write_array(npy_write, in.labels, MIXUP_INT64, (const int64_t[]){0, 1, INT64_MAX}, three);
    assert_failed(mixup_dataset_from_npy(&set, &desc), MIXUP_ERROR_DATA, "label of sample 2");
    assert_null(set);
    temporary_folder_remove(&in.folder);
}

static mixup_status run_idx(const mixup_allocator *allocator, void *user) {
    const files *in = user;
    mixup_dataset *set = NULL;
    const mixup_idx_desc desc = {.images = in->inputs, .labels = in->labels, .allocator = allocator};
    const mixup_status status = mixup_dataset_from_idx(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static mixup_status run_npy(const mixup_allocator *allocator, void *user) {
    const files *in = user;
    mixup_dataset *set = NULL;
    const mixup_npy_desc desc = {.inputs = in->inputs, .targets = in->labels, .allocator = allocator};
    const mixup_status status = mixup_dataset_from_npy(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    files in;
    files_make(&in);
    write_array(idx_write, in.inputs, MIXUP_UINT8, pixels, three_images);
    write_array(idx_write, in.labels, MIXUP_UINT8, (const uint8_t[]){1, 0, 3}, three);
    fail_every_allocation(run_idx, &in);
    write_array(npy_write, in.inputs, MIXUP_UINT8, pixels, three_images);
    write_array(npy_write, in.labels, MIXUP_UINT8, pixels, three);
    fail_every_allocation(run_npy, &in);
    temporary_folder_remove(&in.folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_bytes_and_labels_become_samples),
        cmocka_unit_test(idx_labels_that_do_not_fit_are_refused),
        cmocka_unit_test(idx_images_alone_have_no_targets),
        cmocka_unit_test(npy_labels_and_targets_are_read),
        cmocka_unit_test(npy_values_that_do_not_fit_are_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
