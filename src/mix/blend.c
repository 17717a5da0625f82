/* mix/blend: mixed rows, and gradients back through the mix. See mix.h for the two mistakes. */
#include "mix/cut.h"
#include "tensor/bf16.h"

#include <string.h>

static bool cuts(const mixup_batch_draw *draw) {
    return draw->kind == MIXUP_CUTMIX;
}

/* ---- rows */

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

static void row_blend_bf16(size_t width, float own_weight, const bf16 *own, float partner_weight,
                           const bf16 *partner, bf16 *restrict to) {
    for (size_t k = 0; k < width; k++)
        to[k] =
            bf16_from_float(own_weight * bf16_to_float(own[k]) + partner_weight * bf16_to_float(partner[k]));
}

static void row_blend_of(mix_values values, size_t width, float own_weight, const void *own,
                         float partner_weight, const void *partner, void *to) {
    if (values == MIX_BF16)
        row_blend_bf16(width, own_weight, own, partner_weight, partner, to);
    else
        row_blend(width, own_weight, own, partner_weight, partner, to);
}

static void copy_all(const mixup_batch_draw *draw, size_t width, const real *from, real *to) {
    memcpy(to, from, draw->batch * width * sizeof *to);
}

/* ---- interpolation of the whole batch */

static void interpolate(const mixup_batch_draw *draw, size_t width, const float *weight,
                        const float *partner_weight, const real *states, real *mixed) {
    if (draw->site < 0) {
        copy_all(draw, width, states, mixed);
        return;
    }
    for (size_t i = 0; i < draw->batch; i++)
        row_blend(width, weight[i], states + i * width, partner_weight[i], states + draw->partner[i] * width,
                  mixed + i * width);
}

static void interpolate_gradient(const mixup_batch_draw *draw, size_t width, const real *mixed_gradient,
                                 real *gradient) {
    if (draw->site < 0) {
        copy_all(draw, width, mixed_gradient, gradient);
        return;
    }
    for (size_t j = 0; j < draw->batch; j++)
        row_scale(width, draw->weight[j], mixed_gradient + j * width, gradient + j * width);
    for (size_t i = 0; i < draw->batch; i++)
        row_add_scaled(width, draw->partner_weight[i], mixed_gradient + i * width,
                       gradient + draw->partner[i] * width);
}

/* ---- CutMix of the whole batch */

static mixup_rectangle rectangle(const mixup_batch_draw *draw, size_t i, const mix_layout *layout) {
    return mixup_cut_rectangle(draw, i, layout->height, layout->width);
}

static void cut_gradient(const mixup_batch_draw *draw, const mix_layout *layout, const real *mixed_gradient,
                         real *gradient) {
    const size_t width = mix_width(layout);
    for (size_t j = 0; j < draw->batch; j++) {
        const mixup_rectangle cut = rectangle(draw, j, layout);
        cut_clear(layout, &cut, mixed_gradient + j * width, gradient + j * width);
    }
    for (size_t i = 0; i < draw->batch; i++) {
        const mixup_rectangle cut = rectangle(draw, i, layout);
        cut_add(layout, &cut, mixed_gradient + i * width, gradient + draw->partner[i] * width);
    }
}

/* ---- by kind */

size_t mix_width(const mix_layout *layout) {
    return layout->outer * layout->height * layout->width * layout->inner;
}

size_t mix_value_size(const mix_layout *layout) {
    return layout->values == MIX_BF16 ? sizeof(bf16) : sizeof(real);
}

void mix_sample(const mixup_batch_draw *draw, const mix_layout *layout, size_t i, const void *states,
                void *mixed) {
    const size_t width = mix_width(layout);
    const size_t size = width * mix_value_size(layout);
    const char *own = (const char *)states + i * size;
    char *to = (char *)mixed + i * size;
    if (draw->site < 0) {
        memcpy(to, own, size);
        return;
    }
    const char *partner = (const char *)states + draw->partner[i] * size;
    if (cuts(draw)) {
        const mixup_rectangle cut = rectangle(draw, i, layout);
        cut_compose(layout, &cut, own, partner, to);
    } else {
        row_blend_of(layout->values, width, draw->weight[i], own, draw->partner_weight[i], partner, to);
    }
}

