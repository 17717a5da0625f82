/* engine/parameters: the values of a network's parameters and what training keeps beside them, all in the
 * layout of the engine. The arrays of a kind come into being when first needed and never move, so that plans
 * can point at them. */
#ifndef ENGINE_PARAMETERS_H
#define ENGINE_PARAMETERS_H

#include "engine/engine.h"

typedef enum parameter_kind {
    PARAMETER_VALUES,
    PARAMETER_GRADIENT, /* of plans that keep gradients */
    PARAMETER_MOMENT1,  /* Adam: m; SGD, RMSprop: momentum */
    PARAMETER_MOMENT2,  /* Adam, RMSprop: v */
    PARAMETER_AVERAGE,  /* moving average of the values */
    PARAMETER_BEST,     /* values of the best epoch */
    PARAMETER_KINDS
} parameter_kind;

typedef struct parameter_item {
    void *layout;  /* the engine's; NULL: plain */
    size_t stored; /* number of values in each array, padding included; padding is always 0 */
    real *arrays[PARAMETER_KINDS];
    real *blocks[PARAMETER_KINDS]; /* what was allocated; the array begins a little behind */
} parameter_item;

struct parameter_store {
    engine *engine;
    graph *network;
    parameter_item *items; /* [network->parameter_count] */
    uint64_t version;      /* changes whenever values may have changed */
};

/* Holds the parameters of `network` with VALUES allocated, zeroed. Engine and graph must outlive it. */
mixup_status parameter_store_create(parameter_store **out, engine *owner, graph *network);
void parameter_store_destroy(parameter_store *store);

/* Makes the arrays of a kind for all parameters (buffers get VALUES, AVERAGE and BEST only), zeroed. */
mixup_status parameter_store_need(parameter_store *store, parameter_kind kind);
/* Gives the arrays of a kind back; no plan may point at them any more. */
void parameter_store_forget(parameter_store *store, parameter_kind kind);
bool parameter_store_has(const parameter_store *store, parameter_kind kind);

/* Plain row-major values in and out; [..shape]. An array that does not exist reads as zeros. */
mixup_status parameter_store_read(const parameter_store *store, size_t index, parameter_kind kind,
                                  real *plain);
mixup_status parameter_store_write(parameter_store *store, size_t index, parameter_kind kind,
                                   const real *plain);

/* The first parameter that holds an infinity or NaN in this kind; the number of parameters: none does. */
size_t parameter_store_find_not_finite(const parameter_store *store, parameter_kind kind);

/* Whole kinds at once; both must exist. */
void parameter_store_copy(parameter_store *store, parameter_kind from, parameter_kind to);
/* The same for buffers (running statistics) alone. */
void parameter_store_copy_buffers(parameter_store *store, parameter_kind from, parameter_kind to);
void parameter_store_swap(parameter_store *store, parameter_kind a, parameter_kind b);

#endif
