/* engine/execute: running a plan. Its steps are cut into runs: one that is to be apart is alone in its run;
 * all steps between two of those are done by one team of threads, which comes together once for all of them
 * and not for each. In a run without a step that several threads share, there is no team. */
#include "engine/plan_inside.h"

void plan_cut_runs(plan *self) {
    size_t end = self->step_count;
    bool shared = false;
    for (size_t i = self->step_count; i-- > 0;) {
        plan_step *step = &self->steps[i];
        if (step->apart || (i + 1 < self->step_count && self->steps[i + 1].apart)) {
            end = i + 1;
            shared = false;
        }
        shared = shared || step->pays;
        step->run_end = end;
        step->run_shared = shared;
    }
}

typedef struct step_run {
    const plan_step *steps;
    size_t count;
    plan_run *run;
} step_run;

static void run_steps(void *user, const team_member *me) {
    const step_run *of = user;
    for (size_t i = 0; i < of->count; i++) {
        const plan_step *step = &of->steps[i];
        if (step->pays)
            step->share(step->arguments, of->run, me);
        else if (me->index == 0 && step->share != NULL)
            step->share(step->arguments, of->run, &team_alone);
        else if (me->index == 0)
            step->run(step->arguments, of->run);
        if (step->pays || i + 1 == of->count || of->steps[i + 1].pays)
            team_wait(me);
    }
}

mixup_status plan_execute(plan *self, plan_run *run) {
    run->status = MIXUP_OK;
    run->gradient_scale = 1.0;
    if (self->key.update == PLAN_FUSED || self->key.update == PLAN_DEFERRED)
        self->cache->store->version++;
    size_t next = 0;
    for (size_t i = 0; i < self->step_count && run->status == MIXUP_OK; i = next) {
        const plan_step *first = &self->steps[i];
        step_run steps = {.steps = first, .count = first->run_end - i, .run = run};
        next = first->run_end;
        if (first->run_shared)
            engine_run_team(self->cache->store->engine, run_steps, &steps);
        else
            run_steps(&steps, &team_alone);
    }
    return run->status;
}
