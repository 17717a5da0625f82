/* mix/draw: which site, which λ, which partners, where the rectangle, as a function of (seed, epoch, step).
 *
 * Each decision has a stream of its own, so that changing one setting (say, another alpha) leaves the other
 * decisions of the same step as they were. λ and 1 - λ are rounded to float separately: for alpha 0.1 one of
 * them is often below 1e-8, and 1 - λ computed from a float λ would be 0. */
#include "mix/mix.h"
#include "random/stream.h"

#include <math.h>

static mixup_status check_weights(const float *weights, size_t site_count) {
    double sum = 0;
    for (size_t i = 0; i < site_count; i++) {
        if (!isfinite(weights[i]) || weights[i] < 0)
            return error(MIXUP_ERROR_ARGUMENT, "mix.weights[%zu] is %g; it must be finite and at least 0", i,
                         (double)weights[i]);
        sum += (double)weights[i];
    }
    if (sum <= 0)
        return error(MIXUP_ERROR_ARGUMENT, "mix.weights: all %zu are 0; at least one must be above 0",
                     site_count);
    return MIXUP_OK;
}

static mixup_status check_schedule(const mixup_mix_desc *mix) {
    const size_t *epochs = mix->alpha_epochs;
    if (mix->alpha_count > 0 && (epochs == NULL || mix->alpha_factors == NULL))
        return error(MIXUP_ERROR_ARGUMENT, "mix.alpha_count is %zu but mix.alpha_%s is NULL",
                     mix->alpha_count, epochs == NULL ? "epochs" : "factors");
    for (size_t i = 0; i < mix->alpha_count; i++) {
        const float factor = mix->alpha_factors[i];
        if (epochs[i] == 0)
            return error(MIXUP_ERROR_ARGUMENT, "mix.alpha_epochs[%zu] is 0; epochs count from 1", i);
        if (i > 0 && epochs[i] <= epochs[i - 1])
            return error(MIXUP_ERROR_ARGUMENT, "mix.alpha_epochs[%zu] is %zu; it must be above %zu before it",
                         i, epochs[i], epochs[i - 1]);
        if (!isfinite(factor) || factor < 0 || !isfinite(factor * mix->alpha))
            return error(MIXUP_ERROR_ARGUMENT,
                         "mix.alpha_factors[%zu] is %g; it, and its product with mix.alpha, must be finite "
                         "and at least 0",
                         i, (double)factor);
    }
    return MIXUP_OK;
}

mixup_status mix_check(const mixup_mix_desc *mix, size_t site_count) {
    if ((unsigned)mix->kind >= MIXUP_MIX_KIND_COUNT)
        return error(MIXUP_ERROR_ARGUMENT, "mix.kind is %d, which is no mixup_mix_kind", (int)mix->kind);
    if (!isfinite(mix->alpha) || mix->alpha < 0)
        return error(MIXUP_ERROR_ARGUMENT, "mix.alpha is %g; it must be finite, above 0, or 0 for no mixing",
                     (double)mix->alpha);
    MIXUP_TRY(check_schedule(mix));
    if (!(mix->plain_probability >= 0 && mix->plain_probability <= 1))
        return error(MIXUP_ERROR_ARGUMENT, "mix.plain_probability is %g; it must be in [0, 1]",
                     (double)mix->plain_probability);
    if (mix->alpha > 0 && site_count == 0)
        return error(MIXUP_ERROR_ARGUMENT,
                     "mix.alpha is %g, but there is no site; name one in mix.at or mark a layer with .mix",
                     (double)mix->alpha);
    if (site_count > INT32_MAX)
        return error(MIXUP_ERROR_ARGUMENT, "site_count is %zu; at most %d sites", site_count, INT32_MAX);
    if (mix->weights != NULL && site_count > 0)
        return check_weights(mix->weights, site_count);
    return MIXUP_OK;
}

static mixup_status check_arrays(const mixup_draw_desc *desc, const mixup_batch_draw *draw) {
    const bool cuts = desc->mix->kind == MIXUP_CUTMIX;
    const char *missing = draw->partner == NULL              ? "partner"
                          : draw->weight == NULL             ? "weight"
                          : draw->partner_weight == NULL     ? "partner_weight"
                          : cuts && draw->cut_row == NULL    ? "cut_row"
                          : cuts && draw->cut_column == NULL ? "cut_column"
                                                             : NULL;
    if (missing == NULL)
        return MIXUP_OK;
    return error(MIXUP_ERROR_ARGUMENT,
                 "mixup_draw: draw->%s is NULL; it must point to %zu values of the caller's", missing,
                 draw->batch);
}

