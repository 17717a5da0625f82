/* experiment/schema: from a tree of YAML to settings, with every check that a row can express. What involves
 * several keys stands in schema_check.c. */
#include "base/path.h"
#include "experiment/schema_check.h"
#include "experiment/schema_refuse.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct filler {
    arena *memory;
    const char *folder;
    const yaml_node *root;
} filler;

/* ---------------------------------------------------------------- single values */

static bool in_range(const schema_range *range, double value) {
    if (range->least == 0 && range->most == 0)
        return true;
    return (range->above ? value > range->least : value >= range->least) &&
           (range->below ? value < range->most : value <= range->most);
}

static bool read_count(const schema_key *key, const yaml_node *node, size_t *value) {
    uint64_t whole = 0;
    if (!yaml_to_whole(node, &whole) || whole > SIZE_MAX || !in_range(&key->range, (double)whole))
        return false;
    *value = (size_t)whole;
    return true;
}

/* What a float cannot hold (1e39, 1e-60) is out of range, not rounded to infinity or zero. */
static bool read_single(const schema_key *key, const yaml_node *node, float *value) {
    double number = 0.0;
    if (!yaml_to_number(node, &number) || fabs(number) > (double)FLT_MAX)
        return false;
    const float single = (float)number;
    if ((single == 0.0f) != (number == 0.0) || !in_range(&key->range, (double)single))
        return false;
    *value = single;
    return true;
}

static bool is_text(const yaml_node *node) {
    return node->kind == YAML_SCALAR && node->text[0] != '\0';
}

