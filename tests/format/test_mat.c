/* MATLAB files: those of SciPy's savemat, some made here, and damaged ones. */
#include "support/damaged_file.h"

#include "format/mat.h"
#include "tensor/array.h"

#include <zlib.h>

#define PLAIN  "tests/fixtures/mat/plain.mat"
#define PACKED "tests/fixtures/mat/packed.mat"
#define TYPES  "tests/fixtures/mat/types.mat"

/* ---------------------------------------------------------------- reading */

typedef struct loaded {
    mat_variable is;
    void *data;
} loaded;

static mixup_status load(const char *path, const char *name, const mixup_allocator *allocator, loaded *out) {
    const mixup_allocator hooks = memory_allocator(allocator);
    MIXUP_TRY(mat_find(path, name, allocator, &out->is));
    out->data = memory_allocate(&hooks, shape_count(&out->is.shape), type_size(out->is.type));
    if (out->data == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status = mat_read(path, name, allocator, &out->is, out->data);
    if (status != MIXUP_OK)
        memory_release(&hooks, out->data);
    return status;
}

static void unload(loaded *in, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    memory_release(&hooks, in->data);
}

static void assert_loaded(const char *path, const char *name, mixup_type type, shape expected,
                          const double *values) {
    loaded in;
    if (load(path, name, NULL, &in) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_int_equal(in.is.type, type);
    assert_true(shape_equal(&in.is.shape, &expected));
    for (size_t i = 0; i < shape_count(&expected); i++)
        assert_true(array_element(type, in.data, i) == values[i]);
    unload(&in, NULL);
}

static void assert_refused(const char *path, const char *name, mixup_status status, const char *part) {
    loaded in = {.data = NULL};
    if (load(path, name, NULL, &in) != status || strstr(mixup_last_error(), part) == NULL ||
        strstr(mixup_last_error(), path) == NULL)
        fail_msg("not refused with %d '%s': '%s'", (int)status, part, mixup_last_error());
}

static void every_type_of_scipy_is_read_plain_and_packed(void **state) {
    (void)state;
    static const struct {
        const char *name;
        mixup_type type;
    } kinds[] = {{"f8", MIXUP_FLOAT64}, {"f4", MIXUP_FLOAT32}, {"i1", MIXUP_INT8},  {"u1", MIXUP_UINT8},
                 {"i2", MIXUP_INT16},   {"u2", MIXUP_UINT16},  {"i4", MIXUP_INT32}, {"i8", MIXUP_INT64}};
    static const char *const paths[] = {TYPES, "tests/fixtures/mat/types_packed.mat"};
    static const double columns[] = {1, 100, 2, 5, 3, 127}; /* of [[1, 2, 3], [100, 5, 127]] */
    for (size_t p = 0; p < 2; p++) {
        for (size_t i = 0; i < MIXUP_COUNT(kinds); i++)
            assert_loaded(paths[p], kinds[i].name, kinds[i].type, (shape){2, {3, 2}}, columns);
        assert_loaded(paths[p], "small", MIXUP_INT16, (shape){2, {2, 1}}, (const double[]){7, 8});
        assert_loaded(paths[p], "a_name_that_is_longer_than_those_of_MATLAB_were_for_many_years",
                      MIXUP_FLOAT64, (shape){2, {1, 1}}, (const double[]){4});
    }
}

static void what_is_no_array_of_real_numbers_is_refused(void **state) {
    (void)state;
    assert_refused(TYPES, "complex", MIXUP_ERROR_UNSUPPORTED, "complex is complex double");
    assert_refused(TYPES, "text", MIXUP_ERROR_UNSUPPORTED, "variable text is text");
    assert_refused(TYPES, "cells", MIXUP_ERROR_UNSUPPORTED, "a cell array");
    assert_refused(TYPES, "struct", MIXUP_ERROR_UNSUPPORTED, "a struct");
    assert_refused(TYPES, "u4", MIXUP_ERROR_UNSUPPORTED, "variable u4 is uint32");
    assert_refused(TYPES, "u8", MIXUP_ERROR_UNSUPPORTED, "uint64");
    assert_refused(TYPES, "six", MIXUP_ERROR_UNSUPPORTED, "6 dimensions; at most 5");
    assert_refused(TYPES, "empty", MIXUP_ERROR_FORMAT, "empty is empty");
    assert_refused(TYPES, "nothing", MIXUP_ERROR_NOT_FOUND, "no variable nothing");
}

/* ---------------------------------------------------------------- files made here */

typedef struct made {
    unsigned char bytes[400000];
    size_t size;
} made;

static void add(made *to, const void *data, size_t size) {
    assert_true(to->size + size <= sizeof to->bytes);
    memcpy(to->bytes + to->size, data, size);
    to->size += size;
}

static void add_numbers(made *to, uint32_t first, uint32_t second) {
    const uint32_t both[] = {first, second};
    add(to, both, sizeof both);
}

static void add_file_header(made *to) {
    char header[128];
    memset(header, ' ', sizeof header);
    memcpy(header + 124, "\x00\x01IM", 4);
    add(to, header, sizeof header);
}

/* A row of `count` elements called x: of array class `kind`, stored as `type` of `size` bytes each. */
static void add_matrix(made *to, uint32_t kind, uint32_t type, size_t size, size_t count, const void *data) {
    const uint32_t bytes = (uint32_t)(size * count);
    const uint32_t padding = (8 - bytes % 8) % 8;
    add_numbers(to, 14, 16 + 16 + 8 + 8 + bytes + padding);
    add_numbers(to, 6, 8);
    add_numbers(to, kind, 0);
    add_numbers(to, 5, 8);
    add_numbers(to, 1, (uint32_t)count);
    add_numbers(to, 1 | 1U << 16, 'x');
    add_numbers(to, type, bytes);
    add(to, data, bytes);
    add(to, "\0\0\0\0\0\0\0", padding);
}

static void add_packed(made *to, const made *plain, int level) {
    static unsigned char packed[400000];
    uLongf size = sizeof packed;
    assert_int_equal(compress2(packed, &size, plain->bytes, plain->size, level), Z_OK);
    add_numbers(to, 15, (uint32_t)size);
    add(to, packed, size);
}

/* MATLAB stores doubles and singles in a smaller type where that has all their values. */
static void reals_that_are_stored_in_a_smaller_type_are_widened(void **state) {
    (void)state;
    enum { COUNT = 40000 }; /* more than one piece */
    static made file, plain;
    static uint32_t stored[COUNT];
    static double expected[COUNT];
    temporary_folder folder;
    temporary_folder_make(&folder);
    for (size_t i = 0; i < COUNT; i++)
        expected[i] = stored[i] = (uint32_t)i * 100003U; /* beyond 2^31, too */
    file.size = 0;
    add_file_header(&file);
    add_matrix(&file, 6, 6, 4, COUNT, stored);
    const char *path = temporary_file(&folder, "file.mat");
    write_bytes(path, file.bytes, file.size);
    assert_loaded(path, "x", MIXUP_FLOAT64, (shape){2, {COUNT, 1}}, expected);
    file.size = plain.size = 0;
    add_file_header(&file);
    add_matrix(&plain, 6, 6, 4, COUNT, stored);
    add_packed(&file, &plain, 1);
    write_bytes(path, file.bytes, file.size);
    assert_loaded(path, "x", MIXUP_FLOAT64, (shape){2, {COUNT, 1}}, expected);
    file.size = 0;
    add_file_header(&file);
    add_matrix(&file, 7, 1, 1, 3, "\xFF\x02\x03"); /* single, stored as int8 */
    write_bytes(path, file.bytes, file.size);
    assert_loaded(path, "x", MIXUP_FLOAT32, (shape){2, {3, 1}}, (const double[]){-1, 2, 3});
    temporary_folder_remove(&folder);
}

static void refuse_made(const made *file, mixup_status status, const char *part) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "file.mat");
    write_bytes(path, file->bytes, file->size);
    assert_refused(path, "x", status, part);
    temporary_folder_remove(&folder);
}

