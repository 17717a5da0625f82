/* CIFAR folders and files as data sets. */
#include "data/reading.h"

#include "base/file.h"

#define TEN     "tests/fixtures/images/cifar10.bin"
#define HUNDRED "tests/fixtures/images/cifar100.bin"
#define ONE     "tests/fixtures/images/cifar10.png" /* record 0 of TEN */
#define IMAGES                                                                                               \
    "tests/fixtures/images/cifar_images.tar.gz" /* record 0 of TEN for training, record 1 for testing */

static const char ten_names[] = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

static void copy(const char *from, temporary_folder *folder, const char *name) {
    size_t size = 0;
    char *data = read_bytes(from, &size);
    write_bytes(temporary_file(folder, name), data, size);
    free(data);
}

/* A folder as published, with two images a file. */
static void make_ten(temporary_folder *folder) {
    temporary_folder_make(folder);
    for (int i = 1; i <= 5; i++) {
        char name[40];
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        copy(TEN, folder, name);
    }
    copy(TEN, folder, "test_batch.bin");
    write_bytes(temporary_file(folder, "batches.meta.txt"), ten_names, sizeof ten_names - 1);
}

static void a_published_folder_is_a_data_set_of_bytes(void **state) {
    (void)state;
    temporary_folder folder;
    make_ten(&folder);
    mixup_dataset *set = NULL;
    mixup_cifar_desc desc = {.folder = folder.path, .scale = 255};
    assert_int_equal(mixup_dataset_from_cifar(&set, &desc), MIXUP_OK);
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    assert_int_equal(info.count, 10);
    assert_memory_equal(info.shape, ((const size_t[MIXUP_MAX_RANK]){3, 32, 32}), sizeof info.shape);
    assert_int_equal(info.class_count, 10);
    assert_string_equal(info.class_names[3], "cat");
    assert_int_equal(set->storage->type, MIXUP_UINT8);
    float inputs[3072];
    float targets[10];
    int32_t label = 0;
    assert_int_equal(dataset_gather(set, (const size_t[]){7}, 1, inputs, targets, &label), MIXUP_OK);
    assert_int_equal(label, 9);
    assert_true(targets[9] == 1.0f && targets[3] == 0.0f);
    assert_true(inputs[1024 + 32 + 1] == (float)(7 + 31 + 3 + 5) / 255.0f); /* green, row 1, column 1 */
    mixup_dataset_destroy(set);
    desc.part = MIXUP_CIFAR_TEST;
    assert_int_equal(mixup_dataset_from_cifar(&set, &desc), MIXUP_OK);
    mixup_dataset_describe(set, &info);
    assert_int_equal(info.count, 2);
    mixup_dataset_destroy(set);
    temporary_folder_remove(&folder);
}

static void a_list_of_files_gives_their_images_in_order(void **state) {
    (void)state;
    mixup_dataset *set = NULL;
    const char *const files[] = {HUNDRED, HUNDRED};
    mixup_cifar_desc desc = {.files = files, .file_count = 2, .hundred = true};
    mixup_dataset_info info;
    int32_t labels[2];
    assert_int_equal(mixup_dataset_from_cifar(&set, &desc), MIXUP_OK);
    mixup_dataset_describe(set, &info);
    assert_int_equal(info.class_count, 100);
    assert_string_equal(info.class_names[99], "99"); /* no file of names */
    assert_int_equal(mixup_dataset_labels(set, labels), MIXUP_OK);
    assert_int_equal(labels[1], 99);
    mixup_dataset_destroy(set);
    desc.labels = MIXUP_CIFAR_COARSE;
    assert_int_equal(mixup_dataset_from_cifar(&set, &desc), MIXUP_OK);
    mixup_dataset_describe(set, &info);
    assert_int_equal(info.class_count, 20);
    assert_int_equal(mixup_dataset_labels(set, labels), MIXUP_OK);
    assert_int_equal(labels[0], 19);
    mixup_dataset_destroy(set);
}

/* One sample as the network sees it. */
static void read_sample(const mixup_cifar_desc *desc, size_t index, float inputs[3072], int32_t *label) {
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_cifar(&set, desc), MIXUP_OK);
    assert_int_equal(dataset_gather(set, &index, 1, inputs, NULL, label), MIXUP_OK);
    mixup_dataset_destroy(set);
}

/* Two image files in as many folders of classes as are asked for. */
static void make_image_folder(temporary_folder *folder, int classes) {
    temporary_folder_make(folder);
    for (int i = 0; i < classes; i++) {
        char name[40];
        snprintf(name, sizeof name, "train/class%d", i);
        assert_int_equal(file_make_folder(temporary_file(folder, name)), MIXUP_OK);
        snprintf(name, sizeof name, "train/class%d/a.png", i);
        copy(ONE, folder, name);
    }
}

