/* base/memory: aligned, zeroed blocks on top of the caller's hooks. The raw pointer that the hook returned
 * is kept in the word before the aligned block.
 *
 * A newcomer's mistake: to clear large blocks of our own allocator, too. Their pages would then come into
 * being one after the other in the thread that asks for the block, not in those that use it. */
#define _DEFAULT_SOURCE // NOLINT(bugprone-reserved-identifier): madvise
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* x86-64's pages of the second size. Of a system that has them, a block of many such pages asks for them:
 * they take one fault where small ones take 512, and the processor finds their addresses without a table. */
enum { HUGE_PAGE = 2 * 1024 * 1024 };

/* Zeroed already: of a large block the system's pages are, and nobody has touched them. */
static void *default_allocate(size_t size, void *user) {
    (void)user;
    return calloc(size, 1);
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

static void default_release(void *pointer, void *user) {
    (void)user;
    free(pointer);
}

mixup_allocator memory_allocator(const mixup_allocator *given) {
    if (given != NULL && given->allocate != NULL && given->release != NULL)
        return *given;
    return (mixup_allocator){.allocate = default_allocate, .release = default_release};
}

void *memory_allocate(const mixup_allocator *allocator, size_t count, size_t size) {
    size_t bytes = 0;
    if (memory_product(count, size, &bytes) != MIXUP_OK)
        return NULL;
    const bool own = allocator->allocate == default_allocate;
    const bool huge = own && bytes >= HUGE_PAGE;
    const size_t alignment = huge ? HUGE_PAGE : MEMORY_ALIGNMENT;
    const size_t extra = alignment + sizeof(void *);
    if (bytes > SIZE_MAX - extra) {
        error(MIXUP_ERROR_MEMORY, "out of memory: %zu bytes asked for", bytes);
        return NULL;
    }
    char *raw = allocator->allocate(bytes + extra, allocator->user);
    if (raw == NULL) {
        error(MIXUP_ERROR_MEMORY, "out of memory: %zu bytes asked for", bytes);
        return NULL;
    }
    char *aligned = raw + sizeof(void *);
    aligned += (alignment - (uintptr_t)aligned % alignment) % alignment;
    memcpy(aligned - sizeof(void *), &raw, sizeof raw);
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
    if (pointer == NULL)
        return;
    void *raw = NULL;
    memcpy(&raw, (char *)pointer - sizeof(void *), sizeof raw);
    allocator->release(raw, allocator->user);
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
