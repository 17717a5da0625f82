/* report/run_files: see run_files.h. history.csv is the program's own file: plain numbers, no quotes. */
#include "report/run_files.h"

#include "base/file.h"
#include "base/path.h"
#include "experiment/run.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAXIMUM_FIELDS = 64, MAXIMUM_SIZE = 64 << 20 };

static const char *const column_names[HISTORY_COLUMNS] = {"epoch", "train_loss", "train_accuracy",
                                                          "validation_loss", "validation_accuracy"};

/* Cuts a line at its commas in place; returns the number of fields. */
static size_t cut_fields(char *line, char *fields[MAXIMUM_FIELDS]) {
    size_t count = 1;
    fields[0] = line;
    for (char *comma = strchr(line, ','); comma != NULL && count < MAXIMUM_FIELDS;
         comma = strchr(comma, ',')) {
        *comma++ = '\0';
        fields[count++] = comma;
    }
    return count;
}

/* Ends the line at `start` and returns the next one's beginning, NULL after the last. */
static char *cut_line(char *start) {
    char *end = strchr(start, '\n');
    if (end == NULL)
        return NULL;
    if (end > start && end[-1] == '\r')
        end[-1] = '\0';
    *end = '\0';
    return end + 1;
}

static double number_or_nan(const char *field) {
    char *end = NULL;
    const double value = strtod(field, &end);
    return end == field || *end != '\0' ? (double)NAN : value;
}

static void find_columns(char *const fields[], size_t count, size_t place[HISTORY_COLUMNS]) {
    for (size_t c = 0; c < HISTORY_COLUMNS; c++) {
        place[c] = MAXIMUM_FIELDS;
        for (size_t f = 0; f < count; f++)
            if (strcmp(fields[f], column_names[c]) == 0)
                place[c] = f;
    }
}

static mixup_status parse_history(results_run *run, char *content, const mixup_allocator *allocator) {
    size_t lines = 1;
    for (const char *c = content; *c != '\0'; c++)
        lines += *c == '\n';
    MIXUP_TRY(MEMORY_NEW(allocator, run->history, lines));
    char *fields[MAXIMUM_FIELDS];
    size_t place[HISTORY_COLUMNS];
    char *next = cut_line(content);
    find_columns(fields, cut_fields(content, fields), place);
    while (next != NULL && *next != '\0') {
        char *line = next;
        next = cut_line(line);
        const size_t count = cut_fields(line, fields);
        for (size_t c = 0; c < HISTORY_COLUMNS; c++)
            run->history[run->epochs][c] = place[c] < count ? number_or_nan(fields[place[c]]) : (double)NAN;
        run->epochs++;
    }
    return MIXUP_OK;
}

static mixup_status read_history(results_run *run, const mixup_allocator *allocator) {
    char *path = path_join(allocator, run->folder, RUN_HISTORY);
    char *content = NULL;
    size_t size = 0;
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    mixup_status status = MIXUP_OK;
    if (file_exists(path)) {
        status = file_read_all(path, MAXIMUM_SIZE, allocator, &content, &size);
        if (status == MIXUP_OK)
            status = parse_history(run, content, allocator);
    }
    memory_release(allocator, content);
    memory_release(allocator, path);
    return status;
}

/* The numbers of a flat object; null is NaN, anything else is left out. */
static mixup_status take_metrics(results_run *run, json_t *object, const mixup_allocator *allocator) {
    MIXUP_TRY(MEMORY_NEW(allocator, run->metrics, json_object_size(object)));
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value) {
        if (!json_is_number(value) && !json_is_null(value))
            continue;
        results_metric *metric = &run->metrics[run->metric_count];
        metric->name = memory_copy_text(allocator, key);
        if (metric->name == NULL)
            return MIXUP_ERROR_MEMORY;
        metric->value = json_is_number(value) ? json_number_value(value) : (double)NAN;
        run->metric_count++;
    }
    return MIXUP_OK;
}

static mixup_status read_metrics(results_run *run, const mixup_allocator *allocator) {
    char *path = path_join(allocator, run->folder, RUN_METRICS);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    char *content = NULL;
    size_t size = 0;
    json_error_t cause;
    mixup_status status = file_read_all(path, MAXIMUM_SIZE, allocator, &content, &size);
    json_t *object = status == MIXUP_OK ? json_loadb(content, size, 0, &cause) : NULL;
    if (status == MIXUP_OK && !json_is_object(object))
        status = error(MIXUP_ERROR_FORMAT, "%s: must be a JSON object: %s", path,
                       object == NULL ? cause.text : "it is something else");
    if (status == MIXUP_OK)
        status = take_metrics(run, object, allocator);
    json_decref(object);
    memory_release(allocator, content);
    memory_release(allocator, path);
    return status;
}

mixup_status run_files_read(results_run *run, const mixup_allocator *allocator) {
    mixup_status status = read_history(run, allocator);
    if (status == MIXUP_OK)
        status = read_metrics(run, allocator);
    if (status != MIXUP_OK)
        run_files_clear(run, allocator);
    return status;
}

void run_files_clear(results_run *run, const mixup_allocator *allocator) {
    for (size_t i = 0; i < run->metric_count; i++)
        memory_release(allocator, run->metrics[i].name);
    memory_release(allocator, run->metrics);
    memory_release(allocator, run->history);
    run->metrics = NULL;
    run->metric_count = 0;
    run->history = NULL;
    run->epochs = 0;
}
