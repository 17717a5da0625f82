/* engine/mixing: the steps of a plan that mix: the state at its site, the targets, and the gradient back
 * through the mix. For compile.c. */
#ifndef ENGINE_MIXING_H
#define ENGINE_MIXING_H

#include "engine/plan_inside.h"

/* Emits the mix of the value at the plan's site, once it is made: self->mixed. */
mixup_status mixing_emit_state(builder *self, size_t value);

/* Emits the mix of targets [batch][columns], which also sets run->weight and run->partner_weight; without a
 * site *mixed is `plain` itself. */
mixup_status mixing_emit_targets(builder *self, size_t plain, size_t columns, size_t *mixed);

/* Emits the gradient of the mix, once the value's readers have made theirs: self->unmixed_gradient. */
mixup_status mixing_emit_gradient(builder *self, size_t value);

#endif