static bool is_word(const yaml_node *node) {
    if (!is_text(node) || node->text[0] == '.' || strlen(node->text) > 100)
        return false;
    return strspn(node->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
           strlen(node->text);
}

static bool read_choice(const schema_key *key, const yaml_node *node, int *value) {
    for (int i = 0; node->kind == YAML_SCALAR && i < key->choices; i++) {
        const char *name = key->choice(i);
        if (name != NULL && strcmp(name, node->text) == 0) {
            *value = i;
            return true;
        }
    }
    return false;
}

/* Relative to the file in which it stands; where that is none (`--set`), to the experiment's. */
static char *join_path(const filler *in, const yaml_node *node) {
    if (node->line == 0)
        return path_join(&in->memory->allocator, in->folder, node->text);
    char *folder = path_folder(&in->memory->allocator, node->source);
    char *joined = folder != NULL ? path_join(&in->memory->allocator, folder, node->text) : NULL;
    memory_release(&in->memory->allocator, folder);
    return joined;
}

/* The path made absolute, so that it holds wherever run.yaml is read from, and free of links and dots as far
 * as it is there, so that it is the same when its file has gone. */
static mixup_status store_path(filler *in, const yaml_node *node, const char **out) {
    const mixup_allocator *allocator = &in->memory->allocator;
    char *joined = join_path(in, node);
    char *whole = joined != NULL ? path_real(allocator, joined) : NULL;
    if (whole != NULL)
        *out = arena_copy_text(in->memory, whole, strlen(whole));
    const bool stored = whole != NULL && *out != NULL;
    memory_release(allocator, whole);
    memory_release(allocator, joined);
    return stored ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

/* ---------------------------------------------------------------- lists */

/* A single value stands for a list of one. */
static const yaml_node *item_at(const yaml_node *node, size_t index) {
    return node->kind == YAML_SEQUENCE ? node->items[index] : node;
}

static size_t item_size(const schema_key *key) {
    switch (key->type) {
    case SCHEMA_COUNTS:
    case SCHEMA_PAIR:
        return sizeof(size_t);
    case SCHEMA_SINGLES:
        return sizeof(float);
    case SCHEMA_DOUBLES:
        return sizeof(double);
    default:
        return sizeof(const char *);
    }
}

static bool read_item(const schema_key *key, const yaml_node *node, void *item) {
    switch (key->type) {
    case SCHEMA_COUNTS:
    case SCHEMA_PAIR:
        return read_count(key, node, item);
    case SCHEMA_SINGLES:
        return read_single(key, node, item);
    case SCHEMA_DOUBLES:
        return yaml_to_number(node, item) && in_range(&key->range, *(double *)item);
    default:
        *(const char **)item = node->text;
        return is_text(node);
    }
}

static mixup_status set_list(filler *in, const trail *at, const schema_key *key, const yaml_node *node,
                             void *base) {
    if (node->kind == YAML_MAPPING)
        return refuse_value(at, key, node);
    const size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    if (key->capacity > 0 && count > key->capacity)
        return schema_error(node, path_of(at, key->name).text, "has %zu items; at most %zu are right", count,
                            key->capacity);
    if (key->required && count == 0)
        return schema_error(node, path_of(at, key->name).text, "is empty; it needs at least one item");
    char *items = NULL;
    items = key->capacity > 0 ? (char *)base + key->at : arena_allocate(in->memory, count, item_size(key));
    if (items == NULL)
        return MIXUP_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        char *item = items + i * item_size(key);
        if (!read_item(key, item_at(node, i), item))
            return refuse_value(at, key, item_at(node, i));
        if (key->type == SCHEMA_PATHS)
            MIXUP_TRY(store_path(in, item_at(node, i), (const char **)(void *)item));
    }
    if (key->capacity > 0)
        return MIXUP_OK;
    memcpy((char *)base + key->at, &items, sizeof items);
    if (!key->counted)
        memcpy((char *)base + key->count_at, &count, sizeof count);
    return MIXUP_OK;
}

/* One number stands for both. A second 0 in the field would mean "as the first", so one that was given has
 * another sign. */
static mixup_status set_pair(filler *in, const trail *at, const schema_key *key, const yaml_node *node,
                             void *base) {
    size_t *pair = (size_t *)(void *)((char *)base + key->at);
    MIXUP_TRY(set_list(in, at, key, node, base));
    if (node->kind == YAML_SEQUENCE && node->count != 2)
        return refuse_value(at, key, node);
    if (node->kind == YAML_SEQUENCE && pair[0] != 0 && pair[1] == 0)
        pair[1] = MIXUP_NO_PADDING;
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- any value */

static mixup_status fill_section(filler *in, const trail *at, schema_section section, const yaml_node *node,
                                 void *base);

static mixup_status set_sections(filler *in, const trail *at, const schema_key *key, const yaml_node *node,
                                 void *base) {
    if (node->kind != YAML_SEQUENCE)
        return refuse_sections(at, key, node);
    if (node->count == 0)
        return schema_error(node, path_of(at, key->name).text, "is empty; it needs at least one item");
    const size_t size = schema_find_part(key->child)->size;
    char *items = arena_allocate(in->memory, node->count, size);
    if (items == NULL)
        return MIXUP_ERROR_MEMORY;
    for (size_t i = 0; i < node->count; i++) {
        const trail below = {at, key->name, i};
        MIXUP_TRY(fill_section(in, &below, key->child, node->items[i], items + i * size));
    }
    memcpy((char *)base + key->at, &items, sizeof items);
    memcpy((char *)base + key->count_at, &node->count, sizeof node->count);
    return MIXUP_OK;
}

/* Reads a scalar of the row's type into its field; false: not of that type or out of range. */
static bool set_scalar(const schema_key *key, const yaml_node *node, void *field) {
    switch (key->type) {
    case SCHEMA_TEXT:
        *(const char **)field = node->text;
        return is_text(node);
    case SCHEMA_WORD:
        *(const char **)field = node->text;
        return is_word(node);
    case SCHEMA_CHARACTER:
        if (!is_text(node) || strlen(node->text) != 1)
            return false;
        *(char *)field = node->text[0];
        return true;
    case SCHEMA_BOOLEAN:
        return yaml_to_boolean(node, field);
    case SCHEMA_WITHOUT:
        if (!yaml_to_boolean(node, field))
            return false;
        *(bool *)field = !*(bool *)field;
        return true;
    case SCHEMA_CHOICE:
        return read_choice(key, node, field);
    case SCHEMA_COUNT:
        return read_count(key, node, field);
    case SCHEMA_SEED:
        return yaml_to_whole(node, field);
    case SCHEMA_SINGLE:
        return read_single(key, node, field);
    case SCHEMA_DOUBLE:
        return yaml_to_number(node, field) && in_range(&key->range, *(double *)field);
    default:
        return false;
    }
}

static mixup_status set(filler *in, const trail *at, const schema_key *key, const yaml_node *node,
                        void *base) {
    void *field = (char *)base + key->at;
    switch (key->type) {
    case SCHEMA_SECTION: {
        const trail below = {at, key->name, SIZE_MAX};
        return fill_section(in, &below, key->child, node, field);
    }
    case SCHEMA_SECTIONS:
        return set_sections(in, at, key, node, base);
    case SCHEMA_FREE:
        return node->kind == YAML_MAPPING || schema_is_empty(node) ? MIXUP_OK : refuse_value(at, key, node);
    case SCHEMA_TEXTS:
    case SCHEMA_PATHS:
    case SCHEMA_COUNTS:
    case SCHEMA_SINGLES:
    case SCHEMA_DOUBLES:
        return set_list(in, at, key, node, base);
    case SCHEMA_PAIR:
        return set_pair(in, at, key, node, base);
    case SCHEMA_PATH:
        if (!is_text(node))
            return refuse_value(at, key, node);
        return store_path(in, node, field);
    case SCHEMA_CHOICE:
        return set_scalar(key, node, field) ? MIXUP_OK : refuse_choice(at, key, node);
    default:
        return set_scalar(key, node, field) ? MIXUP_OK : refuse_value(at, key, node);
    }
}

/* ---------------------------------------------------------------- sections */

bool schema_is_empty(const yaml_node *node) {
    return node->kind == YAML_SCALAR && node->plain && node->text[0] == '\0';
}

/* The defaults of a section's choices; then, once these are made, of the keys that apply and of the sections
 * below that are filled without being named. Several rows may share a field (the stride of conv2d, of a pool
 * and of upsample), so a default of a row that does not apply must not be written. */
static mixup_status fill_defaults(filler *in, const trail *at, schema_section section, bool choices,
                                  void *base) {
    static const yaml_node nothing = {.kind = YAML_MAPPING, .source = "the defaults"};
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows; i++) {
        const schema_key *key = &keys[i];
        if ((key->in & (unsigned)section) == 0 || (key->type == SCHEMA_CHOICE) != choices)
            continue;
        if (!choices && !schema_applies(key, section, base))
            continue;
        if (key->type == SCHEMA_SECTION && !key->optional && !key->required)
            MIXUP_TRY(set(in, at, key, &nothing, base));
        if (key->fallback == NULL)
            continue;
        const yaml_node *value = NULL;
        MIXUP_TRY(
            yaml_parse(in->memory, "the defaults", false, key->fallback, strlen(key->fallback), &value));
        MIXUP_TRY(set(in, at, key, value, base));
    }
    return MIXUP_OK;
}

static mixup_status require_keys(const trail *at, schema_section section, const yaml_node *node, bool choices,
                                 const void *base) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows; i++) {
        const schema_key *key = &keys[i];
        if ((key->in & (unsigned)section) == 0 || (key->type == SCHEMA_CHOICE) != choices || !key->required ||
            !schema_applies(key, section, base))
            continue;
        const yaml_node *value = yaml_get(node, key->name);
        if (value == NULL || yaml_is_null(value))
            return schema_error(node, path_of(at, key->name).text, "is missing; it must be %s",
                                schema_type_words(key).text);
    }
    return MIXUP_OK;
}

