/* fuzz_idx: any bytes as IDX file; what is read must be readable to its last element. */
#include "format/idx.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file;
    memory_file_open(&file, data, size);
    array out = {0};
    if (idx_read(file.path, 0, NULL, &out) == MIXUP_OK) {
        if (out.shape.rank == 0 || shape_count(&out.shape) == 0)
            abort();
        (void)array_element(out.type, out.data, shape_count(&out.shape) - 1);
        array_clear(&out, NULL);
    }
    memory_file_close(&file);
    return 0;
}
