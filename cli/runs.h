/* runs: the RUN_OR_MODEL... of a command, each measured as an item of a report would be (report/kind.h).
 *
 * A run's folder brings its data and knows its training settings; a model file needs --data or --experiment.
 * Options read: data, labels, experiment, part, engine, threads (those that the command has). */
#ifndef CLI_RUNS_H
#define CLI_RUNS_H

#include "command.h"
#include "report/ratings.h"

typedef struct runs_one {
    const char *path;
    char *label;        /* in legends and messages: "none/seed-1" */
    char *variant;      /* "none": chooses the colour */
    char **class_names; /* [class_count]; NULL: the model has none, and classes are called by number */
    size_t class_count;
    measurement numbers;
} runs_one;

typedef struct runs {
    runs_one *items;
    size_t count;
} runs;

/* What to measure. */
typedef struct runs_wish {
    request item;  /* .data: the part of a run's own data, unless --part says another */
    bool training; /* the training data are needed besides the part that is measured */
} runs_wish;

/* Whether the options say one thing about where data come from. If not, the message is printed. */
bool runs_data_is_clear(const arguments *given);

/* Measures all positional arguments. */
mixup_status runs_measure(const arguments *given, const runs_wish *wish, runs *out);
void runs_clear(runs *out);

/* A class by its name, else by its number. */
text runs_class_name(const runs_one *of, size_t class_number);

/* A CSV field (RFC 4180) on standard output. */
void runs_print_field(const char *field);

/* All that a command does that rates models: measures, draws where --figure asks for it, prints. Returns the
 * exit status. `print` writes the table on standard output. */
int runs_rate(const arguments *given, const runs_wish *wish,
              void (*print)(const runs *of, const request *item));

/* Options of these commands. */
#define OPTION_RUNS_DATA                                                                                     \
    {                                                                                                        \
        .name = "data", .kind = OPTION_TEXT, .value = "DATA",                                                \
        .help = "samples to use instead of the run's own"                                                    \
    }
#define OPTION_RUNS_PART                                                                                     \
    {                                                                                                        \
        .name = "part", .kind = OPTION_TEXT, .value = "PART", .words = "train, validation or test",          \
        .help = "train, validation or test of the run's or experiment's data (default test)"                 \
    }
/* Of those that look at the training data of a run. */
#define OPTION_RUNS_OWN_PART                                                                                 \
    {                                                                                                        \
        .name = "part", .kind = OPTION_TEXT, .value = "PART", .words = "train, validation or test",          \
        .help = "train, validation or test (default train of a run's own data, test with --experiment)"      \
    }
#define OPTION_RUNS_COUNT                                                                                    \
    {                                                                                                        \
        .name = "count", .kind = OPTION_COUNT, .value = "N",                                                 \
        .help = "at most N samples, spread evenly over the data (default 1000; 0: all)"                      \
    }
#define OPTION_RUNS_FIGURE                                                                                   \
    {                                                                                                        \
        .name = "figure", .kind = OPTION_TEXT, .value = "PATH",                                              \
        .help = "also draw PATH.svg and PATH.png, a curve a model"                                           \
    }

#endif
