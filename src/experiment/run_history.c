/* experiment/run: history.csv. */
#include "experiment/run_parts.h"

#include "base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY_MAX_BYTES = 64 << 20, SECONDS_COLUMN = 7 };

static const char header[] = "epoch,step,learning_rate,train_loss,train_accuracy,validation_loss,"
                             "validation_accuracy,seconds";

/* The end of the line at `at`, its newline included. */
static const char *line_end(const char *at) {
    const char *end = strchr(at, '\n');
    return end != NULL ? end + 1 : at + strlen(at);
}

static double seconds_of(const char *row) {
    for (int column = 0; column < SECONDS_COLUMN; column++) {
        row += strcspn(row, ",\n");
        if (*row != ',')
            return 0.0;
        row++;
    }
    const double seconds = strtod(row, NULL);
    return isfinite(seconds) ? seconds : 0.0;
}

/* Cuts off the rows from epoch `first` on, and sums the seconds of those that stay. */
static void keep_before(run_history *history, size_t first) {
    history->seconds = 0.0;
    const char *begin = history->rows.data;
    const char *row = line_end(begin);
    while (*row != '\0' && strtoull(row, NULL, 10) < first) {
        history->seconds += seconds_of(row);
        row = line_end(row);
    }
    history->rows.length = (size_t)(row - begin);
    history->rows.data[history->rows.length] = '\0';
}

static mixup_status read_rows(run_history *history) {
    char *data = NULL;
    size_t size = 0;
    MIXUP_TRY(file_read_all(history->path, HISTORY_MAX_BYTES, &history->rows.allocator, &data, &size));
    const char *rows = line_end(data);
    text_append(&history->rows, rows, strlen(rows));
    memory_release(&history->rows.allocator, data);
    return text_status(&history->rows);
}

mixup_status run_history_open(run_history *out, const char *path, bool clean, bool resume,
                              const mixup_allocator *allocator) {
    run_history history = {.path = path, .clean = clean};
    text_init(&history.rows, allocator);
    text_format(&history.rows, "%s%s\n", header, clean ? ",train_clean_accuracy" : "");
    mixup_status status = text_status(&history.rows);
    if (status == MIXUP_OK && resume && file_exists(path))
        status = read_rows(&history);
    if (status != MIXUP_OK) {
        text_clear(&history.rows);
        return status;
    }
    keep_before(&history, SIZE_MAX);
    *out = history;
    return MIXUP_OK;
}

void run_history_clear(run_history *history) {
    text_clear(&history->rows);
}

/* A field; empty where there is no such value. */
static void add_number(text *rows, double value) {
    if (isfinite(value))
        text_format(rows, ",%.9g", value);
    else
        text_add(rows, ",");
}

mixup_status run_history_add(run_history *history, const mixup_epoch *epoch) {
    keep_before(history, epoch->epoch);
    text *rows = &history->rows;
    text_format(rows, "%zu,%llu", epoch->epoch, (unsigned long long)epoch->step);
    text_format(rows, ",%.7g", epoch->learning_rate);
    add_number(rows, epoch->train_loss);
    add_number(rows, epoch->train_accuracy);
    add_number(rows, epoch->validation_loss);
    add_number(rows, epoch->validation_accuracy);
    text_format(rows, ",%.3f", epoch->seconds);
    if (history->clean)
        add_number(rows, epoch->train_clean_accuracy);
    text_add(rows, "\n");
    MIXUP_TRY(text_status(rows));
    history->seconds += epoch->seconds;
    return file_write_quickly(history->path, rows->data, rows->length, &rows->allocator);
}
