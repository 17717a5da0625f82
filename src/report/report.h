/* report: turns finished runs into pictures and into one page.
 *
 * The page is one file that works offline: pictures inside, light and dark, on a phone and on paper. Pictures
 * also lie in EXPERIMENT/figures/, each with its script and data. What is drawn for an experiment is decided
 * by its own key `report` (request.h) and by what kind of task it is, never by its name. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/memory.h"

typedef struct report_desc {
    const char *results; /* a folder of experiments, or one experiment's folder */
    const char *path;    /* of the page; NULL: RESULTS/report.html */
    const char
        *tables;   /* of a Markdown file with the numbers: those of summary.h and of the figures; or NULL */
    mixup_log log; /* gets a line a step: some take seconds */
    const mixup_allocator *allocator;
} report_desc;

/* Writes the page and the pictures. `experiments` gets the number of those in it; or NULL. */
mixup_status report_write(const report_desc *desc, size_t *experiments);

#endif
