/* report/kind_scatter: the states of a layer of two units, a dot a sample. */
#include "report/kind.h"

#include "analysis/tightness.h"
#include "analysis/uniform.h"

#include <math.h>
#include <string.h>

/* The same inputs for every variant. */
static mixup_status measure_uniform(const trained *run, const request *item, const mixup_dataset *set,
                                    measurement *out) {
    uniform_desc desc = {.layer = item->layer,
                         .count = item->uniform,
                         .range = {item->range[0], item->range[1]},
                         .allocator = &out->allocator};
    if (!(desc.range[0] < desc.range[1]))
        MIXUP_TRY(uniform_range(set, &out->allocator, desc.range));
    return uniform_states(run->model, &desc, &out->uniform);
}

static mixup_status measure(const trained *run, const request *item, const mixup_dataset *set,
                            measurement *out) {
    const states_desc wanted = kind_states(item, set, item->layer, &out->allocator);
    MIXUP_TRY(states_collect(run->model, &wanted, &out->points));
    if (out->points.width != 2)
        return error(MIXUP_ERROR_SHAPE, "layer '%s': a scatter needs a layer of 2 units, this one has %zu",
                     item->layer, out->points.width);
    if (tightness(&out->points, &out->tightness) != MIXUP_OK)
        out->tightness = (double)NAN;
    return item->uniform > 0 ? measure_uniform(run, item, set, out) : MIXUP_OK;
}

static void reset_limits(double limits[4]) {
    for (size_t i = 0; i < 4; i++)
        limits[i] = i % 2 == 0 ? (double)INFINITY : -(double)INFINITY;
}

static mixup_status draw(item_page *of, const evidence_variant *variant, const measurement *numbers,
                         const void *shared) {
    double limits[4]; /* of both axes */
    memcpy(limits, shared, sizeof limits);
    if (numbers->uniform.count > 0) { /* they may reach far, in each network elsewhere */
        reset_limits(limits);
        figure_scatter_limits(&numbers->points, limits);
        figure_scatter_limits(&numbers->uniform, limits);
    }
    text_format(&of->caption, "%s: %zu points", variant->files->name, numbers->points.count);
    if (isfinite(numbers->tightness))
        text_format(&of->caption, "; within-class over between-class variance %.3f", numbers->tightness);
    if (numbers->uniform.count > 0)
        text_format(&of->caption, "; small dots: %zu inputs drawn uniformly", numbers->uniform.count);
    text_add(&of->caption, ".");
    const figure_place place = {of->folder, of->name.data, variant->files->name, of->out->allocator};
    return figure_scatter(&place, &numbers->points, &numbers->uniform, limits, &of->about->classes);
}

/* Both axes alike in all pictures, unless there are dots of uniform inputs. */
static mixup_status show(item_page *of) {
    double limits[4];
    reset_limits(limits);
    for (size_t v = 0; v < of->about->variant_count; v++)
        figure_scatter_limits(&kind_measurement(of, v)->points, limits);
    return kind_by_variant(of, draw, limits);
}

static void tabulate(const item_page *of, text *out) {
    text_add(out, "| variant | seed | within-class over between-class variance |\n|---|---|---|\n");
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const results_variant *files = of->about->variants[v].files;
        const measurement *numbers = kind_measurement(of, v);
        if (numbers->measured && isfinite(numbers->tightness))
            text_format(out, "| %s | %llu | %.3f |\n", files->name, (unsigned long long)files->runs[0].seed,
                        numbers->tightness);
    }
}

const report_kind kind_scatter = {
    .title = "Two-dimensional states",
    .explanation =
        "Each dot is one sample, placed where the layer's two units put it; colours and written names are "
        "classes. Both axes have the same scale in all pictures side by side; with dots of inputs drawn "
        "uniformly, each picture has its own. The number below is the mean "
        "variance inside a class divided by the variance between the class means: smaller is tighter, and "
        "rescaling the layer does not change it.",
    .points = 300,
    .data = SETTINGS_FIGURE_TRAIN,
    .claim = "Classes in the two-dimensional states are tighter (mean within-class over between-class "
             "variance) with manifold mixup than without mixing.",
    .claim_rows = "within / between",
    .measure = measure,
    .show = show,
    .tabulate = tabulate,
};
