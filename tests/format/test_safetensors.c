/* safetensors files, read and written. */
#include "support/damaged_file.h"
#include "support/refused_write.h"

#include "format/safetensors.h"

#define FIXTURES "tests/fixtures/format/"

static const double fixture_values[6] = {0, 1, 2, 3, 100, 127};

/* Reads and looks at everything. */
static mixup_status read_all(const char *path, const mixup_allocator *allocator) {
    safetensors *file = NULL;
    const mixup_status status = safetensors_read(&file, path, 0, allocator);
    if (status != MIXUP_OK) {
        assert_null(file);
        return status;
    }
    double sum = 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const safetensors_entry *entry = safetensors_at(file, i);
        for (size_t j = 0; j < shape_count(&entry->shape); j++)
            sum += array_element(entry->type, entry->data, j);
        assert_ptr_equal(safetensors_find(file, entry->name), entry);
    }
    (void)sum;
    safetensors_destroy(file);
    return MIXUP_OK;
}

static void assert_message(const char *message) {
    if (strstr(mixup_last_error(), message) == NULL)
        fail_msg("'%s' does not contain '%s'", mixup_last_error(), message);
}

static void every_type_is_read(void **state) {
    (void)state;
    safetensors *file = NULL;
    assert_int_equal(safetensors_read(&file, FIXTURES "types.safetensors", 0, NULL), MIXUP_OK);
    assert_int_equal(safetensors_count(file), MIXUP_TYPE_COUNT + 1);
    for (int type = 0; type < MIXUP_TYPE_COUNT; type++) {
        const safetensors_entry *entry = safetensors_find(file, type_name((mixup_type)type));
        assert_non_null(entry);
        assert_int_equal(entry->type, type);
        assert_string_equal(shape_to_text(&entry->shape).text, "2x3");
        assert_int_equal((uintptr_t)entry->data % MEMORY_ALIGNMENT, 0);
        for (size_t i = 0; i < 6; i++)
            assert_true(array_element(entry->type, entry->data, i) ==
                        (type == MIXUP_BOOL ? (double)(fixture_values[i] != 0) : fixture_values[i]));
    }
    safetensors_destroy(file);
}

static void a_scalar_is_read_as_one_element_and_names_are_unescaped(void **state) {
    (void)state;
    safetensors *file = NULL;
    assert_int_equal(safetensors_read(&file, FIXTURES "types.safetensors", 0, NULL), MIXUP_OK);
    const safetensors_entry *entry = safetensors_find(file, "a scalar, \"quoted\" and Grüße");
    assert_non_null(entry);
    assert_string_equal(shape_to_text(&entry->shape).text, "1");
    assert_true(array_element(entry->type, entry->data, 0) == 7);
    safetensors_destroy(file);
}

static void metadata_and_the_order_of_the_data_are_kept(void **state) {
    (void)state;
    safetensors *file = NULL;
    assert_int_equal(safetensors_read(&file, FIXTURES "model.safetensors", 0, NULL), MIXUP_OK);
    assert_string_equal(safetensors_metadata(file, "network"), "- {op: dense}\n");
    assert_null(safetensors_metadata(file, "missing"));
    assert_null(safetensors_find(file, "missing"));
    assert_int_equal(safetensors_count(file), 2);
    assert_string_equal(safetensors_at(file, 0)->name, "dense1.bias");
    assert_string_equal(safetensors_at(file, 1)->name, "dense1.weight");
    safetensors_destroy(file);
    safetensors_destroy(NULL);
}

static void a_type_that_is_not_supported_is_named(void **state) {
    (void)state;
    assert_int_equal(read_and_count(read_all, FIXTURES "bfloat16.safetensors"), MIXUP_ERROR_UNSUPPORTED);
    assert_message("tensor 'half': element type 'BF16' is not supported");
}

static void a_cut_file_is_malformed(void **state) {
    (void)state;
    cut_at_every_byte(FIXTURES "types.safetensors", read_all);
    cut_at_every_byte(FIXTURES "model.safetensors", read_all);
}

static void a_changed_file_does_no_harm(void **state) {
    (void)state;
    change_every_byte(FIXTURES "model.safetensors", read_all);
}

/* A file with this header and `size` bytes of data. */
static mixup_status read_header_text(const char *header, size_t size) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    const size_t length = strlen(header);
    char *bytes = calloc(1, 8 + length + size);
    assert_non_null(bytes);
    bytes[0] = (char)(length & 255);
    bytes[1] = (char)(length >> 8);
    memcpy(bytes + 8, header, length); /* NOLINT(bugprone-not-null-terminated-result): it is a file */
    const char *path = temporary_file(&folder, "made.safetensors");
    write_bytes(path, bytes, 8 + length + size);
    free(bytes);
    const mixup_status status = read_and_count(read_all, path);
    temporary_folder_remove(&folder);
    return status;
}

