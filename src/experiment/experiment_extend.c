/* experiment/experiment: reading a file and, below it, the files that it extends.
 *
 * `extends: BASE.yaml` puts the file on top of another: mappings merge deeply, lists replace, and a variant
 * that is null is taken away. Nodes keep the place in which they stood, so messages and relative paths
 * (schema_fill.c) go by the file that wrote them. A newcomer's mistake: to expect the base's name; a file
 * that extends another is an experiment of its own, whose results must not land in the other's folder. */
#include "experiment/experiment_parts.h"

#include "base/file.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 16 };

/* A file that is being read, and the one that extends it. */
typedef struct chain {
    const struct chain *above;
    const char *real; /* its path without links and dots; NULL where the system cannot tell */
    size_t depth;     /* 0: the experiment itself */
} chain;

/* A copy of a mapping whose keys may be taken away; the items are shared. */
static mixup_status copy_mapping(arena *in, const yaml_node *of, yaml_node **out) {
    yaml_node *node = NULL;
    MIXUP_TRY(ARENA_NEW(in, node, 1));
    *node = *of;
    MIXUP_TRY(ARENA_NEW(in, node->keys, of->count));
    MIXUP_TRY(ARENA_NEW(in, node->items, of->count));
    for (size_t i = 0; i < of->count; i++) {
        node->keys[i] = of->keys[i];
        node->items[i] = of->items[i];
    }
    *out = node;
    return MIXUP_OK;
}

static void take_away(yaml_node *mapping, const char *key) {
    size_t kept = 0;
    for (size_t i = 0; i < mapping->count; i++)
        if (strcmp(mapping->keys[i]->text, key) != 0) {
            mapping->keys[kept] = mapping->keys[i];
            mapping->items[kept++] = mapping->items[i];
        }
    mapping->count = kept;
}

/* Takes the variants away that are null in `changed`, the variants of the file on top. */
static mixup_status drop_variants(arena *in, const yaml_node *base, const yaml_node *changed,
                                  yaml_node *merged) {
    const yaml_node *known = yaml_get(base, "variants");
    size_t at = 0;
    while (strcmp(merged->keys[at]->text, "variants") != 0)
        at++;
    yaml_node *left = NULL;
    MIXUP_TRY(copy_mapping(in, merged->items[at], &left));
    for (size_t i = 0; i < changed->count; i++) {
        const char *name = changed->keys[i]->text;
        if (!yaml_is_null(changed->items[i]))
            continue;
        if (yaml_get(known, name) == NULL)
            return schema_error(changed->keys[i], "variants",
                                "'%s' is null, but what this file extends has no such variant", name);
        take_away(left, name);
    }
    merged->items[at] = left;
    return MIXUP_OK;
}

static mixup_status put_on_top(arena *in, const yaml_node *base, const yaml_node *over,
                               const yaml_node **root) {
    static const char *const own[] = {"name", "variant", "made_by"}; /* of a base, they speak of it alone */
    yaml_node *below = NULL;
    yaml_node *changes = NULL;
    yaml_node *result = NULL;
    const yaml_node *merged = NULL;
    MIXUP_TRY(copy_mapping(in, base, &below));
    for (size_t i = 0; i < MIXUP_COUNT(own); i++)
        take_away(below, own[i]);
    MIXUP_TRY(copy_mapping(in, over, &changes));
    take_away(changes, "extends");
    MIXUP_TRY(yaml_merge(in, below, changes, &merged));
    MIXUP_TRY(copy_mapping(in, merged, &result));
    const yaml_node *variants = yaml_get(over, "variants");
    if (variants != NULL && variants->kind == YAML_MAPPING)
        MIXUP_TRY(drop_variants(in, base, variants, result));
    *root = result;
    return MIXUP_OK;
}

static mixup_status check_chain(const chain *at, const yaml_node *node) {
    for (const chain *file = at->above; file != NULL; file = file->above)
        if (at->real != NULL && file->real != NULL && strcmp(at->real, file->real) == 0)
            return schema_error(node, "extends",
                                "'%s' is this file or one that extends it; a file cannot "
                                "extend itself",
                                node->text);
    if (at->depth >= MOST_FILES)
        return schema_error(node, "extends", "leads through more than %d files", MOST_FILES);
    return MIXUP_OK;
}

static mixup_status read_chain(arena *in, const char *path, chain *at, const yaml_node *from,
                               const yaml_node **root);

/* The file that `node`, the key of the file at `path`, names. */
static mixup_status read_base(arena *in, const char *path, const chain *above, const yaml_node *node,
                              const yaml_node **base) {
    if (node->kind != YAML_SCALAR || node->text[0] == '\0' || yaml_is_null(node))
        return schema_error(node, "extends", "is %s; it must be the path of an experiment file",
                            yaml_describe(node).text);
    char *folder = path_folder(&in->allocator, path);
    char *target = folder != NULL ? path_join(&in->allocator, folder, node->text) : NULL;
    mixup_status status = target != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
    if (status == MIXUP_OK)
        status = read_chain(in, target, &(chain){.above = above, .depth = above->depth + 1}, node, base);
    memory_release(&in->allocator, target);
    memory_release(&in->allocator, folder);
    return status;
}

static mixup_status read_tree(arena *in, const char *path, const yaml_node *from, const yaml_node **root) {
    char *data = NULL;
    size_t size = 0;
    mixup_status status = file_read_all(path, YAML_MAX_BYTES, &in->allocator, &data, &size);
    if (status != MIXUP_OK)
        return from == NULL ? status : error_context(status, "%s: extends", yaml_where(from).text);
    status = yaml_parse(in, path, true, data, size, root);
    memory_release(&in->allocator, data);
    return status;
}

/* Reads the file at `path`; `from` is the key that names it, NULL for the experiment itself. */
static mixup_status read_chain(arena *in, const char *path, chain *at, const yaml_node *from,
                               const yaml_node **root) {
    char *real = realpath(path, NULL);
    at->real = real;
    mixup_status status = from != NULL ? check_chain(at, from) : MIXUP_OK;
    const yaml_node *tree = NULL;
    const yaml_node *base = NULL;
    if (status == MIXUP_OK)
        status = read_tree(in, path, from, &tree);
    const yaml_node *extends = status == MIXUP_OK ? yaml_get(tree, "extends") : NULL;
    if (extends != NULL)
        status = read_base(in, path, at, extends, &base);
    if (base != NULL && base->kind != YAML_MAPPING)
        status = schema_error(base, "", "is %s; an experiment is a mapping (key: value)",
                              yaml_describe(base).text);
    if (status == MIXUP_OK && base != NULL)
        status = put_on_top(in, base, tree, &tree);
    free(real);
    if (status == MIXUP_OK)
        *root = tree;
    return status;
}

mixup_status experiment_read(arena *in, const char *path, const yaml_node **root) {
    return read_chain(in, path, &(chain){0}, NULL, root);
}
