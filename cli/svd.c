/* svd: `mixup svd` prints the singular values of each class's states at a layer, for one or more models. */
#include "analysis/singular_values.h"

#include "figure_path.h"
#include "report/figure.h"
#include "runs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "model,rose,5000", or "model,all,50000" for the row of all classes together. */
static void print_row_head(const runs_one *of, size_t row) {
    text name = runs_class_name(of, row);
    runs_print_field(of->path);
    putchar(',');
    runs_print_field(row == of->numbers.classes ? "all" : name.data != NULL ? name.data : "");
    printf(",%zu", of->numbers.rows[row]);
    text_clear(&name);
}

static void print_values(const runs *of, bool centered) {
    size_t width = 0;
    for (size_t i = 0; i < of->count; i++)
        width = of->items[i].numbers.width > width ? of->items[i].numbers.width : width;
    printf("model,class,samples");
    for (size_t k = 0; k < width; k++)
        printf(",%zu", k + 1);
    putchar('\n');
    for (size_t i = 0; i < of->count; i++) {
        const measurement *numbers = &of->items[i].numbers;
        for (size_t c = 0; c <= numbers->classes; c++) {
            const size_t known = numbers->rows[c] < numbers->width ? numbers->rows[c] : numbers->width;
            if (numbers->rows[c] == 0)
                continue;
            print_row_head(&of->items[i], c);
            for (size_t k = 0; k < width; k++) {
                putchar(',');
                if (k < known)
                    printf("%.9g", numbers->values[centered ? 1 : 0][c * numbers->width + k]);
            }
            putchar('\n');
        }
    }
}

static void print_summary(const runs *of, bool centered, double threshold) {
    puts("model,class,samples,largest,others,directions");
    for (size_t i = 0; i < of->count; i++) {
        const measurement *numbers = &of->items[i].numbers;
        for (size_t c = 0; c <= numbers->classes; c++) {
            const double *values = numbers->values[centered ? 1 : 0] + c * numbers->width;
            if (numbers->rows[c] == 0)
                continue;
            print_row_head(&of->items[i], c);
            printf(",%.9g,%.9g,%zu\n", values[0], singular_values_others(values, numbers->width),
                   measure_directions(numbers, c, centered, threshold));
        }
    }
}

/* The range of all values, for a common axis. */
static void find_range(const runs *of, bool centered, figure_spectrum *spectrum) {
    spectrum->lowest = (double)INFINITY;
    for (size_t i = 0; i < of->count; i++) {
        const measurement *numbers = &of->items[i].numbers;
        spectrum->count = numbers->width > spectrum->count ? numbers->width : spectrum->count;
        for (size_t k = 0; k < (numbers->classes + 1) * numbers->width; k++) {
            const double value = numbers->values[centered ? 1 : 0][k];
            spectrum->highest = fmax(spectrum->highest, value);
            spectrum->lowest = value > 0.0 ? fmin(spectrum->lowest, value) : spectrum->lowest;
        }
    }
    spectrum->lowest = fmax(spectrum->lowest, 1e-5 * spectrum->highest);
}

/* PATH_N for class number N, with a curve a model. */
static mixup_status draw_class(const runs *of, size_t class_number, size_t classes, bool centered,
                               const figure_path *target, figure_spectrum *spectrum, figure_series *series) {
    spectrum->series_count = 0;
    for (size_t i = 0; i < of->count; i++) {
        const measurement *numbers = &of->items[i].numbers;
        const size_t row = class_number < classes ? class_number : numbers->classes;
        const bool known = class_number == classes || class_number < numbers->classes;
        if (known && numbers->rows[row] > 0)
            series[spectrum->series_count++] =
                (figure_series){of->items[i].label, palette_variant(of->items[i].variant, i),
                                numbers->values[centered ? 1 : 0] + row * numbers->width, numbers->width};
    }
    if (spectrum->series_count == 0)
        return MIXUP_OK;
    char name[300];
    char title[200];
    char number[32];
    text class_name = runs_class_name(&of->items[0], class_number);
    snprintf(number, sizeof number, "%zu", class_number);
    snprintf(name, sizeof name, "%.200s_%s", target->name, class_number < classes ? number : "all");
    snprintf(title, sizeof title, "%s%.100s%s", class_number < classes ? "class " : "",
             class_number < classes && class_name.data != NULL ? class_name.data : "all classes",
             centered ? ", centred" : "");
    text_clear(&class_name);
    return figure_singular_values(&(figure_place){target->folder, name, title, command_allocator()},
                                  spectrum);
}

