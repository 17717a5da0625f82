/* engine/lifetimes: from which step to which each buffer of a plan holds something, and which states are not
 * kept from the forward pass to the backward pass but made again there.
 *
 * A kernel may have emitted, beside the step that makes a state, a spare one that makes the same bits again
 * (builder_remakes). A spare step that is used moves in front of the first step of the backward pass that
 * reads the state, and the state becomes two buffers: one that ends with the forward pass, and one that
 * begins there. The others are dropped. What a newcomer would get wrong: a spare step reads too. It keeps its
 * own inputs alive, which may themselves be states that are made again. So no rule looks at one state alone:
 * what counts is how many values the plan keeps at its worst moment, which is counted for every choice. */
#include "engine/plan_inside.h"

/* A step that makes a state again. */
typedef struct spare {
    size_t step, buffer;
    bool used;
    size_t before; /* the step in front of which it is run, SIZE_MAX where nothing reads the state again */
    size_t next;   /* the next one in front of the same step, SIZE_MAX behind the last */
} spare;

/* Buffer b is intervals[2 b], and where it is made again [2 b + 1] from then on. */
typedef struct interval {
    size_t first, last; /* places, inclusive; SIZE_MAX, 0 while unused */
} interval;

typedef struct arrangement {
    plan *plan;
    spare *spares; /* in the order of their steps */
    size_t spare_count;
    size_t *spare_of;    /* [buffers] index of the one that makes it, or SIZE_MAX */
    size_t *bound;       /* [steps + 2] the first binding of each step; one "step" is behind the last */
    size_t *in_front;    /* [steps + 1] the first spare in front of each step, or SIZE_MAX */
    size_t *place;       /* [steps + 1] of each step in the final order; SIZE_MAX: dropped */
    interval *intervals; /* [buffers][2] */
    size_t *change;      /* [steps + 2] values that begin at this place less those that ended before it */
} arrangement;

/* ---- setting up */

static void clear(arrangement *self) {
    const mixup_allocator *allocator = &self->plan->cache->store->engine->allocator;
    memory_release(allocator, self->spares);
    memory_release(allocator, self->spare_of);
    memory_release(allocator, self->bound);
    memory_release(allocator, self->in_front);
    memory_release(allocator, self->place);
    memory_release(allocator, self->intervals);
    memory_release(allocator, self->change);
}

static size_t count_spares(const plan *p) {
    size_t count = 0;
    for (size_t s = 0; s < p->step_count; s++)
        count += p->steps[s].remakes != BUFFER_NONE;
    return count;
}

/* Bindings are in the order of the steps that they were made for. */
static void find_bindings(arrangement *self) {
    const plan *p = self->plan;
    size_t b = 0;
    for (size_t s = 0; s <= p->step_count; s++) {
        self->bound[s] = b;
        while (b < p->binding_count && p->bindings[b].step == s)
            b++;
    }
    self->bound[p->step_count + 1] = b;
}

static void find_spares(arrangement *self) {
    const plan *p = self->plan;
    for (size_t b = 0; b < p->buffer_count; b++)
        self->spare_of[b] = SIZE_MAX;
    for (size_t s = 0; s < p->step_count; s++) {
        const size_t buffer = p->steps[s].remakes;
        if (buffer == BUFFER_NONE || p->buffers[buffer].read_after)
            continue;
        self->spare_of[buffer] = self->spare_count;
        self->spares[self->spare_count++] = (spare){.step = s, .buffer = buffer};
    }
}

static mixup_status set_up(arrangement *self) {
    const plan *p = self->plan;
    const mixup_allocator *allocator = &p->cache->store->engine->allocator;
    MIXUP_TRY(MEMORY_NEW(allocator, self->spares, count_spares(p)));
    MIXUP_TRY(MEMORY_NEW(allocator, self->spare_of, p->buffer_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->bound, p->step_count + 2));
    MIXUP_TRY(MEMORY_NEW(allocator, self->in_front, p->step_count + 1));
    MIXUP_TRY(MEMORY_NEW(allocator, self->place, p->step_count + 1));
    MIXUP_TRY(MEMORY_NEW(allocator, self->intervals, 2 * p->buffer_count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->change, p->step_count + 2));
    find_bindings(self);
    find_spares(self);
    return MIXUP_OK;
}

