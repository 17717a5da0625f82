/* tests/support/counted_malloc: every call of malloc and its kin in the whole process is counted, whoever
 * makes it: the library, oneDNN, OpenMP, C's library.
 *
 *     counted_malloc_reset();
 *     ... work ...
 *     assert_int_equal(counted_malloc_calls(), 0);
 *
 * Include it in one file of a test program: it defines malloc, which the dynamic linker then prefers for all
 * shared libraries too; glibc's own does the work under its second name. Calls from the program itself are
 * told from those of shared libraries by where they return to: the parts of libmixup are linked into a test,
 * oneDNN is not. What a newcomer would get wrong: a sanitizer replaces malloc as well, so with one, nothing
 * is counted and COUNTED_MALLOC is 0. */
#ifndef SUPPORT_COUNTED_MALLOC_H
#define SUPPORT_COUNTED_MALLOC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTED_MALLOC 1
#else
#define COUNTED_MALLOC 0
#endif

static atomic_size_t counted_malloc_all, counted_malloc_own;

static inline void counted_malloc_reset(void) {
    atomic_store(&counted_malloc_all, 0);
    atomic_store(&counted_malloc_own, 0);
}

/* Since the last reset: of the process, and of the program without shared libraries. */
static inline size_t counted_malloc_calls(void) {
    return atomic_load(&counted_malloc_all);
}

static inline size_t counted_malloc_own_calls(void) {
    return atomic_load(&counted_malloc_own);
}

#if COUNTED_MALLOC

#include <errno.h>
#include <stdint.h>

/* glibc's second names for its allocator. */
void *glibc_malloc(size_t size) __asm__("__libc_malloc");
void *glibc_calloc(size_t count, size_t size) __asm__("__libc_calloc");
void *glibc_realloc(void *block, size_t size) __asm__("__libc_realloc");
void *glibc_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");

/* The linker's names for the program's code: from its first byte to behind its last instruction. */
extern const char program_begin[] __asm__("__executable_start");
extern const char program_end[] __asm__("etext");

static inline void counted_malloc_note(const void *return_address) {
    const uintptr_t address = (uintptr_t)return_address;
    atomic_fetch_add(&counted_malloc_all, 1);
    if (address >= (uintptr_t)program_begin && address < (uintptr_t)program_end)
        atomic_fetch_add(&counted_malloc_own, 1);
}

#define COUNTED_MALLOC_PUBLIC __attribute__((visibility("default"), noinline))

COUNTED_MALLOC_PUBLIC void *malloc(size_t size) {
    counted_malloc_note(__builtin_return_address(0));
    return glibc_malloc(size);
}

COUNTED_MALLOC_PUBLIC void *calloc(size_t nmemb, size_t size) {
    counted_malloc_note(__builtin_return_address(0));
    return glibc_calloc(nmemb, size);
}

COUNTED_MALLOC_PUBLIC void *realloc(void *ptr, size_t size) {
    counted_malloc_note(__builtin_return_address(0));
    return glibc_realloc(ptr, size);
}

COUNTED_MALLOC_PUBLIC void *memalign(size_t alignment, size_t size) {
    counted_malloc_note(__builtin_return_address(0));
    return glibc_memalign(alignment, size);
}

COUNTED_MALLOC_PUBLIC void *aligned_alloc(size_t alignment, size_t size) {
    counted_malloc_note(__builtin_return_address(0));
    return glibc_memalign(alignment, size);
}

COUNTED_MALLOC_PUBLIC int posix_memalign(void **memptr, size_t alignment, size_t size) {
    counted_malloc_note(__builtin_return_address(0));
    void *made = glibc_memalign(alignment, size);
    if (made == NULL)
        return ENOMEM;
    *memptr = made;
    return 0;
}

#endif

#endif
