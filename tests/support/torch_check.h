/* tests/support/torch_check: one case of tests/fixtures/torch/cases.safetensors against one engine, and of
 * input_gradients.safetensors beside it. */
#ifndef SUPPORT_TORCH_CHECK_H
#define SUPPORT_TORCH_CHECK_H

#include "support/torch_cases.h"

#include "format/safetensors.h"

#include <stdio.h>

enum { TORCH_STEPS = 5 };

/* One case on its way. */
typedef struct torch_check {
    const safetensors *file;
    const torch_case *given;
    network network;
    double tolerance; /* of the largest absolute value of each tensor */
} torch_check;

static inline const safetensors_entry *torch_find(const torch_check *self, const char *prefix,
                                                  const char *name) {
    char key[160];
    snprintf(key, sizeof key, "%s/%s%s", self->given->name, prefix, name);
    return safetensors_find(self->file, key);
}

static inline const safetensors_entry *torch_entry(const torch_check *self, const char *prefix,
                                                   const char *name) {
    const safetensors_entry *entry = torch_find(self, prefix, name);
    if (entry == NULL)
        fail_msg("%s: the fixture has no %s%s", self->given->name, prefix, name);
    return entry;
}

/* A copy that the test frees. */
static inline real *torch_values(const safetensors_entry *entry) {
    const size_t count = shape_count(&entry->shape);
    real *values = network_values(count);
    for (size_t i = 0; i < count; i++)
        values[i] = (real)array_element(entry->type, entry->data, i);
    return values;
}

static inline void torch_expect_entry(const torch_check *self, const safetensors_entry *entry,
                                      const real *values) {
    const size_t count = shape_count(&entry->shape);
    double largest = 0.01; /* where all is rounding: the gradient of a bias before a batch norm */
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(array_element(entry->type, entry->data, i)));
    for (size_t i = 0; i < count; i++) {
        const double expected = array_element(entry->type, entry->data, i);
        if (!(fabs((double)values[i] - expected) <= self->tolerance * largest))
            fail_msg("%s on %s: [%zu] is %.15g, PyTorch has %.15g", entry->name, self->network.engine->name,
                     i, (double)values[i], expected);
    }
}

static inline void torch_expect(const torch_check *self, const char *prefix, const char *name,
                                const real *values, size_t count) {
    const safetensors_entry *entry = torch_entry(self, prefix, name);
    assert_int_equal(shape_count(&entry->shape), count);
    torch_expect_entry(self, entry, values);
}

/* Every parameter's `kind` against PREFIX.name. */
static inline void torch_expect_parameters(const torch_check *self, const char *prefix, parameter_kind kind) {
    const graph *made_of = self->network.graph;
    for (size_t p = 0; p < made_of->parameter_count; p++) {
        const graph_parameter *parameter = &made_of->parameters[p];
        if (kind != PARAMETER_VALUES && (parameter->buffer || parameter->frozen))
            continue;
        real *values = network_read(&self->network, p, kind);
        torch_expect(self, prefix, parameter->name, values, parameter->count);
        free(values);
    }
}

static inline void torch_load_parameters(torch_check *self) {
    const graph *made_of = self->network.graph;
    for (size_t p = 0; p < made_of->parameter_count; p++) {
        const safetensors_entry *entry = torch_entry(self, "values.", made_of->parameters[p].name);
        assert_true(shape_equal(&entry->shape, &made_of->parameters[p].shape));
        real *values = torch_values(entry);
        network_ok(parameter_store_write(self->network.store, p, PARAMETER_VALUES, values));
        free(values);
    }
}

static inline void torch_load_draw(const torch_check *self, size_t batch, network_draw *out) {
    network_draw_make(out, batch, false, 1); /* the identity would do as well */
    if (self->given->site == NULL)
        return;
    const safetensors_entry *partner = torch_entry(self, "partner", "");
    memcpy(out->partner, partner->data, batch * sizeof *out->partner);
    memcpy(out->weight, torch_entry(self, "weight", "")->data, batch * sizeof(float));
    memcpy(out->partner_weight, torch_entry(self, "partner_weight", "")->data, batch * sizeof(float));
}

