/* report/claims: see claims.h. Writes the first part of docs/results.md. */
#include "report/claims.h"

#include "base/file.h"
#include "base/text.h"
#include "report/claim.h"
#include "report/evidence.h"
#include "report/kind.h"
#include "report/markdown.h"

#include <math.h>

size_t claims_count(const claims_outcome *of) {
    return of->held + of->failed + of->unchecked;
}

/* The page and what it is made of. */
typedef struct writing {
    text page;
    mixup_log log;
    mixup_allocator allocator;
    claims_outcome outcome;
} writing;

/* "**123.4** (120, 123.4, 130)": the median, then the seeds in their order. */
static void add_cell(text *out, const claim *in, size_t variant, size_t row) {
    const size_t runs = in->variants[variant]->run_count;
    text_format(out, " **%.4g** (", in->medians[variant][row]);
    for (size_t r = 0; r < runs; r++)
        text_format(out, "%s%.4g", r == 0 ? "" : ", ", in->numbers[variant][row * runs + r]);
    text_add(out, ") |");
}

static void add_table(text *out, const claim *in) {
    text_format(out, "\n| %s |", kind_find(in->item->kind)->claim_rows);
    for (size_t v = 0; v < CLAIM_VARIANTS; v++)
        if (in->variants[v] != NULL)
            text_format(out, " %s |", claim_variant_name((claim_variant)v));
    text_add(out, "\n|---|");
    for (size_t v = 0; v < CLAIM_VARIANTS; v++)
        text_add(out, in->variants[v] != NULL ? "---|" : "");
    text_add(out, "\n");
    for (size_t row = 0; row < in->rows; row++) {
        if (in->samples[row] == 0)
            continue;
        if (in->item->kind == SETTINGS_SINGULAR_VALUES)
            text_format(out, "| %zu (%zu samples) |", row, in->samples[row]);
        else
            text_add(out, "| median (seeds) |");
        for (size_t v = 0; v < CLAIM_VARIANTS; v++)
            if (in->variants[v] != NULL)
                add_cell(out, in, v, row);
        text_add(out, "\n");
    }
}

/* "Layer `bottleneck`, training data, classes 0, 1, 2." */
static void add_setting(text *out, const request *item) {
    if (item->kind == SETTINGS_SURFACE) {
        text_format(out, "Map over [%g, %g]², ", item->range[0], item->range[1]);
        if (item->step > 0.0)
            text_format(out, "step %g, ", item->step);
        text_format(out, "probability of class %zu.\n", item->class_number);
        return;
    }
    text_format(out, "Layer `%s`, all samples of the %s data", item->layer, trained_part_name(item->data));
    for (size_t i = 0; i < item->class_count; i++)
        text_format(out, "%s%zu", i == 0 ? ", classes " : ", ", item->classes[i]);
    text_add(out, item->kind == SETTINGS_SINGULAR_VALUES ? "; sums of the uncentred values.\n" : ".\n");
}

static void add_claim(text *out, const claim *in) {
    const char *verdict = in->missing != NULL ? "not checked" : in->holds ? "holds" : "**fails**";
    text_format(out, "\n### %s: %s\n\n%s\n\n", in->item->title, verdict, kind_find(in->item->kind)->claim);
    if (in->missing != NULL)
        text_format(out, "Not checked: %s.\n\n", in->missing);
    add_setting(out, in->item);
    if (in->item->kind == SETTINGS_SINGULAR_VALUES && in->missing == NULL)
        text_format(out, "It holds for %zu of %zu classes.\n", in->won, in->counted);
    add_table(out, in);
}

