/* engine/loss: see loss.h. Every formula works on logits z and shifts by their maximum, so that nothing
 * overflows; sums run in double. The gradient of row i is with respect to the sum over rows; the emitted step
 * divides the loss by the batch size, and in training the gradient too. */
#include "engine/loss.h"

#include <math.h>
#include <string.h>

static const char *const names[MIXUP_LOSS_COUNT] = {
    [MIXUP_LOSS_DEFAULT] = "default",
    [MIXUP_SOFTMAX_CROSS_ENTROPY] = "softmax_cross_entropy",
    [MIXUP_SOFTMAX_BINARY] = "softmax_binary",
    [MIXUP_SIGMOID_BINARY] = "sigmoid_binary",
    [MIXUP_MEAN_SQUARED_ERROR] = "mean_squared_error",
};

const char *loss_name(mixup_loss loss) {
    return (unsigned)loss < MIXUP_LOSS_COUNT ? names[loss] : "unknown";
}

mixup_loss loss_by_name(const char *name) {
    for (int i = 0; i < MIXUP_LOSS_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (mixup_loss)i;
    return MIXUP_LOSS_COUNT;
}

mixup_status loss_resolve(mixup_loss given, mixup_activation final, mixup_loss *out) {
    mixup_loss loss = given;
    if ((unsigned)given >= MIXUP_LOSS_COUNT)
        return error(MIXUP_ERROR_ARGUMENT, "loss is %d, which is no mixup_loss", (int)given);
    if (loss == MIXUP_LOSS_DEFAULT)
        loss = final == MIXUP_SOFTMAX
                   ? MIXUP_SOFTMAX_CROSS_ENTROPY
                   : (final == MIXUP_SIGMOID ? MIXUP_SIGMOID_BINARY : MIXUP_MEAN_SQUARED_ERROR);
    const bool squared = loss == MIXUP_MEAN_SQUARED_ERROR;
    const mixup_activation matching = loss == MIXUP_SIGMOID_BINARY ? MIXUP_SIGMOID : MIXUP_SOFTMAX;
    if (squared && (final == MIXUP_SOFTMAX || final == MIXUP_SIGMOID))
        return error(MIXUP_ERROR_NETWORK, "the loss %s does not go with a final %s; end in linear, or use %s",
                     loss_name(loss), activation_name(final),
                     final == MIXUP_SOFTMAX ? "softmax_cross_entropy" : "sigmoid_binary");
    if (!squared && final != matching && final != MIXUP_LINEAR)
        return error(MIXUP_ERROR_NETWORK, "the loss %s goes with a final %s (or linear), not with %s",
                     loss_name(loss), activation_name(matching), activation_name(final));
    *out = loss;
    return MIXUP_OK;
}

size_t loss_largest(const real *values, size_t columns) {
    size_t best = 0;
    for (size_t c = 1; c < columns; c++)
        if (values[c] > values[best])
            best = c;
    return best;
}

static double weight(const float *class_weights, size_t c) {
    return class_weights != NULL ? (double)class_weights[c] : 1.0;
}

/* Σ exp(z_c - largest); log softmax(z)_c = z_c - largest - log of it. */
static double exponential_sum(const real *logits, size_t columns, double largest) {
    double sum = 0.0;
    for (size_t c = 0; c < columns; c++)
        sum += exp((double)logits[c] - largest);
    return sum;
}

/* -Σ_c w_c t_c log p_c; gradient p_j Σ_c w_c t_c - w_j t_j. */
static double softmax_cross_entropy(size_t columns, const real *logits, const real *targets,
                                    const float *class_weights, real *gradient) {
    const double largest = (double)logits[loss_largest(logits, columns)];
    const double log_sum = log(exponential_sum(logits, columns, largest));
    double loss = 0.0;
    double total = 0.0;
    for (size_t c = 0; c < columns; c++) {
        const double share = weight(class_weights, c) * (double)targets[c];
        loss -= share * ((double)logits[c] - largest - log_sum);
        total += share;
    }
    if (gradient != NULL)
        for (size_t c = 0; c < columns; c++)
            gradient[c] = (real)(exp((double)logits[c] - largest - log_sum) * total -
                                 weight(class_weights, c) * (double)targets[c]);
    return loss;
}

/* -1/C Σ_c w_c (t_c log p_c + (1 - t_c) log(1 - p_c)) with p = softmax(z).
 *
 * Only the most probable class d can have 1 - p close to 0, so log(1 - p_d) is taken from the sum over the
 * others, shifted by their own maximum m: log(1 - p_d) = m + log r - log Σ exp z, r = Σ_{j≠d} exp(z_j - m).
 * Derivatives: of log p_c by z_j: [j=c] - p_j; of log(1 - p_c) by z_j: -p_c for j = c, p_c p_j / (1 - p_c)
 * otherwise, where for c = d the ratio p_j / (1 - p_d) is exp(z_j - m) / r. */
static double softmax_binary(size_t columns, const real *logits, const real *targets,
                             const float *class_weights, real *gradient) {
    const size_t d = loss_largest(logits, columns);
    const double largest = (double)logits[d];
    const double log_sum = largest + log(exponential_sum(logits, columns, largest));
    double m = -INFINITY;
    for (size_t c = 0; c < columns; c++)
        if (c != d && (double)logits[c] > m)
            m = (double)logits[c];
    double r = 0.0;
    for (size_t c = 0; c < columns; c++)
        if (c != d)
            r += exp((double)logits[c] - m);

    double loss = 0.0;
    double from_right = 0.0; /* Σ_c w_c t_c: each log p_c pushes all p_j down */
    double from_wrong = 0.0; /* Σ_{c≠d} w_c (1 - t_c) p_c / (1 - p_c) */
    for (size_t c = 0; c < columns; c++) {
        const double w = weight(class_weights, c);
        const double t = (double)targets[c];
        const double log_p = (double)logits[c] - log_sum;
        const double p = exp(log_p);
        const double log_rest = c == d ? m + log(r) - log_sum : log1p(-p);
        loss -= w * t * log_p;
        if (t < 1.0) /* a single column has no rest: log_rest is -inf there */
            loss -= w * (1.0 - t) * log_rest;
        from_right += w * t;
        if (c != d)
            from_wrong += w * (1.0 - t) * p / (1.0 - p);
    }
    const double w_d = weight(class_weights, d) * (1.0 - (double)targets[d]);
    const double p_d = exp(largest - log_sum);
    for (size_t j = 0; gradient != NULL && j < columns; j++) {
        const double w = weight(class_weights, j);
        const double t = (double)targets[j];
        const double p = exp((double)logits[j] - log_sum);
        double slope = w * t - p * from_right; /* of Σ w t log p */
        if (j == d)
            slope += p * from_wrong - w_d * p_d;
        else
            slope += p * (from_wrong - w * (1.0 - t) * p / (1.0 - p)) - w * (1.0 - t) * p +
                     w_d * p_d * exp((double)logits[j] - m) / r;
        gradient[j] = (real)(-slope / (double)columns);
    }
    return loss / (double)columns;
}

/* 1/C Σ_c w_c (max(z, 0) - z t + log(1 + exp(-|z|))); gradient w (σ(z) - t) / C. */
static double sigmoid_binary(size_t columns, const real *logits, const real *targets,
                             const float *class_weights, real *gradient) {
    double loss = 0.0;
    for (size_t c = 0; c < columns; c++) {
        const double z = (double)logits[c];
        const double t = (double)targets[c];
        const double w = weight(class_weights, c);
        const double e = exp(-fabs(z));
        loss += w * ((z > 0.0 ? z : 0.0) - z * t + log1p(e));
        if (gradient != NULL)
            gradient[c] = (real)(w * ((z >= 0.0 ? 1.0 : e) / (1.0 + e) - t) / (double)columns);
    }
    return loss / (double)columns;
}

/* 1/C Σ_c w_c (z_c - t_c)². */
static double squared_error(size_t columns, const real *logits, const real *targets,
                            const float *class_weights, real *gradient) {
    double loss = 0.0;
    for (size_t c = 0; c < columns; c++) {
        const double w = weight(class_weights, c);
        const double difference = (double)logits[c] - (double)targets[c];
        loss += w * difference * difference;
        if (gradient != NULL)
            gradient[c] = (real)(2.0 * w * difference / (double)columns);
    }
    return loss / (double)columns;
}

typedef double (*row_function)(size_t columns, const real *logits, const real *targets,
                               const float *class_weights, real *gradient);

static const row_function row_functions[MIXUP_LOSS_COUNT] = {
    [MIXUP_LOSS_DEFAULT] = softmax_cross_entropy, [MIXUP_SOFTMAX_CROSS_ENTROPY] = softmax_cross_entropy,
    [MIXUP_SOFTMAX_BINARY] = softmax_binary,      [MIXUP_SIGMOID_BINARY] = sigmoid_binary,
    [MIXUP_MEAN_SQUARED_ERROR] = squared_error,
};

double loss_row(mixup_loss loss, size_t columns, const real *logits, const real *targets,
                const float *class_weights, real *gradient) {
    return row_functions[loss](columns, logits, targets, class_weights, gradient);
}

/* ---- the step */

typedef struct loss_arguments {
    mixup_loss loss;
    size_t batch, columns;
    bool mixes;
    real scale;                 /* of the gradient */
    const float *class_weights; /* [columns], or NULL */
    const real *logits;         /* [batch][columns] */
    const real *targets;        /* [batch][columns] mixed */
    const real *plain_targets;  /* [batch][columns] */
    real *gradient;             /* [batch][columns] */
} loss_arguments;

/* Share of the columns on whose side of 1/2 the prediction for row `i` is right for row `target`. */
static double agreement(const loss_arguments *a, size_t i, size_t target) {
    size_t equal = 0;
    for (size_t c = 0; c < a->columns; c++)
        equal +=
            (a->logits[i * a->columns + c] > 0) == (a->plain_targets[target * a->columns + c] > (real)0.5);
    return (double)equal / (double)a->columns;
}

/* Whether (or to which share) the prediction for row `i` is right for the target of row `target`. */
static double rightness(const loss_arguments *a, const plan_run *run, size_t i, size_t target,
                        size_t predicted) {
    if (a->loss == MIXUP_SIGMOID_BINARY)
        return agreement(a, i, target);
    if (run->labels == NULL || run->labels[target] < 0)
        return NAN;
    return (size_t)run->labels[target] == predicted ? 1.0 : 0.0;
}

static double row_correct(const loss_arguments *a, const plan_run *run, size_t i) {
    const size_t predicted = loss_largest(a->logits + i * a->columns, a->columns);
    const double own = rightness(a, run, i, i, predicted);
    if (!a->mixes)
        return own;
    const double partner = rightness(a, run, i, run->draw->partner[i], predicted);
    return (double)run->weight[i] * own + (double)run->partner_weight[i] * partner;
}

static void run_loss(void *arguments, plan_run *run) {
    const loss_arguments *a = arguments;
    double loss = 0.0;
    double correct = 0.0;
    for (size_t i = 0; i < a->batch; i++) {
        const size_t row = i * a->columns;
        loss += loss_row(a->loss, a->columns, a->logits + row, a->targets + row, a->class_weights,
                         a->gradient + row);
        for (size_t c = 0; c < a->columns; c++)
            a->gradient[row + c] *= a->scale;
        correct += row_correct(a, run, i);
    }
    run->loss = loss / (double)a->batch;
    run->correct = correct;
}

mixup_status loss_emit(builder *to, size_t logits, size_t targets, size_t plain_targets, size_t gradient,
                       size_t columns) {
    loss_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    const bool trains = builder_trains(to);
    a->loss = builder_loss(to);
    a->batch = builder_batch(to);
    a->scale = trains ? (real)(1.0 / (double)a->batch) : 1;
    a->columns = columns;
    a->mixes = targets != plain_targets;
    a->class_weights = trains ? builder_training(to)->class_weights : NULL;
    MIXUP_TRY(builder_bind_const(to, logits, &a->logits));
    MIXUP_TRY(builder_bind_const(to, targets, &a->targets));
    MIXUP_TRY(builder_bind_const(to, plain_targets, &a->plain_targets));
    MIXUP_TRY(builder_bind(to, gradient, &a->gradient));
    return builder_step(to, run_loss, a);
}
