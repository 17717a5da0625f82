/* arguments: the command line taken apart by a command's table of options. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "command.h"

/* What became of the command line. */
typedef enum arguments_outcome {
    ARGUMENTS_READY, /* run the command */
    ARGUMENTS_HELP,  /* --help was there */
    ARGUMENTS_WRONG, /* the message is printed */
} arguments_outcome;

/* Parses argv[0..argc), what stands behind the command's name. The caller clears `out` in every case. */
arguments_outcome arguments_parse(arguments *out, const command *which, int argc, char **argv);
void arguments_clear(arguments *out);

enum { ARGUMENTS_MAX_OPTIONS = 32 };

struct arguments {
    const command *command;
    const char **positional;
    size_t positional_count;
    const char **values[ARGUMENTS_MAX_OPTIONS]; /* of the command's options, in their order */
    size_t value_counts[ARGUMENTS_MAX_OPTIONS];
    bool quiet;
};

#endif
