/* engine/dnnl/dense: dense layers by the kernels of engine/product, where the processor has what they need;
 * else by oneDNN's inner products.
 *
 * A backward pass is up to three steps: the gradient before the activation (with the bias's, over the batch),
 * the input's, which reads the weights, and then the weights', whose tiles the optimiser takes one by one
 * (PLAN_FUSED), so that this gradient is never in memory as a whole.
 *
 * With kernels for bf16 states are packed once for each sum that they go into, just before it, and are floats
 * to everybody else; with those for floats one form serves all, and often it is the state itself. */
#include "engine/dnnl/dense_steps.h"
#include "engine/dnnl/dnnl_engine.h"
#include "engine/reference/kernels.h"

/* Fewer multiply-adds than this are done before a second thread would have begun. */
enum { SMALL_WORK = 200000 };

/* Samples up to which a sum is cut into halves in training (`halved`). */
enum { MOST_HALVED = 256 };

enum { KEPT_PACKED_INPUT };

/* Emits a step on a matrix of weights. */
static mixup_status emit(builder *to, const panel_layout *layout, share_function run, void *arguments) {
    const size_t work = builder_batch(to) * layout->along * layout->across;
    return builder_step_shared(to, run, arguments, work >= SMALL_WORK);
}

/* ---- where gradients go */

/* Parameter i of the node; *wanted says whether anybody wants its gradient. */
static mixup_status prepare_target(builder *to, size_t node, size_t i, gradient_target *target,
                                   size_t *buffer, bool *wanted) {
    *buffer = BUFFER_NONE;
    target->fused = builder_fuses_update(to, node, i);
    if (target->fused)
        update_prepare(to, builder_node(to, node)->parameters[i], &target->update);
    else
        MIXUP_TRY(builder_parameter_gradient(to, node, i, buffer));
    *wanted = target->fused || *buffer != BUFFER_NONE;
    return *buffer != BUFFER_NONE ? builder_bind(to, *buffer, &target->gradient) : MIXUP_OK;
}

static mixup_status finish_target(builder *to, size_t node, size_t i, const gradient_target *target,
                                  size_t buffer) {
    if (target->fused)
        builder_parameter_updated(to, node, i);
    return builder_parameter_gradient_done(to, node, i, buffer);
}

/* ---- packing */

/* States of one of the two dimensions of W as factors for a sum. */
typedef struct packing {
    bool along; /* of that dimension, in whole rows; else across, in panels */
    product_sum sum;
    size_t values; /* buffer */
    size_t output; /* buffer of the activation whose gradient it is (product_pack), or BUFFER_NONE */
    float slope;
} packing;

static bool in_floats(const panel_layout *layout) {
    return product_terms(layout->kernels) == 1;
}

static size_t packed_count(const builder *to, const panel_layout *layout, const packing *how) {
    const size_t batch = builder_batch(to);
    if (!how->along)
        return product_packed_count(layout, how->sum, batch);
    return how->sum == PRODUCT_OVER_BATCH ? product_factors(layout->kernels, batch) * layout->along
                                          : batch * product_factors(layout->kernels, layout->along);
}

/* Emits it into the buffer `packed`; `a` may have where its sums go. */
static mixup_status emit_pack(builder *to, const panel_layout *layout, const packing *how, size_t packed,
                              dense_pack *a) {
    a->call.kernels = layout->kernels;
    a->call.sum = how->sum;
    a->call.batch = builder_batch(to);
    a->call.across = how->along ? layout->along : layout->across;
    a->call.slope = how->slope;
    a->call.plain = how->along;
    MIXUP_TRY(builder_bind_const(to, how->values, &a->call.values));
    if (how->output != BUFFER_NONE)
        MIXUP_TRY(builder_bind_const(to, how->output, &a->call.output));
    MIXUP_TRY(builder_bind(to, packed, &a->call.out));
    return emit(to, layout, dense_run_pack, a);
}

