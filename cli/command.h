/* command: what a command of the program is, and what every command may use.
 *
 * A command is data: a file cli/NAME.c defines one `const command command_NAME`, and cli/main.c lists it in
 * its table. From this come the parsing, the usage errors, `mixup NAME --help` and `mixup help`. `run` gets
 * arguments that are already checked (known options, numbers in range, count of positional ones) and returns
 * an exit status.
 *
 * Results go to standard output or into files, progress and errors to standard error. A newcomer's mistake:
 * to return a mixup_status; say `return command_failed(arguments);` so that the message is printed once. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/memory.h"

typedef enum exit_status {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_PARTLY = 3, /* done, but for a part of the data that cannot be read */
    EXIT_INTERRUPTED = 130,
} exit_status;

typedef enum option_kind {
    OPTION_FLAG,   /* --overwrite */
    OPTION_TEXT,   /* --out DIR; given twice: the last one counts */
    OPTION_LIST,   /* --set KEY=VALUE ...: may be given more than once */
    OPTION_COUNT,  /* --top-k 5: a whole number in [least, most] */
    OPTION_NUMBER, /* --step 0.1: a finite number in [least, most] */
    OPTION_COUNTS, /* --k 1,5,20: whole numbers in [least, most] */
    OPTION_NUMBERS /* --epsilon 0.01,0.03: finite numbers in [least, most] */
} option_kind;

typedef struct option {
    const char *name; /* without dashes; the list of options ends at NULL */
    option_kind kind;
    const char *value;  /* what stands for the value in the help, "DIR"; NULL for a flag */
    const char *help;   /* one sentence, with the default */
    double least, most; /* COUNT, NUMBER and lists of them; both 0: any (a COUNT is never negative) */
    const char *words;  /* TEXT: the values to choose from, "train, validation or test"; NULL: any */
} option;

typedef struct arguments arguments;

typedef struct command {
    const char *name;
    const char *summary;   /* one line, for the list of commands */
    const char *synopsis;  /* the positional arguments, "EXPERIMENT.yaml"; "" for none */
    size_t least, most;    /* how many positional arguments */
    const option *options; /* ends with a NULL name; or NULL */
    const char *details;   /* more help, lines ended by \n; or NULL */
    int (*run)(const arguments *given);
} command;

/* What the user gave. All strings are the program's own arguments and live as long as it does. */
const char *arguments_positional(const arguments *given, size_t index); /* NULL: not given */
size_t arguments_positional_count(const arguments *given);
bool arguments_flag(const arguments *given, const char *name);
bool arguments_given(const arguments *given, const char *name);
const char *arguments_text(const arguments *given, const char *name, const char *fallback);
size_t arguments_count(const arguments *given, const char *name, size_t fallback);
double arguments_number(const arguments *given, const char *name, double fallback);
/* The numbers of OPTION_NUMBERS and OPTION_COUNTS; returns how many, 0 where the option was not given. */
enum { ARGUMENTS_MOST_NUMBERS = 64 };
size_t arguments_numbers(const arguments *given, const char *name, float values[ARGUMENTS_MOST_NUMBERS]);
size_t arguments_counts(const arguments *given, const char *name, size_t values[ARGUMENTS_MOST_NUMBERS]);
/* Whether --quiet was given. */
bool arguments_quiet(const arguments *given);
/* The values of an OPTION_LIST in their order; returns how many. */
size_t arguments_list(const arguments *given, const char *name, const char *const **values);

/* The allocator that commands use (malloc). */
const mixup_allocator *command_allocator(void);

/* The log hook that prints "mixup: LINE" on standard error; none with --quiet. */
mixup_log command_log(const arguments *given);

/* Prints "mixup NAME: error: <mixup_last_error()>" on standard error and returns EXIT_FAILED. */
int command_failed(const arguments *given);
/* Prints "mixup NAME: <message>" on standard error: an error that the command survives. */
void command_complain(const arguments *given, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints "mixup NAME: <message>" and where to find help on standard error and returns EXIT_USAGE. */
int command_misused(const arguments *given, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line of information on standard error, unless --quiet. */
void command_note(const arguments *given, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Flushes standard output and checks that all of it was written: the last line of every command that prints
 * results. EXIT_DONE or, with a message, EXIT_FAILED. */
int command_finish_output(const arguments *given);

/* Options that several commands share; put them into the table with the others. `--help` and `--quiet` are
 * every command's and need no row. */
#define OPTION_ENGINE                                                                                        \
    {                                                                                                        \
        .name = "engine", .kind = OPTION_TEXT, .value = "ENGINE", .words = "auto, dnnl or reference",        \
        .help = "auto, dnnl or reference (default auto)"                                                     \
    }
#define OPTION_THREADS                                                                                       \
    {                                                                                                        \
        .name = "threads", .kind = OPTION_COUNT, .value = "N", .least = 1, .most = MIXUP_MAX_THREADS,        \
        .help = "number of threads (default: MIXUP_THREADS, else one a core)"                                \
    }
#define OPTION_EXPERIMENT                                                                                    \
    {                                                                                                        \
        .name = "experiment", .kind = OPTION_TEXT, .value = "FILE.yaml",                                     \
        .help = "take the data of this experiment instead of DATA (a run's run.yaml will do)"                \
    }
#define OPTION_PART                                                                                          \
    {                                                                                                        \
        .name = "part", .kind = OPTION_TEXT, .value = "PART", .words = "train, validation or test",          \
        .help = "of --experiment or the run's own data: train, validation or test (default test)"            \
    }

#define OPTION_LABELS                                                                                        \
    {                                                                                                        \
        .name = "labels", .kind = OPTION_TEXT, .value = "FILE",                                              \
        .help = "the classes of an .npy or IDX DATA, in a file of the same kind"                             \
    }
#define OPTION_TARGETS                                                                                       \
    {                                                                                                        \
        .name = "targets", .kind = OPTION_TEXT, .value = "FILE",                                             \
        .help = "the numbers to predict of an .npy DATA, in another .npy"                                    \
    }

/* The program's commands, by name; NULL: no such command. */
const command *command_find(const char *name);
const command *const *command_list(size_t *count);

/* The help page of a command on standard output. */
void command_print_help(const command *which);

extern const command command_train, command_evaluate, command_predict, command_states, command_scatter,
    command_svd, command_surface, command_attack, command_deform, command_neighbors, command_report,
    command_summary, command_claims, command_info, command_init, command_help;

#endif
