/* report/figure_surface: a confidence map as an image (one cell a pixel, never a rectangle a cell), with
 * training points on top: each a coloured dot in a white ring, so that it shows on any part of viridis. */
#include "report/figure.h"

#include "report/gnuplot.h"

enum { WIDTH = 560, HEIGHT = 530 };

/* Of the first two classes: they lie on the dark and on the light end of the palette. */
static const char *point_color(size_t class_number) {
    static const char *const first[] = {"#4c9be8", "#e8590c"};
    return class_number < 2 ? first[class_number] : palette_class(class_number);
}

static void write_map(text *data, const surface *map) {
    for (size_t r = 0; r < map->rows; r++)
        for (size_t c = 0; c < map->columns; c++)
            text_format(data, "%.4g%c", (double)map->probability[r * map->columns + c],
                        c + 1 < map->columns ? ',' : '\n');
}

static void write_points(text *data, const states *points) {
    text_add(data, "x,y,class\n");
    for (size_t i = 0; i < points->count; i++)
        text_format(data, "%.6g,%.6g,%d\n", (double)points->values[2 * i], (double)points->values[2 * i + 1],
                    (int)points->labels[i]);
}

static void write_axes(text *script, const surface *map, const text *class_name) {
    const double right = map->minimum[0] + map->cell[0] * (double)map->columns;
    const double top = map->minimum[1] + map->cell[1] * (double)map->rows;
    text_format(script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", map->minimum[0], right,
                map->minimum[1], top);
    text_add(script, "unset grid\n"
                     "set border 0\n"
                     "set size ratio -1\n"
                     "set lmargin at screen 0.13\nset rmargin at screen 0.82\n"
                     "set bmargin at screen 0.17\nset tmargin at screen 0.91\n"
                     "set xlabel 'first input'\nset ylabel 'second input'\n"
                     "set cbrange [0:1]\nset cbtics 0.25\nset format cb '%.2f'\n"
                     "set key at screen 0.475,0.035 center center horizontal samplen 0.6 reverse Left\n"
                     "set cblabel ");
    text label;
    text_init(&label, &script->allocator);
    text_format(&label, "probability of class %s", class_name->data != NULL ? class_name->data : "");
    if (text_status(&label) == MIXUP_OK)
        gnuplot_quote(script, label.data);
    text_clear(&label);
    text_add(script, " offset 0.1,0\n"); /* room for descenders before the edge */
    text_add(script, palette_viridis);
}

static void plot_class(text *script, const char *name, const figure_classes *classes, size_t c) {
    text label;
    text_init(&label, &script->allocator);
    text_add(&label, "class ");
    figure_class_name(&label, classes, c);
    text_format(
        script,
        ", \\\n  '%s_points.csv' skip 1 using 1:($3==%zu?$2:NaN) with points pt 7 ps 0.5 lc rgb '#ffffff' "
        "notitle, \\\n  '' skip 1 using 1:($3==%zu?$2:NaN) with points pt 7 ps 0.34 lc rgb '%s' notitle, "
        "\\\n  NaN with points pt 7 ps 0.9 lc rgb '%s' title ",
        name, c, c, point_color(c), point_color(c));
    if (text_status(&label) == MIXUP_OK)
        gnuplot_quote(script, label.data);
    text_clear(&label);
}

static void write_plot(text *script, const figure_place *place, const surface *map, const states *points,
                       const figure_classes *classes) {
    text_format(script, "plot '%s.csv' matrix using (%.9g+%.9g*$1):(%.9g+%.9g*$2):3 with image notitle",
                place->name, map->minimum[0] + 0.5 * map->cell[0], map->cell[0],
                map->minimum[1] + 0.5 * map->cell[1], map->cell[1]);
    for (size_t c = 0; points != NULL && c < points->class_count; c++)
        plot_class(script, place->name, classes, c);
    text_add(script, "\n");
}

mixup_status figure_surface(const figure_place *place, const surface *map, size_t class_number,
                            const states *points, const figure_classes *classes) {
    if (points != NULL && points->width != 2)
        return error(MIXUP_ERROR_SHAPE, "%s: points of a map have two coordinates, these have %zu",
                     place->name, points->width);
    text grid, dots, script, name;
    text_init(&grid, place->allocator);
    text_init(&dots, place->allocator);
    text_init(&script, place->allocator);
    text_init(&name, place->allocator);
    figure_class_name(&name, classes, class_number);
    write_map(&grid, map);
    if (points != NULL)
        write_points(&dots, points);
    figure_title(&script, place);
    write_axes(&script, map, &name);
    write_plot(&script, place, map, points, classes);
    const mixup_status status =
        gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                        .name = place->name,
                                        .width = WIDTH,
                                        .height = HEIGHT,
                                        .script = &script,
                                        .data = (const gnuplot_data[]){{"", &grid}, {"_points", &dots}},
                                        .data_count = points != NULL ? 2 : 1},
                     place->allocator);
    text_clear(&name);
    text_clear(&script);
    text_clear(&dots);
    text_clear(&grid);
    return status;
}
