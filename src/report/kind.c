/* report/kind: see kind.h. */
#include "report/kind.h"

#include "report/gnuplot.h"

const report_kind *kind_find(settings_figure_kind kind) {
    static const report_kind *const kinds[SETTINGS_FIGURE_KINDS] = {
        [SETTINGS_SURFACE] = &kind_surface,
        [SETTINGS_SCATTER] = &kind_scatter,
        [SETTINGS_SINGULAR_VALUES] = &kind_singular_values,
        [SETTINGS_ATTACK] = &kind_attack,
        [SETTINGS_DEFORMATION] = &kind_deformation,
        [SETTINGS_NEIGHBORS] = &kind_neighbors,
        [SETTINGS_TRAINING_LOSS] = &kind_training_loss,
    };
    return kinds[kind];
}

states_desc kind_states(const request *item, const mixup_dataset *set, const char *layer,
                        const mixup_allocator *allocator) {
    return (states_desc){.set = set,
                         .layer = layer,
                         .per_class = item->points,
                         .classes = item->classes,
                         .class_count = item->class_count,
                         .allocator = allocator};
}

void kind_begin_picture(item_page *of) {
    const request *items = of->about->items;
    size_t same = 0;
    for (size_t i = 0; i < of->index; i++)
        same += items[i].kind == items[of->index].kind;
    text_clear(&of->caption);
    text_clear(&of->name);
    text_add(&of->name, settings_figure_name(items[of->index].kind));
    if (same > 0)
        text_format(&of->name, "_%zu", same + 1);
    text_add(&of->name, "_");
}

mixup_status kind_place_picture(item_page *of, bool bare) {
    MIXUP_TRY(text_status(&of->name));
    MIXUP_TRY(text_status(&of->caption));
    return section_picture(of->out, of->folder, of->name.data, of->caption.data, bare);
}

const measurement *kind_measurement(const item_page *of, size_t variant) {
    return kind_run(of, variant, 0);
}

const measurement *kind_run(const item_page *of, size_t variant, size_t run) {
    return &of->about->variants[variant].measurements[run * of->about->item_count + of->index];
}

mixup_status kind_by_variant(item_page *of, kind_draw draw, const void *shared) {
    const evidence *about = of->about;
    size_t count = 0;
    for (size_t v = 0; v < about->variant_count; v++)
        count += kind_measurement(of, v)->measured;
    text_add(&of->out->html,
             count % 3 == 0 ? "<div class=\"pictures three\">\n" : "<div class=\"pictures\">\n");
    for (size_t v = 0; v < about->variant_count; v++) {
        const evidence_variant *variant = &about->variants[v];
        if (!kind_measurement(of, v)->measured)
            continue;
        kind_begin_picture(of);
        gnuplot_file_name(&of->name, variant->files->name);
        MIXUP_TRY(text_status(&of->name));
        MIXUP_TRY(draw(of, variant, kind_measurement(of, v), shared));
        MIXUP_TRY(kind_place_picture(of, false));
    }
    text_add(&of->out->html, "</div>\n");
    return MIXUP_OK;
}
