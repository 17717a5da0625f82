/* train/metrics: see metrics.h. Everything is computed from logits in double. */
#include "train/metrics.h"

#include <math.h>

mixup_status metrics_init(metrics_sums *sums, mixup_loss loss, size_t columns,
                          const mixup_evaluate_desc *desc, const mixup_allocator *allocator) {
    *sums = (metrics_sums){.allocator = *allocator,
                           .loss = loss,
                           .columns = columns,
                           .top_k = desc->top_k < columns ? desc->top_k : columns,
                           .bins = desc->bins,
                           .confusion = desc->confusion};
    mixup_status status = MEMORY_NEW(allocator, sums->bin_confidence, sums->bins);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, sums->bin_right, sums->bins);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, sums->bin_count, sums->bins);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, sums->target_mean, columns);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, sums->target_square, columns);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, sums->column_square, columns);
    for (size_t i = 0; sums->confusion != NULL && i < columns * columns; i++)
        sums->confusion[i] = 0;
    if (status != MIXUP_OK)
        metrics_clear(sums);
    return status;
}

void metrics_clear(metrics_sums *sums) {
    memory_release(&sums->allocator, sums->bin_confidence);
    memory_release(&sums->allocator, sums->bin_right);
    memory_release(&sums->allocator, sums->bin_count);
    memory_release(&sums->allocator, sums->target_mean);
    memory_release(&sums->allocator, sums->target_square);
    memory_release(&sums->allocator, sums->column_square);
    *sums = (metrics_sums){.allocator = sums->allocator};
}

static double log_sum(const float *logits, size_t columns, double largest) {
    double sum = exp((double)logits[0] - largest);
    for (size_t c = 1; c < columns; c++)
        sum += exp((double)logits[c] - largest);
    return largest + log(sum);
}

/* A class: is it right, among the best k, how probable, and how sure was the network? Of equal logits the
 * first counts as the larger one, as everywhere. */
static void add_class(metrics_sums *sums, const float *logits, size_t label) {
    const size_t predicted = loss_largest(logits, sums->columns);
    const double total = log_sum(logits, sums->columns, (double)logits[predicted]);
    size_t before = 0;
    for (size_t c = 0; c < sums->columns; c++)
        before += logits[c] > logits[label] || (c < label && logits[c] == logits[label]);
    const double confidence = exp((double)logits[predicted] - total);
    const double right = predicted == label ? 1.0 : 0.0;
    size_t bin = (size_t)(confidence * (double)sums->bins);
    bin = bin < sums->bins ? bin : sums->bins - 1;
    sums->bin_confidence[bin] += confidence;
    sums->bin_right[bin] += right;
    sums->bin_count[bin]++;
    sums->labelled++;
    sums->right += right;
    sums->right_top_k += before < sums->top_k ? 1.0 : 0.0;
    sums->nll_sum += total - (double)logits[label];
    if (sums->confusion != NULL)
        sums->confusion[label * sums->columns + predicted]++;
}

static void add_columns(metrics_sums *sums, const float *logits, const float *targets) {
    size_t equal = 0;
    for (size_t c = 0; c < sums->columns; c++) {
        const double t = (double)targets[c];
        const double difference = (double)logits[c] - t;
        const double step = t - sums->target_mean[c];
        equal += (logits[c] > 0.0f) == (targets[c] > 0.5f);
        const double stored = sums->deviation != NULL ? difference * sums->deviation[c] : difference;
        sums->square_sum += stored * stored;
        sums->absolute_sum += fabs(stored);
        sums->column_square[c] += difference * difference;
        sums->target_mean[c] += step / (double)sums->count;
        sums->target_square[c] += step * (t - sums->target_mean[c]);
    }
    sums->agreement += (double)equal / (double)sums->columns;
}

void metrics_add(metrics_sums *sums, const float *logits, const float *targets, int32_t label) {
    sums->count++;
    sums->loss_sum += loss_row(sums->loss, sums->columns, logits, targets, NULL, NULL);
    add_columns(sums, logits, targets);
    if (label >= 0 && sums->loss != MIXUP_SIGMOID_BINARY)
        add_class(sums, logits, (size_t)label);
}

static double calibration_error(const metrics_sums *sums) {
    double total = 0.0;
    for (size_t b = 0; b < sums->bins; b++)
        total += fabs(sums->bin_right[b] - sums->bin_confidence[b]);
    return total / (double)sums->labelled;
}

/* 1 - residual / total sum of squares, averaged over the columns that vary. */
static double r_squared(const metrics_sums *sums) {
    double total = 0.0;
    size_t varying = 0;
    for (size_t c = 0; c < sums->columns; c++) {
        if (sums->target_square[c] > 0.0) {
            total += 1.0 - sums->column_square[c] / sums->target_square[c];
            varying++;
        }
    }
    return varying > 0 ? total / (double)varying : NAN;
}

mixup_metrics metrics_result(const metrics_sums *sums) {
    const double n = (double)sums->count;
    const double values = n * (double)sums->columns;
    mixup_metrics out = {.count = sums->count,
                         .loss = sums->loss_sum / n,
                         .accuracy = NAN,
                         .top_k_accuracy = NAN,
                         .nll = NAN,
                         .calibration_error = NAN,
                         .mse = NAN,
                         .mae = NAN,
                         .r_squared = NAN};
    const bool probabilities =
        sums->loss == MIXUP_SOFTMAX_CROSS_ENTROPY || sums->loss == MIXUP_SOFTMAX_BINARY;
    if (sums->labelled > 0) {
        out.accuracy = sums->right / (double)sums->labelled;
        out.top_k_accuracy = sums->right_top_k / (double)sums->labelled;
    }
    if (sums->labelled > 0 && probabilities) {
        out.nll = sums->nll_sum / (double)sums->labelled;
        out.calibration_error = calibration_error(sums);
    }
    if (sums->loss == MIXUP_SIGMOID_BINARY)
        out.accuracy = sums->agreement / n;
    if (sums->loss == MIXUP_MEAN_SQUARED_ERROR) {
        out.mse = sums->square_sum / values;
        out.mae = sums->absolute_sum / values;
        out.r_squared = r_squared(sums);
    }
    return out;
}
