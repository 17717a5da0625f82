/* graph/ops: the op table; see ops.h. To add an op, add its enumerator to mixup.h, a row here and a kernel in
 * each engine (CONTRIBUTING.md has the steps). */
#include "graph/op_rules.h"

#include <math.h>
#include <string.h>

/* ---- checks and defaults */

mixup_status op_resolve_range(float *field, const char *name, float standard, float low, float high) {
    if (*field == 0.0f)
        *field = standard;
    if (isfinite(*field) && *field > low && *field <= high)
        return MIXUP_OK;
    return error(MIXUP_ERROR_NETWORK, "%s is %g; it must be above %g%s", name, (double)*field, (double)low,
                 high < INFINITY ? " and not above 1" : " and finite");
}

mixup_status op_resolve_initial(mixup_layer *attributes) {
    if (attributes->initial == MIXUP_INITIAL_DEFAULT)
        attributes->initial = MIXUP_GLOROT_UNIFORM;
    if ((unsigned)attributes->initial >= MIXUP_INITIAL_COUNT)
        return error(MIXUP_ERROR_NETWORK, "initial is %d, which is no mixup_initial",
                     (int)attributes->initial);
    if (!isfinite(attributes->initial_value))
        return error(MIXUP_ERROR_NETWORK, "initial_value is not finite");
    return MIXUP_OK;
}

static mixup_status resolve_dense(mixup_layer *attributes) {
    if (attributes->units == 0)
        return error(MIXUP_ERROR_NETWORK, "units is missing; a dense layer needs at least 1");
    return op_resolve_initial(attributes);
}

static mixup_status resolve_dropout(mixup_layer *attributes) {
    if (attributes->rate > 0.0f && attributes->rate < 1.0f)
        return MIXUP_OK;
    return error(MIXUP_ERROR_NETWORK, "rate is %g; it must lie between 0 and 1, both excluded",
                 (double)attributes->rate);
}

static mixup_status resolve_noise(mixup_layer *attributes) {
    if (isfinite(attributes->stddev) && attributes->stddev > 0.0f)
        return MIXUP_OK;
    return error(MIXUP_ERROR_NETWORK, "stddev is %g; it must be above 0 and finite",
                 (double)attributes->stddev);
}

mixup_status op_resolve_norm(mixup_layer *attributes) {
    MIXUP_TRY(op_resolve_range(&attributes->epsilon, "epsilon", 1e-5f, 0.0f, INFINITY));
    return op_resolve_range(&attributes->momentum, "momentum", 0.1f, 0.0f, 1.0f);
}

static mixup_status resolve_custom(mixup_layer *attributes) {
    const mixup_custom *custom = attributes->custom;
    if (custom == NULL)
        return error(MIXUP_ERROR_NETWORK, "custom is missing; point it at a mixup_custom");
    if (custom->kind == NULL || custom->shape == NULL || custom->forward == NULL || custom->backward == NULL)
        return error(MIXUP_ERROR_NETWORK, "custom needs kind, shape, forward and backward");
    if (custom->parameter_count > GRAPH_MAX_PARAMETERS)
        return error(MIXUP_ERROR_NETWORK, "custom '%s' has %zu parameters; at most %d", custom->kind,
                     custom->parameter_count, GRAPH_MAX_PARAMETERS);
    return MIXUP_OK;
}

/* ---- shapes */

mixup_status op_infer_same(op_layer *layer) {
    layer->output = layer->inputs[0];
    return MIXUP_OK;
}

static mixup_status infer_equal(op_layer *layer) {
    for (size_t i = 1; i < layer->input_count; i++)
        if (!shape_equal(&layer->inputs[0], &layer->inputs[i]))
            return error(MIXUP_ERROR_SHAPE, "its inputs have shapes %s and %s; they must be equal",
                         shape_to_text(&layer->inputs[0]).text, shape_to_text(&layer->inputs[i]).text);
    return op_infer_same(layer);
}

static mixup_status infer_concat(op_layer *layer) {
    MIXUP_TRY(op_infer_same(layer));
    for (size_t i = 1; i < layer->input_count; i++) {
        shape expected = layer->inputs[i];
        expected.sizes[0] = layer->inputs[0].sizes[0];
        if (!shape_equal(&layer->inputs[0], &expected))
            return error(MIXUP_ERROR_SHAPE,
                         "its inputs have shapes %s and %s; they may differ in the first dimension only",
                         shape_to_text(&layer->inputs[0]).text, shape_to_text(&layer->inputs[i]).text);
        layer->output.sizes[0] += layer->inputs[i].sizes[0];
    }
    return MIXUP_OK;
}

