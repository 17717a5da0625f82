/* report/summary: finished runs in one Markdown table an experiment: a row a variant with its mean ± sample
 * deviation over the seeds. For README files, notes and docs/results.md; the HTML page (report.h) has more.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "base/text.h"
#include "report/results.h"

/* Appends a section for each experiment below `folder`. */
mixup_status summary_write(const char *folder, const mixup_allocator *allocator, text *out);

/* The section of one. */
mixup_status summary_write_one(const results_experiment *files, const mixup_allocator *allocator, text *out);

#endif
