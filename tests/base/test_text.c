/* A string that grows. */
#include "support/failing_allocator.h"

#include "base/text.h"

static void what_is_added_stands_one_behind_the_other(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    text out;
    text_init(&out, &hooks);
    assert_null(out.data);
    text_add(&out, "ab");
    text_append(&out, "cdefg", 2);
    text_format(&out, "-%d-%s", 7, "x");
    text_add(&out, "");
    assert_int_equal(text_status(&out), MIXUP_OK);
    assert_string_equal(out.data, "abcd-7-x");
    assert_int_equal(out.length, 8);
    text_clear(&out);
    assert_null(out.data);
    assert_int_equal(atomic_load(&memory.live), 0);
}

static void it_grows_as_far_as_needed(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    text out;
    text_init(&out, &hooks);
    for (int i = 0; i < 20000; i++)
        text_format(&out, "%05d", i);
    assert_int_equal(text_status(&out), MIXUP_OK);
    assert_int_equal(out.length, 100000);
    assert_int_equal(strlen(out.data), 100000);
    assert_memory_equal(out.data + (size_t)5 * 12345, "12345", 5);
    char *large = malloc(50001);
    assert_non_null(large);
    memset(large, 'y', 50000);
    large[50000] = '\0';
    text_format(&out, "%s", large);
    assert_int_equal(out.length, 150000);
    free(large);
    text_clear(&out);
}

static void bytes_of_zero_are_kept(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    text out;
    text_init(&out, &hooks);
    text_append(&out, "a\0b", 3);
    assert_int_equal(out.length, 3);
    assert_memory_equal(out.data, "a\0b", 4);
    text_clear(&out);
}

static void the_first_failure_is_remembered_and_nothing_is_added_after_it(void **state) {
    (void)state;
    failing_allocator memory = {.fail_at = 2};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    text out;
    text_init(&out, &hooks);
    text_add(&out, "kept");
    for (int i = 0; i < 200; i++)
        text_format(&out, "%d", i);
    assert_int_equal(text_status(&out), MIXUP_ERROR_MEMORY);
    const size_t length = out.length;
    text_add(&out, "x");
    assert_int_equal(out.length, length);
    assert_memory_equal(out.data, "kept0123", 8);
    text_clear(&out);
    assert_int_equal(atomic_load(&memory.live), 0);
}

static void words_of_a_command_are_quoted_where_a_shell_would_split_them(void **state) {
    (void)state;
    static const char *const words[][2] = {
        {"a/b-1.yaml", "a/b-1.yaml"}, {"", "''"}, {"my file", "'my file'"}, {"it's $x", "'it'\\''s $x'"}};
    const mixup_allocator allocator = memory_allocator(NULL);
    for (size_t i = 0; i < MIXUP_COUNT(words); i++) {
        text out;
        text_init(&out, &allocator);
        text_add_word(&out, words[i][0]);
        assert_string_equal(out.data, words[i][1]);
        text_clear(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_stands_one_behind_the_other),
        cmocka_unit_test(it_grows_as_far_as_needed),
        cmocka_unit_test(bytes_of_zero_are_kept),
        cmocka_unit_test(words_of_a_command_are_quoted_where_a_shell_would_split_them),
        cmocka_unit_test(the_first_failure_is_remembered_and_nothing_is_added_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
