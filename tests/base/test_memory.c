/* Blocks through the caller's hooks: aligned, zeroed, sizes checked. */
#include "support/failing_allocator.h"

#include "base/memory.h"

static void blocks_are_aligned_and_zeroed_whatever_the_hook_gives(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    for (size_t size = 0; size < 300; size++) {
        unsigned char *block = memory_allocate(&hooks, size, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % MEMORY_ALIGNMENT, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xFF, size);
        memory_release(&hooks, block);
    }
    assert_int_equal(atomic_load(&memory.live), 0);
}

/* Those of many pages are asked for in another way. */
static void large_blocks_are_aligned_and_zeroed_too(void **state) {
    (void)state;
    const mixup_allocator own = memory_allocator(NULL);
    const size_t size = 5 * 1024 * 1024 + 3;
    for (int again = 0; again < 3; again++) {
        unsigned char *block = memory_allocate(&own, size, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % MEMORY_ALIGNMENT, 0);
        unsigned char bits = 0;
        for (size_t i = 0; i < size; i++)
            bits |= block[i];
        assert_int_equal(bits, 0);
        memset(block, 0xFF, size);
        memory_release(&own, block);
    }
}

static void products_that_overflow_are_refused_without_asking_the_hook(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    assert_null(memory_allocate(&hooks, SIZE_MAX / 2, 3));
    assert_null(memory_allocate(&hooks, SIZE_MAX, 1));
    assert_null(memory_allocate(&hooks, 1, SIZE_MAX - 8));
    assert_non_null(strstr(mixup_last_error(), "out of memory"));
    assert_int_equal(atomic_load(&memory.calls), 0);
    size_t product = 77;
    assert_int_equal(memory_product(SIZE_MAX / 2, 3, &product), MIXUP_ERROR_MEMORY);
    assert_int_equal(product, 77);
    assert_int_equal(memory_product(SIZE_MAX, 1, &product), MIXUP_OK);
    assert_true(product == SIZE_MAX);
    assert_int_equal(memory_product(SIZE_MAX, 0, &product), MIXUP_OK);
    assert_int_equal(product, 0);
}

static void growing_keeps_what_was_there_and_zeroes_the_rest(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    int *list = NULL;
    assert_int_equal(MEMORY_GROW(&hooks, list, 0, 2), MIXUP_OK);
    list[0] = 5;
    list[1] = 6;
    assert_int_equal(MEMORY_GROW(&hooks, list, 2, 100), MIXUP_OK);
    assert_int_equal(list[0], 5);
    assert_int_equal(list[1], 6);
    for (size_t i = 2; i < 100; i++)
        assert_int_equal(list[i], 0);
    const int *before = list;
    memory.fail_at = atomic_load(&memory.calls) + 1;
    assert_int_equal(MEMORY_GROW(&hooks, list, 100, 200), MIXUP_ERROR_MEMORY);
    assert_ptr_equal(list, before);
    assert_int_equal(list[1], 6);
    memory_release(&hooks, list);
    assert_int_equal(atomic_load(&memory.live), 0);
}

static void copies_of_text_are_terminated(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    char *whole = memory_copy_text(&hooks, "abc");
    char *part = memory_copy_text_part(&hooks, "abcdef", 2);
    assert_string_equal(whole, "abc");
    assert_string_equal(part, "ab");
    memory_release(&hooks, whole);
    memory_release(&hooks, part);
    memory_release(&hooks, NULL);
    memory.fail_at = atomic_load(&memory.calls) + 1;
    assert_null(memory_copy_text(&hooks, "abc"));
    assert_int_equal(atomic_load(&memory.live), 0);
}

static void without_hooks_malloc_and_free_are_used(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    assert_ptr_equal(memory_allocator(&hooks).user, &memory);
    const mixup_allocator standard = memory_allocator(NULL), empty = memory_allocator(&(mixup_allocator){0});
    assert_true(standard.allocate == empty.allocate && standard.allocate != hooks.allocate);
    double *values = NULL;
    assert_int_equal(MEMORY_NEW(&standard, values, 3), MIXUP_OK);
    assert_true(values[2] == 0.0);
    memory_release(&standard, values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_zeroed_whatever_the_hook_gives),
        cmocka_unit_test(large_blocks_are_aligned_and_zeroed_too),
        cmocka_unit_test(products_that_overflow_are_refused_without_asking_the_hook),
        cmocka_unit_test(growing_keeps_what_was_there_and_zeroes_the_rest),
        cmocka_unit_test(copies_of_text_are_terminated),
        cmocka_unit_test(without_hooks_malloc_and_free_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
