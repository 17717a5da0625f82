/* experiment/experiment: data sets, model and description of the training. */
#include "data/standardize.h"
#include "experiment/experiment_parts.h"
#include "train/model.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- sources */

typedef struct source_hooks {
    const mixup_allocator *allocator;
    mixup_log log;
    size_t threads;
} source_hooks;

/* A source as the file describes it, made to fit the training data (`train` NULL: these are they). */
typedef mixup_status (*source_reader)(const settings_part *part, const mixup_dataset *train,
                                      const source_hooks *hooks, mixup_dataset **set);

/* The number of classes counts for all parts, also where the largest label is missing from one. */
static size_t class_count(size_t given, const mixup_dataset *train) {
    if (given > 0 || train == NULL)
        return given;
    mixup_dataset_info info;
    mixup_dataset_describe(train, &info);
    return info.class_count;
}

static const char *const *class_names(const char *const *given, const mixup_dataset *train) {
    if (given != NULL || train == NULL)
        return given;
    mixup_dataset_info info;
    mixup_dataset_describe(train, &info);
    return info.class_names;
}

static mixup_status read_idx(const settings_part *part, const mixup_dataset *train, const source_hooks *hooks,
                             mixup_dataset **set) {
    mixup_idx_desc desc = part->idx;
    desc.class_count = class_count(desc.class_count, train);
    desc.class_names = class_names(desc.class_names, train);
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_idx(set, &desc);
}

static mixup_status read_npy(const settings_part *part, const mixup_dataset *train, const source_hooks *hooks,
                             mixup_dataset **set) {
    mixup_npy_desc desc = part->npy;
    if (desc.labels != NULL) {
        desc.class_count = class_count(desc.class_count, train);
        desc.class_names = class_names(desc.class_names, train);
    }
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_npy(set, &desc);
}

static mixup_status read_csv(const settings_part *part, const mixup_dataset *train, const source_hooks *hooks,
                             mixup_dataset **set) {
    mixup_csv_desc desc = part->csv;
    desc.like = train != NULL ? mixup_dataset_preprocess(train) : NULL;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_csv(set, &desc);
}

static mixup_status read_spirals(const settings_part *part, const mixup_dataset *train,
                                 const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    mixup_spirals_desc desc = part->spirals;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_spirals(set, &desc);
}

static mixup_status read_cifar(const settings_part *part, const mixup_dataset *train,
                               const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    mixup_cifar_desc desc = part->cifar;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_cifar(set, &desc);
}

/* Of training images; a folder too high or too low has one class or none. */
static mixup_status check_image_classes(const char *path, const mixup_dataset *set) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    if (info.class_count >= 2)
        return MIXUP_OK;
    if (info.class_count == 0)
        return error(MIXUP_ERROR_DATA,
                     "%s: the images lie in no folders; each must be in the folder of its class", path);
    return error(
        MIXUP_ERROR_DATA,
        "%s: all images lie in one folder, '%s'; where its folders are the classes, give part: \"%s\"", path,
        info.class_names[0], info.class_names[0]);
}

static mixup_status read_images(const settings_part *part, const mixup_dataset *train,
                                const source_hooks *hooks, mixup_dataset **set) {
    mixup_images_desc desc = part->images;
    desc.like = train != NULL ? mixup_dataset_preprocess(train) : NULL;
    desc.allocator = hooks->allocator;
    desc.log = hooks->log;
    desc.threads = hooks->threads;
    mixup_dataset *opened = NULL;
    MIXUP_TRY(mixup_dataset_from_images(&opened, &desc));
    const mixup_status status = train == NULL ? check_image_classes(desc.path, opened) : MIXUP_OK;
    if (status == MIXUP_OK)
        *set = opened;
    else
        mixup_dataset_destroy(opened);
    return status;
}

static mixup_status read_factors(const settings_part *part, const mixup_dataset *train,
                                 const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    mixup_factors_desc desc = part->factors;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_factors(set, &desc);
}

static mixup_status read_svhn(const settings_part *part, const mixup_dataset *train,
                              const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    mixup_svhn_desc desc = part->svhn;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_svhn(set, &desc);
}

enum { MOST_FREE_STATES = 10000 }; /* their matrix has this many bytes squared */

