/* data/array_reader: the reader of a storage whose rows stay in an array file. */
#ifndef DATA_ARRAY_READER_H
#define DATA_ARRAY_READER_H

#include "data/draft.h"
#include "format/array_file.h"

/* Gives the draft's storage a reader of `path`. Reads everything once: each row is checked as draft_check_row
 * does, and its hash is known from then on. The storage's type and count and the preprocess's shape and scale
 * are set. `place` is not streamed. */
mixup_status array_reader_attach(dataset_draft *draft, const char *path, const array_place *place);

#endif
