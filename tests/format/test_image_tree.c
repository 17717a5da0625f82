/* Archives of Python's tarfile and the same as a folder: what is listed, in which order, and damaged ones. */
#include "support/damaged_file.h"

#include "format/image_tree.h"

#define FIXTURES "tests/fixtures/images/"

static int natural(const char *a, const char *b) {
    return image_tree_compare(a, strlen(a), b, strlen(b));
}

static void numbers_in_names_count_as_numbers(void **state) {
    (void)state;
    static const char *const ordered[] = {
        "", "2", "10", "a", "a/2.png", "a/02.png", "a/10b", "a/10c", "a10000000000000000000000", "b"};
    for (size_t i = 0; i < MIXUP_COUNT(ordered); i++)
        for (size_t k = 0; k < MIXUP_COUNT(ordered); k++) {
            const int order = natural(ordered[i], ordered[k]);
            const bool odd = (i == 4 && k == 5) || (i == 5 && k == 4); /* as text */
            if (!odd && (order > 0) - (order < 0) != (i > k) - (i < k))
                fail_msg("'%s' and '%s' compare as %d", ordered[i], ordered[k], order);
        }
    assert_true(natural("a/02.png", "a/2.png") < 0);
    assert_true(natural("a/2.png", "a/02.png") > 0);
}

typedef struct visit {
    size_t count, bytes;
    size_t sizes[8];
} visit;

static mixup_status on_image(const image_tree *in, size_t index, const void *data, size_t size, void *user) {
    visit *seen = user;
    assert_true(index < in->count && index < 8);
    seen->count++;
    seen->sizes[index] = size;
    for (size_t i = 0; i < size; i++)
        seen->bytes += ((const uint8_t *)data)[i];
    return MIXUP_OK;
}

static void check_training_part(const char *path) {
    image_tree tree;
    visit seen = {0};
    if (image_tree_open(&tree, path, "train/", NULL) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_int_equal(tree.count, 3);
    assert_int_equal(tree.class_count, 2);
    assert_string_equal(tree.classes[0], "cat");
    assert_string_equal(tree.classes[1], "dog");
    assert_string_equal(tree.entries[0].path, "cat/1.PNG");
    assert_string_equal(tree.entries[1].path, "dog/2.png");
    assert_string_equal(tree.entries[2].path, "dog/10.png");
    assert_int_equal(tree.entries[2].class_number, 1);
    assert_int_equal(image_tree_read(&tree, on_image, &seen), MIXUP_OK);
    assert_int_equal(seen.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(seen.sizes[i] > 60);
    image_tree_clear(&tree);
}

static void archives_and_folders_list_the_same(void **state) {
    (void)state;
    check_training_part(FIXTURES "tree.tar");
    check_training_part(FIXTURES "tree.tar.gz");
    check_training_part(FIXTURES "tree.tar.zst");
    char command[300];
    temporary_folder folder;
    temporary_folder_make(&folder);
    snprintf(command, sizeof command, "tar -xf " FIXTURES "tree.tar -C %s", folder.path);
    assert_int_equal(system(command), 0);
    check_training_part(folder.path);
    snprintf(command, sizeof command, "rm -r %s", folder.path);
    assert_int_equal(system(command), 0);
}

/* Every image by itself is what the stream gives, wherever its header puts it. */
static void check_single_images(const char *path, bool packed) {
    image_tree tree;
    visit whole = {0};
    visit single = {0};
    if (image_tree_open(&tree, path, NULL, NULL) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_int_equal(tree.packed, packed);
    assert_true((tree.descriptor >= 0) == (tree.archive && !packed));
    assert_int_equal(image_tree_read(&tree, on_image, &whole), MIXUP_OK);
    for (size_t i = tree.count; !packed && i > 0; i--) {
        char *data = NULL;
        size_t size = 0;
        assert_int_equal(image_tree_bytes(&tree, i - 1, &tree.allocator, &data, &size), MIXUP_OK);
        assert_int_equal(size, tree.entries[i - 1].size);
        assert_memory_equal(data, "\x89PNG", 4);
        assert_int_equal(on_image(&tree, i - 1, data, size, &single), MIXUP_OK);
        memory_release(&tree.allocator, data);
    }
    if (!packed)
        assert_memory_equal(&single, &whole, sizeof whole);
    image_tree_clear(&tree);
}

static void what_is_not_packed_is_read_at_any_place(void **state) {
    (void)state;
    temporary_folder folder;
    char command[300];
    temporary_folder_make(&folder);
    snprintf(command, sizeof command, "tar -xf " FIXTURES "tree.tar -C %s", folder.path);
    assert_int_equal(system(command), 0);
    check_single_images(folder.path, false);
    temporary_folder_remove(&folder);
    check_single_images(FIXTURES "tree.tar", false);
    check_single_images(FIXTURES "long_pax.tar", false);
    check_single_images(FIXTURES "long_gnu.tar", false);
    check_single_images(FIXTURES "tree.tar.gz", true);
    check_single_images(FIXTURES "tree.tar.zst", true);
}

static void an_image_by_itself_is_a_tree_of_one_without_classes(void **state) {
    (void)state;
    image_tree tree;
    visit seen = {0};
    char command[300];
    char path[320];
    temporary_folder folder;
    temporary_folder_make(&folder);
    snprintf(command, sizeof command, "tar -xf " FIXTURES "tree.tar -C %s", folder.path);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "train/cat/1.PNG"));
    assert_int_equal(image_tree_open(&tree, path, NULL, NULL), MIXUP_OK);
    assert_int_equal(tree.count, 1);
    assert_int_equal(tree.class_count, 0);
    assert_string_equal(tree.entries[0].path, "1.PNG");
    assert_int_equal(image_tree_read(&tree, on_image, &seen), MIXUP_OK);
    assert_true(seen.count == 1 && seen.sizes[0] > 60);
    image_tree_clear(&tree);
    assert_int_not_equal(image_tree_open(&tree, path, "train", NULL), MIXUP_OK);
    temporary_folder_remove(&folder);
}

static void images_that_are_gone_by_then_are_errors(void **state) {
    (void)state;
    temporary_folder folder;
    image_tree tree;
    size_t size = 0;
    char *data = read_bytes(FIXTURES "tree.tar", &size);
    char *got = NULL;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "tree.tar");
    write_bytes(path, data, size);
    free(data);
    assert_int_equal(image_tree_open(&tree, path, NULL, NULL), MIXUP_OK);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(image_tree_bytes(&tree, tree.count - 1, &tree.allocator, &got, &size),
                     MIXUP_ERROR_FORMAT);
    assert_non_null(strstr(mixup_last_error(), "tree.tar: ends early"));
    image_tree_clear(&tree);
    assert_int_equal(mkdir(temporary_file(&folder, "a"), 0700), 0);
    write_bytes(temporary_file(&folder, "a/1.png"), "x", 1);
    assert_int_equal(image_tree_open(&tree, folder.path, NULL, NULL), MIXUP_OK);
    assert_int_equal(unlink(temporary_file(&folder, "a/1.png")), 0);
    assert_int_equal(image_tree_bytes(&tree, 0, &tree.allocator, &got, &size), MIXUP_ERROR_IO);
    assert_non_null(strstr(mixup_last_error(), "a/1.png: cannot open"));
    assert_null(got);
    image_tree_clear(&tree);
    temporary_folder_remove(&folder);
}

