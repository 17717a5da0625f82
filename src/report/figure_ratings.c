/* report/figure_ratings: accuracies over a setting, a curve a model or variant. The range of the vertical
 * axis is the caller's, so that pictures can be compared at sight, widened to whole tens of per cent. */
#include "report/figure.h"

#include "report/gnuplot.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 400, HEIGHT = 310, ROW_HEIGHT = 23, BELOW_PLOT = 66, ABOVE_PLOT = 42 };

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

/* Rows of the key below the picture: as many names side by side as have room. */
static unsigned key_rows(const figure_ratings *ratings, unsigned *columns) {
    size_t longest = 0;
    for (size_t c = 0; c < ratings->curve_count; c++) {
        const size_t length = strlen(ratings->curves[c].name);
        longest = length > longest ? length : longest;
    }
    *columns = figure_key_columns(longest);
    return (unsigned)((ratings->curve_count + *columns - 1) / *columns);
}

static void write_axes(text *script, const figure_ratings *ratings) {
    const double low = ratings->x[0];
    const double high = ratings->x[ratings->count - 1];
    const double margin = high > low ? 0.04 * (high - low) : fmax(0.5 * fabs(high), 0.5);
    text_add(script, "set xlabel ");
    gnuplot_quote(script, ratings->axis);
    text_format(script, "\nset xrange [%.6g:%.6g]\n", low - margin, high + margin);
    text_add(script, "set ylabel 'accuracy, %'\nset lmargin at screen 0.18\nset rmargin at screen 0.96\n");
}

/* The plot keeps its size however many rows the key has. */
static void write_key(text *script, unsigned rows, unsigned columns, double height) {
    const double key = rows * ROW_HEIGHT / height;
    text_format(script,
                "set bmargin at screen %.4f\nset tmargin at screen %.4f\n"
                "set key at screen 0.55,%.4f center center horizontal maxcols %u samplen 1.6 reverse Left\n",
                key + BELOW_PLOT / height, 1.0 - ABOVE_PLOT / height, 0.5 * key + 4.0 / height, columns);
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
    unsigned columns = 1;
    const unsigned rows = key_rows(ratings, &columns);
    const unsigned height = HEIGHT + rows * ROW_HEIGHT;
    write_axes(&script, ratings);
    write_key(&script, rows, columns, height);
    write_range(&script, ratings);
    plot(&script, place, ratings);
    const mixup_status status = gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                                                .name = place->name,
                                                                .width = WIDTH,
                                                                .height = height,
                                                                .script = &script,
                                                                .data = &(gnuplot_data){"", &data},
                                                                .data_count = 1},
                                             place->allocator);
    text_clear(&script);
    text_clear(&data);
    return status;
}
