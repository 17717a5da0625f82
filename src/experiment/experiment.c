/* experiment/experiment: files, variants and overrides; see the header. Reading and `extends` are in
 * experiment_extend.c, data in experiment_data.c, the model in experiment_model.c, writing and comparing in
 * experiment_write.c. */
#include "experiment/experiment_parts.h"

#include "base/path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct experiment_file {
    arena memory;
    char *path;
    char *folder;
    const char *name; /* the file's name, for experiments that have none */
    const yaml_node *root;
    const yaml_node *variants; /* NULL: none */
    const yaml_node *over;     /* all overrides; NULL: none */
    const char **overrides;    /* [override_count] as they were given */
    size_t override_count;
    const char *single;          /* the variant's name where there are no variants */
    const yaml_node *lacks_data; /* the root as it was, where a stand-in was put in place of data */
};

/* ---------------------------------------------------------------- overrides */

/* No empty word in "a.b.c". */
static bool whole_words(const char *key, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (key[i] == '.' && (i == 0 || i + 1 == length || key[i + 1] == '.'))
            return false;
    return true;
}

/* Lists are replaced as a whole: "network.0.units" and "network[0].units" do not reach an item. */
static mixup_status refuse_items(const experiment_file *file, const char *key, size_t length,
                                 const char *source) {
    char path[150];
    snprintf(path, sizeof path, "%.*s", (int)length, key);
    for (size_t i = 0; path[i] != '\0'; i++) {
        const char mark = path[i];
        if (mark != '[' && !(mark == '.' && isdigit((unsigned char)path[i + 1])))
            continue;
        path[i] = '\0';
        const yaml_node *node = yaml_find(file->root, path);
        if (node != NULL && node->kind == YAML_SEQUENCE)
            return error(MIXUP_ERROR_FORMAT,
                         "%s: %s is a list, whose items cannot be set one by one; set it as a whole, or "
                         "change the file",
                         source, path);
        path[i] = mark;
    }
    return MIXUP_OK;
}

static mixup_status parse_override(experiment_file *file, const char *given, const yaml_node **tree) {
    const char *equals = strchr(given, '=');
    if (equals == NULL || equals == given)
        return error(MIXUP_ERROR_ARGUMENT, "--set %s: write KEY=VALUE, as in training.epochs=1", given);
    const size_t length = (size_t)(equals - given);
    if (equals[1] == '\0')
        return error(MIXUP_ERROR_FORMAT, "--set %s: the value is missing; null takes the default", given);
    char source[200];
    snprintf(source, sizeof source, "--set %.*s", length < 150 ? (int)length : 150, given);
    if (!whole_words(given, length))
        return error(MIXUP_ERROR_FORMAT, "%s: a word of the key is missing", source);
    MIXUP_TRY(refuse_items(file, given, length, source));
    const yaml_node *node = NULL;
    MIXUP_TRY(yaml_parse(&file->memory, source, false, equals + 1, strlen(equals + 1), &node));
    for (size_t end = length; end > 0;) { /* from the last word of a.b.c to the first */
        size_t begin = end;
        while (begin > 0 && given[begin - 1] != '.')
            begin--;
        MIXUP_TRY(yaml_wrap(&file->memory, given + begin, end - begin, node, &node));
        end = begin > 0 ? begin - 1 : 0;
    }
    *tree = node;
    return MIXUP_OK;
}

