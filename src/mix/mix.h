/* mix: the heart of the library. draw.c decides what a batch is mixed with (site, λ, π, the place of a
 * rectangle); blend.c does it to states and targets and takes gradients back through it, with cut.c for
 * CutMix. May use base, tensor and random.
 *
 * mixup.h declares the draw and the versions for float; the engines use these, which compute in `real`. A
 * newcomer's mistakes: the gradient of the mix is not the mix of the gradient. Sample j receives from itself
 * with its own weight, but from the sample whose partner it is with *that* sample's partner weight, so π has
 * to be followed backwards. And the targets of CutMix are not mixed with the draw's λ but with the shares of
 * the area at the site (mix_weights).
 *
 * All need a draw whose partners are < batch; arrays must not overlap. Nothing here allocates. A draw with
 * site -1 copies, whatever its arrays hold. */
#ifndef MIX_MIX_H
#define MIX_MIX_H

#include "base/status.h"
#include "tensor/real.h"

/* Whether mixup_draw accepts these settings for `site_count` sites; the message names the field ("mix.alpha
 * is ..."). For checks before a training starts. */
mixup_status mix_check(const mixup_mix_desc *mix, size_t site_count);

/* What the values of a state are. */
typedef enum mix_values {
    MIX_REAL,
    MIX_BF16, /* tensor/bf16.h; sums are made in float and rounded once */
} mix_values;

/* How the values of a sample lie: [outer][height][width][inner]. An image in plain order has its channels
 * outermost; other orders move some or all of them to the innermost place. {1, 1, 1, n} is a state without
 * places, which is interpolated only. */
typedef struct mix_layout {
    size_t outer, height, width, inner;
    mix_values values;
} mix_layout;

/* The number of values of a sample, and the bytes of one. */
size_t mix_width(const mix_layout *layout);
size_t mix_value_size(const mix_layout *layout);

/* The states mixed as the draw says; for targets see mix_targets. Both are of reals. */
void mix_states(const mixup_batch_draw *draw, const mix_layout *layout,
                const real *states, /* [batch][..layout] */
                real *mixed);       /* likewise */

/* The transpose of mix_states: gradient_j is the sum of g_j, as far as sample j kept itself, and of g_i with
 * π(i) = j, as far as i took from its partner. */
void mix_gradient(const mixup_batch_draw *draw, const mix_layout *layout,
                  const real *mixed_gradient, /* [batch][..layout] */
                  real *gradient);            /* likewise */

/* Sample i of the two alone, to the same bits, for several threads; of whatever values the layout says.
 * `inverse` is that of mix_invert. */
void mix_sample(const mixup_batch_draw *draw, const mix_layout *layout, size_t i, const void *states,
                void *mixed);
void mix_sample_gradient(const mixup_batch_draw *draw, const mix_layout *layout, const uint32_t *inverse,
                         size_t i, const void *mixed_gradient, void *gradient);

/* inverse[π(i)] = i; the identity for site -1. */
void mix_invert(const mixup_batch_draw *draw, uint32_t *inverse); /* [batch] */

/* The weights of targets [batch] for a site of height × width (1 × 1 where it is no image): the draw's own,
 * with CutMix the shares of the area, and 1 and 0 for site -1. */
void mix_weights(const mixup_batch_draw *draw, size_t height, size_t width, float *weight,
                 float *partner_weight);

/* weight_i targets_i + partner_weight_i targets_π(i) */
void mix_targets(const mixup_batch_draw *draw, const float *weight, const float *partner_weight,
                 size_t columns, const real *targets, /* [batch][columns] */
                 real *mixed);                        /* likewise */

#endif
