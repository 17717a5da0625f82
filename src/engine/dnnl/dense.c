/* engine/dnnl/dense: dense layers by the kernels of engine/product, where the processor has what they need;
 * else by oneDNN's inner products.
 *
 * A backward pass is up to three steps: the gradient before the activation (with the bias's, over the batch),
 * the input's, which reads the weights, and then the weights', whose tiles the optimiser takes one by one
 * (PLAN_FUSED), so that this gradient is never in memory as a whole. */
#include "engine/dnnl/dnnl_engine.h"
#include "engine/product/product.h"
#include "engine/reference/kernels.h"
#include "engine/update.h"

#include <omp.h>
#include <string.h>

/* Fewer multiply-adds than this are done before a second thread would have begun. */
enum { SMALL_WORK = 200000 };

/* Samples up to which a sum is cut into halves in training (`halved`). */
enum { MOST_HALVED = 256 };

enum { KEPT_PACKED_INPUT };

/* ---- dividing work among the threads. A region either has all of them or is none: OpenMP would end and
 * start threads when their number changes. */

static size_t parts_for(const builder *to, const panel_layout *layout) {
    const size_t work = builder_batch(to) * layout->along * layout->across;
    return work < SMALL_WORK ? 1 : (size_t)omp_get_max_threads();
}

static void divide(size_t parts, void (*run)(void *call, size_t part, size_t parts), void *call) {
    if (parts == 1) {
        run(call, 0, 1);
        return;
    }
#pragma omp parallel num_threads((int)parts)
    run(call, (size_t)omp_get_thread_num(), (size_t)omp_get_num_threads());
}

/* ---- where gradients go */

typedef struct gradient_target {
    bool fused;              /* to the optimiser, else to `gradient` */
    update_arguments update; /* its own `gradient` is not used */
    update_step step;        /* of this run */
    real *gradient;          /* [stored] */
} gradient_target;

static void begin_target(gradient_target *target, const plan_run *run) {
    if (target->fused)
        update_begin(&target->update, run, &target->step);
}

static void take(void *user, size_t at, size_t count, const float *gradient) {
    const gradient_target *target = user;
    if (target->fused)
        update_piece(&target->update, &target->step, at, count, gradient);
    else
        memcpy(target->gradient + at, gradient, count * sizeof *gradient);
}

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

/* ---- the steps */

typedef struct pack_arguments {
    size_t parts;
    product_pack call;
    gradient_target sums;
} pack_arguments;

static void pack_part(void *arguments, size_t part, size_t parts) {
    const pack_arguments *a = arguments;
    product_pack_part(&a->call, part, parts);
}

static void run_pack(void *arguments, plan_run *run) {
    pack_arguments *a = arguments;
    begin_target(&a->sums, run);
    divide(a->parts, pack_part, a);
}

typedef struct outer_arguments {
    size_t parts;
    product_outer call;
} outer_arguments;

static void outer_part(void *arguments, size_t part, size_t parts) {
    const outer_arguments *a = arguments;
    product_outer_part(&a->call, part, parts);
    if (a->call.partial == NULL)
        return;
    if (parts > 1) {
#pragma omp barrier
    }
    product_outer_join_part(&a->call, part, parts);
}

static void run_outer(void *arguments, plan_run *run) {
    outer_arguments *a = arguments;
    (void)run;
    divide(a->parts, outer_part, a);
}

typedef struct inner_arguments {
    size_t parts;
    product_inner call;
} inner_arguments;

static void inner_part(void *arguments, size_t part, size_t parts) {
    const inner_arguments *a = arguments;
    product_inner_part(&a->call, part, parts);
}

static void run_inner(void *arguments, plan_run *run) {
    inner_arguments *a = arguments;
    (void)run;
    divide(a->parts, inner_part, a);
}

typedef struct weights_arguments {
    size_t parts;
    bool spreads;
    product_pack spread; /* of the along states, before `call` reads them */
    product_weights call;
    gradient_target target;
} weights_arguments;

static void weights_part(void *arguments, size_t part, size_t parts) {
    const weights_arguments *a = arguments;
    if (a->spreads) {
        product_pack_part(&a->spread, part, parts);
        if (parts > 1) {
#pragma omp barrier
        }
    }
    product_weights_part(&a->call, part, parts);
}

static void run_weights(void *arguments, plan_run *run) {
    weights_arguments *a = arguments;
    begin_target(&a->target, run);
    if (a->target.fused) {
        a->call.ahead[0] = a->target.step.arrays.values;
        a->call.ahead[1] = a->target.step.arrays.moment1;
        a->call.ahead[2] = a->target.step.arrays.moment2;
    }
    divide(a->parts, weights_part, a);
}

