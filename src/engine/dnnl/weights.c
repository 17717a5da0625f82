/* engine/dnnl/weights: weights as arguments of a pass. The store keeps one layout, in f32, in which the
 * optimiser works; a pass for which oneDNN is slow in that layout, or that multiplies in bf16, gets a packed
 * copy as oneDNN wants it.
 *
 * In training the weights change in every step, so the copy is made again in each, just before it is read, in
 * a buffer that others use before and after. In prediction it is kept. */
#include "engine/dnnl/dnnl_engine.h"

#include <string.h>

const weight_layout *dnnl_stored_layout(const builder *to, size_t node) {
    return builder_store(to)->items[builder_node(to, node)->parameters[0]].layout;
}

dnnl_memory_desc_t dnnl_weight_layout(const builder *to, size_t node) {
    return dnnl_stored_layout(to, node)->blocked;
}

mixup_status dnnl_vector(size_t count, dnnl_memory_desc_t *out) {
    const dnnl_dims_t sizes = {(dnnl_dim_t)count};
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, 1, sizes, dnnl_f32, dnnl_a), "describing a vector");
}

/* ---- the copy */

typedef struct pack_arguments {
    const parameter_store *store;
    uint64_t version; /* of the copy; the store counts from 0, so the first run always copies */
    dnnl_primitive_t reorder;
    dnnl_stream_t stream;
    dnnl_exec_arg_t arguments[2];
} pack_arguments;

static void release_pack(void *object) {
    pack_arguments *a = object;
    for (int i = 0; i < 2; i++)
        if (a->arguments[i].memory != NULL)
            dnnl_memory_destroy(a->arguments[i].memory);
    if (a->reorder != NULL)
        dnnl_primitive_destroy(a->reorder);
    if (a->stream != NULL)
        dnnl_stream_destroy(a->stream);
}

static void run_pack(void *arguments, plan_run *run) {
    pack_arguments *a = arguments;
    if (a->version == a->store->version)
        return;
    const dnnl_status_t status = dnnl_primitive_execute(a->reorder, a->stream, 2, a->arguments);
    if (status != dnnl_success)
        run->status = dnnl_check(status, "packing weights");
    a->version = a->store->version;
}

/* Emits a copy of parameter 0 of the node in each run. */
static mixup_status pack_for_step(builder *to, size_t node, const dnnl_memory_desc_t *wanted,
                                  size_t *buffer) {
    const dnnl_memory_desc_t stored = dnnl_weight_layout(to, node);
    dnnl_primitive_desc_t description = NULL;
    dnnl_call *call = NULL;
    MIXUP_TRY(dnnl_check(dnnl_reorder_primitive_desc_create(&description, &stored, dnnl_handle(to), wanted,
                                                            dnnl_handle(to), NULL),
                         "describing a reorder"));
    MIXUP_TRY(dnnl_call_create(to, description, &call));
    MIXUP_TRY(builder_buffer(to, dnnl_stored_values(wanted), buffer));
    MIXUP_TRY(dnnl_call_memory(to, call, DNNL_ARG_FROM, &stored, builder_parameter(to, node, 0)));
    MIXUP_TRY(dnnl_call_buffer(to, call, DNNL_ARG_TO, wanted, *buffer));
    return dnnl_call_emit(to, call);
}

/* The same, made again only when the values have changed; *copy is where it will be. */
static mixup_status pack_weight(builder *to, size_t node, const dnnl_memory_desc_t *wanted, void **copy) {
    const dnnl_memory_desc_t stored = dnnl_weight_layout(to, node);
    dnnl_engine_t handle = dnnl_handle(to);
    dnnl_primitive_desc_t description = NULL;
    pack_arguments *a = builder_arguments(to, sizeof *a);
    *copy = builder_arguments(to, dnnl_memory_desc_get_size(wanted));
    if (a == NULL || *copy == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_own(to, a, release_pack));
    a->store = builder_store(to);
    a->version = UINT64_MAX;
    a->arguments[0].arg = DNNL_ARG_FROM;
    a->arguments[1].arg = DNNL_ARG_TO;
    MIXUP_TRY(dnnl_check(dnnl_memory_create(&a->arguments[0].memory, &stored, handle,
                                            builder_parameter(to, node, 0)),
                         "describing memory"));
    MIXUP_TRY(
        dnnl_check(dnnl_memory_create(&a->arguments[1].memory, wanted, handle, *copy), "describing memory"));
    MIXUP_TRY(
        dnnl_check(dnnl_reorder_primitive_desc_create(&description, &stored, handle, wanted, handle, NULL),
                   "describing a reorder"));
    const mixup_status status =
        dnnl_check(dnnl_primitive_create(&a->reorder, description), "creating a reorder");
    dnnl_primitive_desc_destroy(description);
    MIXUP_TRY(status);
    MIXUP_TRY(
        dnnl_check(dnnl_stream_create(&a->stream, handle, dnnl_stream_default_flags), "creating a stream"));
    return builder_step_apart(to, run_pack, a);
}

