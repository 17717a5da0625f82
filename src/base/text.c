/* base/text: a string that grows by doubling. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void text_init(text *out, const mixup_allocator *allocator) {
    *out = (text){.allocator = *allocator};
}

void text_clear(text *out) {
    memory_release(&out->allocator, out->data);
    *out = (text){.allocator = out->allocator};
}

static bool reserve(text *out, size_t more) {
    if (out->status != MIXUP_OK)
        return false;
    const size_t needed = out->length + more + 1;
    if (needed <= out->capacity)
        return true;
    const size_t capacity = needed < 256 ? 256 : needed * 2;
    out->status = MEMORY_GROW(&out->allocator, out->data, out->length, capacity);
    if (out->status != MIXUP_OK)
        return false;
    out->capacity = capacity;
    return true;
}

void text_append(text *out, const char *data, size_t length) {
    if (!reserve(out, length))
        return;
    memcpy(out->data + out->length, data, length);
    out->length += length;
    out->data[out->length] = '\0';
}

void text_add(text *out, const char *string) {
    text_append(out, string, strlen(string));
}

void text_format(text *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(out, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(out->data + out->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    out->length += (size_t)length;
}

void text_add_word(text *out, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,";
    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        text_add(out, word);
        return;
    }
    text_add(out, "'");
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '\'')
            text_add(out, "'\\''");
        else
            text_append(out, c, 1);
    }
    text_add(out, "'");
}

mixup_status text_status(const text *in) {
    return in->status;
}