/* The gradients of step 1; then five steps with the update that `update` names. */
static inline void torch_run(torch_check *self, plan_update update, size_t batch, const network_data *data) {
    network *n = &self->network;
    network_draw draw;
    torch_load_draw(self, batch, &draw);
    plan_key key = {.batch = batch,
                    .update = PLAN_GRADIENTS,
                    .site = network_site(n, self->given->site),
                    .block_gradient = self->given->blocked,
                    .input_gradient = torch_find(self, "input_gradient", "") != NULL};
    plan_run run = {.draw = &draw.draw, .seed = 7, .epoch = 2, .epoch_step = 1, .step = 1};
    const plan *made = network_run(n, &key, data, &run);
    torch_expect(self, "output", "", plan_output(made), batch * network_output_width(n));
    if (key.input_gradient)
        torch_expect(self, "input_gradient", "", plan_input_gradient(made), batch * network_input_width(n));
    torch_expect_parameters(self, "gradient.", PARAMETER_GRADIENT);

    torch_load_parameters(self); /* batch norm's running values have moved */
    key.update = update;
    key.input_gradient = false;
    run.learning_rate = (double)n->training.optimizer.learning_rate;
    real losses[TORCH_STEPS];
    for (uint32_t step = 1; step <= TORCH_STEPS; step++) {
        run.step = run.epoch_step = step;
        network_run(n, &key, data, &run);
        losses[step - 1] = (real)run.loss;
    }
    torch_expect(self, "losses", "", losses, TORCH_STEPS);
    torch_expect_parameters(self, "after.", PARAMETER_VALUES);
    if (self->given->desc.average_decay > 0.0)
        torch_expect_parameters(self, "average.", PARAMETER_AVERAGE);

    key = (plan_key){.batch = batch, .site = PLAN_NO_SITE, .output = n->graph->output};
    made = network_run(n, &key, data, &(plan_run){0});
    torch_expect(self, "prediction", "", plan_output(made), batch * network_output_width(n));
}

static inline void torch_check_case(const safetensors *file, const torch_case *given, mixup_engine kind,
                                    double tolerance) {
    static const plan_update updates[] = {PLAN_DEFERRED, PLAN_FUSED};
    for (size_t u = 0; u < MIXUP_COUNT(updates); u++) {
        if (updates[u] == PLAN_FUSED && given->desc.optimizer.clip_norm > 0.0f)
            continue; /* needs all gradients */
        if (updates[u] == PLAN_DEFERRED && strncmp(given->name, "optimizer/", 10) != 0)
            continue; /* nothing about it is new there */
        torch_check self = {.file = file, .given = given, .tolerance = tolerance};
        network_desc desc = given->desc;
        desc.engine = kind;
        network_create(&self.network, &desc);
        torch_load_parameters(&self);
        const safetensors_entry *input = torch_entry(&self, "input", "");
        real *inputs = torch_values(input);
        real *targets = torch_values(torch_entry(&self, "targets", ""));
        torch_run(&self, updates[u], input->shape.sizes[0], &(network_data){inputs, targets});
        free(inputs);
        free(targets);
        network_destroy(&self.network);
    }
}

/* The gradient of the input of a prediction, with the case's values. */
static inline void torch_check_input_gradient(torch_check *self, const safetensors_entry *expected) {
    network *n = &self->network;
    const size_t batch = expected->shape.sizes[0];
    const plan_key key = {
        .batch = batch, .update = PLAN_INPUT_GRADIENT, .site = PLAN_NO_SITE, .loss = n->training.loss};
    real *inputs = torch_values(torch_entry(self, "input", ""));
    real *targets = torch_values(torch_entry(self, "targets", ""));
    torch_load_parameters(self);
    plan_run run = {0};
    const plan *made = network_run(n, &key, &(network_data){inputs, targets}, &run);
    assert_int_equal(shape_count(&expected->shape), batch * network_input_width(n));
    torch_expect_entry(self, expected, plan_input_gradient(made));
    free(inputs);
    free(targets);
}

