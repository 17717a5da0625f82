/* experiment/yaml: from libyaml's document to the tree, with all its limits. */
#include "experiment/yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* What a node comes to once its aliases are unfolded. */
typedef struct extent {
    size_t nodes;  /* below it and itself */
    size_t levels; /* below it */
} extent;

/* What is known about a node of libyaml's document while it is turned into a tree. */
typedef struct entry {
    yaml_node *node; /* NULL: not reached yet */
    bool open;       /* its children are being made: meeting it again is a cycle */
    extent all;
} entry;

typedef struct builder {
    arena *memory;
    yaml_document_t *document;
    const char *source;
    bool lined;
    entry *entries; /* one a node of the document */
} builder;

static mixup_status build(builder *in, int index, size_t depth, const yaml_node **out, extent *above);

static mixup_status fail(const yaml_node *node, const char *message) {
    return error(MIXUP_ERROR_FORMAT, "%s: %s", yaml_where(node).text, message);
}

static mixup_status build_scalar(builder *in, const yaml_node_t *raw, yaml_node *node) {
    const char *value = (const char *)raw->data.scalar.value;
    const size_t length = raw->data.scalar.length;
    if (strlen(value) != length)
        return fail(node, "the text contains a zero byte; leave it out");
    node->kind = YAML_SCALAR;
    node->plain = raw->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_copy_text(in->memory, value, length);
    return node->text != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

static mixup_status build_sequence(builder *in, const yaml_node_t *raw, size_t depth, yaml_node *node,
                                   extent *all) {
    const yaml_node_item_t *items = raw->data.sequence.items.start;
    const size_t count = (size_t)(raw->data.sequence.items.top - items);
    node->kind = YAML_SEQUENCE;
    MIXUP_TRY(ARENA_NEW(in->memory, node->items, count));
    for (size_t i = 0; i < count; i++)
        MIXUP_TRY(build(in, items[i], depth + 1, &node->items[i], all));
    node->count = count;
    return MIXUP_OK;
}

/* The key << of YAML 1.1 (yaml.org/type/merge): its value's keys stand here too. */
static bool is_merge(const yaml_node *key) {
    return key->plain && strcmp(key->text, "<<") == 0;
}

/* Whether `from` has a key that `node` has not. */
static bool has_another_key(const yaml_node *from, const yaml_node *node) {
    for (size_t i = 0; i < from->count; i++)
        if (yaml_get(node, from->keys[i]->text) == NULL)
            return true;
    return false;
}

/* Adds what `from`, the value of a key <<, has and `node` has not. */
static mixup_status add_keys(builder *in, const yaml_node *from, yaml_node *node) {
    if (from->kind != YAML_MAPPING)
        return fail(from, "<< takes a mapping, or a list of them: <<: *name");
    const yaml_node **keys = NULL;
    const yaml_node **items = NULL;
    if (!has_another_key(from, node)) /* no copy for each of a long list of aliases */
        return MIXUP_OK;
    MIXUP_TRY(ARENA_NEW(in->memory, keys, node->count + from->count));
    MIXUP_TRY(ARENA_NEW(in->memory, items, node->count + from->count));
    memcpy(keys, node->keys, node->count * sizeof *keys);
    memcpy(items, node->items, node->count * sizeof *items);
    size_t count = node->count;
    for (size_t i = 0; i < from->count; i++)
        if (yaml_get(node, from->keys[i]->text) == NULL) {
            keys[count] = from->keys[i];
            items[count++] = from->items[i];
        }
    node->keys = keys;
    node->items = items;
    node->count = count;
    if (count > YAML_MAX_KEYS)
        return error(MIXUP_ERROR_FORMAT, "%s: a mapping of more than %d keys", yaml_where(node).text,
                     YAML_MAX_KEYS);
    return MIXUP_OK;
}

/* `value` of a key <<, or NULL; of a list, the first one counts that has a key. */
static mixup_status add_merged(builder *in, const yaml_node *value, yaml_node *node) {
    if (value == NULL)
        return MIXUP_OK;
    if (value->kind != YAML_SEQUENCE)
        return add_keys(in, value, node);
    for (size_t i = 0; i < value->count; i++)
        MIXUP_TRY(add_keys(in, value->items[i], node));
    return MIXUP_OK;
}

static mixup_status refuse_second(const yaml_node *key, const yaml_node *earlier) {
    char place[60] = "";
    if (earlier->line > 0)
        snprintf(place, sizeof place, "; its other value is in line %zu", earlier->line);
    return error(MIXUP_ERROR_FORMAT, "%s: %s: the key stands here a second time%s", yaml_where(key).text,
                 key->text, place);
}

static mixup_status build_mapping(builder *in, const yaml_node_t *raw, size_t depth, yaml_node *node,
                                  extent *all) {
    const yaml_node_pair_t *pairs = raw->data.mapping.pairs.start;
    const size_t count = (size_t)(raw->data.mapping.pairs.top - pairs);
    node->kind = YAML_MAPPING;
    if (count > YAML_MAX_KEYS) /* each is compared with all before it */
        return error(MIXUP_ERROR_FORMAT, "%s: a mapping of more than %d keys", yaml_where(node).text,
                     YAML_MAX_KEYS);
    MIXUP_TRY(ARENA_NEW(in->memory, node->keys, count));
    MIXUP_TRY(ARENA_NEW(in->memory, node->items, count));
    const yaml_node *merged = NULL;
    for (size_t i = 0; i < count; i++) {
        const yaml_node *key = NULL;
        const yaml_node *value = NULL;
        MIXUP_TRY(build(in, pairs[i].key, depth + 1, &key, all));
        if (key->kind != YAML_SCALAR)
            return fail(key, "a key must be a single word");
        const yaml_node *earlier = is_merge(key) ? merged : yaml_get(node, key->text);
        if (earlier != NULL)
            return refuse_second(key, earlier);
        MIXUP_TRY(build(in, pairs[i].value, depth + 1, &value, all));
        if (is_merge(key)) {
            merged = value;
            continue;
        }
        node->keys[node->count] = key;
        node->items[node->count++] = value;
    }
    return add_merged(in, merged, node);
}

static bool default_tag(const yaml_node_t *raw) {
    const char *tag = (const char *)raw->tag;
    return tag == NULL || strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, YAML_SEQ_TAG) == 0 ||
           strcmp(tag, YAML_MAP_TAG) == 0;
}

