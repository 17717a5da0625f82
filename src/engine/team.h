/* engine/team: the threads that run a plan's steps together.
 *
 * A step that all of them do is a function that does one member's share. Where the members need each other's
 * results they wait for each other: for a few ten microseconds awake, then asleep, so that on a machine with
 * other work to do a thread that is late is not kept from its core by those that wait for it.
 *
 * A newcomer's mistake: a wait that only some members reach; the others never come back from theirs. */
#ifndef ENGINE_TEAM_H
#define ENGINE_TEAM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/* What the members share. A line of the cache each, as they are read while others are written. */
typedef struct team {
    _Alignas(64) atomic_size_t arrived;
    _Alignas(64) atomic_uint round; /* counts the waits that are over */
    atomic_uint asleep;             /* members that wait for `turned` */
    pthread_mutex_t lock;
    pthread_cond_t turned;
} team;

#define TEAM_INITIALIZER                                                                                     \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .turned = PTHREAD_COND_INITIALIZER }

typedef struct team_member {
    team *of;           /* NULL: alone */
    size_t index, size; /* of the team; 0, 1: alone */
} team_member;

extern const team_member team_alone;

/* What each member runs. */
typedef void (*team_body)(void *user, const team_member *me);

/* Comes back when all members have called it; each then sees what the others wrote before. */
void team_wait(const team_member *me);

#endif
