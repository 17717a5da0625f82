/* graph/ops: the op table. One row an op: what it is called, what it checks and defaults, how shapes and
 * parameters follow from its inputs. The kernels are the engines'. Tests take this table as their list. */
#ifndef GRAPH_OPS_H
#define GRAPH_OPS_H

#include "base/status.h"
#include "tensor/shape.h"

enum {
    GRAPH_MAX_PARAMETERS = 8,
};

/* How the values of a parameter begin. */
typedef struct graph_initial {
    mixup_initial kind; /* never DEFAULT */
    float value;        /* CONSTANT */
    size_t fan_in, fan_out;
} graph_initial;

/* A parameter as an op asks for it. */
typedef struct op_parameter {
    const char *suffix; /* "weight" */
    shape shape;
    graph_initial initial;
    bool buffer;
} op_parameter;

/* An op's view of its layer while the graph is built. */
typedef struct op_layer {
    const mixup_layer *attributes; /* defaults filled in */
    const shape *inputs;
    size_t input_count;
    shape output;
} op_layer;

typedef struct op_row {
    const char *name; /* in YAML and in automatic layer names */
    bool merges;      /* takes .with: two inputs or more */
    bool random;      /* differs from call to call in training */
    bool alias;       /* output is the input's storage under another shape */
    /* Fills defaults into `attributes` and checks ranges; messages name the field. NULL: nothing to do. */
    mixup_status (*resolve)(mixup_layer *attributes);
    /* Sets layer->output. */
    mixup_status (*infer)(op_layer *layer);
    /* Writes up to GRAPH_MAX_PARAMETERS parameters. NULL: none. */
    mixup_status (*parameters)(const op_layer *layer, op_parameter *out, size_t *count);
    /* Multiply-adds of a forward pass, per sample. NULL: none worth counting. */
    uint64_t (*multiply_adds)(const op_layer *layer);
} op_row;

/* The row of an op; NULL for MIXUP_OP_NONE and unknown numbers. */
const op_row *op_find(mixup_op op);

/* The op called `name`, MIXUP_OP_NONE for an unknown one. */
mixup_op op_by_name(const char *name);

/* "leaky_relu", ...; and back: MIXUP_ACTIVATION_COUNT for an unknown name. */
const char *activation_name(mixup_activation activation);
mixup_activation activation_by_name(const char *name);

/* "glorot_uniform", ...; and back: MIXUP_INITIAL_COUNT for an unknown name. */
const char *initial_name(mixup_initial initial);
mixup_initial initial_by_name(const char *name);

#endif
