/* completion: a script for bash, as data that come from the commands' tables and a function that looks at
 * them. Values are completed from their words where an option has such, not at all where it takes numbers,
 * and as names of files elsewhere (`complete -o default`, when the function offers nothing). */
#include "completion.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

static const char head[] =
    "# bash completion for mixup. Made by `mixup help --bash` from the program's own table of commands.\n"
    "# shellcheck shell=bash\n"
    "_mixup() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} options='' words=''\n"
    "    # --option=value comes as three words\n"
    "    [[ $current == = ]] && current=''\n"
    "    [[ $previous == = ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    COMPREPLY=()\n";

static const char tail[] =
    "    if [[ -n $words ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
    "    elif [[ $current == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options --quiet --help\" -- \"$current\")\n"
    "    fi\n"
    "}\n"
    "complete -o default -F _mixup mixup\n";

static void print_names(void) {
    size_t count = 0;
    const command *const *list = command_list(&count);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i > 0 ? " " : "", list[i]->name);
}

/* "train, validation or test" as "train validation test". */
static void print_words(const char *words) {
    bool first = true;
    for (const char *at = words; *(at += strspn(at, ", ")) != '\0'; at += strcspn(at, ", ")) {
        const int length = (int)strcspn(at, ", ");
        if (length == 2 && strncmp(at, "or", 2) == 0)
            continue;
        printf("%s%.*s", first ? "" : " ", length, at);
        first = false;
    }
}

static void print_options(const command *which) {
    printf("    %s) options='", which->name);
    for (const option *at = which->options; at != NULL && at->name != NULL; at++)
        printf("%s--%s", at == which->options ? "" : " ", at->name);
    printf("' ;;\n");
}

/* What stands behind an option that does not take any text. */
static void print_values(const command *which) {
    for (const option *at = which->options; at != NULL && at->name != NULL; at++) {
        const bool text = at->kind == OPTION_TEXT || at->kind == OPTION_LIST;
        if (at->kind == OPTION_FLAG || (text && at->words == NULL))
            continue;
        printf("    '%s --%s') ", which->name, at->name);
        if (text) {
            printf("words='");
            print_words(at->words);
            printf("' ;;\n");
        } else {
            printf("compopt +o default && return ;;\n");
        }
    }
}

void completion_print_bash(void) {
    size_t count = 0;
    const command *const *list = command_list(&count);
    fputs(head, stdout);
    printf("    if ((COMP_CWORD == 1)); then\n        words='");
    print_names();
    printf(" --help --version'\n    elif [[ ${COMP_WORDS[1]} == help && $current != -* ]]; then\n        "
           "words='");
    print_names();
    printf("'\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < count; i++)
        print_options(list[i]);
    printf("    esac\n    case \"${COMP_WORDS[1]} $previous\" in\n");
    for (size_t i = 0; i < count; i++)
        print_values(list[i]);
    printf("    esac\n");
    fputs(tail, stdout);
}