/* Emits it into a new buffer that lives until it is read. */
static mixup_status emit_factors(builder *to, const panel_layout *layout, const packing *how,
                                 size_t *packed) {
    dense_pack *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_buffer(to, packed_count(to, layout, how), packed));
    return emit_pack(to, layout, how, *packed, a);
}

/* ---- products */

/* Binds states of `across` for an inner or weights' product: packed, or plain as they are. */
static mixup_status bind_across(builder *to, const panel_layout *layout, product_sum sum, bool packed,
                                size_t buffer, across_states *states) {
    *states = packed ? product_packed(layout, sum, builder_batch(to), NULL) : product_plain(layout, NULL);
    return builder_bind_const(to, buffer, &states->values);
}

/* Binds the memory in which a step's parts round weights, if they do. */
static mixup_status bind_scratch(builder *to, const panel_layout *layout, float **scratch) {
    size_t buffer = BUFFER_NONE;
    if (in_floats(layout))
        return MIXUP_OK;
    MIXUP_TRY(builder_buffer(to, builder_engine(to)->threads * product_scratch_count(layout), &buffer));
    return builder_bind(to, buffer, scratch);
}

/* Whether sums are cut into halves: for the sake of weights that change, and not for so many samples that the
 * products take far longer than the weights. It does not depend on the number of threads: bits must not. */
static bool halved(const builder *to, const panel_layout *layout) {
    return builder_trains(to) && builder_batch(to) <= MOST_HALVED && product_outer_halves(layout);
}

/* left, factors of [batch][along], times W: into `out`, a buffer of [batch][across]. */
static mixup_status emit_outer(builder *to, size_t node, const panel_layout *layout, size_t left, size_t out,
                               bool biased, float slope) {
    size_t partial = BUFFER_NONE;
    product_outer *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    *a = (product_outer){.layout = layout,
                         .weights = builder_parameter(to, node, 0),
                         .batch = builder_batch(to),
                         .bias = biased ? builder_parameter(to, node, 1) : NULL,
                         .slope = slope};
    MIXUP_TRY(builder_bind_const(to, left, &a->left));
    MIXUP_TRY(builder_bind(to, out, &a->out));
    MIXUP_TRY(bind_scratch(to, layout, &a->scratch));
    if (halved(to, layout)) {
        MIXUP_TRY(builder_buffer(to, builder_count(to, out), &partial));
        MIXUP_TRY(builder_bind(to, partial, &a->partial));
    }
    return emit(to, layout, dense_run_outer, a);
}

/* left, factors of [batch][across], times W^T: into `out`, a buffer of [batch][along]. */
static mixup_status emit_inner(builder *to, size_t node, const panel_layout *layout, size_t left, bool packed,
                               size_t out, bool biased, float slope) {
    product_inner *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    *a = (product_inner){.layout = layout,
                         .weights = builder_parameter(to, node, 0),
                         .batch = builder_batch(to),
                         .bias = biased ? builder_parameter(to, node, 1) : NULL,
                         .slope = slope};
    MIXUP_TRY(bind_across(to, layout, PRODUCT_ALONG_ROW, packed, left, &a->left));
    MIXUP_TRY(builder_bind(to, out, &a->out));
    MIXUP_TRY(bind_scratch(to, layout, &a->scratch));
    return emit(to, layout, dense_run_inner, a);
}

/* The slope below zero of an activation that the kernels apply themselves; others are steps of oneDNN. */
static bool own_activation(const graph_node *activation, float *slope) {
    *slope = 1.0f;
    if (activation == NULL)
        return true;
    if (activation->activation == MIXUP_RELU)
        *slope = 0.0f;
    else if (activation->activation == MIXUP_LEAKY_RELU)
        *slope = activation->attributes->slope;
    else
        return false;
    return true;
}

