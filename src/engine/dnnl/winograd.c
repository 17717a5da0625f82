/* engine/dnnl/winograd: see winograd.h. Blocks, threads and scratch memory; the arithmetic is in
 * winograd_lanes.h. */
#include "engine/dnnl/winograd.h"

#include <string.h>

/* Values between two positions' arrays, so that they do not start at equal offsets modulo 4 KiB, where the
 * same few lines of a cache would have to hold all of them. */
enum { GAP = 16 };

/* States and products of a block should stay in a core's L2 cache. Filters larger than that are read again
 * for each block; then a block of their size keeps that in proportion. */
enum { BLOCK_VALUES = 1 << 18 };

/* At stride 2 there is more of the states for the same filters, which then are better read again from L3
 * while they fit there; and a block of few tiles should be one that the kernels multiply without a rest. */
enum { LARGE_FILTERS = 1 << 21, TILES_AT_ONCE = 12 /* or 6: ROWS_TOGETHER */ };

static size_t ceiling(size_t a, size_t b) {
    return (a + b - 1) / b;
}

static size_t rounded(size_t count) {
    return ceiling(count, GAP) * GAP;
}

/* [begin, end) of `count` things for one of `team` threads. */
typedef struct share {
    size_t begin, end;
} share;

static share share_of(size_t count, const team_member *me) {
    return (share){count * me->index / me->size, count * (me->index + 1) / me->size};
}

/* ---- dividing */

static size_t groups_of_outputs(const winograd_work *work) {
    return ceiling(work->out.blocks, WINOGRAD_TOGETHER);
}

/* The multiple of TILES_AT_ONCE tiles that is next below `strips`, or the least one. */
static size_t in_whole_products(size_t strips, size_t tiles) {
    size_t least = 1;
    while (least * tiles % TILES_AT_ONCE != 0)
        least++;
    return strips < least ? least : strips - strips % least;
}

/* Where several terms share filters, their gradient is summed term by term in a block: then how large a block
 * is must not depend on the threads. */
static size_t choose_strips(const winograd_plan *plan, bool of_filters) {
    const winograd_work *w = &plan->work;
    const size_t lanes = plan->kernels->lanes;
    const size_t filters = WINOGRAD_POSITIONS * w->in.blocks * w->out.blocks * lanes * lanes;
    const size_t strip = w->terms * w->terms * (w->in.blocks + w->out.blocks) * lanes * w->tiles;
    const size_t large = w->stride == 1 ? BLOCK_VALUES : LARGE_FILTERS;
    const size_t wanted = filters > large ? filters : BLOCK_VALUES;
    const size_t all = w->images * w->strips;
    size_t strips = wanted * (of_filters && w->stride == 1 ? plan->threads : 1) / strip;
    if (w->stride > 1)
        strips = in_whole_products(strips, w->tiles);
    if (strips < 1)
        strips = 1;
    if (strips >= all)
        return all > 0 ? all : 1;
    return w->stride > 1 ? strips : ceiling(all, ceiling(all, strips)); /* blocks of about equal size */
}

/* The columns of windows that a strip has at most. */
static size_t most_columns(const winograd_work *work) {
    return work->stride * WINOGRAD_TILE * work->tiles + WINOGRAD_FILTER - 1;
}

void winograd_divide(winograd_plan *plan, bool of_filters) {
    winograd_work *w = &plan->work;
    const size_t tile = w->turned ? w->stride * WINOGRAD_TILE : WINOGRAD_TILE;
    const size_t lanes = plan->kernels->lanes;
    w->in.blocks = ceiling(w->in.channels, lanes);
    w->out.blocks = ceiling(w->out.channels, lanes);
    w->terms = w->stride == 1 ? WINOGRAD_SIDE : WINOGRAD_STRIDED_TERMS;
    w->strips = ceiling(w->out.height, tile);
    w->tiles = ceiling(w->out.width, tile);
    plan->block_strips = choose_strips(plan, of_filters);
    w->capacity = ceiling(plan->block_strips * w->tiles, 4) * 4;
    plan->together = of_filters || ceiling(w->images * w->strips, plan->block_strips) < plan->threads;
    w->filters_stride = w->in.blocks * w->out.blocks * lanes * lanes + GAP;
    w->states_stride = w->in.blocks * w->capacity * lanes + GAP;
    w->products_stride = w->out.blocks * w->capacity * lanes + GAP;
    const size_t widest = w->in.width > w->out.width ? w->in.width : w->out.width;
    const size_t copies = plan->together ? 1 : plan->threads;
    plan->thread_scratch = rounded((w->terms * most_columns(w) + widest) * lanes);
    plan->filters_scratch = rounded(WINOGRAD_POSITIONS * w->filters_stride);
    plan->states_scratch = copies * rounded(w->terms * w->terms * w->states_stride);
    plan->products_scratch = copies * rounded(w->terms * w->terms * w->products_stride);
}

