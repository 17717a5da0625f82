/* report/spread: mean and deviation of a metric over the seeds of a variant. */
#ifndef REPORT_SPREAD_H
#define REPORT_SPREAD_H

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

#endif
