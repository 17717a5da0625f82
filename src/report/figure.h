/* report/figure: the pictures of a report, one function and one file a kind. They take numbers and draw; what
 * the numbers are and where they come from is the caller's business.
 *
 * All of a kind have the same size, margins and style, so that two of them stand side by side. A newcomer's
 * mistake: to let gnuplot choose an axis's range for each of two pictures that are to be compared. */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "analysis/calibration.h"
#include "analysis/states.h"
#include "analysis/surface.h"
#include "base/text.h"
#include "report/palette.h"

/* Where a picture goes: FOLDER/NAME.{svg,png,gp,csv}. */
typedef struct figure_place {
    const char *folder;
    const char *name;  /* letters, digits, '_', '-', '.' */
    const char *title; /* above the picture; "" for none */
    const mixup_allocator *allocator;
} figure_place;

/* Names of classes; those beyond `count` and all of NULL are called by number. */
typedef struct figure_classes {
    const char *const *names; /* [count] or NULL */
    size_t count;
} figure_classes;

/* A confidence map of class `class_number`, with points [count][2] on top; points may be NULL. */
mixup_status figure_surface(const figure_place *place, const surface *map, size_t class_number,
                            const states *points, const figure_classes *classes);

/* The range of both axes that holds two-dimensional states with a margin; grows `limits` (low x, high x, low
 * y, high y), which begins as {INFINITY, -INFINITY, INFINITY, -INFINITY}. */
void figure_scatter_limits(const states *in, double limits[4]);

/* States [count][2], a colour and a written label a class, and black dots for the states `uniform` [..][2],
 * which may be empty. What lies beyond the limits is cut off. */
mixup_status figure_scatter(const figure_place *place, const states *in, const states *uniform,
                            const double limits[4], const figure_classes *classes);

/* One curve. */
typedef struct figure_series {
    const char *name;
    palette_style style;
    const double *values; /* [count] */
    size_t count;
} figure_series;

/* Singular values over their number. All pictures with the same `highest` and `lowest` share their axis,
 * which is logarithmic unless `linear`. */
typedef struct figure_spectrum {
    const figure_series *series;
    size_t series_count;
    size_t count; /* of the longest series; what is not positive is left out of a logarithmic axis */
    double lowest, highest;
    bool linear;
} figure_spectrum;
mixup_status figure_singular_values(const figure_place *place, const figure_spectrum *spectrum);

/* A measure over the epochs: mean and range over the runs of a variant. */
typedef struct figure_curve {
    const char *name;
    palette_style style;
    size_t epochs;
    const double *train;      /* [epochs][3] mean, lowest, highest; NaN where not measured */
    const double *validation; /* likewise */
} figure_curve;
typedef struct figure_curves {
    const figure_curve *curves;
    size_t count;
    const char *axis; /* name of the vertical axis */
    bool logarithmic;
    bool band;           /* shade the range over runs */
    bool training_alone; /* there is no validation: training is drawn as validation would be */
} figure_curves;
mixup_status figure_draw_curves(const figure_place *place, const figure_curves *curves);

/* Accuracies over a setting (the budget of an attack, an angle): a curve each, with bars of one deviation. */
typedef struct figure_rating {
    const char *name;
    palette_style style;
    const double *mean, *deviation; /* [count] shares; NaN: not measured */
} figure_rating;
typedef struct figure_ratings {
    const double *x; /* [count], rising */
    size_t count;
    const char *axis; /* name of the horizontal one */
    const figure_rating *curves;
    size_t curve_count;
    bool bars;              /* draw the deviations */
    double lowest, highest; /* shares that the vertical axis holds; the same for pictures to be compared */
} figure_ratings;
mixup_status figure_draw_ratings(const figure_place *place, const figure_ratings *ratings);

/* Counts [classes][classes], row: right class, column: predicted one. */
mixup_status figure_confusion(const figure_place *place, const uint64_t *counts,
                              const figure_classes *classes);

mixup_status figure_reliability(const figure_place *place, const reliability_bin *bins, size_t bin_count,
                                palette_style style);

/* Appends the class's name, or its number. */
void figure_class_name(text *out, const figure_classes *classes, size_t class_number);

/* Appends the command for a title, if there is one. */
void figure_title(text *script, const figure_place *place);

/* How many names of up to `longest` characters fit side by side below a picture 400 wide; gnuplot's SVG,
 * which knows no font, allows each more room than it takes and would begin a new row over the axis. */
unsigned figure_key_columns(size_t longest);

#endif
