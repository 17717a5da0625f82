/* format/mat: see mat.h. Three layers: the elements of the file, the bytes of one variable (mat_bytes.h), and
 * the parts of its matrix. Each knows how much the one around it has left. */
#include "format/mat.h"

#include "format/mat_bytes.h"
#include "tensor/array.h"

#include <inttypes.h>
#include <string.h>

enum {
    HEADER_BYTES = 128,
    TAG_BYTES = 8,
    PACKED_BYTES = 4, /* in a tag itself */
    ALIGNMENT = 8,    /* of the parts of a matrix */
    MAX_NAME = 63,    /* MATLAB's namelengthmax */
    MAX_SIZES = 32,
    /* types of elements */
    TYPE_INT8 = 1,
    TYPE_INT32 = 5,
    TYPE_UINT32 = 6,
    TYPE_MATRIX = 14,
    TYPE_COMPRESSED = 15,
    TYPE_UTF8 = 16,
    /* flags of an array */
    CLASS_MASK = 0xFF,
    FLAG_COMPLEX = 0x0800,
    CLASS_OPAQUE = 17, /* has no sizes */
};

/* How elements are stored; 4 bytes of which no element type here has the values go through double. */
typedef struct number_kind {
    size_t size;
    mixup_type type; /* TYPE_COUNT: none */
} number_kind;

static const number_kind stored_kinds[] = {
    /* by element type */
    [1] = {1, MIXUP_INT8},    [2] = {1, MIXUP_UINT8},   [3] = {2, MIXUP_INT16},
    [4] = {2, MIXUP_UINT16},  [5] = {4, MIXUP_INT32},   [6] = {4, MIXUP_TYPE_COUNT},
    [7] = {4, MIXUP_FLOAT32}, [9] = {8, MIXUP_FLOAT64}, [12] = {8, MIXUP_INT64},
};

static const struct {
    const char *name;
    bool numeric;
    mixup_type type;
} classes[] = {
    [1] = {"a cell array", false, 0},      [2] = {"a struct", false, 0},
    [3] = {"an object", false, 0},         [4] = {"text", false, 0},
    [5] = {"a sparse matrix", false, 0},   [6] = {"double", true, MIXUP_FLOAT64},
    [7] = {"single", true, MIXUP_FLOAT32}, [8] = {"int8", true, MIXUP_INT8},
    [9] = {"uint8", true, MIXUP_UINT8},    [10] = {"int16", true, MIXUP_INT16},
    [11] = {"uint16", true, MIXUP_UINT16}, [12] = {"int32", true, MIXUP_INT32},
    [13] = {"uint32", false, 0},           [14] = {"int64", true, MIXUP_INT64},
    [15] = {"uint64", false, 0},           [16] = {"a function", false, 0},
    [17] = {"an object", false, 0},
};

/* What is being looked for. */
typedef struct search {
    const char *name;
    bool found;
    mat_variable variable; /* found, or where `data` is given, expected */
    void *data;            /* or NULL */
} search;

static uint32_t number_at(const uint8_t *bytes) {
    uint32_t number = 0;
    memcpy(&number, bytes, sizeof number);
    return number;
}

/* ---------------------------------------------------------------- the parts of a matrix */

typedef struct matrix {
    mat_bytes *from;
    uint64_t left; /* bytes of the matrix */
    char name[MAX_NAME + 1];
    uint32_t flags;
    size_t sizes[MAX_SIZES]; /* as MATLAB has them */
    size_t rank;
} matrix;

/* A part's tag; its bytes follow, or lie in the tag itself. */
typedef struct part {
    uint32_t type;
    uint32_t size;
    bool packed;
    uint8_t bytes[PACKED_BYTES]; /* packed */
} part;

static const char *path_of(const matrix *in) {
    return in->from->in->path;
}

static mixup_status take_part_of(matrix *in, void *data, size_t size) {
    if (size > in->left)
        return error(MIXUP_ERROR_FORMAT, "%s: %s%s: a part is larger than what is left of it", path_of(in),
                     in->name[0] != '\0' ? "variable " : "a variable", in->name);
    MIXUP_TRY(mat_bytes_take(in->from, data, size));
    in->left -= size;
    return MIXUP_OK;
}

