/* engine/parameters: see parameters.h. */
#include "engine/parameters.h"

#include <math.h>
#include <string.h>

/* Arrays that are read side by side must not start at equal offsets modulo 4 KiB, where a store to one makes
 * loads of the others wait; each kind begins this many values behind the start of its block. */
enum { STAGGER = 9 * MEMORY_ALIGNMENT / (int)sizeof(real) };

static mixup_status allocate_array(parameter_store *store, parameter_item *item, parameter_kind kind) {
    const size_t skip = (size_t)kind * STAGGER;
    MIXUP_TRY(MEMORY_NEW(&store->engine->allocator, item->blocks[kind], item->stored + skip));
    item->arrays[kind] = item->blocks[kind] + skip;
    return MIXUP_OK;
}

static bool keeps(const parameter_store *store, size_t index, parameter_kind kind) {
    return !store->network->parameters[index].buffer || kind == PARAMETER_VALUES ||
           kind == PARAMETER_AVERAGE || kind == PARAMETER_BEST;
}

mixup_status parameter_store_need(parameter_store *store, parameter_kind kind) {
    for (size_t i = 0; i < store->network->parameter_count; i++)
        if (store->items[i].arrays[kind] == NULL && keeps(store, i, kind))
            MIXUP_TRY(allocate_array(store, &store->items[i], kind));
    return MIXUP_OK;
}

void parameter_store_forget(parameter_store *store, parameter_kind kind) {
    for (size_t i = 0; i < store->network->parameter_count; i++) {
        memory_release(&store->engine->allocator, store->items[i].blocks[kind]);
        store->items[i].blocks[kind] = NULL;
        store->items[i].arrays[kind] = NULL;
    }
}

bool parameter_store_has(const parameter_store *store, parameter_kind kind) {
    for (size_t i = 0; i < store->network->parameter_count; i++)
        if (store->items[i].arrays[kind] != NULL)
            return true;
    return false;
}

static mixup_status fill(parameter_store *store) {
    const graph *network = store->network;
    engine *self = store->engine;
    MIXUP_TRY(MEMORY_NEW(&self->allocator, store->items, network->parameter_count));
    for (size_t i = 0; i < network->parameter_count; i++) {
        store->items[i].stored = network->parameters[i].count;
        if (self->layout_create != NULL)
            MIXUP_TRY(
                self->layout_create(self, network, i, &store->items[i].layout, &store->items[i].stored));
    }
    return parameter_store_need(store, PARAMETER_VALUES);
}

mixup_status parameter_store_create(parameter_store **out, engine *owner, graph *network) {
    parameter_store *store = NULL;
    MIXUP_TRY(MEMORY_NEW(&owner->allocator, store, 1));
    store->engine = owner;
    store->network = network;
    const mixup_status status = fill(store);
    if (status != MIXUP_OK) {
        parameter_store_destroy(store);
        return status;
    }
    *out = store;
    return MIXUP_OK;
}

void parameter_store_destroy(parameter_store *store) {
    if (store == NULL)
        return;
    engine *self = store->engine;
    for (size_t i = 0; store->items != NULL && i < store->network->parameter_count; i++) {
        for (int kind = 0; kind < PARAMETER_KINDS; kind++)
            memory_release(&self->allocator, store->items[i].blocks[kind]);
        if (store->items[i].layout != NULL)
            self->layout_destroy(self, store->items[i].layout);
    }
    memory_release(&self->allocator, store->items);
    memory_release(&self->allocator, store);
}

mixup_status parameter_store_read(const parameter_store *store, size_t index, parameter_kind kind,
                                  real *plain) {
    const parameter_item *item = &store->items[index];
    const size_t count = store->network->parameters[index].count;
    if (item->arrays[kind] == NULL)
        memset(plain, 0, count * sizeof *plain);
    else if (item->layout != NULL)
        return store->engine->layout_read(store->engine, item->layout, item->arrays[kind], plain);
    else
        memcpy(plain, item->arrays[kind], count * sizeof *plain);
    return MIXUP_OK;
}

mixup_status parameter_store_write(parameter_store *store, size_t index, parameter_kind kind,
                                   const real *plain) {
    parameter_item *item = &store->items[index];
    store->version++;
    if (item->arrays[kind] == NULL && keeps(store, index, kind))
        MIXUP_TRY(allocate_array(store, item, kind));
    if (item->arrays[kind] == NULL)
        return MIXUP_OK;
    if (item->layout != NULL)
        return store->engine->layout_write(store->engine, item->layout, plain, item->arrays[kind]);
    memcpy(item->arrays[kind], plain, store->network->parameters[index].count * sizeof *plain);
    return MIXUP_OK;
}

static void copy_item(parameter_item *item, parameter_kind from, parameter_kind to) {
    if (item->arrays[from] != NULL && item->arrays[to] != NULL)
        memcpy(item->arrays[to], item->arrays[from], item->stored * sizeof(real));
}

static bool all_finite(const real *values, size_t count) {
    bool finite = true;
    for (size_t i = 0; i < count; i++)
        finite &= isfinite(values[i]) != 0;
    return finite;
}

size_t parameter_store_find_not_finite(const parameter_store *store, parameter_kind kind) {
    for (size_t p = 0; p < store->network->parameter_count; p++) {
        const parameter_item *item = &store->items[p];
        if (item->arrays[kind] != NULL && !all_finite(item->arrays[kind], item->stored))
            return p;
    }
    return store->network->parameter_count;
}

void parameter_store_copy(parameter_store *store, parameter_kind from, parameter_kind to) {
    store->version++;
    for (size_t i = 0; i < store->network->parameter_count; i++)
        copy_item(&store->items[i], from, to);
}

void parameter_store_copy_buffers(parameter_store *store, parameter_kind from, parameter_kind to) {
    store->version++;
    for (size_t i = 0; i < store->network->parameter_count; i++)
        if (store->network->parameters[i].buffer)
            copy_item(&store->items[i], from, to);
}

void parameter_store_swap(parameter_store *store, parameter_kind a, parameter_kind b) {
    store->version++;
    for (size_t i = 0; i < store->network->parameter_count; i++) {
        real *first = store->items[i].arrays[a];
        real *second = store->items[i].arrays[b];
        if (first == NULL || second == NULL)
            continue;
        for (size_t k = 0; k < store->items[i].stored; k++) {
            const real kept = first[k];
            first[k] = second[k];
            second[k] = kept;
        }
    }
}
