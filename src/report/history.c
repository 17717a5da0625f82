/* report/history: see history.h. */
#include "report/history.h"

#include <math.h>

size_t history_epochs(const results_variant *of) {
    size_t epochs = 0;
    for (size_t r = 0; r < of->run_count; r++)
        epochs = of->runs[r].epochs > epochs ? of->runs[r].epochs : epochs;
    return epochs;
}

void history_over_runs(const results_variant *of, history_column column, double scale, size_t epochs,
                       double *out) {
    for (size_t e = 0; e < epochs; e++) {
        double sum = 0.0;
        size_t count = 0;
        double *at = out + 3 * e;
        at[0] = at[1] = at[2] = (double)NAN;
        for (size_t r = 0; r < of->run_count; r++) {
            const results_run *run = &of->runs[r];
            if (e >= run->epochs || !isfinite(run->history[e][column]))
                continue;
            const double value = scale * run->history[e][column];
            sum += value;
            count++;
            at[1] = fmin(at[1], value); /* fmin and fmax pass over a NaN */
            at[2] = fmax(at[2], value);
        }
        if (count > 0)
            at[0] = sum / (double)count;
    }
}

/* Where last_number looks. */
typedef struct last_column {
    const results_variant *of;
    history_column column;
} last_column;

static double last_number(const void *from, size_t i) {
    const last_column *in = from;
    const results_run *run = &in->of->runs[i];
    return run->epochs > 0 ? run->history[run->epochs - 1][in->column] : (double)NAN;
}

spread history_last(const results_variant *of, history_column column) {
    return spread_by(last_number, &(last_column){of, column}, of->run_count);
}
