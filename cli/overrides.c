/* overrides: see the header. */
#include "overrides.h"

#include <string.h>

static mixup_status collect(overrides *out, const arguments *given) {
    const char *const *set = NULL;
    const size_t count = arguments_list(given, "set", &set);
    MIXUP_TRY(MEMORY_NEW(command_allocator(), out->items, count + 2));
    for (size_t i = 0; i < count; i++)
        out->items[out->count++] = set[i];
    if (arguments_given(given, "engine")) {
        text_format(&out->engine, "engine=%s", arguments_text(given, "engine", "auto"));
        MIXUP_TRY(text_status(&out->engine));
        out->items[out->count++] = out->engine.data;
    }
    if (arguments_given(given, "threads")) {
        text_format(&out->threads, "threads=%zu", arguments_count(given, "threads", 0));
        MIXUP_TRY(text_status(&out->threads));
        out->items[out->count++] = out->threads.data;
    }
    return MIXUP_OK;
}

bool overrides_are_whole(const arguments *given) {
    const char *const *set = NULL;
    const size_t count = arguments_list(given, "set", &set);
    for (size_t i = 0; i < count; i++) {
        if (strchr(set[i], '=') != NULL && set[i][0] != '=')
            continue;
        command_misused(given, "--set %s: write KEY=VALUE, as in --set training.epochs=1", set[i]);
        return false;
    }
    return true;
}

mixup_status overrides_collect(overrides *out, const arguments *given) {
    *out = (overrides){0};
    text_init(&out->engine, command_allocator());
    text_init(&out->threads, command_allocator());
    const mixup_status status = collect(out, given);
    if (status != MIXUP_OK)
        overrides_clear(out);
    return status;
}

void overrides_clear(overrides *out) {
    text_clear(&out->engine);
    text_clear(&out->threads);
    memory_release(command_allocator(), out->items);
    *out = (overrides){0};
}
