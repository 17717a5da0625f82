/* The schema, driven from its own table: every key with wrong types, out of range, misspelled and misplaced
 * is refused with place and name; every default is accepted; every key is explained. What involves several
 * keys is in test_schema_rules.c. */
#include "experiment_text.h"

#include "experiment/schema.h"

/* ---------------------------------------------------------------- files made from rows */

/* What a section needs besides the key under test, for a value of its choice: "key: value" each. */
typedef struct context {
    unsigned in;
    const char *choice; /* NULL: for keys that always apply */
    const char *pairs[4];
} context;

static const context contexts[] = {
    {IN_TRAIN, "idx", {"format: idx", "images: a", "labels: b"}},
    {IN_TRAIN, "csv", {"format: csv", "path: a", "label: b"}},
    {IN_TRAIN, "npy", {"format: npy", "inputs: a", "labels: b"}},
    {IN_TRAIN, "spirals", {"format: spirals"}},
    {IN_TRAIN, "cifar", {"format: cifar", "folder: a"}},
    {IN_TEST | IN_VALIDATION, "cifar", {"format: cifar", "folder: a"}},
    {IN_TRAIN | IN_TEST | IN_VALIDATION, "tiny_imagenet", {"format: tiny_imagenet", "folder: a"}},
    {IN_TRAIN | IN_TEST | IN_VALIDATION, "svhn", {"format: svhn", "files: [a, b]"}},
    {IN_TRAIN, "images", {"format: images", "path: a"}},
    {IN_TEST | IN_VALIDATION, "images", {"format: images", "path: a"}},
    {IN_TRAIN, "factors", {"format: factors", "task: a"}},
    {IN_TEST | IN_VALIDATION, "factors", {"format: factors", "task: a"}},
    {IN_TRAIN, "identity", {"format: identity"}},
    {IN_TEST | IN_VALIDATION, "identity", {"format: identity"}},
    {IN_TEST | IN_VALIDATION, "idx", {"format: idx", "images: a", "labels: b"}},
    {IN_TEST | IN_VALIDATION, "csv", {"format: csv", "path: a"}},
    {IN_TEST | IN_VALIDATION, "npy", {"format: npy", "inputs: a", "labels: b"}},
    {IN_TEST | IN_VALIDATION, "spirals", {"format: spirals"}},
    {IN_TEST | IN_VALIDATION, "split", {"format: split", "fraction: 0.1"}},
    {IN_LAYER, "dense", {"op: dense", "units: 2"}},
    {IN_LAYER, "reshape", {"op: reshape", "shape: [2]"}},
    {IN_LAYER, "dropout", {"op: dropout", "rate: 0.5"}},
    {IN_LAYER, "gaussian_noise", {"op: gaussian_noise", "stddev: 1"}},
    {IN_LAYER, "add", {"op: add", "with: input"}},
    {IN_LAYER, "conv2d", {"op: conv2d", "filters: 2", "kernel: 1"}},
    {IN_LAYER, "max_pool", {"op: max_pool", "kernel: 2"}},
    {IN_LAYER, "group_norm", {"op: group_norm"}},
    {IN_LAYER, "pad", {"op: pad", "padding: 1"}},
    {IN_LAYER, "upsample", {"op: upsample"}},
    {IN_LAYER, "leaky_relu", {"op: dense", "units: 2", "activation: leaky_relu"}},
    {IN_LAYER, "constant", {"op: dense", "units: 2", "initial: constant"}},
    {IN_LAYER, NULL, {"op: dense", "units: 2"}},
    {IN_NETWORK, "preact_resnet", {"kind: preact_resnet"}},
    {IN_NETWORK, "wide_resnet", {"kind: wide_resnet"}},
    {IN_NETWORK, "vgg", {"kind: vgg"}},
    {IN_NETWORK, "all_convolutional", {"kind: all_convolutional"}},
    {IN_NETWORK, "mlp", {"kind: mlp", "bottleneck: 2"}},
    {IN_NETWORK, "leaky_relu", {"kind: mlp", "activation: leaky_relu"}},
    {IN_NETWORK, NULL, {"kind: lenet"}},
    {IN_SUBSET, NULL, {"count: 3"}},
    {IN_NORMALIZE, NULL, {"by: channel"}},
    {IN_NORMALIZE, "channel", {"by: channel", "mean: [0]", "deviation: [1]"}},
    {IN_AUGMENT, NULL, {"resized_crop: true", "horizontal_flip: true"}},
    {IN_SCHEDULE, "multi_step", {"kind: multi_step", "epochs: [1]"}},
    {IN_SCHEDULE, "step", {"kind: step", "period: 1"}},
    {IN_MIX, NULL, {"at: [input]", "alpha: 1"}},
    {IN_OPTIMIZER, NULL, {"weight_decay: 1"}},
    {IN_FIGURE, "surface", {"kind: surface"}},
    {IN_FIGURE, "scatter", {"kind: scatter", "layer: dense1"}},
    {IN_FIGURE, "attack", {"kind: attack"}},
    {IN_FIGURE, "deformation", {"kind: deformation"}},
    {IN_FIGURE, "neighbors", {"kind: neighbors", "layer: dense1"}},
    {IN_FIGURE, "singular_values", {"kind: singular_values", "layer: dense1"}},
    {IN_FIGURE, NULL, {"kind: surface"}},
    {IN_TRAIN, NULL, {"format: spirals"}},
    {IN_TEST | IN_VALIDATION, NULL, {"fraction: 0.1"}},
    {IN_TRAINING | IN_TOP | IN_DATA | IN_SCHEDULE | IN_CHECKPOINT | IN_METRICS, NULL, {NULL}},
};

