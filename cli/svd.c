/* svd: `mixup svd` prints the singular values of each class's states at a layer, for one or more models. */
#include "analysis/singular_values.h"

#include "base/file.h"
#include "command.h"
#include "experiment/run.h"
#include "figure_path.h"
#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/measure.h"
#include "source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One model's values. */
typedef struct spectra {
    const char *path;
    char *label;
    char *variant;
    measurement numbers;
} spectra;

static void spectra_clear(spectra *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        measure_clear(&list[i].numbers);
        memory_release(command_allocator(), list[i].label);
        memory_release(command_allocator(), list[i].variant);
    }
    memory_release(command_allocator(), list);
}

static mixup_status part_of(const char *name, settings_figure_data *part) {
    static const char *const names[SETTINGS_FIGURE_PARTS] = {"train", "validation", "test"};
    for (size_t i = 0; i < SETTINGS_FIGURE_PARTS; i++)
        if (strcmp(names[i], name) == 0) {
            *part = (settings_figure_data)i;
            return MIXUP_OK;
        }
    return error(MIXUP_ERROR_ARGUMENT, "--part %s: choose train, validation or test", name);
}

/* A run's folder brings its own data. */
static mixup_status measure_run(const arguments *given, const char *path, request *item, measurement *out) {
    trained run;
    MIXUP_TRY(part_of(arguments_text(given, "part", "train"), &item->data));
    MIXUP_TRY(trained_open(&run, path, command_allocator()));
    const mixup_status status = measure_item(&run, item, command_allocator(), out);
    trained_close(&run);
    return status;
}

static mixup_status measure_model(const arguments *given, const char *path, request *item, measurement *out) {
    trained run = {0};
    if (!arguments_given(given, "data") && !arguments_given(given, "experiment"))
        return error(
            MIXUP_ERROR_ARGUMENT,
            "%s: a file brings no data; give --data DATA or --experiment FILE.yaml, or a run's folder", path);
    MIXUP_TRY(source_model(given, path, &run.model));
    mixup_status status = source_data(given, arguments_text(given, "data", NULL), run.model, &run.data.train);
    item->data = SETTINGS_FIGURE_TRAIN; /* where the data of the command stand */
    if (status == MIXUP_OK)
        status = measure_item(&run, item, command_allocator(), out);
    trained_close(&run);
    return status;
}

