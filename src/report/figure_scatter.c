/* report/figure_scatter: two-dimensional states, small half-transparent points, a colour a class; each
 * class's name also stands in its middle, so that no reader depends on the colours. */
#include "report/figure.h"

#include "report/gnuplot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 560,
    BODY = 460, /* height of the plot itself, in pixels */
    HEAD = 44,
    FOOT = 56, /* numbers and name of the lower axis */
    ROW = 22   /* of the legend below */
};

/* Rows of the legend, from the length of its longest name. */
static unsigned legend_rows(const states *in, const figure_classes *classes, bool uniform) {
    size_t longest = uniform ? strlen("uniform") : 1;
    for (size_t c = 0; classes->names != NULL && c < classes->count; c++)
        longest = strlen(classes->names[c]) > longest ? strlen(classes->names[c]) : longest;
    const size_t fit = (size_t)WIDTH / (11 * longest + 36);
    const size_t columns = fit > 0 ? fit : 1;
    const size_t entries = in->class_count + uniform;
    return (unsigned)((entries + columns - 1) / columns);
}

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

/* The middle of the medians of all classes, from which labels are moved outwards so that they do not cover
 * a class that is a small blob. */
static void middle_of_classes(const states *in, float *room, double middle[2]) {
    size_t count = 0;
    double sum[2] = {0.0, 0.0};
    for (size_t c = 0; c < in->class_count; c++) {
        double median[2];
        if (!median_of_class(in, c, room, median))
            continue;
        sum[0] += median[0];
        sum[1] += median[1];
        count++;
    }
    for (size_t j = 0; j < 2; j++)
        middle[j] = count > 0 ? sum[j] / (double)count : 0.0;
}

/* The point becomes the nearest sample of the class: the median of a ring lies where the class is not. */
static void move_to_sample(const states *in, size_t class_number, double point[2]) {
    const double from[2] = {point[0], point[1]};
    double nearest = INFINITY;
    for (size_t i = 0; i < in->count; i++) {
        const double x = (double)in->values[2 * i];
        const double y = (double)in->values[2 * i + 1];
        const double distance = hypot(x - from[0], y - from[1]);
        if (in->labels[i] < 0 || (size_t)in->labels[i] != class_number || distance >= nearest)
            continue;
        nearest = distance;
        point[0] = x;
        point[1] = y;
    }
}

/* Half the side of the square that holds the limits, with a margin. */
static double half_side(const double limits[4]) {
    return 0.53 * fmax(fmax(limits[1] - limits[0], limits[3] - limits[2]), 1e-6);
}

/* Equal scales on both axes, on a square that holds the limits. */
static void write_axes(text *script, const double limits[4], unsigned rows, unsigned height) {
    const double half = half_side(limits);
    const double x = 0.5 * (limits[0] + limits[1]);
    const double y = 0.5 * (limits[2] + limits[3]);
    text_format(script, "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\n", x - half, x + half, y - half,
                y + half);
    text_add(script, "set size ratio -1\n"
                     "set lmargin at screen 0.14\nset rmargin at screen 0.97\n"
                     "set xlabel 'first unit'\nset ylabel 'second unit'\n"
                     "set xzeroaxis lc rgb '#aab2bd' lw 0.8 dt solid\n"
                     "set yzeroaxis lc rgb '#aab2bd' lw 0.8 dt solid\n"
                     "set style textbox opaque noborder fillcolor rgb '#ffffff' margins 0.6,0.4\n");
    text_format(script,
                "set bmargin at screen %.4f\nset tmargin at screen %.4f\n"
                "set key at screen 0.555,%.4f center center horizontal samplen 0.2 width -0.5 reverse Left\n",
                (double)(FOOT + ROW * rows) / height, 1.0 - (double)HEAD / height,
                (0.5 * ROW * rows + 5.0) / height);
}

/* What the classes of one picture share. */
typedef struct scatter {
    const figure_place *place;
    const states *in;
    const figure_classes *classes;
    float *room; /* [count] to work in */
    double middle[2];
    double shift; /* of a label from its class's median, outwards */
    text script;  /* settings */
    text plot;    /* the plot command */
} scatter;

