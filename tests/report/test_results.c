/* Finding runs below a folder, and reading their histories and metrics. */
#include "report/results_folder.h"
#include "support/failing_allocator.h"

#include "report/results.h"

#include <math.h>

static int make(void **state) {
    static results_folder folder;
    results_folder_make(&folder);
    *state = &folder;
    return 0;
}

static int clear(void **state) {
    results_folder_remove(*state);
    return 0;
}

static void read_all(const results_folder *folder, results *out) {
    const mixup_allocator allocator = memory_allocator(NULL);
    if (results_read(folder->path, &allocator, out) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
}

static void experiments_variants_and_seeds_stand_in_their_order(void **state) {
    const char *const runs[] = {"x12/manifold/seed-1", "x12/none/seed-10", "x12/none/seed-9",
                                "x12/other/seed-1", "x2/wide/seed-1"};
    for (size_t i = 0; i < MIXUP_COUNT(runs); i++)
        results_folder_add(*state, runs[i], "metrics.json", "{\"a\": 1}");
    results_folder_add(*state, "x2/figures", "loss.svg", "<svg/>");
    results found;
    read_all(*state, &found);
    assert_int_equal(found.experiment_count, 2);
    assert_string_equal(found.experiments[0].name, "x2");
    const results_experiment *x12 = &found.experiments[1];
    assert_int_equal(x12->variant_count, 3);
    assert_string_equal(x12->variants[0].name, "none");
    assert_string_equal(x12->variants[1].name, "manifold");
    assert_string_equal(x12->variants[2].name, "other");
    assert_int_equal(x12->variants[0].runs[0].seed, 9);
    assert_int_equal(x12->variants[0].runs[1].seed, 10);
    results_clear(&found);
}

static void the_folder_of_one_experiment_will_do(void **state) {
    results_folder_add(*state, "none/seed-1", "metrics.json", "{}");
    results found;
    read_all(*state, &found);
    assert_int_equal(found.experiment_count, 1);
    assert_int_equal(found.experiments[0].variant_count, 1);
    results_clear(&found);
}

static void unfinished_runs_are_counted_and_left_out(void **state) {
    results_folder_add(*state, "x/none/seed-1", "metrics.json", "{}");
    results_folder_add(*state, "x/none/seed-2", "run.yaml", "name: x\n");
    results_folder_add(*state, "x/none/seed-3", "notes.txt", "");
    results found;
    read_all(*state, &found);
    assert_int_equal(found.experiments[0].variants[0].run_count, 1);
    assert_int_equal(found.experiments[0].unfinished, 1);
    results_clear(&found);
}

static void a_folder_without_runs_is_an_error_that_says_what_belongs_there(void **state) {
    const results_folder *folder = *state;
    const mixup_allocator allocator = memory_allocator(NULL);
    results found;
    assert_int_equal(results_read(folder->path, &allocator, &found), MIXUP_ERROR_NOT_FOUND);
    assert_non_null(strstr(mixup_last_error(), "VARIANT/seed-N"));
    assert_int_equal(results_read("/nowhere/at/all", &allocator, &found), MIXUP_ERROR_IO);
}

static void histories_are_read_by_the_names_of_columns(void **state) {
    results_folder_add(*state, "x/none/seed-1", "metrics.json",
                       "{\"test_accuracy\": 0.5, \"nll\": null, \"s\": \"t\"}");
    results_folder_add(
        *state, "x/none/seed-1", "history.csv",
        "step,epoch,validation_loss,train_loss,train_accuracy\r\n5,1,,0.25,0.5\n10,2,0.125,x,1e-1");
    results found;
    read_all(*state, &found);
    const results_run *run = &found.experiments[0].variants[0].runs[0];
    assert_int_equal(run->epochs, 2);
    assert_true(run->history[0][HISTORY_EPOCH] == 1 && run->history[1][HISTORY_EPOCH] == 2);
    assert_true(isnan(run->history[0][HISTORY_VALIDATION_LOSS]));
    assert_true(run->history[1][HISTORY_VALIDATION_LOSS] == 0.125);
    assert_true(run->history[0][HISTORY_TRAIN_LOSS] == 0.25 && isnan(run->history[1][HISTORY_TRAIN_LOSS]));
    assert_true(run->history[1][HISTORY_TRAIN_ACCURACY] == 0.1);
    assert_true(isnan(run->history[1][HISTORY_VALIDATION_ACCURACY]));
    assert_int_equal(run->metric_count, 2);
    assert_true(results_metric_value(run, "test_accuracy") == 0.5);
    assert_true(isnan(results_metric_value(run, "nll")) && isnan(results_metric_value(run, "s")));
    results_clear(&found);
}

static void metrics_that_are_no_object_are_refused(void **state) {
    const results_folder *folder = *state;
    const mixup_allocator allocator = memory_allocator(NULL);
    static const char *const bad[] = {"", "[1]", "{", "{\"a\": 1", "3"};
    results found;
    for (size_t i = 0; i < MIXUP_COUNT(bad); i++) {
        results_folder_add(folder, "x/none/seed-1", "metrics.json", bad[i]);
        assert_int_equal(results_read(folder->path, &allocator, &found), MIXUP_ERROR_FORMAT);
        assert_non_null(strstr(mixup_last_error(), "metrics.json"));
    }
}

static mixup_status read_once(const mixup_allocator *allocator, void *user) {
    const results_folder *folder = user;
    results found;
    MIXUP_TRY(results_read(folder->path, allocator, &found));
    results_clear(&found);
    return MIXUP_OK;
}

static void every_failed_allocation_is_reported_and_leaks_nothing(void **state) {
    results_folder_add(*state, "x/none/seed-1", "metrics.json", "{\"a\": 1}");
    results_folder_add(*state, "x/none/seed-1", "history.csv", "epoch,train_loss\n1,2\n");
    assert_true(fail_every_allocation(read_once, *state) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(experiments_variants_and_seeds_stand_in_their_order, make, clear),
        cmocka_unit_test_setup_teardown(the_folder_of_one_experiment_will_do, make, clear),
        cmocka_unit_test_setup_teardown(unfinished_runs_are_counted_and_left_out, make, clear),
        cmocka_unit_test_setup_teardown(a_folder_without_runs_is_an_error_that_says_what_belongs_there, make,
                                        clear),
        cmocka_unit_test_setup_teardown(histories_are_read_by_the_names_of_columns, make, clear),
        cmocka_unit_test_setup_teardown(metrics_that_are_no_object_are_refused, make, clear),
        cmocka_unit_test_setup_teardown(every_failed_allocation_is_reported_and_leaks_nothing, make, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
