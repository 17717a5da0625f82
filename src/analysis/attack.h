/* analysis/attack: inputs changed on purpose so that a classifier errs, by the gradient of its own loss.
 *
 * FGSM (fast gradient sign method, Goodfellow et al. 2015) takes one step as long as the budget. PGD
 * (projected gradient descent, Madry et al. 2018) takes many small ones and returns into the budget after
 * each:
 *
 *     bound LINF: x ← P(x + a sign g), |x - x₀| ≤ ε in every value
 *     bound L2:   x ← P(x + a g / ‖g‖), ‖x - x₀‖ ≤ ε over the sample
 *     bound NONE: x ← x + a sign g, as often as there are steps (the paper's appendix D: 200 steps of 0.01)
 *
 * with g the gradient of the sample's own loss against its right class (mixup_input_gradient), x₀ the sample
 * and sign 0 = 0. Where the range of valid inputs is given, x is cut to it after every step.
 *
 * Units. Budget and step are in the network's own units, after scale and standardisation, as in the paper's
 * code; with `raw` they are in those of the stored values (8 means 8 of 255 grey levels), and so is the L2
 * norm. The valid range is in raw units in any case. A newcomer's mistake: comparing budgets between data
 * sets that are standardised differently. */
#ifndef ANALYSIS_ATTACK_H
#define ANALYSIS_ATTACK_H

#include "analysis/robustness.h"

typedef enum attack_method { ATTACK_FGSM, ATTACK_PGD, ATTACK_METHODS } attack_method;
typedef enum attack_bound { ATTACK_LINF, ATTACK_L2, ATTACK_UNBOUNDED, ATTACK_BOUNDS } attack_bound;

/* "fgsm", "pgd"; "linf", "l2", "none"; NULL for other numbers. */
const char *attack_method_name(attack_method method);
const char *attack_bound_name(attack_bound bound);

typedef struct attack_desc {
    attack_method method;
    attack_bound bound;    /* FGSM: LINF or L2 */
    const float *epsilons; /* [epsilon_count] budgets, each ≥ 0 and tried by itself; NULL: 0.01 and 0.03, the
                            * paper's. Not for UNBOUNDED */
    size_t epsilon_count;
    size_t steps;      /* PGD: default 20; UNBOUNDED: 200 */
    double step_size;  /* PGD: > 0; default 2.5 ε / steps; UNBOUNDED: 0.01 */
    bool random_start; /* PGD within a bound: begin anywhere in it, uniformly, not at the sample */
    bool raw;          /* ε and step_size in the stored values' units */
    const float *clip; /* [2] lowest and highest valid stored value, the first below the second; NULL: any */
    size_t clip_count; /* 2 with `clip` */
    uint64_t seed;     /* of random starts */
    size_t samples;    /* at most so many, spread over the set; 0: all */
    mixup_loss loss;   /* default: the one trained with */
} attack_desc;

/* With the defaults filled in; what cannot be is an error. The lists stay the caller's. A resolved
 * description stays as it is. */
mixup_status attack_resolve(const attack_desc *given, attack_desc *out);

/* How many rows attack_measure gives: the budgets, or 1 without a bound. */
size_t attack_count(const attack_desc *resolved);

/* Row i's budget; without a bound the longest way, steps × step_size. */
double attack_budget(const attack_desc *resolved, size_t i);

/* Attacks a piece of samples of `set` with budget number i of a resolved description: changed [count][width].
 */
mixup_status attack_inputs(mixup_model *model, const mixup_dataset *set, const attack_desc *resolved,
                           size_t i, const robustness_piece *piece, const mixup_allocator *allocator);

/* Fills out[attack_count] and the accuracy without an attack. */
mixup_status attack_measure(mixup_model *model, const mixup_dataset *set, const attack_desc *resolved,
                            const mixup_allocator *allocator, robustness_baseline *clean,
                            robustness_outcome *out);

#endif
