/* IDX files. */
#include "support/damaged_file.h"
#include "support/refused_write.h"

#include "format/idx.h"

#define FIXTURES "tests/fixtures/format/"

static const double fixture_values[6] = {0, 1, 2, 3, 100, 127};

/* Reads and sums up. */
static mixup_status read_all(const char *path, const mixup_allocator *allocator) {
    array out = {0};
    const mixup_status status = idx_read(path, 0, allocator, &out);
    if (status != MIXUP_OK) {
        assert_null(out.data);
        return status;
    }
    double sum = 0;
    for (size_t i = 0; i < shape_count(&out.shape); i++)
        sum += array_element(out.type, out.data, i);
    (void)sum;
    array_clear(&out, allocator);
    return MIXUP_OK;
}

static void check_fixture(const char *path, mixup_type type) {
    array out = {0};
    assert_int_equal(idx_read(path, 0, NULL, &out), MIXUP_OK);
    assert_int_equal(out.type, type);
    assert_string_equal(shape_to_text(&out.shape).text, "2x3");
    for (size_t i = 0; i < 6; i++)
        assert_true(array_element(type, out.data, i) == fixture_values[i]);
    array_clear(&out, NULL);
}

static void every_type_is_read_in_host_order(void **state) {
    (void)state;
    check_fixture(FIXTURES "uint8.idx", MIXUP_UINT8);
    check_fixture(FIXTURES "int8.idx", MIXUP_INT8);
    check_fixture(FIXTURES "int16.idx", MIXUP_INT16);
    check_fixture(FIXTURES "int32.idx", MIXUP_INT32);
    check_fixture(FIXTURES "float32.idx", MIXUP_FLOAT32);
    check_fixture(FIXTURES "float64.idx", MIXUP_FLOAT64);
}

static void gzip_is_unpacked(void **state) {
    (void)state;
    check_fixture(FIXTURES "int16.idx.gz", MIXUP_INT16);
}

static void a_cut_file_is_malformed(void **state) {
    (void)state;
    cut_at_every_byte(FIXTURES "int16.idx", read_all);
    cut_at_every_byte(FIXTURES "int16.idx.gz", read_all);
    cut_at_every_byte(FIXTURES "float64.idx", read_all);
}

static void a_changed_file_does_no_harm(void **state) {
    (void)state;
    change_every_byte(FIXTURES "int16.idx", read_all);
    change_every_byte(FIXTURES "int16.idx.gz", read_all);
}

static void assert_refused(const void *data, size_t size, const char *message) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "bad.idx");
    write_bytes(path, data, size);
    assert_int_equal(read_and_count(read_all, path), MIXUP_ERROR_FORMAT);
    if (strstr(mixup_last_error(), message) == NULL)
        fail_msg("'%s' does not contain '%s'", mixup_last_error(), message);
    temporary_folder_remove(&folder);
}

static void malformed_headers_are_refused_with_a_reason(void **state) {
    (void)state;
    assert_refused("", 0, "4 of them are missing");
    assert_refused("\x89PNG", 4, "not an IDX file (starts with 89 50");
    assert_refused("\0\0\x0A\1\0\0\0\1x", 9, "element type 0a does not exist");
    assert_refused("\0\0\x08\0", 4, "0 dimensions");
    assert_refused("\0\0\x08\6", 4, "6 dimensions");
    assert_refused("\0\0\x08\2\0\0\0\3\0\0\0\0", 12, "dimension 1 has the size 0");
    assert_refused("\0\0\x08\1\0\0\0\2xyz", 11, "further bytes follow the array, which ends at offset 10");
    assert_refused("\0\0\x08\1\0\0\0\4xyz", 11, "offset 8, 1 of them are missing");
}

