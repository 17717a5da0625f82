/* train/trainer: one optimisation step. Draws, picks the plan for the batch size and site, hands out its
 * input and target arrays to be filled, runs it. Between trainer_create and trainer_destroy a step allocates
 * only when a batch size meets a site for the first time. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "train/evaluate.h"

struct mixup_trainer {
    mixup_model *model;
    plan_cache *plans;
    mixup_loss loss;
    mixup_optimizer optimizer; /* resolved */
    mixup_mix_desc mix;        /* weights: one for each of `sites`; lists: the trainer's own */
    uint64_t seed;
    float label_smoothing;
    double average_decay;
    plan_update update;
    double learning_rate;

    size_t *sites; /* [site_count] values, each tensor once */
    const char **site_names;
    size_t *site_of; /* [given_count] index into sites of the sites as the caller listed them */
    size_t site_count, given_count;
    float *site_weights;  /* [site_count] */
    size_t *alpha_epochs; /* [mix.alpha_count] */
    float *alpha_factors; /* [mix.alpha_count] */
    float *class_weights; /* [columns], or NULL */

    size_t capacity; /* samples that the arrays below have room for */
    mixup_batch_draw draw;
    int32_t *labels; /* [capacity] */

    uint64_t step; /* steps done */
};

/* A step under way. */
typedef struct trainer_batch {
    size_t count;
    plan *plan;
    float *inputs;    /* [count][..input shape], the plan's: to be filled */
    float *targets;   /* [count][columns], the plan's: to be filled */
    int32_t *labels;  /* [count], to be filled; -1: no class */
    const char *site; /* name, or NULL */
} trainer_batch;

/* Results of a step. */
typedef struct trainer_result {
    double loss;    /* mean over the batch */
    double correct; /* λ-weighted number of right samples; NaN for regression */
} trainer_result;

/* Makes room for batches of `count`. */
mixup_status trainer_reserve(mixup_trainer *self, size_t count);

/* Draws for (epoch, epoch_step), or takes `given` (site: an index into the sites listed); plain: no mixing.
 * The caller has called engine_enter. */
mixup_status trainer_begin(mixup_trainer *self, size_t count, uint32_t epoch, uint32_t epoch_step, bool plain,
                           const mixup_batch_draw *given, trainer_batch *out);
/* After inputs, targets and labels were filled: smooths the targets and runs the step. A loss that is not
 * finite is MIXUP_ERROR_NOT_FINITE. */
mixup_status trainer_end(mixup_trainer *self, trainer_batch *batch, uint32_t epoch, uint32_t epoch_step,
                         trainer_result *result);

/* MIXUP_ERROR_NOT_FINITE, by name, where a parameter is an infinity or NaN. trainer_end sees the loss alone,
 * which is that of before its update; so this comes before the values are kept or given to anybody. */
mixup_status trainer_check_finite(const mixup_trainer *self);

#endif