static void images_that_are_left_out_are_forgotten(void **state) {
    (void)state;
    image_tree tree;
    const bool left_out[] = {true, false, true, false};
    assert_int_equal(image_tree_open(&tree, FIXTURES "tree.tar", NULL, NULL), MIXUP_OK);
    assert_int_equal(tree.count, 4);
    image_tree_leave_out(&tree, left_out);
    assert_int_equal(tree.count, 2);
    assert_string_equal(tree.entries[0].path, "train/cat/1.PNG");
    assert_string_equal(tree.entries[1].path, "train/dog/10.png");
    image_tree_clear(&tree);
}

static void assert_refused(const char *path, const char *part, mixup_status status, const char *message) {
    image_tree tree = {.count = 77};
    if (image_tree_open(&tree, path, part, NULL) != status || strstr(mixup_last_error(), message) == NULL)
        fail_msg("'%s' instead of '%s'", mixup_last_error(), message);
    assert_int_equal(tree.count, 77);
}

static void images_of_other_kinds_do_not_count_but_are_known(void **state) {
    (void)state;
    temporary_folder folder;
    char command[400];
    temporary_folder_make(&folder);
    snprintf(
        command, sizeof command,
        "cd %s && mkdir b && touch b/z.Webp b/x10.gif b/x2.gif b/.hidden.gif b/note.txt && tar -cf all.tar b",
        folder.path);
    assert_int_equal(system(command), 0);
    assert_refused(
        folder.path, NULL, MIXUP_ERROR_NOT_FOUND,
        "holds no .jpg, .jpeg or .png, but other images, which must be converted to them: b/x2.gif");
    snprintf(command, sizeof command, "cp " FIXTURES "colour.png %s/b && tar -cf %s/all.tar -C %s b",
             folder.path, folder.path, folder.path);
    assert_int_equal(system(command), 0);
    const char *const parts[] = {"", "/all.tar"};
    for (size_t i = 0; i < MIXUP_COUNT(parts); i++) {
        image_tree tree;
        char path[320];
        snprintf(path, sizeof path, "%s%s", folder.path, parts[i]);
        assert_int_equal(image_tree_open(&tree, path, NULL, NULL), MIXUP_OK);
        assert_int_equal(tree.count, 1);
        assert_int_equal(tree.others, 3);
        assert_string_equal(tree.other, "b/x2.gif");
        image_tree_clear(&tree);
    }
    snprintf(command, sizeof command, "rm -r %s", folder.path);
    assert_int_equal(system(command), 0);
}

