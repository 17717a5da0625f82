/* data/factors: images of a digit on a turned sheet, for the paper's tasks A, B and C (table 8). A sample is
 * drawn from (seed, part, its number) when it is gathered, so a data set costs no memory and may be as large
 * as a training is long.
 *
 * Mixing the factors themselves: two samples are drawn, all their factors and their labels mixed by one λ,
 * and what the mixed factors describe is rendered. */
#include "data/digit.h"
#include "data/draft.h"
#include "random/stream.h"

#include <math.h>

/* Items of the stream RANDOM_SYNTHETIC; data/spirals has 0 and 1. */
enum { FACTORS_ITEM = 2 };

typedef struct span {
    double low, high;
} span;

typedef struct task {
    span train[2], test[2]; /* degrees, counter-clockwise; a sample comes from either with probability 1/2 */
    bool digits;            /* the label is the digit, 1 or 7; else it is the span, and the digit is either */
    const char *classes[2];
} task;

static const task tasks[] = {
    [MIXUP_FACTORS_A] = {{{-70, -50}, {50, 80}}, {{-30, -10}, {10, 30}}, false, {"negative", "positive"}},
    [MIXUP_FACTORS_B] = {{{-70, -50}, {50, 80}}, {{-30, -20}, {-10, 30}}, false, {"negative", "positive"}},
    [MIXUP_FACTORS_C] = {{{-70, -50}, {50, 80}}, {{-30, 30}, {-30, 30}}, true, {"1", "7"}},
};

/* Where the other factors lie, in units of the side: as in the authors' code, whose canvas has 256. */
static const struct {
    span bar[2]; /* of a 1 and of a 7 */
    span x, y, drop, slant, width;
} ranges = {
    .bar = {{0.0, 20.0 / 256}, {40.0 / 256, 100.0 / 256}},
    .x = {30.0 / 256, 150.0 / 256},
    .y = {20.0 / 256, 50.0 / 256},
    .drop = {-10.0 / 256, 10.0 / 256},
    .slant = {-30.0 / 256, 5.0 / 256},
    .width = {15.0 / 256, 35.0 / 256},
};

/* What rendering a sample needs. */
typedef struct factors {
    mixup_factors_task task;
    mixup_factors_part part;
    bool angle_only;
    double alpha;
    uint64_t seed;
} factors;

typedef struct sample {
    digit digit;
    double second; /* target of the second class; the first has the rest */
} sample;

static double draw_in(random_stream *stream, span in) {
    return in.low + random_uniform(stream) * (in.high - in.low);
}

/* The middle of the range where the angle alone varies. */
static double draw_other(const factors *of, random_stream *stream, span in) {
    const double drawn = draw_in(stream, in);
    return of->angle_only ? 0.5 * (in.low + in.high) : drawn;
}

static sample draw_one(const factors *of, random_stream *stream) {
    const task *as = &tasks[of->task];
    const span *spans = of->part == MIXUP_FACTORS_TRAIN ? as->train : as->test;
    const uint32_t side = random_below(stream, 2);
    const uint32_t seven = random_below(stream, 2);
    sample out = {.second = (double)(as->digits ? seven : side)};
    out.digit.degrees = draw_in(stream, spans[side]);
    out.digit.bar = draw_other(of, stream, ranges.bar[seven]);
    out.digit.x = draw_other(of, stream, ranges.x);
    out.digit.y = draw_other(of, stream, ranges.y);
    out.digit.drop = draw_other(of, stream, ranges.drop);
    out.digit.slant = draw_other(of, stream, ranges.slant);
    out.digit.width = draw_other(of, stream, ranges.width);
    return out;
}

static void mix_into(digit *to, const digit *from, double lambda, double rest) {
    to->degrees = lambda * to->degrees + rest * from->degrees;
    to->bar = lambda * to->bar + rest * from->bar;
    to->x = lambda * to->x + rest * from->x;
    to->y = lambda * to->y + rest * from->y;
    to->drop = lambda * to->drop + rest * from->drop;
    to->slant = lambda * to->slant + rest * from->slant;
    to->width = lambda * to->width + rest * from->width;
}

