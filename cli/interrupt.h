/* interrupt: Ctrl-C and SIGTERM. The first one asks the training to stop after its step, the second one ends
 * the program at once. The flag is the program's one piece of changing global state; a signal handler cannot
 * do without. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

void interrupt_watch(void);
bool interrupt_wanted(void);

#endif