static void files_that_contradict_themselves_are_refused(void **state) {
    (void)state;
    static made file, plain;
    static const char data[16] = {1, 2, 3, 4};
    file.size = 0;
    add_file_header(&file);
    refuse_made(&file, MIXUP_ERROR_NOT_FOUND, "no variable x");
    add_matrix(&file, 9, 2, 1, 4, data);
    add_matrix(&file, 9, 2, 1, 4, data);
    refuse_made(&file, MIXUP_ERROR_FORMAT, "x is there twice");
    file.size = 128;
    add_matrix(&file, 9, 3, 2, 4, data); /* uint8 stored as int16 */
    refuse_made(&file, MIXUP_ERROR_FORMAT, "x is uint8, but its elements are stored as type 3");
    file.size = 128;
    add_matrix(&file, 7, 9, 8, 2, data); /* single stored as double */
    refuse_made(&file, MIXUP_ERROR_FORMAT, "stored as type 9");
    file.size = 128;
    add_matrix(&file, 18, 2, 1, 4, data);
    refuse_made(&file, MIXUP_ERROR_FORMAT, "unknown class 18");
    file.size = 128;
    add_matrix(&file, 9, 2, 1, 4, data);
    file.bytes[128 + 36] = 5; /* the number of columns */
    refuse_made(&file, MIXUP_ERROR_FORMAT, "4 bytes of elements for 5 elements of 1 bytes");
    memcpy(file.bytes + 124, "\x00\x02", 2);
    refuse_made(&file, MIXUP_ERROR_UNSUPPORTED, "version 7.3 (HDF5); save it with -v7");
    memcpy(file.bytes + 124, "\x00\x07", 2);
    refuse_made(&file, MIXUP_ERROR_FORMAT, "unknown version 7.0");
    memcpy(file.bytes + 124, "\x01\x00MI", 4);
    refuse_made(&file, MIXUP_ERROR_UNSUPPORTED, "big-endian");
    memcpy(file.bytes + 124, "\x00\x01XX", 4);
    refuse_made(&file, MIXUP_ERROR_FORMAT, "not a MATLAB file of version 5");
    /* Behind a whole matrix in a zlib stream: more of the stream, more bytes. */
    file.size = plain.size = 0;
    add_file_header(&file);
    add_matrix(&plain, 9, 2, 1, 8, data);
    add(&plain, data, 8);
    add_packed(&file, &plain, 1);
    refuse_made(&file, MIXUP_ERROR_FORMAT, "bytes follow the matrix");
    file.size = 128;
    plain.size -= 8;
    add_packed(&file, &plain, 1);
    file.bytes[128 + 4]++;
    add(&file, "", 1);
    refuse_made(&file, MIXUP_ERROR_FORMAT, "bytes follow the matrix");
    /* A few bytes that claim gigabytes. */
    plain.size = 0;
    add_matrix(&plain, 9, 2, 1, 8, data);
    const uint32_t claim = 0x7FFFFFF8;
    const uint32_t whole = claim + 48;
    memcpy(plain.bytes + 4, &whole, 4);
    memcpy(plain.bytes + 36, &claim, 4);
    memcpy(plain.bytes + 52, &claim, 4);
    file.size = 128;
    add_packed(&file, &plain, 1);
    refuse_made(&file, MIXUP_ERROR_FORMAT, "more than its part of the file holds");
}

