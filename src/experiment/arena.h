/* experiment/arena: many small blocks with one end of life. Trees of YAML and settings live in one each. */
#ifndef EXPERIMENT_ARENA_H
#define EXPERIMENT_ARENA_H

#include "base/memory.h"

typedef struct arena_block arena_block;

typedef struct arena {
    mixup_allocator allocator;
    arena_block *newest;
} arena;

void arena_init(arena *out, const mixup_allocator *allocator);
void arena_clear(arena *out);

/* `count` × `size` zeroed bytes that live until arena_clear; NULL with the error stored. */
void *arena_allocate(arena *in, size_t count, size_t size);

/* A terminated copy of `length` bytes. */
char *arena_copy_text(arena *in, const char *text, size_t length);

/* Sets `pointer` to `count` zeroed items of its type; evaluates to a status. */
#define ARENA_NEW(in, pointer, count)                                                                        \
    (((pointer) = arena_allocate((in), (count), sizeof *(pointer))) ? MIXUP_OK : MIXUP_ERROR_MEMORY)

#endif
