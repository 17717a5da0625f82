/* analysis/attack: see attack.h. A change δ is kept in the units of the budget, δ = w (x - x₀), where w is 1,
 * or with `raw` what one of the network's units is in stored values: scale × deviation of the feature. */
#include "analysis/attack.h"

#include "data/preprocess.h"
#include "random/stream.h"

#include <math.h>
#include <string.h>

static const char *const method_names[ATTACK_METHODS] = {"fgsm", "pgd"};
static const char *const bound_names[ATTACK_BOUNDS] = {"linf", "l2", "none"};

const char *attack_method_name(attack_method method) {
    return (unsigned)method < ATTACK_METHODS ? method_names[method] : NULL;
}

const char *attack_bound_name(attack_bound bound) {
    return (unsigned)bound < ATTACK_BOUNDS ? bound_names[bound] : NULL;
}

/* ---- the description */

static const float paper_epsilons[] = {0.01f, 0.03f};

static mixup_status check_numbers(const attack_desc *desc) {
    for (size_t i = 0; i < desc->epsilon_count; i++)
        if (!isfinite(desc->epsilons[i]) || desc->epsilons[i] < 0.0f)
            return error(MIXUP_ERROR_ARGUMENT, "attack: epsilon %g: must be a finite number of at least 0",
                         (double)desc->epsilons[i]);
    if (!isfinite(desc->step_size) || desc->step_size < 0.0)
        return error(MIXUP_ERROR_ARGUMENT, "attack: step size %g: must be a finite number above 0",
                     desc->step_size);
    if (desc->clip != NULL && (desc->clip_count != 2 || !isfinite(desc->clip[0]) ||
                               !isfinite(desc->clip[1]) || !(desc->clip[0] < desc->clip[1])))
        return error(MIXUP_ERROR_ARGUMENT, "attack: clip: must be two finite numbers, the lower one first");
    return MIXUP_OK;
}

static mixup_status check_combination(const attack_desc *desc) {
    if (desc->method == ATTACK_FGSM && desc->bound == ATTACK_UNBOUNDED)
        return error(MIXUP_ERROR_ARGUMENT, "attack: fgsm is one step as long as its budget, so it needs a "
                                           "bound: linf or l2");
    if (desc->method == ATTACK_FGSM && (desc->steps > 1 || desc->step_size > 0.0 || desc->random_start))
        return error(MIXUP_ERROR_ARGUMENT,
                     "attack: steps, step size and random start are for pgd; fgsm is one "
                     "step from the sample");
    if (desc->bound == ATTACK_UNBOUNDED && desc->random_start)
        return error(MIXUP_ERROR_ARGUMENT, "attack: without a bound there is nowhere to start at random");
    if (desc->bound == ATTACK_UNBOUNDED && desc->epsilon_count > 0)
        return error(MIXUP_ERROR_ARGUMENT, "attack: without a bound there is no epsilon; give steps and step "
                                           "size");
    return MIXUP_OK;
}

mixup_status attack_resolve(const attack_desc *given, attack_desc *out) {
    attack_desc desc = *given;
    MIXUP_TRY(check_numbers(&desc));
    MIXUP_TRY(check_combination(&desc));
    if (desc.method == ATTACK_FGSM)
        desc.steps = 1;
    if (desc.bound == ATTACK_UNBOUNDED) {
        desc.steps = desc.steps > 0 ? desc.steps : 200;
        desc.step_size = desc.step_size > 0.0 ? desc.step_size : 0.01;
    } else {
        desc.steps = desc.steps > 0 ? desc.steps : 20;
        if (desc.epsilon_count == 0) {
            desc.epsilons = paper_epsilons;
            desc.epsilon_count = MIXUP_COUNT(paper_epsilons);
        }
    }
    *out = desc;
    return MIXUP_OK;
}

size_t attack_count(const attack_desc *resolved) {
    return resolved->bound == ATTACK_UNBOUNDED ? 1 : resolved->epsilon_count;
}

