/* graph: layer descriptions turned into a checked network.
 *
 * A graph is a list of nodes in the order of execution, each an op that reads values and makes one. A layer
 * is one node, or two where it has an activation behind its op. All names, edges, shapes, parameters and
 * sites are resolved and checked here; whoever gets a graph need not check again. It never changes after
 * graph_create, except for the `frozen` flags of parameters.
 *
 * What a newcomer gets wrong: FLATTEN, RESHAPE and a linear ACTIVATION make a value of their own that has no
 * storage; compare `storage`, not value numbers, to know whether two values are the same tensor. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include "base/memory.h"
#include "graph/ops.h"
#include "tensor/shape.h"

#define GRAPH_NO_BYPASS SIZE_MAX

enum {
    GRAPH_INPUT = 0, /* the value that is the network's input */
    GRAPH_MAX_INPUTS = 1 + MIXUP_MAX_WITH,
};

/* A tensor of the network: [batch][..shape]. */
typedef struct graph_value {
    shape shape;
    size_t storage;  /* the value whose elements it shows: itself, or what an alias (a FLATTEN, ...) reads */
    size_t layer;    /* whose output it is or, between a layer's op and its activation, will be */
    size_t position; /* of the node that makes it, from 1; 0 for the input */
    size_t readers;  /* how many times nodes read it, aliases included */
    /* Of a storage, known once the graph is whole: */
    size_t last_reader; /* position of the last node that reads any value of it; 0: none does */
    size_t bypass;      /* a storage made before it and still read behind it; GRAPH_NO_BYPASS: a legal site */
} graph_value;

typedef struct graph_parameter {
    char *name; /* "dense1.weight" */
    shape shape;
    size_t count;
    graph_initial initial;
    size_t layer;
    bool frozen;
    bool buffer; /* running statistics: kept and saved, never trained */
} graph_parameter;

typedef struct graph_node {
    mixup_op op;
    size_t layer;
    const mixup_layer *attributes; /* of its layer, defaults filled in; not op, activation: see this node's */
    mixup_activation activation;   /* ACTIVATION only */
    size_t inputs[GRAPH_MAX_INPUTS]; /* values */
    size_t input_count;
    size_t output;                           /* value */
    size_t parameters[GRAPH_MAX_PARAMETERS]; /* by the op's own order, e.g. weight, bias */
    size_t parameter_count;
} graph_node;

typedef struct graph_layer {
    mixup_layer attributes; /* resolved; its pointers are the graph's */
    size_t input;           /* value: its first input */
    size_t output;          /* value: behind the activation */
    uint64_t multiply_adds; /* per sample */
    size_t trainable;       /* number of trainable values */
    char *site_problem;     /* why its input may not be mixed; NULL where it may */
} graph_layer;

typedef struct graph {
    mixup_allocator allocator;
    graph_layer *layers;
    size_t layer_count;
    graph_value *values; /* [0] is the input */
    size_t value_count;
    graph_node *nodes;
    size_t node_count;
    graph_parameter *parameters;
    size_t parameter_count;
    size_t output;                     /* value that is the network's output */
    mixup_activation final_activation; /* of the last layer: softmax, sigmoid or other */
} graph;

/* Checks and resolves. Messages begin with "layers[i] 'name': ". */
mixup_status graph_create(graph **out, const size_t input[MIXUP_MAX_RANK], const mixup_layer *layers,
                          size_t layer_count, const mixup_allocator *allocator);
void graph_destroy(graph *network);

/* Index of the layer called `name`, or layer_count. */
size_t graph_find_layer(const graph *network, const char *name);
size_t graph_find_parameter(const graph *network, const char *name);

/* The value whose mixing is meant by "mix at `name`" (a layer, or "input"): its storage. An unknown name and
 * an illegal site are errors that tell the nearest legal ones. */
mixup_status graph_find_site(const graph *network, const char *name, size_t *value);

/* Whether the node makes no tensor of its own but shows its input's: another shape, or another name. */
bool graph_is_alias(const graph_node *node);

/* Whether every path from input to output passes through the value. */
bool graph_is_site(const graph *network, size_t value);

/* The image that the tensor of a site is, as [channels][height][width]: its own shape, or one under which
 * readers see it (behind a RESHAPE); a shape [height][width] is one channel, where no other is an image.
 * False: it has no places, and `image` is left as it was. */
bool graph_site_image(const graph *network, size_t storage, shape *image);

/* Whether CutMix can be done where `graph_find_site` found `storage` for a layer called `name` (or "input");
 * the message names the nearest sites where it can. */
mixup_status graph_check_cut(const graph *network, const char *name, size_t storage);

/* Fills last_reader and bypass of every storage, and site_problem of every layer; called by graph_create. */
mixup_status graph_explain_sites(graph *network);

/* Initial values of parameter `index`: [..shape], a function of (seed, index) alone. */
mixup_status graph_initialize(const graph *network, size_t index, uint64_t seed, float *values);

/* Whether its elements can be made in any order, on several threads: not those of an orthogonal matrix. */
bool graph_initial_divides(const graph *network, size_t index);
/* Where they can: elements begin..end - 1, written where they belong in `values`. */
void graph_initialize_range(const graph *network, size_t index, uint64_t seed, size_t begin, size_t end,
                            float *values);

#endif