static void a_huge_claim_allocates_nothing_huge(void **state) {
    (void)state;
    assert_refused("\0\0\x08\2\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF", 12, "are missing");
    assert_refused("\0\0\x0E\3\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16, "any file can hold");
}

static void a_missing_file_and_a_folder_are_errors(void **state) {
    (void)state;
    assert_int_equal(read_and_count(read_all, "/tmp/mixup-no-such-file"), MIXUP_ERROR_IO);
    assert_non_null(strstr(mixup_last_error(), "/tmp/mixup-no-such-file: cannot open: No such file"));
    assert_int_equal(read_and_count(read_all, "/tmp"), MIXUP_ERROR_IO);
    assert_non_null(strstr(mixup_last_error(), "Is a directory"));
}

static void writing_gives_the_bytes_that_were_read(void **state) {
    (void)state;
    static const char *const names[] = {"uint8", "int8", "int16", "int32", "float32", "float64"};
    temporary_folder folder;
    temporary_folder_make(&folder);
    for (size_t i = 0; i < MIXUP_COUNT(names); i++) {
        char source[128];
        snprintf(source, sizeof source, FIXTURES "%s.idx", names[i]);
        array in = {0};
        assert_int_equal(idx_read(source, 0, NULL, &in), MIXUP_OK);
        const char *copy = temporary_file(&folder, names[i]);
        assert_int_equal(idx_write(copy, &in, NULL), MIXUP_OK);
        assert_same_bytes(copy, source);
        array_clear(&in, NULL);
    }
    temporary_folder_remove(&folder);
}

static void more_than_one_piece_is_written_and_read(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "large.idx");
    const mixup_allocator allocator = memory_allocator(NULL);
    array in = {.type = MIXUP_INT32, .shape = {.rank = 2, .sizes = {1001, 7}}};
    assert_int_equal(array_allocate(&in, &allocator), MIXUP_OK);
    for (int32_t i = 0; i < 7007; i++)
        ((int32_t *)in.data)[i] = i * 65537;
    assert_int_equal(idx_write(path, &in, NULL), MIXUP_OK);
    array out = {0};
    assert_int_equal(idx_read(path, 0, NULL, &out), MIXUP_OK);
    assert_true(shape_equal(&in.shape, &out.shape));
    assert_memory_equal(in.data, out.data, 7007 * sizeof(int32_t));
    array_clear(&in, NULL);
    array_clear(&out, NULL);
    temporary_folder_remove(&folder);
}

static mixup_status write_bytes_array(const char *path, const mixup_allocator *allocator) {
    uint8_t values[3] = {1, 2, 3};
    const array in = {.type = MIXUP_UINT8, .shape = {.rank = 1, .sizes = {3}}, .data = values};
    return idx_write(path, &in, allocator);
}

static void a_type_that_idx_lacks_is_not_written(void **state) {
    (void)state;
    int64_t value = 1;
    const array in = {.type = MIXUP_INT64, .shape = {.rank = 1, .sizes = {1}}, .data = &value};
    assert_int_equal(idx_write("/tmp/mixup-never-written", &in, NULL), MIXUP_ERROR_UNSUPPORTED);
}

static void a_refused_write_leaves_the_old_file(void **state) {
    (void)state;
    write_where_it_is_refused(write_bytes_array);
}

static mixup_status read_fixture(const mixup_allocator *allocator, void *user) {
    return read_all(user, allocator);
}

static mixup_status write_to(const mixup_allocator *allocator, void *user) {
    return write_bytes_array(user, allocator);
}

static void every_failed_allocation_is_an_error(void **state) {
    (void)state;
    char plain[] = FIXTURES "int16.idx", packed[] = FIXTURES "int16.idx.gz";
    assert_in_range(fail_every_allocation(read_fixture, plain), 2, 100);
    assert_in_range(fail_every_allocation(read_fixture, packed), 2, 100);
    temporary_folder folder;
    temporary_folder_make(&folder);
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "out.idx"));
    assert_in_range(fail_every_allocation(write_to, path), 2, 100);
    assert_int_equal(temporary_folder_count(&folder), 1);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read_in_host_order),
        cmocka_unit_test(gzip_is_unpacked),
        cmocka_unit_test(a_cut_file_is_malformed),
        cmocka_unit_test(a_changed_file_does_no_harm),
        cmocka_unit_test(malformed_headers_are_refused_with_a_reason),
        cmocka_unit_test(a_huge_claim_allocates_nothing_huge),
        cmocka_unit_test(a_missing_file_and_a_folder_are_errors),
        cmocka_unit_test(writing_gives_the_bytes_that_were_read),
        cmocka_unit_test(more_than_one_piece_is_written_and_read),
        cmocka_unit_test(a_type_that_idx_lacks_is_not_written),
        cmocka_unit_test(a_refused_write_leaves_the_old_file),
        cmocka_unit_test(every_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
