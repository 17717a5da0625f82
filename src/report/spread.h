/* report/spread: mean and deviation of a metric over the seeds of a variant. */
#ifndef REPORT_SPREAD_H
#define REPORT_SPREAD_H

#include "base/text.h"
#include "report/results.h"

typedef struct spread {
    size_t count;     /* seeds that have the metric; 0: the rest is 0 too */
    double mean;      /* in the metric's own unit */
    double deviation; /* sample deviation (n - 1); 0 for a single value */
} spread;

/* Of the numbers 0 to count - 1 that `number` takes from `from`; those that are not finite are left out. */
spread spread_by(double (*number)(const void *from, size_t i), const void *from, size_t count);

/* Of a metric of the runs. */
spread spread_of(const results_variant *of, const char *metric);

/* Appends scale × value: by the format `one` where there is one seed, by `several` with mean and deviation
 * where there are more, "–" where there is none. */
void spread_write(text *out, const spread *value, double scale, const char *one, const char *several);
/* Which values of a table's row to mark as the best. They are compared as `one` writes them: of two that read
 * alike none is better, and where all do, none is marked. */
typedef struct spread_row {
    int direction; /* 1: more is better, -1: less, 0: neither */
    double scale;
    const char *one;
    double best, worst; /* of direction × what is shown */
} spread_row;

spread_row spread_row_begin(int direction, double scale, const char *one, const char *several);
/* Each value of the row, before the first question. */
void spread_row_add(spread_row *row, const spread *value);
bool spread_row_marks(const spread_row *row, const spread *value);

/* Per cent with two decimals, and a quantity with four and three significant digits. */
#define SPREAD_PERCENT  100.0, "%.2f", "%.2f ± %.2f"
#define SPREAD_QUANTITY 1.0, "%.4g", "%.4g ± %.3g"

#endif
