/* report/kind_singular_values: the singular values of each class's states at a layer, a curve a variant, and
 * tables (spectrum_table.h). Curves are of the first run, numbers of all. */
#include "report/kind.h"

#include "analysis/singular_values.h"
#include "report/spectrum_table.h"

#include <math.h>

/* All samples, in the row behind the classes'. */
static mixup_status fill_together(const states *in, measurement *out) {
    for (size_t k = 0; k < 2; k++)
        MIXUP_TRY(singular_values(in->values, in->count, in->width, k == 1, &out->allocator,
                                  out->values[k] + in->class_count * in->width));
    out->rows[in->class_count] = in->count;
    return MIXUP_OK;
}

/* Fills rows and values from the states. */
static mixup_status fill_spectra(const states *in, bool together, measurement *out) {
    size_t size = 0;
    MIXUP_TRY(memory_product(in->class_count + 1, in->width, &size));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->rows, in->class_count + 1));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->values[0], size));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->values[1], size));
    out->classes = in->class_count;
    out->width = in->width;
    for (size_t i = 0; i < in->count; i++)
        if (in->labels[i] >= 0)
            out->rows[in->labels[i]]++;
    for (size_t c = 0; c < in->class_count; c++)
        for (size_t k = 0; k < 2 && out->rows[c] > 0; k++)
            MIXUP_TRY(singular_values_of_class(in, c, k == 1, out->values[k] + c * in->width, &out->rows[c]));
    return together ? fill_together(in, out) : MIXUP_OK;
}

static mixup_status measure(const trained *run, const request *item, const mixup_dataset *set,
                            measurement *out) {
    const states_desc wanted = kind_states(item, set, item->layer, &out->allocator);
    states collected;
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    if (info.class_count == 0)
        return error(MIXUP_ERROR_DATA,
                     "singular values are taken of each class, and the data have no classes");
    MIXUP_TRY(states_collect(run->model, &wanted, &collected));
    const mixup_status status = fill_spectra(&collected, item->together, out);
    states_clear(&collected);
    return status;
}

/* The largest, and the smallest positive value of all spectra of the item, cut 5 decades below the largest.
 */
static void spectrum_range(const item_page *of, double *lowest, double *highest) {
    *lowest = (double)INFINITY;
    *highest = 0.0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const measurement *numbers = &of->about->variants[v].measurements[of->index];
        for (size_t k = 0; k < 2; k++)
            for (size_t i = 0; numbers->measured && i < (numbers->classes + 1) * numbers->width; i++) {
                const double value = numbers->values[k][i];
                *highest = fmax(*highest, value);
                *lowest = value > 0.0 ? fmin(*lowest, value) : *lowest;
            }
    }
    *lowest = fmax(*lowest, 1e-5 * *highest);
}

/* The spectra of one class for all variants that have it; returns how many. */
static size_t collect_series(const item_page *of, size_t class_number, bool centered, figure_series *series,
                             size_t *width) {
    size_t count = 0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const evidence_variant *variant = &of->about->variants[v];
        const measurement *numbers = &variant->measurements[of->index];
        if (!numbers->measured || class_number > numbers->classes || numbers->rows[class_number] == 0)
            continue;
        *width = numbers->width > *width ? numbers->width : *width;
        series[count++] = (figure_series){variant->files->name, variant->files->style,
                                          numbers->values[centered ? 1 : 0] + class_number * numbers->width,
                                          numbers->width};
    }
    return count;
}

/* Draws the spectrum, first on a linear axis of its own (NAME_linear, for the folder only), then as it is. */
static mixup_status draw_spectrum(item_page *of, const char *title, const figure_spectrum *spectrum) {
    figure_spectrum linear = *spectrum;
    linear.linear = true;
    linear.highest = 0.0;
    for (size_t s = 0; s < spectrum->series_count; s++)
        linear.highest = fmax(linear.highest, spectrum->series[s].values[0]);
    const size_t length = of->name.length;
    text_add(&of->name, "_linear");
    MIXUP_TRY(text_status(&of->name));
    figure_place place = {of->folder, of->name.data, title, of->out->allocator};
    MIXUP_TRY(figure_singular_values(&place, &linear));
    of->name.length = length;
    of->name.data[length] = '\0';
    return figure_singular_values(&place, spectrum);
}

/* One class: the values as they are, or centred. */
static mixup_status add_spectrum(item_page *of, size_t class_number, bool centered, figure_series *series) {
    figure_spectrum spectrum = {.series = series};
    spectrum.series_count = collect_series(of, class_number, centered, series, &spectrum.count);
    if (spectrum.series_count == 0)
        return MIXUP_OK;
    spectrum_range(of, &spectrum.lowest, &spectrum.highest);
    text title;
    text_init(&title, of->out->allocator);
    kind_begin_picture(of);
    if (class_number < of->about->classes.count) {
        text_add(&title, "class ");
        figure_class_name(&title, &of->about->classes, class_number);
        text_format(&of->name, "%zu", class_number);
    } else {
        text_add(&title, "all classes");
        text_add(&of->name, "all");
    }
    text_add(&title, centered ? ", centred" : ", uncentred");
    text_add(&of->caption, title.data != NULL ? title.data : "");
    text_add(&of->name, centered ? "_centered" : "");
    mixup_status status = text_status(&title);
    if (status == MIXUP_OK)
        status = draw_spectrum(of, title.data, &spectrum);
    text_clear(&title);
    MIXUP_TRY(status);
    return kind_place_picture(of, true);
}

static mixup_status add_spectra(item_page *of) {
    size_t classes = 0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const size_t has = of->about->variants[v].measurements[of->index].classes;
        classes = has > classes ? has : classes;
    }
    figure_series *series = NULL;
    MIXUP_TRY(MEMORY_NEW(of->out->allocator, series, of->about->variant_count));
    mixup_status status = MIXUP_OK;
    text_add(&of->out->html, "<div class=\"pairs\">\n");
    for (size_t c = 0; c <= classes && status == MIXUP_OK; c++) { /* the last: all together */
        size_t width = 0;
        if (collect_series(of, c, false, series, &width) == 0)
            continue;
        text_add(&of->out->html, "<div class=\"pair\">\n");
        status = add_spectrum(of, c, false, series);
        if (status == MIXUP_OK)
            status = add_spectrum(of, c, true, series);
        text_add(&of->out->html, "</div>\n");
    }
    text_add(&of->out->html, "</div>\n");
    memory_release(of->out->allocator, series);
    return status;
}

static mixup_status show(item_page *of) {
    spectrum_tables(of);
    return add_spectra(of);
}

const report_kind kind_singular_values = {
    .title = "Singular values of the states of each class",
    .explanation =
        "The states of all samples of one class form a matrix; its singular values say how far the class "
        "reaches in each direction, the largest first. Values near zero mean that the class hardly uses the "
        "direction. Uncentred values contain the distance of the class from the origin; centred ones the "
        "spread alone. All pictures share one logarithmic axis. The values are those of the matrix as it is; "
        "they grow with the square root of the number of samples and with the layer's scale, so what counts "
        "is "
        "how the others compare with the largest.",
    .data = SETTINGS_FIGURE_TRAIN,
    .every_run = true,
    .claim = "The singular values of a class's states sum to less with manifold mixup than without mixing "
             "and than with input mixup, for at least nine in ten classes.",
    .claim_rows = "class",
    .measure = measure,
    .show = show,
    .tabulate = spectrum_tabulate,
};
