/* train/tensors: see tensors.h. */
#include "train/tensors.h"

#include "base/text.h"

#include <string.h>

void tensor_list_init(tensor_list *list, const mixup_allocator *allocator) {
    *list = (tensor_list){.allocator = *allocator};
}

void tensor_list_clear(tensor_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        memory_release(&list->allocator, list->names[i]);
        memory_release(&list->allocator, (void *)list->entries[i].data);
    }
    memory_release(&list->allocator, list->names);
    memory_release(&list->allocator, list->entries);
    *list = (tensor_list){.allocator = list->allocator};
}

static mixup_status reserve(tensor_list *list, size_t more) {
    const size_t capacity = list->count + more;
    if (capacity <= list->capacity)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_GROW(&list->allocator, list->entries, list->count, capacity));
    MIXUP_TRY(MEMORY_GROW(&list->allocator, list->names, list->count, capacity));
    list->capacity = capacity;
    return MIXUP_OK;
}

static char *full_name(const mixup_allocator *allocator, const char *prefix, const char *name) {
    text full;
    text_init(&full, allocator);
    text_format(&full, "%s%s", prefix, name);
    return full.data;
}

/* What a kind keeps for buffers (running statistics) are no moments. */
static bool has_kind(const mixup_model *model, size_t index, parameter_kind kind) {
    return model->store->items[index].arrays[kind] != NULL;
}

static mixup_status add_parameter(tensor_list *list, mixup_model *model, size_t index, parameter_kind kind,
                                  const char *prefix) {
    const graph_parameter *parameter = &model->network->parameters[index];
    char *name = full_name(&list->allocator, prefix, parameter->name);
    float *values = memory_allocate(&list->allocator, parameter->count, sizeof *values);
    mixup_status status = name != NULL && values != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
    if (status == MIXUP_OK) {
        engine_environment environment;
        engine_enter(model->engine, &environment);
        status = parameter_store_read(model->store, index, kind, values);
        engine_leave(model->engine, &environment);
    }
    if (status != MIXUP_OK) {
        memory_release(&list->allocator, name);
        memory_release(&list->allocator, values);
        return status;
    }
    list->names[list->count] = name;
    list->entries[list->count++] =
        (safetensors_entry){.name = name, .type = MIXUP_FLOAT32, .shape = parameter->shape, .data = values};
    return MIXUP_OK;
}

mixup_status tensor_list_add(tensor_list *list, mixup_model *model, parameter_kind kind, const char *prefix) {
    MIXUP_TRY(reserve(list, model->network->parameter_count));
    for (size_t p = 0; p < model->network->parameter_count; p++)
        if (has_kind(model, p, kind))
            MIXUP_TRY(add_parameter(list, model, p, kind, prefix));
    return MIXUP_OK;
}

bool tensor_fits(const safetensors_entry *entry, const graph_parameter *parameter) {
    return entry->type == MIXUP_FLOAT32 && shape_equal(&entry->shape, &parameter->shape);
}

static bool any_entry(const safetensors *file, const char *prefix) {
    for (size_t i = 0; i < safetensors_count(file); i++)
        if (strncmp(safetensors_at(file, i)->name, prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

/* The entry called `prefix` and `name`, without memory for the whole name: restoring must not fail midway. */
static const safetensors_entry *find_entry(const safetensors *file, const char *prefix, const char *name) {
    const size_t length = strlen(prefix);
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const safetensors_entry *entry = safetensors_at(file, i);
        if (strncmp(entry->name, prefix, length) == 0 && strcmp(entry->name + length, name) == 0)
            return entry;
    }
    return NULL;
}

static mixup_status restore_parameter(const safetensors *file, mixup_model *model, size_t index,
                                      parameter_kind kind, const char *prefix, const char *path,
                                      bool check_only) {
    const graph_parameter *parameter = &model->network->parameters[index];
    const safetensors_entry *entry = find_entry(file, prefix, parameter->name);
    if (entry == NULL)
        return error(MIXUP_ERROR_FORMAT, "%s: tensor '%s%s' is missing", path, prefix, parameter->name);
    if (!tensor_fits(entry, parameter))
        return error(MIXUP_ERROR_SHAPE, "%s: tensor '%s' is %s of %s; the network needs float32 of %s", path,
                     entry->name, type_name(entry->type), shape_to_text(&entry->shape).text,
                     shape_to_text(&parameter->shape).text);
    if (check_only)
        return MIXUP_OK;
    engine_environment environment;
    engine_enter(model->engine, &environment);
    const mixup_status status = parameter_store_write(model->store, index, kind, entry->data);
    engine_leave(model->engine, &environment);
    return status;
}

mixup_status tensors_restore(const safetensors *file, mixup_model *model, parameter_kind kind,
                             const char *prefix, const char *path, bool optional, bool check_only) {
    if (optional && !any_entry(file, prefix))
        return MIXUP_OK;
    MIXUP_TRY(parameter_store_need(model->store, kind));
    for (size_t p = 0; p < model->network->parameter_count; p++)
        if (has_kind(model, p, kind))
            MIXUP_TRY(restore_parameter(file, model, p, kind, prefix, path, check_only));
    return MIXUP_OK;
}
