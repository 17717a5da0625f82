/* fuzz_cifar: any bytes as a file of either kind, and as a file of class names. */
#include "format/cifar.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file;
    memory_file_open(&file, data, size);
    const char *path = file.path;
    for (int kind = CIFAR_10; kind <= CIFAR_100_COARSE; kind++) {
        cifar out = {0};
        if (cifar_read(&path, 1, (cifar_kind)kind, NULL, &out) == MIXUP_OK) {
            for (size_t i = 0; i < out.count; i++)
                if ((size_t)out.labels[i] >= cifar_class_count((cifar_kind)kind))
                    abort();
            (void)*(volatile uint8_t *)(out.images + out.count * CIFAR_PIXELS - 1);
            cifar_clear(&out, NULL);
        }
        const char *names[100];
        char *block = NULL;
        const mixup_allocator allocator = memory_allocator(NULL);
        if (cifar_read_names(path, (cifar_kind)kind, NULL, names, &block) == MIXUP_OK)
            memory_release(&allocator, block);
    }
    memory_file_close(&file);
    return 0;
}
