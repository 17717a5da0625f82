/* graph/sites: where states may be mixed, and how. A value is a legal site where every path from input to
 * output passes through it. As all nodes lie on such a path, that is so exactly when no value made before it
 * is still read behind it. Values that share storage are one site. */
#include "graph/graph.h"

#include "base/text.h"

#include <string.h>

static void find_last_readers(graph *network) {
    for (size_t n = 0; n < network->node_count; n++)
        for (size_t i = 0; !graph_is_alias(&network->nodes[n]) && i < network->nodes[n].input_count; i++)
            network->values[network->values[network->nodes[n].inputs[i]].storage].last_reader = n + 1;
}

static size_t find_bypass(const graph *network, size_t value) {
    const size_t position = network->values[value].position;
    for (size_t v = 0; v < network->value_count; v++) {
        const graph_value *other = &network->values[v];
        if (other->storage == v && other->position < position && other->last_reader > position)
            return v;
    }
    return GRAPH_NO_BYPASS;
}

bool graph_is_site(const graph *network, size_t value) {
    return network->values[network->values[value].storage].bypass == GRAPH_NO_BYPASS;
}

static const char *value_name(const graph *network, size_t value) {
    return value == GRAPH_INPUT ? "input" : network->layers[network->values[value].layer].attributes.name;
}

/* Layers that read the nearest sites made before and behind `value`; NULL: there is none. Sites of images
 * only, or any. */
typedef struct nearest {
    const char *before, *behind;
} nearest;

static nearest find_nearest(const graph *network, size_t value, bool images) {
    const size_t position = network->values[value].position;
    size_t before_position = 0;
    size_t behind_position = SIZE_MAX;
    shape image;
    nearest found = {NULL, NULL};
    if (position > 0 && (!images || graph_site_image(network, GRAPH_INPUT, &image)))
        found.before = "input";
    for (size_t l = 0; l < network->layer_count; l++) {
        const size_t site = network->values[network->layers[l].input].storage;
        const size_t at = network->values[site].position;
        if (!graph_is_site(network, site) || (images && !graph_site_image(network, site, &image)))
            continue;
        if (at > before_position && at < position) {
            found.before = network->layers[l].attributes.name;
            before_position = at;
        } else if (at > position && at < behind_position) {
            found.behind = network->layers[l].attributes.name;
            behind_position = at;
        }
    }
    return found;
}

static void add_nearest(const graph *network, size_t value, text *out) {
    const nearest found = find_nearest(network, value, false);
    if (found.behind != NULL)
        text_format(out, "the nearest legal sites are '%s' and '%s'", found.before, found.behind);
    else
        text_format(out, "the nearest legal site is '%s'", found.before);
}

/* The name of the layer where all ways around `value` have met again: it makes the next legal site, if only
 * the network's output. */
static const char *closing_layer(const graph *network, size_t value) {
    size_t closing = network->values[value].position;
    for (; closing + 1 < network->node_count; closing++) {
        const size_t made = network->nodes[closing].output;
        if (network->values[made].storage == made && graph_is_site(network, made))
            break;
    }
    return network->layers[network->nodes[closing].layer].attributes.name;
}

mixup_status graph_explain_sites(graph *network) {
    find_last_readers(network);
    for (size_t v = 0; v < network->value_count; v++)
        network->values[v].bypass = find_bypass(network, v);
    for (size_t l = 0; l < network->layer_count; l++) {
        const size_t value = network->values[network->layers[l].input].storage;
        const size_t around = network->values[value].bypass;
        if (around == GRAPH_NO_BYPASS)
            continue;
        text problem;
        text_init(&problem, &network->allocator);
        text_format(
            &problem,
            "cannot mix here: '%s' reads a state inside the skip connection from '%s' that '%s' closes; ",
            network->layers[l].attributes.name, value_name(network, around), closing_layer(network, value));
        add_nearest(network, value, &problem);
        network->layers[l].site_problem = problem.data;
        MIXUP_TRY(text_status(&problem));
    }
    return MIXUP_OK;
}

mixup_status graph_find_site(const graph *network, const char *name, size_t *value) {
    if (strcmp(name, "input") == 0) {
        *value = GRAPH_INPUT;
        return MIXUP_OK;
    }
    const size_t layer = graph_find_layer(network, name);
    if (layer == network->layer_count)
        return error(MIXUP_ERROR_NOT_FOUND,
                     "cannot mix at '%s': no layer has this name; give a layer's name or 'input'", name);
    if (network->layers[layer].site_problem != NULL)
        return error(MIXUP_ERROR_NETWORK, "%s", network->layers[layer].site_problem);
    *value = network->values[network->layers[layer].input].storage;
    return MIXUP_OK;
}

/* ---- images */

/* The first shape of that rank under which the storage is seen, its own before all. */
static const shape *shape_of_rank(const graph *network, size_t storage, size_t rank) {
    for (size_t v = storage; v < network->value_count; v++)
        if (network->values[v].storage == storage && network->values[v].shape.rank == rank)
            return &network->values[v].shape;
    return NULL;
}

bool graph_site_image(const graph *network, size_t storage, shape *image) {
    const shape *found = shape_of_rank(network, storage, 3);
    if (found != NULL) {
        *image = *found;
        return true;
    }
    found = shape_of_rank(network, storage, 2);
    if (found == NULL)
        return false;
    *image = (shape){.rank = 3, .sizes = {1, found->sizes[0], found->sizes[1]}};
    return true;
}

mixup_status graph_check_cut(const graph *network, const char *name, size_t storage) {
    shape image;
    if (graph_site_image(network, storage, &image))
        return MIXUP_OK;
    const shape_text flat = shape_to_text(&network->values[storage].shape);
    const nearest found = find_nearest(network, storage, true);
    if (found.before == NULL && found.behind == NULL)
        return error(
            MIXUP_ERROR_NETWORK,
            "cannot cut at '%s': its state is %s, and CutMix needs an image, [channels][height][width] "
            "or [height][width]; this network has none (a layer 'reshape' makes one)",
            name, flat.text);
    return error(
        MIXUP_ERROR_NETWORK,
        "cannot cut at '%s': its state is %s, and CutMix needs an image, [channels][height][width] or "
        "[height][width]; the nearest one is read at '%s'%s%s%s",
        name, flat.text, found.before != NULL ? found.before : found.behind,
        found.before != NULL && found.behind != NULL ? " or '" : "",
        found.before != NULL && found.behind != NULL ? found.behind : "",
        found.before != NULL && found.behind != NULL ? "'" : "");
}