/* ---- emitting them */

/* Binds left states of an inner or weights' product: packed where `packed`, else plain. */
static mixup_status bind_across(builder *to, const panel_layout *layout, bool packed, size_t buffer,
                                across_states *states) {
    *states = packed ? product_packed(layout, builder_batch(to), NULL) : product_plain(layout, NULL);
    return builder_bind_const(to, buffer, &states->values);
}

/* Whether sums are cut into halves: for the sake of weights that change, and not for so many samples that the
 * products take far longer than the weights. It does not depend on the number of threads: bits must not. */
static bool halved(const builder *to, const panel_layout *layout) {
    return builder_trains(to) && builder_batch(to) <= MOST_HALVED && product_outer_halves(layout);
}

/* left [batch][along] times W: into `out`, a buffer of [batch][across]. */
static mixup_status emit_outer(builder *to, size_t node, const panel_layout *layout, size_t left, size_t out,
                               bool biased, float slope) {
    size_t partial = BUFFER_NONE;
    outer_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->parts = parts_for(to, layout);
    a->call = (product_outer){.layout = layout,
                              .weights = builder_parameter(to, node, 0),
                              .batch = builder_batch(to),
                              .bias = biased ? builder_parameter(to, node, 1) : NULL,
                              .slope = slope};
    MIXUP_TRY(builder_bind_const(to, left, &a->call.left));
    MIXUP_TRY(builder_bind(to, out, &a->call.out));
    if (halved(to, layout)) {
        MIXUP_TRY(builder_buffer(to, builder_count(to, out), &partial));
        MIXUP_TRY(builder_bind(to, partial, &a->call.partial));
    }
    return builder_step(to, run_outer, a);
}

/* left [batch][across] times W^T: into `out`, a buffer of [batch][along]. */
static mixup_status emit_inner(builder *to, size_t node, const panel_layout *layout, size_t left, bool packed,
                               size_t out, bool biased, float slope) {
    inner_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->parts = parts_for(to, layout);
    a->call = (product_inner){.layout = layout,
                              .weights = builder_parameter(to, node, 0),
                              .batch = builder_batch(to),
                              .bias = biased ? builder_parameter(to, node, 1) : NULL,
                              .slope = slope};
    MIXUP_TRY(bind_across(to, layout, packed, left, &a->call.left));
    MIXUP_TRY(builder_bind(to, out, &a->call.out));
    return builder_step(to, run_inner, a);
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

/* The input in the form that vectors across features want: as it is, or packed. */
static mixup_status pack_input(builder *to, size_t node, const panel_layout *layout, size_t *packed) {
    pack_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->parts = 1;
    a->call = (product_pack){
        .kernels = layout->kernels, .batch = builder_batch(to), .across = layout->across, .slope = 1.0f};
    MIXUP_TRY(
        builder_kept(to, node, KEPT_PACKED_INPUT, product_packed_count(layout, builder_batch(to)), packed));
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->call.values));
    MIXUP_TRY(builder_bind(to, *packed, &a->call.out));
    return builder_step(to, run_pack, a);
}

static mixup_status forward(builder *to, size_t node, const panel_layout *layout) {
    const graph_node *activation = builder_absorbed(to, node);
    const bool biased = builder_node(to, node)->parameter_count > 1;
    float slope = 1.0f;
    const bool own = own_activation(activation, &slope);
    size_t input = builder_input(to, node, 0);
    size_t output = BUFFER_NONE;
    MIXUP_TRY(builder_output(to, node, &output));
    if (layout->by_unit) {
        MIXUP_TRY(emit_outer(to, node, layout, input, output, biased, slope));
    } else {
        const bool packed = !product_plain_fits(layout);
        if (packed)
            MIXUP_TRY(pack_input(to, node, layout, &input));
        MIXUP_TRY(emit_inner(to, node, layout, input, packed, output, biased, slope));
    }
    return own ? MIXUP_OK : dnnl_activation_in_place(to, activation, output, dnnl_output_shape(to, node));
}

/* The gradient before the activation, in the form that the products want: packed, or plain for vectors across
 * features; and the bias's gradient. */
