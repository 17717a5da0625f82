/* NPY files. */
#include "support/damaged_file.h"
#include "support/refused_write.h"

#include "format/npy.h"

#define FIXTURES "tests/fixtures/format/"

static const double fixture_values[6] = {0, 1, 2, 3, 100, 127};

/* Reads and sums up. */
static mixup_status read_all(const char *path, const mixup_allocator *allocator) {
    array out = {0};
    const mixup_status status = npy_read(path, 0, allocator, &out);
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

static void check_fixture(const char *path, mixup_type type, const char *expected_shape) {
    array out = {0};
    assert_int_equal(npy_read(path, 0, NULL, &out), MIXUP_OK);
    assert_int_equal(out.type, type);
    assert_string_equal(shape_to_text(&out.shape).text, expected_shape);
    for (size_t i = 0; i < 6; i++)
        assert_true(array_element(type, out.data, i) ==
                    (type == MIXUP_BOOL ? (double)(fixture_values[i] != 0) : fixture_values[i]));
    array_clear(&out, NULL);
}

static void every_type_is_read(void **state) {
    (void)state;
    for (int type = 0; type < MIXUP_TYPE_COUNT; type++) {
        char path[128];
        snprintf(path, sizeof path, FIXTURES "%s.npy", type_name((mixup_type)type));
        check_fixture(path, (mixup_type)type, "2x3");
    }
}

static void every_version_rank_and_gzip_is_read(void **state) {
    (void)state;
    check_fixture(FIXTURES "version2.npy", MIXUP_FLOAT32, "2x3");
    check_fixture(FIXTURES "version3.npy", MIXUP_FLOAT32, "2x3");
    check_fixture(FIXTURES "float32.npy.gz", MIXUP_FLOAT32, "2x3");
    check_fixture(FIXTURES "rank1.npy", MIXUP_FLOAT32, "6");
    check_fixture(FIXTURES "rank5.npy", MIXUP_UINT8, "1x2x1x3x1");
}

static void a_scalar_is_read_as_one_element(void **state) {
    (void)state;
    array out = {0};
    assert_int_equal(npy_read(FIXTURES "rank0.npy", 0, NULL, &out), MIXUP_OK);
    assert_string_equal(shape_to_text(&out.shape).text, "1");
    assert_true(array_element(out.type, out.data, 0) == 7);
    array_clear(&out, NULL);
}

static void assert_message(const char *message) {
    if (strstr(mixup_last_error(), message) == NULL)
        fail_msg("'%s' does not contain '%s'", mixup_last_error(), message);
}

static void what_is_not_supported_says_how_to_save_it(void **state) {
    (void)state;
    assert_int_equal(read_and_count(read_all, FIXTURES "fortran.npy"), MIXUP_ERROR_UNSUPPORTED);
    assert_message("numpy.ascontiguousarray");
    assert_int_equal(read_and_count(read_all, FIXTURES "big_endian.npy"), MIXUP_ERROR_UNSUPPORTED);
    assert_message("array.astype('<f4')");
    assert_int_equal(read_and_count(read_all, FIXTURES "complex.npy"), MIXUP_ERROR_UNSUPPORTED);
    assert_message("'<c8' is not supported; save with array.astype('float32')");
    temporary_folder folder;
    size_t size = 0;
    temporary_folder_make(&folder);
    char *data = read_bytes(FIXTURES "complex.npy", &size);
    memcpy(strstr(data + 10, "<c8"), "<U1", 3); /* behind the magic, which has a NUL */
    write_bytes(temporary_file(&folder, "text.npy"), data, size);
    assert_int_equal(read_and_count(read_all, temporary_file(&folder, "text.npy")), MIXUP_ERROR_UNSUPPORTED);
    assert_message("'<U1' is not supported; it is text; numbers for its values are numpy.unique(array, "
                   "return_inverse=True)[1]");
    free(data);
    temporary_folder_remove(&folder);
    assert_int_equal(read_and_count(read_all, FIXTURES "structured.npy"), MIXUP_ERROR_UNSUPPORTED);
    assert_message("structured array");
    assert_int_equal(read_and_count(read_all, FIXTURES "rank6.npy"), MIXUP_ERROR_UNSUPPORTED);
    assert_message("more than 5 dimensions");
    assert_int_equal(read_and_count(read_all, FIXTURES "empty.npy"), MIXUP_ERROR_FORMAT);
    assert_message("dimension 0 has the size 0");
}

static void a_cut_file_is_malformed(void **state) {
    (void)state;
    cut_at_every_byte(FIXTURES "int16.npy", read_all);
    cut_at_every_byte(FIXTURES "version2.npy", read_all);
    cut_at_every_byte(FIXTURES "float32.npy.gz", read_all);
}

static void a_changed_file_does_no_harm(void **state) {
    (void)state;
    change_every_byte(FIXTURES "rank5.npy", read_all);
    change_every_byte(FIXTURES "float32.npy.gz", read_all);
}

/* A version 1.0 file with this header and `size` bytes of data. */
static mixup_status read_header_text(const char *header, const void *data, size_t size) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    const size_t length = strlen(header);
    char *file = calloc(1, length + size + 10);
    assert_non_null(file);
    memcpy(file, "\x93NUMPY\x01", 8);
    file[8] = (char)(length & 255);
    file[9] = (char)(length >> 8);
    memcpy(file + 10, header, length); /* NOLINT(bugprone-not-null-terminated-result): it is a file */
    memcpy(file + 10 + length, data, size);
    const char *path = temporary_file(&folder, "made.npy");
    write_bytes(path, file, 10 + length + size);
    free(file);
    const mixup_status status = read_and_count(read_all, path);
    temporary_folder_remove(&folder);
    return status;
}

