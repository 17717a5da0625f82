/* train/network_json: see network_json.h. One table says how each field of a layer is written and read. */
#include "train/network_json.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum field_kind {
    FIELD_TEXT,
    FIELD_SIZE,
    FIELD_PAIR,
    FIELD_FLOAT,
    FIELD_BOOL,
    FIELD_ACTIVATION,
    FIELD_INITIAL,
} field_kind;

typedef struct layer_field {
    const char *key;
    field_kind kind;
    size_t offset;
} layer_field;

static const layer_field fields[] = {
    {"name", FIELD_TEXT, offsetof(mixup_layer, name)},
    {"from", FIELD_TEXT, offsetof(mixup_layer, from)},
    {"mix", FIELD_BOOL, offsetof(mixup_layer, mix)},
    {"frozen", FIELD_BOOL, offsetof(mixup_layer, frozen)},
    {"activation", FIELD_ACTIVATION, offsetof(mixup_layer, activation)},
    {"slope", FIELD_FLOAT, offsetof(mixup_layer, slope)},
    {"units", FIELD_SIZE, offsetof(mixup_layer, units)},
    {"no_bias", FIELD_BOOL, offsetof(mixup_layer, no_bias)},
    {"initial", FIELD_INITIAL, offsetof(mixup_layer, initial)},
    {"initial_value", FIELD_FLOAT, offsetof(mixup_layer, initial_value)},
    {"rate", FIELD_FLOAT, offsetof(mixup_layer, rate)},
    {"stddev", FIELD_FLOAT, offsetof(mixup_layer, stddev)},
    {"epsilon", FIELD_FLOAT, offsetof(mixup_layer, epsilon)},
    {"momentum", FIELD_FLOAT, offsetof(mixup_layer, momentum)},
    {"by_channel", FIELD_BOOL, offsetof(mixup_layer, by_channel)},
    {"filters", FIELD_SIZE, offsetof(mixup_layer, filters)},
    {"kernel", FIELD_PAIR, offsetof(mixup_layer, kernel)},
    {"stride", FIELD_PAIR, offsetof(mixup_layer, stride)},
    {"padding", FIELD_PAIR, offsetof(mixup_layer, padding)},
    {"dilation", FIELD_PAIR, offsetof(mixup_layer, dilation)},
    {"groups", FIELD_SIZE, offsetof(mixup_layer, groups)},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

/* ---- writing */

/* jansson's setters take over the value and fail when it is NULL, which is how memory runs out here. */
static bool set(json_t *object, const char *key, json_t *value) {
    return json_object_set_new(object, key, value) == 0;
}

/* Height and width as the graph resolved them: a 0 is a 0, not "the same as the first". */
static json_t *write_pair(const size_t pair[2]) {
    return json_pack("[I, I]", (json_int_t)pair[0], (json_int_t)pair[1]);
}

/* NULL without a value where the field is at zero: left out. */
static bool write_field(json_t *object, const layer_field *field, const mixup_layer *layer) {
    const void *at = (const char *)layer + field->offset;
    switch (field->kind) {
    case FIELD_TEXT: {
        const char *value = *(const char *const *)at;
        return value == NULL || set(object, field->key, json_string(value));
    }
    case FIELD_SIZE: {
        const size_t value = *(const size_t *)at;
        return value == 0 || set(object, field->key, json_integer((json_int_t)value));
    }
    case FIELD_PAIR: {
        const size_t *pair = at;
        return (pair[0] == 0 && pair[1] == 0) || set(object, field->key, write_pair(pair));
    }
    case FIELD_FLOAT: {
        const float value = *(const float *)at;
        return value == 0.0f || set(object, field->key, json_real((double)value));
    }
    case FIELD_BOOL: {
        const bool value = *(const bool *)at;
        return !value || set(object, field->key, json_true());
    }
    case FIELD_ACTIVATION: {
        const mixup_activation value = *(const mixup_activation *)at;
        return value == MIXUP_LINEAR || set(object, field->key, json_string(activation_name(value)));
    }
    case FIELD_INITIAL: {
        const mixup_initial value = *(const mixup_initial *)at;
        return value == MIXUP_INITIAL_DEFAULT || set(object, field->key, json_string(initial_name(value)));
    }
    }
    return false;
}

static json_t *write_sizes(const size_t *sizes, size_t limit) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < limit && sizes[i] != 0; i++)
        if (json_array_append_new(list, json_integer((json_int_t)sizes[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *write_with(const mixup_layer *layer) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < MIXUP_MAX_WITH && layer->with[i] != NULL; i++)
        if (json_array_append_new(list, json_string(layer->with[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *write_layer(const mixup_layer *layer) {
    json_t *object = json_object();
    bool good = object != NULL && set(object, "op", json_string(op_find(layer->op)->name));
    for (size_t i = 0; good && i < FIELDS; i++)
        good = write_field(object, &fields[i], layer);
    if (good && layer->with[0] != NULL)
        good = set(object, "with", write_with(layer));
    if (good && layer->op == MIXUP_RESHAPE)
        good = set(object, "shape", write_sizes(layer->shape, MIXUP_MAX_RANK));
    if (good && layer->op == MIXUP_CUSTOM)
        good = set(object, "custom", json_string(layer->custom->kind));
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *write_network(const graph *network) {
    json_t *root = json_object();
    json_t *layers = json_array();
    bool good = root != NULL && layers != NULL;
    for (size_t l = 0; good && l < network->layer_count; l++)
        good = json_array_append_new(layers, write_layer(&network->layers[l].attributes)) == 0;
    good = good && set(root, "input", write_sizes(network->values[GRAPH_INPUT].shape.sizes, MIXUP_MAX_RANK));
    good = good && json_object_set(root, "layers", layers) == 0;
    json_decref(layers);
    if (good)
        return root;
    json_decref(root);
    return NULL;
}

mixup_status network_to_json(const graph *network, text *out) {
    json_t *root = write_network(network);
    char *line = root != NULL ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    if (line != NULL)
        text_add(out, line);
    free(line);
    json_decref(root);
    return line != NULL ? text_status(out) : error(MIXUP_ERROR_MEMORY, "out of memory: network as JSON");
}

/* ---- reading */

static mixup_status refuse(const char *key, const char *expected) {
    return error(MIXUP_ERROR_FORMAT, "'%s' is not %s", key, expected);
}

static mixup_status read_text(const mixup_allocator *allocator, const char *key, const json_t *value,
                              const char **out) {
    if (!json_is_string(value))
        return refuse(key, "a string");
    *out = memory_copy_text(allocator, json_string_value(value));
    return *out != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

static mixup_status read_size(const char *key, const json_t *value, size_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return refuse(key, "a number ≥ 0");
    *out = (size_t)json_integer_value(value);
    return MIXUP_OK;
}

static mixup_status read_pair(const char *key, const json_t *list, size_t pair[2]) {
    if (!json_is_array(list) || json_array_size(list) != 2)
        return refuse(key, "a list of two sizes");
    for (size_t i = 0; i < 2; i++)
        MIXUP_TRY(read_size(key, json_array_get(list, i), &pair[i]));
    if (pair[0] != 0 && pair[1] == 0)
        pair[1] = MIXUP_NO_PADDING; /* what a description says for a 0 beside another first */
    return MIXUP_OK;
}

static mixup_status read_field(const mixup_allocator *allocator, const layer_field *field,
                               const json_t *value, mixup_layer *layer) {
    void *at = (char *)layer + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
        return read_text(allocator, field->key, value, at);
    case FIELD_SIZE:
        return read_size(field->key, value, at);
    case FIELD_PAIR:
        return read_pair(field->key, value, at);
    case FIELD_FLOAT:
        if (!json_is_number(value) || !(fabs(json_number_value(value)) <= FLT_MAX))
            return refuse(field->key, "a number in the range of a float");
        *(float *)at = (float)json_number_value(value);
        return MIXUP_OK;
    case FIELD_BOOL:
        if (!json_is_boolean(value))
            return refuse(field->key, "true or false");
        *(bool *)at = json_is_true(value);
        return MIXUP_OK;
    case FIELD_ACTIVATION:
        *(mixup_activation *)at =
            json_is_string(value) ? activation_by_name(json_string_value(value)) : MIXUP_ACTIVATION_COUNT;
        return *(mixup_activation *)at == MIXUP_ACTIVATION_COUNT ? refuse(field->key, "an activation")
                                                                 : MIXUP_OK;
    case FIELD_INITIAL:
        *(mixup_initial *)at =
            json_is_string(value) ? initial_by_name(json_string_value(value)) : MIXUP_INITIAL_COUNT;
        return *(mixup_initial *)at == MIXUP_INITIAL_COUNT ? refuse(field->key, "an initialisation")
                                                           : MIXUP_OK;
    }
    return MIXUP_OK;
}

static mixup_status read_sizes(const char *key, const json_t *list, size_t sizes[MIXUP_MAX_RANK]) {
    if (!json_is_array(list) || json_array_size(list) > MIXUP_MAX_RANK)
        return refuse(key, "a list of at most 4 sizes");
    for (size_t i = 0; i < json_array_size(list); i++)
        MIXUP_TRY(read_size(key, json_array_get(list, i), &sizes[i]));
    return MIXUP_OK;
}

static mixup_status read_with(const mixup_allocator *allocator, const json_t *list, mixup_layer *layer) {
    if (!json_is_array(list) || json_array_size(list) > MIXUP_MAX_WITH)
        return refuse("with", "a list of at most 7 names");
    for (size_t i = 0; i < json_array_size(list); i++)
        MIXUP_TRY(read_text(allocator, "with", json_array_get(list, i), &layer->with[i]));
    return MIXUP_OK;
}

static mixup_status find_custom(const json_t *value, const mixup_custom *const *customs, size_t custom_count,
                                mixup_layer *layer) {
    if (!json_is_string(value))
        return refuse("custom", "a string");
    const char *kind = json_string_value(value);
    for (size_t i = 0; i < custom_count; i++)
        if (strcmp(customs[i]->kind, kind) == 0) {
            layer->custom = customs[i];
            return MIXUP_OK;
        }
    return error(MIXUP_ERROR_NOT_FOUND, "the network has a custom layer '%s'; give its functions in .customs",
                 kind);
}

static mixup_status read_member(const network_description *description, const char *key, const json_t *value,
                                const mixup_custom *const *customs, size_t custom_count, mixup_layer *layer) {
    if (strcmp(key, "op") == 0) {
        layer->op = json_is_string(value) ? op_by_name(json_string_value(value)) : MIXUP_OP_NONE;
        return layer->op != MIXUP_OP_NONE ? MIXUP_OK : refuse(key, "an op that this version knows");
    }
    if (strcmp(key, "with") == 0)
        return read_with(&description->allocator, value, layer);
    if (strcmp(key, "shape") == 0)
        return read_sizes(key, value, layer->shape);
    if (strcmp(key, "custom") == 0)
        return find_custom(value, customs, custom_count, layer);
    for (size_t i = 0; i < FIELDS; i++)
        if (strcmp(key, fields[i].key) == 0)
            return read_field(&description->allocator, &fields[i], value, layer);
    return error(MIXUP_ERROR_FORMAT, "'%s' is no field of a layer that this version knows", key);
}

static mixup_status read_layers(network_description *description, json_t *list,
                                const mixup_custom *const *customs, size_t custom_count) {
    if (!json_is_array(list) || json_array_size(list) == 0)
        return refuse("layers", "a list");
    MIXUP_TRY(MEMORY_NEW(&description->allocator, description->layers, json_array_size(list)));
    description->layer_count = json_array_size(list);
    for (size_t l = 0; l < description->layer_count; l++) {
        json_t *object = json_array_get(list, l);
        const char *key = NULL;
        json_t *value = NULL;
        if (!json_is_object(object))
            return error(MIXUP_ERROR_FORMAT, "layers[%zu] is not an object", l);
        json_object_foreach(object, key, value) {
            const mixup_status status =
                read_member(description, key, value, customs, custom_count, &description->layers[l]);
            if (status != MIXUP_OK)
                return error_context(status, "layers[%zu]", l);
        }
    }
    return MIXUP_OK;
}

mixup_status network_from_json(const char *json, const mixup_custom *const *customs, size_t custom_count,
                               const mixup_allocator *allocator, network_description *out) {
    json_error_t problem;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &problem);
    *out = (network_description){.allocator = *allocator};
    if (root == NULL)
        return error(MIXUP_ERROR_FORMAT, "the network is not valid JSON: %s", problem.text);
    mixup_status status = json_is_object(root) ? MIXUP_OK : refuse("network", "an object");
    if (status == MIXUP_OK)
        status = read_sizes("input", json_object_get(root, "input"), out->input);
    if (status == MIXUP_OK)
        status = read_layers(out, json_object_get(root, "layers"), customs, custom_count);
    json_decref(root);
    if (status != MIXUP_OK)
        network_description_clear(out);
    return status;
}

void network_description_clear(network_description *description) {
    const mixup_allocator *allocator = &description->allocator;
    for (size_t l = 0; l < description->layer_count; l++) {
        mixup_layer *layer = &description->layers[l];
        memory_release(allocator, (void *)layer->name);
        memory_release(allocator, (void *)layer->from);
        for (size_t i = 0; i < MIXUP_MAX_WITH; i++)
            memory_release(allocator, (void *)layer->with[i]);
    }
    memory_release(allocator, description->layers);
    *description = (network_description){.allocator = description->allocator};
}
