/* tests/support/network: a graph with an engine, parameters and plans, in few lines, in either precision.
 *
 *     network n;
 *     network_create(&n, &(network_desc){.input = {4}, NETWORK_LAYERS(layers)});
 *     plan_run run = {.step = 1};
 *     network_run(&n, &(plan_key){.batch = 3, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE}, &data, &run);
 *     network_destroy(&n);
 *
 * Anything that fails fails the test. Compiled with MIXUP_DOUBLE (tests/double) it drives the reference
 * engine in double, otherwise any engine in float. */
#ifndef SUPPORT_NETWORK_H
#define SUPPORT_NETWORK_H

#include "support/failing_allocator.h"

#include "engine/loss.h"
#include "engine/plan.h"
#include "random/stream.h"

#include <math.h>

/* The engines of this build. */
static const mixup_engine network_engines[] = {
    MIXUP_ENGINE_REFERENCE,
#if defined(MIXUP_WITH_DNNL) && !defined(MIXUP_DOUBLE)
    MIXUP_ENGINE_DNNL,
#endif
};

#define NETWORK_LAYERS(array) .layers = (array), .layer_count = MIXUP_COUNT(array)

typedef struct network_desc {
    mixup_engine engine; /* default: reference */
    size_t threads;      /* default: 2 */
    mixup_convolution convolution;
    mixup_precision precision;
    size_t input[MIXUP_MAX_RANK];
    const mixup_layer *layers;
    size_t layer_count;
    mixup_loss loss; /* default: by the last activation */
    mixup_optimizer optimizer;
    const float *class_weights;
    double average_decay;
    mixup_recompute recompute;
    uint64_t seed; /* of the values */
} network_desc;

typedef struct network {
    failing_allocator memory; /* do not copy: the hooks point here */
    mixup_allocator hooks;
    engine *engine;
    graph *graph;
    parameter_store *store;
    plan_cache *cache;
    plan_training training;
} network;

/* What a plan is given; NULL where it does not matter. */
typedef struct network_data {
    const real *inputs;  /* [batch][..input shape] */
    const real *targets; /* [batch][..output shape] */
} network_data;

static inline void network_expect(mixup_status status, mixup_status expected) {
    if (status != expected)
        fail_msg("'%s' (%s) where '%s' was expected", mixup_status_name(status), mixup_last_error(),
                 mixup_status_name(expected));
}

static inline void network_ok(mixup_status status) {
    network_expect(status, MIXUP_OK);
}