static mixup_status measure_path(const arguments *given, spectra *out) {
    request item = {.kind = SETTINGS_SINGULAR_VALUES,
                    .title = "",
                    .layer = arguments_text(given, "layer", NULL),
                    .points = arguments_count(given, "points", 0)};
    char *document = path_join(command_allocator(), out->path, RUN_EXPERIMENT);
    out->label = figure_path_label(out->path);
    if (document == NULL || out->label == NULL) {
        memory_release(command_allocator(), document);
        return MIXUP_ERROR_MEMORY;
    }
    const bool own =
        !arguments_given(given, "data") && !arguments_given(given, "experiment") && file_exists(document);
    memory_release(command_allocator(), document);
    out->variant = figure_path_variant(out->label);
    if (out->variant == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status = own ? measure_run(given, out->path, &item, &out->numbers)
                                    : measure_model(given, out->path, &item, &out->numbers);
    const bool named = status == MIXUP_OK || strncmp(mixup_last_error(), out->path, strlen(out->path)) == 0;
    return named ? status : error_context(status, "%s", out->path);
}

/* RFC 4180 */
static void print_field(const char *field) {
    if (strpbrk(field, ",\"\n\r") == NULL) {
        fputs(field, stdout);
        return;
    }
    putchar('"');
    for (const char *c = field; *c != '\0'; c++) {
        if (*c == '"')
            putchar('"');
        putchar(*c);
    }
    putchar('"');
}

static void print_table(const spectra *list, size_t count, bool centered) {
    size_t width = 0;
    for (size_t i = 0; i < count; i++)
        width = list[i].numbers.width > width ? list[i].numbers.width : width;
    printf("model,class,samples");
    for (size_t k = 0; k < width; k++)
        printf(",%zu", k + 1);
    putchar('\n');
    for (size_t i = 0; i < count; i++) {
        const measurement *numbers = &list[i].numbers;
        for (size_t c = 0; c < numbers->classes; c++) {
            const size_t known = numbers->rows[c] < numbers->width ? numbers->rows[c] : numbers->width;
            if (numbers->rows[c] == 0)
                continue;
            print_field(list[i].path);
            printf(",%zu,%zu", c, numbers->rows[c]);
            for (size_t k = 0; k < width; k++) {
                putchar(',');
                if (k < known)
                    printf("%.9g", numbers->values[centered ? 1 : 0][c * numbers->width + k]);
            }
            putchar('\n');
        }
    }
}

/* The range of all values, for a common axis. */
static void find_range(const spectra *list, size_t count, bool centered, figure_spectrum *spectrum) {
    spectrum->lowest = (double)INFINITY;
    for (size_t i = 0; i < count; i++) {
        const measurement *numbers = &list[i].numbers;
        spectrum->count = i == 0 || numbers->width < spectrum->count ? numbers->width : spectrum->count;
        for (size_t k = 0; k < numbers->classes * numbers->width; k++) {
            const double value = numbers->values[centered ? 1 : 0][k];
            spectrum->highest = fmax(spectrum->highest, value);
            spectrum->lowest = value > 0.0 ? fmin(spectrum->lowest, value) : spectrum->lowest;
        }
    }
    spectrum->lowest = fmax(spectrum->lowest, 1e-5 * spectrum->highest);
}

/* PATH_CLASS with a curve a model. */
static mixup_status draw_class(const spectra *list, size_t count, size_t class_number, bool centered,
                               const figure_path *target, figure_spectrum *spectrum, figure_series *series) {
    spectrum->series_count = 0;
    for (size_t i = 0; i < count; i++) {
        const measurement *numbers = &list[i].numbers;
        if (class_number < numbers->classes && numbers->rows[class_number] > 0)
            series[spectrum->series_count++] =
                (figure_series){list[i].label, palette_variant(list[i].variant, i),
                                numbers->values[centered ? 1 : 0] + class_number * numbers->width};
    }
    if (spectrum->series_count == 0)
        return MIXUP_OK;
    char name[300];
    char title[64];
    snprintf(name, sizeof name, "%.200s_%zu", target->name, class_number);
    snprintf(title, sizeof title, "class %zu%s", class_number, centered ? ", centred" : "");
    return figure_singular_values(&(figure_place){target->folder, name, title, command_allocator()},
                                  spectrum);
}

static mixup_status draw(const arguments *given, const spectra *list, size_t count) {
    const bool centered = arguments_flag(given, "centered");
    figure_path target = {0};
    figure_series *series = NULL;
    size_t classes = 0;
    MIXUP_TRY(figure_path_split(arguments_text(given, "figure", ""), &target));
    mixup_status status = MEMORY_NEW(command_allocator(), series, count);
    figure_spectrum spectrum = {.series = series, .linear = arguments_flag(given, "linear")};
    find_range(list, count, centered, &spectrum);
    for (size_t i = 0; i < count; i++)
        classes = list[i].numbers.classes > classes ? list[i].numbers.classes : classes;
    for (size_t c = 0; c < classes && status == MIXUP_OK; c++)
        status = draw_class(list, count, c, centered, &target, &spectrum, series);
    memory_release(command_allocator(), series);
    figure_path_clear(&target);
    return status;
}

static int run_svd(const arguments *given) {
    if (!arguments_given(given, "layer"))
        return command_misused(given, "--layer NAME is needed; `mixup info` lists the layers of a model");
    if (arguments_given(given, "data") && arguments_given(given, "experiment"))
        return command_misused(given, "give either --data DATA or --experiment FILE.yaml");
    const size_t count = arguments_positional_count(given);
    spectra *list = NULL;
    mixup_status status = MEMORY_NEW(command_allocator(), list, count);
    if (status != MIXUP_OK)
        return command_failed(given);
    for (size_t i = 0; i < count && status == MIXUP_OK; i++) {
        list[i].path = arguments_positional(given, i);
        status = measure_path(given, &list[i]);
    }
    if (status == MIXUP_OK && arguments_given(given, "figure"))
        status = draw(given, list, count);
    if (status == MIXUP_OK)
        print_table(list, count, arguments_flag(given, "centered"));
    spectra_clear(list, count);
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
    {.name = "data", .kind = OPTION_TEXT, .value = "DATA", .help = "samples to use instead of the run's own"},
    OPTION_LABELS,
    OPTION_EXPERIMENT,
    {.name = "part",
     .kind = OPTION_TEXT,
     .value = "PART",
     .words = "train, validation or test",
     .help = "train, validation or test (default train of a run's own data, test with --experiment)"},
    {.name = "figure",
     .kind = OPTION_TEXT,
     .value = "PATH",
     .help = "also draw PATH_CLASS.svg and .png, a curve a model"},
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
    .details = "Prints a row a model and class: model, class, samples, then the values, largest first.\n"
               "A run's folder brings its data; a model file needs --data or --experiment.\n"
               "  mixup svd results/bottleneck_12/*/seed-1 --layer bottleneck --figure svd\n",
    .run = run_svd,
};
