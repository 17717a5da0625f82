/* report/section_curves: loss and accuracy over the epochs, of all variants in one picture each; with several
 * seeds the mean, and the range as a band. Then where a classifier errs, and whether its confidence is right.
 */
#include "report/section.h"

#include "report/gnuplot.h"
#include "report/history.h"

#include <math.h>

/* One measure's picture. */
typedef struct measure_kind {
    const char *name;
    const char *title;
    const char *axis;
    const char *caption;
    history_column train, validation;
    double scale;
    bool logarithmic;
} measure_kind;

/* Fills the curves from the runs; values go to `room` [Σ epochs × 6]. Returns whether anything was measured,
 * and whether the positive values span enough for a logarithmic axis. */
static bool fill_curves(const evidence *about, const measure_kind *kind, double *room, figure_curve *curves,
                        double *low, double *high) {
    bool any = false;
    *low = (double)INFINITY;
    *high = 0.0;
    for (size_t v = 0; v < about->variant_count; v++) {
        const results_variant *files = about->variants[v].files;
        const size_t epochs = history_epochs(files);
        double *train = room;
        double *validation = room + 3 * epochs;
        history_over_runs(files, kind->train, kind->scale, epochs, train);
        history_over_runs(files, kind->validation, kind->scale, epochs, validation);
        curves[v] = (figure_curve){files->name, files->style, epochs, train, validation};
        for (size_t i = 0; i < 6 * epochs; i++)
            if (isfinite(room[i])) {
                any = true;
                *low = fmin(*low, room[i]);
                *high = fmax(*high, room[i]);
            }
        room += 6 * epochs;
    }
    return any;
}

static mixup_status add_measure(page *out, const evidence *about, const char *folder,
                                const measure_kind *kind) {
    size_t epochs = 0;
    bool several = false;
    for (size_t v = 0; v < about->variant_count; v++) {
        epochs += history_epochs(about->variants[v].files);
        several = several || about->variants[v].files->run_count > 1;
    }
    double *room = NULL;
    figure_curve *curves = NULL;
    double low = 0.0;
    double high = 0.0;
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(out->allocator, room, epochs * 6), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(out->allocator, curves, about->variant_count), done);
    if (!fill_curves(about, kind, room, curves, &low, &high))
        goto done;
    const figure_place place = {folder, kind->name, kind->title, out->allocator};
    const figure_curves drawn = {.curves = curves,
                                 .count = about->variant_count,
                                 .axis = kind->axis,
                                 .logarithmic = kind->logarithmic && low > 0.0 && high / low > 8.0,
                                 .band = several};
    MIXUP_TRY_ELSE(status, figure_draw_curves(&place, &drawn), done);
    status = section_picture(out, folder, kind->name, kind->caption, false);
done:
    memory_release(out->allocator, curves);
    memory_release(out->allocator, room);
    return status;
}

mixup_status section_curves(page *out, const evidence *about, const char *folder) {
    static const measure_kind kinds[] = {
        {"loss", "Loss", "loss",
         "Loss over the epochs. Where a variant mixes, its training loss is taken against mixed targets and "
         "stays "
         "high by design: compare the validation curves.",
         HISTORY_TRAIN_LOSS, HISTORY_VALIDATION_LOSS, 1.0, true},
        {"accuracy", "Accuracy", "accuracy in %",
         "Accuracy over the epochs. While mixing, the training accuracy counts both partners, weighted by λ.",
         HISTORY_TRAIN_ACCURACY, HISTORY_VALIDATION_ACCURACY, 100.0, false}};
    bool any = false;
    for (size_t v = 0; v < about->variant_count; v++)
        any = any || history_epochs(about->variants[v].files) > 0;
    if (!any)
        return MIXUP_OK;
    text_add(&out->html, "<h3>Learning curves</h3>\n<div class=\"pictures\">\n");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        MIXUP_TRY(section_tolerate(out, add_measure(out, about, folder, &kinds[i])));
    text_add(&out->html, "</div>\n");
    return MIXUP_OK;
}

/* Draws KIND_VARIANT and puts it into the page. */
static mixup_status add_classified(page *out, const evidence *about, const char *folder,
                                   const evidence_variant *variant, bool confusion) {
    const classification *found = &variant->classified;
    text name, caption;
    text_init(&name, out->allocator);
    text_init(&caption, out->allocator);
    text_add(&name, confusion ? "confusion_" : "reliability_");
    gnuplot_file_name(&name, variant->files->name);
    if (confusion)
        text_format(&caption, "%s: what each class of the %s data was taken for.", variant->files->name,
                    found->part);
    else
        text_format(&caption, "%s: expected calibration error %.4f over %zu %s samples.",
                    variant->files->name, calibration_error(found->bins, MEASURE_BINS), found->count,
                    found->part);
    mixup_status status = text_status(&name);
    if (status == MIXUP_OK)
        status = text_status(&caption);
    if (status == MIXUP_OK) {
        const figure_place place = {folder, name.data, variant->files->name, out->allocator};
        status = confusion ? figure_confusion(&place, found->confusion, &about->classes)
                           : figure_reliability(&place, found->bins, MEASURE_BINS, variant->files->style);
    }
    if (status == MIXUP_OK)
        status = section_picture(out, folder, name.data, caption.data, false);
    text_clear(&caption);
    text_clear(&name);
    return status;
}

static mixup_status add_classified_row(page *out, const evidence *about, const char *folder, bool confusion) {
    text_add(&out->html, "<div class=\"pictures three\">\n");
    for (size_t v = 0; v < about->variant_count; v++)
        if (about->variants[v].classified.part != NULL)
            MIXUP_TRY(
                section_tolerate(out, add_classified(out, about, folder, &about->variants[v], confusion)));
    text_add(&out->html, "</div>\n");
    return MIXUP_OK;
}

mixup_status section_classification(page *out, const evidence *about, const char *folder) {
    bool any = false;
    for (size_t v = 0; v < about->variant_count; v++)
        any = any || about->variants[v].classified.part != NULL;
    if (!any)
        return MIXUP_OK;
    text_add(&out->html,
             "<h3>Where it errs</h3>\n<p class=\"soft\">Rows are the right classes, columns what the "
             "network said; numbers off the diagonal are mistakes.</p>\n");
    MIXUP_TRY(add_classified_row(out, about, folder, true));
    text_add(
        &out->html,
        "<h3>Does its confidence come true?</h3>\n<p class=\"soft\">Samples are sorted by how sure the "
        "network was; each bar is the share of them that it got right. On the dashed line confidence and "
        "accuracy agree; bars below it mean overconfidence, above it underconfidence.</p>\n");
    return add_classified_row(out, about, folder, false);
}