void mix_sample_gradient(const mixup_batch_draw *draw, const mix_layout *layout, const uint32_t *inverse,
                         size_t i, const void *mixed_gradient, void *gradient) {
    const size_t width = mix_width(layout);
    const size_t size = width * mix_value_size(layout);
    const char *own = (const char *)mixed_gradient + i * size;
    char *to = (char *)gradient + i * size;
    if (draw->site < 0) {
        memcpy(to, own, size);
        return;
    }
    const char *taker = (const char *)mixed_gradient + inverse[i] * size;
    if (cuts(draw)) {
        const mixup_rectangle lost = rectangle(draw, i, layout);
        const mixup_rectangle given = rectangle(draw, inverse[i], layout);
        cut_gather(layout, &lost, own, &given, taker, to);
    } else {
        row_blend_of(layout->values, width, draw->weight[i], own, draw->partner_weight[inverse[i]], taker,
                     to);
    }
}

void mix_states(const mixup_batch_draw *draw, const mix_layout *layout, const real *states, real *mixed) {
    for (size_t i = 0; i < draw->batch; i++)
        mix_sample(draw, layout, i, states, mixed);
}

void mix_gradient(const mixup_batch_draw *draw, const mix_layout *layout, const real *mixed_gradient,
                  real *gradient) {
    if (draw->site >= 0 && cuts(draw))
        cut_gradient(draw, layout, mixed_gradient, gradient);
    else
        interpolate_gradient(draw, mix_width(layout), mixed_gradient, gradient);
}

void mix_invert(const mixup_batch_draw *draw, uint32_t *inverse) {
    for (size_t i = 0; i < draw->batch; i++)
        inverse[draw->site < 0 ? i : draw->partner[i]] = (uint32_t)i;
}

/* ---- targets */

static void sample_weights(const mixup_batch_draw *draw, size_t i, size_t height, size_t width, float *weight,
                           float *partner_weight) {
    if (draw->site < 0) {
        *weight = 1;
        *partner_weight = 0;
    } else if (cuts(draw)) {
        const mixup_rectangle cut = mixup_cut_rectangle(draw, i, height, width);
        const double all = (double)height * (double)width;
        const double area = (double)cut_area(&cut);
        *weight = (float)((all - area) / all);
        *partner_weight = (float)(area / all);
    } else {
        *weight = draw->weight[i];
        *partner_weight = draw->partner_weight[i];
    }
}

void mix_weights(const mixup_batch_draw *draw, size_t height, size_t width, float *weight,
                 float *partner_weight) {
    for (size_t i = 0; i < draw->batch; i++)
        sample_weights(draw, i, height, width, &weight[i], &partner_weight[i]);
}

void mix_targets(const mixup_batch_draw *draw, const float *weight, const float *partner_weight,
                 size_t columns, const real *targets, real *mixed) {
    interpolate(draw, columns, weight, partner_weight, targets, mixed);
}

#ifndef MIXUP_DOUBLE /* the public functions take float */

void mixup_mix_states(const mixup_batch_draw *draw, size_t width, const float *states, float *mixed) {
    interpolate(draw, width, draw->weight, draw->partner_weight, states, mixed);
}

void mixup_mix_targets(const mixup_batch_draw *draw, size_t width, const float *targets, float *mixed) {
    interpolate(draw, width, draw->weight, draw->partner_weight, targets, mixed);
}

void mixup_mix_gradient(const mixup_batch_draw *draw, size_t width, const float *mixed_gradient,
                        float *gradient) {
    interpolate_gradient(draw, width, mixed_gradient, gradient);
}

void mixup_cut_states(const mixup_batch_draw *draw, size_t channels, size_t height, size_t width,
                      const float *states, float *mixed) {
    mix_states(draw, &(mix_layout){channels, height, width, 1, MIX_REAL}, states, mixed);
}

void mixup_cut_weights(const mixup_batch_draw *draw, size_t height, size_t width, float *weight,
                       float *partner_weight) {
    mix_weights(draw, height, width, weight, partner_weight);
}

void mixup_cut_gradient(const mixup_batch_draw *draw, size_t channels, size_t height, size_t width,
                        const float *mixed_gradient, float *gradient) {
    mix_gradient(draw, &(mix_layout){channels, height, width, 1, MIX_REAL}, mixed_gradient, gradient);
}

/* The weights of one row at a time, so that nothing has to be allocated. */
void mixup_cut_targets(const mixup_batch_draw *draw, size_t height, size_t width, size_t columns,
                       const float *targets, float *mixed) {
    for (size_t i = 0; i < draw->batch; i++) {
        const size_t partner = draw->site < 0 ? i : draw->partner[i];
        float weight;
        float partner_weight;
        sample_weights(draw, i, height, width, &weight, &partner_weight);
        row_blend(columns, weight, targets + i * columns, partner_weight, targets + partner * columns,
                  mixed + i * columns);
    }
}

#endif
