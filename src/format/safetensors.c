/* format/safetensors: the file in memory and how it is read; safetensors_write.c writes.
 *
 * The header promises, the data must keep it: every offset is checked against the others and against the file
 * before a tensor is read. Each tensor gets a block of its own, so that it is aligned whatever stands before
 * it in the file. */
#include "format/safetensors.h"

#include "format/reader.h"
#include "format/safetensors_types.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct tensor {
    safetensors_entry entry;
    char *name;
    void *data;
    size_t begin, end; /* bytes into the data, from the header */
} tensor;

struct safetensors {
    mixup_allocator allocator;
    char *path;
    tensor *tensors; /* [count] by `begin` */
    size_t count;
    safetensors_text *metadata; /* [metadata_count] both texts owned */
    size_t metadata_count;
};

/* Copies that are released through pointers to const. */
static void release_text(const mixup_allocator *allocator, const char *text) {
    memory_release(allocator, (void *)(uintptr_t)text);
}

void safetensors_destroy(safetensors *in) {
    if (in == NULL)
        return;
    const mixup_allocator allocator = in->allocator;
    for (size_t i = 0; in->tensors != NULL && i < in->count; i++) {
        memory_release(&allocator, in->tensors[i].name);
        memory_release(&allocator, in->tensors[i].data);
    }
    for (size_t i = 0; in->metadata != NULL && i < in->metadata_count; i++) {
        release_text(&allocator, in->metadata[i].key);
        release_text(&allocator, in->metadata[i].value);
    }
    memory_release(&allocator, in->tensors);
    memory_release(&allocator, in->metadata);
    memory_release(&allocator, in->path);
    memory_release(&allocator, in);
}

/* ---------------------------------------------------------------- header */

static mixup_status read_type(const safetensors *file, const char *name, const json_t *value,
                              mixup_type *out) {
    const char *code = json_string_value(value);
    if (code == NULL)
        return error(MIXUP_ERROR_FORMAT, "%s: tensor '%s': 'dtype' must be a string", file->path, name);
    for (size_t i = 0; i < MIXUP_TYPE_COUNT; i++)
        if (strcmp(code, safetensors_type_codes[i]) == 0) {
            *out = (mixup_type)i;
            return MIXUP_OK;
        }
    return error(MIXUP_ERROR_UNSUPPORTED,
                 "%s: tensor '%s': element type '%s' is not supported; convert it to F32 or F16 first",
                 file->path, name, code);
}

/* A JSON integer ≥ 0. */
static bool read_size(const json_t *value, size_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static mixup_status read_shape(const safetensors *file, const char *name, const json_t *value, shape *out) {
    if (!json_is_array(value))
        return error(MIXUP_ERROR_FORMAT, "%s: tensor '%s': 'shape' must be a list", file->path, name);
    const size_t rank = json_array_size(value);
    if (rank > SHAPE_MAX_RANK)
        return error(MIXUP_ERROR_UNSUPPORTED, "%s: tensor '%s' has %zu dimensions; at most %d are supported",
                     file->path, name, rank, SHAPE_MAX_RANK);
    shape result = {.rank = rank};
    for (size_t i = 0; i < rank; i++) {
        if (!read_size(json_array_get(value, i), &result.sizes[i]))
            return error(MIXUP_ERROR_FORMAT, "%s: tensor '%s': size %zu of 'shape' must be an integer ≥ 0",
                         file->path, name, i);
        if (result.sizes[i] == 0)
            return error(MIXUP_ERROR_UNSUPPORTED, "%s: tensor '%s' is empty (dimension %zu is 0)", file->path,
                         name, i);
    }
    *out = rank == 0 ? (shape){.rank = 1, .sizes = {1}} : result;
    return MIXUP_OK;
}

static mixup_status read_offsets(const safetensors *file, const char *name, const json_t *value,
                                 tensor *out) {
    if (json_array_size(value) != 2 || !read_size(json_array_get(value, 0), &out->begin) ||
        !read_size(json_array_get(value, 1), &out->end) || out->begin > out->end)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: tensor '%s': 'data_offsets' must be [begin, end] with 0 ≤ begin ≤ end", file->path,
                     name);
    size_t bytes = type_size(out->entry.type);
    for (size_t i = 0; i < out->entry.shape.rank; i++)
        if (__builtin_mul_overflow(bytes, out->entry.shape.sizes[i], &bytes))
            bytes = SIZE_MAX; /* fits no offsets: both are below 2^63 */
    if (out->end - out->begin != bytes)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: tensor '%s': %s %s takes %zu bytes, but its data_offsets span %zu", file->path,
                     name, type_name(out->entry.type), shape_to_text(&out->entry.shape).text, bytes,
                     out->end - out->begin);
    return MIXUP_OK;
}

static mixup_status read_entry(safetensors *file, const char *name, const json_t *value) {
    if (!json_is_object(value))
        return error(MIXUP_ERROR_FORMAT, "%s: tensor '%s' must be described by a JSON object", file->path,
                     name);
    tensor *out = &file->tensors[file->count];
    MIXUP_TRY(read_type(file, name, json_object_get(value, "dtype"), &out->entry.type));
    MIXUP_TRY(read_shape(file, name, json_object_get(value, "shape"), &out->entry.shape));
    MIXUP_TRY(read_offsets(file, name, json_object_get(value, "data_offsets"), out));
    out->name = memory_copy_text(&file->allocator, name);
    if (out->name == NULL)
        return MIXUP_ERROR_MEMORY;
    out->entry.name = out->name;
    file->count++;
    return MIXUP_OK;
}

