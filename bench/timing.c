/* bench/timing: see timing.h. */
#include "timing.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double timing_wall(void) {
    return read_clock(CLOCK_MONOTONIC);
}

double timing_cpu(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

timing_summary timing_summarize(double *times, size_t count) {
    qsort(times, count, sizeof *times, compare);
    const double middle = times[count / 2];
    return (timing_summary){.least = times[0],
                            .median = count % 2 == 1 ? middle : 0.5 * (times[count / 2 - 1] + middle)};
}

size_t timing_peak_memory(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
}
