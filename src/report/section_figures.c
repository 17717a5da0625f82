/* report/section_figures: the figures that the experiment's key `report` asks for, each variant's picture
 * beside the others', and below them what the pictures show as numbers. */
#include "report/gnuplot.h"
#include "report/section.h"

#include <math.h>

/* What the pictures of one item share. */
typedef struct item_pictures {
    page *out;
    const evidence *about;
    const char *folder;
    size_t index; /* of the item */
    text name;    /* room for names of files */
    text caption;
} item_pictures;

/* "scatter", or "scatter_2" for the second item of its kind. */
static void begin_name(item_pictures *of) {
    const request *items = of->about->items;
    size_t same = 0;
    for (size_t i = 0; i < of->index; i++)
        same += items[i].kind == items[of->index].kind;
    text_clear(&of->name);
    text_add(&of->name, request_kind_name(items[of->index].kind));
    if (same > 0)
        text_format(&of->name, "_%zu", same + 1);
    text_add(&of->name, "_");
}

static mixup_status place_picture(item_pictures *of, bool bare) {
    MIXUP_TRY(text_status(&of->name));
    MIXUP_TRY(text_status(&of->caption));
    return section_picture(of->out, of->folder, of->name.data, of->caption.data, bare);
}

static mixup_status add_surface(item_pictures *of, const evidence_variant *variant,
                                const measurement *numbers) {
    const request *item = &of->about->items[of->index];
    text_format(&of->caption, "%s: on %.1f %% of the map the probability lies between 0.1 and 0.9.",
                variant->files->name, 100.0 * numbers->share);
    MIXUP_TRY(text_status(&of->name));
    const figure_place place = {of->folder, of->name.data, variant->files->name, of->out->allocator};
    MIXUP_TRY(
        figure_surface(&place, &numbers->map, item->class_number, &numbers->points, &of->about->classes));
    return place_picture(of, false);
}

static mixup_status add_scatter(item_pictures *of, const evidence_variant *variant,
                                const measurement *numbers, const double limits[4]) {
    text_format(&of->caption, "%s: %zu points", variant->files->name, numbers->points.count);
    if (isfinite(numbers->tightness))
        text_format(&of->caption, "; within-class over between-class variance %.3f", numbers->tightness);
    text_add(&of->caption, ".");
    MIXUP_TRY(text_status(&of->name));
    const figure_place place = {of->folder, of->name.data, variant->files->name, of->out->allocator};
    MIXUP_TRY(figure_scatter(&place, &numbers->points, limits, &of->about->classes));
    return place_picture(of, false);
}

/* A picture a variant, for the kinds SURFACE and SCATTER. */
static mixup_status add_by_variant(item_pictures *of) {
    const evidence *about = of->about;
    double limits[4] = {(double)INFINITY, -(double)INFINITY, (double)INFINITY, -(double)INFINITY};
    for (size_t v = 0; v < about->variant_count; v++)
        figure_scatter_limits(&about->variants[v].measurements[of->index].points, limits);
    size_t count = 0;
    for (size_t v = 0; v < about->variant_count; v++)
        count += about->variants[v].measurements[of->index].measured;
    text_add(&of->out->html,
             count % 3 == 0 ? "<div class=\"pictures three\">\n" : "<div class=\"pictures\">\n");
    for (size_t v = 0; v < about->variant_count; v++) {
        const evidence_variant *variant = &about->variants[v];
        const measurement *numbers = &variant->measurements[of->index];
        if (!numbers->measured)
            continue;
        text_clear(&of->caption);
        begin_name(of);
        gnuplot_file_name(&of->name, variant->files->name);
        if (about->items[of->index].kind == REQUEST_SURFACE)
            MIXUP_TRY(add_surface(of, variant, numbers));
        else
            MIXUP_TRY(add_scatter(of, variant, numbers, limits));
    }
    text_add(&of->out->html, "</div>\n");
    return MIXUP_OK;
}

/* The largest, and the smallest positive value of all spectra of the item, cut 5 decades below the largest.
 */
