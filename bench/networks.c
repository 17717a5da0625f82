/* bench/networks: see networks.h. Widths of 0 in the table are filled in with what the caller asks for. */
#include "networks.h"

#include <string.h>

#define HIDDEN(count)                                                                                        \
    { .op = MIXUP_DENSE, .units = (count), .activation = MIXUP_LEAKY_RELU, .slope = 0.3f }
#define RELU(count)                                                                                          \
    { .op = MIXUP_DENSE, .units = (count), .activation = MIXUP_RELU }
#define CLASSES(count)                                                                                       \
    { .op = MIXUP_DENSE, .units = (count), .activation = MIXUP_SOFTMAX }
#define CONVOLUTION(count)                                                                                   \
    { .op = MIXUP_CONV2D, .filters = (count), .kernel = {3}, .padding = {1}, .activation = MIXUP_RELU }

static const network networks[] = {
    {.name = "bottleneck_2",
     .batch = 100,
     .input = {784},
     .layers = {HIDDEN(1024), HIDDEN(1024), HIDDEN(2), HIDDEN(1024), HIDDEN(1024), CLASSES(10)},
     .layer_count = 6,
     .sites = {"dense4", "dense5"},
     .site_count = 2},
    {.name = "bottleneck_12",
     .batch = 100,
     .input = {784},
     .layers = {HIDDEN(1024), HIDDEN(1024), HIDDEN(1024), HIDDEN(12), HIDDEN(1024), HIDDEN(1024),
                HIDDEN(1024), HIDDEN(1024), CLASSES(10)},
     .layer_count = 9,
     .sites = {"dense4"},
     .site_count = 1},
    {.name = "spiral",
     .batch = 20,
     .input = {2},
     .layers = {HIDDEN(1024), HIDDEN(1024), HIDDEN(1024), HIDDEN(1024), HIDDEN(1024), HIDDEN(1024),
                HIDDEN(1024), CLASSES(2)},
     .layer_count = 8,
     .sites = {"dense5", "dense6", "dense7", "dense8"},
     .site_count = 4},
    {.name = "tiny",
     .batch = 32,
     .input = {13},
     .layers = {RELU(64), RELU(64), CLASSES(3)},
     .layer_count = 3,
     .sites = {"dense2"},
     .site_count = 1},
    {.name = "mlp",
     .batch = 100,
     .input = {784},
     .layers = {RELU(0), RELU(0), RELU(0), CLASSES(10)},
     .layer_count = 4,
     .sites = {"dense2", "dense3"},
     .site_count = 2},
    {.name = "preact_resnet18",
     .batch = 100,
     .input = {3, 32, 32},
     .ready = {.kind = MIXUP_PREACT_RESNET, .classes = 10},
     .images = true,
     .sites = {"after_stage1", "after_stage2"},
     .site_count = 2},
    {.name = "small_cnn",
     .batch = 100,
     .images = true,
     .input = {1, 28, 28},
     .layers = {CONVOLUTION(32),
                {.op = MIXUP_MAX_POOL, .kernel = {2}},
                CONVOLUTION(64),
                {.op = MIXUP_MAX_POOL, .kernel = {2}},
                {.op = MIXUP_FLATTEN},
                RELU(128),
                CLASSES(10)},
     .layer_count = 7,
     .sites = {"conv2d2"},
     .site_count = 1},
};

bool network_find(const char *name, size_t width, network *out) {
    for (size_t n = 0; n < MIXUP_COUNT(networks); n++) {
        if (strcmp(networks[n].name, name) != 0)
            continue;
        *out = networks[n];
        for (size_t l = 0; l < out->layer_count; l++)
            if (out->layers[l].op == MIXUP_DENSE && out->layers[l].units == 0)
                out->layers[l].units = width;
        return true;
    }
    return false;
}

const char *network_name(size_t index) {
    return index < MIXUP_COUNT(networks) ? networks[index].name : NULL;
}
