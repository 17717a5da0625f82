/* engine/builder: buffers, bindings, argument blocks and the bookkeeping of states and gradients. */
#include "engine/plan_inside.h"
#include "engine/update.h"

/* ---- facts */

const graph *builder_graph(const builder *self) {
    return self->network;
}

engine *builder_engine(const builder *self) {
    return self->cache->store->engine;
}

parameter_store *builder_store(const builder *self) {
    return self->cache->store;
}

const plan_training *builder_training(const builder *self) {
    return &self->cache->training;
}

size_t builder_batch(const builder *self) {
    return self->plan->key.batch;
}

bool builder_trains(const builder *self) {
    return builder_has_backward(self) && self->plan->key.update != PLAN_INPUT_GRADIENT;
}

bool builder_has_backward(const builder *self) {
    return self->plan->key.update != PLAN_FORWARD;
}

mixup_loss builder_loss(const builder *self) {
    return builder_trains(self) ? self->cache->training.loss : self->plan->key.loss;
}

const graph_node *builder_node(const builder *self, size_t node) {
    return &self->network->nodes[node];
}

static const mixup_allocator *allocator_of(const builder *self) {
    return &self->cache->store->engine->allocator;
}

/* ---- growing lists */

static mixup_status reserve(const builder *self, void **list, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity)
        return MIXUP_OK;
    const size_t larger = *capacity == 0 ? 32 : 2 * *capacity;
    MIXUP_TRY(memory_grow_into(allocator_of(self), list, count, larger, size));
    *capacity = larger;
    return MIXUP_OK;
}

