/* engine/dnnl/call: a primitive with its memory objects and argument list, made once. */
#include "engine/dnnl/dnnl_engine.h"

#include <omp.h>
#include <stdlib.h>

enum { MAX_ARGUMENTS = 12 };

struct dnnl_call {
    dnnl_primitive_t primitive;
    dnnl_stream_t stream; /* one a call: plans of several predictors may run at the same time */
    dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
    size_t
        buffers[MAX_ARGUMENTS]; /* of the plan, bound when the step is emitted; BUFFER_NONE: fixed memory */
    int argument_count;
    int threads; /* those set when it was created: oneDNN has divided the work among so many */
};

mixup_status dnnl_check(dnnl_status_t status, const char *what) {
    switch (status) {
    case dnnl_success:
        return MIXUP_OK;
    case dnnl_out_of_memory:
        return error(MIXUP_ERROR_MEMORY, "oneDNN: %s: out of memory", what);
    case dnnl_unimplemented:
        return error(MIXUP_ERROR_UNSUPPORTED, "oneDNN: %s is not implemented for these shapes", what);
    case dnnl_invalid_arguments:
    case dnnl_iterator_ends:
    case dnnl_runtime_error:
    case dnnl_not_required:
        break;
    }
    return error(MIXUP_ERROR_ENGINE, "oneDNN: %s failed with status %d", what, (int)status);
}

dnnl_engine_t dnnl_handle(const builder *to) {
    return ((const dnnl_backend *)builder_engine(to))->handle;
}

static void release_call(void *object) {
    dnnl_call *call = object;
    for (int i = 0; i < call->argument_count; i++)
        dnnl_memory_destroy(call->arguments[i].memory);
    if (call->primitive != NULL)
        dnnl_primitive_destroy(call->primitive);
    if (call->stream != NULL)
        dnnl_stream_destroy(call->stream);
}

static mixup_status add_scratch(builder *to, dnnl_call *call, const_dnnl_primitive_desc_t description) {
    const dnnl_memory_desc_t *layout = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    if (layout == NULL || dnnl_memory_desc_get_size(layout) == 0)
        return MIXUP_OK;
    size_t buffer = BUFFER_NONE;
    MIXUP_TRY(
        builder_buffer(to, (dnnl_memory_desc_get_size(layout) + sizeof(real) - 1) / sizeof(real), &buffer));
    return dnnl_call_buffer(to, call, DNNL_ARG_SCRATCHPAD, layout, buffer);
}

mixup_status dnnl_attributes_of(dnnl_post_ops_t behind, dnnl_status_t status, const char *what,
                                dnnl_primitive_attr_t *out) {
    dnnl_primitive_attr_t attributes = NULL;
    if (status == dnnl_success)
        status = dnnl_primitive_attr_create(&attributes);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(attributes, behind);
    if (behind != NULL)
        dnnl_post_ops_destroy(behind);
    if (status == dnnl_success)
        *out = attributes;
    else if (attributes != NULL)
        dnnl_primitive_attr_destroy(attributes);
    return dnnl_check(status, what);
}

mixup_status dnnl_call_create(builder *to, dnnl_primitive_desc_t description, dnnl_call **out) {
    dnnl_call *call = builder_arguments(to, sizeof *call);
    mixup_status status = call == NULL ? MIXUP_ERROR_MEMORY : builder_own(to, call, release_call);
    if (status == MIXUP_OK) {
        call->threads = omp_get_max_threads();
        status = dnnl_check(dnnl_primitive_create(&call->primitive, description), "creating a primitive");
    }
    if (status == MIXUP_OK)
        status = dnnl_check(dnnl_stream_create(&call->stream, dnnl_handle(to), dnnl_stream_default_flags),
                            "creating a stream");
    if (status == MIXUP_OK)
        status = add_scratch(to, call, description);
    dnnl_primitive_desc_destroy(description);
    if (status == MIXUP_OK)
        *out = call;
    return status;
}

static mixup_status add_argument(builder *to, dnnl_call *call, int argument, const dnnl_memory_desc_t *layout,
                                 void *address, size_t buffer) {
    dnnl_memory_t memory = NULL;
    if (call->argument_count == MAX_ARGUMENTS)
        return error(MIXUP_ERROR_ENGINE, "oneDNN: too many arguments for one primitive");
    MIXUP_TRY(dnnl_check(dnnl_memory_create(&memory, layout, dnnl_handle(to), address), "describing memory"));
    call->buffers[call->argument_count] = buffer;
    call->arguments[call->argument_count++] = (dnnl_exec_arg_t){.arg = argument, .memory = memory};
    return MIXUP_OK;
}

mixup_status dnnl_call_buffer(builder *to, dnnl_call *call, int argument, const dnnl_memory_desc_t *layout,
                              size_t buffer) {
    return add_argument(to, call, argument, layout, DNNL_MEMORY_NONE, buffer);
}

mixup_status dnnl_call_memory(builder *to, dnnl_call *call, int argument, const dnnl_memory_desc_t *layout,
                              void *address) {
    return add_argument(to, call, argument, layout, address, BUFFER_NONE);
}

static void run_call(void *arguments, plan_run *run) {
    const dnnl_call *call = arguments;
    const int threads = omp_get_max_threads();
    if (threads != call->threads)
        omp_set_num_threads(call->threads);
    const dnnl_status_t status =
        dnnl_primitive_execute(call->primitive, call->stream, call->argument_count, call->arguments);
    if (threads != call->threads)
        omp_set_num_threads(threads);
    if (status != dnnl_success)
        run->status = dnnl_check(status, "running a primitive");
}

static void bind_memory(void *target, void *address) {
    dnnl_memory_set_data_handle(target, address);
}

/* Buffers live while steps bind them, and conversions of some arguments may have been emitted since the call
 * was created: only now is it known which step this is. */
mixup_status dnnl_call_emit(builder *to, dnnl_call *call) {
    for (int i = 0; i < call->argument_count; i++)
        if (call->buffers[i] != BUFFER_NONE)
            MIXUP_TRY(builder_bind_with(to, call->buffers[i], bind_memory, call->arguments[i].memory));
    return builder_step_apart(to, run_call, call);
}

mixup_status dnnl_plain(size_t batch, size_t width, dnnl_memory_desc_t *out) {
    const dnnl_dims_t sizes = {(dnnl_dim_t)batch, (dnnl_dim_t)width};
    return dnnl_check(dnnl_memory_desc_init_by_tag(out, 2, sizes, dnnl_f32, dnnl_ab), "describing a layout");
}

mixup_status dnnl_describe(const builder *to, const void *operation, const_dnnl_primitive_attr_t attributes,
                           const_dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *out) {
    dnnl_primitive_attr_t own = NULL;
    dnnl_status_t status =
        attributes != NULL ? dnnl_primitive_attr_clone(&own, attributes) : dnnl_primitive_attr_create(&own);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(own, dnnl_scratchpad_mode_user);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(out, operation, own, dnnl_handle(to), forward);
    if (own != NULL)
        dnnl_primitive_attr_destroy(own);
    return dnnl_check(status, "describing a primitive");
}
