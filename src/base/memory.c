/* base/memory: aligned, zeroed blocks: on top of the caller's hooks, or without such, the small ones of the C
 * library and the large ones of the system. What belongs to a block stands in front of it.
 *
 * A newcomer's mistake: to clear large blocks, or to take them from the C library. Pages would then come into
 * being one after the other in the thread that asks for the block, not in those that use it; and small ones,
 * where the library has used their place before. */
#define _DEFAULT_SOURCE // NOLINT(bugprone-reserved-identifier): madvise, MAP_ANONYMOUS
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* x86-64's pages of the second size. Of a system that has them, a block of many such pages asks for them:
 * they take one fault where small ones take 512, and the processor finds their addresses without a table. */
enum { HUGE_PAGE = 2 * 1024 * 1024 };

/* In front of a block. */
typedef struct block_source {
    void *raw;     /* what the hook or the system returned */
    size_t mapped; /* bytes that the system gave; 0: from the hook */
} block_source;

static void *default_allocate(size_t size, void *user) {
    (void)user;
    return calloc(size, 1);
}

static void default_release(void *pointer, void *user) {
    (void)user;
    free(pointer);
}

const mixup_allocator memory_standard = {.allocate = default_allocate, .release = default_release};

mixup_allocator memory_allocator(const mixup_allocator *given) {
    return given != NULL && given->allocate != NULL && given->release != NULL ? *given : memory_standard;
}

/* Zeroed pages that nobody has touched; NULL: there are none. */
static void *map_pages(size_t size) {
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages != MAP_FAILED ? pages : NULL;
}

static void ask_for_huge_pages(void *block, size_t size) {
#ifdef MADV_HUGEPAGE
    /* Whole ones only: what is not used must take no memory. Where there are none, small ones do. */
    (void)madvise(block, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#else
    (void)block;
    (void)size;
#endif
}

void *memory_allocate(const mixup_allocator *allocator, size_t count, size_t size) {
    size_t bytes = 0;
    if (memory_product(count, size, &bytes) != MIXUP_OK)
        return NULL;
    const bool own = allocator->allocate == default_allocate;
    const bool huge = own && bytes >= HUGE_PAGE;
    const size_t alignment = huge ? HUGE_PAGE : MEMORY_ALIGNMENT;
    const size_t extra = alignment + sizeof(block_source);
    block_source source = {.mapped = huge ? bytes + extra : 0};
    if (bytes <= SIZE_MAX - extra)
        source.raw = huge ? map_pages(source.mapped) : allocator->allocate(bytes + extra, allocator->user);
    if (source.raw == NULL) {
        error(MIXUP_ERROR_MEMORY, "out of memory: %zu bytes asked for", bytes);
        return NULL;
    }
    char *aligned = (char *)source.raw + sizeof source;
    aligned += (alignment - (uintptr_t)aligned % alignment) % alignment;
    memcpy(aligned - sizeof source, &source, sizeof source);
    if (huge)
        ask_for_huge_pages(aligned, bytes);
    if (!own)
        memset(aligned, 0, bytes);
    return aligned;
}

void *memory_grow(const mixup_allocator *allocator, void *old, size_t old_count, size_t count, size_t size) {
    void *block = memory_allocate(allocator, count, size);
    if (block != NULL && old != NULL) {
        memcpy(block, old, (old_count < count ? old_count : count) * size);
        memory_release(allocator, old);
    }
    return block;
}

mixup_status memory_grow_into(const mixup_allocator *allocator, void **pointer, size_t old_count,
                              size_t count, size_t size) {
    void *block = memory_grow(allocator, *pointer, old_count, count, size);
    if (block == NULL)
        return MIXUP_ERROR_MEMORY;
    *pointer = block;
    return MIXUP_OK;
}

void memory_release(const mixup_allocator *allocator, void *pointer) {
    block_source source;
    if (pointer == NULL)
        return;
    memcpy(&source, (char *)pointer - sizeof source, sizeof source);
    if (source.mapped > 0)
        munmap(source.raw, source.mapped);
    else
        allocator->release(source.raw, allocator->user);
}

char *memory_copy_text(const mixup_allocator *allocator, const char *text) {
    return memory_copy_text_part(allocator, text, strlen(text));
}

char *memory_copy_text_part(const mixup_allocator *allocator, const char *text, size_t length) {
    char *copy = memory_allocate(allocator, length + 1, 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

mixup_status memory_product(size_t a, size_t b, size_t *product) {
    size_t result = 0;
    if (__builtin_mul_overflow(a, b, &result))
        return error(MIXUP_ERROR_MEMORY, "out of memory: %zu items of %zu bytes do not fit the address space",
                     a, b);
    *product = result;
    return MIXUP_OK;
}
