/* mix/draw: which site, which λ, which partners, as a function of (seed, epoch, step).
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

mixup_status mix_check(const mixup_mix_desc *mix, size_t site_count) {
    if (!isfinite(mix->alpha) || mix->alpha < 0)
        return error(MIXUP_ERROR_ARGUMENT, "mix.alpha is %g; it must be finite, above 0, or 0 for no mixing",
                     (double)mix->alpha);
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

static mixup_status check_arguments(const mixup_draw_desc *desc, const mixup_batch_draw *draw) {
    if (desc == NULL || draw == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_draw: %s is NULL", desc == NULL ? "desc" : "draw");
    if (desc->mix == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_draw: desc->mix is NULL; point it to the settings");
    if (draw->batch == 0 || draw->batch >= UINT32_MAX)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_draw: draw->batch is %zu; it must be from 1 to 2^32 - 2",
                     draw->batch);
    if (draw->partner == NULL || draw->weight == NULL || draw->partner_weight == NULL)
        return error(MIXUP_ERROR_ARGUMENT,
                     "mixup_draw: draw->%s is NULL; it must point to %zu values of the caller's",
                     draw->partner == NULL  ? "partner"
                     : draw->weight == NULL ? "weight"
                                            : "partner_weight",
                     draw->batch);
    return mix_check(desc->mix, desc->site_count);
}

static random_stream open_stream(const mixup_draw_desc *desc, random_purpose purpose, size_t sample) {
    return random_open(desc->seed, purpose, 0, desc->epoch, desc->step, (uint32_t)sample);
}

static bool is_plain(const mixup_draw_desc *desc, size_t batch) {
    if (desc->mix->alpha == 0 || (batch == 1 && desc->mix->no_self_pairs))
        return true;
    random_stream stream = open_stream(desc, RANDOM_PLAIN, 0);
    return random_uniform(&stream) < (double)desc->mix->plain_probability;
}

static void draw_nothing(mixup_batch_draw *draw) {
    draw->site = -1;
    for (size_t i = 0; i < draw->batch; i++) {
        draw->partner[i] = (uint32_t)i;
        draw->weight[i] = 1;
        draw->partner_weight[i] = 0;
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
    random_beta(&stream, (double)desc->mix->alpha, &lambda, &one_minus_lambda);
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

static void draw_partners(const mixup_draw_desc *desc, mixup_batch_draw *draw) {
    random_stream stream = open_stream(desc, RANDOM_PARTNER, 0);
    if (desc->mix->no_self_pairs)
        random_derangement(&stream, draw->batch, draw->partner);
    else
        random_permutation(&stream, draw->batch, draw->partner);
}

mixup_status mixup_draw(const mixup_draw_desc *desc, mixup_batch_draw *draw) {
    MIXUP_TRY(check_arguments(desc, draw));
    if (is_plain(desc, draw->batch)) {
        draw_nothing(draw);
        return MIXUP_OK;
    }
    draw->site = draw_site(desc);
    draw_weights(desc, draw);
    draw_partners(desc, draw);
    return MIXUP_OK;
}
