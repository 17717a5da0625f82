/* graph/build: from a flat list of layer descriptions to nodes, values and parameters. */
#include "graph/graph.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* ---- copies of the caller's description */

static mixup_status copy_text(graph *network, const char *from, const char **to) {
    if (from == NULL)
        return MIXUP_OK;
    *to = memory_copy_text(&network->allocator, from);
    return *to != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

static mixup_status copy_custom(graph *network, const mixup_custom *from, const mixup_custom **to) {
    mixup_custom *copy = NULL;
    MIXUP_TRY(MEMORY_NEW(&network->allocator, copy, 1));
    *copy = *from;
    copy->parameters = NULL; /* their names and shapes become graph_parameters */
    copy->kind = NULL;
    *to = copy;
    return copy_text(network, from->kind, &copy->kind);
}

/* Copies everything but the pointers, then the pointers one by one, so that a failure leaves what
 * destroy_layer can release. */
static mixup_status copy_layer(graph *network, const mixup_layer *from, mixup_layer *to) {
    *to = *from;
    to->name = NULL;
    to->from = NULL;
    memset(to->with, 0, sizeof to->with);
    to->custom = NULL;
    MIXUP_TRY(copy_text(network, from->name, &to->name));
    MIXUP_TRY(copy_text(network, from->from, &to->from));
    for (size_t i = 0; i < MIXUP_MAX_WITH; i++)
        MIXUP_TRY(copy_text(network, from->with[i], &to->with[i]));
    if (from->op == MIXUP_CUSTOM && from->custom != NULL)
        return copy_custom(network, from->custom, &to->custom);
    return MIXUP_OK;
}

static void destroy_layer(graph *network, graph_layer *layer) {
    const mixup_allocator *allocator = &network->allocator;
    memory_release(allocator, (void *)layer->attributes.name);
    memory_release(allocator, (void *)layer->attributes.from);
    for (size_t i = 0; i < MIXUP_MAX_WITH; i++)
        memory_release(allocator, (void *)layer->attributes.with[i]);
    if (layer->attributes.custom != NULL)
        memory_release(allocator, (void *)layer->attributes.custom->kind);
    memory_release(allocator, (void *)layer->attributes.custom);
    memory_release(allocator, layer->site_problem);
}

/* ---- names */

/* "dense2" for the second dense layer; numbers whose names are taken are passed over. */
static mixup_status name_layer(graph *network, size_t index, const mixup_layer *layers, size_t layer_count) {
    graph_layer *layer = &network->layers[index];
    size_t number = 1;
    for (size_t i = 0; i < index; i++)
        number += network->layers[i].attributes.op == layer->attributes.op;
    for (;; number++) {
        text name;
        text_init(&name, &network->allocator);
        text_format(&name, "%s%zu", op_find(layer->attributes.op)->name, number);
        MIXUP_TRY(text_status(&name));
        bool taken = false;
        for (size_t i = 0; i < layer_count; i++)
            taken = taken || (layers[i].name != NULL && strcmp(layers[i].name, name.data) == 0) ||
                    (i < index && strcmp(network->layers[i].attributes.name, name.data) == 0);
        if (!taken) {
            layer->attributes.name = name.data;
            return MIXUP_OK;
        }
        text_clear(&name);
    }
}

static mixup_status check_name(const graph *network, size_t index) {
    const char *name = network->layers[index].attributes.name;
    if (name[0] == '\0')
        return error(MIXUP_ERROR_NETWORK, "its name is empty");
    if (strcmp(name, "input") == 0)
        return error(MIXUP_ERROR_NETWORK, "'input' always names the network's input; choose another name");
    if (strchr(name, '/') != NULL || strchr(name, ',') != NULL)
        return error(MIXUP_ERROR_NETWORK, "a name must not contain '/' or ','");
    for (size_t i = 0; i < index; i++)
        if (strcmp(network->layers[i].attributes.name, name) == 0)
            return error(MIXUP_ERROR_NETWORK, "layers[%zu] has the same name; names must differ", i);
    return MIXUP_OK;
}

size_t graph_find_layer(const graph *network, const char *name) {
    size_t l = 0;
    while (l < network->layer_count && (network->layers[l].attributes.name == NULL ||
                                        strcmp(network->layers[l].attributes.name, name) != 0))
        l++;
    return l;
}

size_t graph_find_parameter(const graph *network, const char *name) {
    size_t p = 0;
    while (p < network->parameter_count && strcmp(network->parameters[p].name, name) != 0)
        p++;
    return p;
}

bool graph_is_alias(const graph_node *node) {
    return op_find(node->op)->alias || (node->op == MIXUP_ACTIVATION && node->activation == MIXUP_LINEAR);
}

/* ---- one layer */

static mixup_status find_source(graph *network, size_t index, const char *name, size_t *value) {
    if (strcmp(name, "input") == 0) {
        *value = GRAPH_INPUT;
        return MIXUP_OK;
    }
    const size_t source = graph_find_layer(network, name);
    if (source >= index)
        return error(MIXUP_ERROR_NETWORK, "it reads '%s', which is no layer before it%s", name,
                     source == index ? " but itself" : "; layers are listed in the order of execution");
    *value = network->layers[source].output;
    return MIXUP_OK;
}

static mixup_status find_sources(graph *network, size_t index, size_t *inputs, size_t *count) {
    const mixup_layer *attributes = &network->layers[index].attributes;
    const bool merges = op_find(attributes->op)->merges;
    inputs[0] = index == 0 ? GRAPH_INPUT : network->layers[index - 1].output;
    if (attributes->from != NULL)
        MIXUP_TRY(find_source(network, index, attributes->from, &inputs[0]));
    *count = 1;
    for (size_t i = 0; i < MIXUP_MAX_WITH && attributes->with[i] != NULL; i++) {
        if (!merges)
            return error(MIXUP_ERROR_NETWORK,
                         "'with' is for layers that merge (add, concat, multiply), not %s",
                         op_find(attributes->op)->name);
        MIXUP_TRY(find_source(network, index, attributes->with[i], &inputs[(*count)++]));
    }
    if (merges && *count < 2)
        return error(MIXUP_ERROR_NETWORK, "%s merges inputs: name the others in 'with'",
                     op_find(attributes->op)->name);
    return MIXUP_OK;
}

static mixup_status resolve_activation(mixup_layer *attributes) {
    if ((unsigned)attributes->activation >= MIXUP_ACTIVATION_COUNT)
        return error(MIXUP_ERROR_NETWORK, "activation is %d, which is no mixup_activation",
                     (int)attributes->activation);
    if (attributes->op == MIXUP_ACTIVATION && attributes->activation == MIXUP_LINEAR)
        return MIXUP_OK; /* does nothing, as asked */
    const bool sloped = attributes->activation == MIXUP_LEAKY_RELU || attributes->activation == MIXUP_ELU;
    if (sloped && attributes->slope == 0.0f)
        attributes->slope = attributes->activation == MIXUP_ELU ? 1.0f : 0.01f;
    if (sloped && !(isfinite(attributes->slope) && attributes->slope > 0.0f))
        return error(MIXUP_ERROR_NETWORK, "slope is %g; it must be above 0 and finite",
                     (double)attributes->slope);
    return MIXUP_OK;
}

/* The output of the node added last. */
static size_t add_value(graph *network, const shape *of, size_t layer, size_t storage) {
    const size_t index = network->value_count++;
    network->values[index] = (graph_value){.shape = *of,
                                           .storage = storage == SIZE_MAX ? index : storage,
                                           .layer = layer,
                                           .position = network->node_count};
    return index;
}

static graph_node *add_node(graph *network, size_t layer, mixup_op op, const size_t *inputs, size_t count) {
    graph_node *node = &network->nodes[network->node_count++];
    node->op = op;
    node->layer = layer;
    node->attributes = &network->layers[layer].attributes;
    node->input_count = count;
    memcpy(node->inputs, inputs, count * sizeof *inputs);
    for (size_t i = 0; i < count; i++)
        network->values[inputs[i]].readers++;
    return node;
}

static mixup_status add_parameters(graph *network, size_t layer, graph_node *node, const op_parameter *specs,
                                   size_t count) {
    MIXUP_TRY(MEMORY_GROW(&network->allocator, network->parameters, network->parameter_count,
                          network->parameter_count + count + 1));
    for (size_t i = 0; i < count; i++) {
        graph_parameter *parameter = &network->parameters[network->parameter_count];
        text name;
        text_init(&name, &network->allocator);
        text_format(&name, "%s.%s", network->layers[layer].attributes.name, specs[i].suffix);
        MIXUP_TRY(text_status(&name));
        *parameter = (graph_parameter){.name = name.data,
                                       .shape = specs[i].shape,
                                       .count = shape_count(&specs[i].shape),
                                       .initial = specs[i].initial,
                                       .layer = layer,
                                       .frozen = network->layers[layer].attributes.frozen,
                                       .buffer = specs[i].buffer};
        if (!specs[i].buffer)
            network->layers[layer].trainable += parameter->count;
        node->parameters[node->parameter_count++] = network->parameter_count++;
    }
    return MIXUP_OK;
}

/* All sizes must fit: the elements of a sample, and of each parameter. */
static mixup_status check_sizes(const shape *output, const op_parameter *specs, size_t count) {
    size_t elements = sizeof(double);
    for (size_t d = 0; d < output->rank; d++)
        MIXUP_TRY(memory_product(elements, output->sizes[d], &elements));
    for (size_t i = 0; i < count; i++) {
        elements = sizeof(double);
        for (size_t d = 0; d < specs[i].shape.rank; d++)
            MIXUP_TRY(memory_product(elements, specs[i].shape.sizes[d], &elements));
    }
    return MIXUP_OK;
}

static mixup_status build_layer(graph *network, size_t index, const mixup_custom *custom) {
    graph_layer *layer = &network->layers[index];
    mixup_layer *attributes = &layer->attributes;
    const op_row *row = op_find(attributes->op);
    size_t inputs[GRAPH_MAX_INPUTS];
    size_t input_count = 0;
    MIXUP_TRY(find_sources(network, index, inputs, &input_count));
    MIXUP_TRY(resolve_activation(attributes));
    if (row->resolve != NULL)
        MIXUP_TRY(row->resolve(attributes));

    shape input_shapes[GRAPH_MAX_INPUTS];
    for (size_t i = 0; i < input_count; i++)
        input_shapes[i] = network->values[inputs[i]].shape;
    mixup_layer given = *attributes; /* with the caller's custom: its parameters are read here only */
    given.custom = custom;
    op_layer op = {.attributes = &given, .inputs = input_shapes, .input_count = input_count};
    MIXUP_TRY(row->infer(&op));
    op_parameter specs[GRAPH_MAX_PARAMETERS];
    size_t spec_count = 0;
    if (row->parameters != NULL)
        MIXUP_TRY(row->parameters(&op, specs, &spec_count));
    MIXUP_TRY(check_sizes(&op.output, specs, spec_count));

    graph_node *node = add_node(network, index, attributes->op, inputs, input_count);
    MIXUP_TRY(add_parameters(network, index, node, specs, spec_count));
    if (attributes->op == MIXUP_ACTIVATION)
        node->activation = attributes->activation;
    const size_t storage = graph_is_alias(node) ? network->values[inputs[0]].storage : SIZE_MAX;
    node->output = add_value(network, &op.output, index, storage);
    layer->input = inputs[0];
    layer->output = node->output;
    layer->multiply_adds = row->multiply_adds != NULL ? row->multiply_adds(&op) : 0;
    if (attributes->op != MIXUP_ACTIVATION && attributes->activation != MIXUP_LINEAR) {
        graph_node *behind = add_node(network, index, MIXUP_ACTIVATION, &node->output, 1);
        behind->activation = attributes->activation;
        behind->output = add_value(network, &op.output, index, SIZE_MAX);
        layer->output = behind->output;
    }
    return MIXUP_OK;
}

/* ---- the whole */

static mixup_status add_layer(graph *network, size_t index, const mixup_layer *layers, size_t layer_count) {
    graph_layer *layer = &network->layers[index];
    const op_row *row = op_find(layers[index].op);
    if (row == NULL)
        return error(MIXUP_ERROR_NETWORK,
                     layers[index].op == MIXUP_OP_NONE ? "op is missing" : "op is no mixup_op");
    network->layer_count = index + 1;
    MIXUP_TRY(copy_layer(network, &layers[index], &layer->attributes));
    if (layer->attributes.name == NULL)
        MIXUP_TRY(name_layer(network, index, layers, layer_count));
    MIXUP_TRY(check_name(network, index));
    return build_layer(network, index, layers[index].custom);
}

static mixup_status check_all_read(const graph *network) {
    for (size_t l = 0; l + 1 < network->layer_count; l++)
        if (network->values[network->layers[l].output].readers == 0)
            return error(MIXUP_ERROR_NETWORK,
                         "layers[%zu] '%s': no layer reads its output; only the last layer's may be unread",
                         l, network->layers[l].attributes.name);
    for (size_t l = 0; l + 1 < network->layer_count; l++)
        if (network->layers[l].attributes.op != MIXUP_ACTIVATION &&
            network->layers[l].attributes.activation == MIXUP_SOFTMAX)
            return error(
                MIXUP_ERROR_NETWORK,
                "layers[%zu] '%s': softmax is for the last layer; in between use an activation layer", l,
                network->layers[l].attributes.name);
    return MIXUP_OK;
}

static mixup_status build(graph *network, const size_t *input, const mixup_layer *layers,
                          size_t layer_count) {
    const mixup_allocator *allocator = &network->allocator;
    if (layers == NULL || layer_count == 0)
        return error(MIXUP_ERROR_NETWORK, "the network has no layers");
    shape input_shape;
    MIXUP_TRY(shape_from_sizes(input, MIXUP_MAX_RANK, "input", &input_shape));
    MIXUP_TRY(check_sizes(&input_shape, NULL, 0));
    size_t most_values = 0;
    MIXUP_TRY(memory_product(layer_count, 2, &most_values));
    MIXUP_TRY(MEMORY_NEW(allocator, network->layers, layer_count));
    MIXUP_TRY(MEMORY_NEW(allocator, network->values, most_values + 1));
    MIXUP_TRY(MEMORY_NEW(allocator, network->nodes, most_values));
    network->values[GRAPH_INPUT] = (graph_value){.shape = input_shape, .storage = GRAPH_INPUT};
    network->value_count = 1;
    for (size_t l = 0; l < layer_count; l++) {
        const mixup_status status = add_layer(network, l, layers, layer_count);
        const char *name = network->layers[l].attributes.name;
        if (status != MIXUP_OK)
            return error_context(status, "layers[%zu]%s%s%s", l, name != NULL ? " '" : "",
                                 name != NULL ? name : "", name != NULL ? "'" : "");
    }
    const graph_layer *last = &network->layers[layer_count - 1];
    network->output = last->output;
    network->final_activation = last->attributes.activation;
    MIXUP_TRY(check_all_read(network));
    return graph_explain_sites(network);
}

mixup_status graph_create(graph **out, const size_t input[MIXUP_MAX_RANK], const mixup_layer *layers,
                          size_t layer_count, const mixup_allocator *allocator) {
    graph *network = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, network, 1));
    network->allocator = *allocator;
    const mixup_status status = build(network, input, layers, layer_count);
    if (status != MIXUP_OK) {
        graph_destroy(network);
        return status;
    }
    *out = network;
    return MIXUP_OK;
}

void graph_destroy(graph *network) {
    if (network == NULL)
        return;
    const mixup_allocator allocator = network->allocator;
    for (size_t l = 0; l < network->layer_count; l++)
        destroy_layer(network, &network->layers[l]);
    for (size_t p = 0; p < network->parameter_count; p++)
        memory_release(&allocator, network->parameters[p].name);
    memory_release(&allocator, network->layers);
    memory_release(&allocator, network->values);
    memory_release(&allocator, network->nodes);
    memory_release(&allocator, network->parameters);
    memory_release(&allocator, network);
}
