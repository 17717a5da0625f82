/* CSV files read like an earlier one: columns by name, known classes, statistics of the training data. */
#include "data/reading.h"

typedef struct csv_pair {
    temporary_folder folder;
    mixup_dataset *train;
} csv_pair;

static mixup_status load(csv_pair *pair, const char *content, mixup_csv_desc desc, mixup_dataset **set) {
    const char *path = temporary_file(&pair->folder, "data.csv");
    write_bytes(path, content, strlen(content));
    desc.path = path;
    return mixup_dataset_from_csv(set, &desc);
}

static void pair_make(csv_pair *out, const char *content, mixup_csv_desc desc) {
    temporary_folder_make(&out->folder);
    out->train = NULL;
    if (load(out, content, desc, &out->train) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
}

static void pair_clear(csv_pair *pair) {
    mixup_dataset_destroy(pair->train);
    temporary_folder_remove(&pair->folder);
}

static mixup_dataset *load_like(csv_pair *pair, const char *content) {
    mixup_dataset *set = NULL;
    const mixup_csv_desc desc = {.like = mixup_dataset_preprocess(pair->train)};
    if (load(pair, content, desc, &set) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

static void refuse_like(csv_pair *pair, const char *content, mixup_status status, const char *part) {
    mixup_dataset *set = NULL;
    const mixup_csv_desc desc = {.like = mixup_dataset_preprocess(pair->train)};
    assert_failed(load(pair, content, desc, &set), status, part);
    assert_null(set);
}

/* a: mean 2, deviation 1; b (10 in the hole): mean 10, deviation sqrt(0) -> only centred */
static const char train[] = "a,b,y\n1,10,cat\n3,,dog\n1,10,cat\n3,10,owl\n";

static void make_trained(csv_pair *out) {
    pair_make(out, train, (mixup_csv_desc){.label = "y", .missing = MIXUP_MISSING_MEAN});
    assert_int_equal(mixup_dataset_standardize(out->train, out->train), MIXUP_OK);
}

static void columns_are_found_by_name_and_others_ignored(void **state) {
    (void)state;
    csv_pair pair;
    make_trained(&pair);
    mixup_dataset *set = load_like(&pair, "y,extra,b,a\nowl,text,12,5\ndog,,,2\n");
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 2);
    assert_int_equal(got.info.class_count, 3);
    assert_floats(got.inputs, (const float[]){3, 2, 0, 0}, 4);
    assert_memory_equal(got.labels, ((const int32_t[]){2, 1}), 8);
    assert_names(got.info.class_names, (const char *const[]){"cat", "dog", "owl"}, 3);
    mixup_dataset_destroy(set);
    pair_clear(&pair);
}

static void without_the_label_column_there_are_classes_but_no_targets(void **state) {
    (void)state;
    csv_pair pair;
    make_trained(&pair);
    mixup_dataset *set = load_like(&pair, "a,b\n2,10\n");
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.class_count, 3);
    assert_int_equal(got.info.target_count, 0);
    assert_int_equal(got.labels[0], -1);
    assert_floats(got.inputs, (const float[]){0, 0}, 2);
    mixup_dataset_destroy(set);
    pair_clear(&pair);
}

static void an_unseen_class_or_a_lacking_column_is_refused(void **state) {
    (void)state;
    csv_pair pair;
    make_trained(&pair);
    refuse_like(&pair, "a,b,y\n1,1,cat\n1,1,cow\n", MIXUP_ERROR_DATA,
                "data.csv:3: column 'y': 'cow' is none of the 3 known classes ('cat' to 'owl')");
    refuse_like(&pair, "a,c,y\n1,1,cat\n", MIXUP_ERROR_NOT_FOUND, "lacks the input column 'b'");
    refuse_like(&pair, "a,b,y\n1,x,cat\n", MIXUP_ERROR_DATA, "column 'b': 'x' is not a number");
    pair_clear(&pair);
}

static void with_inputs_only_labels_are_not_read(void **state) {
    (void)state;
    csv_pair pair;
    make_trained(&pair);
    mixup_dataset *set = NULL;
    mixup_csv_desc desc = {.like = mixup_dataset_preprocess(pair.train), .inputs_only = true};
    assert_int_equal(load(&pair, "a,b,y\n2,10,cow\n2,10,\n", desc, &set), MIXUP_OK);
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 2);
    assert_int_equal(got.info.class_count, 3);
    assert_int_equal(got.info.target_count, 0);
    assert_floats(got.inputs, (const float[]){0, 0, 0, 0}, 4);
    mixup_dataset_destroy(set);
    set = NULL;
    desc.like = NULL;
    assert_failed(load(&pair, "a,b\n1,2\n", desc, &set), MIXUP_ERROR_ARGUMENT, "inputs_only goes with like");
    assert_null(set);
    pair_clear(&pair);
}

static void number_classes_match_by_number(void **state) {
    (void)state;
    csv_pair pair;
    pair_make(&pair, "x;y\n1;1\n2;2\n", (mixup_csv_desc){.label = "y", .separator = ';'});
    mixup_dataset *set = load_like(&pair, "x;y\n1;2.0\n2;1\n"); /* the separator is like's, too */
    reading got;
    read_set(set, &got);
    assert_memory_equal(got.labels, ((const int32_t[]){1, 0}), 8);
    mixup_dataset_destroy(set);
    pair_clear(&pair);
}

/* Another program may have written 1 and 0, or another case; what neither is true nor false is a mistake, and
 * so is a truth where there were numbers. */
