/* format/csv: on libcsv.
 *
 * libcsv is fed line by line, so that the physical line of a record is known and at most one record is under
 * way. It hands out a field at a time in a buffer of its own; the fields of the record are collected in
 * `bytes`, as offsets, because the block moves while it grows. */
#include "format/csv.h"

#include "format/reader.h"

#include <csv.h>
#include <string.h>

enum {
    PIECE_SIZE = 1 << 16,
    MAX_RECORD = 1 << 28, /* bytes; a forgotten quote should not swallow the memory */
};

typedef struct csv_state {
    mixup_allocator allocator;
    reader in;
    struct csv_parser parser;
    csv_row_function on_row;
    void *user;
    mixup_status status; /* of the callbacks, which cannot return one */

    size_t line;        /* physical line of the next byte, from 1 */
    size_t record_line; /* where the record under way starts; valid while `open` */
    bool open;          /* a record is under way */
    bool after_return;  /* the last byte was CR: an LF belongs to it */
    size_t pending;     /* bytes fed since the last record ended */
    size_t record;      /* records done */

    char *bytes; /* the terminated fields of the record under way, one behind the other */
    size_t used, capacity;
    size_t *starts;     /* [fields] offsets into bytes */
    size_t *lengths;    /* [fields] */
    const char **texts; /* [fields] pointers into bytes, set when the record is complete */
    size_t count, field_capacity;
} csv_state;

static mixup_status grow_fields(csv_state *state) {
    if (state->count < state->field_capacity)
        return MIXUP_OK;
    const size_t capacity = state->field_capacity == 0 ? 16 : state->field_capacity * 2;
    MIXUP_TRY(MEMORY_GROW(&state->allocator, state->starts, state->count, capacity));
    MIXUP_TRY(MEMORY_GROW(&state->allocator, state->lengths, state->count, capacity));
    MIXUP_TRY(MEMORY_GROW(&state->allocator, state->texts, state->count, capacity));
    state->field_capacity = capacity;
    return MIXUP_OK;
}

static mixup_status add_field(csv_state *state, const char *data, size_t length) {
    MIXUP_TRY(grow_fields(state));
    if (state->capacity - state->used <= length) {
        const size_t capacity = (state->used + length + 1) * 2;
        MIXUP_TRY(MEMORY_GROW(&state->allocator, state->bytes, state->used, capacity));
        state->capacity = capacity;
    }
    if (length > 0)
        memcpy(state->bytes + state->used, data, length);
    state->bytes[state->used + length] = '\0';
    state->starts[state->count] = state->used;
    state->lengths[state->count] = length;
    state->count++;
    state->used += length + 1;
    return MIXUP_OK;
}

static void on_field(void *data, size_t length, void *user) {
    csv_state *state = user;
    if (state->status == MIXUP_OK)
        state->status = add_field(state, data, length);
}

static void on_end(int terminator, void *user) {
    (void)terminator;
    csv_state *state = user;
    if (state->status != MIXUP_OK)
        return;
    for (size_t i = 0; i < state->count; i++)
        state->texts[i] = state->bytes + state->starts[i];
    state->record++;
    const csv_row row = {.path = state->in.path,
                         .line = state->record_line,
                         .record = state->record,
                         .count = state->count,
                         .fields = state->texts,
                         .lengths = state->lengths};
    state->status = state->on_row(&row, state->user);
    state->open = false;
    state->pending = 0;
    state->count = 0;
    state->used = 0;
}

/* What libcsv complains about, in words. */
static mixup_status parser_error(csv_state *state, size_t line, const char *problem) {
    const int code = csv_error(&state->parser);
    if (code == CSV_ENOMEM || code == CSV_ETOOBIG)
        return error(MIXUP_ERROR_MEMORY, "%s:%zu: out of memory while reading a field", state->in.path, line);
    return error(MIXUP_ERROR_FORMAT, "%s:%zu: %s", state->in.path, line, problem);
}

static bool blank(const char *data, size_t length, char separator) {
    for (size_t i = 0; i < length; i++)
        if ((data[i] != ' ' && data[i] != '\t' && data[i] != '\r' && data[i] != '\n') || data[i] == separator)
            return false;
    return true;
}

