/* engine/optimizer: one loop an optimiser. The loops are written so that compilers turn them into vectors:
 * no branch on data, `restrict` pointers, factors in locals. */
#include "engine/optimizer.h"

#include "base/vectorize.h"

#include <assert.h>
#include <math.h>

/* ---- settings */

static mixup_status check(const char *name, float value, float low, float high, bool high_included) {
    if (isfinite(value) && value >= low && (value < high || (high_included && value == high)))
        return MIXUP_OK;
    return error(MIXUP_ERROR_ARGUMENT, "optimizer.%s is %g; it must be at least %g and %s %g", name,
                 (double)value, (double)low, high_included ? "at most" : "below", (double)high);
}

static float or_default(float value, float standard) {
    return value == 0.0f ? standard : value;
}

mixup_status optimizer_resolve(const mixup_optimizer *given, mixup_optimizer *out) {
    mixup_optimizer o = *given;
    if ((unsigned)o.kind >= MIXUP_OPTIMIZER_COUNT)
        return error(MIXUP_ERROR_ARGUMENT, "optimizer.kind is %d, which is no mixup_optimizer_kind",
                     (int)o.kind);
    if (o.kind == MIXUP_OPTIMIZER_DEFAULT)
        o.kind = MIXUP_ADAM;
    const bool descent = o.kind == MIXUP_SGD || o.kind == MIXUP_NESTEROV;
    o.learning_rate = or_default(o.learning_rate, descent ? 1e-2f : 1e-3f);
    o.beta1 = or_default(o.beta1, 0.9f);
    o.beta2 = or_default(o.beta2, 0.999f);
    o.rho = or_default(o.rho, 0.99f);
    o.epsilon = or_default(o.epsilon, 1e-8f);
    if (o.kind == MIXUP_NESTEROV)
        o.momentum = or_default(o.momentum, 0.9f);
    if (o.kind == MIXUP_ADAMW)
        o.decoupled = true;
    const float huge = 1e30f;
    MIXUP_TRY(check("learning_rate", o.learning_rate, 0.0f, huge, true));
    MIXUP_TRY(check("momentum", o.momentum, 0.0f, 1.0f, false));
    MIXUP_TRY(check("beta1", o.beta1, 0.0f, 1.0f, false));
    MIXUP_TRY(check("beta2", o.beta2, 0.0f, 1.0f, false));
    MIXUP_TRY(check("rho", o.rho, 0.0f, 1.0f, false));
    MIXUP_TRY(check("epsilon", o.epsilon, 0.0f, huge, true));
    MIXUP_TRY(check("weight_decay", o.weight_decay, 0.0f, huge, true));
    MIXUP_TRY(check("clip_norm", o.clip_norm, 0.0f, huge, true));
    MIXUP_TRY(check("clip_value", o.clip_value, 0.0f, huge, true));
    if (o.epsilon_convention != MIXUP_EPSILON_PYTORCH && o.epsilon_convention != MIXUP_EPSILON_KERAS)
        return error(MIXUP_ERROR_ARGUMENT, "optimizer.epsilon_convention is %d, which is no mixup_epsilon",
                     (int)o.epsilon_convention);
    *out = o;
    return MIXUP_OK;
}

mixup_status optimizer_need(const mixup_optimizer *optimizer, parameter_store *store) {
    const bool adam = optimizer->kind == MIXUP_ADAM || optimizer->kind == MIXUP_ADAMW;
    if (adam || optimizer->momentum > 0.0f)
        MIXUP_TRY(parameter_store_need(store, PARAMETER_MOMENT1));
    if (adam || optimizer->kind == MIXUP_RMSPROP)
        MIXUP_TRY(parameter_store_need(store, PARAMETER_MOMENT2));
    return MIXUP_OK;
}

optimizer_step optimizer_prepare(const mixup_optimizer *optimizer, double learning_rate, uint64_t step,
                                 double gradient_scale, double average_decay) {
    const double correction1 = 1.0 - pow((double)optimizer->beta1, (double)step);
    const double correction2 = 1.0 - pow((double)optimizer->beta2, (double)step);
    /* Adam divides by sqrt(v / correction2) + ε: the same as sqrt(v) + ε sqrt(correction2), times a factor of
     * the step; Keras has ε alone there. */
    const double root_correction = sqrt(correction2);
    const bool pytorch = optimizer->epsilon_convention == MIXUP_EPSILON_PYTORCH;
    const bool adam = optimizer->kind == MIXUP_ADAM || optimizer->kind == MIXUP_ADAMW;
    const double epsilon = (double)optimizer->epsilon;
    const double decay = (double)optimizer->weight_decay;
    return (optimizer_step){
        .learning_rate = (real)learning_rate,
        .step_size = (real)(learning_rate * root_correction / correction1),
        .gradient_scale = (real)gradient_scale,
        .clip_value = (real)optimizer->clip_value,
        .coupled_decay = optimizer->decoupled ? 0 : (real)decay,
        .decay_factor = optimizer->decoupled ? (real)(1.0 - learning_rate * decay) : 1,
        .momentum = (real)optimizer->momentum,
        .beta1 = (real)optimizer->beta1,
        .beta2 = (real)optimizer->beta2,
        .rho = (real)optimizer->rho,
        .epsilon = (real)(adam && pytorch ? epsilon * root_correction : epsilon),
        .average_decay = (real)average_decay,
    };
}

/* ---- updates */

static inline real square_root(real x) {
#ifdef MIXUP_DOUBLE
    return sqrt(x);
#else
    return sqrtf(x);
#endif
}