static inline safetensors *torch_open(const char *path) {
    safetensors *file = NULL;
    network_ok(safetensors_read(&file, path, 0, NULL));
    return file;
}

static inline const torch_case *torch_case_named(const char *key) {
    for (size_t c = 0; c < MIXUP_COUNT(torch_cases); c++) {
        const size_t length = strlen(torch_cases[c].name);
        if (strncmp(key, torch_cases[c].name, length) == 0 && key[length] == '/')
            return &torch_cases[c];
    }
    return NULL;
}

/* All cases, on one engine. */
static inline void torch_check_all(mixup_engine kind, double tolerance) {
    safetensors *file = torch_open("tests/fixtures/torch/cases.safetensors");
    for (size_t i = 0; i < safetensors_count(file); i++)
        if (torch_case_named(safetensors_at(file, i)->name) == NULL)
            fail_msg("no case in C for %s", safetensors_at(file, i)->name);
    for (size_t c = 0; c < MIXUP_COUNT(torch_cases); c++) {
#ifdef MIXUP_DOUBLE
        if (torch_cases[c].custom)
            continue;
#endif
        torch_check_case(file, &torch_cases[c], kind, tolerance);
    }
    safetensors_destroy(file);
}

static inline const torch_case *torch_case_called(const char *name) {
    for (size_t c = 0; c < MIXUP_COUNT(torch_cases); c++)
        if (strcmp(torch_cases[c].name, name) == 0)
            return &torch_cases[c];
    fail_msg("no case in C for %s", name);
    return NULL;
}

/* All of input_gradients.safetensors, on one engine. */
static inline void torch_check_input_gradients(mixup_engine kind, double tolerance) {
    safetensors *file = torch_open("tests/fixtures/torch/cases.safetensors");
    safetensors *gradients = torch_open("tests/fixtures/torch/input_gradients.safetensors");
    assert_true(safetensors_count(gradients) > 0);
    for (size_t i = 0; i < safetensors_count(gradients); i++) {
        const safetensors_entry *expected = safetensors_at(gradients, i);
        torch_check self = {.file = file, .given = torch_case_called(expected->name), .tolerance = tolerance};
#ifdef MIXUP_DOUBLE
        if (self.given->custom)
            continue;
#endif
        network_desc desc = self.given->desc;
        desc.engine = kind;
        network_create(&self.network, &desc);
        torch_check_input_gradient(&self, expected);
        network_destroy(&self.network);
    }
    safetensors_destroy(gradients);
    safetensors_destroy(file);
}

/* Every row of the op table, every activation, loss and optimiser has a case that uses it. */
static inline void torch_expect_complete(void) {
    bool ops[MIXUP_OP_COUNT] = {false}, activations[MIXUP_ACTIVATION_COUNT] = {false};
    bool losses[MIXUP_LOSS_COUNT] = {true}, optimizers[MIXUP_OPTIMIZER_COUNT] = {true};
    for (size_t c = 0; c < MIXUP_COUNT(torch_cases); c++) {
        const network_desc *desc = &torch_cases[c].desc;
        for (size_t l = 0; l < desc->layer_count; l++) {
            ops[desc->layers[l].op] = true;
            activations[desc->layers[l].activation] = true;
        }
        losses[desc->loss] = true;
        optimizers[desc->optimizer.kind] = true;
    }
    for (int i = 0; i < MIXUP_OP_COUNT; i++)
        if (op_find((mixup_op)i) != NULL && !ops[i])
            fail_msg("the op %s has no case", op_find((mixup_op)i)->name);
    for (int i = 0; i < MIXUP_ACTIVATION_COUNT; i++)
        assert_true(activations[i]);
    for (int i = 0; i < MIXUP_LOSS_COUNT; i++)
        assert_true(losses[i]);
    for (int i = 0; i < MIXUP_OPTIMIZER_COUNT; i++)
        assert_true(optimizers[i]);
}

#endif
