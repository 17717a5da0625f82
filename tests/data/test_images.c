/* Folders and archives of images as data sets. */
#include "data/reading.h"

#define TREE "tests/fixtures/images/tree.tar.zst" /* its images are 4 × 4, red as their number says */

static void an_archive_is_a_data_set_in_natural_order(void **state) {
    (void)state;
    mixup_dataset *set = NULL;
    mixup_dataset *test = NULL;
    reading got;
    mixup_images_desc desc = {.path = TREE, .part = "train", .scale = 2};
    assert_int_equal(mixup_dataset_from_images(&set, &desc), MIXUP_OK);
    read_set(set, &got);
    assert_int_equal(got.info.count, 3);
    assert_memory_equal(got.info.shape, ((const size_t[MIXUP_MAX_RANK]){3, 4, 4}), sizeof got.info.shape);
    assert_int_equal(set->storage->type, MIXUP_UINT8);
    assert_memory_equal(got.labels, ((const int32_t[]){0, 1, 1}), 12);
    assert_names(got.info.class_names, (const char *const[]){"cat", "dog"}, 2);
    assert_floats((const float[]){got.inputs[0], got.inputs[48], got.inputs[96], got.inputs[112]},
                  (const float[]){0.5f, 1.0f, 5.0f, 0.0f}, 4);
    /* The test part has cats alone, but the classes of the training part, and its size and scale. */
    desc = (mixup_images_desc){.path = TREE, .part = "test", .like = mixup_dataset_preprocess(set)};
    assert_int_equal(mixup_dataset_from_images(&test, &desc), MIXUP_OK);
    read_set(test, &got);
    assert_int_equal(got.info.count, 1);
    assert_int_equal(got.info.class_count, 2);
    assert_true(got.inputs[0] == 50.0f);
    mixup_dataset_destroy(test);
    mixup_dataset_destroy(set);
    desc = (mixup_images_desc){.path = TREE, .part = "train/dog", .size = {2, 3}, .grey = true};
    assert_int_equal(mixup_dataset_from_images(&set, &desc), MIXUP_OK);
    read_set(set, &got);
    assert_memory_equal(got.info.shape, ((const size_t[MIXUP_MAX_RANK]){1, 2, 3}), sizeof got.info.shape);
    assert_int_equal(got.info.class_count, 0); /* no folders below */
    assert_floats(got.inputs, (const float[]){1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3}, 12);
    mixup_dataset_destroy(set);
}

typedef struct folder_of_images {
    temporary_folder folder;
    char lines[400];
} folder_of_images;

static void on_line(const char *line, void *user) {
    folder_of_images *in = user;
    snprintf(in->lines + strlen(in->lines), sizeof in->lines - strlen(in->lines), "%.150s\n", line);
}

/* a/1.png 11 × 7, a/2.png damaged, b/3.png 11 × 7. */
static void make_folder(folder_of_images *out) {
    char command[600];
    *out = (folder_of_images){0};
    temporary_folder_make(&out->folder);
    snprintf(command, sizeof command,
             "cd tests/fixtures/images && mkdir %s/a %s/b && cp colour.png %s/a/1.png && cp grey.png "
             "%s/b/3.png && "
             "head -c 80 colour.png >%s/a/2.png",
             out->folder.path, out->folder.path, out->folder.path, out->folder.path, out->folder.path);
    assert_int_equal(system(command), 0);
}

static void remove_folder(folder_of_images *in) {
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", in->folder.path);
    assert_int_equal(system(command), 0);
}

static void a_damaged_image_is_named_or_left_out_and_counted(void **state) {
    (void)state;
    folder_of_images in;
    make_folder(&in);
    mixup_dataset *set = NULL;
    size_t skipped = 77;
    mixup_images_desc desc = {.path = in.folder.path, .skipped = &skipped, .log = {on_line, &in}};
    assert_failed(mixup_dataset_from_images(&set, &desc), MIXUP_ERROR_FORMAT, "a/2.png: a damaged PNG");
    assert_null(set);
    assert_int_equal(skipped, 77);
    desc.skip_damaged = true;
    assert_int_equal(mixup_dataset_from_images(&set, &desc), MIXUP_OK);
    assert_int_equal(skipped, 1);
    assert_non_null(strstr(in.lines, "a/2.png: left out: a damaged PNG"));
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 2);
    assert_memory_equal(got.labels, ((const int32_t[]){0, 1}), 8);
    assert_true(got.inputs[231] == got.inputs[231 + 77]); /* the grey one has three equal channels */
    mixup_dataset_destroy(set);
    remove_folder(&in);
}

static void refuse(const mixup_images_desc *desc, mixup_status status, const char *part) {
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_images(&set, desc), status, part);
    assert_null(set);
}

/* Every image is told, in the order of the samples, with what is wrong where it is none. */
static mixup_status note_image(void *user, const char *name, const char *problem) {
    folder_of_images *in = user;
    snprintf(in->lines + strlen(in->lines), sizeof in->lines - strlen(in->lines), "%s %.13s\n", name,
             problem != NULL ? problem : "is a sample");
    return strcmp(name, "b/stop.png") == 0 ? MIXUP_ERROR_DATA : MIXUP_OK;
}

