/* format/npy: see npy.h.
 *
 * A file is "\x93NUMPY", two version bytes, the length of the header (2 bytes, from version 2 on 4), the
 * header, and the elements. The header is a Python dictionary in text, e.g.
 * {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } padded by spaces; the little parser below takes
 * its three keys in any order. */
#include "format/npy.h"

#include "base/file.h"
#include "base/text.h"
#include "format/reader.h"

#include <string.h>

enum { MAX_HEADER = 1 << 20, WRITE_ALIGNMENT = 64 };

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

static const char *const descriptions[MIXUP_TYPE_COUNT] = {
    [MIXUP_FLOAT32] = "<f4", [MIXUP_UINT8] = "|u1",  [MIXUP_INT8] = "|i1",    [MIXUP_INT16] = "<i2",
    [MIXUP_INT32] = "<i4",   [MIXUP_INT64] = "<i8",  [MIXUP_FLOAT64] = "<f8", [MIXUP_BOOL] = "|b1",
    [MIXUP_FLOAT16] = "<f2", [MIXUP_UINT16] = "<u2",
};

/* Where the parser stands, and what it found. */
typedef struct header_parser {
    const char *path;
    const char *start;
    const char *at; /* the text ends by '\0' */
    array *out;
    bool has_type, has_order, has_shape;
} header_parser;

static mixup_status unexpected(const header_parser *parser, const char *wanted) {
    return error(MIXUP_ERROR_FORMAT, "%s: malformed NPY header at its character %zu: expected %s",
                 parser->path, (size_t)(parser->at - parser->start), wanted);
}

