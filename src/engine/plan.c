/* engine/plan: the cache of plans, and their arena. */
#include "engine/plan.h"

#include "engine/plan_inside.h"

#include <string.h>

/* ---- the arena */

static bool overlaps(const plan_buffer *a, const plan_buffer *b) {
    return a->first <= b->last && b->first <= a->last;
}

/* Rounded up so that every buffer starts at a multiple of the alignment. */
size_t plan_buffer_space(const plan_buffer *buffer) {
    const size_t unit = MEMORY_ALIGNMENT / sizeof(real);
    return (buffer->count + unit - 1) / unit * unit;
}

static bool in_arena(const plan_buffer *buffer) {
    return buffer->fixed == NULL && buffer->first != SIZE_MAX;
}

/* First fit: the lowest offset at which the buffer meets none of the `placed` ones before it that live at the
 * same time. Quadratic per buffer, which a few hundred buffers do not feel. */
static size_t place(const plan *self, const size_t *order, size_t placed) {
    const plan_buffer *buffer = &self->buffers[order[placed]];
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < placed; i++) {
            const plan_buffer *other = &self->buffers[order[i]];
            if (overlaps(buffer, other) && offset < other->offset + plan_buffer_space(other) &&
                other->offset < offset + plan_buffer_space(buffer)) {
                offset = other->offset + plan_buffer_space(other);
                moved = true;
            }
        }
    }
    return offset;
}

/* The buffers of the arena, the largest first: small ones fill the gaps that large ones leave. */
static size_t sort_by_size(const plan *self, size_t *order) {
    size_t count = 0;
    for (size_t b = 0; b < self->buffer_count; b++) {
        if (!in_arena(&self->buffers[b]))
            continue;
        size_t i = count++;
        for (; i > 0 && self->buffers[order[i - 1]].count < self->buffers[b].count; i--)
            order[i] = order[i - 1];
        order[i] = b;
    }
    return count;
}

static mixup_status lay_out(plan *self) {
    const mixup_allocator *allocator = &self->cache->store->engine->allocator;
    size_t *order = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, order, self->buffer_count));
    const size_t count = sort_by_size(self, order);
    for (size_t i = 0; i < count; i++) {
        plan_buffer *buffer = &self->buffers[order[i]];
        buffer->offset = place(self, order, i);
        const size_t end = buffer->offset + plan_buffer_space(buffer);
        self->arena_size = end > self->arena_size ? end : self->arena_size;
    }
    memory_release(allocator, order);
    return MIXUP_OK;
}

static void bind_all(plan *self, real *arena) {
    for (size_t i = 0; i < self->binding_count; i++) {
        const plan_binding *binding = &self->bindings[i];
        const plan_buffer *buffer = &self->buffers[binding->buffer];
        binding->bind(binding->target, buffer->fixed != NULL ? buffer->fixed : arena + buffer->offset);
    }
}

/* ---- plans */

static void destroy_plan(plan *self) {
    const mixup_allocator allocator = self->cache->store->engine->allocator;
    for (size_t i = self->owned_count; i-- > 0;) {
        if (self->owned[i].release != NULL)
            self->owned[i].release(self->owned[i].object);
        else
            memory_release(&allocator, self->owned[i].object);
    }
    memory_release(&allocator, self->owned);
    memory_release(&allocator, self->bindings);
    memory_release(&allocator, self->buffers);
    memory_release(&allocator, self->steps);
    memory_release(&allocator, self);
}

static void clear_builder(builder *self) {
    const mixup_allocator *allocator = &self->cache->store->engine->allocator;
    memory_release(allocator, self->root);
    memory_release(allocator, self->forward);
    memory_release(allocator, self->gradient);
    memory_release(allocator, self->has_gradient);
    memory_release(allocator, self->wants_gradient);
    memory_release(allocator, self->live);
    memory_release(allocator, self->fused);
    memory_release(allocator, self->skipped);
    memory_release(allocator, self->forward_skipped);
    memory_release(allocator, self->kept);
    memory_release(allocator, self->updated);
}

static mixup_status fill_builder(builder *self) {
    const mixup_allocator *allocator = &self->cache->store->engine->allocator;
    const graph *network = self->network;
    MIXUP_TRY(MEMORY_NEW(allocator, self->root, network->value_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->forward, network->value_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->gradient, network->value_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->has_gradient, network->value_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->wants_gradient, network->value_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->live, network->node_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->fused, network->node_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->skipped, network->node_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->forward_skipped, network->node_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->kept, network->node_count * BUILDER_KEPT));
    MIXUP_TRY(MEMORY_NEW(allocator, self->updated, network->parameter_count));
    for (size_t v = 0; v < network->value_count; v++) {
        self->forward[v] = BUFFER_NONE;
        self->gradient[v] = BUFFER_NONE;
    }
    for (size_t n = 0; n < network->node_count; n++)
        self->fused[n] = (builder_fusion){BUILDER_NO_NODE, BUILDER_NO_NODE, BUILDER_NO_NODE, n};
    for (size_t k = 0; k < network->node_count * BUILDER_KEPT; k++)
        self->kept[k] = BUFFER_NONE;
    return MIXUP_OK;
}

static mixup_status compile(plan *self) {
    builder made = {.plan = self,
                    .cache = self->cache,
                    .network = self->cache->store->network,
                    .mixed = BUFFER_NONE,
                    .unmixed_gradient = BUFFER_NONE};
    mixup_status status = fill_builder(&made);
    if (status == MIXUP_OK)
        status = builder_compile(&made);
    clear_builder(&made);
    return status;
}

