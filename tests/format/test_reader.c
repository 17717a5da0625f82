/* Bytes of plain and gzip files. */
#include "support/damaged_file.h"

#include "format/reader.h"

#include <errno.h>
#include <zlib.h>

enum { LARGE = 5 << 20 }; /* several times what reader_block takes on trust */

static unsigned char *make_noise(size_t size) {
    unsigned char *noise = malloc(size);
    assert_non_null(noise);
    uint32_t value = 1;
    for (size_t i = 0; i < size; i++) {
        value = value * 1664525U + 1013904223U;
        noise[i] = (unsigned char)(value >> 24);
    }
    return noise;
}

static void write_packed(const char *path, const void *data, size_t size, const char *mode) {
    gzFile out = gzopen(path, mode);
    assert_non_null(out);
    assert_int_equal(gzwrite(out, data, (unsigned)size), size);
    assert_int_equal(gzclose(out), Z_OK);
}

static void a_large_block_is_whole(const char *path, const unsigned char *expected) {
    reader in;
    assert_int_equal(reader_open(&in, path, NULL), MIXUP_OK);
    void *block = NULL;
    assert_int_equal(reader_block(&in, LARGE, &block), MIXUP_OK);
    assert_memory_equal(block, expected, LARGE);
    memory_release(&in.allocator, block);
    assert_int_equal(reader_finish(&in, "the block"), MIXUP_OK);
    reader_close(&in);
}

static void large_blocks_are_read_plain_and_packed(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    unsigned char *noise = make_noise(LARGE);
    const char *path = temporary_file(&folder, "plain");
    write_bytes(path, noise, LARGE);
    a_large_block_is_whole(path, noise);
    path = temporary_file(&folder, "packed");
    write_packed(path, noise, LARGE, "wb1");
    a_large_block_is_whole(path, noise);
    write_packed(path, noise, LARGE / 2, "wb1"); /* two gzip members are one content */
    write_packed(path, noise + LARGE / 2, LARGE - LARGE / 2, "ab1");
    a_large_block_is_whole(path, noise);
    free(noise);
    temporary_folder_remove(&folder);
}

static void a_large_block_may_stand_anywhere_in_a_file(void **state) {
    (void)state;
    enum { BEFORE = 1000003, BEHIND = 5 };
    temporary_folder folder;
    temporary_folder_make(&folder);
    unsigned char *noise = make_noise(BEFORE + LARGE + BEHIND);
    const char *path = temporary_file(&folder, "plain");
    write_bytes(path, noise, BEFORE + LARGE + BEHIND);
    reader in;
    void *before = NULL, *block = NULL;
    unsigned char behind[BEHIND];
    assert_int_equal(reader_open(&in, path, NULL), MIXUP_OK);
    assert_int_equal(reader_block(&in, BEFORE, &before), MIXUP_OK);
    assert_int_equal(reader_block(&in, LARGE, &block), MIXUP_OK);
    assert_memory_equal(before, noise, BEFORE);
    assert_memory_equal(block, noise + BEFORE, LARGE);
    memory_release(&in.allocator, before);
    memory_release(&in.allocator, block);
    assert_int_equal(in.offset, BEFORE + LARGE);
    assert_int_equal(reader_exact(&in, behind, BEHIND), MIXUP_OK);
    assert_memory_equal(behind, noise + BEFORE + LARGE, BEHIND);
    assert_int_equal(reader_finish(&in, "all"), MIXUP_OK);
    reader_close(&in);
    free(noise);
    temporary_folder_remove(&folder);
}

static void looking_for_the_end_loses_no_byte(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "three");
    write_bytes(path, "abc", 3);
    reader in;
    assert_int_equal(reader_open(&in, path, NULL), MIXUP_OK);
    bool at_end = true;
    char bytes[4] = "";
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(reader_at_end(&in, &at_end), MIXUP_OK);
        assert_false(at_end);
        assert_int_equal(reader_exact(&in, bytes + i, 1), MIXUP_OK);
    }
    assert_string_equal(bytes, "abc");
    assert_int_equal(in.offset, 3);
    assert_int_equal(reader_at_end(&in, &at_end), MIXUP_OK);
    assert_true(at_end);
    reader_close(&in);
    temporary_folder_remove(&folder);
}

