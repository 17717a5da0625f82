/* How many threads an engine gets. */
#include "support/network.h"

static void expect_threads(const char *environment, size_t given, size_t expected) {
    size_t threads = given;
    if (environment != NULL)
        assert_int_equal(setenv("MIXUP_THREADS", environment, 1), 0);
    else
        assert_int_equal(unsetenv("MIXUP_THREADS"), 0);
    const mixup_status status = engine_choose_threads(1, &threads);
    assert_int_equal(status, expected != 0 ? MIXUP_OK : MIXUP_ERROR_ARGUMENT);
    if (expected != 0)
        assert_int_equal(threads, expected);
    else if (strstr(mixup_last_error(), "1024") == NULL)
        fail_msg("'%s' does not name the limit", mixup_last_error());
}

static void the_limit_is_the_same_however_the_number_is_given(void **state) {
    (void)state;
    expect_threads(NULL, 0, 1);
    expect_threads(NULL, MIXUP_MAX_THREADS, 1024);
    expect_threads(NULL, (size_t)MIXUP_MAX_THREADS + 1, 0);
    expect_threads("1024", 0, 1024);
    expect_threads("1025", 0, 0);
    expect_threads("0", 0, 0);
    expect_threads("2 or so", 0, 0);
    expect_threads("1025", 3, 3); /* the environment is the default only */
    unsetenv("MIXUP_THREADS");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_the_same_however_the_number_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
