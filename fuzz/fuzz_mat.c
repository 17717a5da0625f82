/* fuzz_mat: any bytes as a MATLAB file; what is read must be readable to its last element. */
#include "format/mat.h"
#include "memory_file.h"
#include "tensor/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"X", "y", "f8"};
    const mixup_allocator allocator = memory_allocator(NULL);
    memory_file file;
    memory_file_open(&file, data, size);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        mat_variable is;
        if (mat_find(file.path, names[i], NULL, &is) != MIXUP_OK)
            continue;
        const size_t count = shape_count(&is.shape);
        void *elements = memory_allocate(&allocator, count, type_size(is.type));
        if (is.shape.rank < 2 || count == 0)
            abort();
        if (elements != NULL && mat_read(file.path, names[i], NULL, &is, elements) == MIXUP_OK)
            (void)array_element(is.type, elements, count - 1);
        memory_release(&allocator, elements);
    }
    memory_file_close(&file);
    return 0;
}
