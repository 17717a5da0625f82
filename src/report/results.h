/* report/results: the finished runs below a folder, with their histories and metrics.
 *
 * Known layouts: RESULTS/EXPERIMENT/VARIANT/seed-N/ (several experiments) and RESULTS/VARIANT/seed-N/ (one).
 * A run counts when it has metrics.json, which is written last; others are counted as unfinished. Experiments
 * are in natural order (x2 before x12), variants likewise with none, input, manifold in front, seeds ascend.
 */
#ifndef REPORT_RESULTS_H
#define REPORT_RESULTS_H

#include "base/memory.h"
#include "report/palette.h"

/* Columns of history.csv that the report uses. */
typedef enum history_column {
    HISTORY_EPOCH,
    HISTORY_TRAIN_LOSS,
    HISTORY_TRAIN_ACCURACY,
    HISTORY_VALIDATION_LOSS,
    HISTORY_VALIDATION_ACCURACY,
    HISTORY_COLUMNS
} history_column;

typedef struct results_metric {
    char *name;
    double value; /* NaN: not measured */
} results_metric;

typedef struct results_run {
    uint64_t seed;
    char *folder;
    double (*history)[HISTORY_COLUMNS]; /* [epochs]; NaN where a field is empty */
    size_t epochs;
    results_metric *metrics;
    size_t metric_count;
} results_run;

typedef struct results_variant {
    char *name;
    palette_style style;
    results_run *runs;
    size_t run_count; /* ≥ 1 */
} results_variant;

typedef struct results_experiment {
    char *name; /* of its folder */
    char *folder;
    results_variant *variants;
    size_t variant_count; /* ≥ 1 */
    size_t unfinished;
} results_experiment;

typedef struct results {
    mixup_allocator allocator;
    char *folder;
    results_experiment *experiments;
    size_t experiment_count;
} results;

/* Finding no finished run at all is MIXUP_ERROR_NOT_FOUND. */
mixup_status results_read(const char *folder, const mixup_allocator *allocator, results *out);
void results_clear(results *out);

/* The experiment or variant called `name`, or NULL. */
const results_experiment *results_find(const results *in, const char *name);
const results_variant *results_variant_find(const results_experiment *in, const char *name);

/* A run's metric; NaN where it has none. */
double results_metric_value(const results_run *run, const char *name);

/* Compares as a person sorts: "x2" before "x12". */
int results_natural_order(const char *a, const char *b);

#endif
