/* CIFAR files: those of Python's struct, several in a row, and damaged ones. */
#include "support/damaged_file.h"

#include "format/cifar.h"

#define TEN     "tests/fixtures/images/cifar10.bin"
#define HUNDRED "tests/fixtures/images/cifar100.bin"

enum { RECORD_10 = 1 + CIFAR_PIXELS };

/* As tests/fixtures/make_image_fixtures.py writes them. */
static void assert_pixels(const uint8_t *pixels, size_t record) {
    for (size_t channel = 0; channel < 3; channel++)
        for (size_t row = 0; row < 32; row++)
            for (size_t column = 0; column < 32; column++)
                assert_int_equal(*pixels++, (7 * record + 31 * channel + 3 * row + 5 * column) % 256);
}

static void both_kinds_are_read_with_either_label(void **state) {
    (void)state;
    const char *path = TEN;
    cifar in;
    assert_int_equal(cifar_read(&path, 1, CIFAR_10, NULL, &in), MIXUP_OK);
    assert_int_equal(in.count, 2);
    assert_int_equal(in.labels[0], 3);
    assert_int_equal(in.labels[1], 9);
    assert_pixels(in.images, 0);
    assert_pixels(in.images + CIFAR_PIXELS, 1);
    cifar_clear(&in, NULL);
    path = HUNDRED;
    assert_int_equal(cifar_read(&path, 1, CIFAR_100_FINE, NULL, &in), MIXUP_OK);
    assert_int_equal(in.count, 1);
    assert_int_equal(in.labels[0], 99);
    assert_pixels(in.images, 5);
    cifar_clear(&in, NULL);
    assert_int_equal(cifar_read(&path, 1, CIFAR_100_COARSE, NULL, &in), MIXUP_OK);
    assert_int_equal(in.labels[0], 19);
    cifar_clear(&in, NULL);
}

static void files_follow_one_another(void **state) {
    (void)state;
    const char *const paths[] = {TEN, TEN, TEN};
    cifar in;
    assert_int_equal(cifar_read(paths, 3, CIFAR_10, NULL, &in), MIXUP_OK);
    assert_int_equal(in.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(in.labels[i], i % 2 == 0 ? 3 : 9);
        assert_pixels(in.images + i * CIFAR_PIXELS, i % 2);
    }
    cifar_clear(&in, NULL);
}

static void gzip_files_of_more_than_the_first_block_are_read(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    char command[1200];
    snprintf(command, sizeof command, "for i in $(seq 700); do cat %s; done | gzip -1 > %s", TEN,
             temporary_file(&folder, "many.gz"));
    assert_int_equal(system(command), 0);
    const char *path = temporary_file(&folder, "many.gz");
    cifar in;
    assert_int_equal(cifar_read(&path, 1, CIFAR_10, NULL, &in), MIXUP_OK);
    assert_int_equal(in.count, 1400);
    assert_pixels(in.images + 1399 * (size_t)CIFAR_PIXELS, 1);
    cifar_clear(&in, NULL);
    temporary_folder_remove(&folder);
}

static void assert_refused(const char *path, cifar_kind kind, const char *part) {
    cifar in = {.count = 77};
    assert_int_equal(cifar_read(&path, 1, kind, NULL, &in), MIXUP_ERROR_FORMAT);
    assert_int_equal(in.count, 77);
    if (strstr(mixup_last_error(), part) == NULL || strstr(mixup_last_error(), path) == NULL)
        fail_msg("'%s' does not say '%s' and the file", mixup_last_error(), part);
}