static mixup_status read_overrides(experiment_file *file, const char *const *overrides, size_t count) {
    MIXUP_TRY(ARENA_NEW(&file->memory, file->overrides, count));
    for (size_t i = 0; i < count; i++) {
        file->overrides[i] = arena_copy_text(&file->memory, overrides[i], strlen(overrides[i]));
        if (file->overrides[i] == NULL)
            return MIXUP_ERROR_MEMORY;
        file->override_count = i + 1;
        const yaml_node *tree = NULL;
        MIXUP_TRY(parse_override(file, overrides[i], &tree));
        static const char *const fixed[] = {"variants", "made_by", "variant", "extends"};
        for (size_t k = 0; k < MIXUP_COUNT(fixed); k++)
            if (yaml_get(tree, fixed[k]) != NULL)
                return schema_error(tree, fixed[k], "cannot be set here%s",
                                    k == 0 ? "; choose variants with --variant" : "");
        MIXUP_TRY(yaml_merge(&file->memory, file->over, tree, &file->over));
    }
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- variants */

static bool absent(const yaml_node *node) {
    return node == NULL || yaml_is_null(node) || schema_is_empty(node);
}

static mixup_status check_variant(const yaml_node *key, const yaml_node *node) {
    static const char *const fixed[] = {"name", "variant", "variants", "made_by", "extends"};
    for (const char *at = key->text; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL)
            return schema_error(key, "variants",
                                "'%s' names a folder; use letters (A to Z, a to z), digits, '.', '_' and '-'",
                                key->text);
    if (key->text[0] == '.' || key->text[0] == '\0' || strlen(key->text) > 100)
        return schema_error(key, "variants", "'%s' names a folder; begin with a letter and use at most 100",
                            key->text);
    if (!absent(node) && node->kind != YAML_MAPPING)
        return schema_error(node, "variants",
                            "'%s' is %s; it must be a mapping of what differs ({} for nothing)", key->text,
                            yaml_describe(node).text);
    for (size_t i = 0; i < MIXUP_COUNT(fixed); i++)
        if (yaml_get(node, fixed[i]) != NULL)
            return schema_error(yaml_get(node, fixed[i]), fixed[i], "cannot differ between variants");
    return MIXUP_OK;
}

static mixup_status read_variants(experiment_file *file) {
    if (file->root->kind != YAML_MAPPING)
        return schema_error(file->root, "", "is %s; an experiment is a mapping (key: value)",
                            yaml_describe(file->root).text);
    const yaml_node *variants = yaml_get(file->root, "variants");
    if (absent(variants))
        return MIXUP_OK;
    if (variants->kind != YAML_MAPPING)
        return schema_error(variants, "variants", "is %s; it must be a mapping (name: what differs)",
                            yaml_describe(variants).text);
    for (size_t i = 0; i < variants->count; i++)
        MIXUP_TRY(check_variant(variants->keys[i], variants->items[i]));
    if (variants->count > 0)
        file->variants = variants;
    return MIXUP_OK;
}

/* The file with a variant's changes and the overrides. */
static mixup_status merge(const experiment_file *file, arena *memory, const yaml_node *variant,
                          const yaml_node **tree) {
    *tree = file->root;
    if (!absent(variant))
        MIXUP_TRY(yaml_merge(memory, *tree, variant, tree));
    if (file->over != NULL)
        MIXUP_TRY(yaml_merge(memory, *tree, file->over, tree));
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- opening */

/* "dir/my iris.yaml" gives "my_iris". */
static mixup_status name_of_file(experiment_file *file) {
    const char *slash = strrchr(file->path, '/');
    const char *base = slash != NULL ? slash + 1 : file->path;
    const char *dot = strrchr(base, '.');
    const size_t length = dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base);
    char *name = arena_copy_text(&file->memory, base, length < 100 ? length : 100);
    if (name == NULL)
        return MIXUP_ERROR_MEMORY;
    for (char *at = name; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr("_-.", *at) == NULL)
            *at = '_';
    if (name[0] == '.')
        name[0] = '_';
    file->name = name;
    return MIXUP_OK;
}

/* Every variant is checked before anything runs. */
static mixup_status check_all(experiment_file *file) {
    for (size_t i = 0; i < experiment_variant_count(file); i++) {
        experiment *checked = NULL;
        const char *variant = file->variants != NULL ? file->variants->keys[i]->text : NULL;
        MIXUP_TRY(experiment_resolve(&checked, file, variant, NULL));
        if (variant == NULL) {
            const char *single = checked->settings.variant;
            file->single = arena_copy_text(&file->memory, single, strlen(single));
        }
        experiment_destroy(checked);
        if (variant == NULL && file->single == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    return MIXUP_OK;
}

/* Data that nobody opens (experiment_load_data refuses), in place of missing ones. */
static mixup_status stand_in_for_data(experiment_file *file) {
    static const char yaml[] = "data: {train: {format: identity}, validation: {fraction: 0.5}}";
    const yaml_node *stand_in = NULL;
    if (file->root->kind != YAML_MAPPING || yaml_get(file->root, "data") != NULL)
        return MIXUP_OK;
    MIXUP_TRY(yaml_parse(&file->memory, file->path, false, yaml, sizeof yaml - 1, &stand_in));
    file->lacks_data = file->root;
    return yaml_merge(&file->memory, stand_in, file->root, &file->root);
}

static mixup_status open_file(experiment_file *file, const char *path, bool network_only,
                              const char *const *overrides, size_t override_count) {
    const mixup_allocator *allocator = &file->memory.allocator;
    file->path = memory_copy_text(allocator, path);
    file->folder = path_folder(allocator, path);
    if (file->path == NULL || file->folder == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(experiment_read(&file->memory, path, &file->root));
    if (network_only)
        MIXUP_TRY(stand_in_for_data(file));
    MIXUP_TRY(name_of_file(file));
    MIXUP_TRY(read_variants(file));
    MIXUP_TRY(read_overrides(file, overrides, override_count));
    return check_all(file);
}

static mixup_status open_new(experiment_file **file, const char *path, bool network_only,
                             const char *const *overrides, size_t override_count,
                             const mixup_allocator *allocator) {
    experiment_file *opened = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, opened, 1));
    arena_init(&opened->memory, allocator);
    const mixup_status status = open_file(opened, path, network_only, overrides, override_count);
    if (status != MIXUP_OK) {
        experiment_close(opened);
        return status;
    }
    *file = opened;
    return MIXUP_OK;
}

mixup_status experiment_open(experiment_file **file, const char *path, const char *const *overrides,
                             size_t override_count, const mixup_allocator *allocator) {
    return open_new(file, path, false, overrides, override_count, allocator);
}

mixup_status experiment_open_network(experiment_file **file, const char *path, const char *const *overrides,
                                     size_t override_count, const mixup_allocator *allocator) {
    return open_new(file, path, true, overrides, override_count, allocator);
}

void experiment_close(experiment_file *file) {
    if (file == NULL)
        return;
    const mixup_allocator allocator = file->memory.allocator;
    arena_clear(&file->memory);
    memory_release(&allocator, file->path);
    memory_release(&allocator, file->folder);
    memory_release(&allocator, file);
}

size_t experiment_variant_count(const experiment_file *file) {
    return file->variants != NULL ? file->variants->count : 1;
}

const char *experiment_variant_name(const experiment_file *file, size_t index) {
    return file->variants != NULL ? file->variants->keys[index]->text : file->single;
}

/* ---------------------------------------------------------------- resolving */

static mixup_status unknown_variant(const experiment_file *file, const char *name) {
    text known;
    text_init(&known, &file->memory.allocator);
    for (size_t i = 0; i < experiment_variant_count(file); i++)
        text_format(&known, "%s%s", i > 0 ? ", " : "", experiment_variant_name(file, i));
    const mixup_status status = error(MIXUP_ERROR_NOT_FOUND, "%s: there is no variant '%s'; it has %s",
                                      file->path, name, known.data != NULL ? known.data : "none");
    text_clear(&known);
    return status;
}

static mixup_status find_variant(const experiment_file *file, const char *name, const yaml_node **variant) {
    *variant = NULL;
    if (name == NULL)
        return MIXUP_OK;
    if (file->variants == NULL)
        return strcmp(name, file->single) == 0 ? MIXUP_OK : unknown_variant(file, name);
    *variant = yaml_get(file->variants, name);
    return *variant != NULL ? MIXUP_OK : unknown_variant(file, name);
}

/* Copies of a named layer are told apart by a number behind the name. */
static mixup_status name_copy(experiment *out, mixup_layer *layer, size_t number) {
    char name[300];
    snprintf(name, sizeof name, "%.250s%zu", layer->name, number);
    layer->name = arena_copy_text(&out->memory, name, strlen(name));
    return layer->name != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

static mixup_status expand_layers(experiment *out) {
    const settings *in = &out->settings;
    enum { MOST = 100000 };
    if (in->layers == NULL) /* ready-made: its layers depend on the data */
        return MIXUP_OK;
    size_t count = 0;
    for (size_t i = 0; i < in->layer_count; i++)
        count += in->layers[i].repeat; /* each at most 10,000, the list at most YAML_MAX_NODES */
    if (count > MOST)
        return schema_error(yaml_get(out->root, "network"), "network", "has %zu layers; at most %d are right",
                            count, MOST);
    MIXUP_TRY(ARENA_NEW(&out->memory, out->layers, count));
    MIXUP_TRY(ARENA_NEW(&out->memory, out->layer_items, count));
    for (size_t i = 0; i < in->layer_count; i++) {
        const settings_layer *given = &in->layers[i];
        for (size_t copy = 0; copy < given->repeat; copy++) {
            mixup_layer *layer = &out->layers[out->layer_count];
            *layer = given->layer;
            if (given->repeat > 1 && layer->name != NULL)
                MIXUP_TRY(name_copy(out, layer, copy + 1));
            if (copy > 0)
                layer->from = NULL; /* a copy reads the one before it */
            out->layer_items[out->layer_count++] = i;
        }
    }
    return MIXUP_OK;
}

static mixup_status resolve(experiment *out, const experiment_file *file, const char *variant,
                            const uint64_t *seed) {
    const yaml_node *changes = NULL;
    MIXUP_TRY(find_variant(file, variant, &changes));
    MIXUP_TRY(merge(file, &out->memory, changes, &out->root));
    MIXUP_TRY(schema_fill(&out->memory, out->root, file->folder, &out->settings));
    if (out->settings.name == NULL)
        out->settings.name = file->name;
    if (file->variants != NULL && variant != NULL) {
        out->settings.variant = arena_copy_text(&out->memory, variant, strlen(variant));
        if (out->settings.variant == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    if (seed != NULL)
        out->settings.seed = *seed;
    out->path = file->path;
    out->overrides = file->overrides;
    out->override_count = file->override_count;
    out->lacks_data = file->lacks_data;
    return expand_layers(out);
}

mixup_status experiment_resolve(experiment **out, const experiment_file *file, const char *variant,
                                const uint64_t *seed) {
    experiment *made = NULL;
    MIXUP_TRY(MEMORY_NEW(&file->memory.allocator, made, 1));
    arena_init(&made->memory, &file->memory.allocator);
    const mixup_status status = resolve(made, file, variant, seed);
    if (status != MIXUP_OK) {
        experiment_destroy(made);
        return status;
    }
    *out = made;
    return MIXUP_OK;
}

void experiment_destroy(experiment *of) {
    if (of == NULL)
        return;
    const mixup_allocator allocator = of->memory.allocator;
    arena_clear(&of->memory);
    memory_release(&allocator, of);
}

const char *const *experiment_overrides(const experiment *of, size_t *count) {
    *count = of->override_count;
    return of->overrides;
}

const char *experiment_path(const experiment *of) {
    return of->path;
}

const settings *experiment_settings(const experiment *of) {
    return &of->settings;
}

const mixup_layer *experiment_layers(const experiment *of, size_t *count) {
    *count = of->layer_count;
    return of->layers;
}
