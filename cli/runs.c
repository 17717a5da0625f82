/* runs: see runs.h. */
#include "runs.h"

#include "base/file.h"
#include "experiment/run.h"
#include "figure_path.h"
#include "report/figure.h"
#include "source.h"

#include <stdio.h>
#include <string.h>

static mixup_status part_of(const arguments *given, settings_figure_data own, settings_figure_data *part) {
    static const char *const names[SETTINGS_FIGURE_PARTS] = {[SETTINGS_FIGURE_USUAL] = "",
                                                             [SETTINGS_FIGURE_TRAIN] = "train",
                                                             [SETTINGS_FIGURE_VALIDATION] = "validation",
                                                             [SETTINGS_FIGURE_TEST] = "test"};
    const char *name = arguments_text(given, "part", names[own]);
    for (size_t i = 0; i < SETTINGS_FIGURE_PARTS; i++)
        if (strcmp(names[i], name) == 0) {
            *part = (settings_figure_data)i;
            return MIXUP_OK;
        }
    return error(MIXUP_ERROR_ARGUMENT, "--part %s: choose train, validation or test", name);
}

bool runs_data_is_clear(const arguments *given) {
    if (!arguments_given(given, "data") || !arguments_given(given, "experiment"))
        return true;
    command_misused(given, "give either --data DATA or --experiment FILE.yaml");
    return false;
}

/* ---- where model and data come from */

/* The run with its own data, on the engine that the command line names. */
static mixup_status open_run(const arguments *given, const char *path, trained *out) {
    MIXUP_TRY(trained_open(out, path, command_allocator()));
    if (!arguments_given(given, "engine") && !arguments_given(given, "threads"))
        return MIXUP_OK;
    mixup_model_destroy(out->model);
    out->model = NULL;
    return source_model(given, path, &out->model);
}

/* --data stands for the test data, wherever the model comes from. */
static mixup_status replace_tested(const arguments *given, trained *out, settings_figure_data *part) {
    mixup_dataset *data = NULL;
    MIXUP_TRY(source_data(given, arguments_text(given, "data", NULL), out->model, &data));
    mixup_dataset_destroy(out->data.test);
    out->data.test = data;
    *part = SETTINGS_FIGURE_TEST;
    return MIXUP_OK;
}

static mixup_status open_one(const arguments *given, const runs_wish *wish, const char *path, trained *out,
                             settings_figure_data *part) {
    const bool data = arguments_given(given, "data");
    const bool parts = arguments_given(given, "experiment");
    const bool own = source_is_run(path) && !parts && (!data || wish->training);
    if (!own && !data && !parts)
        return error(
            MIXUP_ERROR_ARGUMENT,
            "%s: brings no data; give --data DATA or --experiment FILE.yaml, or a finished run's folder "
            "(DIR/VARIANT/seed-N)",
            path);
    if (!own && data && wish->training)
        return error(MIXUP_ERROR_ARGUMENT,
                     "%s: a file brings no training data; give --experiment FILE.yaml, or a run's folder",
                     path);
    MIXUP_TRY(own ? open_run(given, path, out) : source_model(given, path, &out->model));
    if (parts)
        MIXUP_TRY(source_parts(given, out->model, &out->data));
    MIXUP_TRY(part_of(given, own ? wish->item.data : SETTINGS_FIGURE_TEST, part));
    return data ? replace_tested(given, out, part) : MIXUP_OK;
}

/* ---- measuring */

