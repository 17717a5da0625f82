/* train/network_json: a network as JSON, in the metadata of model files, and back. */
#ifndef TRAIN_NETWORK_JSON_H
#define TRAIN_NETWORK_JSON_H

#include "base/text.h"
#include "graph/graph.h"

/* One line: {"input": [..], "layers": [{"op": "dense", "units": 10, ...}, ...]}; fields at zero are left out.
 */
mixup_status network_to_json(const graph *network, text *out);

/* Layer descriptions that own their strings. */
typedef struct network_description {
    mixup_allocator allocator;
    size_t input[MIXUP_MAX_RANK];
    mixup_layer *layers;
    size_t layer_count;
} network_description;

/* Custom layers get their functions from `customs`, by kind. */
mixup_status network_from_json(const char *json, const mixup_custom *const *customs, size_t custom_count,
                               const mixup_allocator *allocator, network_description *out);
void network_description_clear(network_description *description);

#endif
