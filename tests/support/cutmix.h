/* tests/support/cutmix: eight training steps with CutMix at the input and on feature maps, with given draws,
 * as tests/fixtures/make_torch_cutmix.py does them in PyTorch. Channels of the maps fill oneDNN's blocks (16)
 * and do not (20). */
#ifndef SUPPORT_CUTMIX_H
#define SUPPORT_CUTMIX_H

#include "support/torch_check.h"

enum { CUTMIX_STEPS = 8, CUTMIX_BATCH = 5, CUTMIX_CLASSES = 4, CUTMIX_SEED = 21 };

static const mixup_layer cutmix_layers[] = {
    {.op = MIXUP_CONV2D,
     .name = "first",
     .filters = 16,
     .kernel = {3},
     .padding = {1},
     .activation = MIXUP_RELU},
    {.op = MIXUP_CONV2D, .name = "second", .filters = 20, .kernel = {3}, .padding = {1}, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .name = "norm", .activation = MIXUP_RELU},
    {.op = MIXUP_MAX_POOL, .name = "pool", .kernel = {2}},
    {.op = MIXUP_GLOBAL_AVERAGE_POOL},
    {.op = MIXUP_DENSE, .name = "head", .units = CUTMIX_CLASSES, .activation = MIXUP_SOFTMAX},
};

static const char *const cutmix_sites[] = {"input", "second", "norm", "pool"};

static inline const void *cutmix_row(const safetensors *file, const char *name, size_t step) {
    const safetensors_entry *entry = safetensors_find(file, name);
    assert_non_null(entry);
    return (const char *)entry->data + step * CUTMIX_BATCH * 4; /* int32 or float32 */
}

/* The draw of step `step` (from 0); returns its site. */
static inline const char *cutmix_draw(const safetensors *file, size_t step, network_draw *out) {
    network_draw_cut(out, CUTMIX_BATCH, false, 1);
    memcpy(out->partner, cutmix_row(file, "partner", step), CUTMIX_BATCH * sizeof *out->partner);
    memcpy(out->partner_weight, cutmix_row(file, "partner_weight", step), CUTMIX_BATCH * sizeof(float));
    memcpy(out->cut_row, cutmix_row(file, "cut_row", step), CUTMIX_BATCH * sizeof(float));
    memcpy(out->cut_column, cutmix_row(file, "cut_column", step), CUTMIX_BATCH * sizeof(float));
    for (size_t i = 0; i < CUTMIX_BATCH; i++)
        out->weight[i] = 1.0f - out->partner_weight[i];
    return cutmix_sites[((const int32_t *)safetensors_find(file, "site")->data)[step]];
}

/* Values against those of the file, relative to the largest. */
static inline void cutmix_expect(const safetensors *file, const char *name, const real *values, size_t count,
                                 double tolerance) {
    const safetensors_entry *entry = safetensors_find(file, name);
    assert_non_null(entry);
    assert_int_equal(shape_count(&entry->shape), count);
    const double *expected = entry->data;
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)values[i] - expected[i]) <= tolerance * largest))
            fail_msg("%s[%zu] is %.15g, PyTorch has %.15g", name, i, (double)values[i], expected[i]);
}

/* The gradient of every draw with respect to the input, which comes back through the mix. */
static inline void cutmix_check_gradients(network *n, const safetensors *file, const network_data *data,
                                          double tolerance) {
    for (size_t step = 0; step < CUTMIX_STEPS; step++) {
        network_draw draw;
        char name[32];
        const plan_key key = {.batch = CUTMIX_BATCH,
                              .update = PLAN_GRADIENTS,
                              .site = network_site(n, cutmix_draw(file, step, &draw)),
                              .input_gradient = true};
        const plan *made = network_run(n, &key, data, &(plan_run){.draw = &draw.draw, .step = 1});
        snprintf(name, sizeof name, "gradient.%zu", step);
        cutmix_expect(file, name, plan_input_gradient(made), CUTMIX_BATCH * network_input_width(n),
                      tolerance);
    }
}

static inline void cutmix_check_steps(network *n, const safetensors *file, const network_data *data,
                                      double tolerance) {
    static const char *const after[] = {"first.bias", "head.weight", "norm.running_var"};
    real losses[CUTMIX_STEPS], correct[CUTMIX_STEPS];
    int32_t labels[CUTMIX_BATCH];
    for (size_t i = 0; i < CUTMIX_BATCH; i++)
        labels[i] = (int32_t)(i % CUTMIX_CLASSES);
    for (size_t step = 0; step < CUTMIX_STEPS; step++) {
        network_draw draw;
        const plan_key key = {.batch = CUTMIX_BATCH,
                              .update = PLAN_FUSED,
                              .site = network_site(n, cutmix_draw(file, step, &draw))};
        plan_run run = {
            .draw = &draw.draw, .labels = labels, .learning_rate = (double)0.05f, .step = step + 1};
        network_run(n, &key, data, &run);
        losses[step] = (real)run.loss;
        correct[step] = (real)run.correct;
    }
    cutmix_expect(file, "losses", losses, CUTMIX_STEPS, tolerance);
    cutmix_expect(file, "correct", correct, CUTMIX_STEPS, tolerance);
    for (size_t a = 0; a < MIXUP_COUNT(after); a++) {
        char name[64];
        const size_t index = network_parameter(n, after[a]);
        real *values = network_read(n, index, PARAMETER_VALUES);
        snprintf(name, sizeof name, "after.%s", after[a]);
        cutmix_expect(file, name, values, n->graph->parameters[index].count, tolerance);
        free(values);
    }
}

static inline void cutmix_check(mixup_engine kind, double tolerance) {
    safetensors *file = torch_open("tests/fixtures/torch/cutmix.safetensors");
    network n;
    const network_desc desc = {
        .engine = kind,
        .input = {3, 9, 7},
        NETWORK_LAYERS(cutmix_layers),
        .seed = CUTMIX_SEED,
        .optimizer = {.kind = MIXUP_SGD, .learning_rate = 0.05f, .momentum = 0.9f},
    };
    network_create(&n, &desc);
    const size_t count = CUTMIX_BATCH * network_input_width(&n);
    real *inputs = network_values(count);
    real *targets = network_values((size_t)CUTMIX_BATCH * CUTMIX_CLASSES);
    network_uniform(CUTMIX_SEED, 1000, -1.0, 1.0, count, inputs);
    for (size_t i = 0; i < CUTMIX_BATCH; i++)
        targets[i * CUTMIX_CLASSES + i % CUTMIX_CLASSES] = 1;
    const network_data data = {inputs, targets};
    cutmix_check_gradients(&n, file, &data, tolerance);
    network_fill(&n, CUTMIX_SEED); /* running statistics have moved */
    cutmix_check_steps(&n, file, &data, tolerance);
    free(inputs);
    free(targets);
    network_destroy(&n);
    safetensors_destroy(file);
}

#endif