static mixup_status read_identity(const settings_part *part, const mixup_dataset *train,
                                  const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    const size_t classes = part->identity.class_count;
    const size_t count = classes * part->identity.count_per_class; /* each at most 1,000 */
    if (count > MOST_FREE_STATES)
        return error(MIXUP_ERROR_ARGUMENT,
                     "class_count times count_per_class is %zu; at most %d are possible", count,
                     MOST_FREE_STATES);
    uint8_t *inputs = NULL; /* [count][count] */
    int32_t *labels = NULL; /* [count] */
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(hooks->allocator, inputs, count * count), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(hooks->allocator, labels, count), done);
    for (size_t i = 0; i < count; i++) {
        inputs[i * count + i] = 1;
        labels[i] = (int32_t)(i % classes);
    }
    status = mixup_dataset_from_arrays(set, &(mixup_arrays_desc){.inputs = inputs,
                                                                 .type = MIXUP_UINT8,
                                                                 .count = count,
                                                                 .shape = {count},
                                                                 .labels = labels,
                                                                 .class_count = classes,
                                                                 .allocator = hooks->allocator});
done:
    memory_release(hooks->allocator, labels);
    memory_release(hooks->allocator, inputs);
    return status;
}

static mixup_status read_tiny_imagenet(const settings_part *part, const mixup_dataset *train,
                                       const source_hooks *hooks, mixup_dataset **set) {
    mixup_tiny_imagenet_desc desc = part->tiny_imagenet;
    mixup_dataset_info info;
    mixup_dataset_describe(train, &info);
    if (train != NULL && info.shape[2] > 0) { /* the size of the training images */
        desc.size[0] = info.shape[1];
        desc.size[1] = info.shape[2];
    }
    desc.allocator = hooks->allocator;
    desc.log = hooks->log;
    desc.threads = hooks->threads;
    return mixup_dataset_from_tiny_imagenet(set, &desc);
}

static const source_reader readers[] = {
    [SETTINGS_IDX] = read_idx,           [SETTINGS_CSV] = read_csv,
    [SETTINGS_NPY] = read_npy,           [SETTINGS_SPIRALS] = read_spirals,
    [SETTINGS_CIFAR] = read_cifar,       [SETTINGS_IMAGES] = read_images,
    [SETTINGS_FACTORS] = read_factors,   [SETTINGS_SVHN] = read_svhn,
    [SETTINGS_IDENTITY] = read_identity, [SETTINGS_TINY_IMAGENET] = read_tiny_imagenet,
};

static mixup_status data_context(const experiment *of, const char *key, mixup_status status) {
    const yaml_node *node = yaml_find(of->root, key);
    return error_context(status, "%s: %s", yaml_where(node != NULL ? node : of->root).text, key);
}

/* ---------------------------------------------------------------- parts */

/* Cuts `part` off *train, which becomes what is left. */
static mixup_status split(mixup_dataset **train, const mixup_split_desc *desc, mixup_dataset **part) {
    mixup_dataset *rest = NULL;
    MIXUP_TRY(mixup_dataset_split(*train, desc, &rest, part));
    mixup_dataset_destroy(*train);
    *train = rest;
    return MIXUP_OK;
}

static mixup_status load_part(const experiment *of, const char *key, const settings_part *part,
                              const source_hooks *hooks, mixup_dataset **train, mixup_dataset **set) {
    mixup_status status = MIXUP_OK;
    if (part->format == SETTINGS_SPLIT)
        status = split(train, &part->split, set);
    else if (part->format != SETTINGS_ABSENT)
        status = readers[part->format](part, *train, hooks, set);
    return status == MIXUP_OK ? status : data_context(of, key, status);
}

/* What missing cells become is learned from the training part alone, also when the parts were cut off one
 * file. */
static mixup_status refill(experiment_data *data) {
    if (data->validation != NULL)
        MIXUP_TRY(dataset_refill(data->validation, data->train));
    if (data->test != NULL)
        MIXUP_TRY(dataset_refill(data->test, data->train));
    return dataset_refill(data->train, data->train);
}

