/* experiment/settings: everything that an experiment file says, for one variant, as plain structs.
 *
 * The schema (schema.h) fills it: every default stands in its field, every string and list lies in the arena
 * that the schema was given. The descriptions of mixup.h are embedded as they are; their pointers to data
 * sets, callbacks and allocators stay empty here. */
#ifndef EXPERIMENT_SETTINGS_H
#define EXPERIMENT_SETTINGS_H

#include "mixup.h"

/* Where a data set comes from; its value in a file is the key `format`. */
typedef enum settings_format {
    SETTINGS_ABSENT, /* data.test and data.validation only */
    SETTINGS_SPLIT,  /* cut off data.train */
    SETTINGS_IDX,
    SETTINGS_CSV,
    SETTINGS_NPY,
    SETTINGS_SPIRALS,
} settings_format;

/* data.train, data.test, data.validation: the description that `format` chooses is filled. */
typedef struct settings_part {
    settings_format format;
    mixup_idx_desc idx;
    mixup_npy_desc npy;
    mixup_csv_desc csv;
    mixup_spirals_desc spirals;
    mixup_split_desc split;
} settings_part;

typedef struct settings_layer {
    mixup_layer layer;
    size_t repeat; /* so many copies, one after the other; ≥ 1 */
} settings_layer;

typedef struct settings {
    const char *name;
    const char *description; /* or NULL */
    const char *variant;     /* names the run's folder */
    uint64_t seed;
    mixup_engine engine;
    size_t threads; /* 0: the library's choice */
    settings_part train, test, validation;
    bool standardize;
    const settings_layer *layers;
    size_t layer_count;
    mixup_fit_desc fit; /* training and mix; seed, data, callbacks and checkpoint.path are empty */
    mixup_evaluate_desc evaluate;
} settings;

#endif