static mixup_status next_part(matrix *in, part *out) {
    uint8_t tag[TAG_BYTES];
    MIXUP_TRY(take_part_of(in, tag, sizeof tag));
    const uint32_t first = number_at(tag);
    *out = (part){.type = first & 0xFFFF, .size = first >> 16, .packed = first >> 16 != 0};
    if (!out->packed) {
        out->size = number_at(tag + 4);
        return MIXUP_OK;
    }
    memcpy(out->bytes, tag + 4, sizeof out->bytes);
    if (out->size > sizeof out->bytes)
        return error(MIXUP_ERROR_FORMAT, "%s: a part of %u bytes in a tag that has room for %d", path_of(in),
                     out->size, PACKED_BYTES);
    return MIXUP_OK;
}

/* Passes over the padding behind a part; the last one of a matrix may lack it. */
static mixup_status align(matrix *in, const part *of) {
    uint8_t padding[ALIGNMENT];
    const size_t beyond = of->packed ? 0 : of->size % ALIGNMENT;
    if (beyond == 0 || in->left == 0)
        return MIXUP_OK;
    return take_part_of(in, padding, ALIGNMENT - beyond);
}

/* A short part into `data`, which has room for `limit` bytes. */
static mixup_status take_part(matrix *in, const part *of, void *data, size_t limit) {
    if (of->size > limit)
        return error(MIXUP_ERROR_FORMAT, "%s: a part of %u bytes where at most %zu make sense", path_of(in),
                     of->size, limit);
    if (of->packed)
        memcpy(data, of->bytes, of->size);
    else
        MIXUP_TRY(take_part_of(in, data, of->size));
    return align(in, of);
}

static mixup_status refuse_header(const matrix *in, const char *what) {
    return error(MIXUP_ERROR_FORMAT, "%s: a variable with malformed %s", path_of(in), what);
}

static mixup_status read_flags(matrix *in) {
    uint8_t flags[8];
    part next;
    MIXUP_TRY(next_part(in, &next));
    if (next.type != TYPE_UINT32 || next.size != sizeof flags || next.packed)
        return refuse_header(in, "flags");
    MIXUP_TRY(take_part(in, &next, flags, sizeof flags));
    in->flags = number_at(flags);
    return MIXUP_OK;
}

static mixup_status read_sizes(matrix *in) {
    uint8_t sizes[4 * MAX_SIZES] = {0};
    part next;
    MIXUP_TRY(next_part(in, &next));
    if (next.type != TYPE_INT32 || next.size % 4 != 0 || next.size < 8)
        return refuse_header(in, "sizes");
    MIXUP_TRY(take_part(in, &next, sizes, sizeof sizes));
    in->rank = next.size / 4;
    for (size_t i = 0; i < in->rank; i++) {
        in->sizes[i] = number_at(sizes + 4 * i);
        if (in->sizes[i] > INT32_MAX)
            return refuse_header(in, "sizes");
    }
    return MIXUP_OK;
}

static mixup_status read_name(matrix *in) {
    part next;
    MIXUP_TRY(next_part(in, &next));
    if (next.type != TYPE_INT8 && next.type != TYPE_UTF8)
        return refuse_header(in, "name");
    return take_part(in, &next, in->name, MAX_NAME); /* zeros follow */
}

static mixup_status read_header(matrix *in) {
    uint8_t tag[TAG_BYTES];
    if (in->from->packed) { /* the tag that a plain variable has in the file */
        MIXUP_TRY(mat_bytes_take(in->from, tag, sizeof tag));
        if (number_at(tag) != TYPE_MATRIX)
            return error(MIXUP_ERROR_FORMAT, "%s: a compressed variable holds no matrix", path_of(in));
        in->left = number_at(tag + 4);
    }
    MIXUP_TRY(read_flags(in));
    if ((in->flags & CLASS_MASK) == CLASS_OPAQUE)
        return MIXUP_OK; /* no name either that could be looked for */
    MIXUP_TRY(read_sizes(in));
    return read_name(in);
}

/* ---------------------------------------------------------------- elements */

