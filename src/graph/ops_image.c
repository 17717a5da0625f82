/* graph/ops_image: checks, shapes and parameters of the ops on images, [channels][height][width]. */
#include "graph/op_rules.h"

#include "base/memory.h"

enum { LARGEST_FIELD = 1 << 20 }; /* of kernel, stride, padding, dilation: keeps their products small */

/* ---- fields of two sizes, height and width */

/* A second 0 is the same as the first; both 0 become `standard`. */
static void fill_pair(size_t pair[2], size_t standard) {
    if (pair[0] == 0)
        pair[0] = standard;
    if (pair[1] == 0)
        pair[1] = pair[0];
}

static void fill_padding(size_t padding[2]) {
    if (padding[1] == 0)
        padding[1] = padding[0];
    else if (padding[1] == MIXUP_NO_PADDING)
        padding[1] = 0;
}

static mixup_status check_pair(const char *name, const size_t pair[2], size_t least) {
    for (size_t i = 0; i < 2; i++)
        if (pair[i] < least || pair[i] > LARGEST_FIELD)
            return error(MIXUP_ERROR_NETWORK, "%s is %zux%zu; each must be from %zu to %d", name, pair[0],
                         pair[1], least, LARGEST_FIELD);
    return MIXUP_OK;
}

/* kernel, stride, padding, dilation as far as the op has them. */
static mixup_status resolve_window(mixup_layer *attributes) {
    if (attributes->kernel[0] == 0)
        return error(MIXUP_ERROR_NETWORK, "kernel is missing; give its height and width, or one for both");
    fill_pair(attributes->kernel, 1);
    fill_padding(attributes->padding);
    fill_pair(attributes->dilation, 1);
    MIXUP_TRY(check_pair("kernel", attributes->kernel, 1));
    MIXUP_TRY(check_pair("stride", attributes->stride, 1));
    MIXUP_TRY(check_pair("padding", attributes->padding, 0));
    return check_pair("dilation", attributes->dilation, 1);
}

/* The number of places of a window along one axis. */
static mixup_status count_windows(const mixup_layer *a, size_t axis, size_t size, size_t *out) {
    const size_t padded = size + 2 * a->padding[axis];
    const size_t covered = a->dilation[axis] * (a->kernel[axis] - 1) + 1;
    if (covered > padded)
        return error(MIXUP_ERROR_SHAPE,
                     "its kernel covers %zu positions but its input, padded, has only %zu %s", covered,
                     padded, axis == 0 ? "rows" : "columns");
    *out = (padded - covered) / a->stride[axis] + 1;
    return MIXUP_OK;
}

mixup_status op_require_image(const op_layer *layer) {
    if (layer->inputs[0].rank == 3)
        return MIXUP_OK;
    return error(
        MIXUP_ERROR_SHAPE,
        "its input has shape %s but it takes an image, channels x height x width; put a reshape layer before",
        shape_to_text(&layer->inputs[0]).text);
}

static mixup_status infer_windows(op_layer *layer, size_t channels) {
    const shape *input = &layer->inputs[0];
    MIXUP_TRY(op_require_image(layer));
    layer->output = (shape){.rank = 3, .sizes = {channels}};
    MIXUP_TRY(count_windows(layer->attributes, 0, input->sizes[1], &layer->output.sizes[1]));
    return count_windows(layer->attributes, 1, input->sizes[2], &layer->output.sizes[2]);
}

/* ---- convolution */

mixup_status op_resolve_conv2d(mixup_layer *attributes) {
    if (attributes->filters == 0)
        return error(MIXUP_ERROR_NETWORK, "filters is missing; a conv2d layer needs at least 1");
    if (attributes->groups == 0)
        attributes->groups = 1;
    if (attributes->filters % attributes->groups != 0)
        return error(MIXUP_ERROR_NETWORK, "filters is %zu, which %zu groups do not divide",
                     attributes->filters, attributes->groups);
    fill_pair(attributes->stride, 1);
    MIXUP_TRY(resolve_window(attributes));
    return op_resolve_initial(attributes);
}

mixup_status op_infer_conv2d(op_layer *layer) {
    MIXUP_TRY(infer_windows(layer, layer->attributes->filters));
    if (layer->inputs[0].sizes[0] % layer->attributes->groups != 0)
        return error(MIXUP_ERROR_SHAPE, "its input has %zu channels, which %zu groups do not divide",
                     layer->inputs[0].sizes[0], layer->attributes->groups);
    return MIXUP_OK;
}

