/* bench/timing: clocks, and what a list of times comes to. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stddef.h>

double timing_wall(void); /* seconds, from a monotonic clock */
double timing_cpu(void);  /* seconds of processor time that all threads of this process have used */

typedef struct timing_summary {
    double least, median;
} timing_summary;

/* Sorts the times. count ≥ 1. */
timing_summary timing_summarize(double *times, size_t count);

/* The process's highest resident memory so far, in bytes. */
size_t timing_peak_memory(void);

#endif
