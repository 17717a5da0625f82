/* engine/team: see team.h. */
#include "engine/team.h"

/* Looks at the round before a member falls asleep. A look takes between 40 cycles and 140, so this is some
 * ten microseconds up to a hundred: more than the steps of members on idle cores differ by, and less than it
 * takes to fall asleep and be woken, twice. */
enum { LOOKS = 3000 };

const team_member team_alone = {.of = NULL, .index = 0, .size = 1};

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Either this sees the new round, or who began it sees `asleep`: both are written before the other is read,
 * in one order for all. */
static void sleep_through(team *self, unsigned round) {
    pthread_mutex_lock(&self->lock);
    atomic_fetch_add(&self->asleep, 1);
    while (atomic_load(&self->round) == round)
        pthread_cond_wait(&self->turned, &self->lock);
    atomic_fetch_sub(&self->asleep, 1);
    pthread_mutex_unlock(&self->lock);
}

static void begin_round(team *self, unsigned round) {
    atomic_store_explicit(&self->arrived, 0, memory_order_relaxed);
    atomic_store(&self->round, round + 1);
    if (atomic_load(&self->asleep) == 0)
        return;
    pthread_mutex_lock(&self->lock);
    pthread_cond_broadcast(&self->turned);
    pthread_mutex_unlock(&self->lock);
}

void team_wait(const team_member *me) {
    team *self = me->of;
    if (me->size == 1)
        return;
    const unsigned round = atomic_load_explicit(&self->round, memory_order_relaxed);
    if (atomic_fetch_add(&self->arrived, 1) + 1 == me->size) {
        begin_round(self, round);
        return;
    }
    for (size_t i = 0; i < LOOKS; i++) {
        if (atomic_load_explicit(&self->round, memory_order_acquire) != round)
            return;
        pause_briefly();
    }
    sleep_through(self, round);
}