/* A larger arena where this plan needs one; all plans then point into the new one. */
static mixup_status fit_arena(plan_cache *cache, plan *added) {
    const mixup_allocator *allocator = &cache->store->engine->allocator;
    if (added->arena_size > cache->arena_size) {
        real *arena = NULL;
        MIXUP_TRY(MEMORY_NEW(allocator, arena, added->arena_size));
        memory_release(allocator, cache->arena);
        cache->arena = arena;
        cache->arena_size = added->arena_size;
        for (size_t i = 0; i < cache->plan_count; i++)
            bind_all(cache->plans[i], arena);
    }
    bind_all(added, cache->arena);
    return MIXUP_OK;
}

static mixup_status check_key(const plan_cache *cache, const plan_key *key) {
    if (key->batch == 0)
        return error(MIXUP_ERROR_ARGUMENT, "a batch needs at least one sample");
    if (key->update != PLAN_FORWARD && key->update != PLAN_INPUT_GRADIENT && !cache->trains)
        return error(MIXUP_ERROR_ARGUMENT, "these plans were made without settings for training");
    return MIXUP_OK;
}

/* A plan whose buffers have their places, but no memory yet. */
static mixup_status design(plan_cache *cache, const plan_key *key, plan **out) {
    MIXUP_TRY(check_key(cache, key));
    if (key->update == PLAN_GRADIENTS || key->update == PLAN_DEFERRED)
        MIXUP_TRY(parameter_store_need(cache->store, PARAMETER_GRADIENT));
    plan *made = NULL;
    MIXUP_TRY(MEMORY_NEW(&cache->store->engine->allocator, made, 1));
    made->cache = cache;
    made->key = *key;
    made->backward = SIZE_MAX;
    mixup_status status = compile(made);
    if (status == MIXUP_OK)
        status = plan_settle(made);
    if (status == MIXUP_OK)
        status = lay_out(made);
    if (status != MIXUP_OK) {
        destroy_plan(made);
        return status;
    }
    plan_cut_runs(made);
    *out = made;
    return MIXUP_OK;
}

static mixup_status build(plan_cache *cache, const plan_key *key, plan **out) {
    if (cache->plan_count == cache->plan_capacity) {
        const size_t capacity = cache->plan_capacity + 8;
        MIXUP_TRY(MEMORY_GROW(&cache->store->engine->allocator, cache->plans, cache->plan_count, capacity));
        cache->plan_capacity = capacity;
    }
    plan *made = NULL;
    MIXUP_TRY(design(cache, key, &made));
    const mixup_status status = fit_arena(cache, made);
    if (status != MIXUP_OK) {
        destroy_plan(made);
        return status;
    }
    cache->plans[cache->plan_count++] = made;
    *out = made;
    return MIXUP_OK;
}

static bool key_equal(const plan_key *a, const plan_key *b) {
    return a->batch == b->batch && a->update == b->update && a->site == b->site &&
           a->separate == b->separate && a->block_gradient == b->block_gradient &&
           a->input_gradient == b->input_gradient && (a->update != PLAN_FORWARD || a->output == b->output) &&
           (a->update != PLAN_INPUT_GRADIENT || a->loss == b->loss);
}

/* Moves plan `index` to the end, where the most recently used ones stand. */
static plan *take(plan_cache *cache, size_t index) {
    plan *used = cache->plans[index];
    memmove(cache->plans + index, cache->plans + index + 1,
            (cache->plan_count - index - 1) * sizeof *cache->plans);
    cache->plans[cache->plan_count - 1] = used;
    return used;
}

static size_t limit(const plan_cache *cache) {
    const size_t wanted = cache->training.plan_limit;
    return wanted > PLAN_CACHE_LIMIT ? wanted : PLAN_CACHE_LIMIT;
}

mixup_status plan_get(plan_cache *cache, const plan_key *key, plan **out) {
    for (size_t i = cache->plan_count; i-- > 0;)
        if (key_equal(&cache->plans[i]->key, key)) {
            *out = take(cache, i);
            return MIXUP_OK;
        }
    if (cache->plan_count == limit(cache)) {
        destroy_plan(take(cache, 0));
        cache->plan_count--;
    }
    return build(cache, key, out);
}

mixup_status plan_cache_create(plan_cache **out, parameter_store *store, const plan_training *training) {
    plan_cache *cache = NULL;
    MIXUP_TRY(MEMORY_NEW(&store->engine->allocator, cache, 1));
    cache->store = store;
    if (training != NULL) {
        cache->trains = true;
        cache->training = *training;
    }
    *out = cache;
    return MIXUP_OK;
}

void plan_cache_destroy(plan_cache *cache) {
    if (cache == NULL)
        return;
    const mixup_allocator allocator = cache->store->engine->allocator;
    for (size_t i = 0; i < cache->plan_count; i++)
        destroy_plan(cache->plans[i]);
    memory_release(&allocator, cache->plans);
    memory_release(&allocator, cache->arena);
    memory_release(&allocator, cache);
}

size_t plan_cache_memory(const plan_cache *cache) {
    return cache->arena_size * sizeof(real);
}

mixup_status plan_measure(plan_cache *cache, const plan_key *key, size_t *bytes) {
    plan *made = NULL;
    MIXUP_TRY(design(cache, key, &made));
    *bytes = made->arena_size * sizeof(real);
    destroy_plan(made);
    return MIXUP_OK;
}

/* ---- what a run reads and writes */

real *plan_input(const plan *self) {
    return self->input;
}

real *plan_targets(const plan *self) {
    return self->targets;
}

const real *plan_output(const plan *self) {
    return self->output;
}

const real *plan_input_gradient(const plan *self) {
    return self->input_gradient;
}
