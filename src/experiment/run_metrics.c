/* experiment/run: metrics.json, one flat object; a measurement that the kind of target does not have is left
 * out. */
#include "experiment/run_parts.h"

#include "base/file.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { CONFUSION_MAX_CLASSES = 1000 };

static mixup_status no_memory(void) {
    return error(MIXUP_ERROR_MEMORY, "out of memory while writing measurements");
}

/* jansson's functions report failure by -1, and take the value in any case. */
static bool put(json_t *to, const char *key, json_t *value) {
    return json_object_set_new(to, key, value) == 0;
}

static bool put_real(json_t *to, const char *part, const char *key, double value) {
    char name[64];
    if (!isfinite(value))
        return true;
    snprintf(name, sizeof name, "%s%s", part, key);
    return put(to, name, json_real(value));
}

/* That the right class is among the best `top_k` is not told where these are all `classes` (0: unknown). */
static bool put_measurements(json_t *to, const char *part, const mixup_metrics *metrics, size_t top_k,
                             size_t classes) {
    char count[64];
    snprintf(count, sizeof count, "%scount", part);
    const bool always = classes > 0 && top_k >= classes;
    return put(to, count, json_integer((json_int_t)metrics->count)) &&
           put_real(to, part, "loss", metrics->loss) && put_real(to, part, "accuracy", metrics->accuracy) &&
           (always || put_real(to, part, "top_k_accuracy", metrics->top_k_accuracy)) &&
           put_real(to, part, "nll", metrics->nll) &&
           put_real(to, part, "calibration_error", metrics->calibration_error) &&
           put_real(to, part, "mse", metrics->mse) && put_real(to, part, "mae", metrics->mae) &&
           put_real(to, part, "r_squared", metrics->r_squared);
}

static size_t trainable_values(const mixup_model *model) {
    size_t total = 0;
    for (size_t i = 0; i < mixup_parameter_count(model); i++) {
        mixup_parameter_info info;
        if (mixup_parameter_at(model, i, &info) == MIXUP_OK && !info.buffer)
            total += info.count;
    }
    return total;
}

bool run_forget_peak(void) {
    FILE *file = fopen("/proc/self/clear_refs", "w"); /* proc(5): 5 resets the peak */
    if (file == NULL)
        return false;
    const bool written = fputs("5", file) >= 0;
    return fclose(file) == 0 && written;
}

static bool put_summary(json_t *to, const run_summary *summary, const mixup_model *model) {
    static const char *const stops[] = {"finished", "early", "stopped"};
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    const settings *in = summary->settings;
    return put(to, "experiment", json_string(in->name)) && put(to, "variant", json_string(in->variant)) &&
           put(to, "seed", json_integer((json_int_t)in->seed)) &&
           put(to, "engine", json_string(mixup_model_engine(model))) &&
           put(to, "stop", json_string(stops[summary->result.stop])) &&
           put(to, "epochs", json_integer((json_int_t)summary->result.epochs)) &&
           put(to, "steps", json_integer((json_int_t)summary->result.steps)) &&
           put(to, "best_epoch", json_integer((json_int_t)summary->result.best_epoch)) &&
           put(to, "parameters", json_integer((json_int_t)trainable_values(model))) &&
           put_real(to, "", "seconds", summary->seconds) &&
           (!summary->peak_known ||
            put(to, "peak_memory_bytes", json_integer((json_int_t)usage.ru_maxrss * 1024)));
}

/* Rows: right class; columns: predicted. */
static bool put_confusion(json_t *to, const uint64_t *counts, const mixup_dataset_info *info) {
    json_t *rows = json_array();
    json_t *names = json_array();
    bool good = rows != NULL && names != NULL;
    for (size_t row = 0; good && row < info->class_count; row++) {
        json_t *columns = json_array();
        for (size_t column = 0; columns != NULL && column < info->class_count; column++)
            good = json_array_append_new(
                       columns, json_integer((json_int_t)counts[row * info->class_count + column])) == 0 &&
                   good;
        good = json_array_append_new(rows, columns) == 0 && good;
        if (info->class_names != NULL)
            good = json_array_append_new(names, json_string(info->class_names[row])) == 0 && good;
    }
    good = put(to, "confusion", rows) && good;
    return put(to, "class_names", names) && good;
}

/* The network on the test data, which nothing before has looked at. */
static mixup_status measure_test(json_t *to, const settings *in, mixup_model *model, const mixup_dataset *set,
                                 const mixup_allocator *allocator) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    mixup_evaluate_desc desc = in->evaluate;
    desc.loss = in->fit.loss;
    if (info.class_count > 0 && desc.top_k > info.class_count)
        desc.top_k = info.class_count;
    const bool confusion = info.class_count > 0 && info.class_count <= CONFUSION_MAX_CLASSES;
    if (confusion)
        MIXUP_TRY(MEMORY_NEW(allocator, desc.confusion, info.class_count * info.class_count));
    mixup_metrics metrics;
    mixup_status status = mixup_evaluate(model, set, &desc, &metrics);
    if (status == MIXUP_OK && !put_measurements(to, "test_", &metrics, desc.top_k, info.class_count))
        status = no_memory();
    if (status == MIXUP_OK && confusion &&
        (!put(to, "top_k", json_integer((json_int_t)desc.top_k)) ||
         !put_confusion(to, desc.confusion, &info)))
        status = no_memory();
    memory_release(allocator, desc.confusion);
    return status;
}

static mixup_status fill(json_t *to, const run_summary *summary, mixup_model *model,
                         const experiment_data *data, const mixup_allocator *allocator) {
    const settings *in = summary->settings;
    const mixup_metrics *validation = &summary->result.validation;
    if (!put_summary(to, summary, model))
        return no_memory();
    if (data->validation != NULL) {
        mixup_dataset_info info;
        mixup_dataset_describe(data->validation, &info);
        if (!put_measurements(to, "validation_", validation, in->evaluate.top_k, info.class_count))
            return no_memory();
    }
    return data->test != NULL ? measure_test(to, in, model, data->test, allocator) : MIXUP_OK;
}

mixup_status run_write_metrics(const char *path, const run_summary *summary, mixup_model *model,
                               const experiment_data *data, const mixup_allocator *allocator) {
    json_t *object = json_object();
    if (object == NULL)
        return no_memory();
    mixup_status status = fill(object, summary, model, data, allocator);
    char *dump = status == MIXUP_OK ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(10)) : NULL;
    json_decref(object);
    MIXUP_TRY(status);
    if (dump == NULL)
        return no_memory();
    text json;
    text_init(&json, allocator);
    text_format(&json, "%s\n", dump);
    free(dump);
    status = text_status(&json);
    if (status == MIXUP_OK)
        status = file_write_all(path, json.data, json.length, allocator);
    text_clear(&json);
    return status;
}
