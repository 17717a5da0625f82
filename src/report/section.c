/* report/section: see section.h. */
#include "report/section.h"

#include "base/path.h"

#include <string.h>

mixup_status section_picture(page *out, const char *folder, const char *name, const char *caption,
                             bool bare) {
    return html_add_picture(&out->html, &(html_picture){folder, name, caption, bare, ++out->pictures});
}

/* "bottleneck_12" as "bottleneck 12". */
static void add_heading(page *out, const evidence *about) {
    text_add(&out->html, "<section id=\"");
    html_escape(&out->html, about->files->name);
    text_add(&out->html, "\">\n<h2>");
    for (const char *c = about->name; *c != '\0'; c++) {
        const char one[2] = {*c, '\0'};
        html_escape(&out->html, *c == '_' ? " " : one);
    }
    text_add(&out->html, "</h2>\n");
    if (about->description != NULL)
        html_paragraphs(&out->html, about->description);
}

static void add_variants(page *out, const evidence *about) {
    text_add(&out->html, "<dl class=\"variants\">\n");
    for (size_t v = 0; v < about->variant_count; v++) {
        const evidence_variant *variant = &about->variants[v];
        text_format(&out->html, "<div style=\"--c:%s\"><dt>", variant->files->style.color);
        html_escape(&out->html, variant->files->name);
        text_add(&out->html, "</dt><dd>");
        html_escape(&out->html, variant->summary);
        text_add(&out->html, "</dd></div>\n");
    }
    text_add(&out->html, "</dl>\n");
}

mixup_status section_tolerate(page *out, mixup_status status) {
    if (status != MIXUP_ERROR_DATA)
        return status;
    text_add(&out->html, "<div class=\"warning\"><p>A picture could not be drawn:</p>\n");
    html_paragraphs(&out->html, mixup_last_error());
    text_add(&out->html, "</div>\n");
    return text_status(&out->html);
}

static void add_warnings(page *out, const evidence *about) {
    if (about->files->unfinished > 0)
        text_format(&out->html, "<p class=\"warning\">%zu run%s not finished and left out.</p>\n",
                    about->files->unfinished, about->files->unfinished == 1 ? " is" : "s are");
    if (about->warnings.length == 0)
        return;
    text_add(&out->html, "<div class=\"warning\"><p>Not everything could be measured:</p>\n");
    html_paragraphs(&out->html, about->warnings.data);
    text_add(&out->html, "</div>\n");
}

mixup_status section_write(page *out, const evidence *about) {
    char *folder = path_join(out->allocator, about->files->folder, "figures");
    if (folder == NULL)
        return MIXUP_ERROR_MEMORY;
    mixup_status status = MIXUP_OK;
    add_heading(out, about);
    add_variants(out, about);
    add_warnings(out, about);
    MIXUP_TRY_ELSE(status, section_figures(out, about, folder), done);
    section_metrics(out, about);
    MIXUP_TRY_ELSE(status, section_curves(out, about, folder), done);
    MIXUP_TRY_ELSE(status, section_classification(out, about, folder), done);
    MIXUP_TRY_ELSE(status, section_settings(out, about), done);
    section_again(out, about);
    text_add(&out->html, "</section>\n");
    status = text_status(&out->html);
done:
    memory_release(out->allocator, folder);
    return status;
}
