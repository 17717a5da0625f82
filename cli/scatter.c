/* scatter: `mixup scatter` prints and draws the states of a layer of two units, and where inputs that are no
 * samples go. */
#include "figure_path.h"
#include "report/figure.h"
#include "runs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void print_points(const measurement *numbers) {
    puts("x,y,class");
    for (size_t i = 0; i < numbers->points.count; i++)
        printf("%.9g,%.9g,%d\n", (double)numbers->points.values[2 * i],
               (double)numbers->points.values[2 * i + 1], (int)numbers->points.labels[i]);
    for (size_t i = 0; i < numbers->uniform.count; i++)
        printf("%.9g,%.9g,uniform\n", (double)numbers->uniform.values[2 * i],
               (double)numbers->uniform.values[2 * i + 1]);
}

static mixup_status draw(const arguments *given, const runs_one *of) {
    double limits[4] = {(double)INFINITY, -(double)INFINITY, (double)INFINITY, -(double)INFINITY};
    figure_path target = {0};
    MIXUP_TRY(figure_path_split(arguments_text(given, "figure", ""), &target));
    figure_scatter_limits(&of->numbers.points, limits);
    figure_scatter_limits(&of->numbers.uniform, limits);
    const figure_place place = {target.folder, target.name, of->label, command_allocator()};
    const mixup_status status =
        figure_scatter(&place, &of->numbers.points, &of->numbers.uniform, limits, &(figure_classes){0});
    figure_path_clear(&target);
    return status;
}

/* Whether --range is missing or right; if not, the message is printed. */
static bool read_range(const arguments *given, double range[2]) {
    float numbers[ARGUMENTS_MOST_NUMBERS];
    const size_t count = arguments_numbers(given, "range", numbers);
    if (count == 0)
        return true;
    if (count != 2 || !(numbers[0] < numbers[1])) {
        command_misused(given, "--range %s: give two numbers, LOW,HIGH, the lower one first",
                        arguments_text(given, "range", ""));
        return false;
    }
    range[0] = (double)numbers[0];
    range[1] = (double)numbers[1];
    return true;
}

static int run_scatter(const arguments *given) {
    runs_wish wish = {.item = {.kind = SETTINGS_SCATTER,
                               .title = "",
                               .data = SETTINGS_FIGURE_TRAIN,
                               .layer = arguments_text(given, "layer", NULL),
                               .uniform = arguments_count(given, "uniform", 0),
                               .points = arguments_count(given, "points", 300)}};
    runs measured = {0};
    if (wish.item.layer == NULL)
        return command_misused(given, "--layer NAME is needed; `mixup info` lists the layers of a model");
    if (!read_range(given, wish.item.range) || !runs_data_is_clear(given))
        return EXIT_USAGE;
    mixup_status status = runs_measure(given, &wish, &measured);
    const bool figure = arguments_given(given, "figure");
    if (status == MIXUP_OK && figure)
        status = draw(given, &measured.items[0]);
    if (status == MIXUP_OK && figure)
        printf("within-class over between-class variance: %.4f\n", measured.items[0].numbers.tightness);
    if (status == MIXUP_OK && !figure)
        print_points(&measured.items[0].numbers);
    runs_clear(&measured);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}

static const option options[] = {
    {.name = "layer",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "the layer of two units whose output is looked at (needed)"},
    {.name = "points",
     .kind = OPTION_COUNT,
     .value = "N",
     .help = "the first so many samples of each class (default 300; 0: all)"},
    {.name = "uniform",
     .kind = OPTION_COUNT,
     .value = "N",
     .most = 1e6,
     .help = "also the states of N inputs whose values are drawn uniformly (default 0)"},
    {.name = "range",
     .kind = OPTION_NUMBERS,
     .value = "LOW,HIGH",
     .help = "of those values, as the network sees them (default that of the samples)"},
    OPTION_RUNS_DATA,
    OPTION_LABELS,
    OPTION_EXPERIMENT,
    OPTION_RUNS_OWN_PART,
    {.name = "figure",
     .kind = OPTION_TEXT,
     .value = "PATH",
     .help = "draw PATH.svg and PATH.png instead of printing the points"},
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_scatter = {
    .name = "scatter",
    .summary = "the states of a layer of two units, a point a sample",
    .synopsis = "RUN_OR_MODEL",
    .least = 1,
    .most = 1,
    .options = options,
    .details = "Prints x,y,class for every sample as CSV, class `uniform` for inputs drawn uniformly; with\n"
               "--figure draws them and prints how tight the classes are.\n"
               "  mixup scatter results/spiral_regularizers/manifold/seed-1 --layer bottleneck \\\n"
               "    --uniform 2000 --range=-15,15 --figure states\n",
    .run = run_scatter,
};