static void any_python_spelling_of_the_header_is_read(void **state) {
    (void)state;
    static const char *const headers[] = {
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n",
        "{'shape':(2,),'fortran_order':False,'descr':'|u1'}",
        " { \"descr\" : \"<u1\" , 'fortran_order' : False , 'shape' : ( 2L , ) } \n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, )}",
    };
    for (size_t i = 0; i < MIXUP_COUNT(headers); i++)
        assert_int_equal(read_header_text(headers[i], "xy", 2), MIXUP_OK);
}

static void malformed_headers_are_refused(void **state) {
    (void)state;
    static const char *const headers[] = {
        "",
        "{",
        "{}",
        "[1]",
        "{'descr'",
        "{'descr': '|u1', 'fortran_order': False}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)} x",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 2}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '|u1', 'fortran_order': None, 'shape': (2,)}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'more': 1}",
        "{'descr': '|u1' 'fortran_order': False, 'shape': (2,)}",
        "{'descr': u1, 'fortran_order': False, 'shape': (2,)}",
    };
    for (size_t i = 0; i < MIXUP_COUNT(headers); i++)
        if (read_header_text(headers[i], "xy", 2) != MIXUP_ERROR_FORMAT)
            fail_msg("header %s is not refused as malformed: %s", headers[i], mixup_last_error());
}

static void too_few_and_too_many_bytes_are_refused(void **state) {
    (void)state;
    const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
    assert_int_equal(read_header_text(header, "1234567", 7), MIXUP_ERROR_FORMAT);
    assert_message("8 bytes were expected at offset 65, 1 of them are missing");
    assert_int_equal(read_header_text(header, "123456789", 9), MIXUP_ERROR_FORMAT);
    assert_message("further bytes follow the array");
}

static void a_huge_claim_allocates_nothing_huge(void **state) {
    (void)state;
    const char *large = "{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976,)}";
    const char *larger = "{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976, 16)}";
    assert_int_equal(read_header_text(large, "", 0), MIXUP_ERROR_FORMAT);
    assert_int_equal(read_header_text(larger, "", 0), MIXUP_ERROR_FORMAT);
}

static void writing_gives_numpys_bytes(void **state) {
    (void)state;
    static const char *const names[] = {"float32", "uint8", "int8",    "int16",  "int32", "int64",
                                        "float64", "bool",  "float16", "uint16", "rank1", "rank5"};
    temporary_folder folder;
    temporary_folder_make(&folder);
    for (size_t i = 0; i < MIXUP_COUNT(names); i++) {
        char source[128];
        snprintf(source, sizeof source, FIXTURES "%s.npy", names[i]);
        array in = {0};
        assert_int_equal(npy_read(source, 0, NULL, &in), MIXUP_OK);
        const char *copy = temporary_file(&folder, names[i]);
        assert_int_equal(npy_write(copy, &in, NULL), MIXUP_OK);
        assert_same_bytes(copy, source);
        array_clear(&in, NULL);
    }
    temporary_folder_remove(&folder);
}

static mixup_status write_floats(const char *path, const mixup_allocator *allocator) {
    float values[3] = {1, 2, 3};
    const array in = {.type = MIXUP_FLOAT32, .shape = {.rank = 1, .sizes = {3}}, .data = values};
    return npy_write(path, &in, allocator);
}

static void a_refused_write_leaves_the_old_file(void **state) {
    (void)state;
    write_where_it_is_refused(write_floats);
}

static mixup_status read_fixture(const mixup_allocator *allocator, void *user) {
    return read_all(user, allocator);
}

static mixup_status write_to(const mixup_allocator *allocator, void *user) {
    return write_floats(user, allocator);
}

static void every_failed_allocation_is_an_error(void **state) {
    (void)state;
    char source[] = FIXTURES "float16.npy";
    assert_in_range(fail_every_allocation(read_fixture, source), 3, 100);
    temporary_folder folder;
    temporary_folder_make(&folder);
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "out.npy"));
    assert_in_range(fail_every_allocation(write_to, path), 3, 100);
    assert_int_equal(temporary_folder_count(&folder), 1);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(every_version_rank_and_gzip_is_read),
        cmocka_unit_test(a_scalar_is_read_as_one_element),
        cmocka_unit_test(what_is_not_supported_says_how_to_save_it),
        cmocka_unit_test(a_cut_file_is_malformed),
        cmocka_unit_test(a_changed_file_does_no_harm),
        cmocka_unit_test(any_python_spelling_of_the_header_is_read),
        cmocka_unit_test(malformed_headers_are_refused),
        cmocka_unit_test(too_few_and_too_many_bytes_are_refused),
        cmocka_unit_test(a_huge_claim_allocates_nothing_huge),
        cmocka_unit_test(writing_gives_numpys_bytes),
        cmocka_unit_test(a_refused_write_leaves_the_old_file),
        cmocka_unit_test(every_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
