/* tests/support/residual: ten training steps of a narrow PreActResNet-18 with given draws, as
 * tests/fixtures/make_torch_fixtures.py does them in PyTorch (see make_residual there). */
#ifndef SUPPORT_RESIDUAL_H
#define SUPPORT_RESIDUAL_H

#include "support/torch_check.h"

enum {
    RESIDUAL_STEPS = 10,
    RESIDUAL_BATCH = 6,
    RESIDUAL_WIDTH = 4,
    RESIDUAL_CLASSES = 3,
    RESIDUAL_SEED = 11
};

#define RESIDUAL_NORM(called) .op = MIXUP_BATCH_NORM, .name = (called), .activation = MIXUP_RELU
#define RESIDUAL_CONV(called, count, size, step)                                                             \
    .op = MIXUP_CONV2D, .name = (called), .filters = (count), .kernel = {(size)}, .stride = {(step)},        \
    .padding = {(size) / 2}, .no_bias = true

/* A block that keeps the shape; `before` is the layer that it reads and adds to. */
#define RESIDUAL_SAME(block, before, count)                                                                  \
    {RESIDUAL_NORM(block ".norm1")}, {RESIDUAL_CONV(block ".conv1", count, 3, 1)},                           \
        {RESIDUAL_NORM(block ".norm2")}, {RESIDUAL_CONV(block ".conv2", count, 3, 1)}, {                     \
        .op = MIXUP_ADD, .name = (block), .with = {(before) }                                                \
    }
/* A block that halves the image: the shortcut, a convolution 1x1, starts behind the first norm. */
#define RESIDUAL_HALF(block, count)                                                                          \
    {RESIDUAL_NORM(block ".norm1")}, {RESIDUAL_CONV(block ".conv1", count, 3, 2)},                           \
        {RESIDUAL_NORM(block ".norm2")}, {RESIDUAL_CONV(block ".conv2", count, 3, 1)},                       \
        {RESIDUAL_CONV(block ".shortcut", count, 1, 2), .from = block ".norm1"}, {                           \
        .op = MIXUP_ADD, .name = (block), .with = { block ".conv2" }                                         \
    }
#define RESIDUAL_STAGE(stage, count)                                                                         \
    RESIDUAL_HALF(stage ".block1", count), RESIDUAL_SAME(stage ".block2", stage ".block1", count)

static const mixup_layer residual_layers[] = {
    {RESIDUAL_CONV("first", RESIDUAL_WIDTH, 3, 1)},
    RESIDUAL_SAME("stage1.block1", "first", RESIDUAL_WIDTH),
    RESIDUAL_SAME("stage1.block2", "stage1.block1", RESIDUAL_WIDTH),
    RESIDUAL_STAGE("stage2", (size_t)2 * RESIDUAL_WIDTH),
    RESIDUAL_STAGE("stage3", (size_t)4 * RESIDUAL_WIDTH),
    RESIDUAL_STAGE("stage4", (size_t)8 * RESIDUAL_WIDTH),
    {RESIDUAL_NORM("norm")},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL},
    {.op = MIXUP_DENSE, .name = "head", .units = RESIDUAL_CLASSES, .activation = MIXUP_SOFTMAX},
};

static const char *const residual_sites[] = {"stage1.block1.norm1", "stage2.block1.norm1",
                                             "stage3.block1.norm1"};

/* Step `step` (from 0) with the draw that the fixture holds; returns the loss. */
static inline double residual_step(network *n, const safetensors *file, size_t step,
                                   const network_data *data) {
    network_draw draw;
    network_draw_make(&draw, RESIDUAL_BATCH, false, 1);
    const uint32_t *partner = safetensors_find(file, "partner")->data;
    memcpy(draw.partner, partner + step * RESIDUAL_BATCH, RESIDUAL_BATCH * sizeof *partner);
    for (size_t i = 0; i < RESIDUAL_BATCH; i++) {
        draw.weight[i] = ((const float *)safetensors_find(file, "weight")->data)[step];
        draw.partner_weight[i] = ((const float *)safetensors_find(file, "partner_weight")->data)[step];
    }
    const int32_t site = ((const int32_t *)safetensors_find(file, "site")->data)[step];
    const plan_key key = {
        .batch = RESIDUAL_BATCH, .update = PLAN_FUSED, .site = network_site(n, residual_sites[site])};
    plan_run run = {.draw = &draw.draw, .learning_rate = (double)0.02f, .step = step + 1};
    network_run(n, &key, data, &run);
    return run.loss;
}

static inline void residual_expect(const network *n, const safetensors *file, const char *name,
                                   double tolerance) {
    char key[64];
    snprintf(key, sizeof key, "after.%s", name);
    const double *expected = safetensors_find(file, key)->data;
    const size_t index = network_parameter(n, name);
    real *values = network_read(n, index, PARAMETER_VALUES);
    for (size_t i = 0; i < n->graph->parameters[index].count; i++)
        expect_near(values[i], expected[i], tolerance * (1.0 + fabs(expected[i])));
    free(values);
}

/* The losses, and some parameters after the last step, are within `tolerance` of the fixture's. */
static inline void residual_check(mixup_engine kind, double tolerance) {
    safetensors *file = torch_open("tests/fixtures/torch/residual.safetensors");
    const double *expected = safetensors_find(file, "losses")->data;
    network n;
    network_create(&n, &(network_desc){.engine = kind,
                                       .input = {3, 16, 16},
                                       NETWORK_LAYERS(residual_layers),
                                       .seed = RESIDUAL_SEED,
                                       .optimizer = {.kind = MIXUP_NESTEROV,
                                                     .learning_rate = 0.02f,
                                                     .momentum = 0.9f,
                                                     .weight_decay = 1e-3f}});
    const size_t count = RESIDUAL_BATCH * network_input_width(&n);
    real *inputs = network_values(count);
    real *targets = network_values((size_t)RESIDUAL_BATCH * RESIDUAL_CLASSES);
    network_uniform(RESIDUAL_SEED, 1000, -1.0, 1.0, count, inputs);
    for (size_t i = 0; i < RESIDUAL_BATCH; i++)
        targets[i * RESIDUAL_CLASSES + i % RESIDUAL_CLASSES] = 1;
    for (size_t step = 0; step < RESIDUAL_STEPS; step++) {
        const double loss = residual_step(&n, file, step, &(network_data){inputs, targets});
        if (!(fabs(loss - expected[step]) <= tolerance * (1.0 + expected[step])))
            fail_msg("%s: the loss of step %zu is %.15g, PyTorch has %.15g", n.engine->name, step + 1, loss,
                     expected[step]);
    }
    residual_expect(&n, file, "first.weight", tolerance);
    residual_expect(&n, file, "head.weight", tolerance);
    residual_expect(&n, file, "norm.running_var", tolerance);
    free(inputs);
    free(targets);
    network_destroy(&n);
    safetensors_destroy(file);
}

#endif
