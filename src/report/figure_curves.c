/* report/figure_curves: measures over epochs and singular values over their number: a colour and a point type
 * a variant, the same in every picture of the report. */
#include "report/figure.h"

#include "report/gnuplot.h"

#include <math.h>
#include <string.h>

enum {
    CURVES_WIDTH = 560,
    CURVES_HEIGHT = 380,
    SPECTRUM_WIDTH = 400,
    SPECTRUM_HEIGHT = 330,
    DENSE_FROM = 60 /* epochs; points would cover the line */
};

/* A logarithmic vertical axis over [low, high], with tics at 1, 2 and 5 where it spans few decades. */
static void write_logarithmic(text *script, double low, double high) {
    text_format(script, "set logscale y\nset format y '%%g'\nset yrange [%.4g:%.4g]\n", low, high);
    if (high / low > 300.0)
        return;
    text_add(script, "set ytics (");
    bool first = true;
    const int last = (int)floor(log10(high));
    for (int power = (int)floor(log10(low)); power <= last; power++)
        for (size_t k = 0; k < 3; k++) {
            const double tic = pow(10.0, power) * (k == 0 ? 1.0 : k == 1 ? 2.0 : 5.0);
            if (tic < low || tic > high)
                continue;
            text_format(script, "%s%.4g", first ? "" : ", ", tic);
            first = false;
        }
    text_add(script, ")\n");
}

/* "epoch, <name> train, lowest, highest, <name> validation, ..." */
static void write_epochs(text *data, const figure_curves *curves) {
    size_t epochs = 0;
    text_add(data, "epoch");
    for (size_t i = 0; i < curves->count; i++) {
        const char *const parts[] = {"train",      "train_low",      "train_high",
                                     "validation", "validation_low", "validation_high"};
        for (size_t k = 0; k < 6; k++) {
            text_add(data, ",");
            gnuplot_file_name(data, curves->curves[i].name);
            text_format(data, "_%s", parts[k]);
        }
        epochs = curves->curves[i].epochs > epochs ? curves->curves[i].epochs : epochs;
    }
    for (size_t e = 0; e < epochs; e++) {
        text_format(data, "\n%zu", e + 1);
        for (size_t i = 0; i < curves->count; i++)
            for (size_t k = 0; k < 6; k++) {
                const figure_curve *curve = &curves->curves[i];
                const double *source = k < 3 ? curve->train : curve->validation;
                text_add(data, ",");
                gnuplot_number(data, e < curve->epochs ? source[e * 3 + k % 3] : (double)NAN);
            }
    }
    text_add(data, "\n");
}

static bool measured(const double *values, size_t epochs) {
    for (size_t e = 0; e < epochs; e++)
        if (isfinite(values[e * 3]))
            return true;
    return false;
}

static void separate(text *script, bool *first) {
    text_add(script, *first ? "plot " : ", \\\n     ");
    *first = false;
}

/* The curves of variant i; its columns begin at 2 + 6 i. Training is dashed, unless it stands alone. */
static void plot_variant(text *script, const figure_place *place, const figure_curves *curves, size_t i,
                         bool *first) {
    const figure_curve *curve = &curves->curves[i];
    const size_t column = 2 + 6 * i;
    const char *color = curve->style.color;
    for (size_t part = 0; part < 2; part++) {
        const double *values = part == 0 ? curve->train : curve->validation;
        if (!measured(values, curve->epochs))
            continue;
        const size_t mean = column + 3 * part;
        if (curves->band) {
            separate(script, first);
            text_format(script, "'%s.csv' skip 1 using 1:%zu:%zu with filledcurves fc rgb '#d0%s' notitle",
                        place->name, mean + 1, mean + 2, color + 1);
        }
        separate(script, first);
        const bool dashed = part == 0 && !curves->training_alone;
        const bool dense = curve->epochs > DENSE_FROM;
        text_format(script, "'%s.csv' skip 1 using 1:%zu with %s lw %s%s", place->name, mean,
                    dense ? "lines" : "linespoints", dashed ? "1.4" : "2.2", dashed ? " dt (6,4)" : "");
        if (!dense)
            text_format(script, " pt %d ps %s", curve->style.point, dashed ? "0.3" : "0.55");
        text_format(script, " lc rgb '%s' notitle", color);
    }
    separate(script, first);
    text_format(script, "NaN with linespoints lw 2.4 pt %d ps 0.9 lc rgb '%s' title ", curve->style.point,
                color);
    gnuplot_quote(script, curve->name);
}