static mixup_status check_arguments(const mixup_draw_desc *desc, const mixup_batch_draw *draw) {
    if (desc == NULL || draw == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_draw: %s is NULL", desc == NULL ? "desc" : "draw");
    if (desc->mix == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_draw: desc->mix is NULL; point it to the settings");
    if (draw->batch == 0 || draw->batch >= UINT32_MAX)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_draw: draw->batch is %zu; it must be from 1 to 2^32 - 2",
                     draw->batch);
    MIXUP_TRY(check_arrays(desc, draw));
    return mix_check(desc->mix, desc->site_count);
}

/* The factor of an epoch (from 0) between the points of the schedule: linear. */
static double alpha_factor(const mixup_mix_desc *mix, uint32_t epoch) {
    const size_t number = (size_t)epoch + 1;
    size_t next = 0; /* the first point behind */
    while (next < mix->alpha_count && mix->alpha_epochs[next] <= number)
        next++;
    if (mix->alpha_count == 0)
        return 1;
    if (next == 0 || next == mix->alpha_count)
        return (double)mix->alpha_factors[next == 0 ? 0 : next - 1];
    const double before = (double)mix->alpha_factors[next - 1];
    const double behind = (double)mix->alpha_factors[next];
    const size_t passed = number - mix->alpha_epochs[next - 1];
    const size_t length = mix->alpha_epochs[next] - mix->alpha_epochs[next - 1];
    return before + (behind - before) * ((double)passed / (double)length);
}

static double alpha_of(const mixup_draw_desc *desc) {
    return (double)desc->mix->alpha * alpha_factor(desc->mix, desc->epoch);
}

static random_stream open_stream(const mixup_draw_desc *desc, random_purpose purpose, size_t sample) {
    return random_open(desc->seed, purpose, 0, desc->epoch, desc->step, (uint32_t)sample);
}

static bool is_plain(const mixup_draw_desc *desc, size_t batch) {
    if (alpha_of(desc) == 0 || (batch == 1 && desc->mix->no_self_pairs))
        return true;
    if (desc->mix->every_steps > 1 && desc->total_step % desc->mix->every_steps != 0)
        return true;
    random_stream stream = open_stream(desc, RANDOM_PLAIN, 0);
    return random_uniform(&stream) < (double)desc->mix->plain_probability;
}

static void draw_nothing(const mixup_draw_desc *desc, mixup_batch_draw *draw) {
    draw->site = -1;
    for (size_t i = 0; i < draw->batch; i++) {
        draw->partner[i] = (uint32_t)i;
        draw->weight[i] = 1;
        draw->partner_weight[i] = 0;
        if (desc->mix->kind == MIXUP_CUTMIX)
            draw->cut_row[i] = draw->cut_column[i] = 0;
    }
}

static size_t draw_weighted(random_stream *stream, const float *weights, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)weights[i];
    const double point = random_uniform(stream) * sum; /* below sum, also after rounding */
    double passed = 0;
    size_t site = 0;
    while (site + 1 < count && (passed += (double)weights[site]) <= point)
        site++;
    return site;
}

static int32_t draw_site(const mixup_draw_desc *desc) {
    random_stream stream = open_stream(desc, RANDOM_SITE, 0);
    if (desc->mix->weights != NULL)
        return (int32_t)draw_weighted(&stream, desc->mix->weights, desc->site_count);
    return (int32_t)random_below(&stream, (uint32_t)desc->site_count);
}

/* λ and 1 - λ of one row. */
static void draw_lambda(const mixup_draw_desc *desc, size_t sample, float *weight, float *partner_weight) {
    random_stream stream = open_stream(desc, RANDOM_LAMBDA, sample);
    double lambda, one_minus_lambda;
    random_beta(&stream, alpha_of(desc), &lambda, &one_minus_lambda);
    const bool swap = desc->mix->clamp_lambda && lambda < one_minus_lambda;
    *weight = (float)(swap ? one_minus_lambda : lambda);
    *partner_weight = (float)(swap ? lambda : one_minus_lambda);
}

static void draw_weights(const mixup_draw_desc *desc, mixup_batch_draw *draw) {
    draw_lambda(desc, 0, &draw->weight[0], &draw->partner_weight[0]);
    for (size_t i = 1; i < draw->batch; i++) {
        if (desc->mix->per_sample) {
            draw_lambda(desc, i, &draw->weight[i], &draw->partner_weight[i]);
        } else {
            draw->weight[i] = draw->weight[0];
            draw->partner_weight[i] = draw->partner_weight[0];
        }
    }
}

/* A fraction in [0, 1) that a float holds exactly. */
static float draw_fraction(random_stream *stream) {
    return (float)(random_word(stream) >> 8) / 16777216.0f;
}

static void draw_centres(const mixup_draw_desc *desc, mixup_batch_draw *draw) {
    for (size_t i = 0; i < draw->batch; i++) {
        if (i > 0 && !desc->mix->per_sample) {
            draw->cut_row[i] = draw->cut_row[0];
            draw->cut_column[i] = draw->cut_column[0];
            continue;
        }
        random_stream stream = open_stream(desc, RANDOM_CUT, i);
        draw->cut_row[i] = draw_fraction(&stream);
        draw->cut_column[i] = draw_fraction(&stream);
    }
}

static void draw_partners(const mixup_draw_desc *desc, mixup_batch_draw *draw) {
    random_stream stream = open_stream(desc, RANDOM_PARTNER, 0);
    if (desc->mix->no_self_pairs)
        random_derangement(&stream, draw->batch, draw->partner);
    else
        random_permutation(&stream, draw->batch, draw->partner);
}

mixup_status mixup_draw(const mixup_draw_desc *desc, mixup_batch_draw *draw) {
    MIXUP_TRY(check_arguments(desc, draw));
    draw->kind = desc->mix->kind;
    if (is_plain(desc, draw->batch)) {
        draw_nothing(desc, draw);
        return MIXUP_OK;
    }
    draw->site = draw_site(desc);
    draw_weights(desc, draw);
    draw_partners(desc, draw);
    if (draw->kind == MIXUP_CUTMIX)
        draw_centres(desc, draw);
    return MIXUP_OK;
}
