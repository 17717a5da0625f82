/* fuzz_network: any bytes as the JSON of a network in a model file. A network that is accepted must be so
 * again as it is written, and be written the same. No values are made: only shapes, which may be as large as
 * they claim. */
#include "memory_file.h"
#include "train/network_json.h"

#include <string.h>

/* The JSON of the network of which `json` speaks, in `out`; false where it is none. */
static bool rewrite(const char *json, text *out) {
    const mixup_allocator allocator = memory_allocator(NULL);
    network_description description;
    graph *network = NULL;
    if (network_from_json(json, NULL, 0, &allocator, &description) != MIXUP_OK)
        return false;
    const mixup_status status =
        graph_create(&network, description.input, description.layers, description.layer_count, &allocator);
    network_description_clear(&description);
    if (status != MIXUP_OK)
        return false;
    if (network_to_json(network, out) != MIXUP_OK)
        abort();
    graph_destroy(network);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const mixup_allocator allocator = memory_allocator(NULL);
    text given;
    text once;
    text twice;
    text_init(&given, &allocator);
    text_init(&once, &allocator);
    text_init(&twice, &allocator);
    text_append(&given, (const char *)data, size);
    if (given.data != NULL && rewrite(given.data, &once) &&
        (!rewrite(once.data, &twice) || strcmp(once.data, twice.data) != 0)) {
        fprintf(stderr, "%s\n%s\n%s\n", mixup_last_error(), once.data, twice.data != NULL ? twice.data : "");
        abort();
    }
    text_clear(&given);
    text_clear(&once);
    text_clear(&twice);
    return 0;
}
