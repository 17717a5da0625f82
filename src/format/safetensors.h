/* format/safetensors: named tensors and text in one file (huggingface/safetensors).
 *
 * 8 bytes length of the header, the header (a JSON object: name to dtype, shape and data_offsets, and
 * "__metadata__" with strings), then the data, tightly packed. Written here with the header padded by spaces
 * to a multiple of 8. Reading checks all that the format demands: no overlap, no hole, no duplicate name. */
#ifndef FORMAT_SAFETENSORS_H
#define FORMAT_SAFETENSORS_H

#include "tensor/array.h"

typedef struct safetensors_entry {
    const char *name;
    mixup_type type;
    shape shape;      /* a rank-0 tensor is read as [1] */
    const void *data; /* [..shape]; read: aligned to MEMORY_ALIGNMENT */
} safetensors_entry;

typedef struct safetensors_text {
    const char *key;
    const char *value;
} safetensors_text;

/* Writes atomically, the tensors in the order given. Names and keys must be unique UTF-8. */
mixup_status safetensors_write(const char *path, const safetensors_entry *entries, size_t count,
                               const safetensors_text *metadata, size_t metadata_count,
                               const mixup_allocator *allocator);

/* Where the data of entry `index` are, in memory that is used again for the next entry. */
typedef mixup_status (*safetensors_source)(void *user, size_t index, const void **data);

/* The same for data that need not be in memory all at once: the entries' own are not looked at. The source is
 * asked for one entry after the other. */
mixup_status safetensors_write_from(const char *path, const safetensors_entry *entries, size_t count,
                                    const safetensors_text *metadata, size_t metadata_count,
                                    safetensors_source source, void *user, const mixup_allocator *allocator);

/* A file in memory. */
typedef struct safetensors safetensors;

/* `allocator` may be NULL (malloc); `threads` as reader.threads. Types without a mixup_type (BF16, ...) are
 * MIXUP_ERROR_UNSUPPORTED. */
mixup_status safetensors_read(safetensors **out, const char *path, size_t threads,
                              const mixup_allocator *allocator);
void safetensors_destroy(safetensors *in);

/* Everything below is the file's and lives until safetensors_destroy. */

size_t safetensors_count(const safetensors *in);

/* In the order of the data in the file; `index` < safetensors_count. */
const safetensors_entry *safetensors_at(const safetensors *in, size_t index);

/* NULL where there is none (no error is stored). */
const safetensors_entry *safetensors_find(const safetensors *in, const char *name);
const char *safetensors_metadata(const safetensors *in, const char *key);

#endif