/* The reader takes 16384 bytes of the file at once; here the next ones begin inside the check sum. */
static void a_check_sum_behind_the_last_element_is_verified(void **state) {
    (void)state;
    enum { PIECE = 16384, COUNT = PIECE - 65, PARTS = 48 /* bytes of a matrix in front of its elements */ };
    static made file, plain;
    static const char data[COUNT] = {1, 2, 3};
    const uint32_t size = PARTS + COUNT; /* without padding, which the last part may lack */
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "file.mat");
    file.size = plain.size = 0;
    add_file_header(&file);
    add_matrix(&plain, 9, 2, 1, COUNT, data);
    memcpy(plain.bytes + 4, &size, 4);
    plain.size = 8 + size;
    add_packed(&file, &plain, 0);
    assert_int_equal(file.size, 128 + 8 + PIECE + 2);
    write_bytes(path, file.bytes, file.size);
    loaded in;
    assert_int_equal(load(path, "x", NULL, &in), MIXUP_OK);
    unload(&in, NULL);
    file.bytes[file.size - 1] ^= 1;
    write_bytes(path, file.bytes, file.size);
    assert_refused(path, "x", MIXUP_ERROR_FORMAT, "incorrect data check");
    temporary_folder_remove(&folder);
}

/* ---------------------------------------------------------------- damage */

