/* engine/compile: from a graph and a key to the steps of a plan: forward, mix at the site, forward, loss,
 * backward, gradient of the mix, backward, updates. */
#include "engine/loss.h"
#include "engine/mixing.h"
#include "engine/update.h"

#include <math.h>
#include <string.h>

size_t plan_logits(const graph *network) {
    const graph_node *last = &network->nodes[network->node_count - 1];
    const bool of_loss = last->op == MIXUP_ACTIVATION &&
                         (last->activation == MIXUP_SOFTMAX || last->activation == MIXUP_SIGMOID);
    return of_loss ? last->inputs[0] : network->output;
}

/* ---- what runs, and who shares what */

static size_t target_value(const builder *self) {
    return builder_has_backward(self) ? plan_logits(self->network) : self->plan->key.output;
}

/* Nodes on a way to `target`. */
static void find_live(builder *self, size_t target) {
    const graph *network = self->network;
    bool *needed = self->has_gradient; /* [values]; used for gradients only later */
    needed[target] = true;
    for (size_t n = network->node_count; n-- > 0;) {
        const graph_node *node = &network->nodes[n];
        self->live[n] = needed[node->output];
        for (size_t i = 0; self->live[n] && i < node->input_count; i++)
            needed[node->inputs[i]] = true;
    }
    memset(needed, 0, network->value_count * sizeof *needed);
}

static bool passes_through(const builder *self, const graph_node *node) {
    return graph_is_alias(node) || (op_find(node->op)->random && !builder_trains(self));
}

/* Values that a plan does not compute but sees under another shape or name share their root's buffer. */
static void find_roots(builder *self) {
    const graph *network = self->network;
    for (size_t v = 0; v < network->value_count; v++)
        self->root[v] = v;
    for (size_t n = 0; n < network->node_count; n++) {
        const graph_node *node = &network->nodes[n];
        if (passes_through(self, node)) {
            self->root[node->output] = self->root[node->inputs[0]];
            self->skipped[n] = true;
        }
    }
}

/* Whether node `next` reads what `last` made, and nobody else looks at the value in between. */
static bool follows_alone(const builder *self, size_t last, size_t next, size_t target) {
    const graph_node *node = &self->network->nodes[next];
    const size_t between = self->network->nodes[last].output;
    return self->live[next] && !self->skipped[next] &&
           (node->inputs[0] == between || (node->op == MIXUP_ADD && node->inputs[1] == between)) &&
           self->network->values[between].readers == 1 && self->root[between] == between &&
           between != target && between != self->plan->key.site;
}

/* Both inputs of a sum of two must be seen as the tensors that they were made as. */
static bool may_fold(const builder *self, const graph_node *node) {
    if (self->plan->key.separate)
        return false;
    if (node->op == MIXUP_BATCH_NORM)
        return !builder_has_backward(self);
    return node->op == MIXUP_ADD && node->input_count == 2 && !builder_reshapes(self, node->inputs[0]) &&
           !builder_reshapes(self, node->inputs[1]);
}

/* Where node `next` goes among what `fused` holds already: norm, sum, activation. NULL: not behind these. */
static size_t *place_of(const builder *self, builder_fusion *fused, const graph_node *next) {
    if (fused->activation != BUILDER_NO_NODE)
        return NULL;
    if (next->op == MIXUP_ACTIVATION)
        return &fused->activation;
    if (fused->sum != BUILDER_NO_NODE || !may_fold(self, next))
        return NULL;
    if (next->op == MIXUP_ADD)
        return &fused->sum;
    return fused->norm == BUILDER_NO_NODE ? &fused->norm : NULL;
}

