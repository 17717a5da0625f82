/* format/safetensors_write: the header through jansson, which escapes names and keeps their order; then the
 * tensors one behind the other. */
#include "base/file.h"
#include "format/safetensors.h"
#include "format/safetensors_types.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *const safetensors_type_codes[MIXUP_TYPE_COUNT] = {
    [MIXUP_FLOAT32] = "F32", [MIXUP_UINT8] = "U8",   [MIXUP_INT8] = "I8",     [MIXUP_INT16] = "I16",
    [MIXUP_INT32] = "I32",   [MIXUP_INT64] = "I64",  [MIXUP_FLOAT64] = "F64", [MIXUP_BOOL] = "BOOL",
    [MIXUP_FLOAT16] = "F16", [MIXUP_UINT16] = "U16",
};

static mixup_status no_memory(const char *path) {
    return error(MIXUP_ERROR_MEMORY, "%s: out of memory while building the header", path);
}

/* A JSON string, or NULL with the error stored. */
static json_t *make_string(const char *path, const char *what, const char *text) {
    json_t *string = json_string(text);
    if (string == NULL)
        error(MIXUP_ERROR_ARGUMENT, "%s: %s is not valid UTF-8", path, what);
    return string;
}

static mixup_status add_metadata(const char *path, json_t *header, const safetensors_text *metadata,
                                 size_t count) {
    json_t *object = json_object();
    if (json_object_set_new(header, "__metadata__", object) != 0)
        return no_memory(path);
    for (size_t i = 0; i < count; i++) {
        if (json_object_get(object, metadata[i].key) != NULL)
            return error(MIXUP_ERROR_ARGUMENT, "%s: metadata key '%s' is given twice", path, metadata[i].key);
        json_t *value = make_string(path, metadata[i].key, metadata[i].value);
        if (value == NULL)
            return MIXUP_ERROR_ARGUMENT;
        if (json_object_set_new(object, metadata[i].key, value) != 0)
            return error(MIXUP_ERROR_ARGUMENT, "%s: a metadata key is not valid UTF-8", path);
    }
    return MIXUP_OK;
}

static json_t *make_shape(const shape *in) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < in->rank; i++)
        if (json_array_append_new(list, json_integer((json_int_t)in->sizes[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* Adds a tensor and moves `offset` behind its data. */
static mixup_status add_entry(const char *path, json_t *header, const safetensors_entry *entry,
                              size_t *offset) {
    const size_t size = type_size(entry->type);
    if (entry->name == NULL || size == 0 || entry->shape.rank > SHAPE_MAX_RANK)
        return error(MIXUP_ERROR_ARGUMENT, "%s: tensor '%s' needs a name, a type and a shape", path,
                     entry->name == NULL ? "" : entry->name);
    if (strcmp(entry->name, "__metadata__") == 0 || json_object_get(header, entry->name) != NULL)
        return error(MIXUP_ERROR_ARGUMENT, "%s: tensor name '%s' is %s", path, entry->name,
                     entry->name[0] == '_' && entry->name[1] == '_' ? "reserved" : "given twice");
    size_t end = 0;
    MIXUP_TRY(memory_product(shape_count(&entry->shape), size, &end));
    if (__builtin_add_overflow(end, *offset, &end) || end > INT64_MAX)
        return error(MIXUP_ERROR_ARGUMENT, "%s: more data than a file can hold", path);
    json_t *sizes = make_shape(&entry->shape);
    if (sizes == NULL)
        return no_memory(path);
    json_t *item = json_pack("{s:s, s:o, s:[I, I]}", "dtype", safetensors_type_codes[entry->type], "shape",
                             sizes, "data_offsets", (json_int_t)*offset, (json_int_t)end);
    if (item == NULL)
        return no_memory(path); /* json_pack has taken `sizes` along */
    if (json_object_set_new(header, entry->name, item) != 0)
        return error(MIXUP_ERROR_ARGUMENT, "%s: the name of a tensor is not valid UTF-8", path);
    *offset = end;
    return MIXUP_OK;
}

/* The header as text of jansson's, `length` bytes. */
static mixup_status make_header(const char *path, const safetensors_entry *entries, size_t count,
                                const safetensors_text *metadata, size_t metadata_count, char **text) {
    json_t *header = json_object();
    if (header == NULL)
        return no_memory(path);
    mixup_status status =
        metadata_count > 0 ? add_metadata(path, header, metadata, metadata_count) : MIXUP_OK;
    size_t offset = 0;
    for (size_t i = 0; status == MIXUP_OK && i < count; i++)
        status = add_entry(path, header, &entries[i], &offset);
    if (status == MIXUP_OK) {
        *text = json_dumps(header, JSON_COMPACT);
        if (*text == NULL)
            status = no_memory(path);
    }
    json_decref(header);
    return status;
}

static mixup_status write_entries(file_writer *out, const safetensors_entry *entries, size_t count,
                                  safetensors_source source, void *user) {
    for (size_t i = 0; i < count; i++) {
        const void *data = NULL;
        MIXUP_TRY(source(user, i, &data));
        MIXUP_TRY(file_write(out, data, shape_count(&entries[i].shape) * type_size(entries[i].type)));
    }
    return MIXUP_OK;
}

static mixup_status write_header(file_writer *out, const char *header, size_t length) {
    const size_t padding = (8 - length % 8) % 8;
    if (length + padding > SAFETENSORS_MAX_HEADER)
        return error(MIXUP_ERROR_ARGUMENT, "%s: the header takes %zu bytes; at most %d are allowed",
                     out->path, length + padding, SAFETENSORS_MAX_HEADER);
    const uint64_t padded = length + padding;
    unsigned char start[8];
    for (size_t i = 0; i < sizeof start; i++)
        start[i] = (unsigned char)(padded >> (8 * i));
    MIXUP_TRY(file_write(out, start, sizeof start));
    MIXUP_TRY(file_write(out, header, length));
    return file_write(out, "       ", padding);
}

mixup_status safetensors_write_from(const char *path, const safetensors_entry *entries, size_t count,
                                    const safetensors_text *metadata, size_t metadata_count,
                                    safetensors_source source, void *user, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    char *header = NULL;
    file_writer out;
    MIXUP_TRY(make_header(path, entries, count, metadata, metadata_count, &header));
    mixup_status status = file_create(&out, path, &hooks);
    if (status == MIXUP_OK)
        status = write_header(&out, header, strlen(header));
    if (status == MIXUP_OK)
        status = write_entries(&out, entries, count, source, user);
    free(header); /* jansson's, with its default functions */
    if (status == MIXUP_OK)
        return file_commit(&out);
    file_abandon(&out);
    return status;
}

static mixup_status own_data(void *user, size_t index, const void **data) {
    const safetensors_entry *entries = user;
    *data = entries[index].data;
    return MIXUP_OK;
}

mixup_status safetensors_write(const char *path, const safetensors_entry *entries, size_t count,
                               const safetensors_text *metadata, size_t metadata_count,
                               const mixup_allocator *allocator) {
    for (size_t i = 0; i < count; i++)
        if (entries[i].data == NULL)
            return error(MIXUP_ERROR_ARGUMENT, "%s: tensor %zu has no data", path, i);
    return safetensors_write_from(path, entries, count, metadata, metadata_count, own_data,
                                  (void *)(uintptr_t)entries, allocator);
}