static mixup_status read_variable(const char *path, const char *name, const mixup_allocator *allocator) {
    loaded in;
    MIXUP_TRY(load(path, name, allocator, &in));
    const size_t count = shape_count(&in.is.shape);
    const double sum = array_element(in.is.type, in.data, 0) + array_element(in.is.type, in.data, count - 1);
    assert_true(sum != -1.0);
    unload(&in, allocator);
    return MIXUP_OK;
}

/* A file that ends between two variables lacks the second, which is no contradiction in itself. */
static mixup_status read_both(const char *path, const mixup_allocator *allocator) {
    mixup_status status = read_variable(path, "X", allocator);
    if (status == MIXUP_OK)
        status = read_variable(path, "y", allocator);
    return status == MIXUP_ERROR_NOT_FOUND ? MIXUP_ERROR_FORMAT : status;
}

static void files_cut_at_any_byte_are_refused(void **state) {
    (void)state;
    cut_at_every_byte(PLAIN, read_both);
    cut_at_every_byte(PACKED, read_both);
}

static mixup_status read_any(const char *path, const mixup_allocator *allocator) {
    static const char *const names[] = {"f8", "u1", "small", "cells", "complex"};
    for (size_t i = 0; i < MIXUP_COUNT(names); i++)
        (void)read_variable(path, names[i], allocator);
    return MIXUP_OK;
}

static void changed_files_are_refused_or_read_within_bounds(void **state) {
    (void)state;
    change_every_byte(PLAIN, read_both);
    change_every_byte(TYPES, read_any);
}

/* What both variables of a file are, one after the other. */
static mixup_status load_both(const char *path, unsigned char contents[128]) {
    loaded images, labels;
    MIXUP_TRY(load(path, "X", NULL, &images));
    const mixup_status status = load(path, "y", NULL, &labels);
    if (status == MIXUP_OK) {
        memcpy(contents, images.data, 72);
        memcpy(contents + 72, labels.data, 3);
        unload(&labels, NULL);
    }
    unload(&images, NULL);
    return status;
}

/* Check sums protect all but the text of the header (and a few unused bits at the end of a deflate stream).
 */
static void no_change_of_what_is_packed_goes_unnoticed(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    size_t size = 0;
    unsigned char expected[128] = {0};
    char *data = read_bytes(PACKED, &size);
    const char *path = temporary_file(&folder, "changed.mat");
    assert_int_equal(load_both(PACKED, expected), MIXUP_OK);
    size_t accepted = 0;
    for (size_t at = 124; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            unsigned char contents[128] = {0};
            data[at] = (char)(data[at] ^ (1 << bit));
            write_bytes(path, data, size);
            data[at] = (char)(data[at] ^ (1 << bit));
            if (load_both(path, contents) != MIXUP_OK)
                continue;
            accepted++;
            assert_memory_equal(contents, expected, sizeof contents);
        }
    assert_true(accepted <= 14); /* seven bits a stream */
    free(data);
    temporary_folder_remove(&folder);
}

static void a_file_that_changed_in_between_is_refused(void **state) {
    (void)state;
    mat_variable is;
    char data[64];
    assert_int_equal(mat_find(PLAIN, "y", NULL, &is), MIXUP_OK);
    is.shape.sizes[1] = 2;
    assert_int_equal(mat_read(PLAIN, "y", NULL, &is, data), MIXUP_ERROR_IO);
    assert_non_null(strstr(mixup_last_error(), "was changed"));
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    return read_both(user, allocator);
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    char path[] = PACKED;
    assert_true(fail_every_allocation(run, path) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_scipy_is_read_plain_and_packed),
        cmocka_unit_test(what_is_no_array_of_real_numbers_is_refused),
        cmocka_unit_test(reals_that_are_stored_in_a_smaller_type_are_widened),
        cmocka_unit_test(files_that_contradict_themselves_are_refused),
        cmocka_unit_test(a_check_sum_behind_the_last_element_is_verified),
        cmocka_unit_test(files_cut_at_any_byte_are_refused),
        cmocka_unit_test(changed_files_are_refused_or_read_within_bounds),
        cmocka_unit_test(no_change_of_what_is_packed_goes_unnoticed),
        cmocka_unit_test(a_file_that_changed_in_between_is_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