/* Nodes go into the kernel of the one before them where nobody else looks at the values in between. */
static void find_absorbed(builder *self, size_t target) {
    const graph *network = self->network;
    for (size_t n = 0; n < network->node_count; n++) {
        builder_fusion *fused = &self->fused[n];
        if (!self->live[n] || self->skipped[n] || self->forward_skipped[n])
            continue;
        for (size_t next = n + 1; next < network->node_count; next++) {
            size_t *place = place_of(self, fused, &network->nodes[next]);
            if (place == NULL || !follows_alone(self, fused->last, next, target) ||
                !builder_engine(self)->absorbs(self, n, next))
                break;
            *place = next;
            fused->last = next;
            self->forward_skipped[next] = true;
            self->skipped[next] = network->nodes[next].op != MIXUP_ADD || !builder_has_backward(self);
        }
    }
}

static bool at_site(const builder *self, size_t value) {
    const size_t site = self->plan->key.site;
    return site != PLAN_NO_SITE && self->root[value] == self->root[site];
}

static bool wants_input_gradient(const plan_key *key) {
    return key->input_gradient || key->update == PLAN_INPUT_GRADIENT;
}

/* A gradient is wanted where something below can use it. */
static void find_wanted(builder *self) {
    const graph *network = self->network;
    const plan_key *key = &self->plan->key;
    self->wants_gradient[GRAPH_INPUT] = wants_input_gradient(key);
    for (size_t n = 0; n < network->node_count; n++) {
        const graph_node *node = &network->nodes[n];
        bool wants = false;
        for (size_t i = 0; i < node->input_count; i++)
            wants = wants || self->wants_gradient[self->root[node->inputs[i]]];
        for (size_t i = 0; builder_trains(self) && i < node->parameter_count; i++) {
            const graph_parameter *described = &network->parameters[node->parameters[i]];
            wants = wants || !(described->frozen || described->buffer);
        }
        const bool blocked = key->block_gradient && at_site(self, node->output);
        self->wants_gradient[self->root[node->output]] = wants && !blocked;
    }
    if (key->block_gradient && at_site(self, GRAPH_INPUT))
        self->wants_gradient[GRAPH_INPUT] = false;
}

/* ---- forward */

static size_t width_of(const builder *self, size_t value) {
    return shape_count(&self->network->values[value].shape);
}

/* Whether the node's kernel sees buffers as they are. A layout is that of the tensor as it was made: who
 * reads it under another shape, behind a FLATTEN or RESHAPE, needs plain order. */
static bool sees_layouts(const builder *self, const graph_node *node) {
    const engine *with = builder_engine(self);
    if (with->any_layout == NULL || !with->any_layout(node))
        return false;
    for (size_t i = 0; i < node->input_count; i++)
        if (builder_reshapes(self, node->inputs[i]))
            return false;
    return true;
}

/* All other kernels get plain copies of what they read. */
static mixup_status prepare_inputs(builder *self, size_t n, bool backward) {
    const graph_node *node = &self->network->nodes[n];
    self->as_plain = !sees_layouts(self, node);
    if (!self->as_plain)
        return MIXUP_OK;
    for (size_t i = 0; i < node->input_count; i++)
        MIXUP_TRY(builder_make_plain(self, builder_input(self, n, i)));
    if (!backward)
        return MIXUP_OK;
    MIXUP_TRY(builder_make_plain(self, builder_known_output(self, n)));
    return builder_make_plain(self, builder_output_gradient(self, n));
}

static mixup_status emit_forward(builder *self) {
    const graph *network = self->network;
    size_t *input = &self->forward[GRAPH_INPUT];
    MIXUP_TRY(builder_buffer(self, width_of(self, GRAPH_INPUT) * builder_batch(self), input));
    MIXUP_TRY(builder_bind(self, *input, &self->plan->input));
    if (at_site(self, GRAPH_INPUT))
        MIXUP_TRY(mixing_emit_state(self, GRAPH_INPUT));
    for (size_t n = 0; n < network->node_count; n++) {
        if (!self->live[n] || self->skipped[n] || self->forward_skipped[n])
            continue;
        const graph_node *node = &network->nodes[n];
        mixup_status status = prepare_inputs(self, n, false);
        if (status == MIXUP_OK)
            status = builder_engine(self)->kernels[node->op].forward(self, n);
        if (status != MIXUP_OK)
            return error_context(status, "layer '%s'", network->layers[node->layer].attributes.name);
        const size_t made = network->nodes[self->fused[n].last].output;
        if (at_site(self, made))
            MIXUP_TRY(mixing_emit_state(self, made));
    }
    return MIXUP_OK;
}

