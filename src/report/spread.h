/* report/spread: mean and deviation of a metric over the seeds of a variant. */
#ifndef REPORT_SPREAD_H
#define REPORT_SPREAD_H

#include "report/results.h"

typedef struct spread {
    size_t count;     /* seeds that have the metric; 0: the rest is 0 too */
    double mean;      /* in the metric's own unit */
    double deviation; /* sample deviation (n - 1); 0 for a single value */
} spread;

spread spread_of(const results_variant *of, const char *metric);

#endif
