/* experiment/yaml: looking things up in a tree, merging trees, types of scalars, and text for messages. */
#include "experiment/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- trees */

static const yaml_node *get(const yaml_node *mapping, const char *key, size_t length) {
    if (mapping == NULL || mapping->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->count; i++)
        if (strncmp(mapping->keys[i]->text, key, length) == 0 && mapping->keys[i]->text[length] == '\0')
            return mapping->items[i];
    return NULL;
}

const yaml_node *yaml_get(const yaml_node *mapping, const char *key) {
    return get(mapping, key, strlen(key));
}

const yaml_node *yaml_find(const yaml_node *root, const char *path) {
    while (root != NULL && *path != '\0') {
        const size_t length = strcspn(path, ".");
        root = get(root, path, length);
        path += length + (path[length] == '.');
    }
    return root;
}

static size_t key_index(const yaml_node *mapping, const char *key) {
    size_t i = 0;
    while (i < mapping->count && strcmp(mapping->keys[i]->text, key) != 0)
        i++;
    return i;
}

mixup_status yaml_merge(arena *in, const yaml_node *base, const yaml_node *over, const yaml_node **merged) {
    if (over->kind != YAML_MAPPING) {
        *merged = over;
        return MIXUP_OK;
    }
    const bool deep = base != NULL && base->kind == YAML_MAPPING;
    const size_t capacity = over->count + (deep ? base->count : 0);
    yaml_node *node = NULL;
    MIXUP_TRY(ARENA_NEW(in, node, 1));
    *node = deep ? *base : *over;
    node->count = 0;
    MIXUP_TRY(ARENA_NEW(in, node->keys, capacity));
    MIXUP_TRY(ARENA_NEW(in, node->items, capacity));
    for (size_t i = 0; deep && i < base->count; i++) {
        node->keys[i] = base->keys[i];
        node->items[i] = base->items[i];
        node->count++;
    }
    for (size_t i = 0; i < over->count; i++) {
        const size_t at = key_index(node, over->keys[i]->text);
        const yaml_node *old = at < node->count ? node->items[at] : NULL;
        node->keys[at] = over->keys[i];
        MIXUP_TRY(yaml_merge(in, old, over->items[i], &node->items[at]));
        node->count += at == node->count;
    }
    *merged = node;
    return MIXUP_OK;
}