static void missing_bytes_are_counted(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "five");
    write_bytes(path, "abcde", 5);
    reader in;
    assert_int_equal(reader_open(&in, path, NULL), MIXUP_OK);
    char bytes[8];
    size_t got = 0;
    assert_int_equal(reader_exact(&in, bytes, 2), MIXUP_OK);
    assert_int_equal(reader_expect(&in, 3), MIXUP_OK);
    assert_int_equal(reader_expect(&in, 4), MIXUP_ERROR_FORMAT);
    assert_non_null(
        strstr(mixup_last_error(), "five: ends early: 4 bytes were expected at offset 2, 1 of them"));
    assert_int_equal(reader_some(&in, bytes, 8, &got), MIXUP_OK);
    assert_int_equal(got, 3);
    assert_int_equal(reader_exact(&in, bytes, 1), MIXUP_ERROR_FORMAT);
    reader_close(&in);
    temporary_folder_remove(&folder);
}

/* Would a claim that the packed file cannot hold be tried, the hook would see it. */
static void *refuse_large(size_t size, void *user) {
    (void)user;
    assert_true(size < (4U << 20));
    return malloc(size);
}

static void release(void *pointer, void *user) {
    (void)user;
    free(pointer);
}

static void a_packed_file_that_claims_much_allocates_little(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "claims");
    unsigned char *noise = make_noise(1 << 19);
    write_packed(path, noise, 1 << 19, "wb1");
    free(noise);
    const mixup_allocator hooks = {refuse_large, release, NULL};
    reader in;
    void *block = NULL;
    assert_int_equal(reader_open(&in, path, &hooks), MIXUP_OK);
    assert_int_equal(reader_block(&in, (size_t)1 << 30, &block), MIXUP_ERROR_FORMAT); /* beyond any ratio */
    assert_non_null(strstr(mixup_last_error(), "more than a gzip file of this size can hold"));
    assert_int_equal(reader_block(&in, 100 << 20, &block), MIXUP_ERROR_FORMAT); /* possible but untrue */
    assert_non_null(strstr(mixup_last_error(), "are missing"));
    assert_null(block);
    reader_close(&in);
    temporary_folder_remove(&folder);
}

static void a_wrong_checksum_is_found_at_the_end(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "packed");
    write_packed(path, "contents", 8, "wb");
    size_t size = 0;
    char *data = read_bytes(path, &size);
    data[size - 8] = (char)(data[size - 8] ^ 1);
    write_bytes(path, data, size);
    free(data);
    reader in;
    char bytes[8];
    assert_int_equal(reader_open(&in, path, NULL), MIXUP_OK);
    mixup_status status = reader_exact(&in, bytes, 8);
    if (status == MIXUP_OK)
        status = reader_finish(&in, "the contents");
    assert_int_equal(status, MIXUP_ERROR_FORMAT);
    assert_non_null(strstr(mixup_last_error(), "corrupt"));
    reader_close(&in);
    temporary_folder_remove(&folder);
}

static void *allocate(size_t size, void *user) {
    (void)user;
    return malloc(size);
}

static void release_and_forget_the_error(void *pointer, void *user) {
    (void)user;
    free(pointer);
    errno = 0;
}

static void a_file_that_cannot_be_opened_is_told_with_the_systems_reason(void **state) {
    (void)state;
    const mixup_allocator hooks = {.allocate = allocate, .release = release_and_forget_the_error};
    reader in;
    assert_int_equal(reader_open(&in, "absent/file", &hooks), MIXUP_ERROR_IO);
    assert_string_equal(mixup_last_error(), "absent/file: cannot open: No such file or directory");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_cannot_be_opened_is_told_with_the_systems_reason),
        cmocka_unit_test(large_blocks_are_read_plain_and_packed),
        cmocka_unit_test(a_large_block_may_stand_anywhere_in_a_file),
        cmocka_unit_test(looking_for_the_end_loses_no_byte),
        cmocka_unit_test(missing_bytes_are_counted),
        cmocka_unit_test(a_packed_file_that_claims_much_allocates_little),
        cmocka_unit_test(a_wrong_checksum_is_found_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
