/* report/kind_attack: accuracy on inputs that FGSM or PGD changed, over the budget. */
#include "report/ratings.h"

#include <math.h>
#include <stdio.h>

static const char GROUP[] = "attack";

static mixup_status measure(const trained *run, const request *item, const mixup_dataset *set,
                            measurement *out) {
    attack_desc desc;
    robustness_baseline clean;
    robustness_outcome *found = NULL;
    MIXUP_TRY(attack_resolve(&item->attack, &desc));
    const size_t count = attack_count(&desc);
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->ratings, count + 1));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, found, count));
    const mixup_status status = attack_measure(run->model, set, &desc, &out->allocator, &clean, found);
    if (status == MIXUP_OK) {
        out->samples = clean.samples;
        ratings_add(out, RATINGS_UNCHANGED, 0.0, clean.accuracy, (double)NAN, "unchanged");
    }
    for (size_t i = 0; i < count && status == MIXUP_OK; i++) {
        const double budget = attack_budget(&desc, i);
        if (desc.bound == ATTACK_UNBOUNDED)
            ratings_add(out, GROUP, budget, found[i].accuracy, found[i].fool_rate, "%zu steps of %g",
                        desc.steps, desc.step_size);
        else
            ratings_add(out, GROUP, budget, found[i].accuracy, found[i].fool_rate, "ε = %g", budget);
    }
    memory_release(&out->allocator, found);
    return status;
}

/* "PGD, 20 steps, L2", over "ε, stored values". */
static void axes(const request *item, ratings_axes *out) {
    static const char *const methods[ATTACK_METHODS] = {"FGSM", "PGD"};
    static const char *const bounds[ATTACK_BOUNDS] = {"L∞", "L2", "without bound"};
    attack_desc desc;
    if (attack_resolve(&item->attack, &desc) != MIXUP_OK)
        desc = item->attack;
    if (desc.method == ATTACK_PGD)
        snprintf(out->title, sizeof out->title, "PGD, %zu steps, %s%s", desc.steps, bounds[desc.bound],
                 desc.random_start ? ", random start" : "");
    else
        snprintf(out->title, sizeof out->title, "%s, %s", methods[desc.method], bounds[desc.bound]);
    snprintf(out->axis, sizeof out->axis, "%s, in %s",
             desc.bound == ATTACK_UNBOUNDED ? "steps × step size" : "ε",
             desc.raw ? "stored values" : "the network's units");
    out->items[0] = (ratings_axis){GROUP, out->title, out->axis, 0.0};
    out->count = 1;
}

const report_kind kind_attack = {
    .title = "Accuracy under attack",
    .explanation = "Inputs are changed on purpose, up to a budget ε, along the gradient of the network's own "
                   "loss, so that "
                   "the right class becomes less likely. FGSM takes one step (Goodfellow et al. 2015), PGD "
                   "many small ones "
                   "(Madry et al. 2018). Fooled: of the samples that were classified right, the share that "
                   "the attack makes "
                   "wrong. A network may be hard to fool because its gradients vanish rather than because it "
                   "is robust, so "
                   "the weaker attack alone proves little.",
    .data = SETTINGS_FIGURE_TEST,
    .every_run = true,
    .measure = measure,
    .show = ratings_show,
    .tabulate = ratings_tabulate,
    .axes = axes,
};
