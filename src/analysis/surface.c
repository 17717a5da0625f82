/* analysis/surface: see surface.h. */
#include "analysis/surface.h"

#include "train/model.h"

#include <math.h>

enum { BATCH = 1000, MAXIMUM_SIDE = 10000 };

/* How many cells of `step` a side takes. */
static mixup_status cells(double low, double high, double step, size_t *count) {
    if (!isfinite(low) || !isfinite(high) || !(high > low))
        return error(MIXUP_ERROR_ARGUMENT,
                     "surface: range %g, %g: must be two finite numbers, the lower one first", low, high);
    if (!isfinite(step) || !(step > 0.0))
        return error(MIXUP_ERROR_ARGUMENT, "surface: step %g: must be a number above 0", step);
    const double exact = (high - low) / step;
    if (exact < 0.5 || exact > MAXIMUM_SIDE)
        return error(MIXUP_ERROR_ARGUMENT, "surface: step %g gives %g cells a side; 1 to %d are possible",
                     step, exact, MAXIMUM_SIDE);
    *count = (size_t)lround(exact);
    return MIXUP_OK;
}

/* The number of outputs of a model with two inputs that `class_number` fits. */
static mixup_status check_model(const mixup_model *model, size_t class_number, size_t *outputs) {
    size_t input[MIXUP_MAX_RANK] = {0};
    mixup_model_input_shape(model, input);
    if (input[0] != 2 || input[1] != 0)
        return error(MIXUP_ERROR_SHAPE,
                     "surface: needs a model with two inputs, this one has a sample of %zu%s", input[0],
                     input[1] != 0 ? " and more dimensions" : "");
    const mixup_activation final = model->network->final_activation;
    if (final != MIXUP_SOFTMAX && final != MIXUP_SIGMOID)
        return error(MIXUP_ERROR_NETWORK,
                     "surface: needs a model that ends in softmax or sigmoid, so that its "
                     "outputs are probabilities");
    size_t output[MIXUP_MAX_RANK] = {0};
    mixup_model_output_shape(model, output);
    if (output[1] != 0)
        return error(MIXUP_ERROR_SHAPE, "surface: needs a model whose output is a vector of probabilities");
    const size_t classes = output[0] == 1 ? 2 : output[0];
    if (class_number >= classes)
        return error(MIXUP_ERROR_ARGUMENT, "surface: class %zu: the model has %zu classes, numbered from 0",
                     class_number, classes);
    *outputs = output[0];
    return MIXUP_OK;
}

static float probability_of(const float *output, size_t outputs, size_t class_number) {
    if (outputs == 1)
        return class_number == 1 ? output[0] : 1.0f - output[0];
    return output[class_number];
}

/* inputs [BATCH][2] and outputs [BATCH][width] are room to work in. */
static mixup_status fill(mixup_model *model, const surface *map, size_t class_number, size_t width,
                         float *inputs, float *outputs) {
    const size_t total = map->rows * map->columns;
    for (size_t first = 0; first < total; first += BATCH) {
        const size_t batch = total - first < BATCH ? total - first : BATCH;
        for (size_t i = 0; i < batch; i++) {
            const size_t column = (first + i) % map->columns;
            const size_t row = (first + i) / map->columns;
            inputs[2 * i] = (float)(map->minimum[0] + ((double)column + 0.5) * map->cell[0]);
            inputs[2 * i + 1] = (float)(map->minimum[1] + ((double)row + 0.5) * map->cell[1]);
        }
        MIXUP_TRY(mixup_predict(model, batch, inputs, outputs));
        for (size_t i = 0; i < batch; i++)
            map->probability[first + i] = probability_of(outputs + i * width, width, class_number);
    }
    return MIXUP_OK;
}

mixup_status surface_map(mixup_model *model, const surface_desc *desc, surface *out) {
    surface map = {.allocator = memory_allocator(desc->allocator)};
    const double step = desc->step == 0.0 ? (desc->maximum[0] - desc->minimum[0]) / 300.0 : desc->step;
    size_t width = 0;
    MIXUP_TRY(check_model(model, desc->class_number, &width));
    MIXUP_TRY(cells(desc->minimum[0], desc->maximum[0], step, &map.columns));
    MIXUP_TRY(cells(desc->minimum[1], desc->maximum[1], step, &map.rows));
    for (size_t i = 0; i < 2; i++) {
        map.minimum[i] = desc->minimum[i];
        map.cell[i] = (desc->maximum[i] - desc->minimum[i]) / (double)(i == 0 ? map.columns : map.rows);
    }
    float *inputs = NULL;
    float *outputs = NULL;
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&map.allocator, map.probability, map.rows * map.columns), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&map.allocator, inputs, (size_t)BATCH * 2), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(&map.allocator, outputs, BATCH * width), done);
    status = fill(model, &map, desc->class_number, width, inputs, outputs);
done:
    memory_release(&map.allocator, outputs);
    memory_release(&map.allocator, inputs);
    if (status == MIXUP_OK)
        *out = map;
    else
        surface_clear(&map);
    return status;
}

void surface_clear(surface *out) {
    if (out->probability != NULL)
        memory_release(&out->allocator, out->probability);
    *out = (surface){.allocator = out->allocator};
}

double surface_share(const surface *in, double low, double high) {
    const size_t total = in->rows * in->columns;
    size_t inside = 0;
    for (size_t i = 0; i < total; i++)
        inside += (double)in->probability[i] > low && (double)in->probability[i] < high;
    return total == 0 ? 0.0 : (double)inside / (double)total;
}
