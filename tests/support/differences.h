/* tests/support/differences: gradients of a network in double against central differences, mixed as a draw
 * says.
 *
 *     difference_check(&desc, "what", 1);                  at every site and batch size
 *     difference_check_draw(&desc, "what", &key, &draw);   once
 */
#ifndef SUPPORT_DIFFERENCES_H
#define SUPPORT_DIFFERENCES_H

#include "support/network.h"

/* The difference quotient with step h errs by about h² (third derivative) + 1e-16 / h. */
static const double DIFFERENCE_STEP = 1e-5;
static const double DIFFERENCE_TOLERANCE = 1e-7; /* of 1 + |gradient| */

/* One gradient to check. */
typedef struct difference_probe {
    network *network;
    plan_key key;
    const mixup_batch_draw *draw;
    real *inputs;  /* [batch][input] */
    real *targets; /* [batch][output] */
    const char *what;
} difference_probe;

static inline double difference_loss(const difference_probe *self, plan **out) {
    plan_run run = {.draw = self->draw, .step = 1, .seed = 5, .epoch = 2, .epoch_step = 3};
    plan *made = network_run(self->network, &self->key, &(network_data){self->inputs, self->targets}, &run);
    if (out != NULL)
        *out = made;
    return run.loss;
}

/* (loss(x + h) - loss(x - h)) / 2h where `change` sets x. */
typedef void (*difference_change)(const difference_probe *self, size_t parameter, size_t element, double by);

static inline void difference_change_parameter(const difference_probe *self, size_t parameter, size_t element,
                                               double by) {
    real *values = network_read(self->network, parameter, PARAMETER_VALUES);
    values[element] += by;
    network_ok(parameter_store_write(self->network->store, parameter, PARAMETER_VALUES, values));
    free(values);
}

static inline void difference_change_input(const difference_probe *self, size_t parameter, size_t element,
                                           double by) {
    (void)parameter;
    self->inputs[element] += by;
}

static inline double difference_quotient(const difference_probe *self, difference_change change,
                                         size_t parameter, size_t element) {
    change(self, parameter, element, DIFFERENCE_STEP);
    const double above = difference_loss(self, NULL);
    change(self, parameter, element, -2 * DIFFERENCE_STEP);
    const double below = difference_loss(self, NULL);
    change(self, parameter, element, DIFFERENCE_STEP);
    return (above - below) / (2 * DIFFERENCE_STEP);
}

static inline void difference_expect(const difference_probe *self, const char *name, size_t element,
                                     double gradient, double expected) {
    if (!(fabs(gradient - expected) <= DIFFERENCE_TOLERANCE * (1.0 + fabs(expected))))
        fail_msg("%s: batch %zu, site %zd: the gradient of %s[%zu] is %.12g, differences say %.12g",
                 self->what, self->key.batch, (ptrdiff_t)self->key.site, name, element, gradient, expected);
}

/* Whether a parameter lies below the blocked site, where the gradient is zero whatever differences say. */
static inline bool difference_is_blocked(const difference_probe *self, size_t parameter) {
    const graph *made_of = self->network->graph;
    if (!self->key.block_gradient)
        return false;
    size_t made = 0;
    for (size_t n = 0; n < made_of->node_count; n++)
        if (made_of->nodes[n].layer == made_of->parameters[parameter].layer &&
            made_of->nodes[n].parameter_count > 0)
            made = made_of->values[made_of->nodes[n].output].position;
    return made <= made_of->values[self->key.site].position;
}

static inline void difference_check_parameter(const difference_probe *self, size_t p) {
    const graph_parameter *parameter = &self->network->graph->parameters[p];
    real *gradient = network_read(self->network, p, PARAMETER_GRADIENT);
    for (size_t i = 0; i < parameter->count && !parameter->buffer && !parameter->frozen; i++)
        difference_expect(self, parameter->name, i, gradient[i],
                          difference_is_blocked(self, p)
                              ? 0.0
                              : difference_quotient(self, difference_change_parameter, p, i));
    free(gradient);
}

/* Gradients of all parameters and, where the key wants it, of the input. */
static inline void difference_check_gradients(const difference_probe *self) {
    plan *made = NULL;
    const size_t count = self->key.batch * network_input_width(self->network);
    const double loss = difference_loss(self, &made);
    assert_true(isfinite(loss));
    real *input_gradient = network_values(count);
    if (self->key.input_gradient)
        memcpy(input_gradient, plan_input_gradient(made), count * sizeof(real));
    for (size_t p = 0; p < self->network->graph->parameter_count; p++) {
        difference_check_parameter(self, p);
        difference_loss(self, NULL); /* as changing a parameter left the gradients of another place */
    }
    for (size_t i = 0; i < count && self->key.input_gradient; i++)
        difference_expect(self, "input", i, input_gradient[i],
                          difference_quotient(self, difference_change_input, 0, i));
    free(input_gradient);
}

