/* mix: the heart of the library. draw.c decides what a batch is mixed with (site, λ, π), blend.c does it to
 * states and targets and takes gradients back through it. May use base, tensor and random.
 *
 * mixup.h declares the draw and the versions for float; the engines use these, which compute in `real`. A
 * newcomer's mistake: the gradient of the mix is not the mix of the gradient. Sample j receives from itself
 * with its own weight, but from the sample whose partner it is with *that* sample's partner weight, so π has
 * to be followed backwards.
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

/* mixed_i = λ_i states_i + (1 - λ_i) states_π(i), paper eq. 2; for targets as well. */
void mix_states(const mixup_batch_draw *draw, size_t width, const real *states, /* [batch][width] */
                real *mixed);                                                   /* [batch][width] */

/* gradient_j = λ_j g_j + Σ over i with π(i) = j of (1 - λ_i) g_i: the transpose of mix_states. */
void mix_gradient(const mixup_batch_draw *draw, size_t width, const real *mixed_gradient, /* [batch][width] */
                  real *gradient);                                                        /* [batch][width] */

/* inverse[π(i)] = i; the identity for site -1. */
void mix_invert(const mixup_batch_draw *draw, uint32_t *inverse); /* [batch] */

#endif