static void skip_blanks(header_parser *parser) {
    while (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\t')
        parser->at++;
}

/* Takes `symbol` and the blanks around it, or takes nothing but blanks. */
static bool take(header_parser *parser, char symbol) {
    skip_blanks(parser);
    if (*parser->at != symbol)
        return false;
    parser->at++;
    skip_blanks(parser);
    return true;
}

static bool take_word(header_parser *parser, const char *word) {
    const size_t length = strlen(word);
    if (strncmp(parser->at, word, length) != 0)
        return false;
    parser->at += length;
    return true;
}

/* A quoted string without escapes, into `out`. */
static mixup_status parse_string(header_parser *parser, char out[32]) {
    const char quote = *parser->at;
    if (quote != '\'' && quote != '"')
        return unexpected(parser, "a quoted string");
    const char *end = strchr(parser->at + 1, quote);
    const size_t length = end == NULL ? 32 : (size_t)(end - parser->at - 1);
    if (length >= 32)
        return unexpected(parser, "a short quoted string");
    memcpy(out, parser->at + 1, length);
    out[length] = '\0';
    parser->at = end + 1;
    return MIXUP_OK;
}

static mixup_status parse_type(header_parser *parser) {
    if (*parser->at == '[')
        return error(MIXUP_ERROR_UNSUPPORTED,
                     "%s: holds a structured array; save its fields as arrays of their own", parser->path);
    char name[32];
    MIXUP_TRY(parse_string(parser, name));
    if (name[0] == '>')
        return error(MIXUP_ERROR_UNSUPPORTED,
                     "%s: element type '%s' is big-endian; save with array.astype('<%s')", parser->path, name,
                     name + 1);
    for (size_t i = 0; i < MIXUP_TYPE_COUNT; i++) {
        const bool order_fits =
            name[0] == descriptions[i][0] || (name[0] == '<' && type_size((mixup_type)i) == 1);
        if (order_fits && strcmp(name + 1, descriptions[i] + 1) == 0) {
            parser->out->type = (mixup_type)i;
            return MIXUP_OK;
        }
    }
    const bool is_text = name[1] == 'U' || name[1] == 'S';
    return error(MIXUP_ERROR_UNSUPPORTED, "%s: element type '%s' is not supported; %s", parser->path, name,
                 is_text
                     ? "it is text; numbers for its values are numpy.unique(array, return_inverse=True)[1]"
                     : "save with array.astype('float32')");
}

static mixup_status parse_order(header_parser *parser) {
    if (take_word(parser, "False"))
        return MIXUP_OK;
    if (!take_word(parser, "True"))
        return unexpected(parser, "True or False");
    return error(MIXUP_ERROR_UNSUPPORTED,
                 "%s: the array is stored in Fortran order; save numpy.ascontiguousarray(array)",
                 parser->path);
}

static mixup_status parse_size(header_parser *parser, size_t *size) {
    if (*parser->at < '0' || *parser->at > '9')
        return unexpected(parser, "a size");
    size_t value = 0;
    for (; *parser->at >= '0' && *parser->at <= '9'; parser->at++)
        if (__builtin_mul_overflow(value, (size_t)10, &value) ||
            __builtin_add_overflow(value, (size_t)(*parser->at - '0'), &value))
            return unexpected(parser, "a size that fits 64 bits");
    if (*parser->at == 'L') /* written by Python 2 */
        parser->at++;
    *size = value;
    return MIXUP_OK;
}

static mixup_status parse_shape(header_parser *parser) {
    shape *out = &parser->out->shape;
    if (!take(parser, '('))
        return unexpected(parser, "'('");
    while (!take(parser, ')')) {
        if (out->rank == SHAPE_MAX_RANK)
            return error(MIXUP_ERROR_UNSUPPORTED, "%s: more than %d dimensions", parser->path,
                         SHAPE_MAX_RANK);
        MIXUP_TRY(parse_size(parser, &out->sizes[out->rank]));
        if (out->sizes[out->rank] == 0)
            return error(MIXUP_ERROR_FORMAT, "%s: dimension %zu has the size 0", parser->path, out->rank);
        out->rank++;
        if (take(parser, ','))
            continue;
        if (out->rank == 1)
            return unexpected(parser, "','"); /* (3) is no tuple in Python */
        if (!take(parser, ')'))
            return unexpected(parser, "',' or ')'");
        break;
    }
    if (out->rank == 0)
        *out = (shape){.rank = 1, .sizes = {1}};
    return MIXUP_OK;
}

static mixup_status parse_pair(header_parser *parser) {
    char key[32];
    MIXUP_TRY(parse_string(parser, key));
    if (!take(parser, ':'))
        return unexpected(parser, "':'");
    const struct {
        const char *name;
        bool *seen;
        mixup_status (*parse)(header_parser *parser);
    } keys[] = {{"descr", &parser->has_type, parse_type},
                {"fortran_order", &parser->has_order, parse_order},
                {"shape", &parser->has_shape, parse_shape}};
    for (size_t i = 0; i < MIXUP_COUNT(keys); i++)
        if (strcmp(key, keys[i].name) == 0) {
            if (*keys[i].seen)
                return error(MIXUP_ERROR_FORMAT, "%s: malformed NPY header: '%s' stands there twice",
                             parser->path, key);
            *keys[i].seen = true;
            return keys[i].parse(parser);
        }
    return unexpected(parser, "one of the keys 'descr', 'fortran_order' and 'shape'");
}

static mixup_status parse_header(header_parser *parser) {
    if (!take(parser, '{'))
        return unexpected(parser, "'{'");
    while (!take(parser, '}')) {
        MIXUP_TRY(parse_pair(parser));
        if (take(parser, ','))
            continue;
        if (!take(parser, '}'))
            return unexpected(parser, "',' or '}'");
        break;
    }
    if (*parser->at != '\0')
        return unexpected(parser, "nothing but blanks");
    if (!parser->has_type || !parser->has_order || !parser->has_shape)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: malformed NPY header: 'descr', 'fortran_order' or 'shape' is missing",
                     parser->path);
    return MIXUP_OK;
}

/* Everything up to the length of the header. */
static mixup_status read_preamble(reader *in, size_t *length) {
    unsigned char start[8];
    MIXUP_TRY(reader_exact(in, start, sizeof start));
    if (memcmp(start, magic, sizeof magic) != 0)
        return error(MIXUP_ERROR_FORMAT, "%s: not an NPY file (does not start with \\x93NUMPY)%s", in->path,
                     memcmp(start, "PK", 2) == 0
                         ? "; an .npz holds several arrays: save one of them with numpy.save"
                         : "");
    const unsigned version = start[6];
    if (version < 1 || version > 3 || start[7] != 0)
        return error(MIXUP_ERROR_UNSUPPORTED, "%s: NPY version %u.%u; 1.0, 2.0 and 3.0 can be read", in->path,
                     version, start[7]);
    unsigned char size[4] = {0};
    MIXUP_TRY(reader_exact(in, size, version == 1 ? 2 : 4));
    *length = (size_t)size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16 | (size_t)size[3] << 24;
    if (*length > MAX_HEADER)
        return error(MIXUP_ERROR_FORMAT, "%s: claims a header of %zu bytes; at most %d are allowed", in->path,
                     *length, MAX_HEADER);
    return MIXUP_OK;
}

