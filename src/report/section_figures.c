/* report/section_figures: the figures and tables that the experiment's key `report` asks for. What a kind of
 * item shows is its own business (kind.h). */
#include "report/kind.h"

static mixup_status add_item(item_page *of) {
    const request *item = &of->about->items[of->index];
    bool any = false;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const evidence_variant *variant = &of->about->variants[v];
        for (size_t r = 0; r < variant->files->run_count; r++)
            any = any || variant->measurements[r * of->about->item_count + of->index].measured;
    }
    if (!any)
        return MIXUP_OK;
    text_add(&of->out->html, "<h3>");
    html_escape(&of->out->html, item->title);
    text_add(&of->out->html, "</h3>\n");
    if (item->text != NULL)
        html_paragraphs(&of->out->html, item->text);
    if (of->index == 0 || item[-1].kind != item->kind) { /* once for neighbours */
        text_add(&of->out->html, "<p class=\"soft\">");
        html_escape(&of->out->html, kind_find(item->kind)->explanation);
        text_add(&of->out->html, "</p>\n");
    }
    if (kind_find(item->kind)->tabulate != NULL) {
        text_format(&of->out->tables, "\n### %s\n\n", item->title);
        kind_find(item->kind)->tabulate(of, &of->out->tables);
    }
    return kind_find(item->kind)->show(of);
}

mixup_status section_figures(page *out, const evidence *about, const char *folder) {
    item_page of = {.out = out, .about = about, .folder = folder};
    text_init(&of.name, out->allocator);
    text_init(&of.caption, out->allocator);
    mixup_status status = MIXUP_OK;
    for (of.index = 0; of.index < about->item_count && status == MIXUP_OK; of.index++)
        status = section_tolerate(out, add_item(&of));
    text_clear(&of.caption);
    text_clear(&of.name);
    return status;
}
