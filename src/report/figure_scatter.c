/* report/figure_scatter: two-dimensional states, small half-transparent points, a colour a class; each
 * class's name also stands at its median point, so that no reader depends on the colours. */
#include "report/figure.h"

#include "report/gnuplot.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 560, HEIGHT = 560 };

void figure_scatter_limits(const states *in, double limits[4]) {
    for (size_t i = 0; i < in->count; i++)
        for (size_t j = 0; j < 2; j++) {
            const double value = (double)in->values[i * in->width + j];
            limits[2 * j] = fmin(limits[2 * j], value);
            limits[2 * j + 1] = fmax(limits[2 * j + 1], value);
        }
}

static int compare_floats(const void *a, const void *b) {
    const float x = *(const float *)a;
    const float y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The median of each coordinate of a class; false when it has no samples. `room` [count]. */
static bool median_of_class(const states *in, size_t class_number, float *room, double median[2]) {
    for (size_t j = 0; j < 2; j++) {
        size_t count = 0;
        for (size_t i = 0; i < in->count; i++)
            if (in->labels[i] >= 0 && (size_t)in->labels[i] == class_number)
                room[count++] = in->values[2 * i + j];
        if (count == 0)
            return false;
        qsort(room, count, sizeof *room, compare_floats);
        median[j] = (double)room[count / 2];
    }
    return true;
}

/* Equal scales on both axes, on a square that holds the limits. */
static void write_axes(text *script, const double limits[4]) {
    const double half = 0.53 * fmax(fmax(limits[1] - limits[0], limits[3] - limits[2]), 1e-6);
    const double x = 0.5 * (limits[0] + limits[1]);
    const double y = 0.5 * (limits[2] + limits[3]);
    text_format(script, "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\n", x - half, x + half, y - half,
                y + half);
    text_add(script,
             "set size ratio -1\n"
             "set lmargin at screen 0.14\nset rmargin at screen 0.97\n"
             "set bmargin at screen 0.17\nset tmargin at screen 0.91\n"
             "set xlabel 'first unit'\nset ylabel 'second unit'\n"
             "set xzeroaxis lc rgb '#aab2bd' lw 0.8 dt solid\n"
             "set yzeroaxis lc rgb '#aab2bd' lw 0.8 dt solid\n"
             "set key at screen 0.555,0.035 center center horizontal samplen 0.2 width -0.5 reverse Left\n"
             "set style textbox opaque noborder fillcolor rgb '#ffffff' margins 0.6,0.4\n");
}

static void write_class(text *script, const figure_place *place, const states *in, size_t c, float *room,
                        const figure_classes *classes, text *plot) {
    double median[2];
    if (!median_of_class(in, c, room, median))
        return;
    text name;
    text_init(&name, place->allocator);
    figure_class_name(&name, classes, c);
    if (text_status(&name) == MIXUP_OK) {
        text_format(script, "set label %zu ", c + 1);
        gnuplot_quote(script, name.data);
        text_format(script, " at %.6g,%.6g center front boxed\n", median[0], median[1]);
        const int point = c < PALETTE_CLASSES ? 7 : 5;
        text_format(plot,
                    "%s'%s.csv' skip 1 using 1:($3==%zu?$2:NaN) with points pt %d ps 0.35 lc rgb '#70%s' "
                    "notitle, \\\n     NaN with points pt %d ps 1.1 lc rgb '%s' title ",
                    plot->length == 0 ? "plot " : ", \\\n     ", place->name, c, point, palette_class(c) + 1,
                    point, palette_class(c));
        gnuplot_quote(plot, name.data);
    }
    text_clear(&name);
}

static void write_points(text *data, const states *in) {
    text_add(data, "x,y,class\n");
    for (size_t i = 0; i < in->count; i++)
        text_format(data, "%.6g,%.6g,%d\n", (double)in->values[2 * i], (double)in->values[2 * i + 1],
                    (int)in->labels[i]);
}

mixup_status figure_scatter(const figure_place *place, const states *in, const double limits[4],
                            const figure_classes *classes) {
    if (in->width != 2)
        return error(MIXUP_ERROR_SHAPE, "%s: a scatter shows states of two units, this layer has %zu",
                     place->name, in->width);
    float *room = NULL;
    MIXUP_TRY(MEMORY_NEW(place->allocator, room, in->count));
    text data, script, plot;
    text_init(&data, place->allocator);
    text_init(&script, place->allocator);
    text_init(&plot, place->allocator);
    write_points(&data, in);
    figure_title(&script, place);
    write_axes(&script, limits);
    for (size_t c = 0; c < in->class_count; c++)
        write_class(&script, place, in, c, room, classes, &plot);
    mixup_status status = text_status(&plot);
    if (status == MIXUP_OK) {
        text_append(&script, plot.data, plot.length);
        text_add(&script, "\n");
        status = gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                                 .name = place->name,
                                                 .width = WIDTH,
                                                 .height = HEIGHT,
                                                 .script = &script,
                                                 .data = &(gnuplot_data){"", &data},
                                                 .data_count = 1},
                              place->allocator);
    }
    text_clear(&plot);
    text_clear(&script);
    text_clear(&data);
    memory_release(place->allocator, room);
    return status;
}
