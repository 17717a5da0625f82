/* tests/support/failing_allocator: counts blocks, and fails on purpose.
 *
 *     failing_allocator memory = {.fail_at = 3};      // the third allocation fails; 0: none
 *     const mixup_allocator hooks = failing_allocator_hooks(&memory);
 *     ... use &hooks ...
 *     assert_int_equal(memory.live, 0);               // nothing leaked
 *
 * fail_every_allocation() runs an operation again and again, failing each of its allocations in turn. Blocks
 * are filled with rubbish, so that code that counts on zeroed memory from the hook itself is found. */
#ifndef SUPPORT_FAILING_ALLOCATOR_H
#define SUPPORT_FAILING_ALLOCATOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mixup.h"

typedef struct failing_allocator {
    size_t fail_at;       /* number, from 1, of the allocation that fails; 0: none */
    atomic_size_t calls;  /* allocations asked for so far */
    atomic_size_t failed; /* of them, refused */
    atomic_size_t live;   /* blocks not released yet */
} failing_allocator;

static inline void *failing_allocator_allocate(size_t size, void *user) {
    failing_allocator *self = user;
    if (atomic_fetch_add(&self->calls, 1) + 1 == self->fail_at) {
        atomic_fetch_add(&self->failed, 1);
        return NULL;
    }
    void *block = malloc(size == 0 ? 1 : size);
    if (block == NULL)
        return NULL;
    memset(block, 0xA5, size < 4096 ? size : 4096);
    atomic_fetch_add(&self->live, 1);
    return block;
}

static inline void failing_allocator_release(void *pointer, void *user) {
    failing_allocator *self = user;
    if (pointer == NULL)
        return;
    atomic_fetch_sub(&self->live, 1);
    free(pointer);
}

static inline mixup_allocator failing_allocator_hooks(failing_allocator *self) {
    return (mixup_allocator){failing_allocator_allocate, failing_allocator_release, self};
}

/* `run` does one operation from nothing and releases all that it made, whether it succeeds or not. It is
 * called with the first, second, ... allocation failing until it succeeds with all of them; each failure must
 * be MIXUP_ERROR_MEMORY and leave no block behind. Returns the number of allocations of the whole. */
static inline size_t fail_every_allocation(mixup_status (*run)(const mixup_allocator *allocator, void *user),
                                           void *user) {
    for (size_t fail_at = 1;; fail_at++) {
        failing_allocator memory = {.fail_at = fail_at};
        const mixup_allocator hooks = failing_allocator_hooks(&memory);
        const mixup_status status = run(&hooks, user);
        assert_int_equal(atomic_load(&memory.live), 0);
        if (atomic_load(&memory.failed) == 0) {
            assert_int_equal(status, MIXUP_OK);
            return fail_at - 1;
        }
        assert_int_equal(status, MIXUP_ERROR_MEMORY);
        assert_true(mixup_last_error()[0] != '\0');
    }
}

#endif
