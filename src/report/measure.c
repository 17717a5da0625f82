/* report/measure: see measure.h. */
#include "report/measure.h"

#include "analysis/singular_values.h"
#include "analysis/tightness.h"

#include <math.h>

enum { BATCH = 500 };

static states_desc description_of(const request *item, const mixup_dataset *set, const char *layer,
                                  const mixup_allocator *allocator) {
    return (states_desc){.set = set,
                         .layer = layer,
                         .per_class = item->points,
                         .classes = item->classes,
                         .class_count = item->class_count,
                         .allocator = allocator};
}

static mixup_status measure_surface(const trained *run, const request *item, const mixup_dataset *set,
                                    measurement *out) {
    const states_desc points = description_of(item, set, "input", &out->allocator);
    MIXUP_TRY(surface_map(run->model,
                          &(surface_desc){.minimum = {item->range[0], item->range[0]},
                                          .maximum = {item->range[1], item->range[1]},
                                          .step = item->step,
                                          .class_number = item->class_number,
                                          .allocator = &out->allocator},
                          &out->map));
    out->share = surface_share(&out->map, 0.1, 0.9);
    return states_collect(run->model, &points, &out->points);
}

static mixup_status measure_scatter(const trained *run, const request *item, const mixup_dataset *set,
                                    measurement *out) {
    const states_desc wanted = description_of(item, set, item->layer, &out->allocator);
    MIXUP_TRY(states_collect(run->model, &wanted, &out->points));
    if (out->points.width != 2)
        return error(MIXUP_ERROR_SHAPE, "layer '%s': a scatter needs a layer of 2 units, this one has %zu",
                     item->layer, out->points.width);
    if (tightness(&out->points, &out->tightness) != MIXUP_OK)
        out->tightness = (double)NAN;
    return MIXUP_OK;
}

/* Fills rows and values from the states. */
static mixup_status fill_spectra(const states *in, measurement *out) {
    size_t size = 0;
    MIXUP_TRY(memory_product(in->class_count, in->width, &size));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->rows, in->class_count));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->values[0], size));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->values[1], size));
    out->classes = in->class_count;
    out->width = in->width;
    for (size_t i = 0; i < in->count; i++)
        if (in->labels[i] >= 0)
            out->rows[in->labels[i]]++;
    for (size_t c = 0; c < in->class_count; c++)
        for (size_t k = 0; k < 2 && out->rows[c] > 0; k++)
            MIXUP_TRY(singular_values_of_class(in, c, k == 1, out->values[k] + c * in->width, &out->rows[c]));
    return MIXUP_OK;
}

static mixup_status measure_spectra(const trained *run, const request *item, const mixup_dataset *set,
                                    measurement *out) {
    const states_desc wanted = description_of(item, set, item->layer, &out->allocator);
    states collected;
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    if (info.class_count == 0)
        return error(MIXUP_ERROR_DATA,
                     "singular values are taken of each class, and the data have no classes");
    MIXUP_TRY(states_collect(run->model, &wanted, &collected));
    const mixup_status status = fill_spectra(&collected, out);
    states_clear(&collected);
    return status;
}

mixup_status measure_item(const trained *run, const request *item, const mixup_allocator *allocator,
                          measurement *out) {
    static mixup_status (*const kinds[REQUEST_KINDS])(const trained *, const request *, const mixup_dataset *,
                                                      measurement *) = {measure_surface, measure_scatter,
                                                                        measure_spectra};
    measurement result = {.allocator = *allocator, .measured = true};
    const mixup_dataset *set = NULL;
    MIXUP_TRY(trained_part(run, item->data, &set));
    const mixup_status status = kinds[item->kind](run, item, set, &result);
    if (status == MIXUP_OK)
        *out = result;
    else
        measure_clear(&result);
    return status;
}

void measure_clear(measurement *out) {
    surface_clear(&out->map);
    states_clear(&out->points);
    memory_release(&out->allocator, out->rows);
    memory_release(&out->allocator, out->values[0]);
    memory_release(&out->allocator, out->values[1]);
    *out = (measurement){.allocator = out->allocator};
}

