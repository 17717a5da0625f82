/* experiment/schema_refuse: see the header. */
#include "experiment/schema_refuse.h"

#include <stdio.h>
#include <string.h>

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

path_text path_of(const trail *at, const char *name) {
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

/* ---------------------------------------------------------------- values */

mixup_status refuse_value(const trail *at, const schema_key *key, const yaml_node *node) {
    const schema_words range = schema_range_words(key);
    return schema_error(node, path_of(at, key->name).text, "is %s; it must be %s%s%s",
                        yaml_describe(node).text, schema_type_words(key).text,
                        range.text[0] != '\0' ? ", " : "", range.text);
}

/* What other libraries call an op; NULL: nothing known. */
static const char *meant_op(const char *word) {
    static const char *const others[][2] = {
        {"linear", "dense"},          {"fc", "dense"},
        {"fully_connected", "dense"}, {"conv", "conv2d"},
        {"convolution", "conv2d"},    {"avgpool", "average_pool"},
        {"avg_pool", "average_pool"}, {"gap", "global_average_pool"},
        {"bn", "batch_norm"},         {"ln", "layer_norm"},
        {"gn", "group_norm"},         {"noise", "gaussian_noise"},
        {"residual", "add"},          {"shortcut", "add"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(others); i++)
        if (strcmp(word, others[i][0]) == 0)
            return others[i][1];
    return NULL;
}

/* "{op: relu}": an activation is a key of the layer whose output it acts on, or an op that says which. */
static mixup_status refuse_activation(const trail *at, const schema_key *key, const yaml_node *node) {
    return schema_error(
        node, path_of(at, key->name).text,
        "is %s, an activation; write activation: %s in the layer before it, or {op: activation, "
        "activation: %s}",
        yaml_describe(node).text, node->text, node->text);
}

static bool is_activation(const char *word) {
    const schema_key *key = schema_find(IN_LAYER, "activation", NULL);
    for (int i = 0; key != NULL && i < key->choices; i++)
        if (key->choice(i) != NULL && strcmp(key->choice(i), word) == 0)
            return true;
    return false;
}

mixup_status refuse_choice(const trail *at, const schema_key *key, const yaml_node *node) {
    const char *names[64];
    size_t count = 0;
    for (int i = 0; i < key->choices && count < MIXUP_COUNT(names); i++)
        if (key->choice(i) != NULL)
            names[count++] = key->choice(i);
    const bool op = strcmp(key->name, "op") == 0 && node->kind == YAML_SCALAR;
    const char *nearest = op ? meant_op(node->text) : NULL;
    if (op && nearest == NULL && is_activation(node->text))
        return refuse_activation(at, key, node);
    if (nearest == NULL && node->kind == YAML_SCALAR)
        nearest = schema_nearest(node->text, names, count);
    if (nearest == NULL)
        return refuse_value(at, key, node);
    return schema_error(node, path_of(at, key->name).text, "is %s; did you mean '%s'? It must be %s",
                        yaml_describe(node).text, nearest, schema_type_words(key).text);
}

/* ---------------------------------------------------------------- sections */

/* The choice that a mapping of the section must say, as in "{op: ...}"; NULL: none. */
static const schema_key *required_choice(schema_section section) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows; i++)
        if ((keys[i].in & (unsigned)section) != 0 && keys[i].type == SCHEMA_CHOICE && keys[i].required)
            return &keys[i];
    return NULL;
}

/* The choice of the section that has such a value, so that "optimizer: adam" means "optimizer: {kind: adam}";
 * NULL: none. */
static const char *meant_choice(schema_section section, const yaml_node *node) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows && node->kind == YAML_SCALAR; i++)
        for (int c = 0; (keys[i].in & (unsigned)section) != 0 && c < keys[i].choices; c++)
            if (keys[i].choice(c) != NULL && strcmp(keys[i].choice(c), node->text) == 0)
                return keys[i].name;
    return NULL;
}

mixup_status refuse_section(const trail *at, schema_section section, const yaml_node *node) {
    const char *choice = meant_choice(section, node);
    if (choice != NULL)
        return schema_error(node, path_of(at, "").text,
                            "is %s; it must be a mapping (key: value), here {%s: %s}",
                            yaml_describe(node).text, choice, node->text);
    return schema_error(node, path_of(at, "").text,
                        "is %s; it must be a mapping (key: value); `mixup help %s` lists its keys",
                        yaml_describe(node).text, schema_find_part(section)->path);
}

mixup_status refuse_sections(const trail *at, const schema_key *key, const yaml_node *node) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    char single[80] = "";
    for (size_t i = 0; i < rows; i++) /* a ready-made network has the name of the list of layers */
        if ((keys[i].in & key->in) != 0 && keys[i].type == SCHEMA_SECTION &&
            strcmp(keys[i].name, key->name) == 0)
            snprintf(single, sizeof single, ", or one mapping ({%s: ...})",
                     required_choice(keys[i].child)->name);
    return schema_error(node, path_of(at, key->name).text,
                        "is %s; it must be a list of mappings ({%s: ...} each)%s; `mixup help %s` lists the "
                        "keys",
                        yaml_describe(node).text, required_choice(key->child)->name, single, key->name);
}

/* ---------------------------------------------------------------- keys */

const schema_part *schema_find_home(schema_section section, const char *name) {
    size_t rows = 0;
    size_t count = 0;
    const schema_key *keys = schema_keys(&rows);
    const schema_part *parts = schema_parts(&count);
    const char *here = schema_find_part(section)->path;
    const schema_part *home = NULL;
    for (size_t p = 0; p < count; p++) {
        bool has = false;
        for (size_t i = 0; i < rows; i++)
            has = has || ((keys[i].in & (unsigned)parts[p].section) != 0 && strcmp(keys[i].name, name) == 0);
        const bool below = strncmp(parts[p].path, here, strlen(here)) == 0;
        if (has && parts[p].path[0] != '\0' && (home == NULL || (below && here[0] != '\0')))
            home = &parts[p];
    }
    return home;
}

mixup_status refuse_unknown(const trail *at, schema_section section, const yaml_node *node) {
    const char *names[64];
    size_t count = 0;
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows && count < MIXUP_COUNT(names); i++)
        if ((keys[i].in & (unsigned)section) != 0)
            names[count++] = keys[i].name;
    const char *nearest = schema_nearest(node->text, names, count);
    const schema_part *home = schema_find_home(section, node->text);
    char offer[200];
    if (home != NULL)
        snprintf(offer, sizeof offer, "did you mean '%s.%.80s'?", home->path, node->text);
    else if (nearest != NULL)
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

mixup_status refuse_misplaced(const trail *at, const schema_key *key, schema_section section,
                              const yaml_node *node, const void *base) {
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

mixup_status refuse_idle(const trail *at, const schema_key *key, const yaml_node *node) {
    return schema_error(node, path_of(at, key->name).text,
                        "has no meaning without %s; give that too, or leave this out", key->needs);
}
