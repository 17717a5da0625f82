/* CSV files. A record is printed as "line:[field][field]" so that a test is one comparison. */
#include "support/damaged_file.h"

#include "base/text.h"
#include "format/csv.h"

#define FIXTURES "tests/fixtures/format/"

typedef struct transcript {
    text text;
    size_t records;
    size_t stop_at; /* the record whose callback fails; 0: none */
} transcript;

static mixup_status note(const csv_row *row, void *user) {
    transcript *out = user;
    assert_int_equal(row->record, ++out->records);
    assert_true(row->count >= 1);
    text_format(&out->text, "%zu:", row->line);
    for (size_t i = 0; i < row->count; i++) {
        assert_int_equal(strlen(row->fields[i]), row->lengths[i]);
        text_format(&out->text, "[%s]", row->fields[i]);
    }
    if (row->record == out->stop_at)
        return error(MIXUP_ERROR_DATA, "stopped here");
    return text_status(&out->text);
}

static mixup_status read_transcript(const char *path, char separator, const mixup_allocator *allocator,
                                    transcript *out) {
    const mixup_allocator hooks = memory_allocator(allocator);
    text_init(&out->text, &hooks);
    return csv_read(path, separator, allocator, note, out);
}

static mixup_status read_all(const char *path, const mixup_allocator *allocator) {
    transcript out = {0};
    const mixup_status status = read_transcript(path, ',', allocator, &out);
    text_clear(&out.text);
    return status;
}

static void check_file(const char *path, char separator, const char *expected) {
    transcript out = {0};
    if (read_transcript(path, separator, NULL, &out) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_string_equal(out.text.data == NULL ? "" : out.text.data, expected);
    text_clear(&out.text);
}

static void check(const char *contents, char separator, const char *expected) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "made.csv");
    write_bytes(path, contents, strlen(contents));
    check_file(path, separator, expected);
    temporary_folder_remove(&folder);
}

#define QUOTED_ROWS                                                                                          \
    "1:[name][width][remark]2:[iris, blue][1.5][says \"hi\"]3:[two\nlines][][Grüße]5:[plain][-2e3][]"

static void pythons_files_are_read(void **state) {
    (void)state;
    check_file(FIXTURES "quoted.csv", ',', QUOTED_ROWS);
    check_file(FIXTURES "quoted.csv.gz", ',', QUOTED_ROWS);
    check_file(FIXTURES "excel.csv", ';', QUOTED_ROWS);
}

static void every_line_end_is_known(void **state) {
    (void)state;
    check("a,b\nc,d\n", 0, "1:[a][b]2:[c][d]");
    check("a,b\r\nc,d\r\n", 0, "1:[a][b]2:[c][d]");
    check("a,b\rc,d\r", 0, "1:[a][b]2:[c][d]");
    check("a,b\nc,d", 0, "1:[a][b]2:[c][d]");
    check("a\n\r\nb\r\rc", 0, "1:[a]3:[b]5:[c]");
    check("\"a\r\nb\"\r\nc\r\n", 0, "1:[a\r\nb]3:[c]");
}

static void blank_lines_are_skipped_and_counted(void **state) {
    (void)state;
    check("\n\na\n \t \n\nb\n\n", 0, "3:[a]6:[b]");
    check("", 0, "");
    check("\n", 0, "");
    check("\xEF\xBB\xBF", 0, "");
}

static void empty_fields_are_fields(void **state) {
    (void)state;
    check(",\n\"\"\n,,x\n", 0, "1:[][]2:[]3:[][][x]");
    check("\t\n", '\t', "1:[][]");
    check("a,", 0, "1:[a][]");
}

static void blanks_around_fields_are_dropped_but_not_inside_quotes(void **state) {
    (void)state;
    check(" a , b c ,\" d \" \n", 0, "1:[a][b c][ d ]");
}

static void any_byte_separates(void **state) {
    (void)state;
    check("a,b;c\td\n", ';', "1:[a,b][c\td]");
    check("a,b;c\td\n", '\t', "1:[a,b;c][d]");
    check("a b\n", ' ', "1:[a][b]");
    assert_int_equal(csv_read("x", '"', NULL, note, NULL), MIXUP_ERROR_ARGUMENT);
    assert_int_equal(csv_read("x", '\n', NULL, note, NULL), MIXUP_ERROR_ARGUMENT);
}

static void a_byte_order_mark_is_skipped_only_at_the_start(void **state) {
    (void)state;
    check("\xEF\xBB\xBF\"a\"\nb\n", 0, "1:[a]2:[b]");
    check("b\n\xEF\xBB\xBFx\n", 0, "1:[b]2:[\xEF\xBB\xBFx]");
}

static void assert_refused(const char *contents, size_t size, const char *message) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "bad.csv");
    write_bytes(path, contents, size);
    assert_int_equal(read_and_count(read_all, path), MIXUP_ERROR_FORMAT);
    if (strstr(mixup_last_error(), message) == NULL)
        fail_msg("'%s' does not contain '%s'", mixup_last_error(), message);
    temporary_folder_remove(&folder);
}

static void malformed_lines_are_named(void **state) {
    (void)state;
    assert_refused("a\nb,\"c\nd\n", 9, "bad.csv:2: a quote that opens in this record is not closed");
    assert_refused("a\nb,c\"d\n", 8, "bad.csv:2: a quote stands inside a field");
    assert_refused("a\n\n\"b\"c\n", 8, "bad.csv:3: a quote stands inside a field");
    assert_refused("a\nb\0c\n", 6, "bad.csv:2: contains a NUL byte");
    assert_refused("\xFF\xFE"
                   "a\0\n\0",
                   6, "bad.csv:1: contains a NUL byte");
    assert_refused("\"", 1, "bad.csv:1: a quote that opens");
}

