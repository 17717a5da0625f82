/* command: messages, and help pages made from a command's table. */
#include "command.h"

#include "arguments.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const mixup_allocator *command_allocator(void) {
    return &memory_standard;
}

static void write_log(const char *line, void *user) {
    (void)user;
    fprintf(stderr, "mixup: %s\n", line);
}

mixup_log command_log(const arguments *given) {
    return (mixup_log){.write = given->quiet ? NULL : write_log};
}

int command_failed(const arguments *given) {
    fprintf(stderr, "mixup %s: error: %s\n", given->command->name, mixup_last_error());
    return EXIT_FAILED;
}

void command_complain(const arguments *given, const char *format, ...) {
    va_list values;
    va_start(values, format);
    fprintf(stderr, "mixup %s: ", given->command->name);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}

int command_misused(const arguments *given, const char *format, ...) {
    va_list values;
    va_start(values, format);
    fprintf(stderr, "mixup %s: ", given->command->name);
    vfprintf(stderr, format, values);
    fprintf(stderr, "\n`mixup %s --help` says how it is used\n", given->command->name);
    va_end(values);
    return EXIT_USAGE;
}

void command_note(const arguments *given, const char *format, ...) {
    if (given->quiet)
        return;
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}

int command_finish_output(const arguments *given) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    error(MIXUP_ERROR_IO, "standard output: cannot write: %s", strerror(errno));
    return command_failed(given);
}

/* ---------------------------------------------------------------- help */

/* Two columns; what is longer than the first gets a line of its own, what is longer than the second several,
 * so that no line is longer than those of the commands' own texts. */
static void print_row(const char *left, const char *right) {
    enum { LEFT = 24, RIGHT = 72 };
    printf("  %-*s  ", LEFT, left);
    if (strlen(left) > LEFT)
        printf("\n  %*s  ", LEFT, "");
    while (strlen(right) > RIGHT) {
        int length = RIGHT;
        while (length > 1 && right[length] != ' ')
            length--;
        printf("%.*s\n  %*s  ", length, right, LEFT, "");
        right += length + 1;
    }
    printf("%s\n", right);
}

static void print_option(const option *which) {
    char left[80];
    snprintf(left, sizeof left, "--%s%s%s%s", which->name, which->value != NULL ? " " : "",
             which->value != NULL ? which->value : "", which->kind == OPTION_LIST ? " ..." : "");
    print_row(left, which->help);
}

void command_print_help(const command *which) {
    const bool options = which->options != NULL && which->options[0].name != NULL;
    printf("mixup %s%s%s%s\n\n%s\n\n", which->name, which->synopsis[0] != '\0' ? " " : "", which->synopsis,
           options ? " [options]" : "", which->summary);
    if (which->details != NULL)
        printf("%s\n", which->details);
    printf("Options:\n");
    for (const option *at = which->options; options && at->name != NULL; at++)
        print_option(at);
    print_row("--quiet", "no progress, only results and errors");
    print_row("--help", "this page");
}
