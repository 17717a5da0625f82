/* One function for every index of a range, on several threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT = 1000 };

typedef struct record {
    atomic_int calls[COUNT];
    size_t fails[4]; /* indices that fail; COUNT: none */
    pthread_t caller;
    atomic_int elsewhere; /* calls on other threads */
} record;

static mixup_status on_index(size_t index, void *user) {
    record *in = user;
    atomic_fetch_add(&in->calls[index], 1);
    if (!pthread_equal(pthread_self(), in->caller))
        atomic_fetch_add(&in->elsewhere, 1);
    for (size_t i = 0; i < 4; i++)
        if (in->fails[i] == index)
            return error(i % 2 == 0 ? MIXUP_ERROR_DATA : MIXUP_ERROR_FORMAT, "index %zu failed", index);
    return MIXUP_OK;
}

static mixup_status run(record *in, size_t count, size_t threads) {
    for (size_t i = 0; i < COUNT; i++)
        atomic_store(&in->calls[i], 0);
    atomic_store(&in->elsewhere, 0);
    in->caller = pthread_self();
    return parallel_run(count, threads, on_index, in);
}

static void every_index_is_called_once(void **state) {
    (void)state;
    static record in = {.fails = {COUNT, COUNT, COUNT, COUNT}};
    for (size_t threads = 0; threads <= 5; threads++)
        for (size_t count = 0; count <= COUNT; count = count < 3 ? count + 1 : count + 997) {
            assert_int_equal(run(&in, count, threads), MIXUP_OK);
            for (size_t i = 0; i < COUNT; i++)
                assert_int_equal(atomic_load(&in.calls[i]), i < count ? 1 : 0);
            if (threads <= 1)
                assert_int_equal(atomic_load(&in.elsewhere), 0);
        }
}

/* Each waits until another one is there. */
static mixup_status meet(size_t index, void *user) {
    (void)index;
    pthread_barrier_wait(user);
    return MIXUP_OK;
}

static void several_indices_are_at_work_at_once(void **state) {
    (void)state;
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 3), 0);
    assert_int_equal(parallel_run(3, 3, meet, &barrier), MIXUP_OK); /* one thread alone would wait for ever */
    pthread_barrier_destroy(&barrier);
}

static void the_lowest_index_that_fails_decides(void **state) {
    (void)state;
    static record in = {.fails = {700, 31, 32, 999}};
    for (size_t threads = 1; threads <= 6; threads++)
        for (int again = 0; again < 20; again++) {
            assert_int_equal(run(&in, COUNT, threads), MIXUP_ERROR_FORMAT);
            assert_string_equal(mixup_last_error(), "index 31 failed");
            for (size_t i = 0; i <= 31; i++)
                assert_int_equal(atomic_load(&in.calls[i]), 1);
        }
}

typedef struct pair {
    pthread_barrier_t both;
    size_t late;
} pair;

/* Fails when the other one is at work too; `late` some time afterwards. */
static mixup_status fail_together(size_t index, void *user) {
    pair *in = user;
    pthread_barrier_wait(&in->both);
    if (index == in->late)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    return error(MIXUP_ERROR_DATA, "index %zu failed", index);
}

static void the_lowest_index_decides_whichever_fails_first(void **state) {
    (void)state;
    for (size_t late = 0; late < 2; late++) {
        pair in = {.late = late};
        assert_int_equal(pthread_barrier_init(&in.both, NULL, 2), 0);
        assert_int_equal(parallel_run(2, 2, fail_together, &in), MIXUP_ERROR_DATA);
        assert_string_equal(mixup_last_error(), "index 0 failed");
        pthread_barrier_destroy(&in.both);
    }
}

static void the_number_of_threads_is_given_or_found(void **state) {
    (void)state;
    size_t threads = 5;
    assert_int_equal(setenv("MIXUP_THREADS", "3", 1), 0);
    assert_int_equal(parallel_choose_threads(&threads, 2), MIXUP_OK);
    assert_int_equal(threads, 5);
    threads = 0;
    assert_int_equal(parallel_choose_threads(&threads, 2), MIXUP_OK);
    assert_int_equal(threads, 3);
    assert_int_equal(setenv("MIXUP_THREADS", "many", 1), 0);
    threads = 0;
    assert_int_equal(parallel_choose_threads(&threads, 2), MIXUP_ERROR_ARGUMENT);
    assert_non_null(strstr(mixup_last_error(), "MIXUP_THREADS is 'many'"));
    assert_int_equal(threads, 0);
    assert_int_equal(unsetenv("MIXUP_THREADS"), 0);
    assert_int_equal(parallel_choose_threads(&threads, 2), MIXUP_OK);
    assert_int_equal(threads, 2);
    threads = 0;
    assert_int_equal(parallel_choose_threads(&threads, 0), MIXUP_OK);
    assert_true(threads >= 1);
    threads = MIXUP_MAX_THREADS + 1;
    assert_int_equal(parallel_choose_threads(&threads, 0), MIXUP_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_is_called_once),
        cmocka_unit_test(several_indices_are_at_work_at_once),
        cmocka_unit_test(the_lowest_index_that_fails_decides),
        cmocka_unit_test(the_lowest_index_decides_whichever_fails_first),
        cmocka_unit_test(the_number_of_threads_is_given_or_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