/* The buffer in which readers find a value. */
static size_t seen_buffer(const builder *self, size_t value) {
    return at_site(self, value) ? self->mixed : self->forward[self->root[value]];
}

/* ---- loss */

static mixup_status emit_loss(builder *self) {
    const size_t logits = plan_logits(self->network);
    const size_t root = self->root[logits];
    const size_t columns = width_of(self, logits);
    const size_t count = columns * builder_batch(self);
    size_t plain = BUFFER_NONE;
    MIXUP_TRY(builder_buffer(self, count, &plain));
    self->plan->buffers[plain].filled_before = true;
    MIXUP_TRY(builder_bind(self, plain, &self->plan->targets));
    size_t mixed = BUFFER_NONE;
    MIXUP_TRY(mixing_emit_targets(self, plain, columns, &mixed));
    MIXUP_TRY(builder_buffer(self, count, &self->gradient[root]));
    self->has_gradient[root] = true;
    MIXUP_TRY(builder_make_plain(self, seen_buffer(self, logits)));
    return loss_emit(self, builder_plain(self, seen_buffer(self, logits)), mixed, plain, self->gradient[root],
                     columns);
}

/* ---- backward */

static mixup_status emit_node_backward(builder *self, size_t n) {
    const graph *network = self->network;
    const graph_node *node = &network->nodes[n];
    const size_t activation = self->fused[n].activation;
    const size_t made = activation != BUILDER_NO_NODE ? network->nodes[activation].output : node->output;
    const size_t root = self->root[made];
    if (!self->wants_gradient[root] || !self->has_gradient[root])
        return MIXUP_OK;
    if (at_site(self, made))
        MIXUP_TRY(mixing_emit_gradient(self, made));
    mixup_status status = prepare_inputs(self, n, true);
    if (status == MIXUP_OK)
        status = builder_engine(self)->kernels[node->op].backward(self, n);
    if (status != MIXUP_OK)
        return error_context(status, "layer '%s'", network->layers[node->layer].attributes.name);
    return MIXUP_OK;
}

static mixup_status emit_backward(builder *self) {
    for (size_t n = self->network->node_count; n-- > 0;)
        if (self->live[n] && !self->skipped[n])
            MIXUP_TRY(emit_node_backward(self, n));
    if (!wants_input_gradient(&self->plan->key))
        return MIXUP_OK;
    if (!self->has_gradient[GRAPH_INPUT])
        return error(MIXUP_ERROR_ARGUMENT, "no gradient reaches the network's input");
    size_t result = self->gradient[GRAPH_INPUT];
    if (at_site(self, GRAPH_INPUT)) {
        MIXUP_TRY(mixing_emit_gradient(self, GRAPH_INPUT));
        result = self->unmixed_gradient;
    }
    MIXUP_TRY(builder_make_plain(self, result));
    result = builder_plain(self, result);
    MIXUP_TRY(builder_bind(self, result, &self->plan->input_gradient));
    self->plan->buffers[result].read_after = true;
    return MIXUP_OK;
}

/* ---- updates */

typedef struct clear_arguments {
    real *values;
    size_t count;
} clear_arguments;

static void run_clear(void *arguments, plan_run *run) {
    const clear_arguments *a = arguments;
    (void)run;
    memset(a->values, 0, a->count * sizeof *a->values);
}

