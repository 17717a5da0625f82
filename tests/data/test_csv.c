/* CSV files as data sets: columns and their uses, classes, missing cells, and every sort of bad file. */
#include "data/reading.h"

#include <locale.h>
#include <zlib.h>

/* One file in a folder of its own. */
typedef struct csv_file {
    temporary_folder folder;
    char path[320];
} csv_file;

static void file_make(csv_file *out, const char *content, size_t size) {
    temporary_folder_make(&out->folder);
    snprintf(out->path, sizeof out->path, "%s", temporary_file(&out->folder, "data.csv"));
    write_bytes(out->path, content, size);
}

static void file_remove(csv_file *in) {
    temporary_folder_remove(&in->folder);
}

/* desc.path is set here. */
static mixup_dataset *load(const char *content, mixup_csv_desc desc) {
    csv_file file;
    file_make(&file, content, strlen(content));
    desc.path = file.path;
    mixup_dataset *set = NULL;
    if (mixup_dataset_from_csv(&set, &desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    file_remove(&file);
    return set;
}

static void refuse(const char *content, mixup_csv_desc desc, mixup_status status, const char *part) {
    csv_file file;
    file_make(&file, content, strlen(content));
    desc.path = file.path;
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_csv(&set, &desc), status, part);
    assert_null(set);
    file_remove(&file);
}

static const char flowers[] = "length,species,width\n5.1,setosa,3.5\n7.0,versicolor,3.2\n-6e-1,setosa,+.5\n";

static void text_labels_become_classes_in_byte_order_and_the_rest_inputs(void **state) {
    (void)state;
    mixup_dataset *set = load(flowers, (mixup_csv_desc){.label = "species"});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 3);
    assert_int_equal(got.info.shape[0], 2);
    assert_int_equal(got.info.class_count, 2);
    assert_names(got.info.class_names, (const char *const[]){"setosa", "versicolor"}, 2);
    assert_names((const char *const *)set->preprocess->feature_names.items,
                 (const char *const[]){"length", "width"}, 2);
    assert_string_equal(set->preprocess->label, "species");
    assert_floats(got.inputs, (const float[]){5.1f, 3.5f, 7.0f, 3.2f, -0.6f, 0.5f}, 6);
    assert_memory_equal(got.labels, ((const int32_t[]){0, 1, 0}), 12);
    mixup_dataset_destroy(set);
}

static void number_labels_are_ordered_as_numbers_and_equal_numbers_are_one_class(void **state) {
    (void)state;
    mixup_dataset *set = load("a,y\n0,10\n0,9\n0,-1\n0,10.0\n0,9e0\n", (mixup_csv_desc){.label = "y"});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.class_count, 3);
    assert_names(got.info.class_names, (const char *const[]){"-1", "9", "10"}, 3);
    assert_memory_equal(got.labels, ((const int32_t[]){2, 1, 0, 2, 1}), 20);
    mixup_dataset_destroy(set);
}

static void one_text_among_the_labels_makes_them_texts(void **state) {
    (void)state;
    mixup_dataset *set = load("a,y\n0,10\n0,9\n0,x\n", (mixup_csv_desc){.label = "y"});
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    assert_names(info.class_names, (const char *const[]){"10", "9", "x"}, 3);
    mixup_dataset_destroy(set);
}

static void true_and_false_are_one_and_zero_in_inputs_and_targets(void **state) {
    (void)state;
    const char *const targets[2] = {"late", "price"};
    mixup_dataset *set =
        load("member,x,late,price,gone\nTrue,1,FALSE,5,\n,2,true,6,false\nfalse,3,True,7,TRUE\n",
             (mixup_csv_desc){.targets = targets, .target_count = 2, .missing = MIXUP_MISSING_ZERO});
    reading got;
    read_set(set, &got);
    assert_floats(got.inputs, (const float[]){1, 1, 0, 0, 2, 0, 0, 3, 1}, 9);
    assert_floats(got.targets, (const float[]){0, 5, 1, 6, 1, 7}, 6);
    assert_int_equal(set->preprocess->truths.count, 3);
    assert_names((const char *const *)set->preprocess->truths.items,
                 (const char *const[]){"member", "gone", "late"}, 3);
    mixup_dataset_destroy(set);
}

