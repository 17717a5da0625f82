/* engine/dnnl/layout: how states and gradients are arranged, and conversions between arrangements. A buffer
 * without a layout is plain; one with a layout is an image batch, and its layout knows all four dimensions.
 */
#include "engine/dnnl/dnnl_engine.h"

const shape *dnnl_input_shape(const builder *to, size_t node, size_t i) {
    return &builder_graph(to)->values[builder_node(to, node)->inputs[i]].shape;
}

const shape *dnnl_output_shape(const builder *to, size_t node) {
    return &builder_graph(to)->values[builder_node(to, node)->output].shape;
}

size_t dnnl_stored_values(const dnnl_memory_desc_t *layout) {
    return (dnnl_memory_desc_get_size(layout) + sizeof(real) - 1) / sizeof(real);
}

bool dnnl_is_bf16(const dnnl_memory_desc_t *layout) {
    return layout != NULL && layout->data_type == dnnl_bf16;
}

static mixup_status describe_state(size_t batch, const shape *sample, dnnl_data_type_t type, bool any,
                                   dnnl_memory_desc_t *out) {
    const bool image = sample->rank == 3;
    dnnl_dims_t sizes = {(dnnl_dim_t)batch, (dnnl_dim_t)(image ? sample->sizes[0] : shape_count(sample))};
    for (size_t i = 1; image && i < 3; i++)
        sizes[1 + i] = (dnnl_dim_t)sample->sizes[i];
    const dnnl_format_tag_t plain = image ? dnnl_abcd : dnnl_ab;
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, image ? 4 : 2, sizes, type,
                                                   any ? dnnl_format_tag_any : plain),
                      "describing a layout");
}

mixup_status dnnl_plain_state(size_t batch, const shape *sample, dnnl_memory_desc_t *out) {
    return describe_state(batch, sample, dnnl_f32, false, out);
}

mixup_status dnnl_any_state(size_t batch, const shape *sample, dnnl_data_type_t type,
                            dnnl_memory_desc_t *out) {
    return describe_state(batch, sample, type, true, out);
}

mixup_status dnnl_state(const builder *to, size_t buffer, const shape *sample, dnnl_memory_desc_t *out) {
    const dnnl_memory_desc_t *layout = builder_layout(to, buffer);
    if (layout == NULL)
        return dnnl_plain_state(builder_batch(to), sample, out);
    *out = *layout;
    return MIXUP_OK;
}

mixup_status dnnl_set_state(builder *to, size_t buffer, const shape *sample,
                            const dnnl_memory_desc_t *layout) {
    dnnl_memory_desc_t plain;
    MIXUP_TRY(dnnl_plain_state(builder_batch(to), sample, &plain));
    if (dnnl_memory_desc_equal(&plain, layout))
        return MIXUP_OK;
    dnnl_memory_desc_t *kept = builder_arguments(to, sizeof *kept);
    if (kept == NULL)
        return MIXUP_ERROR_MEMORY;
    *kept = *layout;
    builder_set_layout(to, buffer, kept, dnnl_stored_values(layout));
    return MIXUP_OK;
}

/* Emits to = from, or to += from. */
static mixup_status emit_reorder(builder *to, size_t from, const dnnl_memory_desc_t *from_layout, size_t into,
                                 const dnnl_memory_desc_t *into_layout, bool add) {
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t sum = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    if (status == dnnl_success && add)
        status = dnnl_post_ops_create(&sum);
    if (status == dnnl_success && add)
        status = dnnl_post_ops_append_sum(sum, 1.0f);
    if (status == dnnl_success && add)
        status = dnnl_primitive_attr_set_post_ops(attributes, sum);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(&description, from_layout, dnnl_handle(to), into_layout,
                                                    dnnl_handle(to), attributes);
    if (sum != NULL)
        dnnl_post_ops_destroy(sum);
    if (attributes != NULL)
        dnnl_primitive_attr_destroy(attributes);
    MIXUP_TRY(dnnl_check(status, "describing a reorder"));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_FROM, from_layout, from));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_TO, into_layout, into));
    return dnnl_call_emit(to, call);
}

mixup_status dnnl_convert(builder *to, size_t buffer, const shape *sample, const dnnl_memory_desc_t *wanted,
                          size_t *converted) {
    dnnl_memory_desc_t layout;
    MIXUP_TRY(dnnl_state(to, buffer, sample, &layout));
    if (dnnl_memory_desc_equal(&layout, wanted)) {
        *converted = buffer;
        return MIXUP_OK;
    }
    size_t made = BUFFER_NONE;
    MIXUP_TRY(builder_buffer(to, dnnl_stored_values(wanted), &made));
    MIXUP_TRY(dnnl_set_state(to, made, sample, wanted));
    *converted = made;
    return emit_reorder(to, buffer, &layout, made, wanted, false);
}

