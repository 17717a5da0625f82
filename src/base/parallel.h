/* base/parallel: one function for every index of a range, on several threads.
 *
 * For work whose pieces are independent, such as reading a data set; the engines have threads of their own.
 * What it comes to does not depend on the number of threads: each index is handed out once, in order, and
 * where several fail, the lowest one decides status and message. A newcomer's mistake: keeping something by
 * thread that a later index can see. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "base/status.h"

/* `index` in [0, count). May be called from several threads at once, each with another index. */
typedef mixup_status (*parallel_function)(size_t index, void *user);

/* Returns when no thread is at work any more. `threads` ≤ 1: all is done here. Threads that the system does
 * not grant are done without. Once an index has failed, those above it need not be tried. */
mixup_status parallel_run(size_t count, size_t threads, parallel_function function, void *user);

/* 0 becomes MIXUP_THREADS of the environment, else `otherwise`, else (0) the number of processors; above
 * MIXUP_MAX_THREADS is an error. */
mixup_status parallel_choose_threads(size_t *threads, size_t otherwise);

#endif