static mixup_status read_header(reader *in, array *out) {
    size_t length = 0;
    MIXUP_TRY(read_preamble(in, &length));
    char *header = NULL;
    MIXUP_TRY(MEMORY_NEW(&in->allocator, header, length + 1));
    mixup_status status = reader_exact(in, header, length);
    if (status == MIXUP_OK && memchr(header, '\0', length) != NULL)
        status = error(MIXUP_ERROR_FORMAT, "%s: malformed NPY header: it contains a NUL byte", in->path);
    if (status == MIXUP_OK) {
        header_parser parser = {.path = in->path, .start = header, .at = header, .out = out};
        status = parse_header(&parser);
    }
    memory_release(&in->allocator, header);
    return status;
}

static mixup_status read_array(reader *in, array *out) {
    MIXUP_TRY(read_header(in, out));
    size_t bytes = type_size(out->type);
    for (size_t i = 0; i < out->shape.rank; i++)
        if (__builtin_mul_overflow(bytes, out->shape.sizes[i], &bytes))
            return error(MIXUP_ERROR_FORMAT, "%s: claims more bytes than any file can hold", in->path);
    MIXUP_TRY(reader_block(in, bytes, &out->data));
    const mixup_status status = reader_finish(in, "the array");
    if (status != MIXUP_OK)
        array_clear(out, &in->allocator);
    return status;
}

mixup_status npy_locate(const char *path, const mixup_allocator *allocator, array_place *out) {
    reader in;
    array header = {0};
    MIXUP_TRY(reader_open(&in, path, allocator));
    mixup_status status = read_header(&in, &header);
    if (status == MIXUP_OK)
        status = array_place_behind(&in, header.type, &header.shape, false, out);
    reader_close(&in);
    return status;
}

mixup_status npy_read(const char *path, size_t threads, const mixup_allocator *allocator, array *out) {
    reader in;
    MIXUP_TRY(reader_open(&in, path, allocator));
    in.threads = threads;
    array result = {0};
    const mixup_status status = read_array(&in, &result);
    reader_close(&in);
    if (status == MIXUP_OK)
        *out = result;
    return status;
}

/* All in front of the elements: version 1.0, padded by spaces and a line end to a multiple of 64 bytes. */
static mixup_status make_preamble(text *out, const array *in) {
    text_append(out, (const char *)magic, sizeof magic);
    text_append(out, "\x01\x00\x00\x00", 4); /* version; the length is put in below */
    text_format(out, "{'descr': '%s', 'fortran_order': False, 'shape': (", descriptions[in->type]);
    for (size_t i = 0; i < in->shape.rank; i++)
        text_format(out, i == 0 ? "%zu" : ", %zu", in->shape.sizes[i]);
    text_add(out, in->shape.rank == 1 ? ",), }" : "), }");
    while (out->status == MIXUP_OK && (out->length + 1) % WRITE_ALIGNMENT != 0)
        text_add(out, " ");
    text_add(out, "\n");
    MIXUP_TRY(text_status(out));
    const size_t length = out->length - 10;
    out->data[8] = (char)(unsigned char)(length & 0xFFU);
    out->data[9] = (char)(unsigned char)(length >> 8);
    return MIXUP_OK;
}

static mixup_status write_all(const char *path, const text *preamble, const array *in, size_t bytes,
                              const mixup_allocator *allocator) {
    file_writer out;
    MIXUP_TRY(file_create(&out, path, allocator));
    MIXUP_TRY(file_write(&out, preamble->data, preamble->length));
    MIXUP_TRY(file_write(&out, in->data, bytes));
    return file_commit(&out);
}

mixup_status npy_write(const char *path, const array *in, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    if (type_size(in->type) == 0)
        return error(MIXUP_ERROR_ARGUMENT, "%s: cannot write the unknown element type %d", path,
                     (int)in->type);
    size_t bytes = 0;
    MIXUP_TRY(memory_product(shape_count(&in->shape), type_size(in->type), &bytes));
    text preamble;
    text_init(&preamble, &hooks);
    mixup_status status = make_preamble(&preamble, in);
    if (status == MIXUP_OK)
        status = write_all(path, &preamble, in, bytes, &hooks);
    text_clear(&preamble);
    return status;
}