mixup_status yaml_wrap(arena *in, const char *key, size_t length, const yaml_node *value,
                       const yaml_node **mapping) {
    yaml_node *name = NULL;
    yaml_node *node = NULL;
    MIXUP_TRY(ARENA_NEW(in, name, 1));
    MIXUP_TRY(ARENA_NEW(in, node, 1));
    *name = (yaml_node){.source = value->source, .line = value->line, .column = value->column};
    *node = *name;
    name->text = arena_copy_text(in, key, length);
    if (name->text == NULL)
        return MIXUP_ERROR_MEMORY;
    node->kind = YAML_MAPPING;
    MIXUP_TRY(ARENA_NEW(in, node->keys, 1));
    MIXUP_TRY(ARENA_NEW(in, node->items, 1));
    node->keys[0] = name;
    node->items[0] = value;
    node->count = 1;
    *mapping = node;
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- scalars */

static bool plain_text(const yaml_node *node, const char *word) {
    return node->kind == YAML_SCALAR && node->plain && strcmp(node->text, word) == 0;
}

bool yaml_is_null(const yaml_node *node) {
    return plain_text(node, "null") || plain_text(node, "~");
}

bool yaml_to_boolean(const yaml_node *node, bool *value) {
    const bool yes = plain_text(node, "true");
    if (!yes && !plain_text(node, "false"))
        return false;
    *value = yes;
    return true;
}

static const char *skip_digits(const char *word) {
    while (isdigit((unsigned char)*word))
        word++;
    return word;
}

/* The syntax of YAML 1.2's numbers in base ten: "1", "-2.5", ".5", "1e-3". */
static bool decimal(const char *word) {
    word += *word == '+' || *word == '-';
    const char *whole = skip_digits(word);
    const char *fraction = *whole == '.' ? skip_digits(whole + 1) : whole;
    const bool digits = whole > word || fraction > whole + 1;
    if (!digits)
        return false;
    if (*fraction == '\0')
        return true;
    if (*fraction != 'e' && *fraction != 'E')
        return false;
    const char *exponent = fraction + 1;
    exponent += *exponent == '+' || *exponent == '-';
    return isdigit((unsigned char)*exponent) && *skip_digits(exponent) == '\0';
}

static bool not_finite(const char *word) {
    static const char *const names[] = {".inf", "-.inf", "+.inf", ".nan", ".NaN", ".NAN", ".Inf", "-.Inf"};
    for (size_t i = 0; i < MIXUP_COUNT(names); i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

bool yaml_is_number(const yaml_node *node) {
    return node->kind == YAML_SCALAR && node->plain && (decimal(node->text) || not_finite(node->text));
}

bool yaml_to_number(const yaml_node *node, double *value) {
    if (!yaml_is_number(node) || not_finite(node->text))
        return false;
    const double number = strtod(node->text, NULL);
    if (!isfinite(number))
        return false;
    *value = number;
    return true;
}

bool yaml_to_whole(const yaml_node *node, uint64_t *value) {
    if (node->kind != YAML_SCALAR || !node->plain || !isdigit((unsigned char)node->text[0]) ||
        *skip_digits(node->text) != '\0')
        return false;
    errno = 0;
    const unsigned long long number = strtoull(node->text, NULL, 10);
    if (errno != 0 || number > UINT64_MAX)
        return false;
    *value = number;
    return true;
}

/* ---------------------------------------------------------------- text */

yaml_what yaml_describe(const yaml_node *node) {
    yaml_what what;
    bool truth = false;
    if (node->kind == YAML_MAPPING)
        snprintf(what.text, sizeof what.text, "a mapping");
    else if (node->kind == YAML_SEQUENCE)
        snprintf(what.text, sizeof what.text, "a list");
    else if (node->plain && node->text[0] == '\0')
        snprintf(what.text, sizeof what.text, "nothing");
    else if (yaml_is_number(node) || yaml_to_boolean(node, &truth) || yaml_is_null(node))
        snprintf(what.text, sizeof what.text, "%.60s", node->text);
    else
        snprintf(what.text, sizeof what.text, "the text '%.50s'", node->text);
    return what;
}

yaml_place yaml_where(const yaml_node *node) {
    yaml_place place;
    if (node->line > 0)
        snprintf(place.text, sizeof place.text, "%.450s:%zu:%zu", node->source, node->line, node->column);
    else
        snprintf(place.text, sizeof place.text, "%.500s", node->source);
    return place;
}

/* Whether a plain scalar of these characters means the same text, also inside [a, b] and {a: b}. */
static bool safe_plain(const char *value) {
    const yaml_node node = {.kind = YAML_SCALAR, .plain = true, .text = value};
    bool truth = false;
    if (yaml_is_null(&node) || yaml_is_number(&node) || yaml_to_boolean(&node, &truth))
        return false;
    if (!isalpha((unsigned char)value[0]) && value[0] != '/' && value[0] != '_')
        return false;
    for (const char *at = value; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr("_-./+", *at) == NULL)
            return false;
    return true;
}

void yaml_write_text(text *out, const char *value) {
    if (safe_plain(value)) {
        text_add(out, value);
        return;
    }
    text_add(out, "\"");
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            text_format(out, "\\%c", *at);
        else if (*at == '\n')
            text_add(out, "\\n");
        else if ((unsigned char)*at < 0x20 || *at == 0x7f)
            text_format(out, "\\x%02X", (unsigned)(unsigned char)*at);
        else
            text_append(out, at, 1);
    }
    text_add(out, "\"");
}

void yaml_write_number(text *out, double value, bool single) {
    char digits[40];
    for (int precision = 6; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        const double back = strtod(digits, NULL);
        if (single ? (float)back == (float)value : back == value)
            break;
    }
    text_add(out, digits);
}
