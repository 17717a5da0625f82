/* A small tree in Tiny-ImageNet's layout, whole and with each of its parts missing or wrong. */
#include "data/reading.h"

#define TINY "tests/fixtures/tiny"

static mixup_dataset *open_tiny(const mixup_tiny_imagenet_desc *desc) {
    mixup_dataset *set = NULL;
    if (mixup_dataset_from_tiny_imagenet(&set, desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

/* Images are of one grey each; JPEG may be off by one. */
static void assert_greys(const reading *in, const int *greys) {
    const size_t features = 3 * in->info.shape[1] * in->info.shape[2];
    for (size_t i = 0; i < in->info.count; i++)
        for (size_t k = 0; k < features; k++)
            assert_true(fabsf(in->inputs[i * features + k] - (float)greys[i]) <= 1.0f);
}

static void classes_are_numbered_by_wnids_and_called_by_words(void **state) {
    (void)state;
    static const char *const names[] = {"first, words (n02)", "other words", "first, words (n03)"};
    static reading in;
    mixup_dataset *set = open_tiny(&(mixup_tiny_imagenet_desc){.folder = TINY});
    read_set(set, &in);
    assert_int_equal(in.info.count, 4);
    assert_memory_equal(in.info.shape, ((const size_t[MIXUP_MAX_RANK]){3, 8, 8}), sizeof in.info.shape);
    assert_int_equal(in.info.class_count, 3);
    assert_names(in.info.class_names, names, 3);
    assert_memory_equal(in.labels, ((const int32_t[]){1, 1, 0, 0}), 16); /* n01, n01, n02, n02 */
    assert_greys(&in, (const int[]){0, 40, 80, 120});
    mixup_dataset_destroy(set);
}

static void validation_images_are_labelled_by_their_annotations(void **state) {
    (void)state;
    static reading in;
    mixup_dataset *set = open_tiny(
        &(mixup_tiny_imagenet_desc){.folder = TINY, .part = MIXUP_TINY_IMAGENET_VAL, .size = {4, 4}});
    read_set(set, &in);
    assert_int_equal(in.info.count, 3);
    assert_int_equal(in.info.shape[1], 4);
    assert_int_equal(in.info.class_count, 3);
    assert_memory_equal(in.labels, ((const int32_t[]){1, 2, 0}), 12);
    assert_greys(&in, (const int[]){200, 210, 220});
    mixup_dataset_destroy(set);
}

/* ---------------------------------------------------------------- changed trees */

static void copy_tiny(temporary_folder *out) {
    char command[200];
    temporary_folder_make(out);
    snprintf(command, sizeof command, "cp -r " TINY "/. %s", out->path);
    assert_int_equal(system(command), 0);
}

static void put(temporary_folder *in, const char *name, const char *content) {
    write_bytes(temporary_file(in, name), content, strlen(content));
}

static void refuse(temporary_folder *in, mixup_tiny_imagenet_part part, mixup_status status,
                   const char *message) {
    mixup_dataset *set = NULL;
    const mixup_tiny_imagenet_desc desc = {.folder = in->path, .part = part};
    assert_failed(mixup_dataset_from_tiny_imagenet(&set, &desc), status, message);
    assert_null(set);
}

static void annotations_must_fit_the_images(void **state) {
    (void)state;
    static const struct {
        const char *annotations, *message;
    } cases[] = {
        {"val_2.JPEG\tn02\nval_0.JPEG\tn01\n", "val/val_annotations.txt: says nothing of val_1.JPEG"},
        {"val_0.JPEG\tn01\n\nval_1.JPEG\tn09\n", "val_annotations.txt:3: 'n09' is no class of "},
        {"val_0.JPEG\tn01\nval_7.JPEG\tn01\n",
         "val_annotations.txt:2: speaks of val_7.JPEG, which is not in "},
        {"val_0.JPEG\tn01\nval_0.JPEG\tn01\n", "val_annotations.txt:2: speaks of val_0.JPEG a second time"},
        {"val_0.JPEG\n", "val_annotations.txt:1: '' is no class"},
        {"", "says nothing of val_0.JPEG"},
    };
    temporary_folder folder;
    copy_tiny(&folder);
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        put(&folder, "val/val_annotations.txt", cases[i].annotations);
        refuse(&folder, MIXUP_TINY_IMAGENET_VAL, MIXUP_ERROR_DATA, cases[i].message);
    }
    unlink(temporary_file(&folder, "val/val_annotations.txt"));
    refuse(&folder, MIXUP_TINY_IMAGENET_VAL, MIXUP_ERROR_IO, "val_annotations.txt: cannot open");
    temporary_folder_remove(&folder);
}

static void line_ends_of_any_kind_are_understood(void **state) {
    (void)state;
    temporary_folder folder;
    int32_t labels[3];
    copy_tiny(&folder);
    put(&folder, "wnids.txt", "\r\nn03\r\nn01\n\nn02");
    put(&folder, "words.txt", "n01\tone\r\nn02\ttwo\tmore");
    put(&folder, "val/val_annotations.txt", "val_1.JPEG\tn02\t0\t1\r\nval_0.JPEG\tn01\r\nval_2.JPEG\tn03");
    mixup_dataset *set =
        open_tiny(&(mixup_tiny_imagenet_desc){.folder = folder.path, .part = MIXUP_TINY_IMAGENET_VAL});
    assert_int_equal(mixup_dataset_labels(set, labels), MIXUP_OK);
    assert_memory_equal(labels, ((const int32_t[]){1, 2, 0}), 12);
    assert_string_equal(set->preprocess->class_names.items[0], "n03"); /* of which words.txt says nothing */
    assert_string_equal(set->preprocess->class_names.items[1], "one");
    assert_string_equal(set->preprocess->class_names.items[2], "two");
    mixup_dataset_destroy(set);
    unlink(temporary_file(&folder, "words.txt"));
    set = open_tiny(&(mixup_tiny_imagenet_desc){.folder = folder.path});
    assert_string_equal(set->preprocess->class_names.items[1], "n01");
    mixup_dataset_destroy(set);
    temporary_folder_remove(&folder);
}

static void trees_of_another_layout_are_refused(void **state) {
    (void)state;
    temporary_folder folder;
    mixup_dataset *set = NULL;
    copy_tiny(&folder);
    put(&folder, "wnids.txt", "n01\n");
    refuse(&folder, MIXUP_TINY_IMAGENET_TRAIN, MIXUP_ERROR_DATA, "train: the folder n02 is no class of ");
    put(&folder, "wnids.txt", "n01\nn02\nn01\n");
    refuse(&folder, MIXUP_TINY_IMAGENET_TRAIN, MIXUP_ERROR_FORMAT, "wnids.txt: names n01 twice");
    put(&folder, "wnids.txt", "\n");
    refuse(&folder, MIXUP_TINY_IMAGENET_TRAIN, MIXUP_ERROR_FORMAT, "wnids.txt: is empty");
    write_bytes(temporary_file(&folder, "wnids.txt"), "n\0", 2);
    refuse(&folder, MIXUP_TINY_IMAGENET_TRAIN, MIXUP_ERROR_FORMAT, "wnids.txt: is no text");
    unlink(temporary_file(&folder, "wnids.txt"));
    refuse(&folder, MIXUP_TINY_IMAGENET_TRAIN, MIXUP_ERROR_IO, "wnids.txt: cannot open");
    put(&folder, "wnids.txt", "n01\nn02\nn03\n");
    char command[400];
    snprintf(command, sizeof command, "mkdir %s/val/images/x && mv %s/val/images/*.JPEG %s/val/images/x",
             folder.path, folder.path, folder.path);
    assert_int_equal(system(command), 0);
    refuse(&folder, MIXUP_TINY_IMAGENET_VAL, MIXUP_ERROR_DATA, "x/val_0.JPEG lies in a folder of its own");
    snprintf(command, sizeof command, "rm -r %s/train/n0* && cp %s/val/images/x/val_0.JPEG %s/train",
             folder.path, folder.path, folder.path);
    assert_int_equal(system(command), 0);
    refuse(&folder, MIXUP_TINY_IMAGENET_TRAIN, MIXUP_ERROR_DATA, "val_0.JPEG lies in no folder of a class");
    snprintf(command, sizeof command, "rm -r %s/train", folder.path);
    assert_int_equal(system(command), 0);
    refuse(&folder, MIXUP_TINY_IMAGENET_TRAIN, MIXUP_ERROR_IO, "train: cannot open");
    assert_failed(mixup_dataset_from_tiny_imagenet(&set, &(mixup_tiny_imagenet_desc){0}),
                  MIXUP_ERROR_ARGUMENT, "folder");
    assert_failed(mixup_dataset_from_tiny_imagenet(
                      &set, &(mixup_tiny_imagenet_desc){.folder = TINY, .part = (mixup_tiny_imagenet_part)2}),
                  MIXUP_ERROR_ARGUMENT, "part: 2");
    temporary_folder_remove(&folder);
}

static void damaged_images_are_left_out_with_their_labels(void **state) {
    (void)state;
    temporary_folder folder;
    size_t skipped = 0;
    int32_t labels[3] = {-1, -1, -1};
    copy_tiny(&folder);
    put(&folder, "train/n01/images/n01_10.JPEG", "no image");
    refuse(&folder, MIXUP_TINY_IMAGENET_TRAIN, MIXUP_ERROR_FORMAT, "n01/images/n01_10.JPEG: neither a JPEG");
    mixup_dataset *set = open_tiny(&(mixup_tiny_imagenet_desc){
        .folder = folder.path, .skip_damaged = true, .skipped = &skipped, .keep = MIXUP_KEEP_ON_DISK});
    assert_int_equal(skipped, 1);
    assert_int_equal(mixup_dataset_labels(set, labels), MIXUP_OK);
    assert_memory_equal(labels, ((const int32_t[]){1, 0, 0}), 12);
    assert_non_null(set->storage->reader);
    mixup_dataset_destroy(set);
    temporary_folder_remove(&folder);
}

/* Whatever its text files say, a tree is read or refused. */
static void damaged_text_files_are_survived(void **state) {
    (void)state;
    static const char *const names[] = {"wnids.txt", "words.txt", "val/val_annotations.txt"};
    temporary_folder folder;
    copy_tiny(&folder);
    const mixup_tiny_imagenet_desc desc = {
        .folder = folder.path, .part = MIXUP_TINY_IMAGENET_VAL, .threads = 1};
    for (size_t n = 0; n < MIXUP_COUNT(names); n++) {
        size_t size = 0;
        char *data = read_bytes(temporary_file(&folder, names[n]), &size);
        for (size_t at = 0; at < size; at++)
            for (int way = 0; way < 4; way++) {
                mixup_dataset *set = NULL;
                const char kept = data[at];
                if (way < 3)
                    data[at] = "\t\n"[way];
                write_bytes(temporary_file(&folder, names[n]), data, way < 3 ? size : at); /* or cut there */
                data[at] = kept;
                if (mixup_dataset_from_tiny_imagenet(&set, &desc) == MIXUP_OK)
                    assert_int_equal(set->count, 3);
                mixup_dataset_destroy(set);
            }
        write_bytes(temporary_file(&folder, names[n]), data, size);
        free(data);
    }
    temporary_folder_remove(&folder);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    const mixup_tiny_imagenet_desc desc = {
        .folder = TINY, .part = *(mixup_tiny_imagenet_part *)user, .threads = 1, .allocator = allocator};
    mixup_dataset *set = NULL;
    const mixup_status status = mixup_dataset_from_tiny_imagenet(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    for (mixup_tiny_imagenet_part part = 0; part <= MIXUP_TINY_IMAGENET_VAL; part++)
        assert_true(fail_every_allocation(run, &part) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_numbered_by_wnids_and_called_by_words),
        cmocka_unit_test(validation_images_are_labelled_by_their_annotations),
        cmocka_unit_test(annotations_must_fit_the_images),
        cmocka_unit_test(line_ends_of_any_kind_are_understood),
        cmocka_unit_test(trees_of_another_layout_are_refused),
        cmocka_unit_test(damaged_images_are_left_out_with_their_labels),
        cmocka_unit_test(damaged_text_files_are_survived),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