static void true_and_false_as_labels_are_two_classes_called_as_they_are_written(void **state) {
    (void)state;
    mixup_dataset *set = load("x,y\n1,True\n2,False\n3,True\n", (mixup_csv_desc){.label = "y"});
    reading got;
    read_set(set, &got);
    assert_names(got.info.class_names, (const char *const[]){"False", "True"}, 2);
    assert_memory_equal(got.labels, ((const int32_t[]){1, 0, 1}), 12);
    mixup_dataset_destroy(set);
    /* In several spellings still two, and false first; beside another text they are texts. */
    set = load("x,y\n1,true\n2,TRUE\n3,false\n", (mixup_csv_desc){.label = "y"});
    read_set(set, &got);
    assert_names(got.info.class_names, (const char *const[]){"false", "TRUE"}, 2);
    assert_memory_equal(got.labels, ((const int32_t[]){1, 1, 0}), 12);
    mixup_dataset_destroy(set);
    set = load("x,y\n1,true\n2,TRUE\n3,maybe\n", (mixup_csv_desc){.label = "y"});
    read_set(set, &got);
    assert_names(got.info.class_names, (const char *const[]){"TRUE", "maybe", "true"}, 3);
    mixup_dataset_destroy(set);
}

static void a_column_holds_numbers_or_truths_not_both(void **state) {
    (void)state;
    const mixup_csv_desc label = {.label = "y"};
    const char *const targets[] = {"y"};
    const mixup_csv_desc target = {.targets = targets, .target_count = 1};
    refuse("a,y\n1,u\n,u\n", label, MIXUP_ERROR_DATA, "the value is missing");
    refuse("a,y\n1,u\nTrue,u\n", label, MIXUP_ERROR_DATA,
           "data.csv:3: column 'a': 'True' stands among numbers; a column holds them or true and false, not "
           "both");
    refuse(
        "a,y\nTrue,u\n1,u\n", label, MIXUP_ERROR_DATA,
        "data.csv:3: column 'a': '1' stands among true and false; a column holds them or numbers, not both");
    refuse("a,y\n1,True\n1,0\n", target, MIXUP_ERROR_DATA, "column 'y': '0' stands among true and false");
    refuse("a,y\ntruely,u\n", label, MIXUP_ERROR_DATA,
           "'truely' is not a number; inputs must be numbers, or true and false");
}

static void many_classes_are_kept_apart(void **state) {
    (void)state;
    static char content[65536];
    size_t used = (size_t)snprintf(content, sizeof content, "x,y\n");
    for (int i = 0; i < 3000; i++)
        used += (size_t)snprintf(content + used, sizeof content - used, "%d,c%d\n", i, i * 7 % 1000 + 1000);
    mixup_dataset *set = load(content, (mixup_csv_desc){.label = "y"});
    assert_int_equal(set->preprocess->class_names.count, 1000);
    static int32_t labels[3000];
    assert_int_equal(mixup_dataset_labels(set, labels), MIXUP_OK);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(labels[i], i * 7 % 1000);
    mixup_dataset_destroy(set);
}

static void columns_without_header_are_numbered_and_numbers_work_with_a_header_too(void **state) {
    (void)state;
    mixup_dataset *set =
        load("1;2;a\n3;4;b\n", (mixup_csv_desc){.separator = ';', .no_header = true, .label = "3"});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 2);
    assert_floats(got.inputs, (const float[]){1, 2, 3, 4}, 4);
    assert_names((const char *const *)set->preprocess->feature_names.items, (const char *const[]){"1", "2"},
                 2);
    mixup_dataset_destroy(set);
    set = load(flowers, (mixup_csv_desc){.label = "2"});
    assert_string_equal(set->preprocess->label, "species");
    mixup_dataset_destroy(set);
}

static void target_columns_are_numbers_named_by_the_header(void **state) {
    (void)state;
    const char *const targets[2] = {"y2", "y1"};
    const char *const ignored[1] = {"id"};
    mixup_dataset *set =
        load("id,y1,x,y2\nabc,1.5,2,3\n,4,5,6\n",
             (mixup_csv_desc){.targets = targets, .target_count = 2, .ignore = ignored, .ignore_count = 1});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.class_count, 0);
    assert_int_equal(got.info.target_count, 2);
    assert_names(got.info.target_names, targets, 2);
    assert_floats(got.inputs, (const float[]){2, 5}, 2);
    assert_floats(got.targets, (const float[]){3, 1.5f, 6, 4}, 4);
    mixup_dataset_destroy(set);
}

static void quoted_fields_hold_separators_quotes_and_line_ends(void **state) {
    (void)state;
    mixup_dataset *set = load("\xEF\xBB\xBF\"a,\"\"b\nc\",y\r\n\"1.5\",\"x, \"\"y\"\"\nz\"\r\n2 , plain \r\n",
                              (mixup_csv_desc){.label = "y"});
    reading got;
    read_set(set, &got);
    assert_string_equal(set->preprocess->feature_names.items[0], "a,\"b\nc");
    assert_names(got.info.class_names, (const char *const[]){"plain", "x, \"y\"\nz"}, 2);
    assert_floats(got.inputs, (const float[]){1.5f, 2}, 2);
    mixup_dataset_destroy(set);
}

