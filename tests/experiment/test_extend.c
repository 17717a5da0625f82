/* Experiments that extend others: what merges, whose name, whose paths, where errors are. */
#include "experiment_text.h"
#include "support/failing_allocator.h"

static void put(temporary_folder *folder, const char *name, const char *yaml) {
    write_bytes(temporary_file(folder, name), yaml, strlen(yaml));
}

static mixup_status open_in(temporary_folder *folder, const char *name, experiment_file **file) {
    const mixup_allocator allocator = plain_allocator();
    return experiment_open(file, temporary_file(folder, name), NULL, 0, &allocator);
}

static const char base[] =
    "name: big\n"
    "description: a base\n" SMALL_DATA SMALL_NETWORK "training: {epochs: 50, batch_size: 7}\n"
    "mix: {alpha: 2, at: [input, dense2]}\n"
    "variants:\n"
    "  none: {mix: {at: []}}\n"
    "  decay: {training: {optimizer: {weight_decay: 0.1}}}\n"
    "  both: {}\n";

static void a_file_counts_over_the_one_that_it_extends(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    put(&folder, "big.yaml", base);
    put(&folder, "small.yaml",
        "extends: big.yaml\n"
        "training: {epochs: 2}\n"
        "variants:\n"
        "  both: null\n"
        "  decay: {training: {epochs: 3}}\n"
        "  own: {training: {batch_size: 9}}\n");
    put(&folder, "smaller.yaml", "extends: small.yaml\ntraining: {epochs: 1}\n");
    experiment_file *file = NULL;
    experiment *made = NULL;
    assert_int_equal(open_in(&folder, "smaller.yaml", &file), MIXUP_OK);
    assert_int_equal(experiment_variant_count(file), 3); /* `both` is taken away */
    assert_string_equal(experiment_variant_name(file, 0), "none");
    assert_string_equal(experiment_variant_name(file, 1), "decay");
    assert_string_equal(experiment_variant_name(file, 2), "own");
    assert_int_equal(experiment_resolve(&made, file, "decay", NULL), MIXUP_OK);
    const settings *found = experiment_settings(made);
    assert_string_equal(found->name, "smaller"); /* not the base's */
    assert_string_equal(found->description, "a base");
    assert_int_equal(found->fit.epochs, 3); /* a variant counts over the files */
    assert_int_equal(found->fit.batch_size, 7);
    assert_true(found->fit.optimizer.weight_decay == 0.1f);
    assert_int_equal(found->fit.mix.at_count, 2);
    experiment_destroy(made);
    assert_int_equal(experiment_resolve(&made, file, "none", NULL), MIXUP_OK);
    assert_int_equal(experiment_settings(made)->fit.epochs, 1);
    experiment_destroy(made);
    experiment_close(file);
    temporary_folder_remove(&folder);
}

static void paths_are_relative_to_the_file_in_which_they_stand(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const mixup_allocator allocator = plain_allocator();
    char below[400];
    char path[500];
    snprintf(below, sizeof below, "%s/below", folder.path);
    assert_int_equal(mkdir(below, 0700), 0);
    put(&folder, "below/base.yaml",
        "data: {train: {format: csv, path: x.csv, label: y}, test: {format: csv, path: "
        "y.csv}}\n" SMALL_NETWORK);
    put(&folder, "top.yaml", "extends: below/base.yaml\ndata: {test: {path: z.csv}}\n");
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "top.yaml"));
    static const char *const overrides[] = {"data.validation={format: csv, path: v.csv}"};
    experiment_file *file = NULL;
    experiment *made = NULL;
    assert_int_equal(experiment_open(&file, path, overrides, 1, &allocator), MIXUP_OK);
    assert_int_equal(experiment_resolve(&made, file, NULL, NULL), MIXUP_OK);
    const settings *found = experiment_settings(made);
    snprintf(path, sizeof path, "%s/below/x.csv", folder.path);
    assert_string_equal(found->train.csv.path, path);
    snprintf(path, sizeof path, "%s/z.csv", folder.path);
    assert_string_equal(found->test.csv.path, path);
    snprintf(path, sizeof path, "%s/v.csv", folder.path); /* the experiment's own folder */
    assert_string_equal(found->validation.csv.path, path);
    experiment_destroy(made);
    experiment_close(file);
    unlink(temporary_file(&folder, "below/base.yaml"));
    assert_int_equal(rmdir(below), 0);
    temporary_folder_remove(&folder);
}

/* Opening top.yaml fails with each of the texts. */
static void refuses(temporary_folder *folder, const char *const *texts, size_t count) {
    experiment_file *file = NULL;
    assert_int_not_equal(open_in(folder, "top.yaml", &file), MIXUP_OK);
    assert_null(file);
    for (size_t i = 0; i < count; i++)
        if (strstr(mixup_last_error(), texts[i]) == NULL)
            fail_msg("'%s' is not in the message '%s'", texts[i], mixup_last_error());
}