static mixup_status draw(const arguments *given, const runs *of) {
    const bool centered = arguments_flag(given, "centered");
    figure_path target = {0};
    figure_series *series = NULL;
    size_t classes = 0;
    MIXUP_TRY(figure_path_split(arguments_text(given, "figure", ""), &target));
    mixup_status status = MEMORY_NEW(command_allocator(), series, of->count);
    figure_spectrum spectrum = {.series = series, .linear = arguments_flag(given, "linear")};
    find_range(of, centered, &spectrum);
    for (size_t i = 0; i < of->count; i++)
        classes = of->items[i].numbers.classes > classes ? of->items[i].numbers.classes : classes;
    for (size_t c = 0; c <= classes && status == MIXUP_OK; c++) /* the last: all together */
        status = draw_class(of, c, classes, centered, &target, &spectrum, series);
    memory_release(command_allocator(), series);
    figure_path_clear(&target);
    return status;
}

static int run_svd(const arguments *given) {
    if (!arguments_given(given, "layer"))
        return command_misused(given, "--layer NAME is needed; `mixup info` lists the layers of a model");
    if (!runs_data_is_clear(given))
        return EXIT_USAGE;
    const runs_wish wish = {.item = {.kind = SETTINGS_SINGULAR_VALUES,
                                     .title = "",
                                     .data = SETTINGS_FIGURE_TRAIN,
                                     .layer = arguments_text(given, "layer", NULL),
                                     .together = arguments_flag(given, "together"),
                                     .points = arguments_count(given, "points", 0)}};
    runs measured = {0};
    mixup_status status = runs_measure(given, &wish, &measured);
    if (status == MIXUP_OK && arguments_given(given, "figure"))
        status = draw(given, &measured);
    const bool centered = arguments_flag(given, "centered");
    if (status == MIXUP_OK && arguments_flag(given, "summary"))
        print_summary(&measured, centered, arguments_number(given, "threshold", 0.01));
    else if (status == MIXUP_OK)
        print_values(&measured, centered);
    runs_clear(&measured);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}

static const option options[] = {
    {.name = "layer",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "the layer whose output is looked at (needed)"},
    {.name = "centered", .kind = OPTION_FLAG, .help = "subtract the class's mean first"},
    {.name = "points",
     .kind = OPTION_COUNT,
     .value = "N",
     .help = "the first so many samples of each class (default 0, all)"},
    {.name = "together", .kind = OPTION_FLAG, .help = "also of the samples of all classes in one matrix"},
    {.name = "summary",
     .kind = OPTION_FLAG,
     .help = "print the largest value, the sum of all others and the number of directions instead"},
    {.name = "threshold",
     .kind = OPTION_NUMBER,
     .value = "X",
     .least = 0.0,
     .most = 1.0,
     .help = "directions are values above X times the class's largest uncentred one (default 0.01)"},
    OPTION_RUNS_DATA,
    OPTION_LABELS,
    OPTION_EXPERIMENT,
    OPTION_RUNS_OWN_PART,
    {.name = "figure",
     .kind = OPTION_TEXT,
     .value = "PATH",
     .help = "also draw PATH_N.svg and .png for class number N, a curve a model"},
    {.name = "linear",
     .kind = OPTION_FLAG,
     .help = "with --figure: a linear axis instead of a logarithmic one"},
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_svd = {
    .name = "svd",
    .summary = "singular values of each class's states at a layer",
    .synopsis = "RUN_OR_MODEL...",
    .least = 1,
    .most = 1000,
    .options = options,
    .details =
        "Prints a row a model and class: model, class, samples, then the values, largest first, of the\n"
        "matrix of states as it is. They grow with the square root of the number of samples.\n"
        "A run's folder brings its data; a model file needs --data or --experiment.\n"
        "  mixup svd results/bottleneck_12/*/seed-1 --layer bottleneck --figure svd\n",
    .run = run_svd,
};
