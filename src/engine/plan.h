/* engine/plan: a graph compiled for one engine, batch size, mode and site: a flat array of prepared steps.
 *
 * Running a plan allocates nothing, looks up no name and branches on no op. Plans of one cache share the
 * parameters and one arena, in which buffers overlap wherever their lifetimes allow; so only one of them runs
 * at a time, and what plan_input gave is valid until the next plan_get or plan_run of the same cache. */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include "engine/engine.h"
#include "engine/optimizer.h"
#include "engine/parameters.h"

#define PLAN_NO_SITE SIZE_MAX

typedef enum plan_update {
    PLAN_FORWARD,        /* no backward pass: predict */
    PLAN_GRADIENTS,      /* backward pass; gradients stay in the store's PARAMETER_GRADIENT */
    PLAN_FUSED,          /* the optimiser takes each gradient as soon as it is complete */
    PLAN_DEFERRED,       /* the optimiser runs after the whole backward pass; needed to clip by norm */
    PLAN_INPUT_GRADIENT, /* predict, then a backward pass to the network's input alone: batch norm with its
                          * running statistics, no dropout or noise, nothing updated. The gradient is that of
                          * the sum over the batch: of each sample's own loss, without class weights */
} plan_update;

/* What distinguishes plans of one cache. */
typedef struct plan_key {
    size_t batch;
    plan_update update;
    size_t site;         /* value whose storage is mixed, or PLAN_NO_SITE */
    bool block_gradient; /* none flows below the site */
    bool input_gradient; /* wanted in plan_input_gradient; PLAN_INPUT_GRADIENT: always so */
    size_t output;       /* PLAN_FORWARD: the value to compute; otherwise not used */
    mixup_loss loss;     /* PLAN_INPUT_GRADIENT: resolved; otherwise the cache's is used */
    bool separate;       /* no batch norm and no sum is folded into the convolution before it */
} plan_key;

/* What all training plans of one cache share. (PLAN_INPUT_GRADIENT is none of them.) */
typedef struct plan_training {
    mixup_loss loss;            /* resolved */
    mixup_optimizer optimizer;  /* resolved */
    const float *class_weights; /* [columns], or NULL; must outlive the cache */
    double average_decay;       /* 0: none */
    mixup_recompute recompute;
    size_t plan_limit; /* plans that are kept; PLAN_CACHE_LIMIT where that is more */
} plan_training;

/* Arguments and results of one run. */
typedef struct plan_run {
    const mixup_batch_draw *draw; /* read where the plan has a site, and for the λ-weighted accuracy */
    const int32_t *labels;        /* [batch] class of each sample, -1 without one; NULL: none */
    double learning_rate;
    uint64_t step;  /* optimiser's, from 1 */
    uint64_t seed;  /* of dropout and noise */
    uint32_t epoch; /* likewise */
    uint32_t epoch_step;
    double gradient_scale;                /* set by the plan when it clips by norm */
    const float *weight, *partner_weight; /* [batch] of the targets; set by a plan with a site */
    double loss;                          /* result: mean over the batch */
    double correct;      /* result: λ-weighted number of right samples; NaN without classes */
    mixup_status status; /* result: a callback's failure */
} plan_run;

typedef struct plan plan;
typedef struct plan_cache plan_cache;

/* Engine and parameters must outlive the cache; `training` is copied, NULL for plans without. */
mixup_status plan_cache_create(plan_cache **out, parameter_store *store, const plan_training *training);
void plan_cache_destroy(plan_cache *cache);

/* The plan for the key, built on first use; the cache keeps the most recently used ones, PLAN_CACHE_LIMIT or
 * plan_limit of them. */
enum { PLAN_CACHE_LIMIT = 64 };
mixup_status plan_get(plan_cache *cache, const plan_key *key, plan **out);

real *plan_input(const plan *self);                /* [batch][..input shape], to be filled before a run */
real *plan_targets(const plan *self);              /* [batch][..output shape], likewise; unmixed */
const real *plan_output(const plan *self);         /* [batch][..shape of key.output], or the logits */
const real *plan_input_gradient(const plan *self); /* [batch][..input shape] */

/* Executes the steps. The caller has called engine_enter. */
mixup_status plan_execute(plan *self, plan_run *run);

/* Bytes of the arena that this cache's plans share. */
size_t plan_cache_memory(const plan_cache *cache);

/* Bytes of arena that the plan for the key needs. The plan is not kept, and its arena never taken. */
mixup_status plan_measure(plan_cache *cache, const plan_key *key, size_t *bytes);

/* The value that the loss reads: the network's output before a final softmax or sigmoid. */
size_t plan_logits(const graph *network);

#endif
