/* report/spread: see spread.h. */
#include "report/spread.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

spread spread_by(double (*number)(const void *from, size_t i), const void *from, size_t count) {
    spread out = {0};
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(number(from, i))) {
            sum += number(from, i);
            out.count++;
        }
    if (out.count == 0)
        return out;
    out.mean = sum / (double)out.count;
    double squares = 0.0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(number(from, i)))
            squares += (number(from, i) - out.mean) * (number(from, i) - out.mean);
    out.deviation = out.count > 1 ? sqrt(squares / (double)(out.count - 1)) : 0.0;
    return out;
}

typedef struct metric_of {
    const results_variant *variant;
    const char *name;
} metric_of;

static double measured(const void *from, size_t i) {
    const metric_of *of = from;
    return results_metric_value(&of->variant->runs[i], of->name);
}

spread spread_of(const results_variant *of, const char *metric) {
    return spread_by(measured, &(metric_of){of, metric}, of->run_count);
}

void spread_write(text *out, const spread *value, double scale, const char *one, const char *several) {
    const double mean = scale * value->mean + 0.0; /* no negative zero */
    if (value->count == 0)
        text_add(out, "–");
    else if (value->count == 1)
        text_format(out, one, mean);
    else
        text_format(out, several, mean, fabs(scale) * value->deviation);
}

spread_row spread_row_begin(int direction, double scale, const char *one, const char *several) {
    (void)several; /* writes the mean with the same digits */
    return (spread_row){direction, scale, one, -(double)INFINITY, (double)INFINITY};
}

/* direction × the number that a reader sees. */
static double rating(const spread_row *row, const spread *value) {
    char shown[96];
    snprintf(shown, sizeof shown, row->one, row->scale * value->mean);
    return row->direction * strtod(shown, NULL);
}

void spread_row_add(spread_row *row, const spread *value) {
    if (value->count == 0)
        return;
    row->best = fmax(row->best, rating(row, value));
    row->worst = fmin(row->worst, rating(row, value));
}

bool spread_row_marks(const spread_row *row, const spread *value) {
    return value->count > 0 && row->best > row->worst && rating(row, value) >= row->best;
}