double measure_sum(const measurement *in, size_t class_number, bool centered) {
    double sum = 0.0;
    for (size_t i = 0; i < in->width; i++)
        sum += in->values[centered ? 1 : 0][class_number * in->width + i];
    return sum;
}

/* Probabilities of all samples; a single sigmoid output becomes two columns. */
static mixup_status predict(mixup_model *model, const mixup_dataset *set, size_t outputs, size_t classes,
                            const mixup_allocator *allocator, float *probabilities) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    size_t width = 1;
    for (size_t i = 0; i < MIXUP_MAX_RANK && info.shape[i] != 0; i++)
        width *= info.shape[i];
    float *inputs = NULL;  /* [BATCH][width] */
    float *results = NULL; /* [BATCH][outputs] */
    size_t indices[BATCH];
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, inputs, BATCH * width), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, results, BATCH * outputs), done);
    for (size_t first = 0; first < info.count; first += BATCH) {
        const size_t batch = info.count - first < BATCH ? info.count - first : BATCH;
        for (size_t i = 0; i < batch; i++)
            indices[i] = first + i;
        MIXUP_TRY_ELSE(status, mixup_dataset_read(set, indices, batch, inputs, NULL), done);
        MIXUP_TRY_ELSE(status, mixup_predict(model, batch, inputs, results), done);
        for (size_t i = 0; i < batch; i++)
            for (size_t c = 0; c < classes; c++)
                probabilities[(first + i) * classes + c] = outputs == classes ? results[i * outputs + c]
                                                           : c == 1           ? results[i]
                                                                              : 1.0f - results[i];
    }
done:
    memory_release(allocator, results);
    memory_release(allocator, inputs);
    return status;
}

/* Confusion and bins of `out`, whose confusion is allocated. */
static mixup_status classify(const trained *run, const mixup_dataset *set, size_t outputs,
                             classification *out) {
    float *probabilities = NULL; /* [count][classes] */
    int32_t *labels = NULL;      /* [count] */
    size_t size = 0;
    MIXUP_TRY(memory_product(out->count, out->classes, &size));
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&out->allocator, probabilities, size), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&out->allocator, labels, out->count), done);
    MIXUP_TRY_ELSE(status, mixup_dataset_labels(set, labels), done);
    MIXUP_TRY_ELSE(status, predict(run->model, set, outputs, out->classes, &out->allocator, probabilities),
                   done);
    calibration_confusion(probabilities, labels, out->count, out->classes, out->confusion);
    calibration_bins(probabilities, labels, out->count, out->classes, out->bins, MEASURE_BINS);
done:
    memory_release(&out->allocator, labels);
    memory_release(&out->allocator, probabilities);
    return status;
}

mixup_status measure_classification(const trained *run, const mixup_allocator *allocator,
                                    classification *out) {
    const mixup_dataset *set = run->data.test != NULL ? run->data.test : run->data.validation;
    classification result = {.allocator = *allocator, .part = run->data.test != NULL ? "test" : "validation"};
    size_t shape[MIXUP_MAX_RANK] = {0};
    mixup_model_output_shape(run->model, shape);
    mixup_dataset_info info = {0};
    if (set != NULL)
        mixup_dataset_describe(set, &info);
    result.classes = info.class_count;
    result.count = info.count;
    if (info.class_count < 2 || shape[1] != 0 ||
        (shape[0] != info.class_count && (shape[0] != 1 || info.class_count != 2))) {
        *out = (classification){.allocator = *allocator};
        return MIXUP_OK;
    }
    size_t size = 0;
    MIXUP_TRY(memory_product(info.class_count, info.class_count, &size));
    MIXUP_TRY(MEMORY_NEW(allocator, result.confusion, size));
    const mixup_status status = classify(run, set, shape[0], &result);
    if (status == MIXUP_OK)
        *out = result;
    else
        classification_clear(&result);
    return status;
}

void classification_clear(classification *out) {
    memory_release(&out->allocator, out->confusion);
    *out = (classification){.allocator = out->allocator};
}