static mixup_status infer_flatten(op_layer *layer) {
    layer->output = (shape){.rank = 1, .sizes = {shape_count(&layer->inputs[0])}};
    return MIXUP_OK;
}

static mixup_status infer_reshape(op_layer *layer) {
    MIXUP_TRY(shape_from_sizes(layer->attributes->shape, MIXUP_MAX_RANK, "shape", &layer->output));
    if (shape_count(&layer->output) != shape_count(&layer->inputs[0]))
        return error(MIXUP_ERROR_SHAPE, "shape %s has %zu elements but its input, %s, has %zu",
                     shape_to_text(&layer->output).text, shape_count(&layer->output),
                     shape_to_text(&layer->inputs[0]).text, shape_count(&layer->inputs[0]));
    return MIXUP_OK;
}

static mixup_status require_flat(const op_layer *layer) {
    if (layer->inputs[0].rank == 1)
        return MIXUP_OK;
    return error(MIXUP_ERROR_SHAPE,
                 "its input has shape %s but it takes a flat one; put a flatten layer before",
                 shape_to_text(&layer->inputs[0]).text);
}

static mixup_status infer_dense(op_layer *layer) {
    MIXUP_TRY(require_flat(layer));
    layer->output = (shape){.rank = 1, .sizes = {layer->attributes->units}};
    return MIXUP_OK;
}

static mixup_status infer_batch_norm(op_layer *layer) {
    if (layer->inputs[0].rank != 3)
        MIXUP_TRY(require_flat(layer));
    return op_infer_same(layer);
}

static mixup_status infer_dropout(op_layer *layer) {
    if (layer->attributes->by_channel)
        MIXUP_TRY(op_require_image(layer));
    return op_infer_same(layer);
}

/* All of one shape, or [channels] beside images. */
static mixup_status infer_multiply(op_layer *layer) {
    size_t largest = 0;
    for (size_t i = 1; i < layer->input_count; i++)
        if (layer->inputs[i].rank > layer->inputs[largest].rank)
            largest = i;
    const shape *full = &layer->inputs[largest];
    for (size_t i = 0; i < layer->input_count; i++) {
        const shape *other = &layer->inputs[i];
        const bool per_channel = full->rank == 3 && other->rank == 1 && other->sizes[0] == full->sizes[0];
        if (!per_channel && !shape_equal(full, other))
            return error(MIXUP_ERROR_SHAPE,
                         "its inputs have shapes %s and %s; they must be equal, or one value a channel",
                         shape_to_text(full).text, shape_to_text(other).text);
    }
    layer->output = *full;
    return MIXUP_OK;
}

static mixup_status infer_custom(op_layer *layer) {
    const mixup_custom *custom = layer->attributes->custom;
    size_t input[MIXUP_MAX_RANK] = {0};
    size_t output[MIXUP_MAX_RANK] = {0};
    memcpy(input, layer->inputs[0].sizes, sizeof input);
    if (custom->shape(custom->user, input, output) != MIXUP_OK)
        return error(MIXUP_ERROR_CALLBACK, "custom '%s' refused the input shape %s", custom->kind,
                     shape_to_text(&layer->inputs[0]).text);
    return shape_from_sizes(output, MIXUP_MAX_RANK, custom->kind, &layer->output);
}

/* ---- parameters */

static mixup_status parameters_dense(const op_layer *layer, op_parameter *out, size_t *count) {
    const mixup_layer *attributes = layer->attributes;
    const size_t features = layer->inputs[0].sizes[0];
    out[0] = (op_parameter){.suffix = "weight",
                            .shape = {.rank = 2, .sizes = {attributes->units, features}},
                            .initial = {attributes->initial, attributes->initial_value, features,
                                        attributes->units}};
    out[1] = (op_parameter){.suffix = "bias",
                            .shape = {.rank = 1, .sizes = {attributes->units}},
                            .initial = {.kind = MIXUP_CONSTANT}};
    *count = attributes->no_bias ? 1 : 2;
    return MIXUP_OK;
}

/* Scale and shift, each of shape `width`; none with no_bias. */
size_t op_parameters_affine(const op_layer *layer, const shape *width, op_parameter *out) {
    if (layer->attributes->no_bias)
        return 0;
    out[0] = (op_parameter){
        .suffix = "weight", .shape = *width, .initial = {.kind = MIXUP_CONSTANT, .value = 1.0f}};
    out[1] = (op_parameter){.suffix = "bias", .shape = *width, .initial = {.kind = MIXUP_CONSTANT}};
    return 2;
}