static packing input_packing(const builder *to, size_t node, const panel_layout *layout, product_sum sum) {
    return (packing){.along = layout->by_unit,
                     .sum = sum,
                     .values = builder_input(to, node, 0),
                     .output = BUFFER_NONE,
                     .slope = 1.0f};
}

/* Whether the input is read as it is; if not, it is packed for each sum, except that floats of a narrow layer
 * are packed once and kept. */
static bool reads_input(const panel_layout *layout) {
    return in_floats(layout) && (layout->by_unit || product_plain_fits(layout));
}

/* The input as factors for the forward product. */
static mixup_status pack_input(builder *to, size_t node, const panel_layout *layout, size_t *packed) {
    const packing how = input_packing(to, node, layout, PRODUCT_ALONG_ROW);
    if (!in_floats(layout))
        return emit_factors(to, layout, &how, packed);
    dense_pack *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_kept(to, node, KEPT_PACKED_INPUT, packed_count(to, layout, &how), packed));
    return emit_pack(to, layout, &how, *packed, a);
}

static mixup_status forward(builder *to, size_t node, const panel_layout *layout) {
    const graph_node *activation = builder_absorbed(to, node);
    const bool biased = builder_node(to, node)->parameter_count > 1;
    float slope = 1.0f;
    const bool own = own_activation(activation, &slope);
    size_t input = builder_input(to, node, 0);
    size_t output = BUFFER_NONE;
    MIXUP_TRY(builder_output(to, node, &output));
    if (!reads_input(layout))
        MIXUP_TRY(pack_input(to, node, layout, &input));
    if (layout->by_unit)
        MIXUP_TRY(emit_outer(to, node, layout, input, output, biased, slope));
    else
        MIXUP_TRY(emit_inner(to, node, layout, input, !product_plain_fits(layout), output, biased, slope));
    return own ? MIXUP_OK : dnnl_activation_in_place(to, activation, output, dnnl_output_shape(to, node));
}

/* The gradient before the activation, [batch][units]. */
typedef struct delta {
    packing source;
    size_t over_batch; /* packed for the weights' gradient */
} delta;

/* Packs it for the weights' gradient, with the bias's. */
static mixup_status emit_delta(builder *to, size_t node, const panel_layout *layout, delta *out) {
    const graph_node *activation = builder_absorbed(to, node);
    const size_t known = builder_known_output(to, node);
    size_t bias = BUFFER_NONE;
    bool biased = false;
    delta d = {.source = {.along = !layout->by_unit,
                          .sum = PRODUCT_OVER_BATCH,
                          .values = builder_output_gradient(to, node),
                          .output = activation != NULL ? known : BUFFER_NONE}};
    if (!own_activation(activation, &d.source.slope)) {
        MIXUP_TRY(
            dnnl_activation_gradient(to, activation, known, dnnl_output_shape(to, node), &d.source.values));
        d.source.output = BUFFER_NONE;
    }
    dense_pack *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    if (builder_node(to, node)->parameter_count > 1)
        MIXUP_TRY(prepare_target(to, node, 1, &a->sums, &bias, &biased));
    a->call.take_sums = biased ? dense_take : NULL;
    MIXUP_TRY(builder_buffer(to, packed_count(to, layout, &d.source), &d.over_batch));
    MIXUP_TRY(emit_pack(to, layout, &d.source, d.over_batch, a));
    *out = d;
    return biased ? finish_target(to, node, 1, &a->sums, bias) : MIXUP_OK;
}

static mixup_status emit_input_gradient(builder *to, size_t node, const panel_layout *layout,
                                        const delta *from) {
    size_t gradient = BUFFER_NONE;
    size_t left = from->over_batch; /* floats lie alike for both sums */
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    if (!in_floats(layout)) {
        packing how = from->source;
        how.sum = PRODUCT_ALONG_ROW;
        MIXUP_TRY(emit_factors(to, layout, &how, &left));
    }
    if (layout->by_unit)
        MIXUP_TRY(emit_inner(to, node, layout, left, true, gradient, false, 1.0f));
    else
        MIXUP_TRY(emit_outer(to, node, layout, left, gradient, false, 1.0f));
    return builder_input_gradient_done(to, node, 0, gradient);
}

