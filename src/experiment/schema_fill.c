/* experiment/schema: from a tree of YAML to settings, with every check that a row can express. What involves
 * several keys stands in schema_check.c. */
#include "base/file.h"
#include "experiment/schema_check.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where we are, for messages; the names of the sections above, outermost last. */
typedef struct trail {
    const struct trail *above;
    const char *name; /* "" for the file itself */
    size_t index;     /* of a list item, from 0; SIZE_MAX: not in a list */
} trail;

typedef struct filler {
    arena *memory;
    const char *folder;
} filler;

typedef struct path_text {
    char text[256];
} path_text;

static void write_trail(const trail *at, path_text *out) {
    if (at == NULL)
        return;
    write_trail(at->above, out);
    const size_t used = strlen(out->text);
    const char *dot = used > 0 && at->name[0] != '\0' ? "." : "";
    if (at->index == SIZE_MAX)
        snprintf(out->text + used, sizeof out->text - used, "%s%.80s", dot, at->name);
    else
        snprintf(out->text + used, sizeof out->text - used, "%s%.80s[%zu]", dot, at->name, at->index);
}

static path_text path_of(const trail *at, const char *name) {
    const trail last = {at, name, SIZE_MAX};
    path_text out = {{0}};
    write_trail(&last, &out);
    return out;
}

mixup_status schema_error(const yaml_node *node, const char *key, const char *format, ...) {
    char message[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const yaml_place place = yaml_where(node);
    const char *said = strncmp(place.text, "--set ", 6) == 0 ? place.text + 6 : ""; /* the key already */
    const bool repeats = key[0] == '\0' || strcmp(said, key) == 0;
    return error(MIXUP_ERROR_FORMAT, "%s: %s%s%s", place.text, repeats ? "" : key, repeats ? "" : ": ",
                 message);
}

/* ---------------------------------------------------------------- single values */

static mixup_status misfit(const trail *at, const schema_key *key, const yaml_node *node) {
    const schema_words range = schema_range_words(key);
    return schema_error(node, path_of(at, key->name).text, "is %s; it must be %s%s%s",
                        yaml_describe(node).text, schema_type_words(key).text,
                        range.text[0] != '\0' ? ", " : "", range.text);
}

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

static mixup_status wrong_choice(const trail *at, const schema_key *key, const yaml_node *node) {
    const char *names[64];
    size_t count = 0;
    for (int i = 0; i < key->choices && count < MIXUP_COUNT(names); i++)
        if (key->choice(i) != NULL)
            names[count++] = key->choice(i);
    const char *nearest = node->kind == YAML_SCALAR ? schema_nearest(node->text, names, count) : NULL;
    if (nearest == NULL)
        return misfit(at, key, node);
    return schema_error(node, path_of(at, key->name).text, "is %s; did you mean '%s'? It must be %s",
                        yaml_describe(node).text, nearest, schema_type_words(key).text);
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

/* The path made absolute, so that it holds wherever run.yaml is read from. */
static mixup_status store_path(filler *in, const yaml_node *node, const char **out) {
    char *joined = join_path(in, node);
    if (joined == NULL)
        return MIXUP_ERROR_MEMORY;
    char current[PATH_MAX];
    char *real = realpath(joined, NULL);
    mixup_status status = MIXUP_OK;
    if (real != NULL) {
        *out = arena_copy_text(in->memory, real, strlen(real));
    } else if (joined[0] != '/' && getcwd(current, sizeof current) != NULL) {
        char *absolute = path_join(&in->memory->allocator, current, joined);
        *out = absolute != NULL ? arena_copy_text(in->memory, absolute, strlen(absolute)) : NULL;
        memory_release(&in->memory->allocator, absolute);
    } else {
        *out = arena_copy_text(in->memory, joined, strlen(joined));
    }
    if (*out == NULL)
        status = MIXUP_ERROR_MEMORY;
    free(real);
    memory_release(&in->memory->allocator, joined);
    return status;
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
        return misfit(at, key, node);
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
            return misfit(at, key, item_at(node, i));
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
        return misfit(at, key, node);
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
        return misfit(at, key, node);
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
        return node->kind == YAML_MAPPING || schema_is_empty(node) ? MIXUP_OK : misfit(at, key, node);
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
            return misfit(at, key, node);
        return store_path(in, node, field);
    case SCHEMA_CHOICE:
        return set_scalar(key, node, field) ? MIXUP_OK : wrong_choice(at, key, node);
    default:
        return set_scalar(key, node, field) ? MIXUP_OK : misfit(at, key, node);
    }
}

/* ---------------------------------------------------------------- sections */

bool schema_is_empty(const yaml_node *node) {
    return node->kind == YAML_SCALAR && node->plain && node->text[0] == '\0';
}

static mixup_status unknown_key(const trail *at, schema_section section, const yaml_node *node) {
    const char *names[64];
    size_t count = 0;
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows && count < MIXUP_COUNT(names); i++)
        if ((keys[i].in & (unsigned)section) != 0)
            names[count++] = keys[i].name;
    const char *nearest = schema_nearest(node->text, names, count);
    char offer[200];
    if (nearest != NULL)
        snprintf(offer, sizeof offer, "did you mean '%s'?", nearest);
    else
        snprintf(offer, sizeof offer, "`mixup help %.80s` lists the keys that stand here",
                 section == IN_TOP ? "KEY" : schema_find_part(section)->path);
    return schema_error(node, path_of(at, node->text).text, "no such key; %s", offer);
}

