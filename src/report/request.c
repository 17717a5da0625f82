/* report/request: see request.h. */
#include "report/request.h"

#include "experiment/schema.h"

#include <string.h>

static const char *const kind_names[REQUEST_KINDS] = {"surface", "scatter", "singular_values"};
static const char *const data_names[REQUEST_PARTS] = {"train", "validation", "test"};

/* Titles where an item gives none; the first %s is the layer. */
static const char *const default_titles[REQUEST_KINDS] = {
    "Confidence over the plane", "Two-dimensional states", "Singular values of the states of each class"};
static const size_t default_points[REQUEST_KINDS] = {500, 300, 0};

const char *request_kind_name(request_kind kind) {
    return kind_names[kind];
}

bool request_wants(const request *item, const char *variant) {
    for (size_t i = 0; i < item->variant_count; i++)
        if (strcmp(item->variants[i], variant) == 0)
            return true;
    return item->variant_count == 0;
}

static mixup_status read_text(const yaml_node *node, const char *key, const char **out) {
    if (node->kind != YAML_SCALAR)
        return schema_error(node, key, "must be a text, got %s", yaml_describe(node).text);
    *out = node->text;
    return MIXUP_OK;
}

static mixup_status read_count(const yaml_node *node, const char *key, size_t *out) {
    uint64_t value = 0;
    if (node->kind != YAML_SCALAR || !yaml_to_whole(node, &value) || value > SIZE_MAX)
        return schema_error(node, key, "must be a whole number ≥ 0, got %s", yaml_describe(node).text);
    *out = (size_t)value;
    return MIXUP_OK;
}

static mixup_status read_number(const yaml_node *node, const char *key, double *out) {
    if (node->kind != YAML_SCALAR || !yaml_to_number(node, out))
        return schema_error(node, key, "must be a finite number, got %s", yaml_describe(node).text);
    return MIXUP_OK;
}

/* One of `names`. */
static mixup_status read_choice(const yaml_node *node, const char *key, const char *const *names,
                                size_t count, size_t *out) {
    for (size_t i = 0; node->kind == YAML_SCALAR && i < count; i++)
        if (strcmp(node->text, names[i]) == 0) {
            *out = i;
            return MIXUP_OK;
        }
    return schema_error(node, key, "must be %s, %s or %s, got %s", names[0], names[1], names[2],
                        yaml_describe(node).text);
}

static mixup_status read_range(const yaml_node *node, request *item) {
    if (node->kind != YAML_SEQUENCE || node->count != 2)
        return schema_error(node, "range", "must be a list of two numbers, got %s", yaml_describe(node).text);
    MIXUP_TRY(read_number(node->items[0], "range", &item->range[0]));
    MIXUP_TRY(read_number(node->items[1], "range", &item->range[1]));
    if (!(item->range[0] < item->range[1]))
        return schema_error(node, "range", "must begin with the lower number");
    return MIXUP_OK;
}

static mixup_status read_step(const yaml_node *node, request *item) {
    MIXUP_TRY(read_number(node, "step", &item->step));
    if (!(item->step > 0.0))
        return schema_error(node, "step", "must be above 0");
    return MIXUP_OK;
}

static mixup_status read_classes(arena *in, const yaml_node *node, request *item) {
    if (node->kind != YAML_SEQUENCE)
        return schema_error(node, "classes", "must be a list of class numbers, got %s",
                            yaml_describe(node).text);
    size_t *classes = NULL;
    MIXUP_TRY(ARENA_NEW(in, classes, node->count));
    for (size_t i = 0; i < node->count; i++)
        MIXUP_TRY(read_count(node->items[i], "classes", &classes[i]));
    item->classes = classes;
    item->class_count = node->count;
    return MIXUP_OK;
}

static mixup_status read_variants(arena *in, const yaml_node *node, request *item) {
    if (node->kind != YAML_SEQUENCE)
        return schema_error(node, "variants", "must be a list of names, got %s", yaml_describe(node).text);
    MIXUP_TRY(ARENA_NEW(in, item->variants, node->count));
    for (size_t i = 0; i < node->count; i++)
        MIXUP_TRY(read_text(node->items[i], "variants", &item->variants[i]));
    item->variant_count = node->count;
    return MIXUP_OK;
}

static mixup_status read_key(arena *in, const char *key, const yaml_node *node, request *item) {
    size_t choice = 0;
    if (strcmp(key, "kind") == 0)
        return MIXUP_OK; /* read first */
    if (strcmp(key, "title") == 0)
        return read_text(node, key, &item->title);
    if (strcmp(key, "text") == 0)
        return read_text(node, key, &item->text);
    if (strcmp(key, "classes") == 0)
        return read_classes(in, node, item);
    if (strcmp(key, "variants") == 0)
        return read_variants(in, node, item);
    if (strcmp(key, "points") == 0)
        return read_count(node, key, &item->points);
    if (strcmp(key, "data") == 0) {
        MIXUP_TRY(read_choice(node, key, data_names, REQUEST_PARTS, &choice));
        item->data = (request_data)choice;
        return MIXUP_OK;
    }
    if (item->kind == REQUEST_SURFACE && strcmp(key, "range") == 0)
        return read_range(node, item);
    if (item->kind == REQUEST_SURFACE && strcmp(key, "step") == 0)
        return read_step(node, item);
    if (item->kind == REQUEST_SURFACE && strcmp(key, "class") == 0)
        return read_count(node, key, &item->class_number);
    if (item->kind != REQUEST_SURFACE && strcmp(key, "layer") == 0)
        return read_text(node, key, &item->layer);
    return schema_error(node, key,
                        "a figure of kind %s has no such key; it takes title, text, data, classes, "
                        "variants, points%s",
                        kind_names[item->kind],
                        item->kind == REQUEST_SURFACE ? ", range, step and class" : " and layer");
}

static mixup_status read_item(arena *in, const yaml_node *node, request *item) {
    if (node->kind != YAML_MAPPING)
        return schema_error(node, "report", "each item must be a mapping with a kind, got %s",
                            yaml_describe(node).text);
    const yaml_node *kind = yaml_get(node, "kind");
    size_t choice = 0;
    if (kind == NULL)
        return schema_error(node, "report", "an item needs a kind: surface, scatter or singular_values");
    MIXUP_TRY(read_choice(kind, "kind", kind_names, REQUEST_KINDS, &choice));
    *item = (request){.kind = (request_kind)choice,
                      .title = default_titles[choice],
                      .points = default_points[choice],
                      .range = {-1.0, 1.0},
                      .class_number = 1};
    for (size_t i = 0; i < node->count; i++)
        MIXUP_TRY(read_key(in, node->keys[i]->text, node->items[i], item));
    if (item->kind != REQUEST_SURFACE && item->layer == NULL)
        return schema_error(node, "layer", "a figure of kind %s needs the name of a layer",
                            kind_names[choice]);
    return MIXUP_OK;
}

mixup_status request_read(arena *in, const yaml_node *root, request **items, size_t *count) {
    const yaml_node *list = root->kind == YAML_MAPPING ? yaml_get(root, "report") : NULL;
    *items = NULL;
    *count = 0;
    if (list == NULL || yaml_is_null(list))
        return MIXUP_OK;
    if (list->kind != YAML_SEQUENCE)
        return schema_error(list, "report", "must be a list of figures, got %s", yaml_describe(list).text);
    request *read = NULL;
    MIXUP_TRY(ARENA_NEW(in, read, list->count));
    for (size_t i = 0; i < list->count; i++)
        MIXUP_TRY(read_item(in, list->items[i], &read[i]));
    *items = read;
    *count = list->count;
    return MIXUP_OK;
}