static void trees_without_sense_are_refused(void **state) {
    (void)state;
    assert_refused("/tmp/mixup-no-such-file", NULL, MIXUP_ERROR_IO, "cannot open");
    assert_refused(FIXTURES "tree.tar", "tra", MIXUP_ERROR_NOT_FOUND, "holds no .jpg, .jpeg or .png in tra");
    assert_refused("tests/fixtures/make_image_fixtures.py", NULL, MIXUP_ERROR_FORMAT,
                   "make_image_fixtures.py: is no tar archive");
    temporary_folder folder;
    temporary_folder_make(&folder);
    char command[300];
    snprintf(command, sizeof command,
             "cp " FIXTURES "colour.png %s && mkdir %s/a && cp " FIXTURES "colour.png %s/a", folder.path,
             folder.path, folder.path);
    assert_int_equal(system(command), 0);
    image_tree tree;
    assert_int_equal(image_tree_open(&tree, folder.path, NULL, NULL), MIXUP_OK); /* but has no classes */
    assert_int_equal(tree.count, 2);
    assert_int_equal(tree.class_count, 0);
    assert_int_equal(image_tree_check_classes(&tree), MIXUP_ERROR_DATA);
    assert_non_null(strstr(mixup_last_error(), "colour.png lies beside folders of classes"));
    image_tree_clear(&tree);
    snprintf(command, sizeof command,
             "cd %s && tar -cf twice.tar a/colour.png a/colour.png --hard-dereference && rm -r a colour.png",
             folder.path);
    assert_int_equal(system(command), 0);
    assert_refused(temporary_file(&folder, "twice.tar"), NULL, MIXUP_ERROR_FORMAT,
                   "holds a/colour.png twice");
    temporary_folder_remove(&folder);
}

static mixup_status read_all(const char *path, const mixup_allocator *allocator) {
    image_tree tree;
    visit seen = {0};
    MIXUP_TRY(image_tree_open(&tree, path, NULL, allocator));
    const mixup_status status = tree.count <= 8 ? image_tree_read(&tree, on_image, &seen) : MIXUP_OK;
    if (status == MIXUP_OK)
        assert_int_equal(seen.count, tree.count);
    image_tree_clear(&tree);
    return status;
}

/* Prime to the 512 bytes of a tar block, so that every field of the headers is hit in one of them. */
enum { STRIDE = 127 };

static void change_bytes(const char *path, size_t stride) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    size_t size = 0;
    char *data = read_bytes(path, &size);
    for (size_t at = 0; at < size; at += stride) {
        const char *copy = temporary_file(&folder, "changed");
        data[at] = (char)(data[at] ^ 0x11);
        write_bytes(copy, data, size);
        data[at] = (char)(data[at] ^ 0x11);
        (void)read_and_count(read_all, copy);
    }
    free(data);
    temporary_folder_remove(&folder);
}

/* What is missing may be padding; else a cut archive is an error and never a shorter set. */
static void check_cuts(const char *path, size_t stride) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    size_t size = 0;
    size_t accepted = 0;
    char *data = read_bytes(path, &size);
    for (size_t length = 0; length < size; length += stride) {
        image_tree tree;
        const char *copy = temporary_file(&folder, "cut");
        write_bytes(copy, data, length);
        if (read_and_count(read_all, copy) != MIXUP_OK)
            continue;
        assert_int_equal(image_tree_open(&tree, copy, NULL, NULL), MIXUP_OK);
        if (tree.count != 4)
            fail_msg("%s cut to %zu of %zu bytes has %zu images", path, length, size, tree.count);
        image_tree_clear(&tree);
        accepted++;
    }
    assert_true(accepted < size / stride / 2);
    free(data);
    temporary_folder_remove(&folder);
}

static void damaged_archives_are_refused_or_read_within_bounds(void **state) {
    (void)state;
    assert_int_equal(read_all(FIXTURES "tree.tar", NULL), MIXUP_OK);
    check_cuts(FIXTURES "tree.tar", STRIDE);
    check_cuts(FIXTURES "tree.tar.gz", 3);
    check_cuts(FIXTURES "tree.tar.zst", 5);
    change_bytes(FIXTURES "tree.tar", STRIDE);
    change_bytes(FIXTURES "tree.tar.gz", 2);
    change_bytes(FIXTURES "tree.tar.zst", 2);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    return read_all(user, allocator);
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    char archive[] = FIXTURES "tree.tar.gz";
    char folder[] = "docs/images";
    assert_true(fail_every_allocation(run, archive) > 10);
    assert_true(fail_every_allocation(run, folder) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_names_count_as_numbers),
        cmocka_unit_test(archives_and_folders_list_the_same),
        cmocka_unit_test(what_is_not_packed_is_read_at_any_place),
        cmocka_unit_test(an_image_by_itself_is_a_tree_of_one_without_classes),
        cmocka_unit_test(images_that_are_gone_by_then_are_errors),
        cmocka_unit_test(images_that_are_left_out_are_forgotten),
        cmocka_unit_test(images_of_other_kinds_do_not_count_but_are_known),
        cmocka_unit_test(trees_without_sense_are_refused),
        cmocka_unit_test(damaged_archives_are_refused_or_read_within_bounds),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
