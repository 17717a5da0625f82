/* mix/cut: CutMix (Yun et al. 2019) on one sample: its rectangle at a site, and states and gradients with
 * that rectangle exchanged. For blend.c. */
#ifndef MIX_CUT_H
#define MIX_CUT_H

#include "mix/mix.h"

/* Samples are of the values that the layout names.
 *
 * `to` [..layout]: `own` with the rectangle taken from `partner`. */
void cut_compose(const mix_layout *layout, const mixup_rectangle *cut, const void *own, const void *partner,
                 void *to);

/* `to`: `from` with zeros in the rectangle: what a sample's gradient leaves to itself. */
void cut_clear(const mix_layout *layout, const mixup_rectangle *cut, const void *from, void *to);

/* Adds `from` in the rectangle to `to`: what it gives to the partner. */
void cut_add(const mix_layout *layout, const mixup_rectangle *cut, const void *from, void *to);

/* Both at once, for one sample: `own` with zeros in `lost`, and `taker`, the gradient of the sample that took
 * `given` from this one, added there. */
void cut_gather(const mix_layout *layout, const mixup_rectangle *lost, const void *own,
                const mixup_rectangle *given, const void *taker, void *to);

/* The number of positions in the rectangle. */
size_t cut_area(const mixup_rectangle *cut);

#endif