static void every_image_is_told_and_what_cannot_be_opened_left_out_on_request(void **state) {
    (void)state;
    folder_of_images in;
    make_folder(&in);
    char command[300];
    snprintf(command, sizeof command, "ln -s nowhere %s/a/0.png", in.folder.path);
    assert_int_equal(system(command), 0);
    mixup_dataset *set = NULL;
    size_t skipped = 0;
    mixup_images_desc desc = {.path = in.folder.path,
                              .skip_damaged = true,
                              .skipped = &skipped,
                              .on_image = note_image,
                              .user = &in};
    refuse(&desc, MIXUP_ERROR_IO, "a/0.png: cannot open");
    desc.skip_unreadable = true;
    assert_string_equal(in.lines, "");
    for (desc.keep = MIXUP_KEEP_IN_MEMORY; desc.keep <= MIXUP_KEEP_ON_DISK; desc.keep++) {
        in.lines[0] = '\0';
        assert_int_equal(mixup_dataset_from_images(&set, &desc), MIXUP_OK);
        mixup_dataset_destroy(set);
        set = NULL;
        assert_int_equal(skipped, 2);
        assert_string_equal(in.lines, "a/0.png cannot open: \na/1.png is a sample\na/2.png a damaged PNG\n"
                                      "b/3.png is a sample\n");
    }
    desc.keep = MIXUP_KEEP_AUTO;
    snprintf(command, sizeof command, "mv %s/b/3.png %s/b/stop.png", in.folder.path, in.folder.path);
    assert_int_equal(system(command), 0);
    refuse(&desc, MIXUP_ERROR_CALLBACK, "on_image failed at b/stop.png");
    remove_folder(&in);
}

/* Who only predicts may mix images that lie in folders with others that do not. */
static void images_beside_folders_have_inputs_but_no_classes(void **state) {
    (void)state;
    folder_of_images in;
    make_folder(&in);
    char command[300];
    snprintf(command, sizeof command, "mv %s/a/1.png %s; rm %s/a/2.png", in.folder.path, in.folder.path,
             in.folder.path);
    assert_int_equal(system(command), 0);
    mixup_dataset *like = NULL;
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_images(&like, &(mixup_images_desc){.path = TREE, .part = "test"}),
                     MIXUP_OK);
    mixup_images_desc desc = {.path = in.folder.path, .like = mixup_dataset_preprocess(like)};
    refuse(&desc, MIXUP_ERROR_DATA, "1.png lies beside folders of classes");
    desc.inputs_only = true;
    assert_int_equal(mixup_dataset_from_images(&set, &desc), MIXUP_OK);
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    assert_int_equal(info.count, 2);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(like);
    remove_folder(&in);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    folder_of_images in;
    make_folder(&in);
    char command[300];
    mixup_dataset *set = NULL;
    refuse(&(mixup_images_desc){0}, MIXUP_ERROR_ARGUMENT, "path");
    refuse(&(mixup_images_desc){.path = TREE, .size = {3}}, MIXUP_ERROR_ARGUMENT, "size: 3 x 0");
    snprintf(command, sizeof command, "cp tests/fixtures/images/large.png %s/a/2.png", in.folder.path);
    assert_int_equal(system(command), 0);
    refuse(&(mixup_images_desc){.path = in.folder.path}, MIXUP_ERROR_SHAPE,
           "a/2.png: is 24 x 40 (height x width), but a/1.png is 7 x 11");
    snprintf(command, sizeof command, "for i in a/1 a/2 b/3; do echo >%s/$i.png; done", in.folder.path);
    assert_int_equal(system(command), 0);
    refuse(&(mixup_images_desc){.path = in.folder.path, .skip_damaged = true}, MIXUP_ERROR_DATA,
           "none of its 3 images");
    assert_int_equal(mixup_dataset_from_images(&set, &(mixup_images_desc){.path = TREE, .part = "test"}),
                     MIXUP_OK);
    refuse(&(mixup_images_desc){.path = TREE, .part = "train", .like = mixup_dataset_preprocess(set)},
           MIXUP_ERROR_DATA, "the folder dog is none of the 1 classes");
    mixup_dataset_destroy(set);
    remove_folder(&in);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_dataset *set = NULL;
    const mixup_images_desc desc = {
        .path = TREE, .part = "train", .size = {3, 2}, .like = user, .allocator = allocator};
    const mixup_status status = mixup_dataset_from_images(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    mixup_dataset *set = NULL;
    assert_true(fail_every_allocation(run, NULL) > 20);
    assert_int_equal(mixup_dataset_from_images(&set, &(mixup_images_desc){.path = TREE, .part = "train"}),
                     MIXUP_OK);
    assert_true(fail_every_allocation(run, set->preprocess) > 20);
    mixup_dataset_destroy(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_archive_is_a_data_set_in_natural_order),
        cmocka_unit_test(a_damaged_image_is_named_or_left_out_and_counted),
        cmocka_unit_test(every_image_is_told_and_what_cannot_be_opened_left_out_on_request),
        cmocka_unit_test(images_beside_folders_have_inputs_but_no_classes),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
