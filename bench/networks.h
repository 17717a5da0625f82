/* bench/networks: the networks that are measured, by name. */
#ifndef BENCH_NETWORKS_H
#define BENCH_NETWORKS_H

#include <mixup.h>

enum { NETWORK_LAYERS = 16, NETWORK_SITES = 4 };

typedef struct network {
    const char *name;
    size_t batch; /* of a training step, unless another one is asked for */
    size_t input[MIXUP_MAX_RANK];
    mixup_layer layers[NETWORK_LAYERS];
    size_t layer_count;
    mixup_network_desc
        ready;   /* instead of `layers` a ready-made network: kind, classes; input is the above */
    bool images; /* trained by SGD with Nesterov's momentum, the others by Adam (bench/works.py) */
    const char *sites[NETWORK_SITES]; /* where a step with mixing may mix, one of them a step */
    size_t site_count;
} network;

/* Those of experiments/demonstrations, PreActResNet-18 for images of 32x32, a small convolutional one, a tiny
 * one, and `mlp`, whose hidden layers have `width` units. False: no such network. */
bool network_find(const char *name, size_t width, network *out);

/* The name of network `index`, NULL behind the last. */
const char *network_name(size_t index);

#endif