static mixup_status refuse_depth(const yaml_node *node) {
    return error(MIXUP_ERROR_FORMAT, "%s: nested more than %d levels deep", yaml_where(node).text,
                 YAML_MAX_DEPTH);
}

static mixup_status build_new(builder *in, const yaml_node_t *raw, size_t depth, yaml_node *node,
                              extent *all) {
    node->source = in->source;
    node->line = in->lined ? raw->start_mark.line + 1 : 0;
    node->column = raw->start_mark.column + 1;
    if (!default_tag(raw))
        return error(MIXUP_ERROR_FORMAT, "%s: the tag '%s' has no meaning here; leave it out",
                     yaml_where(node).text, (const char *)raw->tag);
    if (depth > YAML_MAX_DEPTH)
        return refuse_depth(node);
    switch (raw->type) {
    case YAML_SCALAR_NODE:
        return build_scalar(in, raw, node);
    case YAML_SEQUENCE_NODE:
        return build_sequence(in, raw, depth, node, all);
    case YAML_MAPPING_NODE:
        return build_mapping(in, raw, depth, node, all);
    case YAML_NO_NODE:
        break;
    }
    return fail(node, "an empty node");
}

/* Node `index` (from 1) of the document; adds it to the extent of the one above. */
static mixup_status build(builder *in, int index, size_t depth, const yaml_node **out, extent *above) {
    entry *known = &in->entries[index - 1];
    if (known->node == NULL) {
        MIXUP_TRY(ARENA_NEW(in->memory, known->node, 1));
        known->open = true;
        extent all = {.nodes = 1};
        MIXUP_TRY(build_new(in, yaml_document_get_node(in->document, index), depth, known->node, &all));
        known->all = all;
        known->open = false;
    } else if (known->open) {
        return fail(known->node, "the anchor set here is used inside itself");
    }
    if (depth + known->all.levels > YAML_MAX_DEPTH) /* an alias: it began higher up */
        return refuse_depth(known->node);
    above->nodes += known->all.nodes;
    if (above->levels < known->all.levels + 1)
        above->levels = known->all.levels + 1;
    if (above->nodes > YAML_MAX_NODES)
        return error(MIXUP_ERROR_FORMAT, "%s: more than %d values once its aliases (*name) are unfolded",
                     in->source, YAML_MAX_NODES);
    *out = known->node;
    return MIXUP_OK;
}