/* `network` is a list of layers or a mapping, a row each: the one that the node is fit for. */
static const schema_key *row_for(const schema_key *key, schema_section section, const yaml_node *node) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    if (key->type != SCHEMA_SECTIONS || node->kind != YAML_MAPPING)
        return key;
    for (size_t i = 0; i < rows; i++)
        if ((keys[i].in & (unsigned)section) != 0 && keys[i].type == SCHEMA_SECTION &&
            strcmp(keys[i].name, key->name) == 0)
            return &keys[i];
    return key;
}

/* Choices first: they decide which of the other keys count. */
static mixup_status fill_keys(filler *in, const trail *at, schema_section section, const yaml_node *node,
                              bool choices, void *base) {
    for (size_t i = 0; i < node->count; i++) {
        const schema_key *key = schema_find(section, node->keys[i]->text, base);
        if (key == NULL)
            return refuse_unknown(at, section, node->keys[i]);
        if ((key->type == SCHEMA_CHOICE) != choices || yaml_is_null(node->items[i]))
            continue;
        if (!choices && !schema_applies(key, section, base))
            return refuse_misplaced(at, key, section, node->keys[i], base);
        MIXUP_TRY(set(in, at, row_for(key, section, node->items[i]), node->items[i], base));
    }
    return MIXUP_OK;
}

