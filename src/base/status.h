/* base/status: the one error idiom of the library.
 *
 * A function that can fail returns mixup_status. Where the failure is found, `error()` stores a message for
 * the calling thread (what, where, and what would be right) and returns the status, so that the line reads
 *
 *     if (rank == 0)
 *         return error(MIXUP_ERROR_SHAPE, "%s: a tensor needs at least one dimension", name);
 *
 * and callers pass it on with MIXUP_TRY. A newcomer's mistake: calling error() again on the way up, which
 * loses the message of the place that knew most; use error_context() to put a location in front of it. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "mixup.h"

#include <stdarg.h>

#define MIXUP_TRY(call)                                                                                      \
    do {                                                                                                     \
        const mixup_status try_status_ = (call);                                                             \
        if (try_status_ != MIXUP_OK)                                                                         \
            return try_status_;                                                                              \
    } while (0)

/* Like MIXUP_TRY for a function with one clean-up block: stores the status in `status`, jumps to `label`. */
#define MIXUP_TRY_ELSE(status, call, label)                                                                  \
    do {                                                                                                     \
        (status) = (call);                                                                                   \
        if ((status) != MIXUP_OK)                                                                            \
            goto label;                                                                                      \
    } while (0)

/* Stores the message (cut at 1023 bytes) for this thread and returns `status`. */
mixup_status error(mixup_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "<context>: " in front of the message stored last and returns `status`. */
mixup_status error_context(mixup_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
