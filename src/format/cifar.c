/* format/cifar: see cifar.h. */
#include "format/cifar.h"

#include "base/file.h"
#include "format/reader.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    const char *name;
    size_t labels; /* bytes in front of the pixels */
    size_t label;  /* which of them counts */
    size_t classes;
} kinds[] = {
    [CIFAR_10] = {"CIFAR-10", 1, 0, 10},
    [CIFAR_100_FINE] = {"CIFAR-100", 2, 1, 100},
    [CIFAR_100_COARSE] = {"CIFAR-100", 2, 0, 20},
};

enum {
    MAX_RECORD = 2 + CIFAR_PIXELS,
    FIRST_RECORDS = 1024,     /* room to begin with where the size is not known */
    MAX_NAMES_BYTES = 1 << 16 /* of a file of class names */
};

size_t cifar_class_count(cifar_kind kind) {
    return kinds[kind].classes;
}

void cifar_clear(cifar *out, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    memory_release(&hooks, out->images);
    memory_release(&hooks, out->labels);
    *out = (cifar){0};
}

/* Room for `records` more. */
static mixup_status reserve(cifar *out, size_t *capacity, size_t records, const mixup_allocator *allocator) {
    if (records <= *capacity - out->count)
        return MIXUP_OK;
    size_t wanted = 0;
    if (__builtin_add_overflow(out->count, records, &wanted))
        return error(MIXUP_ERROR_MEMORY, "out of memory: %zu more images", records);
    uint8_t *images = memory_grow(allocator, out->images, out->count, wanted, CIFAR_PIXELS);
    if (images == NULL)
        return MIXUP_ERROR_MEMORY;
    out->images = images;
    MIXUP_TRY(MEMORY_GROW(allocator, out->labels, out->count, wanted));
    *capacity = wanted;
    return MIXUP_OK;
}

static mixup_status refuse_size(const reader *in, cifar_kind kind, size_t rest) {
    const size_t record = kinds[kind].labels + CIFAR_PIXELS;
    return error(MIXUP_ERROR_FORMAT,
                 "%s: ends %zu bytes into a record; %s files are made of whole records of %zu bytes",
                 in->path, rest, kinds[kind].name, record);
}

/* Appends record `number` of the file; there is room. */
static mixup_status read_record(reader *in, cifar_kind kind, size_t number, cifar *out) {
    const size_t labels = kinds[kind].labels;
    uint8_t record[MAX_RECORD];
    size_t got = 0;
    MIXUP_TRY(reader_some(in, record, labels + CIFAR_PIXELS, &got));
    if (got < labels + CIFAR_PIXELS)
        return refuse_size(in, kind, got);
    const uint8_t label = record[kinds[kind].label];
    if (label >= kinds[kind].classes)
        return error(
            MIXUP_ERROR_FORMAT,
            "%s: the label of record %zu (from 0) is %u, and %s has %zu classes; is it a file of %s?",
            in->path, number, label, kinds[kind].name, kinds[kind].classes,
            kind == CIFAR_10 ? "CIFAR-100" : "CIFAR-10");
    memcpy(out->images + out->count * CIFAR_PIXELS, record + labels, CIFAR_PIXELS);
    out->labels[out->count++] = label;
    return MIXUP_OK;
}

static mixup_status read_records(reader *in, cifar_kind kind, cifar *out, size_t *capacity) {
    const size_t record = kinds[kind].labels + CIFAR_PIXELS;
    const size_t before = out->count;
    const bool known = !in->packed && in->limit != UINT64_MAX;
    if (known && in->limit % record != 0)
        return refuse_size(in, kind, (size_t)(in->limit % record));
    if (known)
        MIXUP_TRY(reserve(out, capacity, (size_t)(in->limit / record), &in->allocator));
    for (;;) {
        bool at_end = false;
        MIXUP_TRY(reader_at_end(in, &at_end));
        if (at_end)
            break;
        if (out->count == *capacity)
            MIXUP_TRY(reserve(out, capacity, out->count > FIRST_RECORDS ? out->count : FIRST_RECORDS,
                              &in->allocator));
        MIXUP_TRY(read_record(in, kind, out->count - before, out));
    }
    if (out->count == before)
        return error(MIXUP_ERROR_FORMAT, "%s: is empty; %s files are made of records of %zu bytes", in->path,
                     kinds[kind].name, record);
    return MIXUP_OK;
}

mixup_status cifar_read(const char *const *paths, size_t path_count, cifar_kind kind,
                        const mixup_allocator *allocator, cifar *out) {
    cifar result = {0};
    size_t capacity = 0;
    mixup_status status = MIXUP_OK;
    for (size_t i = 0; i < path_count && status == MIXUP_OK; i++) {
        reader in;
        status = reader_open(&in, paths[i], allocator);
        if (status != MIXUP_OK)
            break;
        status = read_records(&in, kind, &result, &capacity);
        reader_close(&in);
    }
    if (status != MIXUP_OK) {
        cifar_clear(&result, allocator);
        return status;
    }
    *out = result;
    return MIXUP_OK;
}

/* Cuts `text` into lines; returns how many hold a name, and sets the first `limit` of them. */
static size_t cut_lines(char *text, size_t limit, const char **names) {
    size_t count = 0;
    size_t filled = 0; /* up to the last line that is not blank */
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        const size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        if (count < limit)
            names[count] = line;
        count++;
        if (line[0] != '\0')
            filled = count;
        line = end != NULL ? end + 1 : NULL;
    }
    return filled;
}

mixup_status cifar_read_names(const char *path, cifar_kind kind, const mixup_allocator *allocator,
                              const char **names, char **block) {
    const mixup_allocator hooks = memory_allocator(allocator);
    char *text = NULL;
    size_t size = 0;
    MIXUP_TRY(file_read_all(path, MAX_NAMES_BYTES, &hooks, &text, &size));
    const size_t classes = kinds[kind].classes;
    const bool whole = strlen(text) == size;
    const size_t found = cut_lines(text, classes, names);
    size_t named = 0;
    while (named < classes && named < found && names[named][0] != '\0')
        named++;
    if (!whole || found != classes || named != classes) {
        memory_release(&hooks, text);
        return error(MIXUP_ERROR_FORMAT, "%s: must hold the names of the %zu classes, one a line", path,
                     classes);
    }
    *block = text;
    return MIXUP_OK;
}
