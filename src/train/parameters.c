/* train/parameters: a model's parameters by name, for its users. */
#include "train/model.h"

#include <string.h>

size_t mixup_parameter_count(const mixup_model *model) {
    return model != NULL ? model->network->parameter_count : 0;
}

mixup_status mixup_parameter_at(const mixup_model *model, size_t index, mixup_parameter_info *info) {
    if (model == NULL || info == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_parameter_at: model and info must not be NULL");
    if (index >= model->network->parameter_count)
        return error(MIXUP_ERROR_ARGUMENT, "parameter %zu does not exist; the network has %zu", index,
                     model->network->parameter_count);
    const graph_parameter *parameter = &model->network->parameters[index];
    *info = (mixup_parameter_info){.name = parameter->name,
                                   .count = parameter->count,
                                   .frozen = parameter->frozen,
                                   .buffer = parameter->buffer};
    for (size_t i = 0; i < parameter->shape.rank; i++)
        info->shape[i] = parameter->shape.sizes[i];
    return MIXUP_OK;
}

static mixup_status find(const mixup_model *model, const char *name, size_t count, size_t *index) {
    *index = graph_find_parameter(model->network, name);
    if (*index == model->network->parameter_count)
        return error(MIXUP_ERROR_NOT_FOUND, "parameter '%s' does not exist in this network", name);
    if (model->network->parameters[*index].count != count)
        return error(MIXUP_ERROR_SHAPE, "parameter '%s' has %zu values, not %zu", name,
                     model->network->parameters[*index].count, count);
    return MIXUP_OK;
}

mixup_status mixup_parameter_read(mixup_model *model, const char *name, float *values, size_t count) {
    size_t index = 0;
    if (model == NULL || name == NULL || values == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_parameter_read: model, name and values must not be NULL");
    MIXUP_TRY(find(model, name, count, &index));
    engine_environment environment;
    engine_enter(model->engine, &environment);
    const mixup_status status = parameter_store_read(model->store, index, PARAMETER_VALUES, values);
    engine_leave(model->engine, &environment);
    return status;
}

mixup_status mixup_parameter_write(mixup_model *model, const char *name, const float *values, size_t count) {
    size_t index = 0;
    if (model == NULL || name == NULL || values == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_parameter_write: model, name and values must not be NULL");
    MIXUP_TRY(find(model, name, count, &index));
    engine_environment environment;
    engine_enter(model->engine, &environment);
    const mixup_status status = parameter_store_write(model->store, index, PARAMETER_VALUES, values);
    engine_leave(model->engine, &environment);
    return status;
}

mixup_status mixup_parameter_freeze(mixup_model *model, const char *name, bool frozen) {
    if (model == NULL || name == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_parameter_freeze: model and name must not be NULL");
    const size_t layer = graph_find_layer(model->network, name);
    size_t found = 0;
    if (model->in_training)
        return error(MIXUP_ERROR_ARGUMENT, "cannot freeze '%s' while the model is being trained", name);
    for (size_t p = 0; p < model->network->parameter_count; p++) {
        graph_parameter *parameter = &model->network->parameters[p];
        if (parameter->layer == layer || strcmp(parameter->name, name) == 0) {
            parameter->frozen = frozen;
            found++;
        }
    }
    if (found == 0 && layer == model->network->layer_count)
        return error(MIXUP_ERROR_NOT_FOUND, "'%s' is neither a layer nor a parameter of this network", name);
    return MIXUP_OK;
}