static bool has_word(const char *words, const char *word) {
    const size_t length = strlen(word);
    for (const char *at = strstr(words, word); at != NULL; at = strstr(at + 1, word))
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static const context *context_for(const schema_key *key, unsigned section) {
    for (size_t i = 0; i < MIXUP_COUNT(contexts); i++) {
        if ((contexts[i].in & section) == 0)
            continue;
        if (key->where == NULL && contexts[i].choice == NULL)
            return &contexts[i];
        if (key->where != NULL && contexts[i].choice != NULL && has_word(key->where, contexts[i].choice))
            return &contexts[i];
    }
    return NULL;
}

static bool is_key(const char *pair, const char *name) {
    const size_t length = strlen(name);
    return strncmp(pair, name, length) == 0 && pair[length] == ':';
}

/* "{kind: adam, NAME: VALUE}": the section, the key under test last. */
static void write_body(text *out, const schema_key *key, unsigned section, const char *name,
                       const char *value) {
    const context *around = context_for(key, section);
    text_add(out, "{");
    for (size_t i = 0; around != NULL && i < 4 && around->pairs[i] != NULL; i++)
        if (!is_key(around->pairs[i], key->name))
            text_format(out, "%s, ", around->pairs[i]);
    if (around == NULL) { /* an optimizer or schedule of the first kind that fits */
        char kind[40];
        snprintf(kind, sizeof kind, "%.*s", (int)strcspn(key->where, " "), key->where);
        text_format(out, "%s: %s, ", key->of, kind);
    }
    text_format(out, "%s: %s}", name, value);
}

/* A whole file in which `name: value` stands in line 3, in the section. */
static void write_file(text *out, const schema_key *key, unsigned section, const char *name,
                       const char *value) {
    const bool csv_part =
        (section & (IN_TEST | IN_VALIDATION)) != 0 && key->where != NULL && has_word(key->where, "csv");
    const char *train = csv_part ? "format: csv, path: a, label: b" : "format: spirals";
    if (section == IN_TOP) {
        const bool data = strcmp(key->name, "data") == 0 || strcmp(key->name, "variants") == 0;
        text_format(out, "# a file\n# of one key\n%s: %s\n", name, value);
        if (!data || strcmp(name, "data") != 0)
            text_format(out, "data: {train: {%s}}\n", train);
        if (strcmp(name, "network") != 0)
            text_add(out, "network: [{op: dense, units: 2}]\n");
        return;
    }
    if (section == IN_LAYER) {
        text_add(out, "data: {train: {format: spirals}}\nnetwork:\n  - ");
        write_body(out, key, section, name, value);
        text_add(out, "\n");
        return;
    }
    if (section == IN_NETWORK) {
        text_add(out, "data: {train: {format: spirals}}\nnetwork:\n  ");
        write_body(out, key, section, name, value);
        text_add(out, "\n");
        return;
    }
    if ((section & (IN_TRAIN | IN_TEST | IN_VALIDATION | IN_DATA)) != 0) {
        text_format(out, "network: [{op: dense, units: 2}]\ndata:\n  ");
        if (section == IN_DATA) {
            if (strcmp(name, "train") == 0)
                text_format(out, "%s: %s\n", name, value);
            else
                text_format(out, "%s: %s\n  train: {%s}\n", name, value, train);
            return;
        }
        text_format(out, "%s: ", section == IN_TRAIN ? "train" : section == IN_TEST ? "test" : "validation");
        write_body(out, key, section, name, value);
        text_add(out, "\n");
        if (section != IN_TRAIN)
            text_format(out, "  train: {%s}\n", train);
        return;
    }
    if ((section & (IN_SUBSET | IN_NORMALIZE | IN_AUGMENT)) != 0) {
        text_format(out, "network: [{op: dense, units: 2}]\ndata:\n  %s: ",
                    section == IN_SUBSET      ? "subset"
                    : section == IN_NORMALIZE ? "normalize"
                                              : "augment");
        write_body(out, key, section, name, value);
        text_format(out, "\n  train: {%s}\n", train);
        return;
    }
    if (section == IN_FIGURE) {
        text_add(out, "report:\n  #\n  - ");
        write_body(out, key, section, name, value);
        text_add(out, "\ndata: {train: {format: spirals}}\nnetwork: [{op: dense, units: 2}]\n");
        return;
    }
    text_add(out, "data: {train: {format: spirals}}\nnetwork: [{op: dense, units: 2}]\n");
    if (section == IN_OPTIMIZER || section == IN_SCHEDULE || section == IN_CHECKPOINT)
        text_format(out, "training: {%s: ",
                    section == IN_OPTIMIZER  ? "optimizer"
                    : section == IN_SCHEDULE ? "schedule"
                                             : "checkpoint");
    else
        text_format(out, "%s: ", section == IN_TRAINING ? "training" : section == IN_MIX ? "mix" : "metrics");
    write_body(out, key, section, name, value);
    text_add(out,
             section == IN_OPTIMIZER || section == IN_SCHEDULE || section == IN_CHECKPOINT ? "}\n" : "\n");
}

static void expect_bad(const schema_key *key, unsigned section, const char *name, const char *value,
                       const char *message) {
    const mixup_allocator allocator = plain_allocator();
    text yaml;
    text_init(&yaml, &allocator);
    write_file(&yaml, key, section, name, value);
    char where[120];
    snprintf(where, sizeof where, "%s", name);
    const char *const texts[] = {"my.yaml:3:", where, message};
    expect_refusal(yaml.data, NULL, 0, texts, MIXUP_COUNT(texts));
    text_clear(&yaml);
}

/* Calls `check` with every key in every section where it may stand. */
static void each_key(void (*check)(const schema_key *key, unsigned section)) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    for (size_t i = 0; i < rows; i++)
        for (unsigned bit = 1; bit <= IN_NETWORK; bit <<= 1)
            if ((keys[i].in & bit) != 0)
                check(&keys[i], bit);
}

