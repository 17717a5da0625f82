/* report/palette: the colours of a report, the same for one variant or class in all its figures. */
#ifndef REPORT_PALETTE_H
#define REPORT_PALETTE_H

#include <stdbool.h>
#include <stddef.h>

enum { PALETTE_CLASSES = 10 };

typedef struct palette_style {
    const char *color; /* "#rrggbb", readable on white and on near-black */
    int point;         /* gnuplot's point type, filled: tells curves apart without colour as well */
} palette_style;

/* Of a variant. "none", "input" and "manifold" have fixed styles in every report; `index` counts the other
 * names (from 0) and chooses theirs. */
palette_style palette_variant(const char *name, size_t index);

/* Whether `name` has a fixed style; its place among them in `rank`. */
bool palette_rank(const char *name, size_t *rank);

/* Of a class; repeats after PALETTE_CLASSES. */
const char *palette_class(size_t class_number);

/* A gnuplot `set palette` command for viridis (van der Walt & Smith 2015), perceptually uniform. */
extern const char palette_viridis[];

#endif
