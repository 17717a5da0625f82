/* experiment/schema_check: see the header. Each check names the key that is wrong and its place. */
#include "experiment/schema_check.h"

#include "networks/networks.h"

#include <stdio.h>
#include <string.h>

/* The node at a path of the file that was given (not null); the nearest one above it without. */
const yaml_node *schema_place(const yaml_node *root, const char *path) {
    const yaml_node *found = yaml_find(root, path);
    return found != NULL ? found : root;
}

bool schema_given(const yaml_node *root, const char *path) {
    const yaml_node *found = yaml_find(root, path);
    return found != NULL && !yaml_is_null(found);
}

/* ---------------------------------------------------------------- data */

/* Both keys set the number of classes, so they must agree. */
static mixup_status check_names(const yaml_node *root) {
    const yaml_node *names = yaml_find(root, "data.train.class_names");
    const yaml_node *count = yaml_find(root, "data.train.class_count");
    uint64_t classes = 0;
    if (names == NULL || yaml_is_null(names) || count == NULL || !yaml_to_whole(count, &classes))
        return MIXUP_OK;
    const size_t named = names->kind == YAML_SEQUENCE ? names->count : 1;
    if (named == classes)
        return MIXUP_OK;
    return schema_error(names, "data.train.class_names", "has %zu names for %llu classes; name every class",
                        named, (unsigned long long)classes);
}

static mixup_status check_train(const yaml_node *root, const settings_part *train) {
    MIXUP_TRY(check_names(root));
    const size_t *size =
        train->format == SETTINGS_TINY_IMAGENET ? train->tiny_imagenet.size : train->images.size;
    if ((size[0] > 0) != (size[1] > 0))
        return schema_error(schema_place(root, "data.train.size"), "data.train.size",
                            "has one number; give height and width");
    if (train->format == SETTINGS_NPY && (train->npy.labels != NULL) == (train->npy.targets != NULL))
        return schema_error(schema_place(root, "data.train"), "data.train", "needs either labels or targets");
    if (train->format == SETTINGS_CSV && (train->csv.label != NULL) == (train->csv.target_count > 0))
        return schema_error(schema_place(root, "data.train"), "data.train",
                            "needs either label (a column of classes) or targets (columns of numbers)");
    return MIXUP_OK;
}

static mixup_status check_split(const yaml_node *at, const char *key, const mixup_split_desc *split) {
    const int ways = (split->first > 0) + (split->last > 0) + (split->count > 0) + (split->fraction > 0.0);
    if (ways != 1)
        return schema_error(at, key,
                            "says %s first, last, count and fraction; exactly one of them says which samples "
                            "to cut off data.train (or give the part a format of its own)",
                            ways == 0 ? "none of" : "several of");
    if (split->stratified && split->count == 0 && split->fraction == 0.0)
        return schema_error(at, key, "stratified has no meaning with first and last; use count or fraction");
    return MIXUP_OK;
}

/* What a source's inputs are divided by; 0: it has no say in that. */
static double scale_of(const settings_part *part) {
    const double scales[] = {
        [SETTINGS_IDX] = part->idx.scale,       [SETTINGS_NPY] = part->npy.scale,
        [SETTINGS_CIFAR] = part->cifar.scale,   [SETTINGS_SVHN] = part->svhn.scale,
        [SETTINGS_IMAGES] = part->images.scale,
    };
    return (size_t)part->format < MIXUP_COUNT(scales) ? scales[part->format] : 0.0;
}

/* A forgotten scale would measure the network on other units than it was trained on. */
static mixup_status check_scale(const yaml_node *root, const char *key, const settings_part *train,
                                const settings_part *part) {
    char path[40];
    snprintf(path, sizeof path, "%s.scale", key);
    const double own = scale_of(part);
    if (own == 0.0 || scale_of(train) == 0.0 || own == scale_of(train) || schema_given(root, path))
        return MIXUP_OK;
    return schema_error(schema_place(root, key), path,
                        "is missing, but data.train's inputs are divided by %g; say so here too (or 1 where "
                        "they are stored in other units)",
                        scale_of(train));
}

static mixup_status check_part(const yaml_node *root, const char *key, const settings *in,
                               const settings_part *part) {
    const yaml_node *at = schema_place(root, key);
    if (part->format == SETTINGS_ABSENT)
        return MIXUP_OK;
    if (part->format == SETTINGS_SPLIT)
        return check_split(at, key, &part->split);
    if ((part->format == SETTINGS_CSV) != (in->train.format == SETTINGS_CSV))
        return schema_error(at, key,
                            "its format is csv and data.train's is not, or the other way round; "
                            "a network sees the columns that it was trained on");
    if (part->format == SETTINGS_NPY && part->npy.labels == NULL && part->npy.targets == NULL)
        return schema_error(at, key, "needs labels or targets");
    return check_scale(root, key, &in->train, part);
}

