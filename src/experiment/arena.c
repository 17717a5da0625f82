/* experiment/arena: a chain of chunks that are filled from the front. */
#include "experiment/arena.h"

#include <stdalign.h>
#include <string.h>

enum { CHUNK = 16 * 1024, ALIGNMENT = alignof(max_align_t) };

struct arena_block {
    arena_block *older;
    size_t used;
    size_t capacity; /* of the bytes behind this header */
};

enum { HEADER = (sizeof(arena_block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT };

void arena_init(arena *out, const mixup_allocator *allocator) {
    *out = (arena){.allocator = *allocator};
}

void arena_clear(arena *out) {
    arena_block *block = out->newest;
    while (block != NULL) {
        arena_block *older = block->older;
        memory_release(&out->allocator, block);
        block = older;
    }
    out->newest = NULL;
}

void *arena_allocate(arena *in, size_t count, size_t size) {
    size_t bytes = 0;
    if (memory_product(count, size, &bytes) != MIXUP_OK)
        return NULL;
    if (bytes > SIZE_MAX - HEADER - ALIGNMENT) {
        error(MIXUP_ERROR_MEMORY, "%zu bytes do not fit the address space", bytes);
        return NULL;
    }
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    arena_block *block = in->newest;
    if (block == NULL || block->capacity - block->used < bytes) {
        const size_t capacity = bytes > CHUNK ? bytes : CHUNK;
        block = memory_allocate(&in->allocator, 1, HEADER + capacity);
        if (block == NULL)
            return NULL;
        *block = (arena_block){.older = in->newest, .capacity = capacity};
        in->newest = block;
    }
    void *result = (char *)block + HEADER + block->used;
    block->used += bytes;
    return result;
}

char *arena_copy_text(arena *in, const char *text, size_t length) {
    char *copy = arena_allocate(in, length + 1, 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}
