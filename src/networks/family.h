/* networks/family: what a family of networks is, for this part's own files. */
#ifndef NETWORKS_FAMILY_H
#define NETWORKS_FAMILY_H

#include "networks/layer_list.h"

/* Fields of mixup_network_desc that not every family reads. Bits. */
typedef enum network_field {
    READS_DEPTH = 1 << 0,
    READS_WIDTH = 1 << 1,
    READS_WIDENING = 1 << 2,
    READS_STEM_STRIDE = 1 << 3,
    READS_DROPOUT = 1 << 4,
    READS_INPUT_DROPOUT = 1 << 5,
    READS_MLP = 1 << 6, /* widths, bottleneck, batch norm, noise */
    READS_ACTIVATION = 1 << 7,
} network_field;

typedef struct network_family {
    const char *name;              /* in YAML and messages */
    unsigned reads;                /* network_fields, or-ed */
    size_t depth, width, widening; /* defaults of the fields that it reads */
    bool images;                   /* takes [channels][height][width]; else any shape, flattened */
    size_t halvings;               /* how often pools halve the image, which must have pixels for it */
    /* What the ranges do not say; `desc` has its defaults. NULL: nothing. */
    mixup_status (*check)(const mixup_network_desc *desc);
    /* Adds all layers behind the input: an image, or a flat vector. `desc` is complete and checked. */
    void (*add)(layer_list *to, const mixup_network_desc *desc);
} network_family;

extern const network_family family_preact_resnet, family_wide_resnet, family_vgg, family_lenet,
    family_all_convolutional, family_mlp;

#endif