/* Type and shape of what was found, and the number of its elements. */
static mixup_status describe(const matrix *in, mat_variable *out, size_t *count) {
    const uint32_t kind = in->flags & CLASS_MASK;
    if (kind >= MIXUP_COUNT(classes) || classes[kind].name == NULL)
        return error(MIXUP_ERROR_FORMAT, "%s: variable %s is of the unknown class %u", path_of(in), in->name,
                     kind);
    if (!classes[kind].numeric || (in->flags & FLAG_COMPLEX) != 0)
        return error(MIXUP_ERROR_UNSUPPORTED,
                     "%s: variable %s is %s%s; an array of real numbers (double, single, int8, uint8, int16, "
                     "uint16, int32 or int64) is needed",
                     path_of(in), in->name, (in->flags & FLAG_COMPLEX) != 0 ? "complex " : "",
                     classes[kind].name);
    if (in->rank > SHAPE_MAX_RANK)
        return error(MIXUP_ERROR_UNSUPPORTED, "%s: variable %s has %zu dimensions; at most %d can be read",
                     path_of(in), in->name, in->rank, SHAPE_MAX_RANK);
    *out = (mat_variable){.type = classes[kind].type, .shape = {.rank = in->rank}};
    *count = 1;
    for (size_t i = 0; i < in->rank; i++) {
        out->shape.sizes[i] = in->sizes[in->rank - 1 - i];
        if (out->shape.sizes[i] == 0)
            return error(MIXUP_ERROR_FORMAT, "%s: variable %s is empty", path_of(in), in->name);
        if (__builtin_mul_overflow(*count, out->shape.sizes[i], count))
            return error(MIXUP_ERROR_FORMAT, "%s: variable %s claims more elements than any file can hold",
                         path_of(in), in->name);
    }
    return MIXUP_OK;
}

/* MATLAB stores doubles and singles in the smallest type that has all their values. */
static mixup_status check_elements(const matrix *in, const mat_variable *what, size_t count,
                                   const part *elements, number_kind *stored) {
    *stored = elements->type < MIXUP_COUNT(stored_kinds) ? stored_kinds[elements->type] : (number_kind){0};
    const bool real = what->type == MIXUP_FLOAT64 || what->type == MIXUP_FLOAT32;
    if (stored->size == 0 || (stored->type != what->type && (!real || stored->size > type_size(what->type))))
        return error(MIXUP_ERROR_FORMAT, "%s: variable %s is %s, but its elements are stored as type %u",
                     path_of(in), in->name, type_name(what->type), elements->type);
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, stored->size, &bytes) || bytes != elements->size)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: variable %s has %u bytes of elements for %zu elements of %zu bytes", path_of(in),
                     in->name, elements->size, count, stored->size);
    const uint64_t most = mat_bytes_limit(in->from);
    if (!elements->packed && (bytes > in->left || bytes > most))
        return error(MIXUP_ERROR_FORMAT,
                     "%s: variable %s claims %zu bytes of elements, more than its part of the file holds",
                     path_of(in), in->name, bytes);
    return MIXUP_OK;
}

/* `count` elements as they are stored, from `bytes` to what->type, which is double or single. */
static void widen(const mat_variable *what, const number_kind *stored, const uint8_t *bytes, size_t count,
                  char *to) {
    for (size_t i = 0; i < count; i++) {
        const double value = stored->type == MIXUP_TYPE_COUNT ? (double)number_at(bytes + 4 * i)
                                                              : array_element(stored->type, bytes, i);
        const float narrow = (float)value;
        if (what->type == MIXUP_FLOAT64)
            memcpy(to + i * sizeof value, &value, sizeof value);
        else
            memcpy(to + i * sizeof narrow, &narrow, sizeof narrow);
    }
}

static mixup_status read_elements(matrix *in, const mat_variable *what, size_t count, const part *elements,
                                  const number_kind *stored, char *data) {
    _Alignas(8) uint8_t piece[MAT_PIECE];
    const bool direct = stored->type == what->type;
    for (size_t done = 0; done < count;) {
        const size_t limit = MAT_PIECE / stored->size;
        const size_t now = direct ? count : count - done < limit ? count - done : limit;
        void *to = direct ? (void *)data : piece;
        if (elements->packed)
            memcpy(to, elements->bytes, elements->size); /* all of them: 4 bytes at most */
        else
            MIXUP_TRY(take_part_of(in, to, now * stored->size));
        if (!direct)
            widen(what, stored, piece, now, data + done * type_size(what->type));
        done += now;
    }
    MIXUP_TRY(align(in, elements));
    if (in->left > 0)
        return error(MIXUP_ERROR_FORMAT, "%s: variable %s has bytes behind its elements", path_of(in),
                     in->name);
    return mat_bytes_finish(in->from);
}