static mixup_status keep_names(const mixup_model *model, runs_one *out) {
    size_t count = 0;
    const char *const *names = mixup_model_class_names(model, &count);
    if (names == NULL || count == 0)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_NEW(command_allocator(), out->class_names, count));
    out->class_count = count;
    for (size_t i = 0; i < count; i++) {
        out->class_names[i] = memory_copy_text(command_allocator(), names[i]);
        if (out->class_names[i] == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    return MIXUP_OK;
}

static mixup_status measure_one(const arguments *given, const runs_wish *wish, runs_one *out) {
    trained opened = {0};
    request item = wish->item;
    out->label = figure_path_label(out->path);
    out->variant = out->label != NULL ? figure_path_variant(out->label) : NULL;
    if (out->variant == NULL)
        return MIXUP_ERROR_MEMORY;
    command_note(given, "%s", out->label);
    mixup_status status = open_one(given, wish, out->path, &opened, &item.data);
    if (status == MIXUP_OK)
        status = keep_names(opened.model, out);
    if (status == MIXUP_OK)
        status = measure_item(&opened, &item, command_allocator(), &out->numbers);
    trained_close(&opened);
    const bool named = status == MIXUP_OK || strncmp(mixup_last_error(), out->path, strlen(out->path)) == 0;
    return named ? status : error_context(status, "%s", out->path);
}

/* Whether --figure, if given, names a picture: asked before anything is measured, which may take minutes. */
static mixup_status check_figure(const arguments *given) {
    figure_path target = {0};
    if (!arguments_given(given, "figure"))
        return MIXUP_OK;
    MIXUP_TRY(figure_path_split(arguments_text(given, "figure", ""), &target));
    figure_path_clear(&target);
    return MIXUP_OK;
}

mixup_status runs_measure(const arguments *given, const runs_wish *wish, runs *out) {
    MIXUP_TRY(check_figure(given));
    runs made = {.count = arguments_positional_count(given)};
    MIXUP_TRY(MEMORY_NEW(command_allocator(), made.items, made.count));
    mixup_status status = MIXUP_OK;
    for (size_t i = 0; i < made.count; i++)
        made.items[i] = (runs_one){.path = arguments_positional(given, i),
                                   .numbers = {.allocator = *command_allocator()}};
    for (size_t i = 0; i < made.count && status == MIXUP_OK; i++)
        status = measure_one(given, wish, &made.items[i]);
    if (status == MIXUP_OK)
        *out = made;
    else
        runs_clear(&made);
    return status;
}

void runs_clear(runs *out) {
    for (size_t i = 0; i < out->count; i++) {
        measure_clear(&out->items[i].numbers);
        memory_release(command_allocator(), out->items[i].label);
        memory_release(command_allocator(), out->items[i].variant);
        for (size_t c = 0; c < out->items[i].class_count; c++)
            memory_release(command_allocator(), out->items[i].class_names[c]);
        memory_release(command_allocator(), out->items[i].class_names);
    }
    memory_release(command_allocator(), out->items);
    *out = (runs){0};
}

/* ---- what is shown */

text runs_class_name(const runs_one *of, size_t class_number) {
    const figure_classes classes = {(const char *const *)of->class_names, of->class_count};
    text name;
    text_init(&name, command_allocator());
    figure_class_name(&name, &classes, class_number);
    return name;
}

void runs_print_field(const char *field) {
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

static mixup_status draw_axis(const figure_path *target, const ratings_axis *axis, bool alone,
                              const ratings_column *columns, size_t count) {
    char name[300];
    snprintf(name, sizeof name, "%.200s%s%s", target->name, alone ? "" : "_", alone ? "" : axis->group);
    return ratings_draw(&(figure_place){target->folder, name, axis->title, command_allocator()}, axis,
                        columns, count);
}

/* Whether the item has rows for the picture: of the deformations perhaps only some were asked for. */
static bool has_rows(const measurement *numbers, const char *group) {
    for (size_t row = 0; row < numbers->rating_count; row++)
        if (strcmp(numbers->ratings[row].group, group) == 0)
            return true;
    return false;
}

/* --figure PATH: a picture PATH, or PATH_GROUP where there are several, with a curve a model. */
static mixup_status draw_ratings(const arguments *given, const request *item, const runs *of) {
    ratings_axes axes;
    figure_path target = {0};
    ratings_column *columns = NULL;
    kind_find(item->kind)->axes(item, &axes);
    MIXUP_TRY(figure_path_split(arguments_text(given, "figure", ""), &target));
    mixup_status status = MEMORY_NEW(command_allocator(), columns, of->count);
    for (size_t i = 0; i < of->count && status == MIXUP_OK; i++)
        columns[i] = (ratings_column){of->items[i].label, palette_variant(of->items[i].variant, i),
                                      &of->items[i].numbers, 1, 1};
    for (size_t a = 0; a < axes.count && status == MIXUP_OK; a++)
        if (has_rows(&of->items[0].numbers, axes.items[a].group))
            status = draw_axis(&target, &axes.items[a], axes.count == 1, columns, of->count);
    memory_release(command_allocator(), columns);
    figure_path_clear(&target);
    return status;
}

int runs_rate(const arguments *given, const runs_wish *wish,
              void (*print)(const runs *of, const request *item)) {
    runs measured = {0};
    mixup_status status = runs_measure(given, wish, &measured);
    if (status == MIXUP_OK && arguments_given(given, "figure"))
        status = draw_ratings(given, &wish->item, &measured);
    if (status == MIXUP_OK)
        print(&measured, &wish->item);
    runs_clear(&measured);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}