static void what_the_format_allows_is_read(void **state) {
    (void)state;
    static const char *const headers[] = {
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}     ",
        "{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]},"
        "\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}",
        "{\"__metadata__\":{},\"a\":{\"shape\":[2,2],\"data_offsets\":[0,4],\"dtype\":\"I8\"}}",
    };
    for (size_t i = 0; i < MIXUP_COUNT(headers); i++)
        assert_int_equal(read_header_text(headers[i], 4), MIXUP_OK);
    assert_int_equal(read_header_text("{}", 0), MIXUP_OK);
    assert_int_equal(read_header_text("{\"__metadata__\":{\"k\":\"v\"}}", 0), MIXUP_OK);
}

#define ENTRY(name, type, sizes, offsets)                                                                    \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" sizes ",\"data_offsets\":" offsets "}"

static void malformed_headers_are_refused_with_a_reason(void **state) {
    (void)state;
    /* Each with four bytes of data. */
    static const struct {
        const char *header;
        const char *message;
    } cases[] = {
        {"", "does not begin with '{'"},
        {" {}", "does not begin with '{'"},
        {"[]", "does not begin with '{'"},
        {"{", "not valid JSON"},
        {"{} x", "not valid JSON"},
        {"{}", "further bytes follow the last tensor"},
        {"{\"a\":1}", "must be described by a JSON object"},
        {"{\"a\":{}}", "'dtype' must be a string"},
        {"{\"a\":{\"dtype\":\"U8\"}}", "'shape' must be a list"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4]}}", "'data_offsets' must be [begin, end]"},
        {"{" ENTRY("a", "U8", "[4]", "[0]") "}", "'data_offsets' must be"},
        {"{" ENTRY("a", "U8", "[4]", "[0,4,4]") "}", "'data_offsets' must be"},
        {"{" ENTRY("a", "U8", "[4]", "[4,0]") "}", "'data_offsets' must be"},
        {"{" ENTRY("a", "U8", "[4]", "[-4,0]") "}", "'data_offsets' must be"},
        {"{" ENTRY("a", "U8", "[4]", "[0,4.0]") "}", "'data_offsets' must be"},
        {"{" ENTRY("a", "U8", "[4]", "[0,99999999999999999999]") "}", "not valid JSON"},
        {"{" ENTRY("a", "U8", "[-4]", "[0,4]") "}", "must be an integer"},
        {"{" ENTRY("a", "U8", "[4.0]", "[0,4]") "}", "must be an integer"},
        {"{" ENTRY("a", "U8", "[3]", "[0,4]") "}", "uint8 3 takes 3 bytes, but its data_offsets span 4"},
        {"{" ENTRY("a", "F32", "[4]", "[0,4]") "}", "float32 4 takes 16 bytes"},
        {"{" ENTRY("a", "F32", "[4611686018427387904,4]", "[0,0]") "}", "but its data_offsets span 0"},
        {"{" ENTRY("a", "U8", "[5]", "[0,5]") "}", "1 of them are missing"},
        {"{" ENTRY("a", "U8", "[9223372036854775807]", "[0,9223372036854775807]") "}", "are missing"},
        {"{" ENTRY("a", "U8", "[3]", "[1,4]") "}", "a hole between tensors"},
        {"{" ENTRY("a", "U8", "[3]", "[0,3]") "}", "further bytes follow"},
        {"{" ENTRY("a", "U8", "[3]", "[0,3]") "," ENTRY("b", "U8", "[2]", "[2,4]") "}", "tensors overlap"},
        {"{" ENTRY("a", "U8", "[4]", "[0,4]") "," ENTRY("b", "U8", "[4]", "[0,4]") "}", "tensors overlap"},
        {"{" ENTRY("a", "U8", "[2]", "[0,2]") "," ENTRY("a", "U8", "[2]", "[2,4]") "}", "duplicate"},
        {"{\"__metadata__\":1," ENTRY("a", "U8", "[4]", "[0,4]") "}", "must be a JSON object"},
        {"{\"__metadata__\":{\"k\":1}," ENTRY("a", "U8", "[4]", "[0,4]") "}", "'k' in '__metadata__'"},
        {"{\"a\\u0000b\":1}", "not valid JSON"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        if (read_header_text(cases[i].header, 4) != MIXUP_ERROR_FORMAT)
            fail_msg("%s is not refused as malformed: %s", cases[i].header, mixup_last_error());
        assert_message(cases[i].message);
    }
}