/* Fields and records that lie across the pieces in which the file is read. */
static void long_fields_and_many_records_are_whole(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "long.csv");
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    for (int i = 0; i < 5000; i++)
        fprintf(out, "%d,\"%0*d\n\"\"\"\r\n", i, 1 + i % 97, i);
    for (int i = 0; i < 200000; i++)
        fputc('x', out);
    assert_int_equal(fclose(out), 0);
    transcript got = {0};
    assert_int_equal(read_transcript(path, 0, NULL, &got), MIXUP_OK);
    assert_int_equal(got.records, 5001);
    text expected;
    const mixup_allocator hooks = memory_allocator(NULL);
    text_init(&expected, &hooks);
    for (int i = 0; i < 5000; i++)
        text_format(&expected, "%d:[%d][%0*d\n\"]", 2 * i + 1, i, 1 + i % 97, i);
    text_add(&expected, "10001:[xx");
    assert_memory_equal(got.text.data, expected.data, expected.length);
    assert_int_equal(got.text.length, expected.length - 2 + 200000 + 1);
    text_clear(&expected);
    text_clear(&got.text);
    temporary_folder_remove(&folder);
}

/* A hook that fails where memory grows with the file instead of with the record. */
static void *refuse_large(size_t size, void *user) {
    (void)user;
    assert_true(size < 200000);
    return malloc(size);
}

static void release(void *pointer, void *user) {
    (void)user;
    free(pointer);
}

static mixup_status count_only(const csv_row *row, void *user) {
    assert_int_equal(row->lengths[0], 99);
    ++*(size_t *)user;
    return MIXUP_OK;
}

static void memory_is_bounded_by_the_longest_record(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "many.csv");
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    for (int i = 0; i < 20000; i++)
        fprintf(out, "%099d\n", i);
    assert_int_equal(fclose(out), 0);
    const mixup_allocator hooks = {refuse_large, release, NULL};
    size_t records = 0;
    assert_int_equal(csv_read(path, 0, &hooks, count_only, &records), MIXUP_OK);
    assert_int_equal(records, 20000);
    temporary_folder_remove(&folder);
}

static void many_fields_are_whole(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "wide.csv");
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    text expected;
    const mixup_allocator hooks = memory_allocator(NULL);
    text_init(&expected, &hooks);
    text_add(&expected, "1:");
    for (int i = 0; i < 3000; i++) {
        fprintf(out, i == 0 ? "%d" : ",%d", i);
        text_format(&expected, "[%d]", i);
    }
    assert_int_equal(fclose(out), 0);
    check_file(path, 0, expected.data);
    text_clear(&expected);
    temporary_folder_remove(&folder);
}

static void a_callback_stops_the_reading(void **state) {
    (void)state;
    transcript out = {.stop_at = 2};
    assert_int_equal(read_transcript(FIXTURES "quoted.csv", 0, NULL, &out), MIXUP_ERROR_DATA);
    assert_string_equal(mixup_last_error(), "stopped here");
    assert_int_equal(out.records, 2);
    text_clear(&out.text);
    out = (transcript){.stop_at = 1}; /* the record ends with the file */
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "one.csv");
    write_bytes(path, "a,b", 3);
    assert_int_equal(read_transcript(path, 0, NULL, &out), MIXUP_ERROR_DATA);
    text_clear(&out.text);
    temporary_folder_remove(&folder);
}

static void a_missing_file_is_an_error(void **state) {
    (void)state;
    assert_int_equal(read_and_count(read_all, "/tmp/mixup-no-such-file"), MIXUP_ERROR_IO);
}

/* A plain file that was cut is a CSV file still; a packed one is not. */
static void a_cut_packed_file_is_malformed(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    size_t size = 0;
    char *data = read_bytes(FIXTURES "quoted.csv.gz", &size);
    for (size_t length = 2; length < size; length++) {
        const char *copy = temporary_file(&folder, "cut");
        write_bytes(copy, data, length);
        assert_int_equal(read_and_count(read_all, copy), MIXUP_ERROR_FORMAT);
    }
    free(data);
    temporary_folder_remove(&folder);
}

static void a_changed_file_does_no_harm(void **state) {
    (void)state;
    change_every_byte(FIXTURES "quoted.csv", read_all);
    change_every_byte(FIXTURES "quoted.csv.gz", read_all);
}

static mixup_status read_fixture(const mixup_allocator *allocator, void *user) {
    return read_all(user, allocator);
}

static void every_failed_allocation_is_an_error(void **state) {
    (void)state;
    char path[] = FIXTURES "quoted.csv";
    assert_in_range(fail_every_allocation(read_fixture, path), 6, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pythons_files_are_read),
        cmocka_unit_test(every_line_end_is_known),
        cmocka_unit_test(blank_lines_are_skipped_and_counted),
        cmocka_unit_test(empty_fields_are_fields),
        cmocka_unit_test(blanks_around_fields_are_dropped_but_not_inside_quotes),
        cmocka_unit_test(any_byte_separates),
        cmocka_unit_test(a_byte_order_mark_is_skipped_only_at_the_start),
        cmocka_unit_test(malformed_lines_are_named),
        cmocka_unit_test(long_fields_and_many_records_are_whole),
        cmocka_unit_test(memory_is_bounded_by_the_longest_record),
        cmocka_unit_test(many_fields_are_whole),
        cmocka_unit_test(a_callback_stops_the_reading),
        cmocka_unit_test(a_missing_file_is_an_error),
        cmocka_unit_test(a_cut_packed_file_is_malformed),
        cmocka_unit_test(a_changed_file_does_no_harm),
        cmocka_unit_test(every_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
