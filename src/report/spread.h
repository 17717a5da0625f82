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
/* Per cent with two decimals, and a quantity with four and three significant digits. */
#define SPREAD_PERCENT  100.0, "%.2f", "%.2f ± %.2f"
#define SPREAD_QUANTITY 1.0, "%.4g", "%.4g ± %.3g"

#endif
