/* experiment/run_parts: what run.c is made of: the folder, fingerprints, run.yaml, history.csv and
 * metrics.json. */
#ifndef EXPERIMENT_RUN_PARTS_H
#define EXPERIMENT_RUN_PARTS_H

#include "experiment/run.h"
#include "experiment/yaml.h"

/* Opens and locks a run's folder, so that no other process trains in it; the caller closes `lock`, which
 * unlocks. Where the file system has no locks, all goes on without. */
mixup_status run_folder_lock(const char *folder, int *lock);

/* Removes what a killed process left half-written. The folder is locked. */
mixup_status run_folder_sweep(const char *folder, const mixup_allocator *allocator);

/* run.yaml says under made_by.fingerprints which samples each part had. */
enum { RUN_PARTS = 3 };
const char *run_part_name(size_t part); /* "train", ... */
const mixup_dataset *run_part(const experiment_data *data, size_t part);

typedef struct run_fingerprint {
    char text[24]; /* "" for a part that is not there */
} run_fingerprint;
run_fingerprint run_fingerprint_of(const mixup_dataset *set, size_t threads);
/* What a run.yaml says of a part; NULL: nothing, or a fingerprint as an older version made it. */
const yaml_node *run_find_fingerprint(const experiment *of, size_t part);
bool run_has_fingerprints(const experiment *of);

/* Whether a file that the experiment reads samples from was changed or put in place after the file at `path`
 * was, so that the samples must be compared. Files that are no longer there do not count. */
bool run_sources_changed(const experiment *of, const char *path);

/* run.yaml: the experiment with everything resolved, and what made the run. */
mixup_status run_record_write(const char *path, const experiment *of, const mixup_model *model,
                              const experiment_data *data, const mixup_allocator *allocator);
/* Brings the record of a finished run up to date with what does not touch its training, above all the figures
 * that `report` asks for: `now` gives the same training as `old`, which the file holds. */
mixup_status run_record_refresh(const char *path, const experiment *old, const experiment *now,
                                const mixup_allocator *allocator);

/* history.csv, kept in memory and written anew after every epoch, so that the file is whole at any moment. */
typedef struct run_history {
    const char *path; /* the caller's */
    text rows;        /* the file's content */
    bool clean;       /* with the column train_clean_accuracy */
    double seconds;   /* of all rows */
} run_history;

/* Begins anew; with `resume` keeps the rows of the file, if there is one. */
mixup_status run_history_open(run_history *out, const char *path, bool clean, bool resume,
                              const mixup_allocator *allocator);
void run_history_clear(run_history *history);

/* Adds the epoch's row, in place of rows of this and later epochs, and writes the file. */
mixup_status run_history_add(run_history *history, const mixup_epoch *epoch);

/* What stands in metrics.json besides the measurements on the data. */
typedef struct run_summary {
    const settings *settings;
    mixup_fit_result result;
    double seconds;  /* of all epochs */
    bool peak_known; /* the process's highest use of memory is this run's */
} run_summary;

/* Makes the process's highest use of memory begin anew; false where the system does not do that. */
bool run_forget_peak(void);

/* Measures the model on test and validation data and writes metrics.json. */
mixup_status run_write_metrics(const char *path, const run_summary *summary, mixup_model *model,
                               const experiment_data *data, const mixup_allocator *allocator);

#endif
