/* tests/support/trace: fifty training steps of the demonstration bottleneck_2 with given draws, as
 * tests/fixtures/make_torch_fixtures.py does them in PyTorch (see make_trace and trace_inputs there). */
#ifndef SUPPORT_TRACE_H
#define SUPPORT_TRACE_H

#include "support/torch_check.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { TRACE_STEPS = 2 }; /* of the fixture's fifty: the sanitizers make a step ten times as long */
#else
enum { TRACE_STEPS = 50 };
#endif
enum {
    TRACE_BATCH = 100,
    TRACE_WIDTH = 784,
    TRACE_CLASSES = 10,
    TRACE_INPUTS = TRACE_BATCH * TRACE_WIDTH,
    TRACE_TARGETS = TRACE_BATCH * TRACE_CLASSES,
    TRACE_SEED = 1,
};

#define TRACE_DENSE(width, kind, ...)                                                                        \
    { .op = MIXUP_DENSE, .units = (width), .activation = (kind), __VA_ARGS__ }
#define TRACE_HIDDEN(width, ...) TRACE_DENSE(width, MIXUP_LEAKY_RELU, .slope = 0.3f, __VA_ARGS__)

static const mixup_layer trace_layers[] = {
    TRACE_HIDDEN(1024, .name = "first"),   TRACE_HIDDEN(1024, .name = "second"),
    TRACE_HIDDEN(2, .name = "bottleneck"), TRACE_HIDDEN(1024, .name = "site0"),
    TRACE_HIDDEN(1024, .name = "site1"),   TRACE_DENSE(TRACE_CLASSES, MIXUP_SOFTMAX, .name = "last"),
};

static inline size_t trace_label(size_t sample) {
    return sample * 7 % TRACE_CLASSES;
}

/* Image number `sample`: every pixel is 0 or uniform, and busier in its class's tenth of the pixels. */
static inline void trace_image(size_t sample, real *pixels) {
    random_stream stream = random_open(TRACE_SEED, RANDOM_SYNTHETIC, 0, 0, 0, (uint32_t)sample);
    for (size_t j = 0; j < TRACE_WIDTH; j++) {
        const double u = random_uniform(&stream);
        const double threshold = j * 10 / TRACE_WIDTH == trace_label(sample) ? 0.5 : 0.85;
        pixels[j] = u > threshold ? (real)(float)((u - threshold) / (1.0 - threshold)) : 0;
    }
}

static inline void trace_initialize(network *n) {
    for (size_t p = 0; p < n->graph->parameter_count; p++) {
        const size_t count = n->graph->parameters[p].count;
        float *initial = malloc(count * sizeof *initial);
        real *values = network_values(count);
        assert_non_null(initial);
        network_ok(graph_initialize(n->graph, p, TRACE_SEED, initial));
        for (size_t i = 0; i < count; i++)
            values[i] = (real)initial[i];
        network_ok(parameter_store_write(n->store, p, PARAMETER_VALUES, values));
        free(initial);
        free(values);
    }
}

/* Step `step` (from 0) with the draw that the fixture holds; returns the loss. */
static inline double trace_step(network *n, const safetensors *file, size_t step, real *inputs,
                                real *targets) {
    network_draw draw;
    network_draw_make(&draw, TRACE_BATCH, false, 1);
    const uint32_t *partner = safetensors_find(file, "partner")->data;
    memcpy(draw.partner, partner + step * TRACE_BATCH, TRACE_BATCH * sizeof *partner);
    memset(targets, 0, TRACE_TARGETS * sizeof *targets);
    for (size_t i = 0; i < TRACE_BATCH; i++) {
        draw.weight[i] = ((const float *)safetensors_find(file, "weight")->data)[step];
        draw.partner_weight[i] = ((const float *)safetensors_find(file, "partner_weight")->data)[step];
        trace_image(step * TRACE_BATCH + i, inputs + i * TRACE_WIDTH);
        targets[i * TRACE_CLASSES + trace_label(step * TRACE_BATCH + i)] = 1;
    }
    const bool first = ((const int32_t *)safetensors_find(file, "site")->data)[step] == 0;
    const plan_key key = {
        .batch = TRACE_BATCH, .update = PLAN_FUSED, .site = network_site(n, first ? "site0" : "site1")};
    plan_run run = {.draw = &draw.draw, .learning_rate = (double)1e-3f, .step = step + 1};
    network_run(n, &key, &(network_data){inputs, targets}, &run);
    return run.loss;
}

/* The losses of the first `steps` steps are within `tolerance`(step) × the fixture's `losses`. */
static inline void trace_check(mixup_engine kind, size_t steps, const char *losses,
                               double (*tolerance)(size_t step)) {
    safetensors *file = torch_open("tests/fixtures/torch/trace.safetensors");
    const double *expected = safetensors_find(file, losses)->data;
    network n;
    network_create(&n, &(network_desc){.engine = kind,
                                       .input = {TRACE_WIDTH},
                                       NETWORK_LAYERS(trace_layers),
                                       .optimizer = {.kind = MIXUP_ADAM,
                                                     .epsilon = 1e-7f,
                                                     .epsilon_convention = MIXUP_EPSILON_KERAS}});
    trace_initialize(&n);
    real *inputs = network_values(TRACE_INPUTS);
    real *targets = network_values(TRACE_TARGETS);
    for (size_t step = 0; step < steps; step++) {
        const double loss = trace_step(&n, file, step, inputs, targets);
        if (!(fabs(loss - expected[step]) <= tolerance(step) * expected[step]))
            fail_msg("%s: the loss of step %zu is %.15g, PyTorch has %.15g", n.engine->name, step + 1, loss,
                     expected[step]);
    }
    free(inputs);
    free(targets);
    network_destroy(&n);
    safetensors_destroy(file);
}

#endif
