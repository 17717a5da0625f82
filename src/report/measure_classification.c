/* report/measure: right and wrong on the data that training did not see. */
#include "report/measure.h"

enum { BATCH = 500 };

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
    size_t outputs[MIXUP_MAX_RANK] = {0};
    mixup_model_output_shape(run->model, outputs);
    mixup_dataset_info info = {0};
    if (set != NULL)
        mixup_dataset_describe(set, &info);
    result.classes = info.class_count;
    result.count = info.count;
    if (info.class_count < 2 || outputs[1] != 0 ||
        (outputs[0] != info.class_count && (outputs[0] != 1 || info.class_count != 2))) {
        *out = (classification){.allocator = *allocator};
        return MIXUP_OK;
    }
    size_t size = 0;
    MIXUP_TRY(memory_product(info.class_count, info.class_count, &size));
    MIXUP_TRY(MEMORY_NEW(allocator, result.confusion, size));
    const mixup_status status = classify(run, set, outputs[0], &result);
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