static void gzip_files_are_read_as_they_are(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "flowers.csv.gz");
    gzFile out = gzopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, flowers, sizeof flowers - 1), sizeof flowers - 1);
    assert_int_equal(gzclose(out), Z_OK);
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_csv(&set, &(mixup_csv_desc){.path = path, .label = "species"}),
                     MIXUP_OK);
    assert_int_equal(set->count, 3);
    mixup_dataset_destroy(set);
    temporary_folder_remove(&folder);
}

static void an_unnamed_column_is_called_by_its_number(void **state) {
    (void)state;
    const char *const ignored[1] = {"1"};
    mixup_dataset *set = load(",x,y\n0,1.5,a\n1,2.5,b\n",
                              (mixup_csv_desc){.label = "y", .ignore = ignored, .ignore_count = 1});
    assert_int_equal(set->preprocess->features, 1);
    assert_string_equal(set->preprocess->ignored.items[0], "1");
    mixup_dataset_destroy(set);
}

static void numbers_are_read_the_same_under_every_locale(void **state) {
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    bool found = false;
    for (size_t i = 0; i < MIXUP_COUNT(names) && !found; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    if (!found)
        skip(); /* no locale with a decimal comma is installed */
    mixup_dataset *set = load("x\n1.5\n", (mixup_csv_desc){0});
    reading got;
    read_set(set, &got);
    setlocale(LC_ALL, "C");
    assert_floats(got.inputs, (const float[]){1.5f}, 1);
    mixup_dataset_destroy(set);
}

static const char holes[] = "a,b,y\n1,,p\n2,10,q\nNA,?,p\n4,20,q\nnan,null,q\n9,60,p\n";

static void missing_cells_are_refused_with_their_place(void **state) {
    (void)state;
    refuse(holes, (mixup_csv_desc){.label = "y"}, MIXUP_ERROR_DATA,
           "data.csv:2: column 'b': the value is missing");
    refuse("a,y\n1,\n", (mixup_csv_desc){.label = "y"}, MIXUP_ERROR_DATA,
           "data.csv:2: column 'y': the label");
    const char *const targets[1] = {"y"};
    refuse("a,y\n1,2\n1,NA\n",
           (mixup_csv_desc){.targets = targets, .target_count = 1, .missing = MIXUP_MISSING_ZERO},
           MIXUP_ERROR_DATA, "data.csv:3: column 'y': the target is missing ('NA')");
}

static void missing_cells_are_filled_as_asked(void **state) {
    (void)state;
    const struct {
        mixup_missing missing;
        float a, b;
    } cases[] = {
        {MIXUP_MISSING_MEAN, 4, 30},   /* (1 + 2 + 4 + 9) / 4, (10 + 20 + 60) / 3 */
        {MIXUP_MISSING_MEDIAN, 3, 20}, /* between 2 and 4, the middle one */
        {MIXUP_MISSING_ZERO, 0, 0},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        mixup_dataset *set = load(holes, (mixup_csv_desc){.label = "y", .missing = cases[i].missing});
        reading got;
        read_set(set, &got);
        const float a = cases[i].a;
        const float b = cases[i].b;
        assert_floats(got.inputs, (const float[]){1, b, 2, 10, a, b, 4, 20, a, b, 9, 60}, 12);
        mixup_dataset_destroy(set);
    }
}

static void a_column_without_any_value_has_no_mean(void **state) {
    (void)state;
    refuse("a,b\n1,\n2,NA\n", (mixup_csv_desc){.missing = MIXUP_MISSING_MEAN}, MIXUP_ERROR_DATA,
           "column 'b': has no value in any of the 2 samples");
    refuse("a,b\n1,\n2,NA\n", (mixup_csv_desc){.missing = MIXUP_MISSING_MEDIAN}, MIXUP_ERROR_DATA,
           "column 'b'");
}

static void what_is_no_number_is_refused_with_its_place(void **state) {
    (void)state;
    static const char *const texts[] = {"x",   "0x10", "inf", "-Infinity", "1,5", "1.2.3", "1e",
                                        "1e+", "--1",  ".",   "+",         "1 2", "1f",    "12\xC3\xA4"};
    for (size_t i = 0; i < MIXUP_COUNT(texts); i++) {
        char content[64], message[96];
        snprintf(content, sizeof content, "a,b\n1,2\n3,\"%s\"\n", texts[i]);
        snprintf(message, sizeof message, "data.csv:3: column 'b': '%s' is not a number", texts[i]);
        refuse(content, (mixup_csv_desc){0}, MIXUP_ERROR_DATA, message);
    }
    refuse("a\n1e39\n", (mixup_csv_desc){0}, MIXUP_ERROR_DATA, "data.csv:2: column 'a': '1e39' is too large");
    refuse("a\n1e999\n", (mixup_csv_desc){0}, MIXUP_ERROR_DATA, "too large");
    refuse(flowers, (mixup_csv_desc){0}, MIXUP_ERROR_DATA, "ignore the column, or make it the label");
}

static void unusable_files_and_columns_are_refused(void **state) {
    (void)state;
    const char *const twice[2] = {"a", "a"};
    const char *const both[2] = {"a", "b"};
    const char *const none[1] = {"nope"};
    const char *const null[1] = {NULL};
    const struct {
        const char *content;
        mixup_csv_desc desc;
        mixup_status status;
        const char *part;
    } cases[] = {
        {"", {0}, MIXUP_ERROR_DATA, "data.csv: is empty"},
        {"\n\n", {0}, MIXUP_ERROR_DATA, "is empty"},
        {"a,b\n", {0}, MIXUP_ERROR_DATA, "a header but no rows"},
        {"a,b\n1,2\n1\n", {0}, MIXUP_ERROR_FORMAT, "data.csv:3: 1 fields, but the header has 2"},
        {"a,b\n1,2,3\n", {0}, MIXUP_ERROR_FORMAT, "data.csv:2: 3 fields, but the header has 2"},
        {"1,2\n1\n", {.no_header = true}, MIXUP_ERROR_FORMAT, "the first row has 2"},
        {"a,b,a\n1,2,3\n", {0}, MIXUP_ERROR_DATA, "two columns are called 'a'"},
        {"2,\n1,2\n", {0}, MIXUP_ERROR_DATA, "two columns are called '2'"},
        {"a,b\n1,2\n",
         {.label = "c"},
         MIXUP_ERROR_NOT_FOUND,
         "no column 'c' for the label; its columns are 'a', 'b'"},
        {"a,b\n1,2\n", {.label = "3"}, MIXUP_ERROR_NOT_FOUND, "no column '3'"},
        {"a,b\n1,2\n", {.label = "0"}, MIXUP_ERROR_NOT_FOUND, "no column '0'"},
        {"a,b\n1,2\n", {.label = ""}, MIXUP_ERROR_NOT_FOUND, "no column ''"},
        {"a,b\n1,2\n",
         {.ignore = none, .ignore_count = 1},
         MIXUP_ERROR_NOT_FOUND,
         "no column 'nope' for ignore"},
        {"a,b\n1,2\n", {.ignore = null, .ignore_count = 1}, MIXUP_ERROR_ARGUMENT, "is NULL"},
        {"a,b\n1,2\n", {.ignore = twice, .ignore_count = 2}, MIXUP_ERROR_ARGUMENT, "'a' has two uses"},
        {"a,b\n1,2\n", {.label = "a", .ignore = both, .ignore_count = 2}, MIXUP_ERROR_ARGUMENT, "two uses"},
        {"a,b\n1,2\n",
         {.ignore = both, .ignore_count = 2},
         MIXUP_ERROR_DATA,
         "no column is left for the inputs"},
        {"a,b\n1,2\n", {.label = "a", .targets = both, .target_count = 2}, MIXUP_ERROR_ARGUMENT, "not both"},
        {"a,b\n1,2\n", {.target_count = 2}, MIXUP_ERROR_ARGUMENT, "without names"},
        {"a,b\n1,2\n", {.separator = '"'}, MIXUP_ERROR_ARGUMENT, "separator"},
        {"a,b\n1,2\n", {.separator = '\n'}, MIXUP_ERROR_ARGUMENT, "separator"},
        {"a,b\n1,2\n", {.separator = (char)0xE9}, MIXUP_ERROR_ARGUMENT, "separator"},
        {"a,b\n1,2\n", {.missing = (mixup_missing)9}, MIXUP_ERROR_ARGUMENT, "missing"},
        {"a\xE9,b\n1,2\n", {0}, MIXUP_ERROR_DATA, "is not UTF-8"},
        {"a,b\n1,\xE9\n", {.label = "b"}, MIXUP_ERROR_DATA, "is not UTF-8"},
        {"a,b\n1,\"2\n", {0}, MIXUP_ERROR_FORMAT, "data.csv:2"},
        {"a,b\n1,2\"2\n", {0}, MIXUP_ERROR_FORMAT, "data.csv:2"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++)
        refuse(cases[i].content, cases[i].desc, cases[i].status, cases[i].part);
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_csv(&set, &(mixup_csv_desc){.path = "/tmp/mixup-no-such-file.csv"}),
                  MIXUP_ERROR_IO, "mixup-no-such-file.csv");
    assert_failed(mixup_dataset_from_csv(&set, &(mixup_csv_desc){0}), MIXUP_ERROR_ARGUMENT, "path");
}

static void a_nul_byte_is_refused(void **state) {
    (void)state;
    csv_file file;
    file_make(&file, "a,b\n1,\0002\n", 10);
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_csv(&set, &(mixup_csv_desc){.path = file.path}), MIXUP_ERROR_FORMAT,
                  "NUL");
    file_remove(&file);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_csv_desc desc = *(const mixup_csv_desc *)user;
    desc.allocator = allocator;
    mixup_dataset *set = NULL;
    const mixup_status status = mixup_dataset_from_csv(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    csv_file file;
    file_make(&file, holes, sizeof holes - 1);
    mixup_csv_desc desc = {.path = file.path, .label = "y", .missing = MIXUP_MISSING_MEDIAN};
    assert_true(fail_every_allocation(run, &desc) > 20);
    const char *const targets[1] = {"a"};
    const char *const ignored[1] = {"y"};
    mixup_csv_desc numbers = {.path = file.path,
                              .targets = targets,
                              .target_count = 1,
                              .ignore = ignored,
                              .ignore_count = 1,
                              .missing = MIXUP_MISSING_MEAN};
    write_bytes(file.path, "a,b,y\n1,,p\n2,10,q\n", 18);
    fail_every_allocation(run, &numbers);
    file_remove(&file);
}

static mixup_status read_damaged(const char *path, const mixup_allocator *allocator) {
    mixup_dataset *set = NULL;
    const mixup_csv_desc desc = {
        .path = path, .label = "y", .missing = MIXUP_MISSING_MEAN, .allocator = allocator};
    const mixup_status status = mixup_dataset_from_csv(&set, &desc);
    if (status == MIXUP_OK) {
        static reading got;
        read_set(set, &got);
        for (size_t i = 0; i < got.info.count * set->preprocess->features; i++)
            assert_true(isfinite(got.inputs[i]));
    }
    mixup_dataset_destroy(set);
    return status;
}

static void a_file_with_any_byte_changed_is_refused_or_finite(void **state) {
    (void)state;
    csv_file file;
    char content[sizeof holes];
    for (size_t at = 0; at + 1 < sizeof holes; at++)
        for (int byte = 0; byte < 256; byte += 5) {
            memcpy(content, holes, sizeof holes);
            content[at] = (char)byte;
            file_make(&file, content, sizeof holes - 1);
            failing_allocator memory = {0};
            const mixup_allocator hooks = failing_allocator_hooks(&memory);
            (void)read_damaged(file.path, &hooks);
            assert_int_equal(atomic_load(&memory.live), 0);
            file_remove(&file);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_labels_become_classes_in_byte_order_and_the_rest_inputs),
        cmocka_unit_test(number_labels_are_ordered_as_numbers_and_equal_numbers_are_one_class),
        cmocka_unit_test(one_text_among_the_labels_makes_them_texts),
        cmocka_unit_test(true_and_false_are_one_and_zero_in_inputs_and_targets),
        cmocka_unit_test(true_and_false_as_labels_are_two_classes_called_as_they_are_written),
        cmocka_unit_test(a_column_holds_numbers_or_truths_not_both),
        cmocka_unit_test(many_classes_are_kept_apart),
        cmocka_unit_test(columns_without_header_are_numbered_and_numbers_work_with_a_header_too),
        cmocka_unit_test(target_columns_are_numbers_named_by_the_header),
        cmocka_unit_test(quoted_fields_hold_separators_quotes_and_line_ends),
        cmocka_unit_test(gzip_files_are_read_as_they_are),
        cmocka_unit_test(an_unnamed_column_is_called_by_its_number),
        cmocka_unit_test(numbers_are_read_the_same_under_every_locale),
        cmocka_unit_test(missing_cells_are_refused_with_their_place),
        cmocka_unit_test(missing_cells_are_filled_as_asked),
        cmocka_unit_test(a_column_without_any_value_has_no_mean),
        cmocka_unit_test(what_is_no_number_is_refused_with_its_place),
        cmocka_unit_test(unusable_files_and_columns_are_refused),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
        cmocka_unit_test(a_file_with_any_byte_changed_is_refused_or_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
