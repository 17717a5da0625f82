/* engine/dnnl/engine: the engine object: its table of kernels, layouts of parameters, and the environment of
 * a run. */
#include "engine/dnnl/dnnl_engine.h"
#include "engine/dnnl/winograd.h"
#include "engine/reference/kernels.h"

#include <omp.h>
#include <stdio.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static const engine_kernel kernels[MIXUP_OP_COUNT] = {
    [MIXUP_DENSE] = {dnnl_dense_forward, dnnl_dense_backward},
    [MIXUP_ACTIVATION] = {dnnl_activation_forward, dnnl_activation_backward},
    [MIXUP_DROPOUT] = {reference_random_forward, reference_random_backward},
    [MIXUP_GAUSSIAN_NOISE] = {reference_random_forward, reference_random_backward},
    [MIXUP_BATCH_NORM] = {dnnl_batch_norm_forward, dnnl_batch_norm_backward},
    [MIXUP_LAYER_NORM] = {reference_norm_forward, reference_norm_backward},
    [MIXUP_ADD] = {dnnl_add_forward, dnnl_add_backward},
    [MIXUP_CONCAT] = {reference_concat_forward, reference_concat_backward},
    [MIXUP_MULTIPLY] = {reference_multiply_forward, reference_multiply_backward},
    [MIXUP_CUSTOM] = {reference_custom_forward, reference_custom_backward},
    [MIXUP_CONV2D] = {dnnl_conv2d_forward, dnnl_conv2d_backward},
    [MIXUP_MAX_POOL] = {dnnl_pool_forward, dnnl_pool_backward},
    [MIXUP_AVERAGE_POOL] = {dnnl_pool_forward, dnnl_pool_backward},
    [MIXUP_GLOBAL_AVERAGE_POOL] = {dnnl_pool_forward, dnnl_pool_backward},
    [MIXUP_GROUP_NORM] = {reference_norm_forward, reference_norm_backward},
    [MIXUP_PAD] = {reference_resample_forward, reference_resample_backward},
    [MIXUP_UPSAMPLE] = {reference_resample_forward, reference_resample_backward},
};

/* ---- layouts */

/* The dense or convolution node whose weight this parameter is, or NULL. */
static const graph_node *reader_of_weight(const graph *network, size_t index) {
    for (size_t n = 0; n < network->node_count; n++) {
        const graph_node *node = &network->nodes[n];
        if ((node->op == MIXUP_DENSE || node->op == MIXUP_CONV2D) && node->parameters[0] == index)
            return node;
    }
    return NULL;
}

static mixup_status choose_layout(const dnnl_backend *self, const graph *network, const graph_node *node,
                                  weight_layout *out) {
    const shape *sizes = &network->parameters[node->parameters[0]].shape;
    if (node->op == MIXUP_CONV2D)
        return dnnl_conv2d_layout(self, network, node, &out->blocked);
    if (self->products == NULL)
        return dnnl_inner_product_layout(self->handle, sizes->sizes[0], sizes->sizes[1], &out->blocked);
    const bool bf16 = self->base.precision == MIXUP_PRECISION_BF16; /* check_bf16 was asked */
    out->in_panels = true;
    out->panels = panel_layout_of(bf16 ? product_find(PRODUCT_AVX512_BF16) : self->products, sizes->sizes[0],
                                  sizes->sizes[1]);
    return MIXUP_OK;
}

static mixup_status layout_create(engine *self, const graph *network, size_t index, void **layout,
                                  size_t *stored) {
    const graph_node *node = reader_of_weight(network, index);
    if (node == NULL)
        return MIXUP_OK;
    weight_layout *made = NULL;
    MIXUP_TRY(MEMORY_NEW(&self->allocator, made, 1));
    const mixup_status status = choose_layout((dnnl_backend *)self, network, node, made);
    if (status != MIXUP_OK) {
        memory_release(&self->allocator, made);
        return status;
    }
    *layout = made;
    *stored = made->in_panels ? panel_stored(&made->panels)
                              : dnnl_memory_desc_get_size(&made->blocked) / sizeof(real);
    return MIXUP_OK;
}

static void layout_destroy(engine *self, void *layout) {
    memory_release(&self->allocator, layout);
}

