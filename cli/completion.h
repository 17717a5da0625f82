/* completion: what a shell needs to complete the program's command line, made from the table of commands. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

/* The whole of cli/mixup.bash on standard output; a test compares. */
void completion_print_bash(void);

#endif