/* cmocka 1's assert_float_equal compares in single precision only. */
#define expect_near(value, expected, tolerance)                                                              \
    network_near((double)(value), (double)(expected), (tolerance), #value, __FILE__, __LINE__)

static inline void network_near(double value, double expected, double tolerance, const char *what,
                                const char *file, int line) {
    if (!(fabs(value - expected) <= tolerance)) {
        print_error("%s is %.17g, expected %.17g\n", what, value, expected);
        _fail(file, line);
    }
}

/* Zeroed values that the test frees. */
static inline real *network_values(size_t count) {
    real *values = calloc(count + 1, sizeof *values);
    assert_non_null(values);
    return values;
}

/* `count` values, uniform in [low, high), a function of (seed, item). */
static inline void network_uniform(uint64_t seed, uint32_t item, double low, double high, size_t count,
                                   real *values) {
    random_stream stream = random_open(seed, RANDOM_SYNTHETIC, item, 0, 0, 0);
    for (size_t i = 0; i < count; i++) /* single precision, so that both builds see the same */
        values[i] = (real)(float)(low + (high - low) * random_uniform(&stream));
}

/* Values for every parameter: uniform in ±0.8, variances and scales in [0.5, 1.5). */
static inline void network_fill(network *self, uint64_t seed) {
    for (size_t p = 0; p < self->graph->parameter_count; p++) {
        const graph_parameter *parameter = &self->graph->parameters[p];
        const bool positive = parameter->initial.kind == MIXUP_CONSTANT && parameter->initial.value == 1.0f;
        real *values = network_values(parameter->count);
        network_uniform(seed, (uint32_t)p, positive ? 0.5 : -0.8, positive ? 1.5 : 0.8, parameter->count,
                        values);
        network_ok(parameter_store_write(self->store, p, PARAMETER_VALUES, values));
        free(values);
    }
}

static inline void network_create(network *out, const network_desc *desc) {
    *out = (network){.memory = {0}};
    out->hooks = failing_allocator_hooks(&out->memory);
    const mixup_engine kind = desc->engine == MIXUP_ENGINE_AUTO ? MIXUP_ENGINE_REFERENCE : desc->engine;
    network_ok(engine_create(&out->engine, kind, desc->threads > 0 ? desc->threads : 2, &out->hooks));
    out->engine->convolution = desc->convolution;
    network_ok(engine_set_precision(out->engine, desc->precision));
    network_ok(graph_create(&out->graph, desc->input, desc->layers, desc->layer_count, &out->hooks));
    engine_environment saved;
    engine_enter(out->engine, &saved);
    network_ok(parameter_store_create(&out->store, out->engine, out->graph));
    engine_leave(out->engine, &saved);
    out->training.class_weights = desc->class_weights;
    out->training.average_decay = desc->average_decay;
    out->training.recompute = desc->recompute;
    network_ok(loss_resolve(desc->loss, out->graph->final_activation, &out->training.loss));
    network_ok(optimizer_resolve(&desc->optimizer, &out->training.optimizer));
    network_ok(optimizer_need(&out->training.optimizer, out->store));
    if (desc->average_decay > 0.0)
        network_ok(parameter_store_need(out->store, PARAMETER_AVERAGE));
    network_ok(plan_cache_create(&out->cache, out->store, &out->training));
    network_fill(out, desc->seed);
}

static inline void network_destroy(network *self) {
    plan_cache_destroy(self->cache);
    parameter_store_destroy(self->store);
    graph_destroy(self->graph);
    engine_destroy(self->engine);
    assert_int_equal(atomic_load(&self->memory.live), 0);
}

static inline size_t network_input_width(const network *self) {
    return shape_count(&self->graph->values[GRAPH_INPUT].shape);
}

static inline size_t network_output_width(const network *self) {
    return shape_count(&self->graph->values[self->graph->output].shape);
}

/* Value to mix for "mix at `name`"; PLAN_NO_SITE for NULL. */
static inline size_t network_site(const network *self, const char *name) {
    size_t value = PLAN_NO_SITE;
    if (name != NULL)
        network_ok(graph_find_site(self->graph, name, &value));
    return value;
}

/* Runs the plan for `key` on copies of `data`, and returns it. */
static inline plan *network_run(network *self, const plan_key *key, const network_data *data, plan_run *run) {
    plan *made = NULL;
    engine_environment saved;
    engine_enter(self->engine, &saved);
    network_ok(plan_get(self->cache, key, &made));
    memcpy(plan_input(made), data->inputs, key->batch * network_input_width(self) * sizeof(real));
    if (key->update != PLAN_FORWARD)
        memcpy(plan_targets(made), data->targets, key->batch * network_output_width(self) * sizeof(real));
    network_ok(plan_execute(made, run));
    engine_leave(self->engine, &saved);
    return made;
}

static inline size_t network_parameter(const network *self, const char *name) {
    const size_t index = graph_find_parameter(self->graph, name);
    if (index == self->graph->parameter_count)
        fail_msg("there is no parameter %s", name);
    return index;
}

/* A copy of a parameter's values, gradient, ... that the test frees. */
static inline real *network_read(const network *self, size_t parameter, parameter_kind kind) {
    real *values = network_values(self->graph->parameters[parameter].count);
    network_ok(parameter_store_read(self->store, parameter, kind, values));
    return values;
}

/* ---- draws */

enum { NETWORK_LARGEST_BATCH = 128 };

typedef struct network_draw {
    mixup_batch_draw draw; /* points into the arrays below: do not copy */
    uint32_t partner[NETWORK_LARGEST_BATCH];
    float weight[NETWORK_LARGEST_BATCH];
    float partner_weight[NETWORK_LARGEST_BATCH];
    float cut_row[NETWORK_LARGEST_BATCH];
    float cut_column[NETWORK_LARGEST_BATCH];
} network_draw;

/* A random permutation and random weights, one for the batch or one a sample. */
static inline void network_draw_make(network_draw *out, size_t batch, bool per_sample, uint64_t seed) {
    assert_true(batch <= NETWORK_LARGEST_BATCH);
    random_stream stream = random_open(seed, RANDOM_PARTNER, 0, 0, 0, 0);
    random_permutation(&stream, batch, out->partner);
    for (size_t i = 0; i < batch; i++) {
        out->weight[i] = i == 0 || per_sample ? (float)random_uniform(&stream) : out->weight[0];
        out->partner_weight[i] = 1.0f - out->weight[i];
    }
    out->draw = (mixup_batch_draw){.batch = batch,
                                   .site = 0,
                                   .partner = out->partner,
                                   .weight = out->weight,
                                   .partner_weight = out->partner_weight,
                                   .cut_row = out->cut_row,
                                   .cut_column = out->cut_column};
}

/* The same for CutMix, with one rectangle for the batch or one a sample. */
static inline void network_draw_cut(network_draw *out, size_t batch, bool per_sample, uint64_t seed) {
    network_draw_make(out, batch, per_sample, seed);
    random_stream stream = random_open(seed, RANDOM_CUT, 0, 0, 0, 0);
    for (size_t i = 0; i < batch; i++) {
        out->cut_row[i] = i == 0 || per_sample ? (float)random_uniform(&stream) : out->cut_row[0];
        out->cut_column[i] = i == 0 || per_sample ? (float)random_uniform(&stream) : out->cut_column[0];
    }
    out->draw.kind = MIXUP_CUTMIX;
}

/* Targets that suit the loss: distributions over the columns, values in [0, 1], or any values. */
static inline void network_targets(mixup_loss loss, uint64_t seed, size_t batch, size_t columns,
                                   real *targets) {
    const bool squared = loss == MIXUP_MEAN_SQUARED_ERROR;
    network_uniform(seed, 1000, squared ? -1.0 : 0.0, 1.0, batch * columns, targets);
    if (loss != MIXUP_SOFTMAX_CROSS_ENTROPY && loss != MIXUP_SOFTMAX_BINARY)
        return;
    for (size_t i = 0; i < batch; i++) {
        real sum = 0;
        for (size_t c = 0; c < columns; c++)
            sum += targets[i * columns + c];
        for (size_t c = 0; c < columns; c++)
            targets[i * columns + c] /= sum;
    }
}

#endif
