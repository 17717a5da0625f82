/* Runs from inside: history.csv, outcomes of run_train, and what is left when memory or disk fail. */
#include "experiment_text.h"
#include "support/failing_allocator.h"

#include "base/file.h"
#include "experiment/run_parts.h"

#include <ftw.h>
#include <math.h>

static int remove_entry(const char *path, const struct stat *information, int kind, struct FTW *where) {
    (void)information;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_tree(const char *path) {
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---------------------------------------------------------------- history.csv */

static mixup_epoch epoch_number(size_t number) {
    return (mixup_epoch){.epoch = number,
                         .step = 10 * number,
                         .learning_rate = 0.5,
                         .train_loss = 1.0 / (double)number,
                         .train_accuracy = 0.25,
                         .train_clean_accuracy = NAN,
                         .validation_loss = NAN,
                         .validation_accuracy = NAN,
                         .seconds = 2.0};
}

static void expect_file(const char *path, const char *wanted) {
    size_t size = 0;
    char *found = read_bytes(path, &size);
    assert_string_equal(found, wanted);
    free(found);
}

#define HEADER                                                                                               \
    "epoch,step,learning_rate,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds"

static void history_is_whole_after_every_epoch_and_empty_where_there_is_no_value(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const mixup_allocator allocator = plain_allocator();
    const char *path = temporary_file(&folder, "history.csv");
    run_history history;
    assert_int_equal(run_history_open(&history, path, false, false, &allocator), MIXUP_OK);
    mixup_epoch epoch = epoch_number(1);
    assert_int_equal(run_history_add(&history, &epoch), MIXUP_OK);
    expect_file(path, HEADER "\n1,10,0.5,1,0.25,,,2.000\n");
    epoch = epoch_number(2);
    epoch.validation_loss = 0.125;
    assert_int_equal(run_history_add(&history, &epoch), MIXUP_OK);
    expect_file(path, HEADER "\n1,10,0.5,1,0.25,,,2.000\n2,20,0.5,0.5,0.25,0.125,,2.000\n");
    assert_true(history.seconds == 4.0);
    run_history_clear(&history);
    temporary_folder_remove(&folder);
}

static void a_resumed_history_replaces_the_epochs_done_again(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    const mixup_allocator allocator = plain_allocator();
    const char *path = temporary_file(&folder, "history.csv");
    static const char before[] =
        HEADER "\n1,10,0.5,1,0.25,,,3.000\n2,20,0.5,9,9,,,3.000\n3,30,0.5,9,9,,,3.000\n";
    write_bytes(path, before, sizeof before - 1);
    run_history history;
    assert_int_equal(run_history_open(&history, path, false, true, &allocator), MIXUP_OK);
    const mixup_epoch epoch = epoch_number(2);
    assert_int_equal(run_history_add(&history, &epoch), MIXUP_OK);
    expect_file(path, HEADER "\n1,10,0.5,1,0.25,,,3.000\n2,20,0.5,0.5,0.25,,,2.000\n");
    assert_true(history.seconds == 5.0);
    run_history_clear(&history);
    temporary_folder_remove(&folder);
}

static void a_history_that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    const mixup_allocator allocator = plain_allocator();
    run_history history;
    assert_int_equal(run_history_open(&history, "/nowhere/history.csv", false, false, &allocator), MIXUP_OK);
    const mixup_epoch epoch = epoch_number(1);
    assert_int_equal(run_history_add(&history, &epoch), MIXUP_ERROR_IO);
    run_history_clear(&history);
}

/* ---------------------------------------------------------------- files of samples */

/* Writes the file again until the clock of the file system has moved past that of `before`. */
static void write_later(const char *path, const char *before) {
    struct stat old;
    struct stat now;
    assert_int_equal(stat(before, &old), 0);
    do {
        write_bytes(path, "x", 1);
        assert_int_equal(stat(path, &now), 0);
    } while (now.st_ctim.tv_sec == old.st_ctim.tv_sec && now.st_ctim.tv_nsec == old.st_ctim.tv_nsec);
}

static void a_file_of_samples_that_is_newer_than_the_run_is_seen_in_any_folder(void **state) {
    (void)state;
    static const char yaml[] = "data:\n  train: {format: images, path: photos, size: [2, 2]}\n"
                               "  test: {format: svhn, files: [first, second]}\n"
                               "network: [{op: flatten}, {op: dense, units: 2, activation: softmax}]\n";
    static const char *const names[] = {"first", "second", "photos/cats/young/1.png", "photos/new"};
    temporary_folder folder;
    experiment_file *file = NULL;
    experiment *one = NULL;
    char metrics[400];
    char path[400];
    temporary_folder_make(&folder);
    snprintf(metrics, sizeof metrics, "%s", temporary_file(&folder, "metrics.json"));
    assert_int_equal(file_make_folder(temporary_file(&folder, "photos/cats/young")), MIXUP_OK);
    snprintf(path, sizeof path, "%s", temporary_file(&folder, names[2]));
    write_bytes(path, "x", 1);
    assert_int_equal(open_text(&folder, yaml, NULL, 0, &file), MIXUP_OK);
    assert_int_equal(experiment_resolve(&one, file, NULL, NULL), MIXUP_OK);
    assert_true(run_sources_changed(one, metrics)); /* not there */
    write_later(metrics, path);
    assert_false(run_sources_changed(one, metrics));
    for (size_t i = 0; i < MIXUP_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s", temporary_file(&folder, names[i]));
        write_later(path, metrics);
        assert_true(run_sources_changed(one, metrics));
        write_later(metrics, path);
        assert_false(run_sources_changed(one, metrics));
    }
    experiment_destroy(one);
    experiment_close(file);
    remove_tree(folder.path);
}

/* ---------------------------------------------------------------- runs */

static const char small[] =
    "engine: reference\nthreads: 1\n"
    "data: {train: {format: spirals, count_per_class: 8}, test: {count: 4}}\n" SMALL_NETWORK
    "training: {epochs: 2, batch_size: 4}\n";

typedef struct job {
    const char *yaml;   /* path */
    const char *folder; /* DIR */
    bool resume, overwrite;
    uint64_t stop_at; /* stops after this step; 0: never */
} job;

static bool stop_at(void *user, const mixup_step *step) {
    return step->step == ((const job *)user)->stop_at;
}

static mixup_status run_job(const mixup_allocator *allocator, job *what, run_outcome *outcome) {
    experiment_file *file = NULL;
    experiment *resolved = NULL;
    mixup_status status = experiment_open(&file, what->yaml, NULL, 0, allocator);
    if (status == MIXUP_OK)
        status = experiment_resolve(&resolved, file, NULL, NULL);
    if (status == MIXUP_OK) {
        const run_desc desc = {.experiment = resolved,
                               .folder = what->folder,
                               .resume = what->resume,
                               .overwrite = what->overwrite,
                               .on_step = stop_at,
                               .user = what,
                               .allocator = allocator};
        status = run_train(&desc, outcome);
    }
    experiment_destroy(resolved);
    experiment_close(file);
    return status;
}

static void prepare(temporary_folder *folder, job *what, char yaml[400], char runs[400]) {
    temporary_folder_make(folder);
    snprintf(yaml, 400, "%s", temporary_file(folder, "small.yaml"));
    snprintf(runs, 400, "%s", temporary_file(folder, "runs"));
    write_bytes(yaml, small, sizeof small - 1);
    *what = (job){.yaml = yaml, .folder = runs};
}

static void a_run_is_trained_once_and_stops_where_it_is_told(void **state) {
    (void)state;
    temporary_folder folder;
    job what;
    char yaml[400];
    char runs[400];
    char model[500];
    char checkpoint[500];
    prepare(&folder, &what, yaml, runs);
    snprintf(model, sizeof model, "%s/default/seed-1/" RUN_MODEL, runs);
    snprintf(checkpoint, sizeof checkpoint, "%s/default/seed-1/" RUN_CHECKPOINT, runs);
    const mixup_allocator allocator = plain_allocator();
    run_outcome outcome = RUN_SKIPPED;
    what.stop_at = 2;
    assert_int_equal(run_job(&allocator, &what, &outcome), MIXUP_OK);
    assert_int_equal(outcome, RUN_INTERRUPTED);
    assert_true(file_exists(checkpoint));
    assert_false(file_exists(model));
    what.stop_at = 0;
    assert_int_equal(run_job(&allocator, &what, &outcome), MIXUP_ERROR_ARGUMENT);
    what.resume = true;
    assert_int_equal(run_job(&allocator, &what, &outcome), MIXUP_OK);
    assert_int_equal(outcome, RUN_TRAINED);
    assert_false(file_exists(checkpoint));
    assert_true(file_exists(model));
    what.resume = false;
    assert_int_equal(run_job(&allocator, &what, &outcome), MIXUP_OK);
    assert_int_equal(outcome, RUN_SKIPPED);
    what.overwrite = true;
    assert_int_equal(run_job(&allocator, &what, &outcome), MIXUP_OK);
    assert_int_equal(outcome, RUN_TRAINED);
    remove_tree(folder.path);
}

static void a_damaged_record_is_an_error_that_overwrite_gets_past(void **state) {
    (void)state;
    temporary_folder folder;
    job what;
    char yaml[400];
    char runs[400];
    char record[500];
    prepare(&folder, &what, yaml, runs);
    snprintf(record, sizeof record, "%s/default/seed-1", runs);
    assert_int_equal(file_make_folder(record), MIXUP_OK);
    snprintf(record, sizeof record, "%s/default/seed-1/" RUN_EXPERIMENT, runs);
    write_bytes(record, "data: [", 7);
    const mixup_allocator allocator = plain_allocator();
    run_outcome outcome = RUN_SKIPPED;
    assert_int_not_equal(run_job(&allocator, &what, &outcome), MIXUP_OK);
    assert_non_null(strstr(mixup_last_error(), "damaged"));
    expect_file(record, "data: [");
    what.overwrite = true;
    assert_int_equal(run_job(&allocator, &what, &outcome), MIXUP_OK);
    assert_int_equal(outcome, RUN_TRAINED);
    remove_tree(folder.path);
}

/* Whatever fails, what stands in the folder afterwards is whole, and there are no part files. */
static mixup_status run_and_look(const mixup_allocator *allocator, void *user) {
    job *what = user;
    run_outcome outcome = RUN_SKIPPED;
    remove_tree(what->folder);
    const mixup_status status = run_job(allocator, what, &outcome);
    char path[500];
    snprintf(path, sizeof path, "%s/default/seed-1", what->folder);
    DIR *folder = opendir(path);
    size_t files = 0;
    for (const struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL;
         entry = readdir(folder)) {
        assert_null(strstr(entry->d_name, ".part-"));
        files += entry->d_name[0] != '.';
    }
    if (folder != NULL)
        closedir(folder);
    if (status == MIXUP_OK)
        assert_int_equal(files, 4);
    return status;
}

static void every_allocation_of_a_run_may_fail(void **state) {
    (void)state;
    temporary_folder folder;
    job what;
    char yaml[400];
    char runs[400];
    prepare(&folder, &what, yaml, runs);
    assert_true(fail_every_allocation(run_and_look, &what) > 50);
    remove_tree(folder.path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_is_whole_after_every_epoch_and_empty_where_there_is_no_value),
        cmocka_unit_test(a_resumed_history_replaces_the_epochs_done_again),
        cmocka_unit_test(a_history_that_cannot_be_written_is_an_error),
        cmocka_unit_test(a_file_of_samples_that_is_newer_than_the_run_is_seen_in_any_folder),
        cmocka_unit_test(a_run_is_trained_once_and_stops_where_it_is_told),
        cmocka_unit_test(a_damaged_record_is_an_error_that_overwrite_gets_past),
        cmocka_unit_test(every_allocation_of_a_run_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
