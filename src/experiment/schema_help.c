/* experiment/schema: the documentation that the table generates, docs/configuration.md and `mixup help KEY`.
 */
#include "experiment/schema.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- Markdown */

/* A cell of a table: '|' would end it. */
static void add_cell(text *out, const char *value) {
    for (const char *at = value; *at != '\0'; at++)
        text_append(out, *at == '|' ? "\\|" : at, *at == '|' ? 2 : 1);
}

static void add_default(const schema_key *key, text *out) {
    if (key->required)
        text_add(out, "required");
    else if (key->fallback != NULL)
        text_format(out, "`%s`", key->fallback);
    else if (key->type == SCHEMA_SECTION && !key->optional)
        text_add(out, "its keys' defaults");
    else
        text_add(out, key->otherwise != NULL ? key->otherwise : "none");
}

static void add_row(const schema_key *key, text *out) {
    const schema_words range = schema_range_words(key);
    text_format(out, "| `%s` | ", key->name);
    add_cell(out, schema_type_words(key).text);
    text_format(out, "%s%s", range.text[0] != '\0' ? ", " : "", range.text);
    text_format(out, "%s%s | ", key->unit != NULL ? "; in " : "", key->unit != NULL ? key->unit : "");
    add_default(key, out);
    text_add(out, " | ");
    if (key->where != NULL)
        text_format(out, "*%s %s:* ", key->of, key->where);
    add_cell(out, key->text);
    text_add(out, " |\n");
}

static void add_part(const schema_part *part, text *out) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    if (part->path[0] == '\0')
        text_add(out, "## The file\n\n");
    else
        text_format(out, "## `%s`\n\n%s\n\n", part->path, part->text);
    text_add(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < rows; i++)
        if ((keys[i].in & (unsigned)part->section) != 0)
            add_row(&keys[i], out);
    text_add(out, "\n");
}

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "Every key of an experiment file. This page is generated: `mixup help --markdown > "
    "docs/configuration.md`.\n"
    "`mixup help KEY` says the same about one key, `mixup init` writes a file to begin with.\n"
    "\n"
    "- A file is checked strictly before anything runs: an unknown key, a wrong type or a value out of "
    "range\n"
    "  is an error with file, line and column.\n"
    "- So is a setting that would do nothing because another one is missing (`flip_probability` without\n"
    "  `horizontal_flip`, `mix.at` without `mix.alpha`). What is turned off on purpose (`false`, `0`, "
    "`null`)\n"
    "  may keep its settings.\n"
    "- What counts, in this order: the file that is extended, the file, the variant, `--set KEY=VALUE`.\n"
    "  Mappings merge deeply, lists replace, and `null` puts a key back to its default.\n"
    "- Paths are relative to the file in which they stand.\n"
    "- Numbers are decimal (`12`, `0.1`, `1e-3`), truth values `true` and `false`; a single value stands for "
    "a\n"
    "  list of one. Anchors (`&name`, `*name`) and merge keys (`<<: *name`) work.\n"
    "\n";

void schema_write_markdown(text *out) {
    size_t count = 0;
    const schema_part *parts = schema_parts(&count);
    text_add(out, introduction);
    for (size_t i = 0; i < count; i++)
        add_part(&parts[i], out);
    out->length -= out->length > 0; /* the last blank line */
    if (out->data != NULL)
        out->data[out->length] = '\0';
}

/* ---------------------------------------------------------------- one key */

static void add_key_page(const char *path, const schema_key *key, text *out) {
    const schema_words range = schema_range_words(key);
    text_format(out, "%s%s%s\n  %s\n", path, path[0] != '\0' ? "." : "", key->name, key->text);
    text_format(out, "  value:   %s%s%s%s%s\n", schema_type_words(key).text,
                range.text[0] != '\0' ? ", " : "", range.text, key->unit != NULL ? "; in " : "",
                key->unit != NULL ? key->unit : "");
    text_add(out, "  default: ");
    if (key->required)
        text_add(out, "none, the key is required");
    else
        text_add(out, key->fallback != NULL    ? key->fallback
                      : key->otherwise != NULL ? key->otherwise
                                               : "none");
    text_add(out, "\n");
    if (key->where != NULL)
        text_format(out, "  only with %s: %s\n", key->of, key->where);
    if (key->needs != NULL)
        text_format(out, "  only with %s\n", key->needs);
    text_add(out, "\n");
}

static void add_part_page(const schema_part *part, text *out) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    text_format(out, "%s\n  %s\n\n", part->path[0] != '\0' ? part->path : "An experiment file", part->text);
    for (size_t i = 0; i < rows; i++) {
        if ((keys[i].in & (unsigned)part->section) == 0)
            continue;
        if (keys[i].where != NULL)
            text_format(out, "  %s (%s %s)\n", keys[i].name, keys[i].of, keys[i].where);
        else
            text_format(out, "  %s\n", keys[i].name);
        text_format(out, "      %s\n", keys[i].text);
    }
    text_add(out, "\n");
}

/* "network[].units", "network.units" and "network[3].units" are the same; so is what ends in ".units". */
static void plain_path(const char *path, char *out, size_t size) {
    size_t used = 0;
    for (const char *at = path; *at != '\0' && used + 1 < size; at++) {
        if (*at == '[') {
            const char *end = strchr(at, ']');
            at = end != NULL ? end : at + strlen(at) - 1;
        } else {
            out[used++] = *at;
        }
    }
    out[used] = '\0';
}

static bool ends_with_path(const char *full, const char *asked) {
    const size_t length = strlen(full);
    const size_t part = strlen(asked);
    if (part > length || strcmp(full + length - part, asked) != 0)
        return false;
    return part == length || full[length - part - 1] == '.';
}

static bool add_matching(const char *asked, text *out) {
    size_t rows = 0;
    size_t count = 0;
    const schema_key *keys = schema_keys(&rows);
    const schema_part *parts = schema_parts(&count);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        char path[200];
        plain_path(parts[i].path, path, sizeof path);
        if (path[0] != '\0' && ends_with_path(path, asked)) {
            add_part_page(&parts[i], out);
            found = true;
        }
        for (size_t k = 0; k < rows; k++) {
            char full[300];
            snprintf(full, sizeof full, "%s%s%s", path, path[0] != '\0' ? "." : "", keys[k].name);
            const bool section = keys[k].type == SCHEMA_SECTION || keys[k].type == SCHEMA_SECTIONS;
            if ((keys[k].in & (unsigned)parts[i].section) == 0 || section || !ends_with_path(full, asked))
                continue;
            add_key_page(parts[i].path, &keys[k], out);
            found = true;
        }
    }
    return found;
}

bool schema_write_help(const char *path, text *out) {
    char asked[200];
    plain_path(path, asked, sizeof asked);
    if (asked[0] == '\0') {
        add_part_page(schema_find_part(IN_TOP), out);
        return true;
    }
    if (add_matching(asked, out))
        return true;
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    const char *names[256];
    size_t count = 0;
    for (size_t i = 0; i < rows && count < MIXUP_COUNT(names); i++)
        names[count++] = keys[i].name;
    const char *last = strrchr(asked, '.');
    const char *nearest = schema_nearest(last != NULL ? last + 1 : asked, names, count);
    text_format(out, "no key '%s'", path);
    if (nearest != NULL)
        text_format(out, "; did you mean '%s'?", nearest);
    return false;
}
