/* report/history: the columns of history.csv over the seeds of a variant. */
#ifndef REPORT_HISTORY_H
#define REPORT_HISTORY_H

#include "report/results.h"
#include "report/spread.h"

/* Epochs of the longest run. */
size_t history_epochs(const results_variant *of);

/* Mean, lowest and highest over the runs of one column, times `scale`, at each epoch: out[epochs][3]. NaN
 * where no run has a finite value. */
void history_over_runs(const results_variant *of, history_column column, double scale, size_t epochs,
                       double *out);

/* Of one column in each run's last epoch. */
spread history_last(const results_variant *of, history_column column);

#endif
