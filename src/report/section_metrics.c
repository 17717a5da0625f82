/* report/section_metrics: the table of metrics: a row a measure, a column a variant; mean ± sample deviation
 * over the seeds where there are several. Rows come from metrics.json, so that a new metric needs no change
 * here; the name alone decides how a number is written. */
#include "report/section.h"
#include "report/spread.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef enum number_kind {
    NUMBER_PLAIN,
    NUMBER_PERCENT,
    NUMBER_COUNT,
    NUMBER_SECONDS,
    NUMBER_BYTES
} number_kind;

static bool ends_with(const char *name, const char *ending) {
    const size_t a = strlen(name);
    const size_t b = strlen(ending);
    return a >= b && strcmp(name + a - b, ending) == 0;
}

static number_kind kind_of(const char *name) {
    if (ends_with(name, "accuracy"))
        return NUMBER_PERCENT;
    if (ends_with(name, "seconds"))
        return NUMBER_SECONDS;
    if (ends_with(name, "parameters") || ends_with(name, "epochs") || ends_with(name, "steps") ||
        ends_with(name, "epoch") || ends_with(name, "count"))
        return NUMBER_COUNT;
    if (ends_with(name, "memory") || ends_with(name, "bytes"))
        return NUMBER_BYTES;
    return NUMBER_PLAIN;
}

/* 1: more is better, -1: less is better, 0: neither. */
static int direction_of(const char *name) {
    if (ends_with(name, "accuracy") || ends_with(name, "r_squared"))
        return 1;
    if (ends_with(name, "loss") || ends_with(name, "nll") || ends_with(name, "error") ||
        ends_with(name, "mse") || ends_with(name, "mae"))
        return -1;
    return 0;
}

/* 1234567 as 1 234 567, with narrow spaces. */
static void add_count(text *out, double value) {
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%.0f", value);
    for (int i = 0; i < length; i++) {
        text_append(out, digits + i, 1);
        if ((length - i - 1) % 3 == 0 && i + 1 < length && digits[i] != '-')
            text_add(out, "\u202f");
    }
}

/* How a kind of number is written; the count of things has its own way. */
static const struct {
    double scale;
    const char *one, *several;
} formats[] = {
    [NUMBER_PLAIN] = {1.0, "%.4g", "%.4g ± %.2g"},
    [NUMBER_PERCENT] = {100.0, "%.2f %%", "%.2f ± %.2f %%"},
    [NUMBER_COUNT] = {1.0, "%.0f", "%.0f"},
    [NUMBER_SECONDS] = {1.0, "%.1f s", "%.1f ± %.1f s"},
    [NUMBER_BYTES] = {1.0 / 1048576.0, "%.0f MiB", "%.0f ± %.0f MiB"},
};

static void add_value(text *out, number_kind kind, const spread *value) {
    if (kind == NUMBER_COUNT && value->count > 0)
        add_count(out, value->mean);
    else
        spread_write(out, value, formats[kind].scale, formats[kind].one, formats[kind].several);
}

/* What a row shows: a metric, or the share that an accuracy leaves. */
typedef struct row {
    const char *name;
    bool error; /* 1 - accuracy, as the paper's tables have it */
} row;

/* "test_accuracy" as "test accuracy" or "test error", "peak_memory_bytes" as "peak memory". */
static void add_label(text *out, const row *of) {
    const char *name = of->name;
    const char *left_out = of->error ? "accuracy" : ends_with(name, "_bytes") ? "_bytes" : "";
    const size_t length = strlen(name) - strlen(left_out);
    for (const char *c = name; c < name + length; c++) {
        const char one[2] = {*c, '\0'};
        html_escape(out, *c == '_' ? " " : one);
    }
    text_add(out, of->error ? "error" : "");
}

static spread spread_of_row(const results_variant *files, const row *of) {
    spread value = spread_of(files, of->name);
    if (of->error)
        value.mean = 1.0 - value.mean;
    return value;
}

/* Whether the row would say the same as the loss, as the squared error of a regression does, or the negative
 * log-likelihood of a training without weights of classes and the like. */
static bool repeats_loss(const evidence *about, const char *name) {
    char loss[40];
    const size_t part = strcspn(name, "_") + 1;
    if (!ends_with(name, "_mse") && !ends_with(name, "_nll"))
        return false;
    snprintf(loss, sizeof loss, "%.*sloss", (int)part, name);
    for (size_t v = 0; v < about->variant_count; v++) {
        const results_variant *files = about->variants[v].files;
        for (size_t r = 0; r < files->run_count; r++) {
            const double error = results_metric_value(&files->runs[r], name);
            const double other = results_metric_value(&files->runs[r], loss);
            if (!(fabs(error - other) <= 1e-6 * fabs(error)))
                return false;
        }
    }
    return true;
}

