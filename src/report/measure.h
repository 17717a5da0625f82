/* report/measure: the numbers behind a run's figures, computed from its model and data. */
#ifndef REPORT_MEASURE_H
#define REPORT_MEASURE_H

#include "analysis/calibration.h"
#include "analysis/states.h"
#include "analysis/surface.h"
#include "report/trained.h"

enum { MEASURE_BINS = 15 };

/* How well a model does under one of an item's settings. */
typedef struct rating {
    const char *group; /* which picture's curve it is on: "rotation"; static */
    char label[32];    /* of its row in a table */
    double x;          /* on the curve */
    double accuracy;
    double fool_rate; /* of the samples that were right, the share that the change made wrong; NaN: no matter
                       * of that */
} rating;

/* What one item of `report` gives for one run. */
typedef struct measurement {
    mixup_allocator allocator;
    bool measured;    /* false: the item does not want this variant, the rest is empty */
    surface map;      /* SURFACE */
    double share;     /* SURFACE: of the map with 0.1 < p < 0.9 */
    states points;    /* SURFACE: inputs on top; SCATTER: states */
    states uniform;   /* SCATTER: of inputs drawn uniformly; empty unless asked for */
    double tightness; /* SCATTER: see analysis/tightness.h; NaN where it is not defined */
    size_t classes;   /* SINGULAR_VALUES */
    size_t width;
    size_t *rows;      /* [classes + 1] samples of the class, then of all together; 0: not asked for */
    double *values[2]; /* [classes + 1][width] uncentred, centred */
    rating *ratings;   /* ATTACK, DEFORMATION, NEIGHBORS: [rating_count], the same for all runs */
    size_t rating_count;
    size_t samples; /* that were classified for them */
} measurement;

mixup_status measure_item(const trained *run, const request *item, const mixup_allocator *allocator,
                          measurement *out);
void measure_clear(measurement *out);

/* The sum of a class's singular values. */
double measure_sum(const measurement *in, size_t class_number, bool centered);

/* How many of its values are above `threshold` times its largest uncentred one. */
size_t measure_directions(const measurement *in, size_t class_number, bool centered, double threshold);

/* Right and wrong on the test data, else the validation data. */
typedef struct classification {
    mixup_allocator allocator;
    const char *part; /* "test" or "validation"; NULL: the run does not classify, the rest is empty */
    size_t classes;
    size_t count;
    uint64_t *confusion; /* [classes][classes] */
    reliability_bin bins[MEASURE_BINS];
} classification;

mixup_status measure_classification(const trained *run, const mixup_allocator *allocator,
                                    classification *out);
void classification_clear(classification *out);

#endif