static void spectrum_range(const item_pictures *of, double *lowest, double *highest) {
    *lowest = (double)INFINITY;
    *highest = 0.0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const measurement *numbers = &of->about->variants[v].measurements[of->index];
        for (size_t k = 0; k < 2; k++)
            for (size_t i = 0; i < numbers->classes * numbers->width; i++) {
                const double value = numbers->values[k][i];
                *highest = fmax(*highest, value);
                *lowest = value > 0.0 ? fmin(*lowest, value) : *lowest;
            }
    }
    *lowest = fmax(*lowest, 1e-5 * *highest);
}

/* The spectra of one class for all variants that have it; returns how many. */
static size_t collect_series(const item_pictures *of, size_t class_number, bool centered,
                             figure_series *series, size_t *width) {
    size_t count = 0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const evidence_variant *variant = &of->about->variants[v];
        const measurement *numbers = &variant->measurements[of->index];
        if (!numbers->measured || class_number >= numbers->classes || numbers->rows[class_number] == 0)
            continue;
        *width = count == 0 || numbers->width < *width ? numbers->width : *width;
        series[count++] = (figure_series){variant->files->name, variant->files->style,
                                          numbers->values[centered ? 1 : 0] + class_number * numbers->width};
    }
    return count;
}

/* Draws the spectrum, first on a linear axis of its own (NAME_linear, for the folder only), then as it is. */
static mixup_status draw_spectrum(item_pictures *of, const char *title, const figure_spectrum *spectrum) {
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
static mixup_status add_spectrum(item_pictures *of, size_t class_number, bool centered,
                                 figure_series *series) {
    figure_spectrum spectrum = {.series = series};
    spectrum.series_count = collect_series(of, class_number, centered, series, &spectrum.count);
    if (spectrum.series_count == 0)
        return MIXUP_OK;
    spectrum_range(of, &spectrum.lowest, &spectrum.highest);
    text title;
    text_init(&title, of->out->allocator);
    text_add(&title, "class ");
    figure_class_name(&title, &of->about->classes, class_number);
    text_add(&title, centered ? ", centred" : ", uncentred");
    text_clear(&of->caption);
    text_add(&of->caption, title.data != NULL ? title.data : "");
    begin_name(of);
    text_format(&of->name, "%zu%s", class_number, centered ? "_centered" : "");
    mixup_status status = text_status(&title);
    if (status == MIXUP_OK)
        status = draw_spectrum(of, title.data, &spectrum);
    text_clear(&title);
    MIXUP_TRY(status);
    return place_picture(of, true);
}

static mixup_status add_spectra(item_pictures *of) {
    size_t classes = 0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const size_t has = of->about->variants[v].measurements[of->index].classes;
        classes = has > classes ? has : classes;
    }
    figure_series *series = NULL;
    MIXUP_TRY(MEMORY_NEW(of->out->allocator, series, of->about->variant_count));
    mixup_status status = MIXUP_OK;
    text_add(&of->out->html, "<div class=\"pairs\">\n");
    for (size_t c = 0; c < classes && status == MIXUP_OK; c++) {
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

/* A row of sums, the smallest of each kind marked. */
static void add_sum_row(page *out, const evidence *about, size_t index, size_t class_number) {
    text_add(&out->html, "<tr><th scope=\"row\">");
    text name;
    text_init(&name, out->allocator);
    figure_class_name(&name, &about->classes, class_number);
    html_escape(&out->html, name.data != NULL ? name.data : "");
    text_clear(&name);
    text_add(&out->html, "</th>");
    for (size_t k = 0; k < 2; k++) {
        double smallest = (double)INFINITY;
        for (size_t v = 0; v < about->variant_count; v++) {
            const measurement *numbers = &about->variants[v].measurements[index];
            if (numbers->measured)
                smallest = fmin(smallest, measure_sum(numbers, class_number, k == 1));
        }
        for (size_t v = 0; v < about->variant_count; v++) {
            const measurement *numbers = &about->variants[v].measurements[index];
            if (!numbers->measured)
                continue;
            const double sum = measure_sum(numbers, class_number, k == 1);
            text_format(&out->html, "<td class=\"n%s\">%.4g</td>", sum <= smallest ? " best" : "", sum);
        }
    }
    text_add(&out->html, "</tr>\n");
}

static void add_sums(page *out, const evidence *about, size_t index) {
    size_t measured = 0;
    const measurement *first = NULL;
    for (size_t v = 0; v < about->variant_count; v++)
        if (about->variants[v].measurements[index].measured) {
            first = first == NULL ? &about->variants[v].measurements[index] : first;
            measured++;
        }
    if (first == NULL)
        return;
    text_format(
        &out->html,
        "<div class=\"scroll\"><table><caption>Sum of the singular values of each class, the smallest "
        "one marked.</caption>\n<thead><tr><th rowspan=\"2\">class</th><th colspan=\"%zu\">uncentred</th>"
        "<th colspan=\"%zu\">centred</th></tr>\n<tr>",
        measured, measured);
    for (size_t k = 0; k < 2; k++)
        for (size_t v = 0; v < about->variant_count; v++)
            if (about->variants[v].measurements[index].measured)
                section_variant_head(out, &about->variants[v]);
    text_add(&out->html, "</tr></thead>\n<tbody>\n");
    for (size_t c = 0; c < first->classes; c++)
        if (first->rows[c] > 0)
            add_sum_row(out, about, index, c);
    text_add(&out->html, "</tbody></table></div>\n");
}

/* What to read off a picture of each kind. */
static const char *const explanations[REQUEST_KINDS] = {
    "Colour is the probability that the network gives at each point of the plane, from 0 (dark) to 1 "
    "(yellow); "
    "dots are training samples. A wide band between the colours means that the network grows unsure "
    "gradually "
    "as it leaves the data; a sharp edge means that it is sure everywhere.",
    "Each dot is one sample, placed where the layer's two units put it; colours and written names are "
    "classes. "
    "Both axes have the same scale in all pictures side by side. The number below is the mean variance "
    "inside "
    "a class divided by the variance between the class means: smaller is tighter, and rescaling the layer "
    "does not change it.",
    "The states of all samples of one class form a matrix; its singular values say how far the class reaches "
    "in each direction, the largest first. Values near zero mean that the class hardly uses the direction. "
    "Uncentred values contain the distance of the class from the origin; centred ones the spread alone. "
    "All pictures share one logarithmic axis."};

static mixup_status add_item(item_pictures *of) {
    const request *item = &of->about->items[of->index];
    bool any = false;
    for (size_t v = 0; v < of->about->variant_count; v++)
        any = any || of->about->variants[v].measurements[of->index].measured;
    if (!any)
        return MIXUP_OK;
    text_add(&of->out->html, "<h3>");
    html_escape(&of->out->html, item->title);
    text_add(&of->out->html, "</h3>\n");
    if (item->text != NULL)
        html_paragraphs(&of->out->html, item->text);
    if (of->index == 0 || item[-1].kind != item->kind) { /* once for neighbours */
        text_add(&of->out->html, "<p class=\"soft\">");
        html_escape(&of->out->html, explanations[item->kind]);
        text_add(&of->out->html, "</p>\n");
    }
    if (item->kind != REQUEST_SINGULAR_VALUES)
        return add_by_variant(of);
    add_sums(of->out, of->about, of->index);
    return add_spectra(of);
}

mixup_status section_figures(page *out, const evidence *about, const char *folder) {
    item_pictures of = {.out = out, .about = about, .folder = folder};
    text_init(&of.name, out->allocator);
    text_init(&of.caption, out->allocator);
    mixup_status status = MIXUP_OK;
    for (of.index = 0; of.index < about->item_count && status == MIXUP_OK; of.index++)
        status = section_tolerate(out, add_item(&of));
    text_clear(&of.caption);
    text_clear(&of.name);
    return status;
}