static void add_row(page *out, const evidence *about, const row *of) {
    const number_kind kind = kind_of(of->name);
    spread_row compared = spread_row_begin(of->error ? -1 : direction_of(of->name), formats[kind].scale,
                                           formats[kind].one, formats[kind].several);
    bool any = false;
    if (repeats_loss(about, of->name))
        return;
    for (size_t v = 0; v < about->variant_count; v++) {
        const spread value = spread_of_row(about->variants[v].files, of);
        any = any || value.count > 0;
        spread_row_add(&compared, &value);
    }
    if (!any)
        return;
    text_add(&out->html, "<tr><th scope=\"row\">");
    add_label(&out->html, of);
    text_add(&out->html, "</th>");
    for (size_t v = 0; v < about->variant_count; v++) {
        const spread value = spread_of_row(about->variants[v].files, of);
        text_format(&out->html, "<td class=\"n%s\">", spread_row_marks(&compared, &value) ? " best" : "");
        add_value(&out->html, kind, &value);
        text_add(&out->html, "</td>");
    }
    text_add(&out->html, "</tr>\n");
}

/* Whether an earlier run has the metric already. */
static bool seen_before(const evidence *about, size_t variant, size_t run, const char *name) {
    for (size_t v = 0; v <= variant; v++) {
        const results_variant *files = about->variants[v].files;
        for (size_t r = 0; r < (v == variant ? run : files->run_count); r++)
            for (size_t m = 0; m < files->runs[r].metric_count; m++)
                if (strcmp(files->runs[r].metrics[m].name, name) == 0)
                    return true;
    }
    return false;
}

/* Test measures first, then the rest, then validation; RANKS: not shown, since it is no measurement. */
enum { RANKS = 3 };
static size_t rank_of(const char *name) {
    static const char *const hidden[] = {"seed", "top_k", "test_count", "validation_count", "steps"};
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (strcmp(name, hidden[i]) == 0)
            return RANKS;
    return strncmp(name, "test_", 5) == 0 ? 0 : strncmp(name, "validation_", 11) == 0 ? 2 : 1;
}

static void add_metric(page *out, const evidence *about, const char *name) {
    add_row(out, about, &(row){.name = name});
    if (strcmp(name, "test_accuracy") == 0 || strcmp(name, "validation_accuracy") == 0)
        add_row(out, about, &(row){.name = name, .error = true});
}

/* The rows of one rank, in the order of the files. */
static void add_rows(page *out, const evidence *about, size_t rank) {
    for (size_t v = 0; v < about->variant_count; v++)
        for (size_t r = 0; r < about->variants[v].files->run_count; r++) {
            const results_run *run = &about->variants[v].files->runs[r];
            for (size_t m = 0; m < run->metric_count; m++)
                if (rank_of(run->metrics[m].name) == rank && !seen_before(about, v, r, run->metrics[m].name))
                    add_metric(out, about, run->metrics[m].name);
        }
}

void section_variant_head(page *out, const evidence_variant *variant) {
    text_format(&out->html, "<th scope=\"col\" class=\"n\"><span class=\"dot\" style=\"--c:%s\"></span>",
                variant->files->style.color);
    html_escape(&out->html, variant->files->name);
    text_add(&out->html, "</th>");
}

void section_metrics(page *out, const evidence *about) {
    bool several = false;
    text_add(&out->html, "<h3>Metrics</h3>\n<p class=\"soft\">Seeds: ");
    for (size_t v = 0; v < about->variant_count; v++) {
        const results_variant *files = about->variants[v].files;
        text_add(&out->html, v == 0 ? "" : "; ");
        html_escape(&out->html, files->name);
        for (size_t r = 0; r < files->run_count; r++)
            text_format(&out->html, "%s %llu", r == 0 ? "" : ",", (unsigned long long)files->runs[r].seed);
        several = several || files->run_count > 1;
    }
    text_format(&out->html,
                ".%s The best value of a row is marked.</p>\n<div class=\"scroll\"><table>\n<thead><tr>"
                "<th scope=\"col\">measure</th>",
                several ? " Numbers are mean ± deviation over the seeds." : "");
    for (size_t v = 0; v < about->variant_count; v++)
        section_variant_head(out, &about->variants[v]);
    text_add(&out->html, "</tr></thead>\n<tbody>\n");
    for (size_t rank = 0; rank < RANKS; rank++)
        add_rows(out, about, rank);
    text_add(&out->html, "</tbody></table></div>\n");
}