static void plot_curves(text *script, const figure_place *place, const figure_curves *curves) {
    bool first = true;
    bool validation = false;
    for (size_t i = 0; i < curves->count; i++)
        validation = validation || measured(curves->curves[i].validation, curves->curves[i].epochs);
    for (size_t i = 0; i < curves->count; i++)
        plot_variant(script, place, curves, i, &first);
    if (!curves->training_alone)
        text_add(script, ", \\\n     NaN with lines lw 1.4 dt (6,4) lc rgb '#808891' title 'training'");
    if (validation)
        text_add(script, ", \\\n     NaN with lines lw 2.4 lc rgb '#808891' title 'validation'");
    text_add(script, "\n");
}

/* The vertical axis: from just below the lowest to just above the highest value. */
static void write_range(text *script, const figure_curves *curves) {
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < curves->count; i++)
        for (size_t k = 0; k < 3 * curves->curves[i].epochs; k++) {
            low = fmin(low, fmin(curves->curves[i].train[k], curves->curves[i].validation[k]));
            high = fmax(high, fmax(curves->curves[i].train[k], curves->curves[i].validation[k]));
        }
    if (!isfinite(low) || !isfinite(high))
        return;
    if (curves->logarithmic && low > 0.0) {
        write_logarithmic(script, low / 1.15, high * 1.15);
        return;
    }
    const double margin = fmax(0.04 * (high - low), 1e-6);
    text_format(script, "set yrange [%.6g:%.6g]\n", low - margin, high + margin);
}

/* The horizontal axis, with whole epochs at its tics. */
static void write_epoch_axis(text *script, const figure_curves *curves) {
    size_t epochs = 1;
    for (size_t i = 0; i < curves->count; i++)
        epochs = curves->curves[i].epochs > epochs ? curves->curves[i].epochs : epochs;
    text_format(script, "\nset xrange [0.5:%zu.5]\n", epochs);
    if (epochs <= 40)
        text_format(script, "set xtics %d,%d\n",
                    epochs <= 12   ? 1
                    : epochs <= 24 ? 2
                                   : 5,
                    epochs <= 12   ? 1
                    : epochs <= 24 ? 2
                                   : 5);
}

mixup_status figure_draw_curves(const figure_place *place, const figure_curves *curves) {
    text data, script;
    text_init(&data, place->allocator);
    text_init(&script, place->allocator);
    write_epochs(&data, curves);
    figure_title(&script, place);
    text_add(&script, "set xlabel 'epoch'\nset ylabel ");
    gnuplot_quote(&script, curves->axis);
    write_epoch_axis(&script, curves);
    text_add(&script, "set lmargin at screen 0.14\nset rmargin at screen 0.97\n"
                      "set bmargin at screen 0.27\nset tmargin at screen 0.87\n"
                      "set key at screen 0.55,0.065 center center horizontal samplen 1.8 reverse Left\n");
    write_range(&script, curves);
    plot_curves(&script, place, curves);
    const mixup_status status = gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                                                .name = place->name,
                                                                .width = CURVES_WIDTH,
                                                                .height = CURVES_HEIGHT,
                                                                .script = &script,
                                                                .data = &(gnuplot_data){"", &data},
                                                                .data_count = 1},
                                             place->allocator);
    text_clear(&script);
    text_clear(&data);
    return status;
}