/* Binds the input as the weights' product reads it along W: as it is, or a copy as factors, or one that is
 * read faster. */
static mixup_status bind_along_input(builder *to, size_t node, const panel_layout *layout, dense_weights *a) {
    const size_t batch = builder_batch(to);
    const size_t row = product_spread_row(layout, batch);
    const size_t input = builder_input(to, node, 0);
    size_t copy = BUFFER_NONE;
    a->spreads = !in_floats(layout) || row != layout->along;
    if (!a->spreads)
        return builder_bind_const(to, input, &a->call.along);
    a->spread = (product_pack){.kernels = layout->kernels,
                               .sum = PRODUCT_OVER_BATCH,
                               .batch = batch,
                               .across = layout->along,
                               .slope = 1.0f,
                               .plain = true,
                               .out_row = row};
    a->call.along_row = row;
    MIXUP_TRY(builder_buffer(to, product_factors(layout->kernels, batch) * row, &copy));
    MIXUP_TRY(builder_bind_const(to, input, &a->spread.values));
    MIXUP_TRY(builder_bind(to, copy, &a->spread.out));
    return builder_bind_const(to, copy, &a->call.along);
}

/* The input as the weights' product reads it across W. */
static mixup_status find_across_input(builder *to, size_t node, const panel_layout *layout, size_t *input) {
    const packing how = input_packing(to, node, layout, PRODUCT_OVER_BATCH);
    *input = how.values;
    if (reads_input(layout))
        return MIXUP_OK;
    return in_floats(layout)
               ? builder_kept(to, node, KEPT_PACKED_INPUT, packed_count(to, layout, &how), input)
               : emit_factors(to, layout, &how, input);
}

static mixup_status emit_weight_gradient(builder *to, size_t node, const panel_layout *layout,
                                         const delta *from) {
    const bool packed = layout->by_unit || !product_plain_fits(layout);
    size_t across = from->over_batch;
    size_t buffer = BUFFER_NONE;
    bool wanted = false;
    dense_weights *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(prepare_target(to, node, 0, &a->target, &buffer, &wanted));
    if (!wanted)
        return MIXUP_OK;
    if (!layout->by_unit)
        MIXUP_TRY(find_across_input(to, node, layout, &across));
    a->call = (product_weights){.layout = layout, .batch = builder_batch(to), .take = dense_take};
    if (layout->by_unit)
        MIXUP_TRY(bind_along_input(to, node, layout, a));
    else
        MIXUP_TRY(builder_bind_const(to, from->over_batch, &a->call.along));
    MIXUP_TRY(bind_across(to, layout, PRODUCT_OVER_BATCH, packed, across, &a->call.across));
    MIXUP_TRY(emit(to, layout, dense_run_weights, a));
    return finish_target(to, node, 0, &a->target, buffer);
}

static mixup_status backward(builder *to, size_t node, const panel_layout *layout) {
    delta before;
    MIXUP_TRY(emit_delta(to, node, layout, &before));
    MIXUP_TRY(emit_input_gradient(to, node, layout, &before)); /* reads the weights: before their update */
    return emit_weight_gradient(to, node, layout, &before);
}

mixup_status dnnl_dense_forward(builder *to, size_t node) {
    const weight_layout *layout = dnnl_stored_layout(to, node);
    return layout->in_panels ? forward(to, node, &layout->panels) : dnnl_inner_product_forward(to, node);
}

mixup_status dnnl_dense_backward(builder *to, size_t node) {
    const weight_layout *layout = dnnl_stored_layout(to, node);
    return layout->in_panels ? backward(to, node, &layout->panels) : dnnl_inner_product_backward(to, node);
}
