/* report/figure_ratings: accuracies over a setting, a curve a model or variant. The range of the vertical
 * axis is the caller's, so that pictures can be compared at sight, widened to whole tens of per cent. */
#include "report/figure.h"

#include "report/gnuplot.h"

#include <math.h>

enum { WIDTH = 400, HEIGHT = 330 };

/* "x, <name>, <name>_deviation, ..." in per cent */
static void write_data(text *data, const figure_ratings *ratings) {
    text_add(data, "x");
    for (size_t c = 0; c < ratings->curve_count; c++) {
        text_add(data, ",");
        gnuplot_file_name(data, ratings->curves[c].name);
        text_add(data, ",");
        gnuplot_file_name(data, ratings->curves[c].name);
        text_add(data, "_deviation");
    }
    for (size_t i = 0; i < ratings->count; i++) {
        text_add(data, "\n");
        gnuplot_number(data, ratings->x[i]);
        for (size_t c = 0; c < ratings->curve_count; c++) {
            text_add(data, ",");
            gnuplot_number(data, 100.0 * ratings->curves[c].mean[i]);
            text_add(data, ",");
            gnuplot_number(data, 100.0 * ratings->curves[c].deviation[i]);
        }
    }
    text_add(data, "\n");
}

static void write_axes(text *script, const figure_ratings *ratings) {
    const double low = ratings->x[0];
    const double high = ratings->x[ratings->count - 1];
    const double margin = high > low ? 0.04 * (high - low) : fmax(0.5 * fabs(high), 0.5);
    text_add(script, "set xlabel ");
    gnuplot_quote(script, ratings->axis);
    text_format(script, "\nset xrange [%.6g:%.6g]\n", low - margin, high + margin);
    text_add(script, "set ylabel 'accuracy, %'\n"
                     "set lmargin at screen 0.18\nset rmargin at screen 0.96\n"
                     "set bmargin at screen 0.27\nset tmargin at screen 0.87\n"
                     "set key at screen 0.55,0.065 center center horizontal samplen 1.6 reverse Left\n");
}

static void write_range(text *script, const figure_ratings *ratings) {
    const double low = fmax(0.0, 10.0 * floor(10.0 * ratings->lowest));
    const double high = fmax(low + 10.0, fmin(100.0, 10.0 * ceil(10.0 * ratings->highest)));
    const double tic = high - low > 50.0 ? 20.0 : high - low > 20.0 ? 10.0 : high - low > 10.0 ? 5.0 : 2.0;
    text_format(script, "set yrange [%g:%g]\nset ytics %g\n", low, high + 0.02 * (high - low), tic);
}

static void plot(text *script, const figure_place *place, const figure_ratings *ratings) {
    for (size_t c = 0; c < ratings->curve_count; c++) {
        const palette_style style = ratings->curves[c].style;
        text_format(script, "%s'%s.csv' skip 1 using 1:%zu", c == 0 ? "plot " : ", \\\n     ", place->name,
                    2 + 2 * c);
        if (ratings->bars)
            text_format(script, ":%zu", 3 + 2 * c);
        text_format(script, " with %s lw 2 pt %d ps 0.7 lc rgb '%s' title ",
                    ratings->bars ? "yerrorlines" : "linespoints", style.point, style.color);
        gnuplot_quote(script, ratings->curves[c].name);
    }
    text_add(script, "\n");
}

mixup_status figure_draw_ratings(const figure_place *place, const figure_ratings *ratings) {
    if (ratings->count == 0 || ratings->curve_count == 0)
        return error(MIXUP_ERROR_DATA, "%s: there is nothing to draw", place->name);
    text data, script;
    text_init(&data, place->allocator);
    text_init(&script, place->allocator);
    write_data(&data, ratings);
    figure_title(&script, place);
    write_axes(&script, ratings);
    write_range(&script, ratings);
    plot(&script, place, ratings);
    const mixup_status status = gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                                                .name = place->name,
                                                                .width = WIDTH,
                                                                .height = HEIGHT,
                                                                .script = &script,
                                                                .data = &(gnuplot_data){"", &data},
                                                                .data_count = 1},
                                             place->allocator);
    text_clear(&script);
    text_clear(&data);
    return status;
}