static mixup_status refuse_choices(const trail *at, schema_section section, const yaml_node *node,
                                   const void *base) {
    for (size_t i = 0; i < node->count; i++) {
        const schema_key *key = schema_find(section, node->keys[i]->text, base);
        if (key->type == SCHEMA_CHOICE && !yaml_is_null(node->items[i]) &&
            !schema_applies(key, section, base))
            return refuse_misplaced(at, key, section, node->keys[i], base);
    }
    return MIXUP_OK;
}

/* Whether a key of a section is given: in the section itself or by any variant. A switch that is given and
 * off (false, 0, null) was meant; so was one that another variant turns on. */
static bool is_given(const filler *in, const trail *at, const yaml_node *section, const char *name) {
    const yaml_node *variants = yaml_get(in->root, "variants");
    bool found = yaml_get(section, name) != NULL;
    for (size_t i = 0; variants != NULL && variants->kind == YAML_MAPPING && i < variants->count; i++)
        found = found || yaml_find(variants->items[i], path_of(at, name).text) != NULL;
    return found;
}

/* What stands here and does nothing, because the key that it needs is forgotten. Records of runs say every
 * key, and older ones what was accepted then. */
static mixup_status refuse_idle_keys(const filler *in, const trail *at, schema_section section,
                                     const yaml_node *node, const void *base) {
    for (size_t i = 0; i < node->count && yaml_get(in->root, "made_by") == NULL; i++) {
        const schema_key *key = schema_find(section, node->keys[i]->text, base);
        const yaml_node *value = node->items[i];
        bool on = true;
        const bool off = (yaml_to_boolean(value, &on) && !on) ||
                         (value->kind == YAML_SEQUENCE && value->count == 0); /* at: [] is no mixing */
        if (key->needs != NULL && !yaml_is_null(value) && !off && !is_given(in, at, node, key->needs))
            return refuse_idle(at, key, node->keys[i]);
    }
    return MIXUP_OK;
}

static mixup_status fill_section(filler *in, const trail *at, schema_section section, const yaml_node *node,
                                 void *base) {
    static const yaml_node no_keys[1] = {{.kind = YAML_MAPPING}};
    if (node->kind != YAML_MAPPING && !schema_is_empty(node))
        return refuse_section(at, section, node);
    yaml_node mapping = node->kind == YAML_MAPPING ? *node : no_keys[0];
    mapping.source = node->source;
    mapping.line = node->line;
    mapping.column = node->column;
    MIXUP_TRY(fill_defaults(in, at, section, true, base));
    MIXUP_TRY(fill_keys(in, at, section, &mapping, true, base));
    /* Once more: a choice behind it may have decided which of several rows a key means (`part`, `labels`). */
    MIXUP_TRY(fill_keys(in, at, section, &mapping, true, base));
    MIXUP_TRY(require_keys(at, section, &mapping, true, base));
    MIXUP_TRY(refuse_choices(at, section, &mapping, base));
    MIXUP_TRY(fill_defaults(in, at, section, false, base));
    MIXUP_TRY(fill_keys(in, at, section, &mapping, false, base));
    MIXUP_TRY(require_keys(at, section, &mapping, false, base));
    return refuse_idle_keys(in, at, section, &mapping, base);
}

mixup_status schema_fill(arena *in, const yaml_node *root, const char *folder, settings *out) {
    filler filling = {.memory = in, .folder = folder, .root = root};
    settings filled = {0};
    MIXUP_TRY(fill_section(&filling, NULL, IN_TOP, root, &filled));
    MIXUP_TRY(schema_check(root, &filled));
    *out = filled;
    return MIXUP_OK;
}