/* The gradient of the input of a prediction: of the sum over the batch, while the loss that a run reports is
 * the mean. No value changes. */
static inline void difference_check_prediction(const difference_probe *self) {
    const size_t count = self->key.batch * network_input_width(self->network);
    const parameter_store *store = self->network->store;
    for (size_t p = 0; p < self->network->graph->parameter_count; p++) {
        plan *made = NULL;
        real *before = network_read(self->network, p, PARAMETER_VALUES);
        assert_true(isfinite(difference_loss(self, &made)));
        real *after = network_read(self->network, p, PARAMETER_VALUES);
        assert_memory_equal(before, after, self->network->graph->parameters[p].count * sizeof(real));
        assert_null(store->items[p].arrays[PARAMETER_GRADIENT]);
        free(before);
        free(after);
    }
    plan *made = NULL;
    difference_loss(self, &made);
    real *gradient = network_values(count);
    memcpy(gradient, plan_input_gradient(made), count * sizeof(real));
    for (size_t i = 0; i < count; i++)
        difference_expect(self, "input of a prediction", i, gradient[i],
                          (double)self->key.batch * difference_quotient(self, difference_change_input, 0, i));
    free(gradient);
}

/* Calls difference_check_gradients for one network, one batch size, one site; or difference_check_prediction.
 */
static inline void difference_check_draw(const network_desc *desc, const char *what, const plan_key *key,
                                         const network_draw *draw) {
    network n;
    network_create(&n, desc);
    const size_t columns = network_output_width(&n);
    difference_probe self = {.network = &n,
                             .key = *key,
                             .draw = &draw->draw,
                             .inputs = network_values(key->batch * network_input_width(&n)),
                             .targets = network_values(key->batch * columns),
                             .what = what};
    network_uniform(3, 500, -1.0, 1.0, key->batch * network_input_width(&n), self.inputs);
    network_targets(n.training.loss, 4, key->batch, columns, self.targets);
    if (key->update == PLAN_INPUT_GRADIENT) {
        self.key.loss = n.training.loss;
        difference_check_prediction(&self);
    } else {
        difference_check_gradients(&self);
    }
    free(self.inputs);
    free(self.targets);
    network_destroy(&n);
}

static inline void difference_check_once(const network_desc *desc, const char *what, const plan_key *key,
                                         bool per_sample) {
    network_draw draw;
    network_draw_make(&draw, key->batch, per_sample, 17);
    difference_check_draw(desc, what, key, &draw);
}

static inline bool difference_seen_before(const graph *in, size_t layer) {
    for (size_t l = 0; l < layer; l++)
        if (in->values[in->layers[l].input].storage == in->values[in->layers[layer].input].storage)
            return true;
    return false;
}

/* Without mixing, and mixed at every legal site with one λ and with one a sample. */
static inline void difference_check_sites(const network_desc *desc, const char *what, size_t batch) {
    network n;
    network_create(&n, desc);
    size_t sites[32];
    size_t count = 0;
    for (size_t l = 0; l < n.graph->layer_count; l++)
        if (n.graph->layers[l].site_problem == NULL && !difference_seen_before(n.graph, l))
            sites[count++] = network_site(&n, n.graph->layers[l].attributes.name);
    network_destroy(&n);
    plan_key key = {.batch = batch, .update = PLAN_GRADIENTS, .site = PLAN_NO_SITE, .input_gradient = true};
    difference_check_once(desc, what, &key, false);
    for (size_t s = 0; s < count; s++) {
        key.site = sites[s];
        difference_check_once(desc, what, &key, false);
        difference_check_once(desc, what, &key, true);
    }
}

static inline void difference_check(const network_desc *desc, const char *what, size_t smallest) {
    static const size_t batches[] = {1, 2, 3, 7};
    for (size_t b = 0; b < MIXUP_COUNT(batches); b++) {
        const plan_key prediction = {
            .batch = batches[b], .update = PLAN_INPUT_GRADIENT, .site = PLAN_NO_SITE};
        difference_check_once(desc, what, &prediction, false);
        if (batches[b] >= smallest)
            difference_check_sites(desc, what, batches[b]);
    }
}

#endif