/* Leaves so many of the training samples. */
static mixup_status take_subset(const settings_subset *subset, mixup_dataset **train) {
    const mixup_split_desc desc = {
        .count = subset->count, .stratified = subset->stratified, .seed = subset->seed};
    mixup_dataset *others = NULL;
    mixup_dataset *taken = NULL;
    if (subset->count == 0 || subset->count == (*train)->count)
        return MIXUP_OK;
    if (subset->count > (*train)->count)
        return error(MIXUP_ERROR_DATA, "count: %zu, but test and validation leave %zu training samples",
                     subset->count, (*train)->count);
    MIXUP_TRY(mixup_dataset_split(*train, &desc, &others, &taken));
    mixup_dataset_destroy(others);
    mixup_dataset_destroy(*train);
    *train = taken;
    return MIXUP_OK;
}

/* What makes mean and deviation of `set`, by the training part. */
static mixup_status normalize_set(const settings *in, const mixup_dataset *train, mixup_dataset *set) {
    const settings_normalize *how = &in->normalize;
    if (set == NULL)
        return MIXUP_OK;
    if (in->standardize || how->by == SETTINGS_BY_FEATURE)
        return mixup_dataset_standardize(set, train);
    if (how->by == SETTINGS_NOT_NORMALIZED)
        return MIXUP_OK;
    if (how->mean != NULL)
        return mixup_dataset_normalize_by(set, how->mean, how->deviation, how->mean_count);
    return mixup_dataset_normalize(set, train);
}

/* The others first: they are normalised by what the training part is before its own turn. */
static mixup_status normalize(const settings *in, experiment_data *data) {
    MIXUP_TRY(normalize_set(in, data->train, data->validation));
    MIXUP_TRY(normalize_set(in, data->train, data->test));
    return normalize_set(in, data->train, data->train);
}

/* The library checks it too, but only when training begins, and it knows no line. */
static mixup_status check_augment(const settings *in, const experiment_data *data) {
    augmentation checked;
    return augment_resolve(&in->fit.augment, data->train->preprocess, in->seed, &checked);
}

static mixup_status load(const experiment *of, experiment_data *data) {
    const settings *in = &of->settings;
    const source_hooks hooks = {&of->memory.allocator, data->log, in->threads};
    mixup_status status = readers[in->train.format](&in->train, NULL, &hooks, &data->train);
    if (status != MIXUP_OK)
        return data_context(of, "data.train", status);
    MIXUP_TRY(load_part(of, "data.test", &in->test, &hooks, &data->train, &data->test));
    MIXUP_TRY(load_part(of, "data.validation", &in->validation, &hooks, &data->train, &data->validation));
    status = take_subset(&in->subset, &data->train);
    if (status != MIXUP_OK)
        return data_context(of, "data.subset", status);
    status = refill(data);
    if (status != MIXUP_OK)
        return data_context(of, "data.train", status);
    status = normalize(in, data);
    if (status != MIXUP_OK)
        return data_context(of, in->standardize ? "data.standardize" : "data.normalize", status);
    status = check_augment(in, data);
    return status == MIXUP_OK ? status : data_context(of, "data.augment", status);
}

mixup_status experiment_load_data(const experiment *of, experiment_data *data) {
    experiment_data loaded = {.log = data->log};
    const mixup_status status = load(of, &loaded);
    if (status != MIXUP_OK) {
        experiment_data_clear(&loaded);
        return status;
    }
    *data = loaded;
    return MIXUP_OK;
}

void experiment_data_clear(experiment_data *data) {
    mixup_dataset_destroy(data->train);
    mixup_dataset_destroy(data->validation);
    mixup_dataset_destroy(data->test);
    *data = (experiment_data){.log = data->log};
}

/* ---------------------------------------------------------------- model and training */

/* The node that a message of the library speaks of: "layers[3] ..." or "mix.at ...". */
static const yaml_node *named_node(const experiment *of, const char *message) {
    static const char layers[] = "layers[";
    if (strncmp(message, layers, sizeof layers - 1) == 0) {
        const unsigned long index = strtoul(message + sizeof layers - 1, NULL, 10);
        const yaml_node *network = yaml_get(of->root, "network");
        return index < of->layer_count ? network->items[of->layer_items[index]] : network;
    }
    char key[100] = {0};
    const size_t length = strcspn(message, ": ");
    if (length == 0 || length >= sizeof key || message[length] != ':')
        return NULL;
    memcpy(key, message, length);
    const yaml_node *found = yaml_find(of->root, key);
    const bool network = strncmp(key, "network", strlen("network")) == 0;
    return found == NULL && network ? yaml_get(of->root, "network") : found;
}

