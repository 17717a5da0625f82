/* experiment/experiment: resolved experiments written and compared. */
#include "experiment/experiment_parts.h"

#include <string.h>

mixup_status experiment_to_yaml(const experiment *of, mixup_engine engine, size_t threads, text *out) {
    settings resolved = of->settings;
    resolved.engine = engine;
    resolved.threads = threads;
    schema_write(&resolved, false, out);
    return text_status(out);
}

/* Keys that leave the trained network as it is; engine and threads are compared by themselves. */
static bool counts(const char *line, size_t length) {
    static const char *const without[] = {"name: ",
                                          "description: ",
                                          "variant: ",
                                          "engine: ",
                                          "threads: ",
                                          "training.checkpoint.",
                                          "training.load_threads: ",
                                          "data.train.keep: ",
                                          "data.train.memory_limit: ",
                                          "data.test.keep: ",
                                          "data.test.memory_limit: ",
                                          "data.validation.keep: ",
                                          "data.validation.memory_limit: ",
                                          "report["};
    for (size_t i = 0; i < MIXUP_COUNT(without); i++) {
        const size_t prefix = strlen(without[i]);
        if (length >= prefix && strncmp(line, without[i], prefix) == 0)
            return false;
    }
    return true;
}

/* The next line that counts, from *at on; "" at the end. */
static const char *next_line(const char **at, size_t *length) {
    while (**at != '\0') {
        const char *line = *at;
        *length = strcspn(line, "\n");
        *at = line + *length + (line[*length] == '\n');
        if (counts(line, *length))
            return line;
    }
    *length = 0;
    return *at;
}

static void add_part(text *out, const char *part, size_t length) {
    if (length > 0)
        text_append(out, part, length);
    else
        text_add(out, "nothing");
}

static bool compare_lines(const char *a, const char *b, text *difference) {
    for (;;) {
        size_t a_length = 0;
        size_t b_length = 0;
        const char *a_line = next_line(&a, &a_length);
        const char *b_line = next_line(&b, &b_length);
        if (a_length == b_length && strncmp(a_line, b_line, a_length) == 0) {
            if (a_length == 0)
                return true;
            continue;
        }
        const size_t key = strcspn(b_line, ":");
        const bool same_key = strcspn(a_line, ":") == key && strncmp(a_line, b_line, key) == 0;
        const size_t skip = same_key ? key + 2 : 0;
        add_part(difference, a_line, a_length);
        text_add(difference, ", not ");
        add_part(difference, b_line + skip, b_length - skip);
        return false;
    }
}

static bool compare_machine(const settings *a, const settings *b, text *difference) {
    if (a->engine != MIXUP_ENGINE_AUTO && b->engine != MIXUP_ENGINE_AUTO && a->engine != b->engine) {
        text_add(difference, "another engine");
        return false;
    }
    /* That engine computes the same bits with any number, and says that it has one. */
    const bool reference = a->engine == MIXUP_ENGINE_REFERENCE || b->engine == MIXUP_ENGINE_REFERENCE;
    if (!reference && a->threads != 0 && b->threads != 0 && a->threads != b->threads) {
        text_format(difference, "threads: %zu, not %zu", a->threads, b->threads);
        return false;
    }
    return true;
}

mixup_status experiment_compare(const experiment *a, const experiment *b, bool *same, text *difference) {
    text left;
    text right;
    text_init(&left, &a->memory.allocator);
    text_init(&right, &a->memory.allocator);
    schema_write(&a->settings, true, &left);
    schema_write(&b->settings, true, &right);
    mixup_status status = text_status(&left) != MIXUP_OK ? text_status(&left) : text_status(&right);
    if (status == MIXUP_OK)
        *same = compare_machine(&a->settings, &b->settings, difference) &&
                compare_lines(left.data, right.data, difference);
    text_clear(&left);
    text_clear(&right);
    return status == MIXUP_OK ? text_status(difference) : status;
}