static mixup_status check_normalize(const yaml_node *root, const settings *in) {
    static const char key[] = "data.normalize";
    const settings_normalize *normalize = &in->normalize;
    if (normalize->by == SETTINGS_NOT_NORMALIZED)
        return MIXUP_OK;
    if (in->standardize)
        return schema_error(
            schema_place(root, key), key,
            "stands beside standardize: true; one of them decides (standardize is by feature)");
    if (normalize->mean_count != normalize->deviation_count)
        return schema_error(schema_place(root, key), key,
                            "has %zu means and %zu deviations; one of each for a channel",
                            normalize->mean_count, normalize->deviation_count);
    return MIXUP_OK;
}

static mixup_status check_range(const yaml_node *root, const char *key, const float range[2]) {
    const yaml_node *node = yaml_find(root, key);
    if (!schema_given(root, key))
        return MIXUP_OK;
    if (node->kind != YAML_SEQUENCE || node->count != 2 || !(range[0] <= range[1]))
        return schema_error(node, key, "is %s; give two numbers, the lowest and the highest",
                            yaml_describe(node).text);
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- network */

static void complete_slope(mixup_activation activation, float *slope) {
    if (activation == MIXUP_LEAKY_RELU && *slope == 0.0f)
        *slope = 0.01f;
    if (activation == MIXUP_ELU && *slope == 0.0f)
        *slope = 1.0f;
}

/* A ready-made one. Its checks name the key: "network.depth: ...". */
static mixup_status complete_network(const yaml_node *root, mixup_network_desc *network) {
    const bool hidden = network->kind == MIXUP_LENET || network->kind == MIXUP_MLP;
    if (hidden && network->activation == MIXUP_LINEAR)
        network->activation = MIXUP_RELU;
    complete_slope(network->activation, &network->slope);
    const mixup_status status = network_check(network);
    if (status == MIXUP_OK)
        return status;
    char message[600];
    snprintf(message, sizeof message, "%s", mixup_last_error());
    char *colon = strstr(message, ": ");
    if (status == MIXUP_ERROR_MEMORY || colon == NULL)
        return status;
    *colon = '\0';
    const yaml_node *at = yaml_find(root, message);
    return schema_error(at != NULL ? at : schema_place(root, "network"), message, "%s", colon + 2);
}

/* ---------------------------------------------------------------- training */

static mixup_status complete_optimizer(const yaml_node *root, mixup_optimizer *optimizer) {
    const bool gradient = optimizer->kind == MIXUP_SGD || optimizer->kind == MIXUP_NESTEROV;
    if (optimizer->learning_rate == 0.0f)
        optimizer->learning_rate = gradient ? 1e-2f : 1e-3f;
    if (optimizer->kind != MIXUP_NESTEROV || optimizer->momentum > 0.0f)
        return MIXUP_OK;
    static const char key[] = "training.optimizer.momentum";
    if (schema_given(root, key))
        return schema_error(schema_place(root, key), key,
                            "is 0; nesterov needs momentum above 0 (without it, use sgd)");
    optimizer->momentum = 0.9f;
    return MIXUP_OK;
}

static mixup_status check_schedule(const yaml_node *root, const mixup_schedule *schedule) {
    static const char key[] = "training.schedule.epochs";
    for (size_t i = 1; i < schedule->epoch_count; i++)
        if (schedule->epochs[i] <= schedule->epochs[i - 1])
            return schema_error(schema_place(root, key), key, "%zu follows %zu; the epochs must increase",
                                schedule->epochs[i], schedule->epochs[i - 1]);
    return MIXUP_OK;
}

static mixup_status check_watching(const yaml_node *root, const settings *in) {
    if (in->validation.format != SETTINGS_ABSENT)
        return MIXUP_OK;
    static const char stopping[] = "training.early_stopping";
    static const char best[] = "training.restore_best";
    if (in->fit.early_stopping > 0)
        return schema_error(schema_place(root, stopping), stopping,
                            "watches the validation loss, but there is no data.validation; add it");
    if (in->fit.restore_best)
        return schema_error(schema_place(root, best), best,
                            "goes by the validation loss, but there is no data.validation; add it");
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- mixing */

static mixup_status check_alpha(const yaml_node *root, const mixup_mix_desc *mix) {
    static const char epochs[] = "mix.alpha_epochs";
    static const char factors[] = "mix.alpha_factors";
    const yaml_node *listed = yaml_find(root, factors);
    if (schema_given(root, epochs) != schema_given(root, factors))
        return schema_error(schema_place(root, schema_given(root, epochs) ? epochs : factors), "mix",
                            "has alpha_%s without alpha_%s; give both, one factor an epoch",
                            schema_given(root, epochs) ? "epochs" : "factors",
                            schema_given(root, epochs) ? "factors" : "epochs");
    if (!schema_given(root, factors))
        return MIXUP_OK;
    const size_t count = listed->kind == YAML_SEQUENCE ? listed->count : 1;
    if (count != mix->alpha_count)
        return schema_error(listed, factors,
                            "has %zu numbers for %zu epochs in mix.alpha_epochs; one for each", count,
                            mix->alpha_count);
    for (size_t i = 1; i < mix->alpha_count; i++)
        if (mix->alpha_epochs[i] <= mix->alpha_epochs[i - 1])
            return schema_error(schema_place(root, epochs), epochs,
                                "%zu follows %zu; the epochs must increase", mix->alpha_epochs[i],
                                mix->alpha_epochs[i - 1]);
    return MIXUP_OK;
}

static mixup_status complete_mix(const yaml_node *root, const settings *in, mixup_mix_desc *mix) {
    const yaml_node *weights = yaml_find(root, "mix.weights");
    MIXUP_TRY(check_alpha(root, mix));
    if (mix->weights != NULL) {
        const size_t count = weights->kind == YAML_SEQUENCE ? weights->count : 1;
        if (mix->at_count > 0 && count != mix->at_count)
            return schema_error(weights, "mix.weights",
                                "has %zu numbers for %zu sites in mix.at; one for each", count,
                                mix->at_count);
        if (!schema_given(root, "mix.at"))
            return schema_error(weights, "mix.weights", "needs mix.at, the sites that are weighted");
        float sum = 0.0f;
        for (size_t i = 0; i < count; i++)
            sum += mix->weights[i];
        if (!(sum > 0.0f))
            return schema_error(weights, "mix.weights",
                                "are all 0; at least one site needs a weight above 0");
    }
    bool marked = false;
    for (size_t i = 0; i < in->layer_count; i++)
        marked = marked || in->layers[i].layer.mix;
    if (schema_given(root, "mix.at") && mix->at_count == 0) { /* at: [] is no mixing */
        mix->alpha = 0.0f;
        mix->at = NULL;
        mix->weights = NULL;
    } else if (mix->alpha > 0.0f && mix->at_count == 0 && !marked) {
        return schema_error(
            schema_place(root, "mix.alpha"), "mix.alpha",
            "is above 0 but there is no site to mix at; name layers in mix.at (`input` is the "
            "network's input), or give layers `mix: true`");
    }
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- the report */

/* What an attack cannot do is found before training, not when the report is made. */
static mixup_status check_figures(const yaml_node *root, const settings *in) {
    const yaml_node *list = yaml_find(root, "report");
    for (size_t i = 0; i < in->figure_count; i++) {
        attack_desc resolved;
        char key[32];
        if (in->figures[i].kind != SETTINGS_ATTACK ||
            attack_resolve(&in->figures[i].attack, &resolved) == MIXUP_OK)
            continue;
        const bool listed = list != NULL && list->kind == YAML_SEQUENCE && i < list->count;
        snprintf(key, sizeof key, "report[%zu]", i);
        return schema_error(listed ? list->items[i] : root, key, "%s", mixup_last_error());
    }
    return MIXUP_OK;
}

mixup_status schema_check(const yaml_node *root, settings *in) {
    MIXUP_TRY(check_train(root, &in->train));
    MIXUP_TRY(check_part(root, "data.test", in, &in->test));
    MIXUP_TRY(check_part(root, "data.validation", in, &in->validation));
    MIXUP_TRY(check_normalize(root, in));
    MIXUP_TRY(check_range(root, "data.augment.crop_area", in->fit.augment.crop_area));
    MIXUP_TRY(check_range(root, "data.augment.crop_ratio", in->fit.augment.crop_ratio));
    for (size_t i = 0; i < in->layer_count; i++) { /* the layers are this arena's own, filled just now */
        mixup_layer *layer = &((settings_layer *)in->layers)[i].layer;
        complete_slope(layer->activation, &layer->slope);
    }
    if (in->network.kind != MIXUP_NETWORK_NONE)
        MIXUP_TRY(complete_network(root, &in->network));
    MIXUP_TRY(complete_optimizer(root, &in->fit.optimizer));
    MIXUP_TRY(check_schedule(root, &in->fit.schedule));
    MIXUP_TRY(check_watching(root, in));
    MIXUP_TRY(check_figures(root, in));
    MIXUP_TRY(schema_check_idle(root, in));
    return complete_mix(root, in, &in->fit.mix);
}
