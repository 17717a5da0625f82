/* report/run_files: reads one run's history.csv and metrics.json. */
#ifndef REPORT_RUN_FILES_H
#define REPORT_RUN_FILES_H

#include "report/results.h"

/* Fills run->history and run->metrics from run->folder. A missing history is an empty one. */
mixup_status run_files_read(results_run *run, const mixup_allocator *allocator);
void run_files_clear(results_run *run, const mixup_allocator *allocator);

#endif
