/* progress: how a training goes, on standard error: a bar that is redrawn on a terminal, elsewhere a line an
 * epoch. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "mixup.h"

typedef struct progress {
    bool quiet;
    bool terminal;
    char label[160]; /* "manifold, seed 1" */
    size_t epochs;   /* of the whole run */
    bool started;
    double start;     /* seconds of a clock that only goes forward */
    double drawn;     /* when the bar was drawn last */
    uint64_t steps;   /* since the start of this process */
    uint64_t samples; /* likewise */
    double loss;      /* smoothed over about 50 steps */
} progress;

void progress_begin(progress *out, bool quiet, const char *label, size_t epochs);
void progress_step(progress *in, const mixup_step *step);
void progress_epoch(progress *in, const mixup_epoch *epoch);
/* Takes the bar away. */
void progress_end(progress *in);

#endif