static mixup_status build_document(arena *memory, const char *source, bool lined, yaml_document_t *document,
                                   const yaml_node **root) {
    const size_t count = (size_t)(document->nodes.top - document->nodes.start);
    builder in = {.memory = memory, .document = document, .source = source, .lined = lined};
    MIXUP_TRY(ARENA_NEW(memory, in.entries, count));
    extent whole = {0};
    return build(&in, 1, 0, root, &whole);
}

static mixup_status syntax_error(const yaml_parser_t *parser, const char *source, bool lined,
                                 const char *data, size_t size) {
    if (parser->error == YAML_MEMORY_ERROR)
        return error(MIXUP_ERROR_MEMORY, "%s: out of memory while reading YAML", source);
    const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
    if (parser->error == YAML_READER_ERROR)
        return error(MIXUP_ERROR_FORMAT, "%s: byte %zu: %s; the file must be text in UTF-8", source,
                     parser->problem_offset, problem);
    const yaml_mark_t mark = parser->problem_mark;
    const yaml_node place = {.source = source, .line = lined ? mark.line + 1 : 0, .column = mark.column + 1};
    const bool tab = mark.index < size && data[mark.index] == '\t';
    return error(MIXUP_ERROR_FORMAT, "%s: %s%s%s%s", yaml_where(&place).text,
                 parser->context != NULL ? parser->context : "", parser->context != NULL ? ", " : "", problem,
                 tab ? "; this is a tab, indent with spaces" : "");
}

/* A file holds one document and nothing after it. */
static mixup_status expect_end(yaml_parser_t *parser, const char *source, bool lined, const char *data,
                               size_t size) {
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return syntax_error(parser, source, lined, data, size);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    mixup_status status = MIXUP_OK;
    if (root != NULL) {
        const yaml_node place = {
            .source = source, .line = lined ? root->start_mark.line + 1 : 0, .column = 1};
        status = fail(&place, "a second document begins here; one file is one experiment");
    }
    yaml_document_delete(&second);
    return status;
}

static mixup_status parse(arena *in, yaml_parser_t *parser, const char *source, bool lined, const char *data,
                          size_t size, const yaml_node **root) {
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document))
        return syntax_error(parser, source, lined, data, size);
    mixup_status status = MIXUP_OK;
    const yaml_node *result = NULL;
    if (yaml_document_get_root_node(&document) == NULL)
        status = error(MIXUP_ERROR_FORMAT,
                       "%s: holds no YAML; `mixup init` writes an experiment to begin with", source);
    if (status == MIXUP_OK)
        status = build_document(in, source, lined, &document, &result);
    yaml_document_delete(&document);
    MIXUP_TRY(status);
    MIXUP_TRY(expect_end(parser, source, lined, data, size));
    *root = result;
    return MIXUP_OK;
}

mixup_status yaml_parse(arena *in, const char *source, bool lined, const char *data, size_t size,
                        const yaml_node **root) {
    const char *kept_source = arena_copy_text(in, source, strlen(source));
    if (kept_source == NULL)
        return MIXUP_ERROR_MEMORY;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return error(MIXUP_ERROR_MEMORY, "%s: out of memory while reading YAML", source);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    const size_t mark = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* of UTF-8, by Windows */
    yaml_parser_set_input_string(&parser, (const unsigned char *)data + mark, size - mark);
    const mixup_status status = parse(in, &parser, kept_source, lined, data + mark, size - mark, root);
    yaml_parser_delete(&parser);
    return status;
}