static void write_spectrum(text *data, const figure_spectrum *spectrum) {
    text_add(data, "number");
    for (size_t s = 0; s < spectrum->series_count; s++) {
        text_add(data, ",");
        gnuplot_file_name(data, spectrum->series[s].name);
    }
    for (size_t i = 0; i < spectrum->count; i++) {
        text_format(data, "\n%zu", i + 1);
        for (size_t s = 0; s < spectrum->series_count; s++) {
            const figure_series *series = &spectrum->series[s];
            const double value = i < series->count ? series->values[i] : (double)NAN;
            text_add(data, ",");
            gnuplot_number(data, spectrum->linear || value > 0.0 ? value : (double)NAN);
        }
    }
    text_add(data, "\n");
}

static void plot_spectrum(text *script, const figure_place *place, const figure_spectrum *spectrum) {
    const bool dense = spectrum->count > 40; /* points would cover the line */
    for (size_t s = 0; s < spectrum->series_count; s++) {
        const palette_style style = spectrum->series[s].style;
        text_format(script, "%s'%s.csv' skip 1 using 1:%zu with %s lw 2 pt %d ps 0.6 lc rgb '%s' title ",
                    s == 0 ? "plot " : ", \\\n     ", place->name, s + 2, dense ? "lines" : "linespoints",
                    style.point, style.color);
        gnuplot_quote(script, spectrum->series[s].name);
    }
    text_add(script, "\n");
}

/* Margins, and the names of the curves in rows below the picture, which grows with them. Returns the height.
 */
static unsigned write_spectrum_frame(text *script, const figure_spectrum *spectrum) {
    enum { ROW = 22, FOOT = 56, HEAD = 48 };
    size_t longest = 0;
    for (size_t s = 0; s < spectrum->series_count; s++) {
        const size_t length = strlen(spectrum->series[s].name);
        longest = length > longest ? length : longest;
    }
    const unsigned columns = figure_key_columns(longest);
    const unsigned rows = ((unsigned)spectrum->series_count + columns - 1) / columns;
    const unsigned height = SPECTRUM_HEIGHT + ROW * rows;
    text_format(script,
                "set lmargin at screen 0.17\nset rmargin at screen 0.96\nset bmargin at screen %.4f\n"
                "set tmargin at screen %.4f\nset key at screen 0.53,%.4f center center horizontal "
                "maxcols %u samplen 1.6 width -1 reverse Left\n",
                (double)(FOOT + ROW * rows) / height, 1.0 - (double)HEAD / height,
                0.5 * (ROW * rows + 8) / height, columns);
    return height;
}

mixup_status figure_singular_values(const figure_place *place, const figure_spectrum *spectrum) {
    text data, script;
    text_init(&data, place->allocator);
    text_init(&script, place->allocator);
    write_spectrum(&data, spectrum);
    figure_title(&script, place);
    text_format(&script, "set xlabel 'singular value, largest first'\nset xrange [0.5:%zu.5]\n",
                spectrum->count);
    if (spectrum->count <= 20)
        text_format(&script, "set xtics 1,%d\n", spectrum->count <= 12 ? 1 : 2);
    if (!spectrum->linear && spectrum->lowest > 0.0)
        write_logarithmic(&script, 0.8 * spectrum->lowest, 1.3 * spectrum->highest);
    else
        text_format(&script, "set yrange [0:%.4g]\n", fmax(1.05 * spectrum->highest, 1e-6));
    const unsigned height = write_spectrum_frame(&script, spectrum);
    plot_spectrum(&script, place, spectrum);
    const mixup_status status = gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                                                .name = place->name,
                                                                .width = SPECTRUM_WIDTH,
                                                                .height = height,
                                                                .script = &script,
                                                                .data = &(gnuplot_data){"", &data},
                                                                .data_count = 1},
                                             place->allocator);
    text_clear(&script);
    text_clear(&data);
    return status;
}
