/* experiment/run: one training of one variant with one seed, and its folder DIR/VARIANT/seed-N/.
 *
 *     run.yaml           the resolved experiment and `made_by`; training from it gives the same bits
 *     history.csv        a row an epoch: epoch,step,learning_rate,train_loss,train_accuracy,validation_loss,
 *                        validation_accuracy,seconds[,train_clean_accuracy]; a field is empty where there is
 *                        no such value
 *     metrics.json       the measurements at the end; its presence means that the run is finished
 *     model.safetensors
 *     checkpoint         while unfinished
 *
 * Each file is whole at any moment. Nothing is written before the data are loaded and the network is made. */
#ifndef EXPERIMENT_RUN_H
#define EXPERIMENT_RUN_H

#include "experiment/experiment.h"

typedef enum run_outcome {
    RUN_TRAINED,     /* now finished */
    RUN_SKIPPED,     /* was finished, with the same settings */
    RUN_INTERRUPTED, /* on_step or on_epoch stopped it; a checkpoint is there */
} run_outcome;

typedef struct run_desc {
    const experiment *experiment;
    const char *folder; /* DIR; the variant's and the seed's folders are made in it */
    bool resume;        /* go on with an unfinished run */
    bool overwrite;     /* throw an old run away */
    bool (*on_step)(void *user, const mixup_step *step);    /* true: stop, write a checkpoint */
    bool (*on_epoch)(void *user, const mixup_epoch *epoch); /* after the row was written; true: likewise */
    /* When the training is about to begin. */
    void (*on_start)(void *user, const mixup_model *model, const experiment_data *data);
    void *user;
    mixup_log log;
    const mixup_allocator *allocator;
} run_desc;

/* Trains, or goes on, or finds that it is done. */
mixup_status run_train(const run_desc *desc, run_outcome *outcome);

/* Whether run_train would begin: what the folder holds and, `thoroughly`, a step on the data that is thrown
 * away. Callbacks are not called, nothing is written. For all runs of an experiment, before the first. */
mixup_status run_check(const run_desc *desc, bool thoroughly);

/* DIR/VARIANT/seed-N in a new block of the caller's; NULL with the error stored. */
char *run_folder(const mixup_allocator *allocator, const char *folder, const char *variant, uint64_t seed);

/* The files' names inside a run's folder. */
#define RUN_EXPERIMENT "run.yaml"
#define RUN_HISTORY    "history.csv"
#define RUN_METRICS    "metrics.json"
#define RUN_MODEL      "model.safetensors"
#define RUN_CHECKPOINT "checkpoint"

#endif
