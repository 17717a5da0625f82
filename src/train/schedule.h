/* train/schedule: the learning rate of every step. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include "base/status.h"

/* Fills defaults and checks; messages name the field. */
mixup_status schedule_resolve(const mixup_schedule *given, mixup_schedule *out);

/* What PLATEAU remembers between epochs; part of a checkpoint. */
typedef struct schedule_plateau {
    double best; /* watched loss; infinity at first */
    size_t bad_epochs;
    double scale; /* product of the factors so far; 1 at first */
} schedule_plateau;

typedef struct schedule_position {
    size_t epoch;       /* from 0 */
    size_t epochs;      /* in all */
    uint64_t step;      /* from 0, over all epochs */
    size_t epoch_steps; /* steps of an epoch */
} schedule_position;

double schedule_rate(const mixup_schedule *schedule, double base, const schedule_position *at,
                     const schedule_plateau *plateau);

/* After an epoch with the watched loss `loss`. */
void schedule_watch(const mixup_schedule *schedule, double loss, schedule_plateau *plateau);

#endif
