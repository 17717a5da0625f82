/* report/summary: see summary.h. A column appears where at least one variant has its metric. */
#include "report/summary.h"

#include "report/evidence.h"
#include "report/markdown.h"
#include "report/spread.h"

#include <string.h>

/* A column: a metric of metrics.json, how it is shown, and which end is better. */
typedef struct column {
    const char *metric;
    const char *title;
    double scale, offset;      /* shown: offset + scale × value */
    const char *one, *several; /* formats of spread_write() */
    int better;                /* -1: less, 1: more, 0: neither */
} column;

static const column columns[] = {
    {"test_accuracy", "test error, %", -100.0, 100.0, "%.2f", "%.2f ± %.2f", -1},
    {"test_top_k_accuracy", "top-k error, %", -100.0, 100.0, "%.2f", "%.2f ± %.2f", -1},
    {"test_nll", "NLL", 1.0, 0.0, "%.4f", "%.4f ± %.4f", -1},
    {"test_calibration_error", "calibration error", 1.0, 0.0, "%.4f", "%.4f ± %.4f", -1},
    {"test_mse", "MSE", 1.0, 0.0, "%.4f", "%.4f ± %.4f", -1},
    {"test_r_squared", "R²", 1.0, 0.0, "%.4f", "%.4f ± %.4f", 1},
    {"best_epoch", "best epoch", 1.0, 0.0, "%.1f", "%.1f ± %.1f", 0},
    {"seconds", "training, s", 1.0, 0.0, "%.0f", "%.0f ± %.0f", 0},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* The metric as the column shows it: an accuracy, say, as the error that it leaves. */
static spread value_of(const column *of, const results_variant *variant) {
    spread value = spread_of(variant, of->metric);
    value.mean += of->offset / of->scale;
    return value;
}

static bool is_top_k(const column *of) {
    return strcmp(of->metric, "test_top_k_accuracy") == 0;
}

/* A top-k accuracy of 1 in every run says nothing: there are no more than k classes. */
static bool is_present(const column *of, const results_experiment *files) {
    for (size_t v = 0; v < files->variant_count; v++) {
        const spread value = spread_of(&files->variants[v], of->metric);
        if (value.count > 0 && !(is_top_k(of) && value.mean >= 1.0))
            return true;
    }
    return false;
}

/* "**4.83 ± 0.10**" */
static void add_cell(text *out, const column *of, const results_variant *variant,
                     const results_experiment *files) {
    spread_row compared = spread_row_begin(of->better, of->scale, of->one, of->several);
    for (size_t v = 0; v < files->variant_count; v++) {
        const spread other = value_of(of, &files->variants[v]);
        spread_row_add(&compared, &other);
    }
    const spread value = value_of(of, variant);
    const char *mark = spread_row_marks(&compared, &value) ? "**" : "";
    text_format(out, " %s", mark);
    spread_write(out, &value, of->scale, of->one, of->several);
    text_format(out, "%s |", mark);
}

static mixup_status add_row(text *out, const results_experiment *files, size_t index, arena *memory) {
    const results_variant *variant = &files->variants[index];
    const yaml_node *document = NULL;
    MIXUP_TRY(trained_document(memory, variant->runs[0].folder, &document));
    text_format(out, "| %s | ", variant->name);
    evidence_summarize(document, out);
    text_add(out, " | ");
    markdown_seeds(out, variant);
    text_add(out, " |");
    for (size_t c = 0; c < COLUMNS; c++)
        if (is_present(&columns[c], files))
            add_cell(out, &columns[c], variant, files);
    text_add(out, "\n");
    return text_status(out);
}

/* The k of top-k is the runs' own. */
static void add_title(text *out, const column *of, const results_experiment *files) {
    const spread k = spread_of(&files->variants[0], "top_k");
    if (is_top_k(of) && k.count > 0)
        text_format(out, " top-%g error, %% |", k.mean);
    else
        text_format(out, " %s |", of->title);
}

static mixup_status add_experiment(text *out, const results_experiment *files, arena *memory) {
    const yaml_node *document = NULL;
    MIXUP_TRY(trained_document(memory, files->variants[0].runs[0].folder, &document));
    markdown_heading(out, files, document);
    const yaml_node *description = yaml_get(document, "description");
    if (description != NULL && description->kind == YAML_SCALAR)
        text_format(out, "%s\n\n", description->text);
    if (files->unfinished > 0)
        text_format(out, "%zu run%s not finished and left out.\n\n", files->unfinished,
                    files->unfinished == 1 ? " is" : "s are");
    text_add(out, "| variant | training | seeds |");
    for (size_t c = 0; c < COLUMNS; c++)
        if (is_present(&columns[c], files))
            add_title(out, &columns[c], files);
    text_add(out, "\n|---|---|---|");
    for (size_t c = 0; c < COLUMNS; c++)
        if (is_present(&columns[c], files))
            text_add(out, "---|");
    text_add(out, "\n");
    for (size_t v = 0; v < files->variant_count; v++)
        MIXUP_TRY(add_row(out, files, v, memory));
    return MIXUP_OK;
}

mixup_status summary_write_one(const results_experiment *files, const mixup_allocator *allocator, text *out) {
    arena memory;
    arena_init(&memory, allocator);
    const mixup_status status = add_experiment(out, files, &memory);
    arena_clear(&memory);
    return status;
}

mixup_status summary_write(const char *folder, const mixup_allocator *allocator, text *out) {
    results found;
    MIXUP_TRY(results_read(folder, allocator, &found));
    mixup_status status = MIXUP_OK;
    for (size_t e = 0; e < found.experiment_count && status == MIXUP_OK; e++)
        status = summary_write_one(&found.experiments[e], allocator, out);
    results_clear(&found);
    return status;
}
