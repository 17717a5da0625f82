/* base/parallel: see parallel.h. */
#include "base/parallel.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 64, MESSAGE_SIZE = 1024 };

typedef struct work {
    parallel_function function;
    void *user;
    size_t count;
    pthread_mutex_t lock; /* of what follows */
    size_t next;          /* index to hand out */
    size_t failed;        /* the lowest that failed; `count`: none */
    mixup_status status;  /* its own */
    char message[MESSAGE_SIZE];
} work;

/* The next index; false where there is nothing left to do. */
static bool take(work *of, size_t *index) {
    pthread_mutex_lock(&of->lock);
    const bool more = of->next < of->count && of->failed == of->count;
    if (more)
        *index = of->next++;
    pthread_mutex_unlock(&of->lock);
    return more;
}

static void fail(work *of, size_t index, mixup_status status) {
    pthread_mutex_lock(&of->lock);
    if (index < of->failed) {
        of->failed = index;
        of->status = status;
        strncpy(of->message, mixup_last_error(), sizeof of->message - 1);
    }
    pthread_mutex_unlock(&of->lock);
}

static void *run(void *user) {
    work *of = user;
    size_t index = 0;
    while (take(of, &index)) {
        const mixup_status status = of->function(index, of->user);
        if (status != MIXUP_OK)
            fail(of, index, status);
    }
    return NULL;
}

/* Signals stay with the threads of the caller. Returns how many were started. */
static size_t start(work *of, size_t threads, pthread_t *started) {
    sigset_t all, before;
    size_t count = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (count < threads && pthread_create(&started[count], NULL, run, of) == 0)
        count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return count;
}

mixup_status parallel_run(size_t count, size_t threads, parallel_function function, void *user) {
    work of = {.function = function, .user = user, .count = count, .failed = count};
    pthread_t started[MOST_THREADS];
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    if (threads > count)
        threads = count;
    pthread_mutex_init(&of.lock, NULL);
    const size_t others = threads > 1 ? start(&of, threads - 1, started) : 0;
    run(&of);
    for (size_t i = 0; i < others; i++)
        pthread_join(started[i], NULL);
    pthread_mutex_destroy(&of.lock);
    return of.failed < count ? error(of.status, "%s", of.message) : MIXUP_OK;
}

mixup_status parallel_choose_threads(size_t *threads, size_t otherwise) {
    const size_t limit = MIXUP_MAX_THREADS;
    const char *text = getenv("MIXUP_THREADS");
    size_t chosen = *threads;
    if (chosen == 0 && text != NULL && text[0] != '\0') {
        char *end = NULL;
        errno = 0;
        const unsigned long value = strtoul(text, &end, 10);
        if (errno != 0 || *end != '\0' || value == 0 || value > limit)
            return error(MIXUP_ERROR_ARGUMENT, "MIXUP_THREADS is '%s'; it must be a number from 1 to %zu",
                         text, limit);
        chosen = value;
    }
    if (chosen == 0)
        chosen = otherwise;
    if (chosen == 0) {
        const long processors = sysconf(_SC_NPROCESSORS_ONLN);
        chosen = processors > 0 ? (size_t)processors : 1;
    }
    if (chosen > limit)
        return error(MIXUP_ERROR_ARGUMENT, "threads is %zu; it must be at most %zu", chosen, limit);
    *threads = chosen;
    return MIXUP_OK;
}