double attack_budget(const attack_desc *resolved, size_t i) {
    return resolved->bound == ATTACK_UNBOUNDED ? (double)resolved->steps * resolved->step_size
                                               : (double)resolved->epsilons[i];
}

static double step_size(const attack_desc *resolved, size_t i) {
    if (resolved->method == ATTACK_FGSM)
        return (double)resolved->epsilons[i];
    if (resolved->step_size > 0.0)
        return resolved->step_size;
    return 2.5 * (double)resolved->epsilons[i] / (double)resolved->steps;
}

/* ---- one attack on a piece */

typedef struct attacker {
    const attack_desc *desc;
    double epsilon, step;
    size_t width;
    double *units;     /* [width] w; NULL: ones */
    float *low, *high; /* [width] valid range as the network sees it; NULL: any */
    double *change;    /* [width] δ of the sample under way */
    float *gradients;  /* [count][width] */
} attacker;

static double unit(const attacker *self, size_t k) {
    return self->units != NULL ? self->units[k] : 1.0;
}

static double norm(const double *values, size_t count) {
    double square = 0.0;
    for (size_t k = 0; k < count; k++)
        square += values[k] * values[k];
    return sqrt(square);
}

/* Back onto the ball around 0. */
static void project(const attacker *self) {
    double *change = self->change;
    if (self->desc->bound == ATTACK_UNBOUNDED)
        return;
    if (self->desc->bound == ATTACK_LINF) {
        for (size_t k = 0; k < self->width; k++)
            change[k] = fmax(-self->epsilon, fmin(self->epsilon, change[k]));
        return;
    }
    const double length = norm(change, self->width);
    for (size_t k = 0; length > self->epsilon && k < self->width; k++)
        change[k] *= self->epsilon / length;
}

/* x = x₀ + δ / w, within the valid range. */
static void apply(const attacker *self, const float *sample, float *changed) {
    for (size_t k = 0; k < self->width; k++) {
        const float moved = (float)((double)sample[k] + self->change[k] / unit(self, k));
        changed[k] = self->low != NULL ? fmaxf(self->low[k], fminf(self->high[k], moved)) : moved;
    }
}

/* Uniform in the ball: in L2 a direction of independent normals, at a radius whose power `width` is uniform.
 */
static void start_anywhere(const attacker *self, size_t number) {
    random_stream stream = random_open(self->desc->seed, RANDOM_ATTACK, 0, 0, 0, (uint32_t)number);
    if (self->desc->bound == ATTACK_LINF) {
        for (size_t k = 0; k < self->width; k++)
            self->change[k] = self->epsilon * (2.0 * random_uniform(&stream) - 1.0);
        return;
    }
    const double radius = self->epsilon * pow(random_uniform(&stream), 1.0 / (double)self->width);
    random_normals(&stream, self->width, self->change);
    const double length = norm(self->change, self->width);
    for (size_t k = 0; k < self->width; k++)
        self->change[k] *= length > 0.0 ? radius / length : 0.0;
}

static void start(const attacker *self, const robustness_piece *piece) {
    for (size_t i = 0; i < piece->count; i++) {
        memset(self->change, 0, self->width * sizeof *self->change);
        if (self->desc->random_start)
            start_anywhere(self, piece->numbers[i]);
        apply(self, piece->inputs + i * self->width, piece->changed + i * self->width);
    }
}

/* One sample one step up its loss. The gradient in the budget's units is g / w. */
static void climb(const attacker *self, const float *sample, const float *gradient, float *changed) {
    double square = 0.0;
    for (size_t k = 0; k < self->width; k++) {
        const double g = (double)gradient[k] / unit(self, k);
        square += g * g;
    }
    const double scale = square > 0.0 ? self->step / sqrt(square) : 0.0;
    for (size_t k = 0; k < self->width; k++) {
        const double sign = (double)((gradient[k] > 0.0f) - (gradient[k] < 0.0f));
        self->change[k] = ((double)changed[k] - (double)sample[k]) * unit(self, k);
        self->change[k] +=
            self->desc->bound == ATTACK_L2 ? scale * (double)gradient[k] / unit(self, k) : self->step * sign;
    }
    project(self);
    apply(self, sample, changed);
}