/* ---------------------------------------------------------------- wrong types */

static bool is_list(const schema_key *key) {
    return key->type == SCHEMA_TEXTS || key->type == SCHEMA_PATHS || key->type == SCHEMA_COUNTS ||
           key->type == SCHEMA_SINGLES || key->type == SCHEMA_DOUBLES || key->type == SCHEMA_PAIR;
}

static bool is_text_like(const schema_key *key) {
    return key->type == SCHEMA_TEXT || key->type == SCHEMA_WORD || key->type == SCHEMA_PATH ||
           key->type == SCHEMA_TEXTS || key->type == SCHEMA_PATHS;
}

static void check_types(const schema_key *key, unsigned section) {
    if (key->type == SCHEMA_FREE) {
        expect_bad(key, section, key->name, "3", "must be a mapping");
        expect_bad(key, section, key->name, "[a]", "must be a mapping");
        return;
    }
    if (key->type == SCHEMA_SECTION || key->type == SCHEMA_SECTIONS) {
        expect_bad(key, section, key->name, "3", "must be a");
        if (key->type == SCHEMA_SECTION)
            expect_bad(key, section, key->name, "[a]", "must be a");
        else if (strcmp(key->name, "network") != 0) /* may be a mapping as well */
            expect_bad(key, section, key->name, "{a: 1}", "must be a");
        return;
    }
    expect_bad(key, section, key->name, "{a: 1}", "must be");
    expect_bad(key, section, key->name, "", "must be"); /* nothing behind the colon */
    if (!is_list(key))
        expect_bad(key, section, key->name, "[1]", "must be");
    else
        expect_bad(key, section, key->name, "[[1]]", "must be");
    if (is_text_like(key))
        return;
    expect_bad(key, section, key->name, "'some words'", "must be");
    if (key->type != SCHEMA_CHARACTER)
        expect_bad(key, section, key->name, "'1'", "must be");
}