/* ---- choosing */

bool dnnl_is_slow(const_dnnl_primitive_desc_t description) {
    const char *implementation = NULL;
    return dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, (void *)&implementation) ==
               dnnl_success &&
           strstr(implementation, "ref") != NULL;
}

static bool describe_if_fast(builder *to, const dnnl_pass *pass, const dnnl_memory_desc_t *weight,
                             dnnl_primitive_desc_t *out) {
    dnnl_primitive_desc_t description = NULL;
    if (pass->describe(to, pass, weight, &description) != MIXUP_OK)
        return false;
    if (dnnl_is_slow(description)) {
        dnnl_primitive_desc_destroy(description);
        return false;
    }
    *out = description;
    return true;
}

/* Of the weights, or of their gradient in a pass that makes it. */
static dnnl_memory_desc_t described_weight(const_dnnl_primitive_desc_t description) {
    const dnnl_memory_desc_t *read = dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    return read->ndims > 0 ? *read
                           : *dnnl_primitive_desc_query_md(description, dnnl_query_diff_weights_md, 0);
}

mixup_status dnnl_describe_fast(builder *to, const dnnl_pass *pass, dnnl_primitive_desc_t *out,
                                dnnl_memory_desc_t *weight) {
    const dnnl_memory_desc_t stored = dnnl_weight_layout(to, pass->node);
    dnnl_memory_desc_t any;
    dnnl_pass tried = *pass;
    dnnl_primitive_desc_t description = NULL;
    MIXUP_TRY(dnnl_check(dnnl_memory_desc_init_by_tag(&any, stored.ndims, stored.dims, dnnl_f32,
                                                      dnnl_format_tag_any),
                         "describing a weight"));
    for (tried.way = 0; tried.way <= pass->more_ways && description == NULL; tried.way++)
        if (!describe_if_fast(to, &tried, &stored, &description))
            describe_if_fast(to, &tried, &any, &description);
    if (description == NULL) {
        tried.way = pass->more_ways;
        MIXUP_TRY(pass->describe(to, &tried, &any, &description));
    }
    *weight = described_weight(description);
    *out = description;
    return MIXUP_OK;
}

static mixup_status find_argument(builder *to, size_t node, weight_argument *weight) {
    const dnnl_memory_desc_t stored = dnnl_weight_layout(to, node);
    weight->buffer = BUFFER_NONE;
    weight->values = NULL;
    if (dnnl_memory_desc_equal(&weight->layout, &stored)) {
        weight->values = builder_parameter(to, node, 0);
        return MIXUP_OK;
    }
    return builder_trains(to) ? pack_for_step(to, node, &weight->layout, &weight->buffer)
                              : pack_weight(to, node, &weight->layout, &weight->values);
}

mixup_status dnnl_describe_reader(builder *to, const dnnl_pass *pass, dnnl_primitive_desc_t *out,
                                  weight_argument *weight) {
    dnnl_primitive_desc_t description = NULL;
    MIXUP_TRY(dnnl_describe_fast(to, pass, &description, &weight->layout));
    const mixup_status status = find_argument(to, pass->node, weight);
    if (status != MIXUP_OK)
        dnnl_primitive_desc_destroy(description);
    else
        *out = description;
    return status;
}

mixup_status dnnl_call_weight(builder *to, dnnl_call *call, const weight_argument *weight) {
    return weight->values != NULL
               ? dnnl_call_memory(to, call, DNNL_ARG_WEIGHTS, &weight->layout, weight->values)
               : dnnl_call_buffer(to, call, DNNL_ARG_WEIGHTS, &weight->layout, weight->buffer);
}