mixup_status experiment_error_context(const experiment *of, mixup_status status) {
    const yaml_node *node = named_node(of, mixup_last_error());
    if (node != NULL)
        return error_context(status, "%s", yaml_where(node).text);
    if (strncmp(mixup_last_error(), "MIXUP_THREADS", strlen("MIXUP_THREADS")) == 0)
        return status; /* the environment is at fault, not the file */
    return error_context(status, "%s", of->path);
}

static mixup_status check_site(const experiment *of, const mixup_model *model, const yaml_node *node,
                               const char *site) {
    if (strcmp(site, "input") == 0)
        return MIXUP_OK;
    const char *names[256] = {"input"};
    size_t known = 1;
    for (size_t i = 0; i < mixup_layer_count(model); i++) {
        mixup_layer_info info;
        MIXUP_TRY(mixup_layer_at(model, i, &info));
        if (strcmp(info.name, site) == 0 && info.site_legal)
            return MIXUP_OK;
        if (strcmp(info.name, site) == 0)
            return schema_error(node, "mix.at", "%s", info.site_problem);
        if (known < MIXUP_COUNT(names))
            names[known++] = info.name;
    }
    const char *nearest = schema_nearest(site, names, known);
    return schema_error(node, "mix.at", "there is no layer '%s'; %s%s%s", site,
                        nearest != NULL ? "did you mean '" : "`mixup info ",
                        nearest != NULL ? nearest : of->path, nearest != NULL ? "'?" : "` lists them");
}

/* CutMix needs images at its sites. */
static mixup_status check_cuts(const experiment *of, const mixup_model *model, const yaml_node *at) {
    const mixup_mix_desc *mix = &of->settings.fit.mix;
    const graph *network = model->network;
    for (size_t i = 0; i < mix->at_count; i++) {
        size_t value = 0;
        MIXUP_TRY(graph_find_site(network, mix->at[i], &value));
        if (graph_check_cut(network, mix->at[i], value) != MIXUP_OK)
            return schema_error(at->kind == YAML_SEQUENCE ? at->items[i] : at, "mix.at", "%s",
                                mixup_last_error());
    }
    for (size_t l = 0; l < network->layer_count && mix->at_count == 0; l++) {
        const graph_layer *layer = &network->layers[l];
        const size_t value = network->values[layer->input].storage;
        if (layer->attributes.mix && graph_check_cut(network, layer->attributes.name, value) != MIXUP_OK)
            return schema_error(yaml_find(of->root, "mix"), "mix.kind", "%s", mixup_last_error());
    }
    return MIXUP_OK;
}

/* Where a network says how many outputs it has. */
static const yaml_node *output_node(const experiment *of) {
    const yaml_node *network = yaml_get(of->root, "network");
    if (network->kind == YAML_SEQUENCE)
        return network->items[network->count - 1]; /* the schema refuses an empty list */
    const yaml_node *classes = yaml_get(network, "classes");
    return classes != NULL ? classes : network;
}

/* Whether loss, last layer and targets go together. */
static mixup_status check_loss(const experiment *of, const mixup_dataset_info *train,
                               const mixup_model *model) {
    const yaml_node *given = yaml_find(of->root, "training.loss");
    mixup_loss loss = MIXUP_LOSS_DEFAULT;
    if (given != NULL && !yaml_is_null(given)) {
        const mixup_status status =
            loss_resolve(of->settings.fit.loss, model->network->final_activation, &loss);
        if (status != MIXUP_OK)
            return error_context(status, "%s: training.loss", yaml_where(given).text);
    }
    const size_t columns = train->target_count;
    const size_t outputs = model_output_width(model);
    if (columns > 0 && columns != outputs)
        return schema_error(output_node(of), "network",
                            "ends in %zu outputs, but data.train has %zu target columns (classes count one "
                            "each)",
                            outputs, columns);
    return MIXUP_OK;
}