static void check_finite(const schema_key *key, unsigned section) {
    static const char *const values[] = {".inf", "-.inf", ".nan", "1e999", "1e400"};
    const bool number = key->type == SCHEMA_COUNT || key->type == SCHEMA_SEED || key->type == SCHEMA_SINGLE ||
                        key->type == SCHEMA_DOUBLE || key->type == SCHEMA_COUNTS ||
                        key->type == SCHEMA_SINGLES || key->type == SCHEMA_DOUBLES ||
                        key->type == SCHEMA_PAIR;
    for (size_t i = 0; number && i < MIXUP_COUNT(values); i++)
        expect_bad(key, section, key->name, values[i], "must be");
}

static void a_wrong_type_is_refused_for_every_key(void **state) {
    (void)state;
    each_key(check_types);
}

static void a_number_that_is_not_finite_is_refused_for_every_key(void **state) {
    (void)state;
    each_key(check_finite);
}

/* ---------------------------------------------------------------- ranges, names, places */

static void check_range(const schema_key *key, unsigned section) {
    const schema_range *range = &key->range;
    if (range->least == 0 && range->most == 0)
        return;
    char value[40];
    const double low = range->above ? range->least : range->least - 1;
    snprintf(value, sizeof value, "%g", low);
    expect_bad(key, section, key->name, value, "must be");
    if (range->most >= 1e300)
        return;
    snprintf(value, sizeof value, "%.17g", range->below ? range->most : range->most * 2 + 1);
    expect_bad(key, section, key->name, value, "must be");
}

static void check_misspelled(const schema_key *key, unsigned section) {
    char wrong[100];
    snprintf(wrong, sizeof wrong, "%sx", key->name);
    expect_bad(key, section, wrong, "1", "no such key; did you mean");
    expect_bad(key, section, "zzqqzzqqzz", "1", "no such key");
}