/* Whether the strides are those of [batch][outer][height][width][inner]. `channel` is what oneDNN then calls
 * the stride of channels: that of a block, or of a single one. */
static bool lies_in(const dnnl_memory_desc_t *layout, dnnl_dim_t outer, dnnl_dim_t inner,
                    dnnl_dim_t channel) {
    const dnnl_dim_t *strides = layout->format_desc.blocking.strides;
    const dnnl_dim_t row = layout->dims[3] * inner;
    const dnnl_dim_t plane = layout->dims[2] * row;
    return strides[3] == inner && strides[2] == row && strides[1] == channel && strides[0] == outer * plane;
}

bool dnnl_image_layout(const void *described, mix_layout *out) {
    const dnnl_memory_desc_t *layout = described;
    const dnnl_blocking_desc_t *blocking = &layout->format_desc.blocking;
    const dnnl_dim_t channels = layout->padded_dims[1];
    const dnnl_dim_t places = layout->dims[2] * layout->dims[3];
    if (layout->format_kind != dnnl_blocked || layout->ndims != 4 || layout->offset0 != 0 ||
        layout->padded_dims[0] != layout->dims[0] || layout->padded_dims[2] != layout->dims[2] ||
        layout->padded_dims[3] != layout->dims[3])
        return false;
    const bool blocks = blocking->inner_nblks == 1 && blocking->inner_idxs[0] == 1;
    const bool single = blocking->inner_nblks == 0;
    const dnnl_dim_t block = blocks ? blocking->inner_blks[0] : 1;
    dnnl_dim_t inner = 0;
    if ((blocks || single) && lies_in(layout, channels / block, block, places * block))
        inner = block;
    else if (single && lies_in(layout, 1, channels, 1))
        inner = channels; /* "nhwc" */
    else
        return false;
    *out = (mix_layout){.outer = (size_t)(channels / inner),
                        .height = (size_t)layout->dims[2],
                        .width = (size_t)layout->dims[3],
                        .inner = (size_t)inner,
                        .values = dnnl_is_bf16(layout) ? MIX_BF16 : MIX_REAL};
    return true;
}

static mixup_status plain_of(const dnnl_memory_desc_t *layout, dnnl_memory_desc_t *plain) {
    return dnnl_check(dnnl_memory_desc_init_by_tag(plain, layout->ndims, layout->dims, dnnl_f32,
                                                   layout->ndims == 4 ? dnnl_abcd : dnnl_ab),
                      "describing a layout");
}

mixup_status dnnl_make_plain(builder *to, size_t from, size_t plain) {
    const dnnl_memory_desc_t *layout = builder_layout(to, from);
    dnnl_memory_desc_t wanted;
    MIXUP_TRY(plain_of(layout, &wanted));
    builder_set_layout(to, plain, NULL, dnnl_stored_values(&wanted));
    return emit_reorder(to, from, layout, plain, &wanted, false);
}

/* ---- sums */

/* `from` in `wanted`, another layout. */
static mixup_status emit_copy(builder *to, size_t from, const dnnl_memory_desc_t *layout,
                              const dnnl_memory_desc_t *wanted, size_t *copy) {
    MIXUP_TRY(builder_buffer(to, dnnl_stored_values(wanted), copy));
    return emit_reorder(to, from, layout, *copy, wanted, false);
}

mixup_status dnnl_accumulate(builder *to, size_t from, size_t sum) {
    const dnnl_memory_desc_t *from_layout = builder_layout(to, from);
    const dnnl_memory_desc_t *sum_layout = builder_layout(to, sum);
    if (from_layout != NULL || sum_layout != NULL) { /* one that is plain has the other one's dimensions */
        dnnl_memory_desc_t plain;
        MIXUP_TRY(plain_of(from_layout != NULL ? from_layout : sum_layout, &plain));
        const dnnl_memory_desc_t *source = from_layout != NULL ? from_layout : &plain;
        const dnnl_memory_desc_t *target = sum_layout != NULL ? sum_layout : &plain;
        if (!dnnl_memory_desc_equal(source, target) && !dnnl_is_bf16(source) && !dnnl_is_bf16(target))
            return emit_reorder(to, from, source, sum, target, true);
        if (!dnnl_memory_desc_equal(source, target))
            MIXUP_TRY(emit_copy(to, from, source, target, &from));
    }
    return dnnl_emit_sum(to, sum_layout, sum, from, sum);
}
