/* analysis/deform: see deform.h. */
#include "analysis/deform.h"

#include "random/stream.h"

#include <math.h>

static const char *const names[DEFORM_KINDS] = {"rotation", "shear", "zoom"};

const char *deform_kind_name(deform_kind kind) {
    return (unsigned)kind < DEFORM_KINDS ? names[kind] : NULL;
}

/* ---- the description */

static const float paper_rotations[] = {20.0f, 40.0f, 60.0f, 80.0f};
static const float paper_shears[] = {28.6f, 57.3f, 114.6f, 143.2f, 171.9f};
static const float paper_zooms[] = {20.0f, 40.0f, 60.0f, 80.0f, 120.0f, 140.0f, 160.0f, 180.0f};

mixup_status deform_resolve(const deform_desc *given, deform_desc *out) {
    deform_desc desc = *given;
    if (deform_count(&desc) == 0) {
        desc.amounts[DEFORM_ROTATION] = paper_rotations;
        desc.counts[DEFORM_ROTATION] = MIXUP_COUNT(paper_rotations);
        desc.amounts[DEFORM_SHEAR] = paper_shears;
        desc.counts[DEFORM_SHEAR] = MIXUP_COUNT(paper_shears);
        desc.amounts[DEFORM_ZOOM] = paper_zooms;
        desc.counts[DEFORM_ZOOM] = MIXUP_COUNT(paper_zooms);
    }
    for (size_t k = 0; k < DEFORM_KINDS; k++)
        for (size_t i = 0; i < desc.counts[k]; i++) {
            const float amount = desc.amounts[k][i];
            if (!isfinite(amount) || amount < 0.0f || (k == DEFORM_ZOOM && amount == 0.0f))
                return error(MIXUP_ERROR_ARGUMENT, "%s %g: must be a finite number %s", names[k],
                             (double)amount, k == DEFORM_ZOOM ? "of per cent above 0" : "of degrees from 0");
        }
    *out = desc;
    return MIXUP_OK;
}

size_t deform_count(const deform_desc *resolved) {
    size_t count = 0;
    for (size_t k = 0; k < DEFORM_KINDS; k++)
        count += resolved->counts[k];
    return count;
}

void deform_row(const deform_desc *resolved, size_t i, deform_kind *kind, double *amount) {
    size_t k = 0;
    while (i >= resolved->counts[k])
        i -= resolved->counts[k++];
    *kind = (deform_kind)k;
    *amount = (double)resolved->amounts[k][i];
}

/* ---- one image */

static const double PI = 3.14159265358979323846;

void deform_matrix(deform_kind kind, double amount, uint64_t seed, size_t sample, double matrix[4]) {
    random_stream stream = random_open(seed, RANDOM_DEFORM, (uint32_t)kind, 0, 0, (uint32_t)sample);
    const double angle = amount * (2.0 * random_uniform(&stream) - 1.0) * PI / 180.0;
    const double zoom = amount / 100.0;
    const double of_kind[DEFORM_KINDS][4] = {
        [DEFORM_ROTATION] = {cos(angle), -sin(angle), sin(angle), cos(angle)},
        [DEFORM_SHEAR] = {1.0, -sin(angle), 0.0, cos(angle)},
        [DEFORM_ZOOM] = {zoom, 0.0, 0.0, zoom},
    };
    for (size_t i = 0; i < 4; i++)
        matrix[i] = of_kind[kind][i];
}

/* A pixel of one channel; 0 outside. Row and column are whole numbers. */
static float pixel(const image_shape *size, const float *channel, double row, double column) {
    if (row < 0.0 || column < 0.0 || row >= (double)size->height || column >= (double)size->width)
        return 0.0f;
    return channel[(size_t)row * size->width + (size_t)column];
}

static float between(const image_shape *size, const float *channel, double row, double column) {
    const double top = floor(row);
    const double left = floor(column);
    const double down = row - top;
    const double right = column - left;
    const double above = (1.0 - right) * (double)pixel(size, channel, top, left) +
                         right * (double)pixel(size, channel, top, left + 1.0);
    const double below = (1.0 - right) * (double)pixel(size, channel, top + 1.0, left) +
                         right * (double)pixel(size, channel, top + 1.0, left + 1.0);
    return (float)((1.0 - down) * above + down * below);
}

void deform_apply(const image_shape *size, const double matrix[4], bool bilinear, const float *image,
                  float *out) {
    const double middle[2] = {((double)size->height - 1.0) / 2.0, ((double)size->width - 1.0) / 2.0};
    const size_t pixels = size->height * size->width;
    for (size_t r = 0; r < size->height; r++)
        for (size_t c = 0; c < size->width; c++) {
            const double down = (double)r - middle[0];
            const double right = (double)c - middle[1];
            const double row = matrix[0] * down + matrix[1] * right + middle[0];
            const double column = matrix[2] * down + matrix[3] * right + middle[1];
            for (size_t k = 0; k < size->channels; k++)
                out[k * pixels + r * size->width + c] =
                    bilinear ? between(size, image + k * pixels, row, column)
                             : pixel(size, image + k * pixels, floor(row + 0.5), floor(column + 0.5));
        }
}

/* ---- measuring */

typedef struct attempt {
    const deform_desc *desc;
    image_shape size;
    deform_kind kind;
    double amount;
} attempt;

static mixup_status change(void *user, const robustness_piece *piece) {
    const attempt *self = user;
    const size_t width = self->size.channels * self->size.height * self->size.width;
    for (size_t i = 0; i < piece->count; i++) {
        double matrix[4];
        deform_matrix(self->kind, self->amount, self->desc->seed, piece->numbers[i], matrix);
        deform_apply(&self->size, matrix, self->desc->bilinear, piece->inputs + i * width,
                     piece->changed + i * width);
    }
    return MIXUP_OK;
}

mixup_status deform_measure(mixup_model *model, const mixup_dataset *set, const deform_desc *resolved,
                            const mixup_allocator *allocator, robustness_baseline *clean,
                            robustness_outcome *out) {
    const mixup_preprocess *preprocess = mixup_dataset_preprocess(set);
    attempt self = {.desc = resolved};
    if (!preprocess_image(preprocess, &self.size))
        return error(MIXUP_ERROR_SHAPE,
                     "samples of shape %s are no images; deforming takes [height][width] or "
                     "[channels][height][width]",
                     shape_to_text(&preprocess->shape).text);
    robustness trial;
    MIXUP_TRY(robustness_open(&trial, model, set, resolved->samples, allocator));
    mixup_status status = MIXUP_OK;
    for (size_t i = 0; i < deform_count(resolved) && status == MIXUP_OK; i++) {
        deform_row(resolved, i, &self.kind, &self.amount);
        status = robustness_try(&trial, change, &self, &out[i]);
    }
    if (status == MIXUP_OK)
        *clean = robustness_unchanged(&trial);
    robustness_close(&trial);
    return status;
}
