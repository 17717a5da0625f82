/* base/status: the thread's last error. The only mutable state of the library that no object owns. */
#include "base/status.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 1024 };

static _Thread_local char last_message[MESSAGE_SIZE];

mixup_status error(mixup_status status, const char *format, ...) {
    char message[MESSAGE_SIZE]; /* the arguments may point into last_message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(last_message, message, sizeof message);
    return status;
}

mixup_status error_context(mixup_status status, const char *format, ...) {
    char context[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    const size_t used = strlen(context);
    if (used + 2 < sizeof context)
        snprintf(context + used, sizeof context - used, ": %.*s", (int)(sizeof context - used - 3),
                 last_message);
    memcpy(last_message, context, sizeof context);
    return status;
}

const char *mixup_last_error(void) {
    return last_message;
}

const char *mixup_status_name(mixup_status status) {
    switch (status) {
#define MIXUP_STATUS_CASE(name, number, text)                                                                \
    case name:                                                                                               \
        return text;
        MIXUP_STATUS_LIST(MIXUP_STATUS_CASE)
#undef MIXUP_STATUS_CASE
    }
    return "unknown status";
}

const char *mixup_version(void) {
    return MIXUP_VERSION;
}