static mixup_status parameters_batch_norm(const op_layer *layer, op_parameter *out, size_t *count) {
    const shape width = {.rank = 1, .sizes = {layer->inputs[0].sizes[0]}};
    out[0] = (op_parameter){
        .suffix = "running_mean", .shape = width, .initial = {.kind = MIXUP_CONSTANT}, .buffer = true};
    out[1] = (op_parameter){.suffix = "running_var",
                            .shape = width,
                            .initial = {.kind = MIXUP_CONSTANT, .value = 1.0f},
                            .buffer = true};
    *count = 2 + op_parameters_affine(layer, &width, out + 2);
    return MIXUP_OK;
}

static mixup_status parameters_layer_norm(const op_layer *layer, op_parameter *out, size_t *count) {
    *count = op_parameters_affine(layer, &layer->inputs[0], out);
    return MIXUP_OK;
}

static mixup_status check_custom_parameter(const mixup_custom *custom, size_t index) {
    const mixup_custom_parameter *given = &custom->parameters[index];
    if (given->name == NULL || given->name[0] == '\0')
        return error(MIXUP_ERROR_NETWORK, "custom '%s': parameter %zu has no name", custom->kind, index);
    if ((unsigned)given->initial >= MIXUP_INITIAL_COUNT)
        return error(MIXUP_ERROR_NETWORK, "custom '%s': %s: initial is %d, which is no mixup_initial",
                     custom->kind, given->name, (int)given->initial);
    for (size_t i = 0; i < index; i++)
        if (strcmp(custom->parameters[i].name, given->name) == 0)
            return error(MIXUP_ERROR_NETWORK,
                         "custom '%s': two parameters are called '%s'; names must differ", custom->kind,
                         given->name);
    return MIXUP_OK;
}

static mixup_status parameters_custom(const op_layer *layer, op_parameter *out, size_t *count) {
    const mixup_custom *custom = layer->attributes->custom;
    if (custom->parameter_count > 0 && custom->parameters == NULL)
        return error(MIXUP_ERROR_NETWORK, "custom '%s' says that it has %zu parameters but lists none",
                     custom->kind, custom->parameter_count);
    for (size_t i = 0; i < custom->parameter_count; i++) {
        const mixup_custom_parameter *given = &custom->parameters[i];
        MIXUP_TRY(check_custom_parameter(custom, i));
        out[i] = (op_parameter){.suffix = given->name};
        MIXUP_TRY(shape_from_sizes(given->shape, MIXUP_MAX_RANK, given->name, &out[i].shape));
        const size_t outputs = out[i].shape.sizes[0];
        out[i].initial =
            (graph_initial){.kind = given->initial == MIXUP_INITIAL_DEFAULT ? MIXUP_CONSTANT : given->initial,
                            .value = given->initial_value,
                            .fan_in = shape_count(&out[i].shape) / outputs,
                            .fan_out = outputs};
    }
    *count = custom->parameter_count;
    return MIXUP_OK;
}

static uint64_t multiply_adds_dense(const op_layer *layer) {
    return (uint64_t)layer->inputs[0].sizes[0] * layer->attributes->units;
}

/* ---- the table */