/* With another choice than those that the key belongs to. */
static void check_misplaced(const schema_key *key, unsigned section) {
    static const struct {
        unsigned in;
        const char *pairs;
        const char *choices;
    } others[] = {
        {IN_LAYER, "op: flatten, ", "flatten linear glorot_uniform"},
        {IN_LAYER, "op: dense, units: 2, ", "dense linear glorot_uniform"},
        {IN_OPTIMIZER, "kind: sgd, ", "sgd"},
        {IN_OPTIMIZER, "kind: adam, ", "adam"},
        {IN_SCHEDULE, "kind: cosine, ", "cosine"},
        {IN_NETWORK, "kind: lenet, ", "lenet"},
        {IN_NETWORK, "kind: mlp, ", "mlp linear"},
    };
    for (size_t i = 0; key->where != NULL && i < MIXUP_COUNT(others); i++) {
        bool fits = false;
        char words[100];
        snprintf(words, sizeof words, "%s", others[i].choices);
        for (const char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
            fits = fits || has_word(key->where, word);
        if ((others[i].in & section) == 0 || fits)
            continue;
        const char *value = key->fallback != NULL ? key->fallback : "1";
        char yaml[500];
        const bool network = section == IN_LAYER || section == IN_NETWORK;
        const char *open = section == IN_LAYER       ? "network:\n  - {"
                           : section == IN_NETWORK   ? "network:\n  {"
                           : section == IN_OPTIMIZER ? "training: {optimizer:\n  {"
                                                     : "training: {schedule:\n  {";
        snprintf(yaml, sizeof yaml, "data: {train: {format: spirals}}\n%s%s%s%s: %s}%s\n",
                 network ? "" : "network: [{op: dense, units: 2}]\n", open, others[i].pairs, key->name, value,
                 network ? "" : "}");
        if (strstr(others[i].pairs, key->name) != NULL)
            continue;
        const char *const texts[] = {"my.yaml:", key->name, "has no meaning with"};
        expect_refusal(yaml, NULL, 0, texts, MIXUP_COUNT(texts));
    }
}

/* Without the key beside it that it needs. */
static void check_needed(const schema_key *key, unsigned section) {
    const bool optimizer = section == IN_OPTIMIZER;
    const char *before = section == IN_AUGMENT ? "data: {train: {format: spirals}, augment:"
                         : section == IN_MIX   ? SMALL "mix:"
                         : optimizer           ? SMALL "training: {optimizer:"
                                               : SMALL_DATA "network:";
    const char *kind = section == IN_NETWORK ? "kind: mlp, " : "";
    const char *value = key->type == SCHEMA_BOOLEAN  ? "true"
                        : key->type == SCHEMA_CHOICE ? key->choice(key->choices - 1)
                        : key->type == SCHEMA_TEXTS  ? "input"
                        : key->type == SCHEMA_SINGLE || key->type == SCHEMA_SINGLES ? "0.5"
                                                                                    : "2";
    if (key->needs == NULL)
        return;
    char yaml[500];
    char wanted[100];
    snprintf(yaml, sizeof yaml, "%s\n  {%s%s: %s}%s\n%s", before, kind, key->name, value,
             section == IN_AUGMENT || optimizer ? "}" : "", section == IN_AUGMENT ? SMALL_NETWORK : "");
    snprintf(wanted, sizeof wanted, "%s: has no meaning without %s", key->name, key->needs);
    const char *const texts[] = {"my.yaml:", wanted};
    expect_refusal(yaml, NULL, 0, texts, MIXUP_COUNT(texts));
}

static void a_key_without_the_one_that_it_needs_is_refused(void **state) {
    (void)state;
    each_key(check_needed);
}

static void a_number_out_of_range_is_refused_for_every_key(void **state) {
    (void)state;
    each_key(check_range);
}

static void a_misspelled_key_is_refused_in_every_place(void **state) {
    (void)state;
    each_key(check_misspelled);
}

static void a_key_that_does_not_belong_to_the_choice_is_refused(void **state) {
    (void)state;
    each_key(check_misplaced);
}

/* ---------------------------------------------------------------- what is right */

static void check_default(const schema_key *key, unsigned section) {
    if (key->fallback == NULL)
        return;
    const mixup_allocator allocator = plain_allocator();
    text yaml;
    text_init(&yaml, &allocator);
    write_file(&yaml, key, section, key->name, key->fallback);
    temporary_folder folder;
    temporary_folder_make(&folder);
    experiment_file *file = NULL;
    if (open_text(&folder, yaml.data, NULL, 0, &file) != MIXUP_OK)
        fail_msg("%s\n%s", mixup_last_error(), yaml.data);
    experiment_close(file);
    temporary_folder_remove(&folder);
    text_clear(&yaml);
}

static void every_default_is_accepted(void **state) {
    (void)state;
    each_key(check_default);
}

static void check_words(const schema_key *key, unsigned section) {
    (void)section;
    assert_non_null(key->text);
    const size_t length = strlen(key->text);
    if (length < 10 || key->text[length - 1] != '.')
        fail_msg("%s: its text is no sentence", key->name);
    assert_true(key->fallback == NULL || !key->required);
    const mixup_allocator allocator = plain_allocator();
    text page;
    text_init(&page, &allocator);
    assert_true(schema_write_help(key->name, &page));
    assert_non_null(strstr(page.data, key->name));
    text_clear(&page);
}

static void every_key_is_explained(void **state) {
    (void)state;
    each_key(check_words);
    const mixup_allocator allocator = plain_allocator();
    text page;
    text_init(&page, &allocator);
    assert_true(schema_write_help("network[3].units", &page));
    assert_non_null(strstr(page.data, "Number of outputs"));
    text_clear(&page);
    text_init(&page, &allocator);
    assert_false(schema_write_help("training.epoch", &page));
    assert_non_null(strstr(page.data, "did you mean 'epochs'"));
    text_clear(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_type_is_refused_for_every_key),
        cmocka_unit_test(a_number_that_is_not_finite_is_refused_for_every_key),
        cmocka_unit_test(a_number_out_of_range_is_refused_for_every_key),
        cmocka_unit_test(a_misspelled_key_is_refused_in_every_place),
        cmocka_unit_test(a_key_that_does_not_belong_to_the_choice_is_refused),
        cmocka_unit_test(a_key_without_the_one_that_it_needs_is_refused),
        cmocka_unit_test(every_default_is_accepted),
        cmocka_unit_test(every_key_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
