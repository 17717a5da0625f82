/* experiment/schema: settings written back, as the YAML of run.yaml or as flat lines to compare. */
#include "experiment/schema.h"

#include <stdio.h>
#include <string.h>

typedef struct writer {
    text *out;
    bool flat;
} writer;

/* Where a line begins: the path of the section (flat) or its indentation. */
typedef struct prefix {
    char path[200];
    size_t indent;
    bool item; /* the next line is the first of a list item: "- " */
} prefix;

static void write_section(writer *to, schema_section section, const void *base, prefix *at);

static size_t list_count(const schema_key *key, const void *base) {
    const char *field = (const char *)base + key->at;
    size_t count = 0;
    if (key->capacity == 0) {
        memcpy(&count, (const char *)base + key->count_at, sizeof count);
        const void *items = NULL;
        memcpy(&items, field, sizeof items);
        return items != NULL ? count : 0;
    }
    if (key->type == SCHEMA_SINGLES) /* a range of numbers above 0 */
        return ((const float *)(const void *)field)[0] > 0.0f ? key->capacity : 0;
    for (; count < key->capacity; count++) { /* an array inside the struct ends at the first 0 or NULL */
        const bool last = key->type == SCHEMA_COUNTS
                              ? ((const size_t *)(const void *)field)[count] == 0
                              : ((const char *const *)(const void *)field)[count] == NULL;
        if (last)
            break;
    }
    return count;
}

static bool has_value(const schema_key *key, const void *base);

/* An optional section is there when its first key says something. */
static bool is_there(schema_section section, const void *base) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows; i++)
        if ((keys[i].in & (unsigned)section) != 0)
            return has_value(&keys[i], base);
    return false;
}

/* Whether the field says anything: keys with a constant default always do. */
static bool has_value(const schema_key *key, const void *base) {
    const void *field = (const char *)base + key->at;
    switch (key->type) {
    case SCHEMA_SECTION:
        return !key->optional || is_there(key->child, field);
    case SCHEMA_CHOICE:
        return key->choice(schema_choice_value(key, base)) != NULL;
    case SCHEMA_SECTIONS:
    case SCHEMA_TEXTS:
    case SCHEMA_PATHS:
    case SCHEMA_COUNTS:
    case SCHEMA_SINGLES:
    case SCHEMA_DOUBLES:
        return list_count(key, base) > 0;
    case SCHEMA_PAIR:
        return ((const size_t *)field)[0] != 0 || ((const size_t *)field)[1] != 0;
    case SCHEMA_FREE:
        return false;
    case SCHEMA_TEXT:
    case SCHEMA_WORD:
    case SCHEMA_PATH:
        return *(const char *const *)field != NULL;
    case SCHEMA_COUNT:
        return key->fallback != NULL || *(const size_t *)field != 0;
    case SCHEMA_SINGLE:
        return key->fallback != NULL || key->otherwise != NULL || *(const float *)field != 0.0f;
    case SCHEMA_DOUBLE:
        return key->fallback != NULL || *(const double *)field != 0.0;
    default:
        return true;
    }
}

static void write_list(writer *to, const schema_key *key, const void *base) {
    const void *field = (const char *)base + key->at;
    const void *items = field;
    if (key->capacity == 0) /* the field is a pointer to them */
        items = *(const void *const *)field;
    const size_t count = list_count(key, base);
    text_add(to->out, "[");
    for (size_t i = 0; i < count; i++) {
        text_add(to->out, i > 0 ? ", " : "");
        if (key->type == SCHEMA_TEXTS || key->type == SCHEMA_PATHS)
            yaml_write_text(to->out, ((const char *const *)items)[i]);
        else if (key->type == SCHEMA_COUNTS)
            text_format(to->out, "%zu", ((const size_t *)items)[i]);
        else if (key->type == SCHEMA_DOUBLES)
            yaml_write_number(to->out, ((const double *)items)[i], false);
        else
            yaml_write_number(to->out, (double)((const float *)items)[i], true);
    }
    text_add(to->out, "]");
}

