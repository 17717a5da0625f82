/* openmp_wait: see openmp_wait.h. */
#include "openmp_wait.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* Either says how to wait. libgomp's manual, "Environment Variables". */
static const char POLICY[] = "OMP_WAIT_POLICY";
static const char COUNT[] = "GOMP_SPINCOUNT";

/* Turns of the loop in which a thread waits awake, each with one pause: about a tenth of a millisecond. */
static const char TURNS[] = "5000";

void openmp_wait_briefly(char **argv) {
    char path[PATH_MAX];
    if (getenv(POLICY) != NULL || getenv(COUNT) != NULL)
        return;
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0 || setenv(COUNT, TURNS, 1) != 0)
        return;
    path[length] = '\0';
    execv(path, argv);
    unsetenv(COUNT);
}
