/* arguments: parsing, and what commands ask for. Values are checked here, so the accessors cannot fail. */
#include "arguments.h"

#include "experiment/schema.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t option_count(const command *which) {
    size_t count = 0;
    while (which->options != NULL && which->options[count].name != NULL)
        count++;
    return count;
}

/* The index of an option; option_count() without it. */
static size_t find_option(const command *which, const char *name, size_t length) {
    const size_t count = option_count(which);
    for (size_t i = 0; i < count; i++)
        if (strlen(which->options[i].name) == length && strncmp(which->options[i].name, name, length) == 0)
            return i;
    return count;
}

/* ---------------------------------------------------------------- checks */

static bool to_count(const char *value, size_t *out) {
    if (value[0] < '0' || value[0] > '9')
        return false;
    char *end = NULL;
    errno = 0;
    const unsigned long long number = strtoull(value, &end, 10);
    if (*end != '\0' || errno != 0 || number > SIZE_MAX)
        return false;
    *out = (size_t)number;
    return true;
}

static bool to_number(const char *value, double *out) {
    char *end = NULL;
    const double number = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(number))
        return false;
    *out = number;
    return true;
}

/* Whether `value` is a word of "train, validation or test". */
static bool is_word(const char *words, const char *value) {
    const size_t length = strlen(value);
    for (const char *at = words; *at != '\0'; at += strspn(at, ", ")) {
        const size_t word = strcspn(at, ", ");
        if (word == length && strncmp(at, value, length) == 0 && strcmp(value, "or") != 0)
            return true;
        at += word;
    }
    return false;
}

/* One number of the option's range; `value` is what the message names. */
static bool check_number(const arguments *in, const option *which, bool whole, const char *value) {
    size_t count = 0;
    double number = 0.0;
    const bool parsed = whole ? to_count(value, &count) : to_number(value, &number);
    if (whole)
        number = (double)count;
    const bool any = which->least == 0.0 && which->most == 0.0;
    if (parsed && (any || (number >= which->least && number <= which->most)))
        return true;
    if (any)
        command_misused(in, "--%s %s: not a %s", which->name, value,
                        whole ? "whole number" : "finite number");
    else
        command_misused(in, "--%s %s: give a %s from %g to %g", which->name, value,
                        whole ? "whole number" : "number", which->least, which->most);
    return false;
}

/* Copies the item of a list at *at, which moves behind its comma; false at the end, or where it is too long.
 */
static bool next_item(const char **at, char *item, size_t room) {
    const size_t length = strcspn(*at, ",");
    if (**at == '\0' || length >= room)
        return false;
    memcpy(item, *at, length);
    item[length] = '\0';
    *at += length + ((*at)[length] == ',');
    return true;
}

static bool check_numbers(const arguments *in, const option *which, bool whole, const char *value) {
    char item[64];
    size_t count = 0;
    const char *at = value;
    for (; next_item(&at, item, sizeof item); count++)
        if (!check_number(in, which, whole, item))
            return false;
    const bool complete = *at == '\0' && count > 0 && value[strlen(value) - 1] != ',';
    if (complete && count <= ARGUMENTS_MOST_NUMBERS)
        return true;
    command_misused(in, "--%s %s: give numbers with commas between them, at most %d", which->name, value,
                    ARGUMENTS_MOST_NUMBERS);
    return false;
}

static bool check_value(const arguments *in, const option *which, const char *value) {
    if (which->words != NULL && !is_word(which->words, value)) {
        command_misused(in, "--%s %s: choose %s", which->name, value, which->words);
        return false;
    }
    const bool whole = which->kind == OPTION_COUNT || which->kind == OPTION_COUNTS;
    if (which->kind == OPTION_COUNT || which->kind == OPTION_NUMBER)
        return check_number(in, which, whole, value);
    if (which->kind == OPTION_COUNTS || which->kind == OPTION_NUMBERS)
        return check_numbers(in, which, whole, value);
    return true;
}

/* ---------------------------------------------------------------- parsing */

static bool unknown_option(const arguments *in, const char *name, size_t length) {
    const char *names[ARGUMENTS_MAX_OPTIONS + 2] = {"help", "quiet"};
    const size_t count = option_count(in->command);
    bool takes_keys = false;
    for (size_t i = 0; i < count; i++) {
        names[i + 2] = in->command->options[i].name;
        takes_keys = takes_keys || strcmp(names[i + 2], "set") == 0;
    }
    char given[64];
    snprintf(given, sizeof given, "%.*s", length < 60 ? (int)length : 60, name);
    const char *nearest = schema_nearest(given, names, count + 2);
    const schema_part *home = takes_keys ? schema_find_home(IN_TOP, given) : NULL;
    if (nearest != NULL)
        command_misused(in, "there is no option --%s; did you mean --%s?", given, nearest);
    else if (home != NULL)
        command_misused(in, "there is no option --%s; keys are changed by --set %s.%s=VALUE", given,
                        home->path, given);
    else
        command_misused(in, "there is no option --%s", given);
    return false;
}