mixup_status op_parameters_conv2d(const op_layer *layer, op_parameter *out, size_t *count) {
    const mixup_layer *a = layer->attributes;
    const size_t channels = layer->inputs[0].sizes[0] / a->groups;
    size_t fan_in = 0;
    size_t fan_out = 0;
    MIXUP_TRY(memory_product(a->kernel[0] * a->kernel[1], channels, &fan_in));
    MIXUP_TRY(memory_product(a->kernel[0] * a->kernel[1], a->filters, &fan_out));
    out[0] = (op_parameter){.suffix = "weight",
                            .shape = {.rank = 4, .sizes = {a->filters, channels, a->kernel[0], a->kernel[1]}},
                            .initial = {a->initial, a->initial_value, fan_in, fan_out}};
    out[1] = (op_parameter){
        .suffix = "bias", .shape = {.rank = 1, .sizes = {a->filters}}, .initial = {.kind = MIXUP_CONSTANT}};
    *count = a->no_bias ? 1 : 2;
    return MIXUP_OK;
}

uint64_t op_multiply_adds_conv2d(const op_layer *layer) {
    const mixup_layer *a = layer->attributes;
    return (uint64_t)shape_count(&layer->output) * (layer->inputs[0].sizes[0] / a->groups) * a->kernel[0] *
           a->kernel[1];
}

/* ---- pools */

mixup_status op_resolve_pool(mixup_layer *attributes) {
    if (attributes->stride[0] == 0) {
        attributes->stride[0] = attributes->kernel[0];
        attributes->stride[1] = attributes->kernel[1];
    }
    fill_pair(attributes->stride, attributes->kernel[0]);
    MIXUP_TRY(resolve_window(attributes));
    for (size_t i = 0; i < 2; i++)
        if (attributes->padding[i] * 2 > attributes->kernel[i])
            return error(MIXUP_ERROR_NETWORK,
                         "padding is %zu; at most half the kernel, %zu, so that no window lies "
                         "outside the image",
                         attributes->padding[i], attributes->kernel[i]);
    return MIXUP_OK;
}

mixup_status op_infer_pool(op_layer *layer) {
    return infer_windows(layer, layer->inputs[0].sizes[0]);
}

mixup_status op_infer_global_pool(op_layer *layer) {
    MIXUP_TRY(op_require_image(layer));
    layer->output = (shape){.rank = 1, .sizes = {layer->inputs[0].sizes[0]}};
    return MIXUP_OK;
}

/* ---- group norm */

mixup_status op_resolve_group_norm(mixup_layer *attributes) {
    if (attributes->groups == 0)
        attributes->groups = 32;
    return op_resolve_norm(attributes);
}

mixup_status op_infer_group_norm(op_layer *layer) {
    MIXUP_TRY(op_require_image(layer));
    if (layer->inputs[0].sizes[0] % layer->attributes->groups != 0)
        return error(MIXUP_ERROR_SHAPE, "its input has %zu channels, which %zu groups do not divide",
                     layer->inputs[0].sizes[0], layer->attributes->groups);
    return op_infer_same(layer);
}

mixup_status op_parameters_group_norm(const op_layer *layer, op_parameter *out, size_t *count) {
    const shape width = {.rank = 1, .sizes = {layer->inputs[0].sizes[0]}};
    *count = op_parameters_affine(layer, &width, out);
    return MIXUP_OK;
}

/* ---- padding and up-sampling */

mixup_status op_resolve_pad(mixup_layer *attributes) {
    fill_padding(attributes->padding);
    if (attributes->padding[0] == 0 && attributes->padding[1] == 0)
        return error(MIXUP_ERROR_NETWORK, "padding is missing; give how many zeros to add at each side");
    return check_pair("padding", attributes->padding, 0);
}

mixup_status op_infer_pad(op_layer *layer) {
    MIXUP_TRY(op_require_image(layer));
    MIXUP_TRY(op_infer_same(layer));
    for (size_t axis = 0; axis < 2; axis++)
        layer->output.sizes[1 + axis] += 2 * layer->attributes->padding[axis];
    return MIXUP_OK;
}

mixup_status op_resolve_upsample(mixup_layer *attributes) {
    fill_pair(attributes->stride, 2);
    return check_pair("stride", attributes->stride, 1);
}

mixup_status op_infer_upsample(op_layer *layer) {
    MIXUP_TRY(op_require_image(layer));
    MIXUP_TRY(op_infer_same(layer));
    for (size_t axis = 0; axis < 2; axis++)
        MIXUP_TRY(memory_product(layer->output.sizes[1 + axis], layer->attributes->stride[axis],
                                 &layer->output.sizes[1 + axis]));
    return MIXUP_OK;
}
