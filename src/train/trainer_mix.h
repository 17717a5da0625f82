/* train/trainer_mix: where and with what a trainer mixes. A part of the trainer, for trainer.c alone.
 *
 * A newcomer's mistake: taking the site of a caller's draw for one of the trainer's. The caller counts the
 * sites as listed; the trainer has each tensor once, and `site_of` leads from the one to the other. */
#ifndef TRAIN_TRAINER_MIX_H
#define TRAIN_TRAINER_MIX_H

#include "train/trainer.h"

/* Resolves and checks `mix`: fills the trainer's sites and its `mix`, whose lists are then the trainer's own.
 */
mixup_status trainer_find_sites(mixup_trainer *self, const mixup_mix_desc *mix);

/* Fills the trainer's draw for (epoch, epoch_step), with the site as an index into `sites` or -1: from
 * `given`, which is checked, or by itself; `plain`: not mixed. There is room for `count` samples
 * (trainer_reserve). */
mixup_status trainer_draw(mixup_trainer *self, size_t count, uint32_t epoch, uint32_t epoch_step, bool plain,
                          const mixup_batch_draw *given);

#endif
