/* interrupt: see the header. */
#include "interrupt.h"

#include "command.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t wanted;

static void handle(int signal_number) {
    (void)signal_number;
    if (wanted)
        _exit(EXIT_INTERRUPTED);
    wanted = 1;
    static const char message[] = "\nmixup: stopping after this step; once more ends at once\n";
    const ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
}

void interrupt_watch(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupt_wanted(void) {
    return wanted != 0;
}
