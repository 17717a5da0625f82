/* report/section_settings: what was trained and how, from run.yaml as it stands, so that it serves any
 * experiment: the network in one line a layer, settings that all variants share, and those that differ. */
#include "report/section.h"

#include <string.h>

/* One scalar or list of scalars: its path and its value as text. Both live in the evidence's arena. */
typedef struct setting {
    const char *path;
    const char *value;
} setting;

typedef struct setting_list {
    setting *items;
    size_t count, capacity;
} setting_list;

/* Keys that other places of the page show. A ready-made network is a few settings like others. */
static bool shown_elsewhere(const char *path, const yaml_node *value) {
    if (strcmp(path, "network") == 0 && value->kind == YAML_MAPPING)
        return false;
    static const char *const keys[] = {"name",     "description", "report",  "variant",
                                       "variants", "seed",        "made_by", "network"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(path, keys[i]) == 0)
            return true;
    return false;
}

static mixup_status add_setting(arena *in, setting_list *list, const char *path, const text *value) {
    MIXUP_TRY(text_status(value));
    if (list->count == list->capacity) {
        setting *grown = NULL;
        const size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        MIXUP_TRY(ARENA_NEW(in, grown, capacity));
        if (list->count > 0)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = capacity;
    }
    setting *item = &list->items[list->count];
    item->path = arena_copy_text(in, path, strlen(path));
    item->value = arena_copy_text(in, value->data != NULL ? value->data : "", value->length);
    if (item->path == NULL || item->value == NULL)
        return MIXUP_ERROR_MEMORY;
    list->count++;
    return MIXUP_OK;
}

/* "[10, 20]"; mappings inside a list are left out. */
static void write_list(text *out, const yaml_node *node) {
    text_add(out, "[");
    for (size_t i = 0; i < node->count; i++) {
        text_add(out, i == 0 ? "" : ", ");
        if (node->items[i]->kind == YAML_SCALAR)
            text_add(out, node->items[i]->text);
    }
    text_add(out, "]");
}

static mixup_status flatten(arena *in, const yaml_node *node, const char *prefix, setting_list *list) {
    mixup_status status = MIXUP_OK;
    for (size_t i = 0; i < node->count && status == MIXUP_OK; i++) {
        const yaml_node *item = node->items[i];
        text path, value;
        text_init(&path, &in->allocator);
        text_init(&value, &in->allocator);
        text_format(&path, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", node->keys[i]->text);
        status = text_status(&path);
        if (status == MIXUP_OK && !shown_elsewhere(path.data, item)) {
            if (item->kind == YAML_MAPPING) {
                status = flatten(in, item, path.data, list);
            } else {
                if (item->kind == YAML_SEQUENCE)
                    write_list(&value, item);
                else
                    text_add(&value, item->text);
                status = add_setting(in, list, path.data, &value);
            }
        }
        text_clear(&value);
        text_clear(&path);
    }
    return status;
}

static const char *find_setting(const setting_list *list, const char *path) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].path, path) == 0)
            return list->items[i].value;
    return NULL;
}

static bool shared(const setting_list *lists, size_t count, const char *path) {
    const char *first = find_setting(&lists[0], path);
    for (size_t v = 1; v < count; v++) {
        const char *other = find_setting(&lists[v], path);
        if ((first == NULL) != (other == NULL) || (first != NULL && strcmp(first, other) != 0))
            return false;
    }
    return true;
}

static void add_cell(page *out, const char *value) {
    text_add(&out->html, "<td>");
    html_escape(&out->html, value != NULL ? value : "–");
    text_add(&out->html, "</td>");
}

/* Rows of the settings that differ, each path once; returns how many. */
static size_t add_differing(page *out, const setting_list *lists, size_t count) {
    size_t rows = 0;
    for (size_t v = 0; v < count; v++)
        for (size_t i = 0; i < lists[v].count; i++) {
            const char *path = lists[v].items[i].path;
            bool seen = false;
            for (size_t before = 0; before < v; before++)
                seen = seen || find_setting(&lists[before], path) != NULL;
            if (seen || shared(lists, count, path))
                continue;
            text_add(&out->html, "<tr><th scope=\"row\">");
            html_escape(&out->html, path);
            text_add(&out->html, "</th>");
            for (size_t k = 0; k < count; k++)
                add_cell(out, find_setting(&lists[k], path));
            text_add(&out->html, "</tr>\n");
            rows++;
        }
    return rows;
}

static void add_shared(page *out, const setting_list *lists, size_t count) {
    for (size_t i = 0; i < lists[0].count; i++) {
        const setting *item = &lists[0].items[i];
        if (!shared(lists, count, item->path))
            continue;
        text_add(&out->html, "<li>");
        html_escape(&out->html, item->path);
        text_add(&out->html, " <code>");
        html_escape(&out->html, item->value);
        text_add(&out->html, "</code></li>\n");
    }
}