static mixup_status emit_delta(builder *to, size_t node, const panel_layout *layout, size_t *delta) {
    const graph_node *activation = builder_absorbed(to, node);
    const size_t units = reference_output_width(to, node);
    const size_t known = builder_known_output(to, node);
    size_t gradient = builder_output_gradient(to, node);
    size_t bias = BUFFER_NONE;
    bool biased = false;
    float slope = 1.0f;
    if (!own_activation(activation, &slope)) {
        MIXUP_TRY(dnnl_activation_gradient(to, activation, known, dnnl_output_shape(to, node), &gradient));
        activation = NULL;
    }
    pack_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    if (builder_node(to, node)->parameter_count > 1)
        MIXUP_TRY(prepare_target(to, node, 1, &a->sums, &bias, &biased));
    a->parts = parts_for(to, layout);
    a->call = (product_pack){.kernels = layout->kernels,
                             .batch = builder_batch(to),
                             .across = units,
                             .slope = slope,
                             .plain = !layout->by_unit,
                             .take_sums = biased ? take : NULL,
                             .user = &a->sums};
    MIXUP_TRY(builder_buffer(
        to, layout->by_unit ? product_packed_count(layout, builder_batch(to)) : builder_batch(to) * units,
        delta));
    MIXUP_TRY(builder_bind_const(to, gradient, &a->call.values));
    if (activation != NULL)
        MIXUP_TRY(builder_bind_const(to, known, &a->call.output));
    MIXUP_TRY(builder_bind(to, *delta, &a->call.out));
    MIXUP_TRY(builder_step(to, run_pack, a));
    return biased ? finish_target(to, node, 1, &a->sums, bias) : MIXUP_OK;
}

static mixup_status emit_input_gradient(builder *to, size_t node, const panel_layout *layout, size_t delta) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    if (layout->by_unit)
        MIXUP_TRY(emit_inner(to, node, layout, delta, true, gradient, false, 1.0f));
    else
        MIXUP_TRY(emit_outer(to, node, layout, delta, gradient, false, 1.0f));
    return builder_input_gradient_done(to, node, 0, gradient);
}

/* Binds [batch][along] states for the weights' product, or a copy that is read faster. */
static mixup_status bind_along(builder *to, const panel_layout *layout, size_t buffer, weights_arguments *a) {
    const size_t batch = builder_batch(to);
    const size_t row = product_spread_row(layout, batch);
    size_t copy = BUFFER_NONE;
    a->spreads = row != layout->along;
    if (!a->spreads)
        return builder_bind_const(to, buffer, &a->call.along);
    a->spread = (product_pack){.kernels = layout->kernels,
                               .batch = batch,
                               .across = layout->along,
                               .slope = 1.0f,
                               .plain = true,
                               .out_row = row};
    a->call.along_row = row;
    MIXUP_TRY(builder_buffer(to, batch * row, &copy));
    MIXUP_TRY(builder_bind_const(to, buffer, &a->spread.values));
    MIXUP_TRY(builder_bind(to, copy, &a->spread.out));
    return builder_bind_const(to, copy, &a->call.along);
}

static mixup_status emit_weight_gradient(builder *to, size_t node, const panel_layout *layout, size_t delta) {
    const bool packed = layout->by_unit || !product_plain_fits(layout);
    size_t input = builder_input(to, node, 0);
    size_t buffer = BUFFER_NONE;
    bool wanted = false;
    weights_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(prepare_target(to, node, 0, &a->target, &buffer, &wanted));
    if (!wanted)
        return MIXUP_OK;
    if (!layout->by_unit && packed)
        MIXUP_TRY(builder_kept(to, node, KEPT_PACKED_INPUT, product_packed_count(layout, builder_batch(to)),
                               &input));
    a->parts = parts_for(to, layout);
    a->call =
        (product_weights){.layout = layout, .batch = builder_batch(to), .take = take, .user = &a->target};
    MIXUP_TRY(bind_along(to, layout, layout->by_unit ? input : delta, a));
    MIXUP_TRY(bind_across(to, layout, packed, layout->by_unit ? delta : input, &a->call.across));
    MIXUP_TRY(builder_step(to, run_weights, a));
    return finish_target(to, node, 0, &a->target, buffer);
}

static mixup_status backward(builder *to, size_t node, const panel_layout *layout) {
    size_t delta = BUFFER_NONE;
    MIXUP_TRY(emit_delta(to, node, layout, &delta));
    MIXUP_TRY(emit_input_gradient(to, node, layout, delta)); /* reads the weights: before their update */
    return emit_weight_gradient(to, node, layout, delta);
}

mixup_status dnnl_dense_forward(builder *to, size_t node) {
    const weight_layout *layout = dnnl_stored_layout(to, node);
    return layout->in_panels ? forward(to, node, &layout->panels) : dnnl_inner_product_forward(to, node);
}

mixup_status dnnl_dense_backward(builder *to, size_t node) {
    const weight_layout *layout = dnnl_stored_layout(to, node);
    return layout->in_panels ? backward(to, node, &layout->panels) : dnnl_inner_product_backward(to, node);
}
