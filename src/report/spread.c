/* report/spread: see spread.h. Values that are not finite count as not measured. */
#include "report/spread.h"

#include <math.h>

spread spread_of(const results_variant *of, const char *metric) {
    spread out = {0};
    double sum = 0.0;
    for (size_t r = 0; r < of->run_count; r++) {
        const double value = results_metric_value(&of->runs[r], metric);
        if (isfinite(value)) {
            sum += value;
            out.count++;
        }
    }
    if (out.count == 0)
        return out;
    out.mean = sum / (double)out.count;
    double squares = 0.0;
    for (size_t r = 0; r < of->run_count; r++) {
        const double value = results_metric_value(&of->runs[r], metric);
        if (isfinite(value))
            squares += (value - out.mean) * (value - out.mean);
    }
    out.deviation = out.count > 1 ? sqrt(squares / (double)(out.count - 1)) : 0.0;
    return out;
}
