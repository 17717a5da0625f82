/* Members of a team wait for each other, awake or asleep. */
#include "support/network.h"

#include "engine/team.h"

#include <pthread.h>
#include <time.h>

enum { MEMBERS = 3, ROUNDS = 300, SLOW_ROUNDS = 5 };

typedef struct shared {
    team of;
    size_t written[MEMBERS]; /* the round that each is in; guarded by team_wait alone */
    size_t rounds;
    long late; /* nanoseconds that one of them sleeps in each round, another one each time */
} shared;

typedef struct worker {
    pthread_t thread;
    shared *all;
    size_t index;
    size_t wrong; /* what it saw of the others that was not of this round */
} worker;

static void *work(void *argument) {
    worker *me = argument;
    shared *all = me->all;
    const team_member member = {.of = &all->of, .index = me->index, .size = MEMBERS};
    for (size_t r = 1; r <= all->rounds; r++) {
        if (all->late > 0 && r % MEMBERS == me->index)
            nanosleep(&(struct timespec){.tv_nsec = all->late}, NULL);
        all->written[me->index] = r;
        team_wait(&member);
        for (size_t m = 0; m < MEMBERS; m++)
            me->wrong += all->written[m] != r;
        team_wait(&member); /* before anybody writes again */
    }
    return NULL;
}

static void expect_in_step(size_t rounds, long late) {
    shared all = {.of = TEAM_INITIALIZER, .rounds = rounds, .late = late};
    worker workers[MEMBERS] = {0};
    for (size_t m = 0; m < MEMBERS; m++) {
        workers[m].all = &all;
        workers[m].index = m;
        assert_int_equal(pthread_create(&workers[m].thread, NULL, work, &workers[m]), 0);
    }
    for (size_t m = 0; m < MEMBERS; m++) {
        assert_int_equal(pthread_join(workers[m].thread, NULL), 0);
        assert_int_equal(workers[m].wrong, 0);
        assert_int_equal(all.written[m], rounds);
    }
}

static void nobody_goes_on_before_all_have_come_and_sees_what_they_wrote(void **state) {
    (void)state;
    expect_in_step(ROUNDS, 0);
}

static void those_who_fell_asleep_are_woken(void **state) {
    (void)state;
    expect_in_step(SLOW_ROUNDS, 20000000); /* far longer than they stay awake */
}

static void one_alone_waits_for_nobody(void **state) {
    (void)state;
    assert_int_equal(team_alone.size, 1);
    team_wait(&team_alone);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_goes_on_before_all_have_come_and_sees_what_they_wrote),
        cmocka_unit_test(those_who_fell_asleep_are_woken),
        cmocka_unit_test(one_alone_waits_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