/* "| none | no mixing; 6 epochs | 1, 2, 3 | 98.40, 98.41, 98.50 |" */
static mixup_status add_accuracy_row(text *out, const results_variant *variant, arena *memory) {
    const yaml_node *document = NULL;
    MIXUP_TRY(trained_document(memory, variant->runs[0].folder, &document));
    text_format(out, "| %s | ", variant->name);
    evidence_summarize(document, out);
    text_add(out, " | ");
    markdown_seeds(out, variant);
    text_add(out, " | ");
    for (size_t r = 0; r < variant->run_count; r++) {
        const double accuracy = results_metric_value(&variant->runs[r], "test_accuracy");
        text_add(out, r == 0 ? "" : ", ");
        if (isfinite(accuracy))
            text_format(out, "%.2f", 100.0 * accuracy);
        else
            text_add(out, "–");
    }
    text_add(out, " |\n");
    return text_status(out);
}

static mixup_status add_experiment_head(text *out, const results_experiment *files, const yaml_node *document,
                                        arena *memory) {
    markdown_heading(out, files, document);
    text_add(out, "| variant | training | seeds | test accuracy, % |\n|---|---|---|---|\n");
    for (size_t v = 0; v < files->variant_count; v++)
        MIXUP_TRY(add_accuracy_row(out, &files->variants[v], memory));
    return MIXUP_OK;
}

static mixup_status check_item(writing *out, const request *item, const results_experiment *files) {
    claim found;
    MIXUP_TRY(claim_measure(item, files, out->log, &out->allocator, &found));
    add_claim(&out->page, &found);
    out->outcome.held += found.holds;
    out->outcome.unchecked += found.missing != NULL;
    out->outcome.failed += found.missing == NULL && !found.holds;
    claim_clear(&found);
    return text_status(&out->page);
}

static mixup_status check_items(writing *out, const results_experiment *files, arena *memory) {
    const yaml_node *document = NULL;
    request *items = NULL;
    size_t count = 0;
    bool begun = false;
    MIXUP_TRY(trained_document(memory, files->variants[0].runs[0].folder, &document));
    MIXUP_TRY(trained_requests(memory, files->variants[0].runs[0].folder, &items, &count));
    for (size_t i = 0; i < count; i++) {
        if (!claim_applies(&items[i], files))
            continue;
        if (!begun)
            MIXUP_TRY(add_experiment_head(&out->page, files, document, memory));
        begun = true;
        MIXUP_TRY(check_item(out, &items[i], files));
    }
    return MIXUP_OK;
}

static mixup_status check_all(writing *out, const claims_desc *desc) {
    results found;
    MIXUP_TRY(results_read(desc->results, &out->allocator, &found));
    mixup_status status = MIXUP_OK;
    for (size_t e = 0; e < found.experiment_count && status == MIXUP_OK; e++) {
        arena memory;
        arena_init(&memory, &out->allocator);
        status = check_items(out, &found.experiments[e], &memory);
        arena_clear(&memory);
    }
    results_clear(&found);
    if (status == MIXUP_OK && claims_count(&out->outcome) == 0)
        status =
            error(MIXUP_ERROR_NOT_FOUND,
                  "%s: no claim to check; that takes an experiment with a key `report` and finished variants "
                  "none and manifold",
                  desc->results);
    return status;
}

static mixup_status write_page(const writing *in, const char *path) {
    text whole;
    text_init(&whole, &in->allocator);
    text_format(
        &whole,
        "What the demonstrations claim, checked on the medians over seeds: %zu of %zu claims hold. Cells "
        "give the median, then each seed in brackets.\n",
        in->outcome.held, claims_count(&in->outcome));
    text_append(&whole, in->page.data, in->page.length);
    mixup_status status = text_status(&whole);
    if (status == MIXUP_OK)
        status = file_write_all(path, whole.data, whole.length, &in->allocator);
    text_clear(&whole);
    return status;
}

mixup_status claims_check(const claims_desc *desc, claims_outcome *outcome) {
    writing out = {.log = desc->log, .allocator = memory_allocator(desc->allocator)};
    text_init(&out.page, &out.allocator);
    mixup_status status = check_all(&out, desc);
    if (status == MIXUP_OK && desc->path != NULL)
        status = write_page(&out, desc->path);
    text_clear(&out.page);
    if (status == MIXUP_OK)
        *outcome = out.outcome;
    return status;
}
