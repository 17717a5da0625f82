/* engine: choosing one. */
#include "engine/engine.h"

#include "base/parallel.h"

/* Below this, a step of a batch of 100 takes about as long as a few meetings of the threads. */
enum { SMALL_NETWORK = 100000 };

mixup_status engine_choose_threads(uint64_t multiply_adds, size_t *threads) {
    return parallel_choose_threads(threads, multiply_adds < SMALL_NETWORK ? 1 : 0);
}

mixup_status engine_create(engine **out, mixup_engine kind, size_t threads,
                           const mixup_allocator *allocator) {
    MIXUP_TRY(engine_choose_threads(UINT64_MAX, &threads));
    switch (kind) {
    case MIXUP_ENGINE_REFERENCE:
        return engine_create_reference(out, threads, allocator);
    case MIXUP_ENGINE_AUTO:
    case MIXUP_ENGINE_DNNL:
#ifdef MIXUP_WITH_DNNL
        return engine_create_dnnl(out, threads, allocator);
#else
        if (kind == MIXUP_ENGINE_AUTO)
            return engine_create_reference(out, threads, allocator);
        return error(MIXUP_ERROR_UNSUPPORTED,
                     "this library was built without oneDNN; use the reference engine");
#endif
    }
    return error(MIXUP_ERROR_ARGUMENT, "engine is %d, which is no mixup_engine", (int)kind);
}

void engine_destroy(engine *self) {
    if (self != NULL)
        self->destroy(self);
}

mixup_status engine_set_precision(engine *self, mixup_precision precision) {
    if ((unsigned)precision > MIXUP_PRECISION_BF16)
        return error(MIXUP_ERROR_ARGUMENT, "precision is %d, which is no mixup_precision", (int)precision);
    if (precision == MIXUP_PRECISION_BF16 && self->check_bf16 == NULL)
        return error(MIXUP_ERROR_UNSUPPORTED,
                     "precision bf16: the engine %s computes in f32 only; use the engine dnnl, or f32",
                     self->name);
    if (precision == MIXUP_PRECISION_BF16)
        MIXUP_TRY(self->check_bf16(self));
    self->precision = precision;
    return MIXUP_OK;
}

void engine_enter(engine *self, engine_environment *saved) {
    *saved = (engine_environment){0};
    if (self->enter != NULL)
        self->enter(self, saved);
}

void engine_leave(engine *self, const engine_environment *saved) {
    if (self->leave != NULL)
        self->leave(self, saved);
}

/* ---- threads */

void engine_run_team(engine *self, team_body body, void *user) {
    if (self->run_team != NULL && self->threads > 1)
        self->run_team(self, body, user);
    else
        body(user, &team_alone);
}

/* Below this many values, several threads cost more than they save. */
enum { DIVIDED_VALUES = 8192 };

bool divided_pays(const divided_step *work) {
    return work->values >= DIVIDED_VALUES;
}

void divided_part(const divided_step *work, struct plan_run *run, const team_member *me) {
    const size_t begin = work->count * me->index / me->size;
    const size_t end = work->count * (me->index + 1) / me->size;
    if (begin < end)
        work->run(work->arguments, run, begin, end);
}

static void divide_now(void *user, const team_member *me) {
    divided_part(user, NULL, me);
}

void engine_divide(engine *self, divided_step *work) {
    if (divided_pays(work))
        engine_run_team(self, divide_now, work);
    else
        divide_now(work, &team_alone);
}