/* The choices with which a key has a meaning: those of all its rows, since a default may differ by choice. */
static schema_words fitting_choices(const schema_key *key, schema_section section) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    schema_words out = {{0}};
    size_t used = 0;
    for (size_t i = 0; i < rows && used < sizeof out.text; i++)
        if ((keys[i].in & (unsigned)section) != 0 && keys[i].where != NULL &&
            strcmp(keys[i].name, key->name) == 0 && strcmp(keys[i].of, key->of) == 0)
            used += (size_t)snprintf(out.text + used, sizeof out.text - used, "%s%s", used == 0 ? "" : " ",
                                     keys[i].where);
    return out;
}

static mixup_status misplaced_key(const trail *at, const schema_key *key, const yaml_node *node,
                                  schema_section section, const void *base) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    const char *chosen = "none";
    for (size_t i = 0; i < rows; i++)
        if ((keys[i].in & (unsigned)section) != 0 && strcmp(keys[i].name, key->of) == 0 &&
            keys[i].choice(schema_choice_value(&keys[i], base)) != NULL)
            chosen = keys[i].choice(schema_choice_value(&keys[i], base));
    return schema_error(node, path_of(at, key->name).text,
                        "has no meaning with %s %s; it goes with %s (in a variant, null takes it away)",
                        key->of, chosen, fitting_choices(key, section).text);
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
            return unknown_key(at, section, node->keys[i]);
        if ((key->type == SCHEMA_CHOICE) != choices || yaml_is_null(node->items[i]))
            continue;
        if (!choices && !schema_applies(key, section, base))
            return misplaced_key(at, key, node->keys[i], section, base);
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
            return misplaced_key(at, key, node->keys[i], section, base);
    }
    return MIXUP_OK;
}

static mixup_status fill_section(filler *in, const trail *at, schema_section section, const yaml_node *node,
                                 void *base) {
    static const yaml_node no_keys[1] = {{.kind = YAML_MAPPING}};
    if (node->kind != YAML_MAPPING && !schema_is_empty(node))
        return schema_error(node, path_of(at, "").text, "is %s; it must be a mapping (key: value)",
                            yaml_describe(node).text);
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
    return require_keys(at, section, &mapping, false, base);
}

mixup_status schema_fill(arena *in, const yaml_node *root, const char *folder, settings *out) {
    filler filling = {.memory = in, .folder = folder};
    settings filled = {0};
    MIXUP_TRY(fill_section(&filling, NULL, IN_TOP, root, &filled));
    MIXUP_TRY(schema_check(root, &filled));
    *out = filled;
    return MIXUP_OK;
}
