/* experiment/settings: everything that an experiment file says, for one variant, as plain structs.
 *
 * The schema (schema.h) fills it: every default stands in its field, every string and list lies in the arena
 * that the schema was given. The descriptions of mixup.h are embedded as they are; their pointers to data
 * sets, callbacks and allocators stay empty here. */
#ifndef EXPERIMENT_SETTINGS_H
#define EXPERIMENT_SETTINGS_H

#include "analysis/attack.h"
#include "analysis/deform.h"
#include "analysis/neighbors.h"

/* Where a data set comes from; its value in a file is the key `format`. */
typedef enum settings_format {
    SETTINGS_ABSENT, /* data.test and data.validation only */
    SETTINGS_SPLIT,  /* cut off data.train */
    SETTINGS_IDX,
    SETTINGS_CSV,
    SETTINGS_NPY,
    SETTINGS_SPIRALS,
    SETTINGS_CIFAR,
    SETTINGS_IMAGES,
    SETTINGS_FACTORS,
    SETTINGS_SVHN,
    SETTINGS_IDENTITY,
    SETTINGS_TINY_IMAGENET,
} settings_format;

/* Sample i is the i-th row of the identity matrix and of class i mod class_count: what a first dense layer
 * makes of it are parameters of its own, so that states are free (paper theorem 1). */
typedef struct settings_identity {
    size_t class_count, count_per_class;
} settings_identity;

/* data.train, data.test, data.validation: the description that `format` chooses is filled. */
typedef struct settings_part {
    settings_format format;
    mixup_idx_desc idx;
    mixup_npy_desc npy;
    mixup_csv_desc csv;
    mixup_spirals_desc spirals;
    mixup_cifar_desc cifar;
    mixup_images_desc images;
    mixup_factors_desc factors;
    settings_identity identity;
    mixup_svhn_desc svhn;
    mixup_tiny_imagenet_desc tiny_imagenet;
    mixup_split_desc split;
} settings_part;

/* What mean and deviation are learned of. */
typedef enum settings_normalize_by {
    SETTINGS_NOT_NORMALIZED,
    SETTINGS_BY_CHANNEL,
    SETTINGS_BY_FEATURE, /* as data.standardize */
} settings_normalize_by;

/* data.normalize */
typedef struct settings_normalize {
    settings_normalize_by by;
    const double *mean, *deviation; /* given by channel; NULL: learned on the training part */
    size_t mean_count, deviation_count;
} settings_normalize;

/* data.subset: `count` samples of what test and validation leave of the training part; 0: all. */
typedef struct settings_subset {
    size_t count;
    bool stratified;
    uint64_t seed;
} settings_subset;

typedef struct settings_layer {
    mixup_layer layer;
    size_t repeat; /* so many copies, one after the other; ≥ 1 */
} settings_layer;

/* A figure that the report draws beside those that every experiment gets. */
typedef enum settings_figure_kind {
    SETTINGS_NO_FIGURE,
    SETTINGS_SURFACE,         /* confidence map of a model with two inputs */
    SETTINGS_SCATTER,         /* two-dimensional states of a layer */
    SETTINGS_SINGULAR_VALUES, /* of the states of each class at a layer */
    SETTINGS_ATTACK,          /* accuracy on inputs changed on purpose */
    SETTINGS_DEFORMATION,     /* accuracy on images that are turned, sheared and zoomed */
    SETTINGS_NEIGHBORS,       /* accuracy of the nearest neighbours in the states of a layer */
    SETTINGS_TRAINING_LOSS,   /* over the epochs */
    SETTINGS_FIGURE_KINDS
} settings_figure_kind;

/* What a file calls the kind; NULL for SETTINGS_NO_FIGURE. */
const char *settings_figure_name(settings_figure_kind kind);

typedef enum settings_figure_data {
    SETTINGS_FIGURE_USUAL, /* what suits the kind (report/kind.h) */
    SETTINGS_FIGURE_TRAIN,
    SETTINGS_FIGURE_VALIDATION,
    SETTINGS_FIGURE_TEST,
    SETTINGS_FIGURE_PARTS
} settings_figure_data;

typedef struct settings_figure {
    settings_figure_kind kind;
    const char *title, *text; /* or NULL */
    settings_figure_data data;
    const char *const *variants; /* NULL: all */
    size_t variant_count;
    const size_t *classes; /* numbers; NULL: all */
    size_t class_count;
    size_t points;      /* a class; 0: as many as suit the kind */
    const char *layer;  /* SCATTER, SINGULAR_VALUES, NEIGHBORS */
    const float *range; /* SURFACE, SCATTER: lowest and highest of all inputs; NULL: by the kind */
    size_t range_count;
    double step;         /* SURFACE; 0: 1/300 of the range */
    size_t class_number; /* SURFACE */
    size_t uniform;      /* SCATTER: so many inputs drawn uniformly, too */
    bool together;       /* SINGULAR_VALUES: of all classes' samples in one matrix too */
    double threshold;    /* SINGULAR_VALUES: count those above it times the largest; 0: do not count */
    size_t samples;      /* ATTACK, DEFORMATION, NEIGHBORS: at most so many, spread over the data */
    uint64_t seed;       /* ATTACK, DEFORMATION */
    /* Of the kind called so; layer, points, samples and seed stand above instead. */
    attack_desc attack;
    deform_desc deform;
    neighbors_desc neighbors;
} settings_figure;

typedef struct settings {
    const char *name;
    const char *description; /* or NULL */
    const char *extends;     /* always NULL: what it named is part of this by now */
    const char *variant;     /* names the run's folder */
    uint64_t seed;
    mixup_engine engine;
    mixup_convolution convolution;
    mixup_precision precision;
    size_t threads; /* 0: the library's choice */
    settings_part train, test, validation;
    settings_subset subset;
    bool standardize;
    bool standardize_targets;
    settings_normalize normalize;
    const settings_layer *layers; /* NULL where `network` has a kind */
    size_t layer_count;
    mixup_network_desc network; /* ready-made; its input, and classes where 0, come from the data */
    mixup_fit_desc fit;         /* training and mix; seed, data, callbacks and checkpoint.path are empty */
    mixup_evaluate_desc evaluate;
    const settings_figure *figures; /* of the report */
    size_t figure_count;
} settings;

#endif
