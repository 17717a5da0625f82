/* train/model_file: saving and loading models, and taking parameters from other files. */
#include "train/network_json.h"
#include "train/tensors.h"

#include <string.h>

/* Keys of __metadata__. "format" is what PyTorch's loaders look for. */
static const char key_network[] = "mixup.network";
static const char key_loss[] = "mixup.loss";
static const char key_preprocess[] = "mixup.preprocess";

/* ---- saving */

static mixup_status describe(const mixup_model *model, text *network, text *preprocess) {
    MIXUP_TRY(network_to_json(model->network, network));
    return model->preprocess != NULL ? preprocess_to_json(model->preprocess, preprocess) : MIXUP_OK;
}

static mixup_status write_file(mixup_model *model, const char *path, const text *network,
                               const text *preprocess) {
    const safetensors_text metadata[] = {{"format", "pt"},
                                         {"mixup.version", MIXUP_VERSION},
                                         {key_network, network->data},
                                         {key_loss, loss_name(model->loss)},
                                         {key_preprocess, preprocess->data}};
    const size_t count = sizeof metadata / sizeof metadata[0] - (preprocess->data == NULL ? 1 : 0);
    tensor_list list;
    tensor_list_init(&list, model);
    mixup_status status = tensor_list_add(&list, PARAMETER_VALUES, "");
    if (status == MIXUP_OK)
        status = tensor_list_write(&list, path, metadata, count);
    tensor_list_clear(&list);
    return status;
}

mixup_status mixup_model_save(mixup_model *model, const char *path) {
    if (model == NULL || path == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_model_save: model and path must not be NULL");
    text network;
    text preprocess;
    text_init(&network, &model->allocator);
    text_init(&preprocess, &model->allocator);
    mixup_status status = describe(model, &network, &preprocess);
    if (status == MIXUP_OK)
        status = write_file(model, path, &network, &preprocess);
    text_clear(&network);
    text_clear(&preprocess);
    return status;
}

/* ---- loading */

/* A short file may describe a network of any size: memory is taken only for values that are there to be read.
 */
static mixup_status check_tensors(const graph *network, const void *file) {
    return tensors_check(file, network);
}

static mixup_status create_described(mixup_model **model, const safetensors *file, const char *path,
                                     const mixup_load_desc *desc, const mixup_allocator *allocator) {
    const char *json = safetensors_metadata(file, key_network);
    network_description network;
    if (json == NULL)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: holds no network; build the model yourself and use mixup_model_load_parameters",
                     path);
    mixup_status status = network_from_json(json, desc->customs, desc->custom_count, allocator, &network);
    if (status != MIXUP_OK)
        return error_context(status, "%s: network", path);
    mixup_model_desc described = {.layers = network.layers,
                                  .layer_count = network.layer_count,
                                  .engine = desc->engine,
                                  .threads = desc->threads,
                                  .convolution = desc->convolution,
                                  .precision = desc->precision,
                                  .allocator = allocator,
                                  .log = desc->log};
    memcpy(described.input, network.input, sizeof described.input);
    status = model_create_empty(model, &described, check_tensors, file);
    network_description_clear(&network);
    return status == MIXUP_OK ? MIXUP_OK : error_context(status, "%s", path);
}

static mixup_status fill(mixup_model *model, const safetensors *file, const char *path) {
    const char *loss = safetensors_metadata(file, key_loss);
    const char *preprocess = safetensors_metadata(file, key_preprocess);
    model->loss = loss != NULL ? loss_by_name(loss) : MIXUP_LOSS_DEFAULT;
    if (model->loss == MIXUP_LOSS_COUNT)
        return error(MIXUP_ERROR_FORMAT, "%s: its loss '%s' is unknown to this version", path, loss);
    if (preprocess != NULL) {
        const mixup_status status = preprocess_from_json(preprocess, &model->allocator, &model->preprocess);
        if (status != MIXUP_OK)
            return error_context(status, "%s: preprocessing", path);
        const size_t columns = model->preprocess->target_statistics;
        if (columns > 0 && columns != model_output_width(model))
            return error(MIXUP_ERROR_FORMAT, "%s: preprocessing: %zu columns of targets for %zu outputs",
                         path, columns, model_output_width(model));
    }
    return tensors_restore(file, model, PARAMETER_VALUES, "", path, false, false);
}

