/* report/kind_scatter: the states of a layer of two units, a dot a sample. */
#include "report/kind.h"

#include "analysis/tightness.h"

#include <math.h>

static mixup_status measure(const trained *run, const request *item, const mixup_dataset *set,
                            measurement *out) {
    const states_desc wanted = kind_states(item, set, item->layer, &out->allocator);
    MIXUP_TRY(states_collect(run->model, &wanted, &out->points));
    if (out->points.width != 2)
        return error(MIXUP_ERROR_SHAPE, "layer '%s': a scatter needs a layer of 2 units, this one has %zu",
                     item->layer, out->points.width);
    if (tightness(&out->points, &out->tightness) != MIXUP_OK)
        out->tightness = (double)NAN;
    return MIXUP_OK;
}

static mixup_status draw(item_page *of, const evidence_variant *variant, const measurement *numbers,
                         const void *shared) {
    const double *limits = shared; /* [4] of both axes */
    text_format(&of->caption, "%s: %zu points", variant->files->name, numbers->points.count);
    if (isfinite(numbers->tightness))
        text_format(&of->caption, "; within-class over between-class variance %.3f", numbers->tightness);
    text_add(&of->caption, ".");
    const figure_place place = {of->folder, of->name.data, variant->files->name, of->out->allocator};
    return figure_scatter(&place, &numbers->points, limits, &of->about->classes);
}

/* Both axes alike in all pictures. */
static mixup_status show(item_page *of) {
    double limits[4] = {(double)INFINITY, -(double)INFINITY, (double)INFINITY, -(double)INFINITY};
    for (size_t v = 0; v < of->about->variant_count; v++)
        figure_scatter_limits(&kind_measurement(of, v)->points, limits);
    return kind_by_variant(of, draw, limits);
}

const report_kind kind_scatter = {
    .title = "Two-dimensional states",
    .explanation =
        "Each dot is one sample, placed where the layer's two units put it; colours and written names are "
        "classes. Both axes have the same scale in all pictures side by side. The number below is the mean "
        "variance inside a class divided by the variance between the class means: smaller is tighter, and "
        "rescaling the layer does not change it.",
    .points = 300,
    .data = SETTINGS_FIGURE_TRAIN,
    .claim = "Classes in the two-dimensional states are tighter (mean within-class over between-class "
             "variance) with manifold mixup than without mixing.",
    .claim_rows = "within / between",
    .measure = measure,
    .show = show,
};