/* Parameters below a blocked gradient: zero gradient, on which momentum and decay still act. */
static mixup_status emit_zero_gradient(builder *self, size_t index) {
    const parameter_item *item = &self->cache->store->items[index];
    if (self->plan->key.update == PLAN_FUSED)
        return update_emit(self, index, BUFFER_NONE);
    clear_arguments *a = builder_arguments(self, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    *a = (clear_arguments){.values = item->arrays[PARAMETER_GRADIENT], .count = item->stored};
    return builder_step(self, run_clear, a);
}

typedef struct norm_arguments {
    const parameter_store *store;
    double limit;
} norm_arguments;

/* Scale by limit / (norm + 1e-6) where that is below 1, as torch.nn.utils.clip_grad_norm_ does. */
static void run_norm(void *arguments, plan_run *run) {
    const norm_arguments *a = arguments;
    double square = 0.0;
    for (size_t p = 0; p < a->store->network->parameter_count; p++) {
        const graph_parameter *described = &a->store->network->parameters[p];
        const parameter_item *item = &a->store->items[p];
        if (described->frozen || described->buffer)
            continue;
        for (size_t i = 0; i < item->stored; i++) {
            const double g = (double)item->arrays[PARAMETER_GRADIENT][i];
            square += g * g;
        }
    }
    const double scale = a->limit / (sqrt(square) + 1e-6);
    run->gradient_scale = scale < 1.0 ? scale : 1.0;
}

static mixup_status emit_deferred(builder *self) {
    parameter_store *store = self->cache->store;
    if (builder_training(self)->optimizer.clip_norm > 0.0f) {
        norm_arguments *a = builder_arguments(self, sizeof *a);
        if (a == NULL)
            return MIXUP_ERROR_MEMORY;
        *a = (norm_arguments){.store = store, .limit = (double)builder_training(self)->optimizer.clip_norm};
        MIXUP_TRY(builder_step(self, run_norm, a));
    }
    for (size_t p = 0; p < self->network->parameter_count; p++) {
        const graph_parameter *described = &self->network->parameters[p];
        if (described->frozen || described->buffer)
            continue;
        size_t gradient = BUFFER_NONE;
        MIXUP_TRY(builder_fixed(self, store->items[p].arrays[PARAMETER_GRADIENT], store->items[p].stored,
                                &gradient));
        MIXUP_TRY(update_emit(self, p, gradient));
    }
    return MIXUP_OK;
}

static mixup_status emit_updates(builder *self) {
    for (size_t p = 0; p < self->network->parameter_count; p++) {
        const graph_parameter *described = &self->network->parameters[p];
        if (!described->frozen && !described->buffer && !self->updated[p])
            MIXUP_TRY(emit_zero_gradient(self, p));
    }
    return self->plan->key.update == PLAN_DEFERRED ? emit_deferred(self) : MIXUP_OK;
}

/* ---- the whole */

/* One value per channel has no variance: refused instead of dividing by zero. */
static mixup_status check_batch(const builder *self) {
    for (size_t n = 0; n < self->network->node_count; n++) {
        const graph_node *node = &self->network->nodes[n];
        const shape *in = &self->network->values[node->inputs[0]].shape;
        if (node->op == MIXUP_BATCH_NORM && builder_trains(self) && builder_batch(self) == 1 &&
            shape_count(in) == in->sizes[0])
            return error(MIXUP_ERROR_SHAPE,
                         "layer '%s': batch norm cannot train on a batch with one value per channel; use "
                         "batches of at least 2 (and drop_last where one sample would be left over)",
                         self->network->layers[node->layer].attributes.name);
    }
    return MIXUP_OK;
}

mixup_status builder_compile(builder *self) {
    const size_t target = target_value(self);
    MIXUP_TRY(check_batch(self));
    find_roots(self);
    find_live(self, target);
    find_absorbed(self, target);
    MIXUP_TRY(emit_forward(self));
    if (builder_has_backward(self)) {
        find_wanted(self);
        MIXUP_TRY(emit_loss(self));
        self->plan->backward = self->plan->step_count;
        MIXUP_TRY(emit_backward(self));
    }
    if (builder_trains(self))
        MIXUP_TRY(emit_updates(self));
    MIXUP_TRY(builder_make_plain(self, seen_buffer(self, target)));
    const size_t output = builder_plain(self, seen_buffer(self, target));
    MIXUP_TRY(builder_bind(self, output, &self->plan->output));
    self->plan->buffers[output].read_after = true;
    return MIXUP_OK;
}