static const op_row rows[MIXUP_OP_COUNT] = {
    [MIXUP_FLATTEN] = {.name = "flatten", .alias = true, .infer = infer_flatten},
    [MIXUP_RESHAPE] = {.name = "reshape", .alias = true, .infer = infer_reshape},
    [MIXUP_DENSE] = {.name = "dense",
                     .resolve = resolve_dense,
                     .infer = infer_dense,
                     .parameters = parameters_dense,
                     .multiply_adds = multiply_adds_dense},
    [MIXUP_ACTIVATION] = {.name = "activation", .infer = op_infer_same},
    [MIXUP_DROPOUT] = {.name = "dropout", .random = true, .resolve = resolve_dropout, .infer = infer_dropout},
    [MIXUP_GAUSSIAN_NOISE] = {.name = "gaussian_noise",
                              .random = true,
                              .resolve = resolve_noise,
                              .infer = op_infer_same},
    [MIXUP_BATCH_NORM] = {.name = "batch_norm",
                          .resolve = op_resolve_norm,
                          .infer = infer_batch_norm,
                          .parameters = parameters_batch_norm},
    [MIXUP_LAYER_NORM] = {.name = "layer_norm",
                          .resolve = op_resolve_norm,
                          .infer = op_infer_same,
                          .parameters = parameters_layer_norm},
    [MIXUP_ADD] = {.name = "add", .merges = true, .infer = infer_equal},
    [MIXUP_CONCAT] = {.name = "concat", .merges = true, .infer = infer_concat},
    [MIXUP_MULTIPLY] = {.name = "multiply", .merges = true, .infer = infer_multiply},
    [MIXUP_CUSTOM] = {.name = "custom",
                      .resolve = resolve_custom,
                      .infer = infer_custom,
                      .parameters = parameters_custom},
    [MIXUP_CONV2D] = {.name = "conv2d",
                      .resolve = op_resolve_conv2d,
                      .infer = op_infer_conv2d,
                      .parameters = op_parameters_conv2d,
                      .multiply_adds = op_multiply_adds_conv2d},
    [MIXUP_MAX_POOL] = {.name = "max_pool", .resolve = op_resolve_pool, .infer = op_infer_pool},
    [MIXUP_AVERAGE_POOL] = {.name = "average_pool", .resolve = op_resolve_pool, .infer = op_infer_pool},
    [MIXUP_GLOBAL_AVERAGE_POOL] = {.name = "global_average_pool", .infer = op_infer_global_pool},
    [MIXUP_GROUP_NORM] = {.name = "group_norm",
                          .resolve = op_resolve_group_norm,
                          .infer = op_infer_group_norm,
                          .parameters = op_parameters_group_norm},
    [MIXUP_PAD] = {.name = "pad", .resolve = op_resolve_pad, .infer = op_infer_pad},
    [MIXUP_UPSAMPLE] = {.name = "upsample", .resolve = op_resolve_upsample, .infer = op_infer_upsample},
};

const op_row *op_find(mixup_op op) {
    if ((unsigned)op >= MIXUP_OP_COUNT || rows[op].name == NULL)
        return NULL;
    return &rows[op];
}

mixup_op op_by_name(const char *name) {
    for (int op = 0; op < MIXUP_OP_COUNT; op++)
        if (rows[op].name != NULL && strcmp(rows[op].name, name) == 0)
            return (mixup_op)op;
    return MIXUP_OP_NONE;
}

static const char *const activation_names[MIXUP_ACTIVATION_COUNT] = {
    [MIXUP_LINEAR] = "linear",   [MIXUP_RELU] = "relu",       [MIXUP_LEAKY_RELU] = "leaky_relu",
    [MIXUP_ELU] = "elu",         [MIXUP_GELU] = "gelu",       [MIXUP_TANH] = "tanh",
    [MIXUP_SIGMOID] = "sigmoid", [MIXUP_SOFTMAX] = "softmax",
};

const char *activation_name(mixup_activation activation) {
    return (unsigned)activation < MIXUP_ACTIVATION_COUNT ? activation_names[activation] : "unknown";
}

mixup_activation activation_by_name(const char *name) {
    for (int i = 0; i < MIXUP_ACTIVATION_COUNT; i++)
        if (strcmp(activation_names[i], name) == 0)
            return (mixup_activation)i;
    return MIXUP_ACTIVATION_COUNT;
}

static const char *const initial_names[MIXUP_INITIAL_COUNT] = {
    [MIXUP_INITIAL_DEFAULT] = "default",     [MIXUP_GLOROT_UNIFORM] = "glorot_uniform",
    [MIXUP_GLOROT_NORMAL] = "glorot_normal", [MIXUP_HE_UNIFORM] = "he_uniform",
    [MIXUP_HE_NORMAL] = "he_normal",         [MIXUP_LECUN_UNIFORM] = "lecun_uniform",
    [MIXUP_LECUN_NORMAL] = "lecun_normal",   [MIXUP_ORTHOGONAL] = "orthogonal",
    [MIXUP_CONSTANT] = "constant",
};

const char *initial_name(mixup_initial initial) {
    return (unsigned)initial < MIXUP_INITIAL_COUNT ? initial_names[initial] : "unknown";
}

mixup_initial initial_by_name(const char *name) {
    for (int i = 0; i < MIXUP_INITIAL_COUNT; i++)
        if (strcmp(initial_names[i], name) == 0)
            return (mixup_initial)i;
    return MIXUP_INITIAL_COUNT;
}
