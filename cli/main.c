/* main: the table of commands, and nothing that knows what any of them does. */
#include "arguments.h"
#include "command.h"
#include "openmp_wait.h"

#include "experiment/schema.h"

#include <stdio.h>
#include <string.h>

static const command *const commands[] = {
    &command_init,    &command_info,    &command_train,   &command_evaluate,
    &command_predict, &command_states,  &command_surface, &command_scatter,
    &command_svd,     &command_attack,  &command_deform,  &command_neighbors,
    &command_report,  &command_summary, &command_claims,  &command_help,
};

const command *const *command_list(size_t *count) {
    *count = MIXUP_COUNT(commands);
    return commands;
}

const command *command_find(const char *name) {
    for (size_t i = 0; i < MIXUP_COUNT(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* "mixup --quiet train", "mixup -v". */
static int misplaced_option(const char *name) {
    static const char *const alone[] = {"--help", "--version"};
    const char *nearest = schema_nearest(name, alone, MIXUP_COUNT(alone));
    fprintf(stderr, "mixup: there is no option '%s' here", name);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean '%s'?\n", nearest);
    else
        fprintf(stderr,
                "; in front of a command there are --help and --version, all others stand behind it, as "
                "in mixup train FILE %s\n",
                strncmp(name, "--", 2) == 0 ? name : "--quiet");
    return EXIT_USAGE;
}

static int unknown_command(const char *name) {
    const char *names[MIXUP_COUNT(commands)];
    for (size_t i = 0; i < MIXUP_COUNT(commands); i++)
        names[i] = commands[i]->name;
    const char *nearest = schema_nearest(name, names, MIXUP_COUNT(names));
    if (name[0] == '-')
        return misplaced_option(name);
    fprintf(stderr, "mixup: there is no command '%s'", name);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\n`mixup help` lists the commands\n");
    return EXIT_USAGE;
}

static int run(const command *which, int argc, char **argv) {
    arguments given;
    int status = EXIT_USAGE;
    switch (arguments_parse(&given, which, argc, argv)) {
    case ARGUMENTS_READY:
        status = which->run(&given);
        break;
    case ARGUMENTS_HELP:
        command_print_help(which);
        status = command_finish_output(&given);
        break;
    case ARGUMENTS_WRONG:
        break;
    }
    arguments_clear(&given);
    return status;
}

/* As the commands do that run a network. */
static bool takes_threads(const command *which) {
    for (const option *o = which->options; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, "threads") == 0)
            return true;
    return false;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "mixup: name a command; `mixup help` lists them\n");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("mixup %s\n", mixup_version());
        return command_finish_output(&(arguments){.command = &command_help});
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return run(&command_help, 0, NULL);
    const command *which = command_find(argv[1]);
    if (which == NULL)
        return unknown_command(argv[1]);
    if (takes_threads(which))
        openmp_wait_briefly(argv);
    return run(which, argc - 2, argv + 2);
}
