/* experiment/run_parts: history.csv and metrics.json, for run.c. */
#ifndef EXPERIMENT_RUN_PARTS_H
#define EXPERIMENT_RUN_PARTS_H

#include "experiment/run.h"

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
    double seconds; /* of all epochs */
} run_summary;

/* Measures the model on test and validation data and writes metrics.json. */
mixup_status run_write_metrics(const char *path, const run_summary *summary, mixup_model *model,
                               const experiment_data *data, const mixup_allocator *allocator);

#endif
