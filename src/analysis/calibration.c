/* analysis/calibration: see calibration.h. */
#include "analysis/calibration.h"

#include <math.h>

static size_t most_probable(const float *probabilities, size_t classes) {
    size_t best = 0;
    for (size_t c = 1; c < classes; c++)
        if (probabilities[c] > probabilities[best])
            best = c;
    return best;
}

static size_t bin_of(double confidence, size_t bin_count) {
    const double position = ceil(confidence * (double)bin_count) - 1.0;
    if (!(position > 0.0))
        return 0;
    return position >= (double)bin_count ? bin_count - 1 : (size_t)position;
}

void calibration_bins(const float *probabilities, const int32_t *labels, size_t count, size_t classes,
                      reliability_bin *bins, size_t bin_count) {
    for (size_t b = 0; b < bin_count; b++)
        bins[b] = (reliability_bin){0};
    for (size_t i = 0; i < count; i++) {
        if (labels[i] < 0)
            continue;
        const float *row = probabilities + i * classes;
        const size_t best = most_probable(row, classes);
        reliability_bin *bin = &bins[bin_of((double)row[best], bin_count)];
        bin->count++;
        bin->confidence += (double)row[best];
        bin->accuracy += best == (size_t)labels[i] ? 1.0 : 0.0;
    }
    for (size_t b = 0; b < bin_count; b++) {
        if (bins[b].count == 0)
            continue;
        bins[b].confidence /= (double)bins[b].count;
        bins[b].accuracy /= (double)bins[b].count;
    }
}

double calibration_error(const reliability_bin *bins, size_t bin_count) {
    double sum = 0.0;
    size_t total = 0;
    for (size_t b = 0; b < bin_count; b++) {
        sum += (double)bins[b].count * fabs(bins[b].accuracy - bins[b].confidence);
        total += bins[b].count;
    }
    return total == 0 ? 0.0 : sum / (double)total;
}

void calibration_confusion(const float *probabilities, const int32_t *labels, size_t count, size_t classes,
                           uint64_t *confusion) {
    for (size_t i = 0; i < count; i++)
        if (labels[i] >= 0 && (size_t)labels[i] < classes)
            confusion[(size_t)labels[i] * classes + most_probable(probabilities + i * classes, classes)]++;
}
