/* report/request: which figures an experiment wants, the items of its key `report`.
 *
 *     report:
 *       - kind: surface           # confidence map of a model with two inputs
 *         range: [-15, 15]        # of both inputs; default [-1, 1]
 *         step: 0.1               # default: 1/300 of the range
 *         class: 1                # whose probability
 *         points: 500             # training points a class on top; default 500
 *       - kind: scatter           # two-dimensional states of a layer
 *         layer: bottleneck       # required
 *         points: 300             # a class; default 300
 *       - kind: singular_values   # per class, uncentred and centred
 *         layer: bottleneck       # required
 *         points: 0               # a class; default 0, all
 *
 * Every kind also takes title, text (a paragraph), data (train, validation or test; default train), classes
 * (numbers; default all) and variants (names, in the order wanted; default all). A newcomer's mistake: adding
 * a figure for one experiment in the code; the report knows kinds, never names of experiments. */
#ifndef REPORT_REQUEST_H
#define REPORT_REQUEST_H

#include "experiment/yaml.h"

typedef enum request_kind {
    REQUEST_SURFACE,
    REQUEST_SCATTER,
    REQUEST_SINGULAR_VALUES,
    REQUEST_KINDS
} request_kind;

typedef enum request_data { REQUEST_TRAIN, REQUEST_VALIDATION, REQUEST_TEST, REQUEST_PARTS } request_data;

/* Strings and lists live in the arena of request_read. */
typedef struct request {
    request_kind kind;
    request_data data;
    const char *title; /* never NULL */
    const char *text;  /* or NULL */
    const char *layer; /* SCATTER, SINGULAR_VALUES */
    const size_t *classes;
    size_t class_count; /* 0: all */
    size_t points;      /* a class; 0: all */
    double range[2];
    double step;         /* 0: 1/300 of the range */
    size_t class_number; /* SURFACE */
    const char **variants;
    size_t variant_count; /* 0: all */
} request;

/* The items of the key `report` of a document; none is fine. */
mixup_status request_read(arena *in, const yaml_node *root, request **items, size_t *count);

/* "surface", "scatter", "singular_values" */
const char *request_kind_name(request_kind kind);

/* Whether the item wants this variant. */
bool request_wants(const request *item, const char *variant);

#endif
