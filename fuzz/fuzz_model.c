/* fuzz_model: any bytes as a model file; a model that loads must find all its parameters, and predict.
 *
 * Memory is limited: a small file may speak of a network that takes terabytes, and must then fail like any
 * other for which memory runs out. */
#include "memory_file.h"
#include "mixup.h"

enum { MOST_BYTES = 1 << 24 };

static void *allocate(size_t size, void *user) {
    (void)user;
    return size > MOST_BYTES ? NULL : malloc(size);
}

static void release(void *pointer, void *user) {
    (void)user;
    free(pointer);
}

static const mixup_allocator limited = {.allocate = allocate, .release = release};

static size_t elements(const size_t shape[MIXUP_MAX_RANK]) {
    size_t count = 1;
    for (size_t i = 0; i < MIXUP_MAX_RANK && shape[i] > 0; i++)
        count *= shape[i];
    return count;
}

static void predict(mixup_model *model) {
    size_t input[MIXUP_MAX_RANK];
    size_t output[MIXUP_MAX_RANK];
    mixup_model_input_shape(model, input);
    mixup_model_output_shape(model, output);
    float *inputs = calloc(elements(input), sizeof *inputs);
    float *outputs = calloc(elements(output), sizeof *outputs);
    if (inputs != NULL && outputs != NULL)
        (void)mixup_predict(model, 1, inputs, outputs);
    free(inputs);
    free(outputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const mixup_load_desc desc = {.engine = MIXUP_ENGINE_REFERENCE, .threads = 1, .allocator = &limited};
    memory_file file;
    mixup_model *model = NULL;
    memory_file_open(&file, data, size);
    if (mixup_model_load(&model, file.path, &desc) == MIXUP_OK) {
        if (mixup_model_load_parameters(model, file.path, NULL) != MIXUP_OK)
            abort();
        predict(model);
        mixup_model_destroy(model);
    }
    memory_file_close(&file);
    return 0;
}
