/* data/image_reader: see image_reader.h. Reading one image touches nothing that another thread could. */
#include "data/image_reader.h"

#include "format/image.h"

typedef struct image_reader {
    sample_reader base;
    image_reader_parts parts;
} image_reader;

void image_bytes_release(image_bytes *bytes, size_t count, const mixup_allocator *allocator) {
    for (size_t i = 0; bytes != NULL && i < count; i++)
        memory_release(allocator, bytes[i].data);
    memory_release(allocator, bytes);
}

static mixup_status decode(const image_reader_parts *from, size_t sample, const char *data, size_t size,
                           uint8_t *row) {
    const mixup_allocator *allocator = &from->tree.allocator;
    image decoded = {0};
    MIXUP_TRY(image_decode(data, size, allocator, &decoded));
    const mixup_status status =
        image_fit(&decoded, from->channels, from->height, from->width, allocator, row);
    image_clear(&decoded, allocator);
    MIXUP_TRY(status);
    if (hash_row(row, from->channels * from->height * from->width) != from->hashes[sample])
        return error(MIXUP_ERROR_IO, "has changed since the data set was opened");
    return MIXUP_OK;
}

static mixup_status image_reader_read(const sample_reader *self, size_t sample, void *row) {
    const image_reader_parts *from = &((const image_reader *)(const void *)self)->parts;
    const mixup_allocator *allocator = &from->tree.allocator;
    image_bytes read = {0};
    const image_bytes *bytes = from->bytes != NULL ? &from->bytes[sample] : &read;
    mixup_status status = MIXUP_OK;
    if (from->bytes == NULL)
        status = image_tree_bytes(&from->tree, sample, allocator, &read.data, &read.size);
    if (status == MIXUP_OK) {
        status = decode(from, sample, bytes->data, bytes->size, row);
        if (status != MIXUP_OK)
            status = error_context(status, "%s: %s", from->tree.path, from->tree.entries[sample].path);
    }
    memory_release(allocator, read.data);
    return status;
}

static void image_reader_destroy(sample_reader *self) {
    image_reader *reader = (image_reader *)(void *)self;
    image_reader_parts *parts = &reader->parts;
    const mixup_allocator allocator = parts->tree.allocator;
    image_bytes_release(parts->bytes, parts->tree.count, &allocator);
    memory_release(&allocator, parts->hashes);
    image_tree_clear(&parts->tree);
    memory_release(&allocator, reader);
}

mixup_status image_reader_create(const image_reader_parts *parts, sample_reader **out) {
    image_reader *reader = NULL;
    MIXUP_TRY(MEMORY_NEW(&parts->tree.allocator, reader, 1));
    reader->parts = *parts;
    reader->base =
        (sample_reader){.read = image_reader_read, .destroy = image_reader_destroy, .hashes = parts->hashes};
    *out = &reader->base;
    return MIXUP_OK;
}
