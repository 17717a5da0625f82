/* train/tensors: see tensors.h. */
#include "train/tensors.h"

#include "base/text.h"

#include <string.h>

/* Which array an entry is of. */
typedef struct tensor_item {
    char *name; /* the entry's */
    size_t parameter;
    parameter_kind kind;
} tensor_item;

void tensor_list_init(tensor_list *list, mixup_model *model) {
    *list = (tensor_list){.model = model};
}

void tensor_list_clear(tensor_list *list) {
    const mixup_allocator *allocator = &list->model->allocator;
    for (size_t i = 0; i < list->count; i++)
        memory_release(allocator, list->items[i].name);
    memory_release(allocator, list->items);
    memory_release(allocator, list->entries);
    tensor_list_init(list, list->model);
}

static mixup_status reserve(tensor_list *list, size_t more) {
    const mixup_allocator *allocator = &list->model->allocator;
    const size_t capacity = list->count + more;
    if (capacity <= list->capacity)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_GROW(allocator, list->entries, list->count, capacity));
    MIXUP_TRY(MEMORY_GROW(allocator, list->items, list->count, capacity));
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

mixup_status tensor_list_add(tensor_list *list, parameter_kind kind, const char *prefix) {
    const mixup_model *model = list->model;
    MIXUP_TRY(reserve(list, model->network->parameter_count));
    for (size_t p = 0; p < model->network->parameter_count; p++) {
        const graph_parameter *parameter = &model->network->parameters[p];
        if (!has_kind(model, p, kind))
            continue;
        char *name = full_name(&model->allocator, prefix, parameter->name);
        if (name == NULL)
            return MIXUP_ERROR_MEMORY;
        list->entries[list->count] =
            (safetensors_entry){.name = name, .type = MIXUP_FLOAT32, .shape = parameter->shape};
        list->items[list->count++] = (tensor_item){.name = name, .parameter = p, .kind = kind};
    }
    return MIXUP_OK;
}

/* While a file is written. */
typedef struct tensor_source {
    const tensor_list *list;
    real *room; /* [values of the largest array] */
} tensor_source;

static mixup_status read_item(void *user, size_t index, const void **data) {
    const tensor_source *from = user;
    const tensor_item *item = &from->list->items[index];
    *data = from->room;
    return parameter_store_read(from->list->model->store, item->parameter, item->kind, from->room);
}

mixup_status tensor_list_write(const tensor_list *list, const char *path, const safetensors_text *metadata,
                               size_t metadata_count) {
    mixup_model *model = list->model;
    tensor_source source = {.list = list};
    size_t largest = 0;
    for (size_t i = 0; i < list->count; i++) {
        const size_t count = model->network->parameters[list->items[i].parameter].count;
        largest = count > largest ? count : largest;
    }
    MIXUP_TRY(MEMORY_NEW(&model->allocator, source.room, largest));
    engine_environment environment;
    engine_enter(model->engine, &environment);
    const mixup_status status = safetensors_write_from(path, list->entries, list->count, metadata,
                                                       metadata_count, read_item, &source, &model->allocator);
    engine_leave(model->engine, &environment);
    memory_release(&model->allocator, source.room);
    return status;
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

static mixup_status find_fitting(const safetensors *file, const graph_parameter *parameter,
                                 const char *prefix, const safetensors_entry **out) {
    const safetensors_entry *entry = find_entry(file, prefix, parameter->name);
    if (entry == NULL)
        return error(MIXUP_ERROR_FORMAT, "tensor '%s%s' is missing", prefix, parameter->name);
    if (!tensor_fits(entry, parameter))
        return error(MIXUP_ERROR_SHAPE, "tensor '%s' is %s of %s; the network needs float32 of %s",
                     entry->name, type_name(entry->type), shape_to_text(&entry->shape).text,
                     shape_to_text(&parameter->shape).text);
    *out = entry;
    return MIXUP_OK;
}

mixup_status tensors_check(const safetensors *file, const graph *network) {
    const safetensors_entry *entry = NULL;
    for (size_t p = 0; p < network->parameter_count; p++)
        MIXUP_TRY(find_fitting(file, &network->parameters[p], "", &entry));
    return MIXUP_OK;
}

static mixup_status restore_parameter(const safetensors *file, mixup_model *model, size_t index,
                                      parameter_kind kind, const char *prefix, const char *path,
                                      bool check_only) {
    const safetensors_entry *entry = NULL;
    mixup_status status = find_fitting(file, &model->network->parameters[index], prefix, &entry);
    if (status != MIXUP_OK)
        return error_context(status, "%s", path);
    if (check_only)
        return MIXUP_OK;
    engine_environment environment;
    engine_enter(model->engine, &environment);
    status = parameter_store_write(model->store, index, kind, entry->data);
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
