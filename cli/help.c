/* help: commands from their table, keys from the schema. */
#include "command.h"
#include "completion.h"

#include "experiment/schema.h"

#include <stdio.h>

static void print_commands(void) {
    size_t count = 0;
    const command *const *list = command_list(&count);
    printf("mixup %s: train networks with Manifold Mixup (arXiv 1806.05236)\n\nmixup COMMAND ...\n\n",
           mixup_version());
    for (size_t i = 0; i < count; i++)
        printf("  %-10s  %s\n", list[i]->name, list[i]->summary);
    printf("\n`mixup COMMAND --help` explains a command, `mixup help KEY` a key of an experiment file, for\n"
           "example `mixup help training.optimizer`. To begin:\n"
           "  mixup init --csv data.csv --label COLUMN --out my.yaml\n"
           "  mixup train my.yaml\n");
}

static int print_markdown(const arguments *given) {
    text page;
    text_init(&page, command_allocator());
    schema_write_markdown(&page);
    const mixup_status status = text_status(&page);
    if (status == MIXUP_OK)
        fputs(page.data, stdout);
    text_clear(&page);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}

static int print_key(const arguments *given, const char *key) {
    text page;
    text_init(&page, command_allocator());
    const bool known = schema_write_help(key, &page);
    int status = EXIT_DONE;
    if (text_status(&page) != MIXUP_OK) {
        status = command_failed(given);
    } else if (known) {
        fputs(page.data, stdout);
        status = command_finish_output(given);
    } else {
        status = command_misused(given, "%s", page.data);
    }
    text_clear(&page);
    return status;
}

static int run(const arguments *given) {
    if (arguments_flag(given, "markdown"))
        return print_markdown(given);
    if (arguments_flag(given, "bash")) {
        completion_print_bash();
        return command_finish_output(given);
    }
    const char *topic = arguments_positional(given, 0);
    if (topic == NULL) {
        print_commands();
        return command_finish_output(given);
    }
    const command *which = command_find(topic);
    if (which == NULL)
        return print_key(given, topic);
    command_print_help(which);
    return command_finish_output(given);
}

static const option options[] = {
    {.name = "markdown", .kind = OPTION_FLAG, .help = "print docs/configuration.md, all keys"},
    {.name = "bash", .kind = OPTION_FLAG, .help = "print a completion of this program's options for bash"},
    {0},
};

const command command_help = {
    .name = "help",
    .summary = "explain a command, or a key of an experiment file",
    .synopsis = "[COMMAND or KEY]",
    .most = 1,
    .options = options,
    .run = run,
};
