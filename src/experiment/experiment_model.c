/* experiment/experiment: the model, whether it fits the data and the mixing, and the description of the
 * training. */
#include "experiment/experiment_parts.h"
#include "train/model.h"

#include <stdlib.h>
#include <string.h>

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

/* Says that there is no such layer, and which one was meant; "input" is one, too. */
static mixup_status unknown_layer(const experiment *of, const mixup_model *model, const yaml_node *node,
                                  const char *key, const char *layer) {
    const char *names[256] = {"input"};
    size_t known = 1;
    for (size_t i = 0; i < mixup_layer_count(model) && known < MIXUP_COUNT(names); i++) {
        mixup_layer_info info;
        MIXUP_TRY(mixup_layer_at(model, i, &info));
        names[known++] = info.name;
    }
    const char *nearest = schema_nearest(layer, names, known);
    return schema_error(node, key, "there is no layer '%s'; %s%s%s", layer,
                        nearest != NULL ? "did you mean '" : "`mixup info ",
                        nearest != NULL ? nearest : of->path, nearest != NULL ? "'?" : "` lists them");
}

static mixup_status find_layer(const mixup_model *model, const char *name, mixup_layer_info *info,
                               bool *found) {
    *found = false;
    for (size_t i = 0; i < mixup_layer_count(model) && !*found; i++) {
        MIXUP_TRY(mixup_layer_at(model, i, info));
        *found = strcmp(info->name, name) == 0;
    }
    return MIXUP_OK;
}

static mixup_status check_site(const experiment *of, const mixup_model *model, const yaml_node *node,
                               const char *site) {
    mixup_layer_info info;
    bool found = false;
    if (strcmp(site, "input") == 0)
        return MIXUP_OK;
    MIXUP_TRY(find_layer(model, site, &info, &found));
    if (!found)
        return unknown_layer(of, model, node, "mix.at", site);
    return info.site_legal ? MIXUP_OK : schema_error(node, "mix.at", "%s", info.site_problem);
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
        .precision = of->settings.precision,
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

static bool figure_shows(const settings_figure *figure, const char *variant) {
    for (size_t i = 0; i < figure->variant_count; i++)
        if (strcmp(figure->variants[i], variant) == 0)
            return true;
    return figure->variant_count == 0;
}

static mixup_status check_figure_layer(const experiment *of, const mixup_model *model,
                                       const settings_figure *figure, const yaml_node *item) {
    const yaml_node *node = yaml_get(item, "layer");
    mixup_layer_info info;
    bool found = false;
    if (figure->layer == NULL || strcmp(figure->layer, "input") == 0)
        return MIXUP_OK;
    MIXUP_TRY(find_layer(model, figure->layer, &info, &found));
    if (!found)
        return unknown_layer(of, model, node, "report.layer", figure->layer);
    if (figure->kind == SETTINGS_SCATTER && (info.output_shape[0] != 2 || info.output_shape[1] != 0))
        return schema_error(node, "report.layer", "'%s' does not have 2 units, which a scatter needs",
                            figure->layer);
    return MIXUP_OK;
}

mixup_status experiment_check_report(const experiment *of, const mixup_model *model) {
    const settings *in = &of->settings;
    const yaml_node *items = yaml_get(of->root, "report");
    for (size_t i = 0; i < in->figure_count; i++)
        if (figure_shows(&in->figures[i], in->variant))
            MIXUP_TRY(check_figure_layer(of, model, &in->figures[i], items->items[i]));
    return MIXUP_OK;
}

void experiment_fit_desc(const experiment *of, const experiment_data *data, mixup_fit_desc *desc) {
    *desc = of->settings.fit;
    desc->train = data->train;
    desc->validation = data->validation;
    desc->seed = of->settings.seed;
    desc->top_k = of->settings.evaluate.top_k;
    desc->bins = of->settings.evaluate.bins;
}
