/* format/array_file: see array_file.h. */
#include "format/array_file.h"

#include "base/file.h"

#include <inttypes.h>

void array_swap(void *data, size_t count, size_t size) {
    for (size_t i = 0; i < count; i++) {
        unsigned char *element = (unsigned char *)data + i * size;
        for (size_t low = 0, high = size - 1; low < high; low++, high--) {
            const unsigned char byte = element[low];
            element[low] = element[high];
            element[high] = byte;
        }
    }
}

mixup_status array_place_behind(const reader *in, mixup_type type, const shape *of, bool swapped,
                                array_place *out) {
    array_place place = {.type = type,
                         .shape = *of,
                         .bytes = type_size(type),
                         .offset = in->offset,
                         .streamed = in->packed || in->limit == UINT64_MAX,
                         .swapped = swapped};
    for (size_t i = 0; i < of->rank; i++)
        if (__builtin_mul_overflow(place.bytes, of->sizes[i], &place.bytes))
            return error(MIXUP_ERROR_FORMAT, "%s: claims more bytes than any file can hold", in->path);
    MIXUP_TRY(reader_expect(in, place.bytes));
    if (!place.streamed && in->limit - in->offset > place.bytes)
        return error(MIXUP_ERROR_FORMAT, "%s: further bytes follow the array, which ends at offset %" PRIu64,
                     in->path, in->offset + place.bytes);
    *out = place;
    return MIXUP_OK;
}

mixup_status array_file_open(array_file *out, const char *path, const array_place *place,
                             const mixup_allocator *allocator) {
    array_file result = {.allocator = memory_allocator(allocator), .place = *place};
    result.path = memory_copy_text(&result.allocator, path);
    if (result.path == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status = file_open(path, &result.descriptor);
    if (status != MIXUP_OK) {
        memory_release(&result.allocator, result.path);
        return status;
    }
    result.row_bytes = place->bytes / place->shape.sizes[0];
    *out = result;
    return MIXUP_OK;
}

void array_file_close(array_file *in) {
    file_close(in->descriptor);
    memory_release(&in->allocator, in->path);
}

mixup_status array_file_row(const array_file *in, size_t row, void *data) {
    const size_t size = type_size(in->place.type);
    MIXUP_TRY(file_read_at(in->descriptor, in->path, in->place.offset + (uint64_t)row * in->row_bytes, data,
                           in->row_bytes));
    if (in->place.swapped)
        array_swap(data, in->row_bytes / size, size);
    return MIXUP_OK;
}