static void sizes_and_labels_that_do_not_fit_are_refused(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    assert_refused(HUNDRED, CIFAR_10, "1 bytes into a record; CIFAR-10 files");
    assert_refused(TEN, CIFAR_100_FINE, "3072 bytes into a record");
    size_t size = 0;
    char *data = read_bytes(TEN, &size);
    const char *path = temporary_file(&folder, "label");
    data[RECORD_10] = 10;
    write_bytes(path, data, size);
    assert_refused(path, CIFAR_10, "label of record 1 (from 0) is 10, and CIFAR-10 has 10 classes");
    write_bytes(path, data, 0);
    assert_refused(path, CIFAR_10, "is empty");
    free(data);
    temporary_folder_remove(&folder);
}

static mixup_status read_fine(const char *path, const mixup_allocator *allocator) {
    cifar in;
    MIXUP_TRY(cifar_read(&path, 1, CIFAR_100_FINE, allocator, &in));
    for (size_t i = 0; i < in.count; i++)
        assert_true(in.labels[i] >= 0 && in.labels[i] < 100);
    cifar_clear(&in, allocator);
    return MIXUP_OK;
}

/* All bytes of a record but its labels are pixels, so a few lengths and places stand for all. */
static void damaged_files_are_refused_or_read_within_bounds(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    size_t size = 0;
    char *data = read_bytes(HUNDRED, &size);
    for (size_t length = 0; length < size; length += length < 4 || length > size - 4 ? 1 : 61) {
        const char *path = temporary_file(&folder, "cut");
        write_bytes(path, data, length);
        assert_int_equal(read_and_count(read_fine, path), MIXUP_ERROR_FORMAT);
    }
    for (int value = 0; value < 256; value++)
        for (size_t at = 0; at < 3; at++) {
            const char *path = temporary_file(&folder, "changed");
            const char before = data[at];
            data[at] = (char)value;
            write_bytes(path, data, size);
            data[at] = before;
            const mixup_status expected = at == 1 && value >= 100 ? MIXUP_ERROR_FORMAT : MIXUP_OK;
            assert_int_equal(read_and_count(read_fine, path), expected);
        }
    free(data);
    temporary_folder_remove(&folder);
}

static mixup_status read_names(const char *text, size_t size, const char **names, char **block) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "names");
    write_bytes(path, text, size);
    const mixup_status status = cifar_read_names(path, CIFAR_10, NULL, names, block);
    temporary_folder_remove(&folder);
    return status;
}

static void class_names_are_lines(void **state) {
    (void)state;
    static const char ten[] = "a\r\nb\nc c\nd\ne\nf\ng\nh\ni\nj\n\n\n";
    const mixup_allocator allocator = memory_allocator(NULL);
    const char *names[10];
    char *block = NULL;
    assert_int_equal(read_names(ten, sizeof ten - 1, names, &block), MIXUP_OK);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[2], "c c");
    assert_string_equal(names[9], "j");
    memory_release(&allocator, block);
    block = NULL;
    assert_int_equal(read_names(ten, 20, names, &block), MIXUP_ERROR_FORMAT); /* nine */
    assert_int_equal(read_names("a\n\nc\nd\ne\nf\ng\nh\ni\nj\n", 19, names, &block), MIXUP_ERROR_FORMAT);
    assert_int_equal(read_names("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk", 21, names, &block), MIXUP_ERROR_FORMAT);
    assert_int_equal(read_names("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\0k", 21, names, &block), MIXUP_ERROR_FORMAT);
    assert_null(block);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    const char *const paths[] = {TEN, user};
    cifar in;
    MIXUP_TRY(cifar_read(paths, 2, CIFAR_10, allocator, &in));
    cifar_clear(&in, allocator);
    return MIXUP_OK;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    char path[] = TEN;
    assert_true(fail_every_allocation(run, path) >= 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds_are_read_with_either_label),
        cmocka_unit_test(files_follow_one_another),
        cmocka_unit_test(gzip_files_of_more_than_the_first_block_are_read),
        cmocka_unit_test(sizes_and_labels_that_do_not_fit_are_refused),
        cmocka_unit_test(damaged_files_are_refused_or_read_within_bounds),
        cmocka_unit_test(class_names_are_lines),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
