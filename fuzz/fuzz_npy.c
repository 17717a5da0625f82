/* fuzz_npy: any bytes as NPY file; what is read must be readable to its last element, and be the same row by
 * row from the file. */
#include "format/npy.h"
#include "memory_file.h"

#include <string.h>

static void check_rows(const char *path, const array *whole) {
    array_place place;
    array_file file;
    if (npy_locate(path, NULL, &place) != MIXUP_OK || place.type != whole->type ||
        !shape_equal(&place.shape, &whole->shape))
        abort();
    if (place.streamed || array_file_open(&file, path, &place, NULL) != MIXUP_OK)
        return;
    char *row = malloc(file.row_bytes);
    for (size_t i = 0; i < place.shape.sizes[0]; i++)
        if (row == NULL || array_file_row(&file, i, row) != MIXUP_OK ||
            memcmp(row, (const char *)whole->data + i * file.row_bytes, file.row_bytes) != 0)
            abort();
    free(row);
    array_file_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file;
    memory_file_open(&file, data, size);
    array out = {0};
    if (npy_read(file.path, 0, NULL, &out) == MIXUP_OK) {
        if (out.shape.rank == 0 || shape_count(&out.shape) == 0)
            abort();
        (void)array_element(out.type, out.data, shape_count(&out.shape) - 1);
        check_rows(file.path, &out);
        array_clear(&out, NULL);
    }
    memory_file_close(&file);
    return 0;
}