#define RESERVE(self, list)                                                                                  \
    reserve((self), (void **)&(self)->plan->list##s, (self)->plan->list##_count,                             \
            &(self)->plan->list##_capacity, sizeof *(self)->plan->list##s)

static mixup_status own(builder *self, void *object, void (*release)(void *object)) {
    plan *p = self->plan;
    MIXUP_TRY(reserve(self, (void **)&p->owned, p->owned_count, &p->owned_capacity, sizeof *p->owned));
    p->owned[p->owned_count++] = (plan_owned){.object = object, .release = release};
    return MIXUP_OK;
}

/* ---- argument blocks and steps */

void *builder_arguments(builder *self, size_t size) {
    void *block = memory_allocate(allocator_of(self), 1, size);
    if (block != NULL && own(self, block, NULL) != MIXUP_OK) {
        memory_release(allocator_of(self), block);
        return NULL;
    }
    return block;
}

mixup_status builder_own(builder *self, void *object, void (*release)(void *object)) {
    const mixup_status status = own(self, object, release);
    if (status != MIXUP_OK)
        release(object);
    return status;
}

static mixup_status add_step(builder *self, plan_step step) {
    MIXUP_TRY(RESERVE(self, step));
    step.remakes = BUFFER_NONE;
    self->plan->steps[self->plan->step_count++] = step;
    return MIXUP_OK;
}

mixup_status builder_step(builder *self, step_function run, void *arguments) {
    return add_step(self, (plan_step){.run = run, .arguments = arguments});
}

mixup_status builder_step_apart(builder *self, step_function run, void *arguments) {
    return add_step(self, (plan_step){.run = run, .arguments = arguments, .apart = true});
}

mixup_status builder_step_shared(builder *self, share_function run, void *arguments, bool pays) {
    const bool several = builder_engine(self)->threads > 1;
    return add_step(self, (plan_step){.share = run, .arguments = arguments, .pays = pays && several});
}

bool builder_may_remake(const builder *self) {
    return builder_trains(self) && self->plan->backward == SIZE_MAX &&
           builder_training(self)->recompute == MIXUP_RECOMPUTE_AUTO;
}

void builder_remakes(builder *self, size_t buffer) {
    self->plan->steps[self->plan->step_count - 1].remakes = buffer;
}

static void run_divided(void *arguments, plan_run *run, const team_member *me) {
    const divided_step *a = arguments;
    divided_part(a, run, me);
}

mixup_status builder_divided_step(builder *self, divided_function run, void *arguments, size_t count,
                                  size_t values) {
    divided_step *a = builder_arguments(self, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    *a = (divided_step){.run = run, .arguments = arguments, .count = count, .values = values};
    return builder_step_shared(self, run_divided, a, divided_pays(a));
}

/* ---- buffers */

mixup_status builder_buffer(builder *self, size_t count, size_t *buffer) {
    return builder_fixed(self, NULL, count, buffer);
}

mixup_status builder_fixed(builder *self, real *address, size_t count, size_t *buffer) {
    MIXUP_TRY(RESERVE(self, buffer));
    *buffer = self->plan->buffer_count++;
    self->plan->buffers[*buffer] =
        (plan_buffer){.count = count, .first = SIZE_MAX, .fixed = address, .plain = BUFFER_NONE};
    return MIXUP_OK;
}

mixup_status builder_bind_with(builder *self, size_t buffer, bind_function bind, void *target) {
    MIXUP_TRY(RESERVE(self, binding));
    self->plan->bindings[self->plan->binding_count++] =
        (plan_binding){.buffer = buffer, .step = self->plan->step_count, .bind = bind, .target = target};
    return MIXUP_OK;
}

static void bind_pointer(void *target, void *address) {
    *(real **)target = address;
}

static void bind_const_pointer(void *target, void *address) {
    *(const real **)target = address;
}

mixup_status builder_bind(builder *self, size_t buffer, real **slot) {
    return builder_bind_with(self, buffer, bind_pointer, slot);
}

mixup_status builder_bind_const(builder *self, size_t buffer, const real **slot) {
    return builder_bind_with(self, buffer, bind_const_pointer, slot);
}

size_t builder_count(const builder *self, size_t buffer) {
    return self->plan->buffers[buffer].count;
}

const void *builder_layout(const builder *self, size_t buffer) {
    return self->plan->buffers[buffer].layout;
}

void builder_set_layout(builder *self, size_t buffer, const void *layout, size_t count) {
    self->plan->buffers[buffer].layout = layout;
    self->plan->buffers[buffer].count = count;
}

mixup_status builder_make_plain(builder *self, size_t buffer) {
    if (buffer == BUFFER_NONE || builder_layout(self, buffer) == NULL ||
        self->plan->buffers[buffer].plain != BUFFER_NONE)
        return MIXUP_OK;
    size_t plain = BUFFER_NONE;
    MIXUP_TRY(builder_buffer(self, builder_count(self, buffer), &plain));
    MIXUP_TRY(builder_engine(self)->make_plain(self, buffer, plain));
    if (builder_may_remake(self)) {
        MIXUP_TRY(builder_engine(self)->make_plain(self, buffer, plain));
        builder_remakes(self, plain);
    }
    self->plan->buffers[buffer].plain = plain;
    return MIXUP_OK;
}

size_t builder_plain(const builder *self, size_t buffer) {
    if (buffer == BUFFER_NONE || self->plan->buffers[buffer].plain == BUFFER_NONE)
        return buffer;
    return self->plan->buffers[buffer].plain;
}

bool builder_reshapes(const builder *self, size_t value) {
    const graph_value *values = self->network->values;
    return !shape_equal(&values[value].shape, &values[self->root[value]].shape);
}

/* What the kernel under way gets to see of a buffer that it reads. */
static size_t seen(const builder *self, size_t buffer) {
    return self->as_plain ? builder_plain(self, buffer) : buffer;
}

/* A buffer for one value of the graph for the whole batch. */
static mixup_status value_buffer(builder *self, size_t value, size_t *buffer) {
    size_t count = 0;
    MIXUP_TRY(memory_product(shape_count(&self->network->values[value].shape), builder_batch(self), &count));
    return builder_buffer(self, count, buffer);
}

/* ---- forward */

static bool at_site(const builder *self, size_t root) {
    return self->plan->key.site != PLAN_NO_SITE && root == self->root[self->plan->key.site];
}

/* The value that the node's steps make in the forward pass; in the backward pass a sum counts for itself. */
static size_t made_value(const builder *self, size_t node) {
    return self->network->nodes[self->fused[node].last].output;
}

static size_t differentiated_value(const builder *self, size_t node) {
    const size_t activation = self->fused[node].activation;
    return self->network->nodes[activation != BUILDER_NO_NODE ? activation : node].output;
}

size_t builder_input(const builder *self, size_t node, size_t i) {
    const size_t root = self->root[self->network->nodes[node].inputs[i]];
    return seen(self, at_site(self, root) ? self->mixed : self->forward[root]);
}

mixup_status builder_output(builder *self, size_t node, size_t *buffer) {
    const size_t root = self->root[made_value(self, node)];
    if (self->forward[root] == BUFFER_NONE)
        MIXUP_TRY(value_buffer(self, root, &self->forward[root]));
    *buffer = self->forward[root];
    return MIXUP_OK;
}

size_t builder_known_output(const builder *self, size_t node) {
    return seen(self, self->forward[self->root[differentiated_value(self, node)]]);
}

mixup_status builder_kept(builder *self, size_t node, size_t slot, size_t count, size_t *buffer) {
    size_t *kept = &self->kept[node * BUILDER_KEPT + slot];
    if (*kept == BUFFER_NONE)
        MIXUP_TRY(builder_buffer(self, count, kept));
    *buffer = *kept;
    return MIXUP_OK;
}

const graph_node *builder_absorbed(const builder *self, size_t node) {
    const size_t activation = self->fused[node].activation;
    return activation == BUILDER_NO_NODE ? NULL : &self->network->nodes[activation];
}

size_t builder_absorbed_norm(const builder *self, size_t node) {
    return self->fused[node].norm;
}

size_t builder_absorbed_sum(const builder *self, size_t node) {
    return self->fused[node].sum;
}

size_t builder_addend(const builder *self, size_t node) {
    const builder_fusion *fused = &self->fused[node];
    if (fused->sum == BUILDER_NO_NODE)
        return BUFFER_NONE;
    const size_t before = fused->norm != BUILDER_NO_NODE ? fused->norm : node;
    const graph_node *sum = &self->network->nodes[fused->sum];
    return builder_input(self, fused->sum, sum->inputs[0] == self->network->nodes[before].output ? 1 : 0);
}

/* ---- backward */

size_t builder_output_gradient(const builder *self, size_t node) {
    const size_t root = self->root[differentiated_value(self, node)];
    return seen(self, at_site(self, root) ? self->unmixed_gradient : self->gradient[root]);
}

mixup_status builder_input_gradient(builder *self, size_t node, size_t i, size_t *buffer) {
    const size_t root = self->root[self->network->nodes[node].inputs[i]];
    *buffer = BUFFER_NONE;
    if (!self->wants_gradient[root])
        return MIXUP_OK;
    if (self->has_gradient[root]) /* another reader was first: add to it afterwards */
        return value_buffer(self, root, buffer);
    if (self->gradient[root] == BUFFER_NONE)
        MIXUP_TRY(value_buffer(self, root, &self->gradient[root]));
    *buffer = self->gradient[root];
    return MIXUP_OK;
}

mixup_status builder_input_gradient_done(builder *self, size_t node, size_t i, size_t buffer) {
    const size_t value = self->network->nodes[node].inputs[i];
    const size_t root = self->root[value];
    if (buffer == BUFFER_NONE)
        return MIXUP_OK;
    size_t made = buffer;
    if (builder_reshapes(self, value)) { /* its layout would mean nothing to who made the tensor */
        MIXUP_TRY(builder_make_plain(self, buffer));
        made = builder_plain(self, buffer);
    }
    const size_t other = self->gradient[root];
    if (self->has_gradient[root] && builder_may_overwrite(self, other))
        return builder_engine(self)->accumulate(self, made, other);
    if (self->has_gradient[root])
        MIXUP_TRY(builder_engine(self)->accumulate(self, other, made));
    self->gradient[root] = made;
    self->has_gradient[root] = true;
    return MIXUP_OK;
}

bool builder_share_gradient(builder *self, size_t node, size_t i) {
    const size_t value = self->network->nodes[node].inputs[i];
    const size_t root = self->root[value];
    const size_t gradient = builder_output_gradient(self, node);
    if (!self->wants_gradient[root] || self->has_gradient[root] || builder_reshapes(self, value))
        return false;
    self->gradient[root] = gradient;
    self->has_gradient[root] = true;
    self->plan->buffers[gradient].shared = true;
    return true;
}

bool builder_may_overwrite(const builder *self, size_t buffer) {
    return !self->plan->buffers[buffer].shared;
}

mixup_status builder_parameter_gradient(builder *self, size_t node, size_t i, size_t *buffer) {
    const size_t index = self->network->nodes[node].parameters[i];
    const graph_parameter *described = &self->network->parameters[index];
    const size_t stored = self->cache->store->items[index].stored;
    *buffer = BUFFER_NONE;
    if (described->frozen || described->buffer || !builder_trains(self))
        return MIXUP_OK;
    if (self->plan->key.update == PLAN_FUSED)
        return builder_buffer(self, stored, buffer);
    return builder_fixed(self, self->cache->store->items[index].arrays[PARAMETER_GRADIENT], stored, buffer);
}

mixup_status builder_parameter_gradient_done(builder *self, size_t node, size_t i, size_t buffer) {
    const size_t index = self->network->nodes[node].parameters[i];
    if (buffer == BUFFER_NONE)
        return MIXUP_OK;
    self->updated[index] = true;
    if (self->plan->key.update == PLAN_FUSED)
        return update_emit(self, index, buffer);
    return MIXUP_OK;
}

bool builder_fuses_update(const builder *self, size_t node, size_t i) {
    const graph_parameter *described = &self->network->parameters[self->network->nodes[node].parameters[i]];
    return self->plan->key.update == PLAN_FUSED && !described->frozen && !described->buffer;
}

void builder_parameter_updated(builder *self, size_t node, size_t i) {
    self->updated[self->network->nodes[node].parameters[i]] = true;
}

real *builder_parameter(const builder *self, size_t node, size_t i) {
    const size_t index = self->network->nodes[node].parameters[i];
    return self->cache->store->items[index].arrays[PARAMETER_VALUES];
}
