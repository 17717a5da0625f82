/* network_table: a network printed layer by layer, and the memory that it takes. */
#ifndef CLI_NETWORK_TABLE_H
#define CLI_NETWORK_TABLE_H

#include "command.h"

#include "tensor/shape.h"

/* "3x32x32"; sizes end at the first 0. */
shape_text sizes_text(const size_t sizes[MIXUP_MAX_RANK]);

/* A row a layer, then totals and the engine. With `reasons`, why a layer's input cannot be mixed. */
mixup_status network_print(const mixup_model *model, bool reasons);

/* Sizes of parameters and arenas for batches of `batch`; `fit` as it would be trained, or NULL. */
mixup_status network_print_memory(mixup_model *model, const mixup_fit_desc *fit, size_t batch);

#endif