static void images_by_class_read_like_the_binary_files(void **state) {
    (void)state;
    temporary_folder archive;
    temporary_folder folder;
    temporary_folder_make(&archive);
    copy(IMAGES, &archive, "images.tar");
    make_image_folder(&folder, 10);
    const char *const files[] = {TEN};
    float expected[3072];
    float actual[3072];
    int32_t label = 0;
    for (size_t part = 0; part < 2; part++) {
        read_sample(&(mixup_cifar_desc){.files = files, .file_count = 1, .scale = 255}, part, expected,
                    &label);
        read_sample(&(mixup_cifar_desc){.folder = archive.path, .part = (mixup_cifar_part)part, .scale = 255},
                    6, actual, &label);
        assert_floats(actual, expected, 3072);
        assert_int_equal(label, 6);
    }
    read_sample(&(mixup_cifar_desc){.folder = folder.path}, 9, actual, &label);
    assert_true(actual[33] == 8.0f); /* record 0, red, row 1, column 1 */
    assert_int_equal(label, 9);
    temporary_folder_remove(&archive);
    temporary_folder_remove(&folder);
}

static void refuse(const mixup_cifar_desc *desc, mixup_status status, const char *part) {
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_cifar(&set, desc), status, part);
    assert_null(set);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    temporary_folder folder;
    make_ten(&folder);
    const char *const files[] = {TEN, NULL};
    refuse(&(mixup_cifar_desc){0}, MIXUP_ERROR_ARGUMENT, "exactly one of them");
    refuse(&(mixup_cifar_desc){.folder = folder.path, .files = files, .file_count = 1}, MIXUP_ERROR_ARGUMENT,
           "exactly one of them");
    refuse(&(mixup_cifar_desc){.files = files, .file_count = 2}, MIXUP_ERROR_ARGUMENT, "files[1]");
    refuse(&(mixup_cifar_desc){.files = files, .file_count = 1, .labels = MIXUP_CIFAR_COARSE},
           MIXUP_ERROR_ARGUMENT, "CIFAR-10 has no coarse labels");
    refuse(&(mixup_cifar_desc){.folder = "tests/fixtures/images"}, MIXUP_ERROR_NOT_FOUND, "holds neither");
    write_bytes(temporary_file(&folder, "batches.meta.txt"), ten_names, 20);
    refuse(&(mixup_cifar_desc){.folder = folder.path}, MIXUP_ERROR_FORMAT, "names of the 10 classes");
    unlink(temporary_file(&folder, "data_batch_4.bin"));
    refuse(&(mixup_cifar_desc){.folder = folder.path}, MIXUP_ERROR_IO, "data_batch_4.bin");
    copy(HUNDRED, &folder, "train.bin");
    refuse(&(mixup_cifar_desc){.folder = folder.path}, MIXUP_ERROR_DATA, "holds both");
    temporary_folder_remove(&folder);
}

static void images_that_are_not_cifar_are_refused(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder other;
    make_image_folder(&folder, 9);
    mixup_cifar_desc desc = {.folder = folder.path};
    refuse(&desc, MIXUP_ERROR_DATA, "train holds the folders of 9 classes; CIFAR-10 has 10, CIFAR-100 100");
    desc.part = MIXUP_CIFAR_TEST;
    refuse(&desc, MIXUP_ERROR_NOT_FOUND, "nor images.tar or a folder test");
    temporary_folder_remove(&folder);
    make_image_folder(&other, 10);
    desc = (mixup_cifar_desc){.folder = other.path, .labels = MIXUP_CIFAR_COARSE};
    refuse(&desc, MIXUP_ERROR_ARGUMENT, "images by class have no coarse labels");
    desc.labels = MIXUP_CIFAR_FINE;
    copy("tests/fixtures/images/tree.tar", &other, "images.tar");
    refuse(&desc, MIXUP_ERROR_SHAPE, "images.tar: the images in train are 3x4x4, and CIFAR's are 3x32x32");
    copy("tests/fixtures/images/cifar10.bin", &other, "data_batch_1.bin"); /* binary files go first */
    refuse(&desc, MIXUP_ERROR_IO, "data_batch_2.bin");
    temporary_folder_remove(&other);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_dataset *set = NULL;
    const mixup_cifar_desc desc = {.folder = user, .allocator = allocator};
    const mixup_status status = mixup_dataset_from_cifar(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    temporary_folder folder;
    make_ten(&folder);
    assert_true(fail_every_allocation(run, folder.path) > 20);
    temporary_folder_remove(&folder);
    temporary_folder_make(&folder);
    copy(IMAGES, &folder, "images.tar");
    assert_true(fail_every_allocation(run, folder.path) > 20);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_folder_is_a_data_set_of_bytes),
        cmocka_unit_test(a_list_of_files_gives_their_images_in_order),
        cmocka_unit_test(images_by_class_read_like_the_binary_files),
        cmocka_unit_test(images_that_are_not_cifar_are_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
