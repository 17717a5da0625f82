/* report/spread: see spread.h. */
#include "report/spread.h"

#include <math.h>

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
