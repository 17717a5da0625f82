/* engine/plan_inside: the structs behind plan.h and builder.h, for plan.c, builder.c and compile.c only. */
#ifndef ENGINE_PLAN_INSIDE_H
#define ENGINE_PLAN_INSIDE_H

#include "engine/builder.h"

typedef struct plan_step {
    step_function run;    /* by one thread; */
    share_function share; /* or by all, or, where that does not pay, by one as a team of its own */
    void *arguments;
    bool apart;      /* not while a team is together */
    bool pays;       /* `share` is for all */
    bool run_shared; /* of the run of steps that begins here (execute.c): one of its steps is for all */
    size_t run_end;  /* the first step behind it */
    size_t remakes;  /* the state that it only makes again (lifetimes.c), or BUFFER_NONE */
} plan_step;

typedef struct plan_buffer {
    size_t count;       /* values */
    size_t first, last; /* steps that use it, inclusive; SIZE_MAX, 0 unused. Settled last (plan_settle) */
    bool filled_before, read_after; /* by the caller: before the first step, after the last */
    size_t offset;                  /* in the arena, in values */
    real *fixed;                    /* instead of the arena */
    const void *layout;             /* the engine's; NULL: plain */
    size_t plain;                   /* the same values in plain order, or BUFFER_NONE */
    bool shared;                    /* the gradient of several values: complete, never written again */
} plan_buffer;

typedef struct plan_binding {
    size_t buffer;
    size_t step; /* of the order in which steps were emitted */
    bind_function bind;
    void *target;
} plan_binding;

typedef struct plan_owned {
    void *object;
    void (*release)(void *object); /* NULL: an argument block */
} plan_owned;

struct plan {
    plan_cache *cache;
    plan_key key;
    plan_step *steps;
    size_t step_count, step_capacity;
    size_t backward; /* the first step of the backward pass; SIZE_MAX while there is none */
    plan_buffer *buffers;
    size_t buffer_count, buffer_capacity;
    plan_binding *bindings;
    size_t binding_count, binding_capacity;
    plan_owned *owned;
    size_t owned_count, owned_capacity;
    size_t arena_size; /* values */
    real *input, *targets, *output, *input_gradient;
};

struct plan_cache {
    parameter_store *store;
    bool trains;
    plan_training training;
    plan **plans;
    size_t plan_count, plan_capacity;
    real *arena;
    size_t arena_size; /* values */
};

/* Nodes behind a node, BUILDER_NO_NODE where there is none. */
typedef struct builder_fusion {
    size_t norm, sum, activation;
    size_t last; /* of them, or the node itself: whose output the forward pass makes */
} builder_fusion;

/* A plan while it is built. Arrays with one entry a value or node of the graph. */
struct builder {
    plan *plan;
    plan_cache *cache;
    const graph *network;
    size_t *root;            /* [values] the value whose buffer it shares in this plan */
    size_t *forward;         /* [values] buffer of the (unmixed) state, by root */
    size_t *gradient;        /* [values] buffer of the gradient that the readers make, by root */
    bool *has_gradient;      /* [values] whether a reader has written it, by root */
    bool *wants_gradient;    /* [values] by root */
    bool *live;              /* [nodes] runs in this plan */
    builder_fusion *fused;   /* [nodes] what this one's kernel does besides */
    bool *skipped;           /* [nodes] nodes without steps of their own: aliases, and what others absorbed */
    bool *forward_skipped;   /* [nodes] the same for the forward pass alone */
    size_t *kept;            /* [nodes][BUILDER_KEPT] buffers between a node's passes */
    bool *updated;           /* [parameters] its gradient was made */
    bool as_plain;           /* the kernel under way sees plain buffers only */
    size_t mixed;            /* buffer of the mixed state at the site */
    size_t unmixed_gradient; /* buffer of the gradient below the site */
};

/* Emits all steps of self->plan. */
mixup_status builder_compile(builder *self);

/* Decides which states are made again instead of kept, and settles the order of the steps and the lifetimes
 * of the buffers. */
mixup_status plan_settle(plan *self);
/* Cuts the steps, whose order is settled, into runs (execute.c). */
void plan_cut_runs(plan *self);
/* What the buffer takes in the arena, in values. */
size_t plan_buffer_space(const plan_buffer *buffer);

/* Emits the conversion of a buffer to plain order where it has another one; later reads find the copy. */
mixup_status builder_make_plain(builder *self, size_t buffer);
/* The buffer itself, or its plain copy. */
size_t builder_plain(const builder *self, size_t buffer);

/* Whether the value shows its buffer under another shape than the buffer was made for. */
bool builder_reshapes(const builder *self, size_t value);

/* Registers memory outside the arena as a buffer. */
mixup_status builder_fixed(builder *self, real *address, size_t count, size_t *buffer);

#endif
