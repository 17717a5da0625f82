/* report/ratings: what the kinds that rate models (attack, deformation, neighbors) share: a table with a row
 * a setting and a column a variant, and pictures of the same numbers over the setting. Where a variant has
 * several seeds a number is mean ± sample deviation over them.
 *
 * A newcomer's mistake: comparing ratings of runs that were made with other settings; within one item they
 * have the same rows, since the item alone decides them. */
#ifndef REPORT_RATINGS_H
#define REPORT_RATINGS_H

#include "report/figure.h"
#include "report/kind.h"
#include "report/spread.h"

/* Group of the row for samples as they are, which belongs to every picture that has a place for it. */
extern const char RATINGS_UNCHANGED[];

/* One picture of an item: the rows of this group. */
typedef struct ratings_axis {
    const char *group; /* of rating.group */
    const char *title; /* above the picture */
    const char *axis;  /* name of the horizontal one */
    double unchanged;  /* where on it the row RATINGS_UNCHANGED stands; NaN: nowhere */
} ratings_axis;

/* All pictures of an item (report_kind.axes). */
enum { RATINGS_AXES = 3 };
typedef struct ratings_axes {
    ratings_axis items[RATINGS_AXES];
    size_t count;
    char title[96], axis[96]; /* room for words that depend on the item */
} ratings_axes;

/* One model or variant. */
typedef struct ratings_column {
    const char *name;
    palette_style style;
    const measurement *runs; /* the first of run_count, `stride` apart; those not measured are left out */
    size_t run_count, stride;
} ratings_column;

/* Row `row` of the column: its accuracy or its fool rate. */
spread ratings_spread(const ratings_column *column, size_t row, bool fool_rate);

/* Draws the rows of one group, which the columns must have; columns that were not measured have no curve. */
mixup_status ratings_draw(const figure_place *place, const ratings_axis *axis, const ratings_column *columns,
                          size_t column_count);

/* The item's pictures side by side and its table, on the page: `show` of the kinds that rate. */
mixup_status ratings_show(item_page *of);
/* The table as Markdown: their `tabulate`. */
void ratings_tabulate(const item_page *of, text *out);

/* Appends a row to the measurement's ratings, whose array has room. */
void ratings_add(measurement *to, const char *group, double x, double accuracy, double fool_rate,
                 const char *label_format, ...) __attribute__((format(printf, 6, 7)));

#endif
