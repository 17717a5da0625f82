/* Status codes and the thread's last message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"

#include <pthread.h>
#include <string.h>

static void every_status_has_a_name_of_its_own(void **state) {
    (void)state;
    static const char *names[64];
    size_t count = 0;
#define LIST_NAME(code, number, text) names[count++] = mixup_status_name(code);
    MIXUP_STATUS_LIST(LIST_NAME)
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(names[i], names[j]);
    assert_string_equal(mixup_status_name(MIXUP_ERROR_FORMAT), "malformed file");
    assert_string_equal(mixup_status_name((mixup_status)77), "unknown status");
}

static void an_error_keeps_its_message_and_returns_its_status(void **state) {
    (void)state;
    assert_int_equal(error(MIXUP_ERROR_DATA, "row %d: %s", 3, "empty"), MIXUP_ERROR_DATA);
    assert_string_equal(mixup_last_error(), "row 3: empty");
}

static void a_message_may_be_made_of_the_one_before(void **state) {
    (void)state;
    error(MIXUP_ERROR_DATA, "inner");
    error(MIXUP_ERROR_DATA, "outer (%s)", mixup_last_error());
    assert_string_equal(mixup_last_error(), "outer (inner)");
}

static void context_stands_in_front(void **state) {
    (void)state;
    error(MIXUP_ERROR_DATA, "inner");
    assert_int_equal(error_context(MIXUP_ERROR_IO, "file %s", "a.csv"), MIXUP_ERROR_IO);
    assert_string_equal(mixup_last_error(), "file a.csv: inner");
}

static void long_messages_are_cut(void **state) {
    (void)state;
    char long_text[3000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    error(MIXUP_ERROR_DATA, "%s", long_text);
    assert_int_equal(strlen(mixup_last_error()), 1023);
    error_context(MIXUP_ERROR_DATA, "context");
    assert_memory_equal(mixup_last_error(), "context: xxx", 12);
    assert_in_range(strlen(mixup_last_error()), 1000, 1023);
    for (size_t length = 1000; length < 1100; length++) {
        error(MIXUP_ERROR_DATA, "inner");
        error_context(MIXUP_ERROR_DATA, "%s", long_text + sizeof long_text - 1 - length);
        assert_in_range(strlen(mixup_last_error()), 1000, 1023);
    }
}

static void *fail_elsewhere(void *seen) {
    memcpy(seen, mixup_last_error(), 1);
    error(MIXUP_ERROR_DATA, "of another thread");
    return NULL;
}

static void each_thread_has_its_own_message(void **state) {
    (void)state;
    char seen = 'x';
    pthread_t other;
    error(MIXUP_ERROR_DATA, "of this thread");
    assert_int_equal(pthread_create(&other, NULL, fail_elsewhere, &seen), 0);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(seen, '\0'); /* "" before its first failure */
    assert_string_equal(mixup_last_error(), "of this thread");
}

static void the_library_knows_its_version(void **state) {
    (void)state;
    assert_string_equal(mixup_version(), MIXUP_VERSION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name_of_its_own),
        cmocka_unit_test(an_error_keeps_its_message_and_returns_its_status),
        cmocka_unit_test(a_message_may_be_made_of_the_one_before),
        cmocka_unit_test(context_stands_in_front),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(each_thread_has_its_own_message),
        cmocka_unit_test(the_library_knows_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
