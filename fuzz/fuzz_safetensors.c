/* fuzz_safetensors: any bytes as safetensors file; every tensor that is read must be whole, aligned and
 * found. */
#include "format/safetensors.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file in;
    memory_file_open(&in, data, size);
    safetensors *file = NULL;
    if (safetensors_read(&file, in.path, 0, NULL) == MIXUP_OK) {
        for (size_t i = 0; i < safetensors_count(file); i++) {
            const safetensors_entry *entry = safetensors_at(file, i);
            if (safetensors_find(file, entry->name) != entry ||
                (uintptr_t)entry->data % MEMORY_ALIGNMENT != 0)
                abort();
            (void)array_element(entry->type, entry->data, shape_count(&entry->shape) - 1);
        }
        (void)safetensors_metadata(file, "network");
        safetensors_destroy(file);
    }
    memory_file_close(&in);
    return 0;
}