static mixup_status reorder(dnnl_engine_t handle, const dnnl_memory_desc_t *from_layout, const void *from,
                            const dnnl_memory_desc_t *to_layout, void *to) {
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_stream_t stream = NULL;
    dnnl_memory_t source = NULL;
    dnnl_memory_t target = NULL;
    /* oneDNN's memory is not const; a reorder only reads its source */
    dnnl_status_t status = dnnl_memory_create(&source, from_layout, handle, (void *)from);
    if (status == dnnl_success)
        status = dnnl_memory_create(&target, to_layout, handle, to);
    if (status == dnnl_success)
        status =
            dnnl_reorder_primitive_desc_create(&description, from_layout, handle, to_layout, handle, NULL);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&primitive, description);
    if (status == dnnl_success)
        status = dnnl_stream_create(&stream, handle, dnnl_stream_default_flags);
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, target}};
    if (status == dnnl_success)
        status = dnnl_primitive_execute(primitive, stream, 2, arguments);
    if (stream != NULL)
        dnnl_stream_destroy(stream);
    if (primitive != NULL)
        dnnl_primitive_destroy(primitive);
    if (description != NULL)
        dnnl_primitive_desc_destroy(description);
    if (target != NULL)
        dnnl_memory_destroy(target);
    if (source != NULL)
        dnnl_memory_destroy(source);
    return dnnl_check(status, "converting a layout");
}

/* Row-major order of a weight's own dimensions; those of a convolution in groups are five. */
static mixup_status plain_layout(const dnnl_memory_desc_t *layout, dnnl_memory_desc_t *plain) {
    static const dnnl_format_tag_t tags[] = {dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd, dnnl_abcde};
    return dnnl_check(dnnl_memory_desc_init_by_tag(plain, layout->ndims, layout->dims, dnnl_f32,
                                                   tags[layout->ndims - 1]),
                      "describing a weight");
}

static mixup_status layout_read(engine *self, const void *layout, const real *stored, real *plain) {
    const weight_layout *from = layout;
    dnnl_memory_desc_t plain_desc;
    if (from->in_panels) {
        panel_read(&from->panels, stored, plain);
        return MIXUP_OK;
    }
    MIXUP_TRY(plain_layout(&from->blocked, &plain_desc));
    return reorder(((dnnl_backend *)self)->handle, &from->blocked, stored, &plain_desc, plain);
}

typedef struct panel_writing {
    const panel_layout *layout;
    const real *plain;
    real *stored;
} panel_writing;

static void write_part(void *user, const team_member *me) {
    const panel_writing *a = user;
    panel_write_part(a->layout, a->plain, a->stored, me->index, me->size);
}

static mixup_status layout_write(engine *self, const void *layout, const real *plain, real *stored) {
    const weight_layout *to = layout;
    dnnl_memory_desc_t plain_desc;
    if (to->in_panels) {
        engine_run_team(self, write_part, &(panel_writing){&to->panels, plain, stored});
        return MIXUP_OK;
    }
    MIXUP_TRY(plain_layout(&to->blocked, &plain_desc));
    return reorder(((dnnl_backend *)self)->handle, &plain_desc, plain, &to->blocked, stored);
}

/* ---- threads: a team is a parallel region of OpenMP, as are oneDNN's primitives, so that both have the same
 * threads. A region has all of them: OpenMP would end and start threads if their number changed. */

static void run_team(engine *self, team_body body, void *user) {
    team shared = TEAM_INITIALIZER;
#pragma omp parallel num_threads((int)self->threads)
    {
        const team_member me = {
            .of = &shared, .index = (size_t)omp_get_thread_num(), .size = (size_t)omp_get_num_threads()};
        body(user, &me);
    }
}

/* ---- environment: the number of OpenMP threads, and denormals flushed to zero in all of them, because the
 * second moments of Adam reach them after some epochs and each costs a hundred cycles */

#if defined(__x86_64__)
enum { FLUSH_TO_ZERO = 0x8040 }; /* FTZ and DAZ of MXCSR */

static void set_control_word(void *user, const team_member *me) {
    const unsigned *word = user;
    (void)me;
    _mm_setcsr(*word);
}
#endif

static void enter(engine *self, engine_environment *saved) {
    saved->threads = omp_get_max_threads();
    if (saved->threads != (int)self->threads)
        omp_set_num_threads((int)self->threads);
#if defined(__x86_64__)
    saved->control_word = _mm_getcsr();
    unsigned flushing = saved->control_word | FLUSH_TO_ZERO;
    if (saved->control_word != flushing)
        engine_run_team(self, set_control_word, &flushing);
#endif
}

static void leave(engine *self, const engine_environment *saved) {
#if defined(__x86_64__)
    unsigned before = saved->control_word;
    if ((before & FLUSH_TO_ZERO) != FLUSH_TO_ZERO)
        engine_run_team(self, set_control_word, &before);
#endif
    if (saved->threads != (int)self->threads)
        omp_set_num_threads(saved->threads);
}

/* ---- creation */