static bool runs(const spare *of) {
    return of->used && of->before != SIZE_MAX;
}

/* ---- one choice: the order of the steps, lifetimes, and the most values at a time */

/* Something in the backward pass, in front of or in step `step`, reads these buffers. */
static void note_readers(arrangement *self, size_t reader, size_t step) {
    for (size_t b = self->bound[reader]; b < self->bound[reader + 1]; b++) {
        const size_t of = self->spare_of[self->plan->bindings[b].buffer];
        if (of != SIZE_MAX && self->spares[of].step != reader && step < self->spares[of].before)
            self->spares[of].before = step;
    }
}

/* Where each spare step goes. Who reads what it makes was emitted later, so the last one is settled first. */
static void find_places_of_spares(arrangement *self) {
    const plan *p = self->plan;
    for (size_t i = 0; i < self->spare_count; i++)
        self->spares[i].before = SIZE_MAX;
    for (size_t s = p->backward; s <= p->step_count; s++)
        note_readers(self, s, s);
    for (size_t i = self->spare_count; i-- > 0;)
        if (runs(&self->spares[i]))
            note_readers(self, self->spares[i].step, self->spares[i].before);
}

/* Those in front of the same step are run in the order in which they were emitted. */
static void line_up_spares(arrangement *self) {
    for (size_t s = 0; s <= self->plan->step_count; s++)
        self->in_front[s] = SIZE_MAX;
    for (size_t i = self->spare_count; i-- > 0;) {
        spare *of = &self->spares[i];
        if (!runs(of))
            continue;
        of->next = self->in_front[of->before];
        self->in_front[of->before] = i;
    }
}

static void find_order(arrangement *self) {
    const plan *p = self->plan;
    size_t place = 0;
    for (size_t s = 0; s <= p->step_count; s++) {
        for (size_t i = self->in_front[s]; i != SIZE_MAX; i = self->spares[i].next)
            self->place[self->spares[i].step] = place++;
        const bool is_spare = s < p->step_count && p->steps[s].remakes != BUFFER_NONE;
        self->place[s] = is_spare ? SIZE_MAX : place++;
    }
}

/* Whether what a step at `place` sees of the buffer is what was made again. */
static bool sees_again(const arrangement *self, size_t buffer, size_t place) {
    const size_t of = self->spare_of[buffer];
    return of != SIZE_MAX && runs(&self->spares[of]) && place >= self->place[self->spares[of].step];
}

static void note_use(interval *used, size_t place) {
    used->first = place < used->first ? place : used->first;
    used->last = place > used->last ? place : used->last;
}

static void find_intervals(arrangement *self) {
    const plan *p = self->plan;
    for (size_t i = 0; i < 2 * p->buffer_count; i++)
        self->intervals[i] = (interval){.first = SIZE_MAX};
    for (size_t b = 0; b < p->binding_count; b++) {
        const size_t buffer = p->bindings[b].buffer;
        const size_t place = self->place[p->bindings[b].step];
        if (place != SIZE_MAX)
            note_use(&self->intervals[2 * buffer + (sees_again(self, buffer, place) ? 1 : 0)], place);
    }
    for (size_t b = 0; b < p->buffer_count; b++) {
        if (p->buffers[b].filled_before)
            note_use(&self->intervals[2 * b], 0);
        if (p->buffers[b].read_after)
            note_use(&self->intervals[2 * b], self->place[p->step_count]);
    }
}

static size_t most_values(arrangement *self) {
    const plan *p = self->plan;
    for (size_t s = 0; s < p->step_count + 2; s++)
        self->change[s] = 0;
    for (size_t i = 0; i < 2 * p->buffer_count; i++) {
        const plan_buffer *buffer = &p->buffers[i / 2];
        if (buffer->fixed != NULL || self->intervals[i].first == SIZE_MAX)
            continue;
        self->change[self->intervals[i].first] += plan_buffer_space(buffer);
        self->change[self->intervals[i].last + 1] -= plan_buffer_space(buffer); /* may wrap, and back again */
    }
    size_t now = 0;
    size_t most = 0;
    for (size_t s = 0; s < p->step_count + 2; s++) {
        now += self->change[s];
        most = now > most ? now : most;
    }
    return most;
}

