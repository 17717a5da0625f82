/* report/kind_deformation: accuracy on test images that are turned, sheared and zoomed (tables 4 and 9). */
#include "report/ratings.h"

#include <math.h>

static mixup_status measure(const trained *run, const request *item, const mixup_dataset *set,
                            measurement *out) {
    deform_desc desc;
    robustness_baseline clean;
    robustness_outcome *found = NULL;
    MIXUP_TRY(deform_resolve(&item->deform, &desc));
    const size_t count = deform_count(&desc);
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->ratings, count + 1));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, found, count));
    const mixup_status status = deform_measure(run->model, set, &desc, &out->allocator, &clean, found);
    if (status == MIXUP_OK) {
        out->samples = clean.samples;
        ratings_add(out, RATINGS_UNCHANGED, 0.0, clean.accuracy, (double)NAN, "unchanged");
    }
    for (size_t i = 0; i < count && status == MIXUP_OK; i++) {
        deform_kind kind = DEFORM_ROTATION;
        double amount = 0.0;
        deform_row(&desc, i, &kind, &amount);
        ratings_add(out, deform_kind_name(kind), amount, found[i].accuracy, (double)NAN, "%s %s%g%s",
                    deform_kind_name(kind), kind == DEFORM_ZOOM ? "" : "±", amount,
                    kind == DEFORM_ZOOM ? " %" : "°");
    }
    memory_release(&out->allocator, found);
    return status;
}

static void axes(const request *item, ratings_axes *out) {
    static const ratings_axis each[DEFORM_KINDS] = {{"rotation", "rotation", "largest angle, degrees", 0.0},
                                                    {"shear", "shear", "largest angle, degrees", 0.0},
                                                    {"zoom", "zoom", "side that is seen, %", 100.0}};
    (void)item;
    for (size_t k = 0; k < DEFORM_KINDS; k++)
        out->items[k] = each[k];
    out->count = DEFORM_KINDS;
}

const report_kind kind_deformation = {
    .title = "Accuracy on deformed images",
    .explanation = "Networks that never saw a deformed image classify images that are turned and sheared by "
                   "angles drawn "
                   "uniformly from ± the amount, and zoomed: 20 % shows the middle fifth of each side "
                   "enlarged, 180 % the "
                   "whole image smaller within a border. All networks see the same images.",
    .data = SETTINGS_FIGURE_TEST,
    .every_run = true,
    .measure = measure,
    .show = ratings_show,
    .tabulate = ratings_tabulate,
    .axes = axes,
};