/* The kernels of our own keep to what oneDNN uses, so that ONEDNN_MAX_CPU_ISA limits all. */
typedef struct instruction_set {
    int isa; /* dnnl_cpu_isa_t */
    const char *name;
    product_level products;
    const winograd_kernels *winograd;
    bool bf16;
} instruction_set;

static const instruction_set instruction_sets[] = {
    {dnnl_cpu_isa_sse41, "sse41", PRODUCT_NONE, NULL, false},
    {dnnl_cpu_isa_avx, "avx", PRODUCT_NONE, NULL, false},
    {dnnl_cpu_isa_avx2, "avx2", PRODUCT_AVX2, &winograd_avx2, false},
    {dnnl_cpu_isa_avx2_vnni, "avx2_vnni", PRODUCT_AVX2, &winograd_avx2, false},
    {dnnl_cpu_isa_avx512_core, "avx512_core", PRODUCT_AVX512, &winograd_avx512, false},
    {dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni", PRODUCT_AVX512, &winograd_avx512, false},
    {dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16", PRODUCT_AVX512, &winograd_avx512, true},
    {dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx", PRODUCT_AVX512, &winograd_avx512, true},
};

static instruction_set find_instruction_set(void) {
    const int isa = (int)dnnl_get_effective_cpu_isa();
    for (size_t i = 0; i < sizeof instruction_sets / sizeof instruction_sets[0]; i++)
        if (instruction_sets[i].isa == isa)
            return instruction_sets[i];
    return (instruction_set){.isa = isa, .name = "other instruction set", .products = PRODUCT_NONE};
}

/* oneDNN would emulate bf16 on any AVX-512, slower than f32. */
static mixup_status check_bf16(const engine *self) {
    (void)self;
    const instruction_set set = find_instruction_set();
    if (set.bf16)
        return MIXUP_OK;
    return error(
        MIXUP_ERROR_UNSUPPORTED,
        "precision bf16: needs AVX512_BF16 or AMX, but this processor (or ONEDNN_MAX_CPU_ISA) ends at %s; "
        "use f32",
        set.name);
}

/* Kernels of this engine that work on images in oneDNN's layouts. */
static bool any_layout(const graph_node *node) {
    switch (node->op) {
    case MIXUP_CONV2D:
    case MIXUP_BATCH_NORM:
    case MIXUP_MAX_POOL:
    case MIXUP_AVERAGE_POOL:
    case MIXUP_GLOBAL_AVERAGE_POOL:
    case MIXUP_ADD:
        return true;
    case MIXUP_ACTIVATION:
        return node->activation != MIXUP_SOFTMAX;
    default:
        return false;
    }
}

static void destroy(engine *self) {
    const mixup_allocator allocator = self->allocator;
    dnnl_backend *backend = (dnnl_backend *)self;
    dnnl_engine_destroy(backend->handle);
    memory_release(&allocator, backend);
}

mixup_status engine_create_dnnl(engine **out, size_t threads, const mixup_allocator *allocator) {
    dnnl_backend *made = NULL;
    const size_t limit = (size_t)omp_get_thread_limit(); /* oneDNN would wait for the others for ever */
    threads = threads < limit ? threads : limit;
    MIXUP_TRY(MEMORY_NEW(allocator, made, 1));
    made->base = (engine){.name = "dnnl",
                          .allocator = *allocator,
                          .threads = threads,
                          .kernels = kernels,
                          .check_bf16 = check_bf16,
                          .absorbs = dnnl_absorbs,
                          .image_layout = dnnl_image_layout,
                          .accumulate = dnnl_accumulate,
                          .make_plain = dnnl_make_plain,
                          .any_layout = any_layout,
                          .layout_create = layout_create,
                          .layout_destroy = layout_destroy,
                          .layout_read = layout_read,
                          .layout_write = layout_write,
                          .run_team = run_team,
                          .enter = enter,
                          .leave = leave,
                          .destroy = destroy};
    const dnnl_version_t *version = dnnl_version();
    const instruction_set set = find_instruction_set();
    made->products = product_find(set.products);
    made->winograd = set.winograd;
    snprintf(made->base.description, sizeof made->base.description, "dnnl %d.%d.%d %s, %zu thread%s",
             version->major, version->minor, version->patch, set.name, threads, threads == 1 ? "" : "s");
    const mixup_status status =
        dnnl_check(dnnl_engine_create(&made->handle, dnnl_cpu, 0), "creating an engine for the CPU");
    if (status != MIXUP_OK) {
        memory_release(allocator, made);
        return status;
    }
    *out = &made->base;
    return MIXUP_OK;
}
