/* train/fit_settings: all that decides the numbers of a training, as text that a checkpoint carries. */
#ifndef TRAIN_FIT_SETTINGS_H
#define TRAIN_FIT_SETTINGS_H

#include "base/text.h"
#include "train/model.h"

/* Appends lines of "name=value". */
mixup_status fit_settings_describe(const mixup_model *model, const mixup_fit_desc *desc, text *out);

#endif
