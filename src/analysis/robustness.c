/* analysis/robustness: see robustness.h. */
#include "analysis/robustness.h"

#include "analysis/states.h"

#include <math.h>

enum { PIECE = 500 }; /* samples at a time */

static size_t size_of_shape(const size_t shape[MIXUP_MAX_RANK]) {
    size_t size = 1;
    for (size_t i = 0; i < MIXUP_MAX_RANK && shape[i] != 0; i++)
        size *= shape[i];
    return size;
}

static mixup_status check(const robustness *self, const mixup_dataset_info *info) {
    size_t shape[MIXUP_MAX_RANK] = {0};
    if (info->class_count < 2 || info->target_count == 0) /* classes by name, but no sample's is known */
        return error(MIXUP_ERROR_DATA, "robustness is a matter of right and wrong classes, and the data have "
                                       "no classes");
    mixup_model_output_shape(self->model, shape);
    if (shape[0] != info->class_count || shape[1] != 0)
        return error(MIXUP_ERROR_SHAPE,
                     "the network has %zu outputs and the data %zu classes; there must be one for each",
                     size_of_shape(shape), info->class_count);
    mixup_model_input_shape(self->model, shape);
    if (size_of_shape(shape) != size_of_shape(info->shape))
        return error(MIXUP_ERROR_SHAPE, "the network takes %zu values a sample, the data have %zu",
                     size_of_shape(shape), size_of_shape(info->shape));
    return MIXUP_OK;
}

static mixup_status allocate(robustness *self) {
    size_t inputs = 0;
    MIXUP_TRY(memory_product(self->piece, self->width, &inputs));
    MIXUP_TRY(MEMORY_NEW(&self->allocator, self->right, self->count));
    MIXUP_TRY(MEMORY_NEW(&self->allocator, self->inputs, inputs));
    MIXUP_TRY(MEMORY_NEW(&self->allocator, self->changed, inputs));
    MIXUP_TRY(MEMORY_NEW(&self->allocator, self->targets, self->piece * self->classes));
    return MEMORY_NEW(&self->allocator, self->outputs, self->piece * self->classes);
}

static size_t largest(const float *values, size_t count) {
    size_t best = 0;
    for (size_t c = 1; c < count; c++)
        if (values[c] > values[best])
            best = c;
    return best;
}

/* An output that is no number is wrong. */
static bool is_right(const robustness *self, const float *outputs, int32_t label) {
    const size_t best = largest(outputs, self->classes);
    return label >= 0 && best == (size_t)label && !isnan(outputs[best]);
}

static mixup_status read_piece(robustness *self, size_t first, robustness_piece *out) {
    const size_t left = self->count - first;
    *out = (robustness_piece){.count = left < self->piece ? left : self->piece,
                              .numbers = self->numbers + first,
                              .inputs = self->inputs,
                              .targets = self->targets,
                              .changed = self->changed};
    return mixup_dataset_read(self->set, out->numbers, out->count, self->inputs, self->targets);
}

static mixup_status judge_unchanged(robustness *self) {
    for (size_t first = 0; first < self->count; first += self->piece) {
        robustness_piece piece;
        MIXUP_TRY(read_piece(self, first, &piece));
        MIXUP_TRY(mixup_predict(self->model, piece.count, self->inputs, self->outputs));
        for (size_t i = 0; i < piece.count; i++) {
            self->right[first + i] =
                is_right(self, self->outputs + i * self->classes, self->labels[first + i]);
            self->right_count += self->right[first + i];
        }
    }
    return MIXUP_OK;
}

mixup_status robustness_open(robustness *out, mixup_model *model, const mixup_dataset *set, size_t samples,
                             const mixup_allocator *allocator) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    robustness result = {.allocator = memory_allocator(allocator),
                         .model = model,
                         .set = set,
                         .width = size_of_shape(info.shape),
                         .classes = info.class_count};
    MIXUP_TRY(check(&result, &info));
    mixup_status status =
        states_spread(set, samples, &result.allocator, &result.numbers, &result.labels, &result.count);
    result.piece = result.count < PIECE ? result.count : PIECE;
    if (status == MIXUP_OK)
        status = allocate(&result);
    if (status == MIXUP_OK)
        status = judge_unchanged(&result);
    if (status == MIXUP_OK)
        *out = result;
    else
        robustness_close(&result);
    return status;
}

void robustness_close(robustness *out) {
    memory_release(&out->allocator, out->numbers);
    memory_release(&out->allocator, out->labels);
    memory_release(&out->allocator, out->right);
    memory_release(&out->allocator, out->inputs);
    memory_release(&out->allocator, out->changed);
    memory_release(&out->allocator, out->targets);
    memory_release(&out->allocator, out->outputs);
    *out = (robustness){.allocator = out->allocator};
}

mixup_status robustness_try(robustness *self, robustness_change change, void *user, robustness_outcome *out) {
    size_t right = 0;
    size_t fooled = 0;
    for (size_t first = 0; first < self->count; first += self->piece) {
        robustness_piece piece;
        MIXUP_TRY(read_piece(self, first, &piece));
        MIXUP_TRY(change(user, &piece));
        MIXUP_TRY(mixup_predict(self->model, piece.count, self->changed, self->outputs));
        for (size_t i = 0; i < piece.count; i++) {
            const bool now = is_right(self, self->outputs + i * self->classes, self->labels[first + i]);
            right += now;
            fooled += self->right[first + i] && !now;
        }
    }
    *out = (robustness_outcome){.accuracy = (double)right / (double)self->count,
                                .fool_rate =
                                    self->right_count > 0 ? (double)fooled / (double)self->right_count : 0.0};
    return MIXUP_OK;
}

robustness_baseline robustness_unchanged(const robustness *self) {
    return (robustness_baseline){self->count, (double)self->right_count / (double)self->count};
}