/* Whether a resolved layer's key only repeats what any layer does unless told otherwise. */
static bool usual(const char *key, const char *value) {
    static const char *const pairs[][2] = {
        {"bias", "true"}, {"initial", "glorot_uniform"}, {"repeat", "1"}, {"activation", "linear"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(key, pairs[i][0]) == 0 && strcmp(value, pairs[i][1]) == 0)
            return true;
    return strcmp(value, "false") == 0;
}

/* A key of a layer: " 1024", ", leaky_relu", ", slope 0.3", ", name bottleneck". */
static void write_layer_key(text *out, const char *key, const yaml_node *value) {
    static const char *const bare[] = {"op", "units", "activation", "shape"};
    bool named = true;
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
        named = named && strcmp(key, bare[i]) != 0;
    if (out->length > 0)
        text_add(out, strcmp(key, "units") == 0 ? " " : ", ");
    if (named)
        text_format(out, "%s ", key);
    if (value->kind == YAML_SCALAR)
        text_add(out, value->text);
    else if (value->kind == YAML_SEQUENCE)
        write_list(out, value);
}

/* A layer in words: "dense 1024, leaky_relu, slope 0.3". */
static void write_layer(text *out, const yaml_node *layer) {
    static const char *const first[] = {"op", "units"};
    for (size_t i = 0; i < 2; i++) {
        const yaml_node *value = yaml_get(layer, first[i]);
        if (value != NULL)
            write_layer_key(out, first[i], value);
    }
    for (size_t i = 0; i < layer->count; i++) {
        const char *key = layer->keys[i]->text;
        const yaml_node *value = layer->items[i];
        const bool done = strcmp(key, "op") == 0 || strcmp(key, "units") == 0 || strcmp(key, "repeat") == 0;
        if (!done && (value->kind != YAML_SCALAR || !usual(key, value->text)))
            write_layer_key(out, key, value);
    }
    const yaml_node *repeat = yaml_get(layer, "repeat");
    if (repeat != NULL && repeat->kind == YAML_SCALAR && !usual("repeat", repeat->text))
        text_format(out, "  × %s", repeat->text);
}

/* A list of layers as HTML, equal neighbours counted instead of repeated. Nothing for a ready-made network.
 */
static mixup_status write_network(const yaml_node *network, text *out) {
    if (network == NULL || network->kind != YAML_SEQUENCE)
        return MIXUP_OK;
    text line, previous;
    text_init(&line, &out->allocator);
    text_init(&previous, &out->allocator);
    size_t repeats = 0;
    for (size_t i = 0; i <= network->count; i++) {
        text_clear(&line);
        if (i < network->count && network->items[i]->kind == YAML_MAPPING)
            write_layer(&line, network->items[i]);
        if (previous.data != NULL && line.data != NULL && strcmp(previous.data, line.data) == 0) {
            repeats++;
            continue;
        }
        if (previous.data != NULL) {
            html_escape(out, previous.data);
            if (repeats > 1)
                text_format(out, "  × %zu", repeats);
            text_add(out, "\n");
        }
        text_clear(&previous);
        text_add(&previous, line.data != NULL ? line.data : "");
        repeats = 1;
    }
    const mixup_status status = text_status(&line) == MIXUP_OK ? text_status(&previous) : text_status(&line);
    text_clear(&previous);
    text_clear(&line);
    return status == MIXUP_OK ? text_status(out) : status;
}

static const char *written(const text *in) {
    return in->data != NULL ? in->data : "";
}

/* The first variant that has the network of variant `of`. */
static size_t first_like(const text *networks, size_t of) {
    size_t first = 0;
    while (strcmp(written(&networks[first]), written(&networks[of])) != 0)
        first++;
    return first;
}

/* "none, input", the variants whose network is that of `first`. */
static void add_owners(page *out, const evidence *about, const text *networks, size_t first) {
    const char *between = "<p class=\"soft\">The network of ";
    for (size_t v = first; v < about->variant_count; v++) {
        if (first_like(networks, v) != first)
            continue;
        text_add(&out->html, between);
        html_escape(&out->html, about->variants[v].files->name);
        between = ", ";
    }
    text_add(&out->html, "</p>\n");
}

static void add_distinct(page *out, const evidence *about, const text *networks) {
    bool differ = false;
    for (size_t v = 0; v < about->variant_count; v++)
        differ = differ || first_like(networks, v) > 0;
    for (size_t v = 0; v < about->variant_count; v++) {
        if (networks[v].length == 0 || first_like(networks, v) < v)
            continue;
        if (differ)
            add_owners(out, about, networks, v);
        text_format(&out->html, "<pre>%s</pre>\n", networks[v].data);
    }
}

/* The list of layers, once for all variants that have it. */
static mixup_status add_networks(page *out, const evidence *about, arena *memory) {
    const size_t count = about->variant_count;
    text *networks = NULL;
    mixup_status status = MIXUP_OK;
    MIXUP_TRY(ARENA_NEW(memory, networks, count));
    for (size_t v = 0; v < count; v++)
        text_init(&networks[v], out->allocator);
    for (size_t v = 0; v < count && status == MIXUP_OK; v++)
        status = write_network(yaml_get(about->variants[v].document, "network"), &networks[v]);
    if (status == MIXUP_OK)
        add_distinct(out, about, networks);
    for (size_t v = 0; v < count; v++)
        text_clear(&networks[v]);
    return status;
}

static void add_tables(page *out, const evidence *about, const setting_list *lists) {
    const size_t count = about->variant_count;
    if (count > 1) {
        text_add(&out->html,
                 "<div class=\"scroll\"><table class=\"settings\"><caption>What differs</caption>\n"
                 "<thead><tr><th scope=\"col\">setting</th>");
        for (size_t v = 0; v < count; v++)
            section_variant_head(out, &about->variants[v]);
        text_add(&out->html, "</tr></thead>\n<tbody>\n");
        if (add_differing(out, lists, count) == 0)
            text_add(&out->html, "<tr><td>nothing</td></tr>\n");
        text_add(&out->html, "</tbody></table></div>\n");
    }
    text_format(&out->html, "<p class=\"soft\">%s</p>\n<ul class=\"settings\">\n",
                count > 1 ? "What all variants share" : "All settings");
    add_shared(out, lists, count);
    text_add(&out->html, "</ul>\n");
}

static mixup_status add_settings(page *out, const evidence *about, arena *memory) {
    setting_list *lists = NULL;
    MIXUP_TRY(ARENA_NEW(memory, lists, about->variant_count));
    for (size_t v = 0; v < about->variant_count; v++)
        if (about->variants[v].document->kind == YAML_MAPPING)
            MIXUP_TRY(flatten(memory, about->variants[v].document, "", &lists[v]));
    text_add(&out->html, "<h3>Settings</h3>\n");
    MIXUP_TRY(add_networks(out, about, memory));
    add_tables(out, about, lists);
    return MIXUP_OK;
}

mixup_status section_settings(page *out, const evidence *about) {
    arena memory;
    arena_init(&memory, out->allocator);
    const mixup_status status = add_settings(out, about, &memory);
    arena_clear(&memory);
    return status;
}

/* A word of a command. */
static void add_word(text *out, const char *word) {
    text quoted;
    text_init(&quoted, &out->allocator);
    text_add_word(&quoted, word);
    if (text_status(&quoted) == MIXUP_OK)
        html_escape(out, quoted.data);
    else
        out->status = text_status(&quoted);
    text_clear(&quoted);
}

static void add_made_by(page *out, const evidence *about) {
    const yaml_node *made = yaml_get(about->variants[0].document, "made_by");
    if (made == NULL || made->kind != YAML_MAPPING)
        return;
    text_add(&out->html, "<p class=\"soft\">Made by ");
    bool first = true;
    for (size_t i = 0; i < made->count; i++) {
        if (made->items[i]->kind != YAML_SCALAR || strcmp(made->keys[i]->text, "source") == 0)
            continue;
        text_add(&out->html, first ? "" : ", ");
        html_escape(&out->html, made->keys[i]->text);
        text_add(&out->html, " ");
        html_escape(&out->html, made->items[i]->text);
        first = false;
    }
    text_add(&out->html, ".</p>\n");
}

/* Each --set that the training was given. */
static void add_overrides(text *out, const evidence_variant *of) {
    const yaml_node *list = yaml_find(of->document, "made_by.set");
    for (size_t i = 0; list != NULL && list->kind == YAML_SEQUENCE && i < list->count; i++)
        if (list->items[i]->kind == YAML_SCALAR) {
            text_add(out, " --set ");
            add_word(out, list->items[i]->text);
        }
}

void section_again(page *out, const evidence *about) {
    const evidence_variant *first = &about->variants[0];
    const char *source = evidence_setting(first, "made_by.source");
    text_add(&out->html, "<h3>Run it again</h3>\n<pre>");
    if (source != NULL)
        text_add(&out->html, "# all variants; finished runs are kept\n");
    if (source != NULL) {
        text_add(&out->html, "mixup train ");
        add_word(&out->html, source);
        text_add(&out->html, " --seeds ");
        for (size_t r = 0; r < first->files->run_count; r++)
            text_format(&out->html, "%s%llu", r == 0 ? "" : ",",
                        (unsigned long long)first->files->runs[r].seed);
        add_overrides(&out->html, first);
        text_add(&out->html, " --out ");
        add_word(&out->html, about->files->folder);
        text_add(&out->html, "\n");
    }
    text_add(&out->html, "# one run: the same bits on the same machine\n");
    for (size_t v = 0; v < about->variant_count; v++) {
        text_add(&out->html, "mixup train ");
        text path;
        text_init(&path, out->allocator);
        text_format(&path, "%s/run.yaml", about->variants[v].files->runs[0].folder);
        add_word(&out->html, path.data != NULL ? path.data : "");
        text_clear(&path);
        text_add(&out->html, " --out again\n");
    }
    text_add(&out->html, "</pre>\n");
    add_made_by(out, about);
}