/* The other way round than set_pair (schema_fill.c). */
static void write_pair(writer *to, const size_t pair[2]) {
    const size_t second = pair[1] == MIXUP_NO_PADDING ? 0 : (pair[1] == 0 ? pair[0] : pair[1]);
    if (pair[0] == second)
        text_format(to->out, "%zu", pair[0]);
    else
        text_format(to->out, "[%zu, %zu]", pair[0], second);
}

static void write_value(writer *to, const schema_key *key, const void *base) {
    const void *field = (const char *)base + key->at;
    switch (key->type) {
    case SCHEMA_TEXT:
    case SCHEMA_WORD:
    case SCHEMA_PATH:
        yaml_write_text(to->out, *(const char *const *)field);
        break;
    case SCHEMA_CHARACTER: {
        const char one[2] = {*(const char *)field, '\0'};
        yaml_write_text(to->out, one);
        break;
    }
    case SCHEMA_BOOLEAN:
    case SCHEMA_WITHOUT:
        text_add(to->out, *(const bool *)field != (key->type == SCHEMA_WITHOUT) ? "true" : "false");
        break;
    case SCHEMA_CHOICE:
        text_add(to->out, key->choice(schema_choice_value(key, base)));
        break;
    case SCHEMA_COUNT:
        text_format(to->out, "%zu", *(const size_t *)field);
        break;
    case SCHEMA_SEED:
        text_format(to->out, "%llu", (unsigned long long)*(const uint64_t *)field);
        break;
    case SCHEMA_SINGLE:
        yaml_write_number(to->out, (double)*(const float *)field, true);
        break;
    case SCHEMA_DOUBLE:
        yaml_write_number(to->out, *(const double *)field, false);
        break;
    case SCHEMA_PAIR:
        write_pair(to, field);
        break;
    default:
        write_list(to, key, base);
        break;
    }
}

static void begin_line(writer *to, const char *name, prefix *at) {
    if (to->flat) {
        text_format(to->out, "%s%s:", at->path, name);
        return;
    }
    for (size_t i = 0; i < at->indent; i++)
        text_add(to->out, i + 2 == at->indent && at->item ? "-" : " ");
    at->item = false;
    text_format(to->out, "%s:", name);
}

static void write_sections(writer *to, const schema_key *key, const void *base, const prefix *at) {
    const char *items = NULL;
    memcpy(&items, (const char *)base + key->at, sizeof items);
    const size_t size = schema_find_part(key->child)->size;
    for (size_t i = 0; i < list_count(key, base); i++) {
        prefix below = {.indent = at->indent + 4, .item = true};
        snprintf(below.path, sizeof below.path, "%.100s%.40s[%zu].", at->path, key->name, i);
        write_section(to, key->child, items + i * size, &below);
    }
}

static void write_key(writer *to, const schema_key *key, const void *base, prefix *at) {
    const bool nested = key->type == SCHEMA_SECTION || key->type == SCHEMA_SECTIONS;
    if (!nested) {
        begin_line(to, key->name, at);
        text_add(to->out, " ");
        write_value(to, key, base);
        text_add(to->out, "\n");
        return;
    }
    if (!to->flat) {
        begin_line(to, key->name, at);
        text_add(to->out, "\n");
    }
    if (key->type == SCHEMA_SECTIONS) {
        write_sections(to, key, base, at);
        return;
    }
    prefix below = {.indent = at->indent + 2};
    snprintf(below.path, sizeof below.path, "%.100s%.40s.", at->path, key->name);
    write_section(to, key->child, (const char *)base + key->at, &below);
}

static void write_section(writer *to, schema_section section, const void *base, prefix *at) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows; i++)
        if ((keys[i].in & (unsigned)section) != 0 && schema_applies(&keys[i], section, base) &&
            has_value(&keys[i], base))
            write_key(to, &keys[i], base, at);
}

void schema_write(const settings *in, bool flat, text *out) {
    writer to = {.out = out, .flat = flat};
    prefix top = {.indent = 0};
    write_section(&to, IN_TOP, in, &top);
}