static void errors_name_the_file_that_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *base, *top, *texts[3];
    } cases[] = {
        {SMALL "training:\n  epochs: many\n", "extends: base.yaml\n", {"/base.yaml:6:11: training.epochs"}},
        {SMALL, "extends: base.yaml\ntraining:\n  epochs: many\n", {"/top.yaml:3:11: training.epochs"}},
        {SMALL "training: {epoch: 1}\n",
         "extends: base.yaml\n",
         {"/base.yaml:5:12:", "did you mean 'epochs'"}},
        {"a: [\n", "extends: base.yaml\n", {"/base.yaml:2:"}},
        {"[1]\n", "extends: base.yaml\n", {"/base.yaml:1:1:", "a mapping"}},
        {SMALL, "extends: bse.yaml\n", {"/top.yaml:1:10: extends:", "/bse.yaml"}},
        {SMALL, "extends: [base.yaml]\n", {"/top.yaml:1:10: extends: is a list"}},
        {SMALL,
         "extends: base.yaml\nvariants: {a: null}\n",
         {"/top.yaml:2:12: variants: 'a'", "no such variant"}},
        {SMALL, "extends: top.yaml\n", {"/top.yaml:1:10: extends:", "cannot extend itself"}},
        {"extends: ./top.yaml\n",
         "extends: base.yaml\n",
         {"/base.yaml:1:10: extends:", "cannot extend itself"}},
        {SMALL,
         "extends: base.yaml\nvariants: {a: {extends: base.yaml}}\n",
         {"/top.yaml:2:", "cannot differ"}},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        temporary_folder folder;
        temporary_folder_make(&folder);
        put(&folder, "base.yaml", cases[i].base);
        put(&folder, "top.yaml", cases[i].top);
        size_t count = 0;
        while (count < 3 && cases[i].texts[count] != NULL)
            count++;
        refuses(&folder, cases[i].texts, count);
        temporary_folder_remove(&folder);
    }
}

static void a_chain_of_files_has_an_end(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    put(&folder, "f0.yaml", SMALL);
    for (int i = 1; i <= 17; i++) {
        char name[20];
        char yaml[40];
        snprintf(name, sizeof name, "f%d.yaml", i);
        snprintf(yaml, sizeof yaml, "extends: f%d.yaml\n", i - 1);
        put(&folder, name, yaml);
    }
    experiment_file *file = NULL;
    assert_int_equal(open_in(&folder, "f15.yaml", &file), MIXUP_OK);
    experiment_close(file);
    file = NULL;
    assert_int_equal(open_in(&folder, "f17.yaml", &file), MIXUP_ERROR_FORMAT);
    assert_non_null(strstr(mixup_last_error(), "more than 16 files"));
    temporary_folder_remove(&folder);
}

static void a_run_extended_is_an_experiment_again(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    put(&folder, "run.yaml", SMALL "name: old\nvariant: best\nmade_by: {mixup: \"0\"}\n");
    put(&folder, "again.yaml", "extends: run.yaml\nseed: 7\n");
    experiment_file *file = NULL;
    experiment *made = NULL;
    assert_int_equal(open_in(&folder, "again.yaml", &file), MIXUP_OK);
    assert_string_equal(experiment_variant_name(file, 0), "default");
    assert_int_equal(experiment_resolve(&made, file, NULL, NULL), MIXUP_OK);
    assert_string_equal(experiment_settings(made)->name, "again");
    assert_int_equal(experiment_settings(made)->seed, 7);
    const mixup_allocator allocator = plain_allocator();
    text yaml;
    text_init(&yaml, &allocator);
    assert_int_equal(experiment_to_yaml(made, MIXUP_ENGINE_AUTO, 1, &yaml), MIXUP_OK);
    assert_null(strstr(yaml.data, "extends"));
    text_clear(&yaml);
    experiment_destroy(made);
    experiment_close(file);
    temporary_folder_remove(&folder);
}

static mixup_status open_with(const mixup_allocator *allocator, void *user) {
    experiment_file *file = NULL;
    const mixup_status status = experiment_open(&file, user, NULL, 0, allocator);
    experiment_close(file);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    put(&folder, "big.yaml", base);
    put(&folder, "small.yaml", "extends: big.yaml\nvariants: {both: null, own: {seed: 3}}\n");
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "small.yaml"));
    assert_true(fail_every_allocation(open_with, path) > 5);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_counts_over_the_one_that_it_extends),
        cmocka_unit_test(paths_are_relative_to_the_file_in_which_they_stand),
        cmocka_unit_test(errors_name_the_file_that_is_wrong),
        cmocka_unit_test(a_chain_of_files_has_an_end),
        cmocka_unit_test(a_run_extended_is_an_experiment_again),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