static size_t arrange(arrangement *self) {
    find_places_of_spares(self);
    line_up_spares(self);
    find_order(self);
    find_intervals(self);
    return most_values(self);
}

/* ---- choosing */

static void use_all(arrangement *self, bool used) {
    for (size_t i = 0; i < self->spare_count; i++)
        self->spares[i].used = used;
}

/* The used one with the largest buffer that was not tried yet, the latest of equals: the least often missed,
 * since its state is made and read in quick succession. */
static size_t next_to_try(const arrangement *self, const bool *tried) {
    size_t next = SIZE_MAX;
    for (size_t i = self->spare_count; i-- > 0;)
        if (!tried[i] && (next == SIZE_MAX || self->plan->buffers[self->spares[i].buffer].count >
                                                  self->plan->buffers[self->spares[next].buffer].count))
            next = i;
    return next;
}

/* As few as reach the least memory: all of them at first, without each that does not lower it. */
static mixup_status choose(arrangement *self) {
    const mixup_allocator *allocator = &self->plan->cache->store->engine->allocator;
    const size_t without = arrange(self);
    use_all(self, true);
    size_t least = arrange(self);
    if (least >= without) {
        use_all(self, false);
        return MIXUP_OK;
    }
    bool *tried = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, tried, self->spare_count));
    for (size_t i = next_to_try(self, tried); i != SIZE_MAX; i = next_to_try(self, tried)) {
        tried[i] = true;
        self->spares[i].used = false;
        const size_t most = arrange(self);
        if (most > least)
            self->spares[i].used = true;
        else
            least = most;
    }
    memory_release(allocator, tried);
    return MIXUP_OK;
}

/* ---- carrying it out */

/* What is made again becomes a buffer of its own, to which its readers are bound instead. */
static void split(arrangement *self, const spare *of) {
    plan *p = self->plan;
    const interval *again = &self->intervals[2 * of->buffer + 1];
    for (size_t b = 0; b < p->binding_count; b++) {
        plan_binding *binding = &p->bindings[b];
        const size_t place = self->place[binding->step];
        if (binding->buffer == of->buffer && place != SIZE_MAX && sees_again(self, of->buffer, place))
            binding->buffer = p->buffer_count;
    }
    plan_buffer *added = &p->buffers[p->buffer_count++];
    *added = p->buffers[of->buffer];
    added->first = again->first;
    added->last = again->last;
}

static mixup_status settle_buffers(arrangement *self) {
    plan *p = self->plan;
    const size_t room = p->buffer_count + self->spare_count;
    MIXUP_TRY(MEMORY_GROW(&p->cache->store->engine->allocator, p->buffers, p->buffer_count, room));
    p->buffer_capacity = room;
    for (size_t b = 0; b < p->buffer_count; b++) {
        p->buffers[b].first = self->intervals[2 * b].first;
        p->buffers[b].last = self->intervals[2 * b].last;
    }
    for (size_t i = 0; i < self->spare_count; i++)
        if (runs(&self->spares[i]))
            split(self, &self->spares[i]);
    return MIXUP_OK;
}

static mixup_status settle_steps(arrangement *self) {
    plan *p = self->plan;
    const mixup_allocator *allocator = &p->cache->store->engine->allocator;
    const size_t count = self->place[p->step_count];
    plan_step *steps = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, steps, count));
    for (size_t s = 0; s < p->step_count; s++)
        if (self->place[s] != SIZE_MAX)
            steps[self->place[s]] = p->steps[s];
    memory_release(allocator, p->steps);
    p->steps = steps;
    p->step_count = count;
    p->step_capacity = count;
    return MIXUP_OK;
}

mixup_status plan_settle(plan *self) {
    arrangement made = {.plan = self};
    mixup_status status = set_up(&made);
    if (status == MIXUP_OK)
        status = choose(&made);
    if (status == MIXUP_OK) {
        arrange(&made);
        status = settle_buffers(&made);
    }
    if (status == MIXUP_OK)
        status = settle_steps(&made);
    clear(&made);
    return status;
}