static sample draw_sample(const factors *of, uint32_t number) {
    random_stream stream =
        random_open(of->seed, RANDOM_SYNTHETIC, FACTORS_ITEM + (uint32_t)of->part, 0, 0, number);
    sample out = draw_one(of, &stream);
    if (of->alpha == 0.0)
        return out;
    const sample partner = draw_one(of, &stream);
    double lambda = 0.0;
    double rest = 0.0;
    random_beta(&stream, of->alpha, &lambda, &rest);
    mix_into(&out.digit, &partner.digit, lambda, rest);
    out.second = lambda * out.second + rest * partner.second;
    return out;
}

static mixup_status render(void *user, const size_t *indices, size_t count, float *inputs, float *targets) {
    const factors *of = user;
    for (size_t i = 0; i < count; i++) {
        const sample drawn = draw_sample(of, (uint32_t)indices[i]);
        digit_draw(&drawn.digit, inputs + i * DIGIT_SIDE * DIGIT_SIDE);
        targets[2 * i] = (float)(1.0 - drawn.second);
        targets[2 * i + 1] = (float)drawn.second;
    }
    return MIXUP_OK;
}

static mixup_status check_description(const mixup_factors_desc *desc) {
    if ((unsigned)desc->task >= MIXUP_COUNT(tasks))
        return error(MIXUP_ERROR_ARGUMENT, "task: %d is none of A, B and C", (int)desc->task);
    if ((unsigned)desc->part > MIXUP_FACTORS_TEST)
        return error(MIXUP_ERROR_ARGUMENT, "part: %d is neither train nor test", (int)desc->part);
    if (desc->count > UINT32_MAX)
        return error(MIXUP_ERROR_ARGUMENT, "count: %zu, at most %u are possible", desc->count, UINT32_MAX);
    if (!isfinite(desc->factor_alpha) || desc->factor_alpha < 0.0)
        return error(MIXUP_ERROR_ARGUMENT, "factor_alpha: %g, must be a finite number of at least 0",
                     desc->factor_alpha);
    return MIXUP_OK;
}

/* Labels are known without rendering, unless they are mixed. */
static mixup_status add_labels(dataset_storage *storage, const factors *of) {
    int32_t *labels = NULL;
    if (of->alpha > 0.0)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_NEW(&storage->allocator, labels, storage->count));
    storage->labels = labels;
    for (size_t i = 0; i < storage->count; i++)
        labels[i] = draw_sample(of, (uint32_t)i).second > 0.5;
    return MIXUP_OK;
}

static mixup_status fill(dataset_draft *draft, const mixup_factors_desc *desc) {
    dataset_storage *storage = draft->storage;
    factors *of = NULL;
    MIXUP_TRY(check_description(desc));
    const shape image = {.rank = 3, .sizes = {1, DIGIT_SIDE, DIGIT_SIDE}};
    MIXUP_TRY(preprocess_set_shape(draft->preprocess, &image));
    MIXUP_TRY(preprocess_set_classes(draft->preprocess, tasks[desc->task].classes, 2));
    MIXUP_TRY(MEMORY_NEW(&storage->allocator, of, 1));
    *of = (factors){desc->task, desc->part, desc->angle_only, desc->factor_alpha, desc->seed};
    storage->user = of;
    storage->owns_user = true;
    storage->read = render;
    storage->count = desc->count > 0 ? desc->count : 10000;
    storage->target_count = 2;
    return add_labels(storage, of);
}

mixup_status mixup_dataset_from_factors(mixup_dataset **set, const mixup_factors_desc *desc) {
    if (set == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_factors: set and desc must not be NULL");
    dataset_draft draft;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_FACTORS));
    return draft_finish(&draft, fill(&draft, desc), set);
}
