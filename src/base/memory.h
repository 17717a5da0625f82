/* base/memory: allocation through the caller's hooks.
 *
 * Every object keeps the mixup_allocator that it was made with. All blocks come zeroed and aligned to
 * MEMORY_ALIGNMENT bytes, products of sizes are checked, and a failure has already stored its message. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/status.h"

enum { MEMORY_ALIGNMENT = 64 };

/* Without hooks of the caller's: malloc and free, and for large blocks pages of the system. */
extern const mixup_allocator memory_standard;
/* The hooks to use: a copy of `given`, or the standard ones where `given` is NULL or has no functions. */
mixup_allocator memory_allocator(const mixup_allocator *given);

/* `count` × `size` zeroed bytes, or NULL with the error stored. Zero bytes give a valid block. */
void *memory_allocate(const mixup_allocator *allocator, size_t count, size_t size);

/* Moves to a larger block (the first `old_count` items are kept, the rest is zero). On failure returns NULL
 * and the old block is untouched. */
void *memory_grow(const mixup_allocator *allocator, void *old, size_t old_count, size_t count, size_t size);

/* NULL is fine. */
void memory_release(const mixup_allocator *allocator, void *pointer);

/* A copy of `text` (of its first `length` bytes), terminated; NULL with the error stored. */
char *memory_copy_text(const mixup_allocator *allocator, const char *text);
char *memory_copy_text_part(const mixup_allocator *allocator, const char *text, size_t length);

/* Sets `pointer` to `count` zeroed items of its type: MIXUP_TRY(MEMORY_NEW(&allocator, rows, count)). */
#define MEMORY_NEW(allocator, pointer, count)                                                                \
    (((pointer) = memory_allocate((allocator), (count), sizeof *(pointer))) ? MIXUP_OK : MIXUP_ERROR_MEMORY)

/* Grows `pointer` from `old_count` to `count` items; evaluates to a status. */
#define MEMORY_GROW(allocator, pointer, old_count, count)                                                    \
    memory_grow_into((allocator), (void **)&(pointer), (old_count), (count), sizeof *(pointer))
mixup_status memory_grow_into(const mixup_allocator *allocator, void **pointer, size_t old_count,
                              size_t count, size_t size);

/* a × b, or MIXUP_ERROR_MEMORY where it does not fit size_t. `product` is untouched on failure. */
mixup_status memory_product(size_t a, size_t b, size_t *product);

#endif
