/* report/kind_surface: confidence maps of models with two inputs, with samples on top. */
#include "report/kind.h"

static mixup_status measure(const trained *run, const request *item, const mixup_dataset *set,
                            measurement *out) {
    const states_desc points = kind_states(item, set, "input", &out->allocator);
    const bool given = item->range[0] < item->range[1];
    const double range[2] = {given ? item->range[0] : -1.0, given ? item->range[1] : 1.0};
    MIXUP_TRY(surface_map(run->model,
                          &(surface_desc){.minimum = {range[0], range[0]},
                                          .maximum = {range[1], range[1]},
                                          .step = item->step,
                                          .class_number = item->class_number,
                                          .allocator = &out->allocator},
                          &out->map));
    out->share = surface_share(&out->map, 0.1, 0.9);
    return states_collect(run->model, &points, &out->points);
}

static mixup_status draw(item_page *of, const evidence_variant *variant, const measurement *numbers,
                         const void *shared) {
    const request *item = &of->about->items[of->index];
    text_format(&of->caption, "%s: on %.1f %% of the map the probability lies between 0.1 and 0.9.",
                variant->files->name, 100.0 * numbers->share);
    (void)shared;
    const figure_place place = {of->folder, of->name.data, variant->files->name, of->out->allocator};
    return figure_surface(&place, &numbers->map, item->class_number, &numbers->points, &of->about->classes);
}

static mixup_status show(item_page *of) {
    return kind_by_variant(of, draw, NULL);
}

const report_kind kind_surface = {
    .title = "Confidence over the plane",
    .explanation =
        "Colour is the probability that the network gives at each point of the plane, from 0 (dark) to 1 "
        "(yellow); dots are training samples. A wide band between the colours means that the network grows "
        "unsure gradually as it leaves the data; a sharp edge means that it is sure everywhere.",
    .points = 500,
    .data = SETTINGS_FIGURE_TRAIN,
    .claim = "The share of the map with 0.1 < p < 0.9 is larger with manifold mixup than without mixing.",
    .claim_rows = "share of the map",
    .measure = measure,
    .show = show,
};
