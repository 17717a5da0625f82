/* networks: ready-made networks. From a short description (mixup_network_desc) to a list of layers as anyone
 * could have written it by hand; nothing below this part knows that a list came from here.
 *
 * A family of networks is one file and one row (family.h): which fields of the description it reads, their
 * defaults, their checks, and how its layers follow. Names of layers are those of the usual PyTorch modules,
 * so that a state_dict fits (docs/networks.md). After each stage stands a layer that does nothing but to name
 * the state there: "mix at after_stage1" mixes what this layer reads. It makes no step in a plan.
 *
 * Messages begin with the field, "network.depth: ", which is also the key in an experiment's file. */
#ifndef NETWORKS_NETWORKS_H
#define NETWORKS_NETWORKS_H

#include "base/status.h"

enum {
    NETWORK_MAX_WIDTH = 1000000, /* of any layer asked for: keeps products of a few of them small */
    NETWORK_MAX_DEPTH = 10000,
    NETWORK_MAX_LAYERS = 1000, /* of an mlp's list */
};

/* "preact_resnet", ...; NULL for NONE and unknown numbers. */
const char *network_kind_name(mixup_network_kind kind);

/* Everything but `input` and `classes`: fields of other kinds, ranges, depths that do not exist. */
mixup_status network_check(const mixup_network_desc *desc);

#endif
