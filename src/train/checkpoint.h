/* train/checkpoint: everything that a training needs to go on as if it had never stopped, in one safetensors
 * file: values, moments, average and best values of all parameters in plain layout (so independent of engine
 * and layout), and the loop's state as text. Random numbers need no state (random/stream.h). */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "train/schedule.h"
#include "train/trainer.h"

/* Where the loop stands. */
typedef struct fit_state {
    size_t epoch;      /* finished epochs */
    size_t epoch_step; /* steps done in the epoch under way */
    uint64_t step;     /* steps done in all */
    double loss_sum;   /* of the epoch under way: sum over samples */
    double correct_sum;
    size_t sample_sum;
    double seconds;       /* spent in the epoch under way */
    double learning_rate; /* of the last step */
    schedule_plateau plateau;
    double best_loss;  /* watched; infinity at first */
    size_t best_epoch; /* from 1; 0: none */
    size_t bad_epochs; /* since the best one */
    size_t stopped_early;
} fit_state;

/* `settings` is a text that must be the same when the training goes on: lines of "name=value". */
mixup_status checkpoint_write(const char *path, mixup_model *model, const fit_state *state,
                              const char *settings);

/* Restores model and state; an unreadable file, other settings or another network are errors that leave both
 * as they were. */
mixup_status checkpoint_read(const char *path, mixup_model *model, fit_state *state, const char *settings);

#endif