static void write_label(scatter *of, size_t c, const double median[2], const char *name) {
    const double x = median[0] - of->middle[0];
    const double y = median[1] - of->middle[1];
    const double length = fmax(hypot(x, y), 1e-12);
    text_format(&of->script, "set label %zu ", c + 1);
    gnuplot_quote(&of->script, name);
    text_format(&of->script, " at %.6g,%.6g center front boxed\n", median[0] + of->shift * x / length,
                median[1] + of->shift * y / length);
}

static void write_class(scatter *of, size_t c) {
    double median[2];
    if (!median_of_class(of->in, c, of->room, median))
        return;
    move_to_sample(of->in, c, median);
    text name;
    text_init(&name, of->place->allocator);
    figure_class_name(&name, of->classes, c);
    if (text_status(&name) == MIXUP_OK) {
        const int point = c < PALETTE_CLASSES ? 7 : 5;
        write_label(of, c, median, name.data);
        text_format(&of->plot,
                    "%s'%s.csv' skip 1 using 1:($3==%zu?$2:NaN) with points pt %d ps 0.35 lc rgb '#70%s' "
                    "notitle, \\\n     NaN with points pt %d ps 1.1 lc rgb '%s' title ",
                    of->plot.length == 0 ? "plot " : ", \\\n     ", of->place->name, c, point,
                    palette_class(c) + 1, point, palette_class(c));
        gnuplot_quote(&of->plot, name.data);
    }
    text_clear(&name);
}

static void write_points(text *data, const states *in) {
    text_add(data, "x,y,class\n");
    for (size_t i = 0; i < in->count; i++)
        text_format(data, "%.6g,%.6g,%d\n", (double)in->values[2 * i], (double)in->values[2 * i + 1],
                    (int)in->labels[i]);
}

/* Below the classes; named behind them. */
static void plot_uniform(scatter *of) {
    text_format(&of->plot,
                "plot '%s_uniform.csv' skip 1 using 1:2 with points pt 7 ps 0.22 lc rgb '#20242a' notitle",
                of->place->name);
}

mixup_status figure_scatter(const figure_place *place, const states *in, const states *uniform,
                            const double limits[4], const figure_classes *classes) {
    if (in->width != 2)
        return error(MIXUP_ERROR_SHAPE, "%s: a scatter shows states of two units, this layer has %zu",
                     place->name, in->width);
    scatter of = {.place = place, .in = in, .classes = classes, .shift = 0.085 * half_side(limits)};
    MIXUP_TRY(MEMORY_NEW(place->allocator, of.room, in->count));
    text data;
    text dots;
    text_init(&data, place->allocator);
    text_init(&dots, place->allocator);
    text_init(&of.script, place->allocator);
    text_init(&of.plot, place->allocator);
    const unsigned rows = legend_rows(in, classes, uniform->count > 0);
    const unsigned height = HEAD + BODY + FOOT + ROW * rows;
    write_points(&data, in);
    write_points(&dots, uniform);
    middle_of_classes(in, of.room, of.middle);
    figure_title(&of.script, place);
    write_axes(&of.script, limits, rows, height);
    if (uniform->count > 0)
        plot_uniform(&of);
    for (size_t c = 0; c < in->class_count; c++)
        write_class(&of, c);
    if (uniform->count > 0)
        text_add(&of.plot, ", \\\n     NaN with points pt 7 ps 0.6 lc rgb '#20242a' title 'uniform'");
    mixup_status status = text_status(&of.plot);
    if (status == MIXUP_OK) {
        text_append(&of.script, of.plot.data, of.plot.length);
        text_add(&of.script, "\n");
        status =
            gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                            .name = place->name,
                                            .width = WIDTH,
                                            .height = height,
                                            .script = &of.script,
                                            .data = (const gnuplot_data[]){{"", &data}, {"_uniform", &dots}},
                                            .data_count = uniform->count > 0 ? 2 : 1},
                         place->allocator);
    }
    text_clear(&of.plot);
    text_clear(&of.script);
    text_clear(&dots);
    text_clear(&data);
    memory_release(place->allocator, of.room);
    return status;
}
