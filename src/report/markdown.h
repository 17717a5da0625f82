/* report/markdown: what the Markdown pages (claims, summary) and tables share. */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include "base/text.h"
#include "experiment/yaml.h"
#include "report/results.h"

/* "## NAME", what made the runs, and the settings that the numbers depend on most; from a run.yaml. */
void markdown_heading(text *out, const results_experiment *files, const yaml_node *document);

/* "1, 2, 3" */
void markdown_seeds(text *out, const results_variant *variant);

#endif
