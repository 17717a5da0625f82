/* overrides: what --set, --engine and --threads change in an experiment. */
#ifndef CLI_OVERRIDES_H
#define CLI_OVERRIDES_H

#include "command.h"

#include "base/text.h"

typedef struct overrides {
    const char **items; /* [count] "a.b=VALUE" */
    size_t count;
    text engine, threads; /* the texts of the last two items */
} overrides;

/* --set in the order given; --engine E and --threads N stand for engine=E and threads=N behind them. */
mixup_status overrides_collect(overrides *out, const arguments *given);

/* Whether every --set has a key and a '='. If not, the message is printed. */
bool overrides_are_whole(const arguments *given);

void overrides_clear(overrides *out);

#endif
