/* experiment/experiment_parts: the inside of an experiment, for this part's own files. */
#ifndef EXPERIMENT_EXPERIMENT_PARTS_H
#define EXPERIMENT_EXPERIMENT_PARTS_H

#include "experiment/experiment.h"
#include "experiment/schema_check.h"

struct experiment {
    arena memory;
    const char *path;             /* the file's own */
    const char *const *overrides; /* [override_count] the file's own */
    size_t override_count;
    const yaml_node *root;       /* merged */
    const yaml_node *lacks_data; /* the file's root, where that says nothing of data; else NULL */
    settings settings;
    mixup_layer *layers; /* [layer_count]; NULL: settings.network */
    size_t *layer_items; /* [layer_count] the item of the file's list that each layer comes from */
    size_t layer_count;
};

/* The tree of the file at `path`, on top of the files that it extends. */
mixup_status experiment_read(arena *in, const char *path, const yaml_node **root);

#endif