static mixup_status read_metadata(safetensors *file, json_t *value) {
    if (!json_is_object(value))
        return error(MIXUP_ERROR_FORMAT, "%s: '__metadata__' must be a JSON object", file->path);
    MIXUP_TRY(MEMORY_NEW(&file->allocator, file->metadata, json_object_size(value)));
    const char *key = NULL;
    json_t *item = NULL;
    json_object_foreach(value, key, item) {
        if (!json_is_string(item))
            return error(MIXUP_ERROR_FORMAT, "%s: '%s' in '__metadata__' must be a string", file->path, key);
        safetensors_text *out = &file->metadata[file->metadata_count++];
        out->key = memory_copy_text(&file->allocator, key);
        out->value = memory_copy_text(&file->allocator, json_string_value(item));
        if (out->key == NULL || out->value == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    return MIXUP_OK;
}

static mixup_status read_object(safetensors *file, json_t *header) {
    if (!json_is_object(header))
        return error(MIXUP_ERROR_FORMAT, "%s: the header must be a JSON object", file->path);
    MIXUP_TRY(MEMORY_NEW(&file->allocator, file->tensors, json_object_size(header)));
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(header, name, value) {
        if (strcmp(name, "__metadata__") == 0)
            MIXUP_TRY(read_metadata(file, value));
        else
            MIXUP_TRY(read_entry(file, name, value));
    }
    return MIXUP_OK;
}

static mixup_status parse_header(safetensors *file, const char *text, size_t length) {
    if (length == 0 || text[0] != '{')
        return error(MIXUP_ERROR_FORMAT, "%s: not a safetensors file (the header does not begin with '{')",
                     file->path);
    json_error_t problem;
    json_t *header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
    if (header == NULL && json_error_code(&problem) == json_error_out_of_memory)
        return error(MIXUP_ERROR_MEMORY, "%s: out of memory while reading the header", file->path);
    if (header == NULL)
        return error(MIXUP_ERROR_FORMAT, "%s: the header is not valid JSON at its byte %d: %s", file->path,
                     problem.position, problem.text);
    const mixup_status status = read_object(file, header);
    json_decref(header);
    return status;
}

static mixup_status read_header(safetensors *file, reader *in) {
    unsigned char start[8];
    MIXUP_TRY(reader_exact(in, start, sizeof start));
    uint64_t length = 0;
    for (size_t i = 0; i < sizeof start; i++)
        length |= (uint64_t)start[i] << (8 * i);
    if (length > SAFETENSORS_MAX_HEADER)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: not a safetensors file (it claims a header of %llu bytes; at most %d are allowed)",
                     in->path, (unsigned long long)length, SAFETENSORS_MAX_HEADER);
    void *text = NULL;
    MIXUP_TRY(reader_block(in, (size_t)length, &text));
    const mixup_status status = parse_header(file, text, (size_t)length);
    memory_release(&in->allocator, text);
    return status;
}

/* ---------------------------------------------------------------- data */

static int compare_begin(const void *a, const void *b) {
    const size_t begin_a = ((const tensor *)a)->begin;
    const size_t begin_b = ((const tensor *)b)->begin;
    return (begin_a > begin_b) - (begin_a < begin_b);
}

/* Sorts the tensors by place; they must touch one another, so that no byte is shared or unused. */
static mixup_status check_places(safetensors *file) {
    if (file->count > 1)
        qsort(file->tensors, file->count, sizeof file->tensors[0], compare_begin);
    size_t end = 0;
    for (size_t i = 0; i < file->count; i++) {
        const tensor *here = &file->tensors[i];
        if (here->begin != end)
            return error(MIXUP_ERROR_FORMAT,
                         "%s: tensor '%s' begins at byte %zu of the data, where %zu was expected (%s)",
                         file->path, here->name, here->begin, end,
                         here->begin < end ? "tensors overlap" : "a hole between tensors");
        end = here->end;
    }
    return MIXUP_OK;
}

static mixup_status read_data(safetensors *file, reader *in) {
    if (file->count > 0)
        MIXUP_TRY(reader_expect(in, file->tensors[file->count - 1].end));
    for (size_t i = 0; i < file->count; i++) {
        tensor *here = &file->tensors[i];
        const mixup_status status = reader_block(in, here->end - here->begin, &here->data);
        if (status != MIXUP_OK)
            return status;
        here->entry.data = here->data;
    }
    return reader_finish(in, "the last tensor");
}

static mixup_status read_file(safetensors *file, reader *in) {
    file->path = memory_copy_text(&file->allocator, in->path);
    if (file->path == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(read_header(file, in));
    MIXUP_TRY(check_places(file));
    return read_data(file, in);
}

mixup_status safetensors_read(safetensors **out, const char *path, size_t threads,
                              const mixup_allocator *allocator) {
    reader in;
    MIXUP_TRY(reader_open(&in, path, allocator));
    in.threads = threads;
    safetensors *file = NULL;
    mixup_status status = MEMORY_NEW(&in.allocator, file, 1);
    if (status == MIXUP_OK) {
        file->allocator = in.allocator;
        status = read_file(file, &in);
    }
    reader_close(&in);
    if (status != MIXUP_OK) {
        safetensors_destroy(file);
        return status;
    }
    *out = file;
    return MIXUP_OK;
}

size_t safetensors_count(const safetensors *in) {
    return in->count;
}

const safetensors_entry *safetensors_at(const safetensors *in, size_t index) {
    return &in->tensors[index].entry;
}

const safetensors_entry *safetensors_find(const safetensors *in, const char *name) {
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(in->tensors[i].name, name) == 0)
            return &in->tensors[i].entry;
    return NULL;
}

const char *safetensors_metadata(const safetensors *in, const char *key) {
    for (size_t i = 0; i < in->metadata_count; i++)
        if (strcmp(in->metadata[i].key, key) == 0)
            return in->metadata[i].value;
    return NULL;
}
