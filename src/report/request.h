/* report/request: which figures an experiment wants: the items of its key `report`, with the defaults that
 * depend on the kind. The key itself is described in experiment/schema_table.c (`mixup help report`).
 *
 * A newcomer's mistake: adding a figure for one experiment in the code; the report knows kinds, never names
 * of experiments. */
#ifndef REPORT_REQUEST_H
#define REPORT_REQUEST_H

#include "experiment/arena.h"
#include "experiment/settings.h"

/* Strings and lists live in an arena. */
typedef struct request {
    settings_figure_kind kind;
    settings_figure_data data;
    const char *title; /* never NULL */
    const char *text;  /* or NULL */
    const char *layer; /* SCATTER, SINGULAR_VALUES, NEIGHBORS */
    const size_t *classes;
    size_t class_count;  /* 0: all */
    size_t points;       /* a class; 0: all */
    double range[2];     /* SURFACE, SCATTER; both 0: not given */
    double step;         /* 0: 1/300 of the range */
    size_t class_number; /* SURFACE */
    size_t uniform;      /* SCATTER */
    bool together;       /* SINGULAR_VALUES: of all classes in one matrix too */
    double threshold;    /* SINGULAR_VALUES: see measure_directions(); 0: directions are not counted */
    attack_desc attack;  /* of their kinds, ready for attack_resolve and the like */
    deform_desc deform;
    neighbors_desc neighbors;
    const char **variants;
    size_t variant_count; /* 0: all */
} request;

/* The items of `from`, copied into the arena; none is fine. */
mixup_status request_read(arena *in, const settings *from, request **items, size_t *count);

/* Whether the item wants this variant. */
bool request_wants(const request *item, const char *variant);

#endif
