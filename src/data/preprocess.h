/* data/preprocess: what a data set does to raw values before a network sees them, and what its columns and
 * classes are called. Every data set owns one; a saved model carries a copy as JSON.
 *
 * The order is: a missing cell (NaN in storage, CSV only) becomes filled[feature]; then value / scale; then
 * (value - mean) / deviation with the statistics of its feature, or of its channel. Targets that are numbers
 * may have mean and deviation too. A newcomer's mistakes:
 * `filled` is in raw units, `mean` and `deviation` are in units after the scale; and they are not always
 * [features] (see `statistics`). */
#ifndef DATA_PREPROCESS_H
#define DATA_PREPROCESS_H

#include "base/memory.h"
#include "base/text.h"
#include "tensor/shape.h"

typedef enum preprocess_source {
    PREPROCESS_ARRAYS,
    PREPROCESS_IDX,
    PREPROCESS_NPY,
    PREPROCESS_CSV,
    PREPROCESS_SPIRALS,
    PREPROCESS_CALLBACK,
    PREPROCESS_CIFAR,
    PREPROCESS_IMAGES,
    PREPROCESS_FACTORS,
    PREPROCESS_SVHN,
    PREPROCESS_TINY_IMAGENET,
    PREPROCESS_SOURCE_COUNT
} preprocess_source;

/* A list of strings that it owns. */
typedef struct preprocess_names {
    char **items; /* [count]; NULL while empty */
    size_t count;
} preprocess_names;

struct mixup_preprocess {
    mixup_allocator allocator;
    preprocess_source source;
    shape shape;       /* of an input */
    size_t features;   /* its number of elements, ≥ 1 */
    double scale;      /* finite, > 0 */
    double *filled;    /* [features] what a missing cell becomes; NULL where nothing may be missing */
    size_t statistics; /* length of mean and deviation: features, or the image's channels, each of which holds
                        * features / statistics neighbouring values; 0 without them */
    double *mean;      /* [statistics] or NULL: not standardised */
    double *deviation; /* [statistics], each > 0 (1 for a constant one); NULL together with mean */
    size_t target_statistics; /* columns of targets that are standardised; 0: they are as stored */
    double *target_mean;      /* [target_statistics] or NULL */
    double *target_deviation; /* [target_statistics], each > 0 (1 for a constant column), or NULL */
    mixup_missing missing;
    preprocess_names class_names;   /* count: number of classes; 0: no classes */
    preprocess_names feature_names; /* CSV: [features], in the order of the inputs; else empty */
    preprocess_names target_names;  /* CSV: columns of regression targets; else empty */
    preprocess_names ignored;       /* CSV: columns left out */
    preprocess_names truths;        /* CSV: the features, then targets, that are 1 for true, 0 for false; in
                                     * their order */
    char *label;                    /* CSV: the column of classes; or NULL */
    char separator;                 /* CSV */
    bool no_header;                 /* CSV: columns are named "1", "2", ... */
};

/* Most classes that a data set may have; guards against a stray label that would ask for 2 G names. */
enum { PREPROCESS_MAX_CLASSES = 1000000 };

/* Scale 1, nothing else. The caller's until preprocess_destroy. */
mixup_status preprocess_create(const mixup_allocator *allocator, preprocess_source source,
                               mixup_preprocess **out);
void preprocess_destroy(mixup_preprocess *preprocess);
mixup_status preprocess_copy(const mixup_preprocess *from, const mixup_allocator *allocator,
                             mixup_preprocess **out);

mixup_status preprocess_set_shape(mixup_preprocess *preprocess, const shape *input);

/* Where an input is an image, its sizes: [channels][height][width], or [height][width] of one channel. False:
 * it is none. */
typedef struct image_shape {
    size_t channels, height, width;
} image_shape;
bool preprocess_image(const mixup_preprocess *preprocess, image_shape *out);

/* 0 means 1; anything not finite or below 0 is an error. */
mixup_status preprocess_set_scale(mixup_preprocess *preprocess, double scale);

/* Replaces `list`, one of the preprocess's own, by copies. `what` ("class name") begins the message when a
 * name is NULL, empty or not UTF-8. */
mixup_status preprocess_set_names(mixup_preprocess *preprocess, preprocess_names *list,
                                  const char *const *names, size_t count, const char *what);

/* *to becomes a copy of `from` [count]; it stays as it is where that is NULL. */
mixup_status preprocess_copy_values(const mixup_allocator *allocator, const double *from, size_t count,
                                    double **to);

/* Gives `to` what `from` does to targets. On failure `to` stays as it was. */
mixup_status preprocess_copy_targets(const mixup_preprocess *from, mixup_preprocess *to);

/* Class names: copies of `names`, or "0", "1", ... when that is NULL. */
mixup_status preprocess_set_classes(mixup_preprocess *preprocess, const char *const *names, size_t count);

/* "feature 3" or "column 'petal width'", for messages; feature counted from 0. */
typedef struct preprocess_feature_text {
    char text[128];
} preprocess_feature_text;
preprocess_feature_text preprocess_feature(const mixup_preprocess *preprocess, size_t feature);

/* "arrays", "idx", ... */
const char *preprocess_source_name(preprocess_source source);

/* One JSON object, doubles with 17 digits so that they come back the same. */
mixup_status preprocess_to_json(const mixup_preprocess *preprocess, text *out);

/* Accepts exactly what preprocess_to_json writes; anything else is MIXUP_ERROR_FORMAT. */
mixup_status preprocess_from_json(const char *json, const mixup_allocator *allocator, mixup_preprocess **out);

#endif
