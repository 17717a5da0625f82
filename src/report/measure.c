/* report/measure: see measure.h. */
#include "report/measure.h"

#include "analysis/singular_values.h"
#include "report/kind.h"

mixup_status measure_item(const trained *run, const request *item, const mixup_allocator *allocator,
                          measurement *out) {
    measurement result = {.allocator = *allocator, .measured = true};
    const mixup_dataset *set = NULL;
    MIXUP_TRY(trained_part(run, item->data, &set));
    const mixup_status status = kind_find(item->kind)->measure(run, item, set, &result);
    if (status == MIXUP_OK)
        *out = result;
    else
        measure_clear(&result);
    return status;
}

void measure_clear(measurement *out) {
    surface_clear(&out->map);
    states_clear(&out->points);
    states_clear(&out->uniform);
    memory_release(&out->allocator, out->rows);
    memory_release(&out->allocator, out->values[0]);
    memory_release(&out->allocator, out->values[1]);
    memory_release(&out->allocator, out->ratings);
    *out = (measurement){.allocator = out->allocator};
}

double measure_sum(const measurement *in, size_t class_number, bool centered) {
    double sum = 0.0;
    for (size_t i = 0; i < in->width; i++)
        sum += in->values[centered ? 1 : 0][class_number * in->width + i];
    return sum;
}

size_t measure_directions(const measurement *in, size_t class_number, bool centered, double threshold) {
    const size_t first = class_number * in->width;
    return singular_values_above(in->values[centered ? 1 : 0] + first, in->width,
                                 threshold * in->values[0][first]);
}
