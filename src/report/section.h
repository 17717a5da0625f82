/* report/section: the part of the page about one experiment, and its pieces, one file each. */
#ifndef REPORT_SECTION_H
#define REPORT_SECTION_H

#include "report/evidence.h"
#include "report/html.h"

/* The page as it is being written. */
typedef struct page {
    text html;
    text tables;     /* the same numbers as Markdown tables, for README files and notes */
    size_t pictures; /* in the page so far; numbers them */
    const mixup_allocator *allocator;
} page;

/* The whole section; pictures go to EXPERIMENT/figures/. */
mixup_status section_write(page *out, const evidence *about);

mixup_status section_figures(page *out, const evidence *about, const char *folder); /* items of `report` */
mixup_status section_curves(page *out, const evidence *about, const char *folder);  /* over the epochs */
mixup_status section_classification(page *out, const evidence *about,
                                    const char *folder); /* confusion, ... */
void section_metrics(page *out, const evidence *about);
mixup_status section_settings(page *out, const evidence *about);
void section_again(page *out, const evidence *about);

/* Puts FOLDER/NAME into the page; `bare` hides the caption from all but screen readers. */
mixup_status section_picture(page *out, const char *folder, const char *name, const char *caption, bool bare);

/* A picture that gnuplot refuses (numbers that are not finite, say) is left out with a warning on the page;
 * other failures are passed on. */
mixup_status section_tolerate(page *out, mixup_status status);

/* A table head cell with the variant's colour and name. */
void section_variant_head(page *out, const evidence_variant *variant);

#endif