static void tensors_that_we_cannot_hold_are_not_supported(void **state) {
    (void)state;
    assert_int_equal(read_header_text("{" ENTRY("a", "U8", "[1,1,1,1,2,2]", "[0,4]") "}", 4),
                     MIXUP_ERROR_UNSUPPORTED);
    assert_int_equal(read_header_text("{" ENTRY("a", "U8", "[0]", "[0,0]") "}", 0), MIXUP_ERROR_UNSUPPORTED);
}

static void a_huge_header_is_refused_before_it_is_read(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "huge.safetensors");
    write_bytes(path, "\x01\xE1\xF5\x05\0\0\0\0{}", 10); /* 100,000,001 */
    assert_int_equal(read_and_count(read_all, path), MIXUP_ERROR_FORMAT);
    assert_message("at most 100000000 are allowed");
    write_bytes(path, "\x00\xE1\xF5\x05\0\0\0\0{}", 10);
    assert_int_equal(read_and_count(read_all, path), MIXUP_ERROR_FORMAT);
    assert_message("are missing");
    temporary_folder_remove(&folder);
}

static void writing_gives_the_librarys_bytes(void **state) {
    (void)state;
    static const char *const names[] = {"types.safetensors", "model.safetensors"};
    temporary_folder folder;
    temporary_folder_make(&folder);
    const safetensors_text metadata[] = {{"network", "- {op: dense}\n"}};
    for (size_t i = 0; i < MIXUP_COUNT(names); i++) {
        char source[128];
        snprintf(source, sizeof source, FIXTURES "%s", names[i]);
        safetensors *file = NULL;
        assert_int_equal(safetensors_read(&file, source, 0, NULL), MIXUP_OK);
        safetensors_entry entries[MIXUP_TYPE_COUNT + 1];
        for (size_t j = 0; j < safetensors_count(file); j++) {
            entries[j] = *safetensors_at(file, j);
            if (entries[j].name[0] == 'a')
                entries[j].shape.rank = 0;
        }
        const char *copy = temporary_file(&folder, names[i]);
        assert_int_equal(safetensors_write(copy, entries, safetensors_count(file), metadata, i, NULL),
                         MIXUP_OK);
        assert_same_bytes(copy, source);
        safetensors_destroy(file);
    }
    temporary_folder_remove(&folder);
}

static const float weight[6] = {1, 2, 3, 4, 5, 6};
static const uint8_t flags[3] = {1, 0, 1};
static const double moment = 0.1;

/* Odd sizes in front, so that a reader that maps the data gets misaligned tensors. */
static mixup_status write_some(const char *path, const mixup_allocator *allocator) {
    const safetensors_entry entries[] = {
        {"z \"\\\n\t", MIXUP_BOOL, {.rank = 1, .sizes = {3}}, flags},
        {"dense1.weight", MIXUP_FLOAT32, {.rank = 2, .sizes = {2, 3}}, weight},
        {"ä", MIXUP_FLOAT64, {.rank = 1, .sizes = {1}}, &moment},
    };
    const safetensors_text metadata[] = {{"empty", ""}, {"text", "line\n\"quoted\" \x01 ü"}};
    return safetensors_write(path, entries, 3, metadata, 2, allocator);
}

static void what_is_written_is_read_back_in_order(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "some.safetensors");
    assert_int_equal(write_some(path, NULL), MIXUP_OK);
    size_t size = 0;
    char *bytes = read_bytes(path, &size);
    const size_t header = (size_t)(unsigned char)bytes[0] | (size_t)(unsigned char)bytes[1] << 8;
    assert_int_equal(header % 8, 0);
    assert_int_equal(size, 8 + header + 3 + 24 + 8);
    free(bytes);
    safetensors *file = NULL;
    assert_int_equal(safetensors_read(&file, path, 0, NULL), MIXUP_OK);
    assert_int_equal(safetensors_count(file), 3);
    assert_string_equal(safetensors_at(file, 0)->name, "z \"\\\n\t");
    assert_memory_equal(safetensors_at(file, 0)->data, flags, sizeof flags);
    assert_memory_equal(safetensors_find(file, "dense1.weight")->data, weight, sizeof weight);
    assert_true(*(const double *)safetensors_find(file, "ä")->data == moment);
    assert_string_equal(safetensors_metadata(file, "empty"), "");
    assert_string_equal(safetensors_metadata(file, "text"), "line\n\"quoted\" \x01 ü");
    safetensors_destroy(file);
    temporary_folder_remove(&folder);
}

static void assert_not_written(const safetensors_entry *entries, size_t count,
                               const safetensors_text *metadata, size_t metadata_count) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    assert_int_equal(safetensors_write(temporary_file(&folder, "never"), entries, count, metadata,
                                       metadata_count, NULL),
                     MIXUP_ERROR_ARGUMENT);
    assert_int_equal(temporary_folder_count(&folder), 0);
    temporary_folder_remove(&folder);
}

