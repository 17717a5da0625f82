/* fuzz_preprocess: any bytes as the JSON of a preprocessing in a model file. What is accepted must be
 * accepted again as it is written, and be written the same; and it prepares a sample. */
#include "data/preprocess.h"
#include "memory_file.h"

#include <string.h>

enum { MOST_FEATURES = 1 << 16 };

static void prepare_sample(const mixup_preprocess *preprocess) {
    const size_t features = preprocess->features;
    if (features > MOST_FEATURES)
        return;
    float *values = calloc(features, sizeof *values);
    if (values == NULL || mixup_preprocess_inputs(preprocess, 1, values) != MIXUP_OK)
        abort();
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const mixup_allocator allocator = memory_allocator(NULL);
    mixup_preprocess *read = NULL;
    mixup_preprocess *again = NULL;
    text once;
    text twice;
    text_init(&once, &allocator);
    text_init(&twice, &allocator);
    text_append(&once, (const char *)data, size);
    if (once.data != NULL && preprocess_from_json(once.data, &allocator, &read) == MIXUP_OK) {
        prepare_sample(read);
        text_clear(&once);
        text_init(&once, &allocator);
        if (preprocess_to_json(read, &once) != MIXUP_OK ||
            preprocess_from_json(once.data, &allocator, &again) != MIXUP_OK ||
            preprocess_to_json(again, &twice) != MIXUP_OK || strcmp(once.data, twice.data) != 0) {
            fprintf(stderr, "%s\n%s\n", mixup_last_error(), once.data != NULL ? once.data : "");
            abort();
        }
    }
    preprocess_destroy(read);
    preprocess_destroy(again);
    text_clear(&once);
    text_clear(&twice);
    return 0;
}