static mixup_status run(const attacker *self, mixup_model *model, const robustness_piece *piece) {
    start(self, piece);
    for (size_t s = 0; s < self->desc->steps; s++) {
        MIXUP_TRY(mixup_input_gradient(model, self->desc->loss, piece->count, piece->changed, piece->targets,
                                       self->gradients));
        for (size_t i = 0; i < piece->count; i++)
            climb(self, piece->inputs + i * self->width, self->gradients + i * self->width,
                  piece->changed + i * self->width);
    }
    return MIXUP_OK;
}

/* ---- units and range of the stored values */

/* x = (raw / scale - mean) / deviation, feature by feature. */
static mixup_status read_units(attacker *self, const mixup_preprocess *preprocess,
                               const mixup_allocator *allocator) {
    if (self->desc->raw)
        MIXUP_TRY(MEMORY_NEW(allocator, self->units, self->width));
    if (self->desc->clip != NULL) {
        MIXUP_TRY(MEMORY_NEW(allocator, self->low, self->width));
        MIXUP_TRY(MEMORY_NEW(allocator, self->high, self->width));
    }
    const size_t together = preprocess->mean != NULL ? preprocess->features / preprocess->statistics : 1;
    for (size_t k = 0; k < self->width; k++) {
        const double mean = preprocess->mean != NULL ? preprocess->mean[k / together] : 0.0;
        const double deviation = preprocess->mean != NULL ? preprocess->deviation[k / together] : 1.0;
        if (self->units != NULL)
            self->units[k] = preprocess->scale * deviation;
        if (self->low != NULL) {
            self->low[k] = (float)(((double)self->desc->clip[0] / preprocess->scale - mean) / deviation);
            self->high[k] = (float)(((double)self->desc->clip[1] / preprocess->scale - mean) / deviation);
        }
    }
    return MIXUP_OK;
}

mixup_status attack_inputs(mixup_model *model, const mixup_dataset *set, const attack_desc *resolved,
                           size_t i, const robustness_piece *piece, const mixup_allocator *allocator) {
    const mixup_preprocess *preprocess = mixup_dataset_preprocess(set);
    attacker self = {.desc = resolved,
                     .epsilon = attack_budget(resolved, i),
                     .step = step_size(resolved, i),
                     .width = preprocess->features};
    size_t size = 0;
    MIXUP_TRY(memory_product(piece->count, self.width, &size));
    mixup_status status = read_units(&self, preprocess, allocator);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, self.change, self.width);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, self.gradients, size);
    if (status == MIXUP_OK)
        status = run(&self, model, piece);
    memory_release(allocator, self.gradients);
    memory_release(allocator, self.change);
    memory_release(allocator, self.high);
    memory_release(allocator, self.low);
    memory_release(allocator, self.units);
    return status;
}

/* ---- measuring */

typedef struct attempt {
    const robustness *trial;
    const attack_desc *desc;
    size_t budget; /* its number */
} attempt;

static mixup_status change(void *user, const robustness_piece *piece) {
    const attempt *self = user;
    return attack_inputs(self->trial->model, self->trial->set, self->desc, self->budget, piece,
                         &self->trial->allocator);
}

mixup_status attack_measure(mixup_model *model, const mixup_dataset *set, const attack_desc *resolved,
                            const mixup_allocator *allocator, robustness_baseline *clean,
                            robustness_outcome *out) {
    robustness trial;
    MIXUP_TRY(robustness_open(&trial, model, set, resolved->samples, allocator));
    attempt self = {.trial = &trial, .desc = resolved};
    mixup_status status = MIXUP_OK;
    for (; self.budget < attack_count(resolved) && status == MIXUP_OK; self.budget++)
        status = robustness_try(&trial, change, &self, &out[self.budget]);
    if (status == MIXUP_OK)
        *clean = robustness_unchanged(&trial);
    robustness_close(&trial);
    return status;
}