mixup_status mixup_model_load(mixup_model **model, const char *path, const mixup_load_desc *desc) {
    if (model == NULL || path == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_model_load: model and path must not be NULL");
    const mixup_load_desc none = {0};
    const mixup_load_desc *used = desc != NULL ? desc : &none;
    const mixup_allocator allocator = memory_allocator(used->allocator);
    safetensors *file = NULL;
    mixup_model *made = NULL;
    MIXUP_TRY(safetensors_read(&file, path, used->threads, &allocator));
    mixup_status status = create_described(&made, file, path, used, &allocator);
    if (status == MIXUP_OK && made != NULL)
        status = fill(made, file, path);
    safetensors_destroy(file);
    if (status != MIXUP_OK) {
        mixup_model_destroy(made);
        return status;
    }
    *model = made;
    return MIXUP_OK;
}

/* ---- parameters from another file */

static mixup_status take(mixup_model *model, const safetensors *file, size_t index, mixup_match *match) {
    const graph_parameter *parameter = &model->network->parameters[index];
    const safetensors_entry *entry = safetensors_find(file, parameter->name);
    if (entry == NULL) {
        match->missing++;
        model_log(model, "'%s' is not in the file and keeps its values", parameter->name);
        return MIXUP_OK;
    }
    if (!tensor_fits(entry, parameter)) {
        match->misfits++;
        model_log(model, "'%s' is %s of %s in the file but float32 of %s here, and keeps its values",
                  parameter->name, type_name(entry->type), shape_to_text(&entry->shape).text,
                  shape_to_text(&parameter->shape).text);
        return MIXUP_OK;
    }
    match->loaded++;
    return mixup_parameter_write(model, parameter->name, entry->data, parameter->count);
}

/* Copies the stored values of all parameters to `kept`, or from there back. */
static void copy_values(mixup_model *model, real *kept, bool back) {
    for (size_t p = 0; p < model->network->parameter_count; p++) {
        const parameter_item *item = &model->store->items[p];
        const size_t size = item->stored * sizeof *kept;
        memcpy(back ? item->arrays[PARAMETER_VALUES] : kept, back ? kept : item->arrays[PARAMETER_VALUES],
               size);
        kept += item->stored;
    }
    if (back)
        model->store->version++;
}

/* All or nothing: converting to the engine's layout may fail for any parameter, copying back cannot. */
static mixup_status take_all(mixup_model *model, const safetensors *file, mixup_match *match) {
    real *kept = NULL;
    size_t count = 0;
    mixup_status status = MIXUP_OK;
    for (size_t p = 0; p < model->network->parameter_count; p++)
        count += model->store->items[p].stored;
    MIXUP_TRY(MEMORY_NEW(&model->allocator, kept, count));
    copy_values(model, kept, false);
    for (size_t p = 0; p < model->network->parameter_count && status == MIXUP_OK; p++)
        status = take(model, file, p, match);
    if (status != MIXUP_OK)
        copy_values(model, kept, true);
    memory_release(&model->allocator, kept);
    return status;
}

mixup_status mixup_model_load_parameters(mixup_model *model, const char *path, mixup_match *match) {
    if (model == NULL || path == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_model_load_parameters: model and path must not be NULL");
    safetensors *file = NULL;
    mixup_match found = {0};
    MIXUP_TRY(safetensors_read(&file, path, model->threads, &model->allocator));
    const mixup_status status = take_all(model, file, &found);
    for (size_t i = 0; i < safetensors_count(file) && status == MIXUP_OK; i++) {
        const char *name = safetensors_at(file, i)->name;
        if (graph_find_parameter(model->network, name) == model->network->parameter_count) {
            found.unknown++;
            model_log(model, "'%s' of the file is not in the network and was left out", name);
        }
    }
    safetensors_destroy(file);
    if (status == MIXUP_OK && match != NULL)
        *match = found;
    return status;
}
