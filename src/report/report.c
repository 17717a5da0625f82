/* report: see report.h. */
#include "report/report.h"

#include "base/file.h"
#include "base/path.h"
#include "report/section.h"
#include "report/summary.h"

#include <stdio.h>
#include <string.h>

static void add_introduction(page *out, const results *found) {
    size_t runs = 0;
    for (size_t e = 0; e < found->experiment_count; e++)
        for (size_t v = 0; v < found->experiments[e].variant_count; v++)
            runs += found->experiments[e].variants[v].run_count;
    text_format(
        &out->html,
        "<header>\n<h1>Manifold Mixup: results</h1>\n"
        "<p class=\"lead\">A network is trained on blends. For every batch one of its layers is chosen; the "
        "states there are replaced by λ times their own plus 1 − λ times those of a random partner, and "
        "the labels are blended alike. The network learns to change its mind gradually between classes, "
        "and its hidden states become simpler.</p>\n"
        "<p>Variants of one experiment differ in where they blend: <b>none</b> trains plainly, <b>input</b> "
        "blends the inputs themselves (input mixup), <b>manifold</b> blends hidden states (Manifold Mixup, "
        "<a href=\"https://arxiv.org/abs/1806.05236\">arXiv 1806.05236</a>). A variant has the same colour "
        "in "
        "all figures.</p>\n"
        "<p class=\"soft\">%zu experiment%s, %zu trained network%s; made by libmixup %s.</p>\n</header>\n",
        found->experiment_count, found->experiment_count == 1 ? "" : "s", runs, runs == 1 ? "" : "s",
        mixup_version());
    if (found->experiment_count < 2)
        return;
    text_add(&out->html, "<nav aria-label=\"Experiments\"><ul>\n");
    for (size_t e = 0; e < found->experiment_count; e++) {
        text_add(&out->html, "<li><a href=\"#");
        html_escape(&out->html, found->experiments[e].name);
        text_add(&out->html, "\">");
        html_escape(&out->html, found->experiments[e].name);
        text_add(&out->html, "</a></li>\n");
    }
    text_add(&out->html, "</ul></nav>\n");
}

/* What the page warns of, for who waits at the terminal: a line each. */
static void tell_warnings(const evidence *about, mixup_log log) {
    char line[1200];
    const char *at = about->warnings.data;
    if (log.write == NULL)
        return;
    if (about->files->unfinished > 0) {
        snprintf(line, sizeof line, "%s: %zu unfinished run%s left out", about->files->name,
                 about->files->unfinished, about->files->unfinished == 1 ? "" : "s");
        log.write(line, log.user);
    }
    while (at != NULL && *at != '\0') {
        const size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%s: not everything could be measured: %.*s", about->files->name,
                 (int)length, at);
        log.write(line, log.user);
        at += length + (at[length] == '\n');
    }
}

static mixup_status add_experiment(page *out, const results_experiment *files, mixup_log log) {
    evidence about;
    MIXUP_TRY(summary_write_one(files, out->allocator, &out->tables));
    MIXUP_TRY(evidence_gather(files, log, out->allocator, &about));
    tell_warnings(&about, log);
    const mixup_status status = section_write(out, &about);
    evidence_clear(&about);
    return status;
}

static mixup_status write_page(const report_desc *desc, const results *found, const char *path, page *out) {
    html_page_begin(&out->html, "Manifold Mixup: results");
    add_introduction(out, found);
    text_add(&out->html, "<main>\n");
    for (size_t e = 0; e < found->experiment_count; e++)
        MIXUP_TRY(add_experiment(out, &found->experiments[e], desc->log));
    text_add(&out->html,
             "</main>\n<footer class=\"soft\"><p>Every picture lies beside the runs as SVG and PNG, with "
             "the gnuplot script and the data that made it, in the folder <code>figures</code> of its "
             "experiment.</p></footer>\n");
    html_page_end(&out->html);
    MIXUP_TRY(text_status(&out->html));
    MIXUP_TRY(text_status(&out->tables));
    if (desc->tables != NULL)
        MIXUP_TRY(file_write_all(desc->tables, out->tables.data, out->tables.length, out->allocator));
    return file_write_all(path, out->html.data, out->html.length, out->allocator);
}

static mixup_status make_folder_of(const char *path, const mixup_allocator *allocator) {
    char *folder = path_folder(allocator, path);
    const mixup_status status = folder != NULL ? file_make_folder(folder) : MIXUP_ERROR_MEMORY;
    memory_release(allocator, folder);
    return status;
}

/* The page's path. The folders are made before the figures, which may take minutes. */
static mixup_status prepare_path(const report_desc *desc, const mixup_allocator *allocator, char **path) {
    if (desc->tables != NULL)
        MIXUP_TRY(make_folder_of(desc->tables, allocator));
    char *made = desc->path != NULL ? memory_copy_text(allocator, desc->path)
                                    : path_join(allocator, desc->results, "report.html");
    const mixup_status status = made != NULL ? make_folder_of(made, allocator) : MIXUP_ERROR_MEMORY;
    if (status == MIXUP_OK)
        *path = made;
    else
        memory_release(allocator, made);
    return status;
}

mixup_status report_write(const report_desc *desc, size_t *experiments) {
    const mixup_allocator allocator = memory_allocator(desc->allocator);
    results found;
    char *path = NULL;
    MIXUP_TRY(results_read(desc->results, &allocator, &found));
    page out = {.allocator = &allocator};
    text_init(&out.html, &allocator);
    text_init(&out.tables, &allocator);
    mixup_status status = prepare_path(desc, &allocator, &path);
    if (status == MIXUP_OK)
        status = write_page(desc, &found, path, &out);
    if (status == MIXUP_OK && experiments != NULL)
        *experiments = found.experiment_count;
    memory_release(&allocator, path);
    text_clear(&out.tables);
    text_clear(&out.html);
    results_clear(&found);
    return status;
}
