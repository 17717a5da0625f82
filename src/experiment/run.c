/* experiment/run: the course of a run: what its folder says, training, and what is left behind. */
#include "experiment/run_parts.h"

#include "base/file.h"
#include "base/path.h"
#include "experiment/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The files of a folder. */
enum { FILE_EXPERIMENT, FILE_HISTORY, FILE_METRICS, FILE_MODEL, FILE_CHECKPOINT, FILE_COUNT };

static const char *const file_names[FILE_COUNT] = {
    [FILE_EXPERIMENT] = RUN_EXPERIMENT, [FILE_HISTORY] = RUN_HISTORY,       [FILE_METRICS] = RUN_METRICS,
    [FILE_MODEL] = RUN_MODEL,           [FILE_CHECKPOINT] = RUN_CHECKPOINT,
};

typedef struct run {
    const run_desc *desc;
    mixup_allocator allocator;
    char *folder;
    char *paths[FILE_COUNT];
    experiment_file *old_file; /* of run.yaml, where there is one */
    experiment *old;
    const experiment *experiment; /* what is trained: the caller's; when resuming, `old`, whose engine and
                                   * number of threads are those of the first part of the training */
    bool resuming;
    bool stepped;     /* the training has begun */
    bool made_folder; /* DIR was not there before */
    int lock;         /* the folder, opened and locked; -1: not */
    experiment_data data;
    mixup_model *model;
    run_history history;
    bool peak_known;              /* the peak of memory that the process reports is this run's */
    mixup_status callback_status; /* of what went wrong inside a callback */
} run;

char *run_folder(const mixup_allocator *allocator, const char *folder, const char *variant, uint64_t seed) {
    text path;
    text_init(&path, allocator);
    text_format(&path, "%s/%s/seed-%llu", folder, variant, (unsigned long long)seed);
    return path.data;
}