static mixup_status take_variable(matrix *in, search *wanted) {
    mat_variable variable;
    size_t count = 0;
    part elements;
    number_kind stored;
    if (wanted->found)
        return error(MIXUP_ERROR_FORMAT, "%s: variable %s is there twice", path_of(in), wanted->name);
    MIXUP_TRY(describe(in, &variable, &count));
    MIXUP_TRY(next_part(in, &elements));
    MIXUP_TRY(check_elements(in, &variable, count, &elements, &stored));
    wanted->found = true;
    if (wanted->data == NULL) {
        wanted->variable = variable;
        return MIXUP_OK;
    }
    if (variable.type != wanted->variable.type || !shape_equal(&variable.shape, &wanted->variable.shape))
        return error(MIXUP_ERROR_IO, "%s: was changed while it was read", path_of(in));
    return read_elements(in, &variable, count, &elements, &stored, wanted->data);
}

/* ---------------------------------------------------------------- the file */

static mixup_status read_variable(mat_bytes *from, search *wanted) {
    matrix in = {.from = from, .left = from->left};
    MIXUP_TRY(read_header(&in));
    if (strcmp(in.name, wanted->name) == 0)
        MIXUP_TRY(take_variable(&in, wanted));
    return mat_bytes_skip(from);
}

/* The element behind the tag. */
static mixup_status read_element(reader *in, mat_bytes *from, const uint8_t tag[TAG_BYTES], search *wanted) {
    const uint32_t type = number_at(tag);
    const uint32_t size = number_at(tag + 4);
    if (type != TYPE_MATRIX && type != TYPE_COMPRESSED)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: an element of type %u at offset %" PRIu64 "; variables are of type %d or %d",
                     in->path, type, in->offset - TAG_BYTES, TYPE_MATRIX, TYPE_COMPRESSED);
    MIXUP_TRY(reader_expect(in, size));
    MIXUP_TRY(mat_bytes_open(from, in, size, type == TYPE_COMPRESSED));
    const mixup_status status = read_variable(from, wanted);
    mat_bytes_close(from);
    return status;
}

static mixup_status check_file_header(reader *in) {
    uint8_t header[HEADER_BYTES];
    MIXUP_TRY(reader_exact(in, header, sizeof header));
    const uint8_t *version = header + 124;
    const uint8_t *order = header + 126;
    if (memcmp(order, "MI", 2) == 0)
        return error(MIXUP_ERROR_UNSUPPORTED,
                     "%s: a MATLAB file of a big-endian machine; only little-endian ones can be read",
                     in->path);
    if (memcmp(order, "IM", 2) != 0)
        return error(MIXUP_ERROR_FORMAT, "%s: not a MATLAB file of version 5 (no IM at offset 126)",
                     in->path);
    if (version[0] == 0 && version[1] == 2)
        return error(MIXUP_ERROR_UNSUPPORTED, "%s: a MATLAB file of version 7.3 (HDF5); save it with -v7",
                     in->path);
    if (version[0] != 0 || version[1] != 1)
        return error(MIXUP_ERROR_FORMAT, "%s: a MATLAB file of the unknown version %u.%u", in->path,
                     version[1], version[0]);
    return MIXUP_OK;
}

static mixup_status read_elements_of(reader *in, search *wanted) {
    mat_bytes *from = NULL;
    MIXUP_TRY(check_file_header(in));
    MIXUP_TRY(MEMORY_NEW(&in->allocator, from, 1));
    mixup_status status = MIXUP_OK;
    while (status == MIXUP_OK) {
        bool at_end = false;
        uint8_t tag[TAG_BYTES];
        status = reader_at_end(in, &at_end);
        if (status != MIXUP_OK || at_end)
            break;
        status = reader_exact(in, tag, sizeof tag);
        if (status == MIXUP_OK)
            status = read_element(in, from, tag, wanted);
    }
    memory_release(&in->allocator, from);
    if (status == MIXUP_OK && !wanted->found)
        return error(MIXUP_ERROR_NOT_FOUND, "%s: holds no variable %s", in->path, wanted->name);
    return status;
}

static mixup_status look_for(const char *path, const mixup_allocator *allocator, search *wanted) {
    reader in;
    MIXUP_TRY(reader_open(&in, path, allocator));
    const mixup_status status = read_elements_of(&in, wanted);
    reader_close(&in);
    return status;
}

mixup_status mat_find(const char *path, const char *name, const mixup_allocator *allocator,
                      mat_variable *out) {
    search wanted = {.name = name};
    MIXUP_TRY(look_for(path, allocator, &wanted));
    *out = wanted.variable;
    return MIXUP_OK;
}

mixup_status mat_read(const char *path, const char *name, const mixup_allocator *allocator,
                      const mat_variable *expected, void *data) {
    search wanted = {.name = name, .variable = *expected, .data = data};
    return look_for(path, allocator, &wanted);
}