/* Takes the option at argv[*at], and its value; false with the message printed. */
static bool take_option(arguments *out, int argc, char **argv, int *at, bool *help) {
    const char *name = argv[*at] + 2;
    const size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    if (value == NULL && strcmp(name, "help") == 0) {
        *help = true;
        return true;
    }
    if (value == NULL && strcmp(name, "quiet") == 0) {
        out->quiet = true;
        return true;
    }
    const size_t index = find_option(out->command, name, length);
    if (index == option_count(out->command))
        return unknown_option(out, name, length);
    const option *which = &out->command->options[index];
    if (which->kind == OPTION_FLAG && value != NULL) {
        command_misused(out, "--%s takes no value", which->name);
        return false;
    }
    if (which->kind != OPTION_FLAG && value == NULL) {
        if (*at + 1 >= argc) {
            command_misused(out, "--%s needs %s behind it", which->name, which->value);
            return false;
        }
        value = argv[++*at];
    }
    if (value != NULL && !check_value(out, which, value))
        return false;
    out->values[index][out->value_counts[index]++] = value;
    return true;
}

static bool allocate(arguments *out, int argc) {
    const size_t count = (size_t)argc + 1;
    out->positional = calloc(count, sizeof *out->positional);
    bool good = out->positional != NULL;
    for (size_t i = 0; i < option_count(out->command); i++) {
        out->values[i] = calloc(count, sizeof *out->values[i]);
        good = good && out->values[i] != NULL;
    }
    return good;
}

static bool take_all(arguments *out, int argc, char **argv, bool *help) {
    bool options = true;
    for (int at = 0; at < argc; at++) {
        if (options && strcmp(argv[at], "--") == 0)
            options = false;
        else if (options && strcmp(argv[at], "-h") == 0)
            *help = true;
        else if (options && strncmp(argv[at], "--", 2) == 0) {
            if (!take_option(out, argc, argv, &at, help))
                return false;
        } else if (options && argv[at][0] == '-' && argv[at][1] != '\0') {
            command_misused(out, "there is no option %s", argv[at]);
            return false;
        } else
            out->positional[out->positional_count++] = argv[at];
    }
    return true;
}

arguments_outcome arguments_parse(arguments *out, const command *which, int argc, char **argv) {
    *out = (arguments){.command = which};
    bool help = false;
    if (option_count(which) > ARGUMENTS_MAX_OPTIONS || !allocate(out, argc)) {
        command_misused(out, "out of memory");
        return ARGUMENTS_WRONG;
    }
    const bool good = take_all(out, argc, argv, &help);
    if (help)
        return ARGUMENTS_HELP;
    if (!good)
        return ARGUMENTS_WRONG;
    if (out->positional_count < which->least) {
        command_misused(out, "something is missing: mixup %s %s", which->name, which->synopsis);
        return ARGUMENTS_WRONG;
    }
    if (out->positional_count > which->most) {
        const char *extra = out->positional[which->most];
        command_misused(out, "'%s' is one too many: mixup %s %s%s", extra, which->name, which->synopsis,
                        strchr(extra, '=') != NULL ? "; each KEY=VALUE takes a --set of its own" : "");
        return ARGUMENTS_WRONG;
    }
    return ARGUMENTS_READY;
}

void arguments_clear(arguments *out) {
    for (size_t i = 0; i < ARGUMENTS_MAX_OPTIONS; i++)
        free((void *)out->values[i]);
    free((void *)out->positional);
    *out = (arguments){0};
}

/* ---------------------------------------------------------------- what commands ask for */

const char *arguments_positional(const arguments *given, size_t index) {
    return index < given->positional_count ? given->positional[index] : NULL;
}

size_t arguments_positional_count(const arguments *given) {
    return given->positional_count;
}

size_t arguments_list(const arguments *given, const char *name, const char *const **values) {
    const size_t index = find_option(given->command, name, strlen(name));
    const bool known = index < option_count(given->command);
    *values = known ? given->values[index] : NULL;
    return known ? given->value_counts[index] : 0;
}

bool arguments_quiet(const arguments *given) {
    return given->quiet;
}

bool arguments_given(const arguments *given, const char *name) {
    const char *const *values = NULL;
    return arguments_list(given, name, &values) > 0;
}

bool arguments_flag(const arguments *given, const char *name) {
    return arguments_given(given, name);
}

const char *arguments_text(const arguments *given, const char *name, const char *fallback) {
    const char *const *values = NULL;
    const size_t count = arguments_list(given, name, &values);
    return count > 0 ? values[count - 1] : fallback;
}

size_t arguments_count(const arguments *given, const char *name, size_t fallback) {
    const char *value = arguments_text(given, name, NULL);
    size_t count = fallback;
    if (value != NULL)
        to_count(value, &count);
    return count;
}

double arguments_number(const arguments *given, const char *name, double fallback) {
    const char *value = arguments_text(given, name, NULL);
    double number = fallback;
    if (value != NULL)
        to_number(value, &number);
    return number;
}

size_t arguments_numbers(const arguments *given, const char *name, float values[ARGUMENTS_MOST_NUMBERS]) {
    const char *at = arguments_text(given, name, "");
    char item[64];
    size_t count = 0;
    for (double number = 0.0; next_item(&at, item, sizeof item) && to_number(item, &number);)
        values[count++] = (float)number;
    return count;
}

size_t arguments_counts(const arguments *given, const char *name, size_t values[ARGUMENTS_MOST_NUMBERS]) {
    const char *at = arguments_text(given, name, "");
    char item[64];
    size_t count = 0;
    while (next_item(&at, item, sizeof item) && to_count(item, &values[count]))
        count++;
    return count;
}