/* The library checks the following too, but only when training begins, and it knows no line. */
static mixup_status check_model(const experiment *of, const mixup_dataset_info *train,
                                const mixup_model *model) {
    static const char weights[] = "training.class_weights";
    size_t output[MIXUP_MAX_RANK];
    MIXUP_TRY(check_loss(of, train, model));
    mixup_model_output_shape(model, output);
    const size_t given = of->settings.fit.class_weight_count;
    if (given > 0 && given != output[0])
        return schema_error(yaml_find(of->root, weights), weights,
                            "has %zu numbers for %zu outputs; one for each", given, output[0]);
    const mixup_mix_desc *mix = &of->settings.fit.mix;
    const yaml_node *at = yaml_find(of->root, "mix.at");
    for (size_t i = 0; i < mix->at_count; i++)
        MIXUP_TRY(check_site(of, model, at->kind == YAML_SEQUENCE ? at->items[i] : at, mix->at[i]));
    return mix->kind == MIXUP_CUTMIX ? check_cuts(of, model, at) : MIXUP_OK;
}

/* What a ready-made network ends in where the file does not say: what its loss, else its data ask for. */
static mixup_network_output choose_output(const settings *in, const mixup_dataset_info *train) {
    static const mixup_network_output by_loss[MIXUP_LOSS_COUNT] = {
        [MIXUP_SOFTMAX_CROSS_ENTROPY] = MIXUP_OUTPUT_SOFTMAX,
        [MIXUP_SOFTMAX_BINARY] = MIXUP_OUTPUT_SOFTMAX,
        [MIXUP_SIGMOID_BINARY] = MIXUP_OUTPUT_SIGMOID,
        [MIXUP_MEAN_SQUARED_ERROR] = MIXUP_OUTPUT_LINEAR,
    };
    if (in->network.output != MIXUP_OUTPUT_DEFAULT)
        return in->network.output;
    if (in->fit.loss != MIXUP_LOSS_DEFAULT)
        return by_loss[in->fit.loss];
    return train->class_count > 0 ? MIXUP_OUTPUT_SOFTMAX : MIXUP_OUTPUT_LINEAR;
}

static mixup_status make_network(const experiment *of, const mixup_dataset_info *train,
                                 mixup_network **network) {
    mixup_network_desc desc = of->settings.network;
    memcpy(desc.input, train->shape, sizeof desc.input);
    desc.classes = desc.classes > 0 ? desc.classes : train->target_count;
    if (desc.classes == 0)
        return error(MIXUP_ERROR_NETWORK, "network.classes: is missing, and there are no targets to count");
    desc.output = choose_output(&of->settings, train);
    desc.allocator = &of->memory.allocator;
    return mixup_network_create(network, &desc);
}

static mixup_status make_model(const experiment *of, const mixup_dataset_info *train, mixup_log log,
                               mixup_model **model) {
    mixup_network *network = NULL;
    mixup_model_desc desc = {
        .layers = of->layers,
        .layer_count = of->layer_count,
        .seed = of->settings.seed,
        .engine = of->settings.engine,
        .threads = of->settings.threads,
        .convolution = of->settings.convolution,
        .allocator = &of->memory.allocator,
        .log = log,
    };
    memcpy(desc.input, train->shape, sizeof desc.input);
    if (of->layers == NULL) {
        MIXUP_TRY(make_network(of, train, &network));
        desc.layers = network->layers;
        desc.layer_count = network->layer_count;
    }
    const mixup_status status = mixup_model_create(model, &desc);
    mixup_network_destroy(network);
    return status;
}

mixup_status experiment_create_model_for(const experiment *of, const mixup_dataset_info *train, mixup_log log,
                                         mixup_model **model) {
    mixup_model *made = NULL;
    mixup_status status = make_model(of, train, log, &made);
    if (status != MIXUP_OK)
        return experiment_error_context(of, status);
    status = check_model(of, train, made);
    if (status != MIXUP_OK) {
        mixup_model_destroy(made);
        return status;
    }
    *model = made;
    return MIXUP_OK;
}

mixup_status experiment_create_model(const experiment *of, const experiment_data *data, mixup_log log,
                                     mixup_model **model) {
    mixup_dataset_info train;
    mixup_dataset_describe(data->train, &train);
    return experiment_create_model_for(of, &train, log, model);
}

void experiment_fit_desc(const experiment *of, const experiment_data *data, mixup_fit_desc *desc) {
    *desc = of->settings.fit;
    desc->train = data->train;
    desc->validation = data->validation;
    desc->seed = of->settings.seed;
}
