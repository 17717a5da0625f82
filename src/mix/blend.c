/* mix/blend: interpolated rows, and gradients back through the interpolation. See mix.h for the one mistake.
 */
#include "mix/mix.h"

#include <string.h>

static void row_scale(size_t width, real weight, const real *restrict from, real *restrict to) {
    for (size_t k = 0; k < width; k++)
        to[k] = weight * from[k];
}

static void row_add_scaled(size_t width, real weight, const real *restrict from, real *restrict to) {
    for (size_t k = 0; k < width; k++)
        to[k] += weight * from[k];
}

/* `own` and `partner` may be the same row, but are only read. */
static void row_blend(size_t width, real own_weight, const real *own, real partner_weight,
                      const real *partner, real *restrict to) {
    for (size_t k = 0; k < width; k++)
        to[k] = own_weight * own[k] + partner_weight * partner[k];
}

void mix_states(const mixup_batch_draw *draw, size_t width, const real *states, real *mixed) {
    if (draw->site < 0) {
        memcpy(mixed, states, draw->batch * width * sizeof *mixed);
        return;
    }
    for (size_t i = 0; i < draw->batch; i++)
        row_blend(width, draw->weight[i], states + i * width, draw->partner_weight[i],
                  states + draw->partner[i] * width, mixed + i * width);
}

void mix_gradient(const mixup_batch_draw *draw, size_t width, const real *mixed_gradient, real *gradient) {
    if (draw->site < 0) {
        memcpy(gradient, mixed_gradient, draw->batch * width * sizeof *gradient);
        return;
    }
    for (size_t j = 0; j < draw->batch; j++)
        row_scale(width, draw->weight[j], mixed_gradient + j * width, gradient + j * width);
    for (size_t i = 0; i < draw->batch; i++)
        row_add_scaled(width, draw->partner_weight[i], mixed_gradient + i * width,
                       gradient + draw->partner[i] * width);
}

void mix_invert(const mixup_batch_draw *draw, uint32_t *inverse) {
    for (size_t i = 0; i < draw->batch; i++)
        inverse[draw->site < 0 ? i : draw->partner[i]] = (uint32_t)i;
}

#ifndef MIXUP_DOUBLE /* the public functions take float */

void mixup_mix_states(const mixup_batch_draw *draw, size_t width, const float *states, float *mixed) {
    mix_states(draw, width, states, mixed);
}

void mixup_mix_targets(const mixup_batch_draw *draw, size_t width, const float *targets, float *mixed) {
    mix_states(draw, width, targets, mixed);
}

void mixup_mix_gradient(const mixup_batch_draw *draw, size_t width, const float *mixed_gradient,
                        float *gradient) {
    mix_gradient(draw, width, mixed_gradient, gradient);
}

#endif
