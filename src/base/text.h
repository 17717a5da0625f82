/* base/text: a string that grows. Used to build JSON, CSV, YAML and HTML before they are written at once.
 * The first failure is remembered: append freely, then check text_status() once. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/memory.h"

typedef struct text {
    mixup_allocator allocator;
    char *data; /* terminated; NULL while empty */
    size_t length;
    size_t capacity;
    mixup_status status;
} text;

void text_init(text *out, const mixup_allocator *allocator);
void text_clear(text *out);
void text_append(text *out, const char *data, size_t length);
void text_add(text *out, const char *string);
void text_format(text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A word of a command, quoted for a POSIX shell where it needs it. */
void text_add_word(text *out, const char *word);
mixup_status text_status(const text *in);

#endif
