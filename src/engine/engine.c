/* engine: choosing one. */
#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Below this, a step of a batch of 100 takes about as long as a few meetings of the threads. */
enum { SMALL_NETWORK = 100000 };

mixup_status engine_choose_threads(uint64_t multiply_adds, size_t *threads) {
    const size_t limit = MIXUP_MAX_THREADS;
    const char *text = getenv("MIXUP_THREADS");
    if (*threads == 0 && text != NULL && text[0] != '\0') {
        char *end = NULL;
        errno = 0;
        const unsigned long value = strtoul(text, &end, 10);
        if (errno != 0 || *end != '\0' || value == 0 || value > limit)
            return error(MIXUP_ERROR_ARGUMENT, "MIXUP_THREADS is '%s'; it must be a number from 1 to %zu",
                         text, limit);
        *threads = value;
    }
    if (*threads == 0) {
        const long cores = multiply_adds < SMALL_NETWORK ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
        *threads = cores > 0 ? (size_t)cores : 1;
    }
    if (*threads > limit)
        return error(MIXUP_ERROR_ARGUMENT, "threads is %zu; it must be at most %zu", *threads, limit);
    return MIXUP_OK;
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

void engine_enter(engine *self, engine_environment *saved) {
    *saved = (engine_environment){0};
    if (self->enter != NULL)
        self->enter(self, saved);
}

void engine_leave(engine *self, const engine_environment *saved) {
    if (self->leave != NULL)
        self->leave(self, saved);
}
