/* report/evidence: all that the report says about one experiment, gathered from its runs before anything is
 * written: settings, the figures asked for and the numbers behind them.
 *
 * Pictures of states and classification come from the run with the lowest seed of each variant; accuracies
 * under attack and the like (kinds with every_run), metrics and curves from all. What cannot be measured
 * (data that have moved, a layer that does not exist) becomes a warning on the page; a report of the rest is
 * more use than none. */
#ifndef REPORT_EVIDENCE_H
#define REPORT_EVIDENCE_H

#include "report/figure.h"
#include "report/measure.h"
#include "report/results.h"

typedef struct evidence_variant {
    const results_variant *files;
    const yaml_node *document; /* its first run's run.yaml */
    const char *summary;       /* "no mixing", "mixes at bottleneck, α = 2" */
    measurement *measurements; /* [runs][item_count]; not measured where something was wrong, and on all but
                                * the first run only for kinds that want it (kind.h) */
    classification classified;
} evidence_variant;

typedef struct evidence {
    mixup_allocator allocator;
    arena memory; /* of all strings, trees and lists here */
    const results_experiment *files;
    const char *name;        /* as the experiment calls itself */
    const char *description; /* or NULL */
    request *items;
    size_t item_count;
    evidence_variant *variants;
    size_t variant_count;
    figure_classes classes;
    text warnings; /* a line each */
} evidence;

mixup_status evidence_gather(const results_experiment *files, mixup_log log, const mixup_allocator *allocator,
                             evidence *out);
void evidence_clear(evidence *out);

/* Appends "no mixing; 6 epochs" or "mixes at bottleneck, α = 2; 24 epochs", from a run.yaml. */
void evidence_summarize(const yaml_node *document, text *out);

/* The scalar at a path of a variant's document, or NULL. */
const char *evidence_setting(const evidence_variant *variant, const char *path);

#endif