static mixup_status name_files(run *in) {
    const settings *given = experiment_settings(in->desc->experiment);
    in->folder = run_folder(&in->allocator, in->desc->folder, given->variant, given->seed);
    if (in->folder == NULL)
        return MIXUP_ERROR_MEMORY;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        in->paths[i] = path_join(&in->allocator, in->folder, file_names[i]);
        if (in->paths[i] == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- what is there */

static mixup_status read_old(run *in) {
    const char *path = in->paths[FILE_EXPERIMENT];
    mixup_status status = experiment_open(&in->old_file, path, NULL, 0, &in->allocator);
    if (status == MIXUP_OK)
        status = experiment_resolve(&in->old, in->old_file, NULL, NULL);
    return status == MIXUP_OK
               ? status
               : error_context(status, "this run's record is damaged (--overwrite starts anew)");
}

static mixup_status refuse_other(const run *in, const text *difference) {
    return error(
        MIXUP_ERROR_ARGUMENT,
        "%s: holds a run with other settings (%s); --overwrite replaces it, --out chooses another folder",
        in->folder, difference->data != NULL ? difference->data : "");
}

/* Decides between skipping, going on and refusing, from what an earlier call left behind. */
static mixup_status look_at_old(run *in, bool *finished) {
    MIXUP_TRY(read_old(in));
    bool same = false;
    text difference;
    text_init(&difference, &in->allocator);
    mixup_status status = experiment_compare(in->old, in->desc->experiment, &same, &difference);
    if (status == MIXUP_OK && !same)
        status = refuse_other(in, &difference);
    text_clear(&difference);
    MIXUP_TRY(status);
    *finished = file_exists(in->paths[FILE_METRICS]) && file_exists(in->paths[FILE_MODEL]);
    if (*finished)
        return MIXUP_OK;
    MIXUP_TRY(run_folder_lock(in->folder, &in->lock));
    if (!in->desc->resume)
        return error(MIXUP_ERROR_ARGUMENT,
                     "%s: holds an unfinished run; --resume goes on with it, --overwrite starts anew",
                     in->folder);
    in->resuming = true;
    in->experiment = in->old;
    return MIXUP_OK;
}

static mixup_status remove_file(const char *path) {
    if (unlink(path) == 0 || errno == ENOENT)
        return MIXUP_OK;
    return error(MIXUP_ERROR_IO, "%s: cannot remove: %s", path, strerror(errno));
}

/* The data that the run is about, and whether they are those that an old run's record speaks of; a record
 * without fingerprints fits all. */
static mixup_status load_data(run *in) {
    in->data.log = in->desc->log;
    MIXUP_TRY(experiment_load_data(in->experiment, &in->data));
    const size_t threads = experiment_settings(in->experiment)->threads;
    for (size_t i = 0; in->old != NULL && i < RUN_PARTS; i++) {
        const mixup_dataset *set = run_part(&in->data, i);
        const yaml_node *known = run_find_fingerprint(in->old, i);
        const run_fingerprint now = run_fingerprint_of(set, threads);
        if (known != NULL && strcmp(known->text, now.text) != 0)
            return error(MIXUP_ERROR_ARGUMENT,
                         "%s: holds a run with other data (the samples of data.%s have changed); "
                         "--overwrite replaces it, --out chooses another folder",
                         in->folder, run_part_name(i));
    }
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- the folder */

/* Nothing is removed or written before the data are loaded and the network is made. */
static mixup_status prepare_folder(run *in) {
    in->made_folder = !file_exists(in->desc->folder);
    MIXUP_TRY(file_make_folder(in->folder));
    if (in->lock < 0)
        MIXUP_TRY(run_folder_lock(in->folder, &in->lock));
    MIXUP_TRY(run_folder_sweep(in->folder, &in->allocator));
    if (in->resuming)
        return MIXUP_OK;
    for (size_t i = 0; i < FILE_COUNT; i++)
        MIXUP_TRY(remove_file(in->paths[i]));
    return run_record_write(in->paths[FILE_EXPERIMENT], in->experiment, in->model, &in->data, &in->allocator);
}

/* A new run that failed before it had anything to keep leaves nothing, so that it can be corrected. */
static void undo_folder(const run *in) {
    if (in->resuming || file_exists(in->paths[FILE_CHECKPOINT]) || file_exists(in->paths[FILE_HISTORY]))
        return;
    unlink(in->paths[FILE_EXPERIMENT]);
    char *variant = path_folder(&in->allocator, in->folder);
    rmdir(in->folder); /* folders that hold something else stay */
    if (variant != NULL)
        rmdir(variant);
    if (in->made_folder)
        rmdir(in->desc->folder);
    memory_release(&in->allocator, variant);
}

/* ---------------------------------------------------------------- training */

static bool on_step(void *user, const mixup_step *step) {
    run *in = user;
    in->stepped = true;
    return in->desc->on_step != NULL && in->desc->on_step(in->desc->user, step);
}

static bool on_epoch(void *user, const mixup_epoch *epoch) {
    run *in = user;
    in->callback_status = run_history_add(&in->history, epoch);
    if (in->callback_status != MIXUP_OK)
        return true;
    return in->desc->on_epoch != NULL && in->desc->on_epoch(in->desc->user, epoch);
}

static mixup_status fit(run *in, mixup_fit_result *result) {
    mixup_fit_desc desc;
    experiment_fit_desc(in->experiment, &in->data, &desc);
    desc.checkpoint.path = in->paths[FILE_CHECKPOINT];
    desc.checkpoint.least_seconds = 1.0; /* small networks finish many epochs a second */
    desc.checkpoint.unfinished_only = true;
    desc.checkpoint.resume = in->resuming;
    desc.on_step = on_step;
    desc.on_epoch = on_epoch;
    desc.user = in;
    desc.result = result;
    if (in->desc->on_start != NULL)
        in->desc->on_start(in->desc->user, in->model, &in->data);
    const mixup_status status = mixup_fit(in->model, &desc);
    MIXUP_TRY(in->callback_status);
    if (status != MIXUP_OK && in->resuming && !in->stepped)
        return error_context(status, "%s: cannot go on (--overwrite starts anew)", in->folder);
    return status == MIXUP_OK ? status : experiment_error_context(in->experiment, status);
}

static mixup_status finish(run *in, const mixup_fit_result *result) {
    const run_summary summary = {.settings = experiment_settings(in->experiment),
                                 .result = *result,
                                 .seconds = in->history.seconds,
                                 .peak_known = in->peak_known};
    MIXUP_TRY(mixup_model_save(in->model, in->paths[FILE_MODEL]));
    MIXUP_TRY(run_write_metrics(in->paths[FILE_METRICS], &summary, in->model, &in->data, &in->allocator));
    return remove_file(in->paths[FILE_CHECKPOINT]);
}

/* What an earlier call left behind. */
static mixup_status look(run *in, bool *finished) {
    *finished = false;
    MIXUP_TRY(name_files(in));
    if (in->desc->overwrite || !file_exists(in->paths[FILE_EXPERIMENT]))
        return MIXUP_OK;
    return look_at_old(in, finished);
}

/* Whether the data are to be read: a finished run needs them only where their files have changed since, to
 * notice other samples. */
static bool needs_data(const run *in, bool finished) {
    return !finished ||
           (run_has_fingerprints(in->old) && run_sources_changed(in->old, in->paths[FILE_METRICS]));
}

static mixup_status train(run *in, run_outcome *outcome) {
    bool finished = false;
    in->peak_known = run_forget_peak();
    MIXUP_TRY(look(in, &finished));
    if (needs_data(in, finished))
        MIXUP_TRY(load_data(in));
    if (finished) {
        *outcome = RUN_SKIPPED;
        MIXUP_TRY(
            run_record_refresh(in->paths[FILE_EXPERIMENT], in->old, in->desc->experiment, &in->allocator));
        return remove_file(in->paths[FILE_CHECKPOINT]); /* left when the end came between two files */
    }
    MIXUP_TRY(experiment_create_model(in->experiment, &in->data, in->desc->log, &in->model));
    MIXUP_TRY(experiment_check_report(in->experiment, in->model));
    MIXUP_TRY(prepare_folder(in));
    MIXUP_TRY(run_history_open(&in->history, in->paths[FILE_HISTORY],
                               experiment_settings(in->experiment)->fit.clean_accuracy, in->resuming,
                               &in->allocator));
    mixup_fit_result result = {0};
    const mixup_status status = fit(in, &result);
    if (status != MIXUP_OK) {
        undo_folder(in);
        return status;
    }
    *outcome = result.stop == MIXUP_STOP_CALLBACK ? RUN_INTERRUPTED : RUN_TRAINED;
    return *outcome == RUN_TRAINED ? finish(in, &result) : MIXUP_OK;
}

static bool stop_at_once(void *user, const mixup_step *step) {
    (void)user;
    (void)step;
    return true;
}

/* One step, which is thrown away. */
static mixup_status try_step(run *in) {
    mixup_fit_desc desc;
    MIXUP_TRY(experiment_create_model(in->experiment, &in->data, (mixup_log){0}, &in->model));
    MIXUP_TRY(experiment_check_report(in->experiment, in->model));
    experiment_fit_desc(in->experiment, &in->data, &desc);
    desc.on_step = stop_at_once;
    const mixup_status status = mixup_fit(in->model, &desc);
    return status == MIXUP_OK ? status : experiment_error_context(in->experiment, status);
}

static mixup_status check(run *in, bool thoroughly) {
    bool finished = false;
    MIXUP_TRY(look(in, &finished));
    if (!thoroughly || !needs_data(in, finished))
        return MIXUP_OK;
    MIXUP_TRY(load_data(in));
    return finished ? MIXUP_OK : try_step(in);
}

static run begin(const run_desc *desc) {
    run in = {.desc = desc,
              .allocator = memory_allocator(desc->allocator),
              .experiment = desc->experiment,
              .lock = -1};
    text_init(&in.history.rows, &in.allocator);
    return in;
}

static void end(run *in) {
    run_history_clear(&in->history);
    mixup_model_destroy(in->model);
    experiment_data_clear(&in->data);
    experiment_destroy(in->old);
    experiment_close(in->old_file);
    for (size_t i = 0; i < FILE_COUNT; i++)
        memory_release(&in->allocator, in->paths[i]);
    memory_release(&in->allocator, in->folder);
    if (in->lock >= 0)
        close(in->lock); /* unlocks */
}

mixup_status run_train(const run_desc *desc, run_outcome *outcome) {
    run in = begin(desc);
    run_outcome reached = RUN_TRAINED;
    const mixup_status status = train(&in, &reached);
    end(&in);
    if (status == MIXUP_OK)
        *outcome = reached;
    return status;
}

mixup_status run_check(const run_desc *desc, bool thoroughly) {
    run in = begin(desc);
    const mixup_status status = check(&in, thoroughly);
    end(&in);
    return status;
}