size_t winograd_scratch(const winograd_plan *plan) {
    return plan->threads * plan->thread_scratch + plan->filters_scratch + plan->states_scratch +
           plan->products_scratch;
}

void winograd_bind_scratch(winograd_plan *plan, float *scratch) {
    plan->work.columns = scratch;
    plan->work.at_filters = scratch + plan->threads * plan->thread_scratch;
    plan->work.at_states = plan->work.at_filters + plan->filters_scratch;
    plan->work.at_products = plan->work.at_states + plan->states_scratch;
}

/* ---- running: every function is called by all threads of a team */

typedef struct member {
    winograd_work work; /* with this thread's scratch */
    const team_member *me;
} member;

static member join(const winograd_plan *plan, const team_member *me) {
    member m = {.work = plan->work, .me = me};
    winograd_work *w = &m.work;
    const size_t widest = w->in.width > w->out.width ? w->in.width : w->out.width;
    w->columns += me->index * plan->thread_scratch;
    w->zeros = w->columns + plan->thread_scratch - widest * plan->kernels->lanes;
    memset(w->zeros, 0, widest * plan->kernels->lanes * sizeof *w->zeros);
    if (!plan->together) {
        w->at_states += me->index * (plan->states_scratch / plan->threads);
        w->at_products += me->index * (plan->products_scratch / plan->threads);
    }
    return m;
}

static size_t all_strips(const winograd_work *work) {
    return work->images * work->strips;
}

/* Each thread on strips of its own, block by block. */
static void run_alone(const winograd_plan *plan, const member *m) {
    const winograd_work *w = &m->work;
    const size_t items = w->terms * w->terms * groups_of_outputs(w);
    const share mine = share_of(all_strips(w), m->me);
    for (size_t first = mine.begin; first < mine.end; first += plan->block_strips) {
        const size_t left = mine.end - first;
        const size_t count = left < plan->block_strips ? left : plan->block_strips;
        plan->kernels->transform_input(w, 0, first, count);
        plan->kernels->multiply(w, count * w->tiles, 0, items);
        plan->kernels->transform_output(w, 0, first, count);
    }
}

/* All threads on one block: strips are divided, then terms, then strips again. */
static void run_together(const winograd_plan *plan, const member *m) {
    const winograd_work *w = &m->work;
    const share items = share_of(w->terms * w->terms * groups_of_outputs(w), m->me);
    const size_t all = all_strips(w);
    for (size_t first = 0; first < all; first += plan->block_strips) {
        const size_t count = all - first < plan->block_strips ? all - first : plan->block_strips;
        const share mine = share_of(count, m->me);
        plan->kernels->transform_input(w, mine.begin, first + mine.begin, mine.end - mine.begin);
        team_wait(m->me);
        plan->kernels->multiply(w, count * w->tiles, items.begin, items.end);
        team_wait(m->me);
        plan->kernels->transform_output(w, mine.begin, first + mine.begin, mine.end - mine.begin);
    }
}

void winograd_run(const winograd_plan *plan, const team_member *me) {
    const member m = join(plan, me);
    const share pairs = share_of(m.work.in.blocks * m.work.out.blocks, me);
    plan->kernels->transform_filters(&m.work, pairs.begin, pairs.end);
    team_wait(me);
    if (plan->together)
        run_together(plan, &m);
    else
        run_alone(plan, &m);
}

/* Positions for which a member sums the gradient: a like number of terms, whose order is that of the
 * positions. */
static share share_of_positions(const winograd_work *w, const team_member *me) {
    const size_t groups = groups_of_outputs(w);
    const size_t all = w->terms * w->terms * groups;
    share mine = {0, 0};
    size_t before = 0;
    for (size_t index = 0; index < WINOGRAD_POSITIONS * groups; index++) {
        const size_t position = index / groups;
        mine.begin += before * me->size / all < me->index;
        mine.end += before * me->size / all <= me->index;
        before +=
            winograd_terms_at(w, position / WINOGRAD_SIDE) * winograd_terms_at(w, position % WINOGRAD_SIDE);
    }
    return mine;
}

void winograd_run_gradient(const winograd_plan *plan, const team_member *me) {
    const member m = join(plan, me);
    const winograd_work *w = &m.work;
    const share items = share_of_positions(w, me);
    const share pairs = share_of(w->in.blocks * w->out.blocks, me);
    const size_t all = all_strips(w);
    for (size_t first = 0; first < all; first += plan->block_strips) {
        const size_t count = all - first < plan->block_strips ? all - first : plan->block_strips;
        const share mine = share_of(count, me);
        plan->kernels->transform_input(w, mine.begin, first + mine.begin, mine.end - mine.begin);
        plan->kernels->transform_arrived(w, mine.begin, first + mine.begin, mine.end - mine.begin);
        team_wait(me);
        plan->kernels->accumulate(w, count * w->tiles, first == 0, items.begin, items.end);
        team_wait(me);
    }
    plan->kernels->finish_filters(w, pairs.begin, pairs.end);
}