static void truths_are_read_as_in_the_earlier_file(void **state) {
    (void)state;
    const char *const targets[2] = {"late", "count"};
    csv_pair pair;
    pair_make(&pair, "x,late,member,count\n3,False,True,1\n0,True,False,0\n",
              (mixup_csv_desc){.targets = targets, .target_count = 2});
    mixup_dataset *set =
        load_like(&pair, "member,count,x,late\nTRUE,1,1,1.0\n1,2,5,false\n0.0,3,6,TRUE\nfalse,4,7,0\n");
    reading got;
    read_set(set, &got);
    assert_floats(got.inputs, (const float[]){1, 1, 5, 1, 6, 0, 7, 0}, 8);
    assert_floats(got.targets, (const float[]){1, 1, 0, 2, 1, 3, 0, 4}, 8);
    mixup_dataset_destroy(set);
    refuse_like(
        &pair, "x,member\n1,2\n", MIXUP_ERROR_DATA,
        "column 'member': '2' is neither true nor false (nor 1 or 0 for them), as in the training data");
    refuse_like(&pair, "x,member\nTrue,True\n", MIXUP_ERROR_DATA, "column 'x': 'True' stands among numbers");
    refuse_like(&pair, "x,member,late,count\n1,1,0,True\n", MIXUP_ERROR_DATA,
                "column 'count': 'True' stands among numbers");
    pair_clear(&pair);
    pair_make(&pair, "x,y\n1,True\n2,False\n", (mixup_csv_desc){.label = "y"});
    set = load_like(&pair, "x,y\n1,TRUE\n2,false\n3,True\n");
    read_set(set, &got);
    assert_memory_equal(got.labels, ((const int32_t[]){1, 0, 1}), 12);
    mixup_dataset_destroy(set);
    refuse_like(&pair, "x,y\n1,1\n", MIXUP_ERROR_DATA, "'1' is none of the 2 known classes");
    pair_clear(&pair);
}

static void missing_cells_follow_the_earlier_policy(void **state) {
    (void)state;
    csv_pair pair;
    pair_make(&pair, "x,y\n1,a\n2,b\n", (mixup_csv_desc){.label = "y"});
    refuse_like(&pair, "x,y\n,a\n", MIXUP_ERROR_DATA, "the value is missing");
    pair_clear(&pair);
}

static void regression_targets_may_be_absent(void **state) {
    (void)state;
    const char *const targets[2] = {"u", "v"};
    csv_pair pair;
    pair_make(&pair, "u,x,v\n1,2,3\n", (mixup_csv_desc){.targets = targets, .target_count = 2});
    mixup_dataset *with = load_like(&pair, "v,u,x\n7,8,9\n");
    mixup_dataset *without = load_like(&pair, "v,x\n7,9\n");
    reading got;
    read_set(with, &got);
    assert_int_equal(got.info.target_count, 2);
    assert_names(got.info.target_names, targets, 2);
    assert_floats(got.targets, (const float[]){8, 7}, 2);
    read_set(without, &got);
    assert_int_equal(got.info.target_count, 0);
    assert_floats(got.inputs, (const float[]){9}, 1);
    mixup_dataset_destroy(with);
    mixup_dataset_destroy(without);
    pair_clear(&pair);
}

static void files_without_header_stay_without(void **state) {
    (void)state;
    csv_pair pair;
    pair_make(&pair, "1,2,a\n3,4,b\n", (mixup_csv_desc){.label = "3", .no_header = true});
    mixup_dataset *set = load_like(&pair, "5,6\n7,8\n");
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 2);
    assert_floats(got.inputs, (const float[]){5, 6, 7, 8}, 4);
    mixup_dataset_destroy(set);
    pair_clear(&pair);
}

static void settings_of_another_source_are_refused(void **state) {
    (void)state;
    mixup_dataset *spirals = NULL, *set = NULL;
    assert_int_equal(mixup_dataset_from_spirals(&spirals, &(mixup_spirals_desc){.count_per_class = 2}),
                     MIXUP_OK);
    const mixup_csv_desc desc = {.path = "x.csv", .like = mixup_dataset_preprocess(spirals)};
    assert_failed(mixup_dataset_from_csv(&set, &desc), MIXUP_ERROR_ARGUMENT, "this one is from spirals");
    mixup_dataset_destroy(spirals);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    csv_pair *pair = user;
    mixup_dataset *set = NULL;
    const mixup_csv_desc desc = {.like = mixup_dataset_preprocess(pair->train), .allocator = allocator};
    const mixup_status status = load(pair, "y,extra,b,a\nowl,text,12,5\ndog,,,2\n", desc, &set);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    csv_pair pair;
    make_trained(&pair);
    fail_every_allocation(run, &pair);
    pair_clear(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name_and_others_ignored),
        cmocka_unit_test(without_the_label_column_there_are_classes_but_no_targets),
        cmocka_unit_test(an_unseen_class_or_a_lacking_column_is_refused),
        cmocka_unit_test(with_inputs_only_labels_are_not_read),
        cmocka_unit_test(number_classes_match_by_number),
        cmocka_unit_test(truths_are_read_as_in_the_earlier_file),
        cmocka_unit_test(missing_cells_follow_the_earlier_policy),
        cmocka_unit_test(regression_targets_may_be_absent),
        cmocka_unit_test(files_without_header_stay_without),
        cmocka_unit_test(settings_of_another_source_are_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