static void wrong_arguments_are_not_written(void **state) {
    (void)state;
    const safetensors_entry good = {"a", MIXUP_UINT8, {.rank = 1, .sizes = {3}}, flags};
    safetensors_entry bad = good;
    assert_not_written((const safetensors_entry[]){good, good}, 2, NULL, 0);
    assert_message("'a' is given twice");
    bad.name = "__metadata__";
    assert_not_written(&bad, 1, NULL, 0);
    assert_message("reserved");
    bad.name = "\xFF";
    assert_not_written(&bad, 1, NULL, 0);
    assert_message("UTF-8");
    bad = good;
    bad.data = NULL;
    assert_not_written(&bad, 1, NULL, 0);
    bad = good;
    bad.type = MIXUP_TYPE_COUNT;
    assert_not_written(&bad, 1, NULL, 0);
    assert_not_written(&good, 1, (const safetensors_text[]){{"k", "1"}, {"k", "2"}}, 2);
    assert_not_written(&good, 1, (const safetensors_text[]){{"k", "\xC3"}}, 1);
}

/* Hands out two entries through the same room; fails behind the first one when `fails`. */
typedef struct shared_room {
    unsigned char room[4];
    bool fails;
} shared_room;

static mixup_status fill_room(void *user, size_t index, const void **data) {
    shared_room *from = user;
    if (index == 1 && from->fails)
        return error(MIXUP_ERROR_CALLBACK, "no more data");
    memset(from->room, (int)index + 1, sizeof from->room);
    *data = from->room;
    return MIXUP_OK;
}

static void data_of_a_source_need_not_be_there_all_at_once(void **state) {
    (void)state;
    const safetensors_entry entries[] = {{"a", MIXUP_UINT8, {.rank = 1, .sizes = {3}}, NULL},
                                         {"b", MIXUP_UINT8, {.rank = 1, .sizes = {4}}, NULL}};
    shared_room room = {.fails = false};
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "made");
    safetensors *file = NULL;
    assert_int_equal(safetensors_write_from(path, entries, 2, NULL, 0, fill_room, &room, NULL), MIXUP_OK);
    room.fails = true;
    assert_int_equal(safetensors_write_from(path, entries, 2, NULL, 0, fill_room, &room, NULL),
                     MIXUP_ERROR_CALLBACK);
    assert_message("no more data");
    assert_int_equal(temporary_folder_count(&folder), 1); /* and the file of the first call is whole: */
    assert_int_equal(safetensors_read(&file, path, 0, NULL), MIXUP_OK);
    assert_memory_equal(safetensors_find(file, "a")->data, "\1\1\1", 3);
    assert_memory_equal(safetensors_find(file, "b")->data, "\2\2\2\2", 4);
    safetensors_destroy(file);
    temporary_folder_remove(&folder);
}

static void a_refused_write_leaves_the_old_file(void **state) {
    (void)state;
    write_where_it_is_refused(write_some);
}

static mixup_status read_fixture(const mixup_allocator *allocator, void *user) {
    return read_all(user, allocator);
}

static mixup_status write_to(const mixup_allocator *allocator, void *user) {
    return write_some(user, allocator);
}

static void every_failed_allocation_is_an_error(void **state) {
    (void)state;
    char source[] = FIXTURES "model.safetensors";
    assert_in_range(fail_every_allocation(read_fixture, source), 8, 100);
    temporary_folder folder;
    temporary_folder_make(&folder);
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "out.safetensors"));
    assert_in_range(fail_every_allocation(write_to, path), 2, 100);
    assert_int_equal(temporary_folder_count(&folder), 1);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(a_scalar_is_read_as_one_element_and_names_are_unescaped),
        cmocka_unit_test(metadata_and_the_order_of_the_data_are_kept),
        cmocka_unit_test(a_type_that_is_not_supported_is_named),
        cmocka_unit_test(a_cut_file_is_malformed),
        cmocka_unit_test(a_changed_file_does_no_harm),
        cmocka_unit_test(what_the_format_allows_is_read),
        cmocka_unit_test(malformed_headers_are_refused_with_a_reason),
        cmocka_unit_test(tensors_that_we_cannot_hold_are_not_supported),
        cmocka_unit_test(a_huge_header_is_refused_before_it_is_read),
        cmocka_unit_test(writing_gives_the_librarys_bytes),
        cmocka_unit_test(what_is_written_is_read_back_in_order),
        cmocka_unit_test(wrong_arguments_are_not_written),
        cmocka_unit_test(data_of_a_source_need_not_be_there_all_at_once),
        cmocka_unit_test(a_refused_write_leaves_the_old_file),
        cmocka_unit_test(every_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
