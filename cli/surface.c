/* surface: `mixup surface` maps the confidence of a model with two inputs. */
#include "analysis/surface.h"

#include "base/file.h"
#include "base/path.h"
#include "command.h"
#include "experiment/run.h"
#include "figure_path.h"
#include "report/figure.h"
#include "report/measure.h"
#include "source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* "LOW,HIGH"; false on anything else. */
static bool parse_range(const char *given, double range[2]) {
    char *end = NULL;
    range[0] = strtod(given, &end);
    if (end == given || *end != ',')
        return false;
    const char *second = end + 1;
    range[1] = strtod(second, &end);
    return end != second && *end == '\0' && isfinite(range[0]) && isfinite(range[1]) && range[0] < range[1];
}

static void print_map(const surface *map) {
    printf("x,y,probability\n");
    for (size_t r = 0; r < map->rows; r++)
        for (size_t c = 0; c < map->columns; c++)
            printf("%.9g,%.9g,%.9g\n", map->minimum[0] + ((double)c + 0.5) * map->cell[0],
                   map->minimum[1] + ((double)r + 0.5) * map->cell[1],
                   (double)map->probability[r * map->columns + c]);
}

/* The run's training samples, the first so many of each class; a file alone has none. */
static mixup_status collect_points(const char *path, size_t points, states *out, bool *found) {
    char *document = path_join(command_allocator(), path, RUN_EXPERIMENT);
    if (document == NULL)
        return MIXUP_ERROR_MEMORY;
    *found = points > 0 && file_exists(document);
    memory_release(command_allocator(), document);
    if (!*found)
        return MIXUP_OK;
    trained run;
    MIXUP_TRY(trained_open(&run, path, command_allocator()));
    const mixup_status status = states_collect(run.model,
                                               &(states_desc){.set = run.data.train,
                                                              .layer = "input",
                                                              .per_class = points,
                                                              .allocator = command_allocator()},
                                               out);
    trained_close(&run);
    return status;
}

static mixup_status draw(const arguments *given, mixup_model *model, const surface *map) {
    const char *path = arguments_positional(given, 0);
    figure_path target = {0};
    char *label = NULL;
    states points = {0};
    bool found = false;
    figure_classes classes = {0};
    mixup_status status = MIXUP_OK;
    MIXUP_TRY(figure_path_split(arguments_text(given, "figure", ""), &target));
    MIXUP_TRY_ELSE(status, collect_points(path, arguments_count(given, "points", 500), &points, &found),
                   done);
    label = figure_path_label(path);
    classes.names = mixup_model_class_names(model, &classes.count);
    const figure_place place = {target.folder, target.name, label != NULL ? label : "", command_allocator()};
    status =
        figure_surface(&place, map, arguments_count(given, "class", 1), found ? &points : NULL, &classes);
done:
    states_clear(&points);
    memory_release(command_allocator(), label);
    figure_path_clear(&target);
    return status;
}

static mixup_status make_map(const arguments *given, const double range[2], mixup_model **model,
                             surface *map) {
    MIXUP_TRY(source_model(given, arguments_positional(given, 0), model));
    return surface_map(*model,
                       &(surface_desc){.minimum = {range[0], range[0]},
                                       .maximum = {range[1], range[1]},
                                       .step = arguments_number(given, "step", 0.0),
                                       .class_number = arguments_count(given, "class", 1),
                                       .allocator = command_allocator()},
                       map);
}

static int run_surface(const arguments *given) {
    mixup_model *model = NULL;
    surface map = {0};
    double range[2];
    const char *asked = arguments_text(given, "range", "-1,1");
    if (!parse_range(asked, range))
        return command_misused(given, "--range %s: give two numbers, LOW,HIGH, the lower one first", asked);
    mixup_status status = make_map(given, range, &model, &map);
    const bool figure = arguments_given(given, "figure");
    if (status == MIXUP_OK && figure)
        status = draw(given, model, &map);
    if (status == MIXUP_OK && !figure)
        print_map(&map);
    if (status == MIXUP_OK && figure)
        printf("share with 0.1 < p < 0.9: %.4f\n", surface_share(&map, 0.1, 0.9));
    surface_clear(&map);
    mixup_model_destroy(model);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}

static const option options[] = {
    {.name = "range",
     .kind = OPTION_TEXT,
     .value = "LOW,HIGH",
     .help = "range of both inputs, as the network sees them (default -1,1)"},
    {.name = "step",
     .kind = OPTION_NUMBER,
     .value = "STEP",
     .least = 1e-12,
     .most = 1e12,
     .help = "side of a cell (default 1/300 of the range)"},
    {.name = "class", .kind = OPTION_COUNT, .value = "N", .help = "number of the class (default 1)"},
    {.name = "figure",
     .kind = OPTION_TEXT,
     .value = "PATH",
     .help = "draw PATH.svg and PATH.png instead of printing the map"},
    {.name = "points",
     .kind = OPTION_COUNT,
     .value = "N",
     .help = "a run's training samples on top of the figure, so many a class (default 500)"},
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_surface = {
    .name = "surface",
    .summary = "confidence map of a model with two inputs",
    .synopsis = "RUN_OR_MODEL",
    .least = 1,
    .most = 1,
    .options = options,
    .details =
        "Prints x,y,probability for every cell as CSV; with --figure draws the map and prints the share\n"
        "of it where the probability lies between 0.1 and 0.9.\n"
        "  mixup surface results/spiral/manifold/seed-1 --range=-15,15 --step 0.1 --figure map\n",
    .run = run_surface,
};
