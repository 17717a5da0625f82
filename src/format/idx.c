/* format/idx: see idx.h. */
#include "format/idx.h"

#include "base/file.h"
#include "format/reader.h"

#include <string.h>

/* IDX's type bytes. */
static const struct {
    uint8_t code;
    mixup_type type;
} idx_types[] = {
    {0x08, MIXUP_UINT8}, {0x09, MIXUP_INT8},    {0x0B, MIXUP_INT16},
    {0x0C, MIXUP_INT32}, {0x0D, MIXUP_FLOAT32}, {0x0E, MIXUP_FLOAT64},
};

/* Fills type and shape of `out`, and `bytes`, the size of the elements. */
static mixup_status read_header(reader *in, array *out, size_t *bytes) {
    uint8_t magic[4];
    MIXUP_TRY(reader_exact(in, magic, sizeof magic));
    if (magic[0] != 0 || magic[1] != 0)
        return error(MIXUP_ERROR_FORMAT, "%s: not an IDX file (starts with %02x %02x, expected 00 00)",
                     in->path, magic[0], magic[1]);
    size_t found = 0;
    while (found < MIXUP_COUNT(idx_types) && idx_types[found].code != magic[2])
        found++;
    if (found == MIXUP_COUNT(idx_types))
        return error(MIXUP_ERROR_FORMAT, "%s: IDX element type %02x does not exist (08, 09, 0b to 0e do)",
                     in->path, magic[2]);
    if (magic[3] < 1 || magic[3] > SHAPE_MAX_RANK)
        return error(MIXUP_ERROR_FORMAT, "%s: %u dimensions; 1 to %d can be read", in->path, magic[3],
                     SHAPE_MAX_RANK);
    out->type = idx_types[found].type;
    out->shape.rank = magic[3];
    size_t total = type_size(out->type);
    for (size_t i = 0; i < out->shape.rank; i++) {
        uint8_t size[4];
        MIXUP_TRY(reader_exact(in, size, sizeof size));
        out->shape.sizes[i] =
            (size_t)size[0] << 24 | (size_t)size[1] << 16 | (size_t)size[2] << 8 | (size_t)size[3];
        if (out->shape.sizes[i] == 0)
            return error(MIXUP_ERROR_FORMAT, "%s: dimension %zu has the size 0", in->path, i);
        if (__builtin_mul_overflow(total, out->shape.sizes[i], &total))
            return error(MIXUP_ERROR_FORMAT, "%s: claims more bytes than any file can hold", in->path);
    }
    *bytes = total;
    return MIXUP_OK;
}

static mixup_status read_array(reader *in, array *out) {
    size_t bytes = 0;
    MIXUP_TRY(read_header(in, out, &bytes));
    MIXUP_TRY(reader_block(in, bytes, &out->data));
    const mixup_status status = reader_finish(in, "the array");
    if (status != MIXUP_OK) {
        array_clear(out, &in->allocator);
        return status;
    }
    const size_t size = type_size(out->type);
    if (size > 1)
        array_swap(out->data, bytes / size, size);
    return MIXUP_OK;
}

mixup_status idx_locate(const char *path, const mixup_allocator *allocator, array_place *out) {
    reader in;
    array header = {0};
    size_t bytes = 0;
    MIXUP_TRY(reader_open(&in, path, allocator));
    mixup_status status = read_header(&in, &header, &bytes);
    if (status == MIXUP_OK)
        status = array_place_behind(&in, header.type, &header.shape, true, out);
    reader_close(&in);
    return status;
}

mixup_status idx_read(const char *path, size_t threads, const mixup_allocator *allocator, array *out) {
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

/* The bytes in front of the elements; MAX_HEADER at most. */
enum { MAX_HEADER = 4 + 4 * SHAPE_MAX_RANK };

static mixup_status make_header(const char *path, const array *in, uint8_t header[MAX_HEADER],
                                size_t *length) {
    size_t found = 0;
    while (found < MIXUP_COUNT(idx_types) && idx_types[found].type != in->type)
        found++;
    if (found == MIXUP_COUNT(idx_types))
        return error(MIXUP_ERROR_UNSUPPORTED, "%s: an IDX file cannot hold %s", path, type_name(in->type));
    header[2] = idx_types[found].code;
    header[3] = (uint8_t)in->shape.rank;
    for (size_t i = 0; i < in->shape.rank; i++) {
        const size_t size = in->shape.sizes[i];
        if (size > UINT32_MAX)
            return error(MIXUP_ERROR_UNSUPPORTED, "%s: dimension %zu is %zu; an IDX file allows up to %u",
                         path, i, size, UINT32_MAX);
        for (size_t byte = 0; byte < 4; byte++)
            header[4 + 4 * i + byte] = (uint8_t)(size >> (24 - 8 * byte));
    }
    *length = 4 + 4 * in->shape.rank;
    return MIXUP_OK;
}

static mixup_status write_elements(file_writer *out, const array *in) {
    unsigned char piece[4096];
    const size_t size = type_size(in->type);
    const size_t count = shape_count(&in->shape);
    const size_t limit = sizeof piece / size;
    for (size_t done = 0; done < count;) {
        const size_t now = count - done < limit ? count - done : limit;
        memcpy(piece, (const char *)in->data + done * size, now * size);
        array_swap(piece, now, size);
        MIXUP_TRY(file_write(out, piece, now * size));
        done += now;
    }
    return MIXUP_OK;
}

mixup_status idx_write(const char *path, const array *in, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    uint8_t header[MAX_HEADER] = {0};
    size_t length = 0;
    MIXUP_TRY(make_header(path, in, header, &length));
    file_writer out;
    MIXUP_TRY(file_create(&out, path, &hooks));
    MIXUP_TRY(file_write(&out, header, length));
    MIXUP_TRY(write_elements(&out, in));
    return file_commit(&out);
}
