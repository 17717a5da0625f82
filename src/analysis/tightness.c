/* analysis/tightness: see tightness.h. Two passes in double: means, then squared distances from them. */
#include "analysis/tightness.h"

#include <math.h>

/* Fills sums over the samples of each class: count [classes], mean [classes][width]. */
static void class_means(const states *in, size_t *count, double *mean) {
    for (size_t i = 0; i < in->count; i++) {
        const size_t class = (size_t)in->labels[i];
        count[class]++;
        for (size_t j = 0; j < in->width; j++)
            mean[class * in->width + j] += (double)in->values[i * in->width + j];
    }
    for (size_t c = 0; c < in->class_count; c++)
        for (size_t j = 0; j < in->width && count[c] > 0; j++)
            mean[c * in->width + j] /= (double)count[c];
}

/* Trace of the within-class covariance, averaged over the `present` classes. */
static double within_trace(const states *in, const size_t *count, const double *mean, size_t present) {
    double sum = 0.0;
    for (size_t i = 0; i < in->count; i++) {
        const size_t class = (size_t)in->labels[i];
        double distance = 0.0;
        for (size_t j = 0; j < in->width; j++) {
            const double difference = (double)in->values[i * in->width + j] - mean[class * in->width + j];
            distance += difference * difference;
        }
        sum += distance / (double)count[class];
    }
    return sum / (double)present;
}

/* Trace of the covariance of the class means. */
static double between_trace(const states *in, const size_t *count, const double *mean, size_t present) {
    double sum = 0.0;
    for (size_t j = 0; j < in->width; j++) {
        double center = 0.0;
        for (size_t c = 0; c < in->class_count; c++)
            center += count[c] > 0 ? mean[c * in->width + j] / (double)present : 0.0;
        for (size_t c = 0; c < in->class_count; c++) {
            const double difference = mean[c * in->width + j] - center;
            sum += count[c] > 0 ? difference * difference : 0.0;
        }
    }
    return sum / (double)present;
}

static mixup_status quotient(const states *in, const size_t *count, const double *mean, double *ratio) {
    size_t present = 0;
    for (size_t c = 0; c < in->class_count; c++)
        present += count[c] > 0;
    if (present < 2)
        return error(MIXUP_ERROR_DATA, "tightness: needs samples of two classes, got those of %zu", present);
    const double within = within_trace(in, count, mean, present);
    const double between = between_trace(in, count, mean, present);
    if (!isfinite(within) || !isfinite(between))
        return error(MIXUP_ERROR_NOT_FINITE, "tightness: a state is not finite");
    if (between <= 0.0)
        return error(MIXUP_ERROR_DATA,
                     "tightness: all classes have the same mean, so nothing lies between them");
    *ratio = within / between;
    return MIXUP_OK;
}

mixup_status tightness(const states *in, double *ratio) {
    for (size_t i = 0; i < in->count; i++)
        if (in->labels[i] < 0 || (size_t)in->labels[i] >= in->class_count)
            return error(MIXUP_ERROR_DATA, "tightness: sample %zu has no class", i);
    size_t *count = NULL;
    double *mean = NULL; /* [class_count][width] */
    size_t size = 0;
    MIXUP_TRY(memory_product(in->class_count, in->width, &size));
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&in->allocator, count, in->class_count), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&in->allocator, mean, size), done);
    class_means(in, count, mean);
    status = quotient(in, count, mean, ratio);
done:
    memory_release(&in->allocator, mean);
    memory_release(&in->allocator, count);
    return status;
}