/* The gradient that the update sees, clipped and with the coupled decay. */
static inline real effective(const optimizer_step *s, real gradient, real value) {
    real g = gradient * s->gradient_scale;
    const real limit = s->clip_value;
    if (limit > 0) {
        g = g > limit ? limit : g;
        g = g < -limit ? -limit : g;
    }
    return g + s->coupled_decay * value;
}

/* The order of operations is that of engine/product/kernel_adam.h, too. */
VECTORIZED
static void update_adam(const optimizer_step *step, const optimizer_arrays *arrays, size_t begin,
                        size_t end) {
    const optimizer_step s = *step;
    real *restrict values = arrays->values;
    real *restrict m = arrays->moment1;
    real *restrict v = arrays->moment2;
    const real *restrict gradient = arrays->gradient;
    assert(m != NULL && v != NULL); /* optimizer_need */
    for (size_t i = begin; i < end; i++) {
        const real g = effective(&s, gradient[i], values[i]);
        const real first = m[i] + (1 - s.beta1) * (g - m[i]);
        const real second = s.beta2 * v[i] + (1 - s.beta2) * g * g;
        m[i] = first;
        v[i] = second;
        values[i] = values[i] * s.decay_factor - s.step_size * first / (square_root(second) + s.epsilon);
    }
}

VECTORIZED
static void update_sgd(const optimizer_step *step, const optimizer_arrays *arrays, size_t begin, size_t end) {
    const optimizer_step s = *step;
    real *restrict values = arrays->values;
    const real *restrict gradient = arrays->gradient;
    for (size_t i = begin; i < end; i++)
        values[i] = values[i] * s.decay_factor - s.learning_rate * effective(&s, gradient[i], values[i]);
}

/* nesterov: 1 looks ahead, 0 does not. */
VECTORIZED
static void update_momentum(const optimizer_step *step, const optimizer_arrays *arrays, real nesterov,
                            size_t begin, size_t end) {
    const optimizer_step s = *step;
    real *restrict values = arrays->values;
    real *restrict velocity = arrays->moment1;
    const real *restrict gradient = arrays->gradient;
    assert(velocity != NULL);
    for (size_t i = begin; i < end; i++) {
        const real g = effective(&s, gradient[i], values[i]);
        const real v = s.momentum * velocity[i] + g;
        velocity[i] = v;
        const real direction = nesterov * (g + s.momentum * v) + (1 - nesterov) * v;
        values[i] = values[i] * s.decay_factor - s.learning_rate * direction;
    }
}

/* inside: ε added under the root (Keras) instead of to the root (PyTorch). `velocity` NULL: no momentum. */
VECTORIZED
static void update_rmsprop(const optimizer_step *step, const optimizer_arrays *arrays, bool inside,
                           size_t begin, size_t end) {
    const optimizer_step s = *step;
    const real under = inside ? s.epsilon : 0;
    const real beside = inside ? 0 : s.epsilon;
    real *restrict values = arrays->values;
    real *restrict velocity = arrays->moment1;
    real *restrict v = arrays->moment2;
    const real *restrict gradient = arrays->gradient;
    assert(v != NULL);
    for (size_t i = begin; i < end; i++) {
        const real g = effective(&s, gradient[i], values[i]);
        const real mean = s.rho * v[i] + (1 - s.rho) * g * g;
        v[i] = mean;
        real direction = g / (square_root(mean + under) + beside);
        if (velocity != NULL) {
            direction += s.momentum * velocity[i];
            velocity[i] = direction;
        }
        values[i] = values[i] * s.decay_factor - s.learning_rate * direction;
    }
}

VECTORIZED
static void update_average(real decay, const real *restrict values, real *restrict average, size_t begin,
                           size_t end) {
    for (size_t i = begin; i < end; i++)
        average[i] = decay * average[i] + (1 - decay) * values[i];
}

static void update_values(const mixup_optimizer *optimizer, const optimizer_step *step,
                          const optimizer_arrays *arrays, size_t begin, size_t end) {
    switch (optimizer->kind) {
    case MIXUP_SGD:
        if (optimizer->momentum > 0.0f)
            update_momentum(step, arrays, 0, begin, end);
        else
            update_sgd(step, arrays, begin, end);
        break;
    case MIXUP_NESTEROV:
        update_momentum(step, arrays, 1, begin, end);
        break;
    case MIXUP_RMSPROP:
        update_rmsprop(step, arrays, optimizer->epsilon_convention == MIXUP_EPSILON_KERAS, begin, end);
        break;
    case MIXUP_ADAM:
    case MIXUP_ADAMW:
    case MIXUP_OPTIMIZER_DEFAULT:
    case MIXUP_OPTIMIZER_COUNT:
        update_adam(step, arrays, begin, end);
        break;
    }
}

void optimizer_update(const mixup_optimizer *optimizer, const optimizer_step *step,
                      const optimizer_arrays *arrays, size_t begin, size_t end) {
    enum { BLOCK = 1024 }; /* so that the average finds its values in cache */
    static const real zeros[BLOCK];
    for (size_t start = begin; start < end; start += BLOCK) {
        const size_t count = end - start < BLOCK ? end - start : BLOCK;
        optimizer_arrays block = {
            .values = arrays->values + start,
            .gradient = arrays->gradient != NULL ? arrays->gradient + start : zeros,
            .moment1 = arrays->moment1 != NULL ? arrays->moment1 + start : NULL,
            .moment2 = arrays->moment2 != NULL ? arrays->moment2 + start : NULL,
        };
        update_values(optimizer, step, &block, 0, count);
        if (arrays->average != NULL)
            update_average(step->average_decay, block.values, arrays->average + start, 0, count);
    }
}