/* Feeds bytes that hold no line end except as the last one. */
static mixup_status feed(csv_state *state, const char *data, size_t length) {
    const void *zero = memchr(data, '\0', length);
    if (zero != NULL)
        return error(MIXUP_ERROR_FORMAT, "%s:%zu: contains a NUL byte; a CSV file should be UTF-8 text",
                     state->in.path, state->line);
    if (!state->open && !blank(data, length, (char)csv_get_delim(&state->parser))) {
        state->open = true;
        state->record_line = state->line;
    }
    state->pending = state->open ? state->pending + length : 0;
    if (state->pending > MAX_RECORD)
        return error(MIXUP_ERROR_FORMAT, "%s:%zu: the record is longer than %d bytes; is a quote not closed?",
                     state->in.path, state->record_line, MAX_RECORD);
    const size_t done = csv_parse(&state->parser, data, length, on_field, on_end, state);
    MIXUP_TRY(state->status);
    if (done < length || csv_error(&state->parser) != CSV_SUCCESS)
        return parser_error(state, state->line,
                            "a quote stands inside a field; quote the whole field and double it (\"\")");
    return MIXUP_OK;
}

/* Cuts `data` behind each line end and counts lines. */
static mixup_status feed_lines(csv_state *state, const char *data, size_t length) {
    size_t start = 0;
    for (size_t i = 0; i < length; i++) {
        const bool joined = state->after_return && data[i] == '\n';
        state->after_return = data[i] == '\r';
        if (joined)
            state->line--; /* counted at its CR */
        if (data[i] != '\n' && data[i] != '\r')
            continue;
        MIXUP_TRY(feed(state, data + start, i + 1 - start));
        start = i + 1;
        state->line++;
    }
    return start < length ? feed(state, data + start, length - start) : MIXUP_OK;
}

static mixup_status read_pieces(csv_state *state, char *piece) {
    bool first = true;
    for (;;) {
        size_t got = 0;
        MIXUP_TRY(reader_some(&state->in, piece, PIECE_SIZE, &got));
        const size_t mark = first && got >= 3 && memcmp(piece, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        first = false;
        MIXUP_TRY(feed_lines(state, piece + mark, got - mark));
        if (got < PIECE_SIZE)
            break;
    }
    const bool complete = csv_fini(&state->parser, on_field, on_end, state) == 0;
    MIXUP_TRY(state->status);
    if (!complete)
        return parser_error(state, state->record_line,
                            "a quote that opens in this record is not closed before the end of the file");
    return MIXUP_OK;
}

static mixup_status read_open(csv_state *state) {
    char *piece = NULL;
    MIXUP_TRY(MEMORY_NEW(&state->allocator, piece, PIECE_SIZE));
    const mixup_status status = read_pieces(state, piece);
    memory_release(&state->allocator, piece);
    return status;
}

static bool valid_separator(char separator) {
    return separator != '"' && separator != '\r' && separator != '\n';
}

mixup_status csv_read(const char *path, char separator, const mixup_allocator *allocator,
                      csv_row_function on_row, void *user) {
    if (!valid_separator(separator))
        return error(MIXUP_ERROR_ARGUMENT, "%s: a quote or line end cannot separate fields", path);
    csv_state state = {.allocator = memory_allocator(allocator), .on_row = on_row, .user = user, .line = 1};
    MIXUP_TRY(reader_open(&state.in, path, &state.allocator));
    if (csv_init(&state.parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        reader_close(&state.in);
        return error(MIXUP_ERROR_MEMORY, "%s: out of memory", path);
    }
    csv_set_delim(&state.parser, (unsigned char)(separator == '\0' ? ',' : separator));
    csv_set_blk_size(&state.parser, 4096);
    const mixup_status status = read_open(&state);
    csv_free(&state.parser);
    memory_release(&state.allocator, state.bytes);
    memory_release(&state.allocator, state.starts);
    memory_release(&state.allocator, state.lengths);
    memory_release(&state.allocator, state.texts);
    reader_close(&state.in);
    return status;
}
