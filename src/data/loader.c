/* data/loader: see loader.h. Everything below `lock` in the struct is touched under it alone, except a slot,
 * which belongs to its worker from take_job until it is `ready`, and then to the training. */
#include "data/loader.h"

#include "random/stream.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

/* Slots beside one for each worker: with them the training finds a batch ready when one takes longer. */
enum { SPARE_SLOTS = 2, MESSAGE_SIZE = 1024 };

/* A batch to be made. */
typedef struct job {
    uint32_t epoch;
    size_t count;
    size_t *indices; /* [batch_size], `count` of them used */
} job;

typedef struct slot {
    job job;
    float *inputs;   /* [batch_size][features] */
    float *targets;  /* [batch_size][columns] */
    int32_t *labels; /* [batch_size] */
    bool ready;
    mixup_status status;
    char message[MESSAGE_SIZE]; /* of a failure */
} slot;

typedef struct worker {
    loader *of;
    pthread_t thread;
    float *scratch; /* [features] */
} worker;

struct loader {
    loader_desc desc;
    mixup_allocator allocator;
    bool one_epoch_at_a_time;
    worker *workers; /* [desc.threads], of which `running` have a thread */
    size_t running;
    slot *slots; /* [slot_count] */
    size_t slot_count;
    job own;        /* without workers */
    float *scratch; /* likewise */

    pthread_mutex_t lock;
    pthread_cond_t work;  /* there may be something to do for a worker */
    pthread_cond_t ready; /* a slot has become ready */
    bool started, stopping, failed;
    uint32_t *order;  /* [set->count], of epoch `ordered` */
    uint64_t ordered; /* UINT64_MAX: none yet */
    /* Batches are numbered through all epochs; number n is in slot n % slot_count. */
    uint64_t next;    /* to be begun */
    uint64_t given;   /* to be given to the training */
    uint64_t reached; /* the epoch that the training has come to */
};

size_t loader_default_threads(const mixup_dataset *set, bool augmented) {
    return augmented || set->storage->inputs == NULL ? 1 : 0;
}

/* ---------------------------------------------------------------- jobs */

static void order_samples(loader *self, uint64_t epoch) {
    const size_t count = self->desc.set->count;
    self->ordered = epoch;
    if (self->desc.no_shuffle) {
        for (size_t i = 0; i < count; i++)
            self->order[i] = (uint32_t)i;
        return;
    }
    random_stream stream = random_open(self->desc.seed, RANDOM_ORDER, 0, (uint32_t)epoch, 0, 0);
    random_permutation(&stream, count, self->order);
}

static void take_job(loader *self, job *out) {
    const uint64_t epoch = self->next / self->desc.epoch_steps;
    const size_t first = (size_t)(self->next % self->desc.epoch_steps) * self->desc.batch_size;
    const size_t left = self->desc.set->count - first;
    if (epoch != self->ordered)
        order_samples(self, epoch);
    out->epoch = (uint32_t)epoch;
    out->count = left < self->desc.batch_size ? left : self->desc.batch_size;
    for (size_t i = 0; i < out->count; i++)
        out->indices[i] = self->order[first + i];
    self->next++;
}

static mixup_status do_job(const loader *self, const job *to_do, float *scratch, float *inputs,
                           float *targets, int32_t *labels) {
    const gather_augmentation augment = {self->desc.how, to_do->epoch, scratch};
    return dataset_gather_augmented(self->desc.set, self->desc.how != NULL ? &augment : NULL, to_do->indices,
                                    to_do->count, inputs, targets, labels);
}

/* ---------------------------------------------------------------- workers */

static bool has_work(const loader *self) {
    const uint64_t epoch = self->next / self->desc.epoch_steps;
    return self->started && !self->failed && epoch < self->desc.epochs &&
           self->next - self->given < self->slot_count &&
           (!self->one_epoch_at_a_time || epoch <= self->reached);
}

static void fill_slot(const loader *self, slot *to, float *scratch) {
    to->status = do_job(self, &to->job, scratch, to->inputs, to->targets, to->labels);
    if (to->status == MIXUP_OK)
        return;
    strncpy(to->message, mixup_last_error(), sizeof to->message - 1); /* the rest stays 0 */
}

static void *work(void *argument) {
    worker *self = argument;
    loader *of = self->of;
    pthread_mutex_lock(&of->lock);
    for (;;) {
        while (!of->stopping && !has_work(of))
            pthread_cond_wait(&of->work, &of->lock);
        if (of->stopping)
            break;
        slot *to = &of->slots[of->next % of->slot_count];
        take_job(of, &to->job);
        pthread_mutex_unlock(&of->lock);
        fill_slot(of, to, self->scratch);
        pthread_mutex_lock(&of->lock);
        to->ready = true;
        of->failed = of->failed || to->status != MIXUP_OK;
        pthread_cond_signal(&of->ready);
    }
    pthread_mutex_unlock(&of->lock);
    return NULL;
}

/* Signals are for the threads of the program, not for these. */
static mixup_status start_workers(loader *self) {
    sigset_t all, before;
    int problem = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (self->running < self->desc.threads && problem == 0) {
        worker *next = &self->workers[self->running];
        problem = pthread_create(&next->thread, NULL, work, next);
        self->running += problem == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (problem != 0)
        return error(MIXUP_ERROR_MEMORY, "load_threads: cannot start thread %zu of %zu: %s",
                     self->running + 1, self->desc.threads, strerror(problem));
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- life */

static mixup_status allocate_slot(loader *self, slot *to) {
    const mixup_allocator *allocator = &self->allocator;
    const size_t columns = dataset_target_count(self->desc.set);
    size_t inputs = 0;
    size_t targets = 0;
    MIXUP_TRY(memory_product(self->desc.batch_size, self->desc.set->preprocess->features, &inputs));
    MIXUP_TRY(memory_product(self->desc.batch_size, columns, &targets));
    MIXUP_TRY(MEMORY_NEW(allocator, to->job.indices, self->desc.batch_size));
    MIXUP_TRY(MEMORY_NEW(allocator, to->inputs, inputs));
    MIXUP_TRY(MEMORY_NEW(allocator, to->targets, targets));
    return MEMORY_NEW(allocator, to->labels, self->desc.batch_size);
}

static mixup_status allocate(loader *self) {
    const mixup_allocator *allocator = &self->allocator;
    const size_t features = self->desc.set->preprocess->features;
    MIXUP_TRY(MEMORY_NEW(allocator, self->order, self->desc.set->count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->own.indices, self->desc.batch_size));
    MIXUP_TRY(MEMORY_NEW(allocator, self->scratch, features));
    MIXUP_TRY(MEMORY_NEW(allocator, self->workers, self->desc.threads));
    for (size_t i = 0; i < self->desc.threads; i++) {
        self->workers[i].of = self;
        MIXUP_TRY(MEMORY_NEW(allocator, self->workers[i].scratch, features));
    }
    if (self->desc.threads == 0)
        return MIXUP_OK;
    const size_t count = self->desc.threads + SPARE_SLOTS;
    MIXUP_TRY(MEMORY_NEW(allocator, self->slots, count));
    self->slot_count = count;
    for (size_t i = 0; i < count; i++)
        MIXUP_TRY(allocate_slot(self, &self->slots[i]));
    return start_workers(self);
}

mixup_status loader_create(loader **out, const loader_desc *desc, const mixup_allocator *allocator) {
    loader *made = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, made, 1));
    made->desc = *desc;
    made->allocator = *allocator;
    made->ordered = UINT64_MAX;
    made->one_epoch_at_a_time = desc->set->storage->read != NULL;
    if (made->one_epoch_at_a_time && desc->threads > 1)
        made->desc.threads = 1;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->work, NULL);
    pthread_cond_init(&made->ready, NULL);
    const mixup_status status = allocate(made);
    if (status != MIXUP_OK) {
        loader_destroy(made);
        return status;
    }
    *out = made;
    return MIXUP_OK;
}

void loader_start(loader *self, size_t epoch, size_t step) {
    pthread_mutex_lock(&self->lock);
    self->next = self->given = (uint64_t)epoch * self->desc.epoch_steps + step;
    self->reached = epoch;
    self->started = true;
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
}

static void stop_workers(loader *self) {
    pthread_mutex_lock(&self->lock);
    self->stopping = true;
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
    for (size_t i = 0; i < self->running; i++)
        pthread_join(self->workers[i].thread, NULL);
}

void loader_destroy(loader *self) {
    if (self == NULL)
        return;
    const mixup_allocator allocator = self->allocator;
    stop_workers(self);
    for (size_t i = 0; i < self->slot_count; i++) {
        memory_release(&allocator, self->slots[i].job.indices);
        memory_release(&allocator, self->slots[i].inputs);
        memory_release(&allocator, self->slots[i].targets);
        memory_release(&allocator, self->slots[i].labels);
    }
    for (size_t i = 0; self->workers != NULL && i < self->desc.threads; i++)
        memory_release(&allocator, self->workers[i].scratch);
    memory_release(&allocator, self->slots);
    memory_release(&allocator, self->workers);
    memory_release(&allocator, self->order);
    memory_release(&allocator, self->own.indices);
    memory_release(&allocator, self->scratch);
    pthread_cond_destroy(&self->ready);
    pthread_cond_destroy(&self->work);
    pthread_mutex_destroy(&self->lock);
    memory_release(&allocator, self);
}

/* ---------------------------------------------------------------- the training's side */

/* The slot of the next batch, when it is ready. */
static slot *wait_for_slot(loader *self) {
    pthread_mutex_lock(&self->lock);
    slot *next = &self->slots[self->given % self->slot_count];
    self->reached = self->given / self->desc.epoch_steps;
    pthread_cond_signal(&self->work);
    while (!next->ready)
        pthread_cond_wait(&self->ready, &self->lock);
    pthread_mutex_unlock(&self->lock);
    return next;
}

static void give_back(loader *self, slot *used) {
    pthread_mutex_lock(&self->lock);
    used->ready = false;
    self->given++;
    pthread_cond_signal(&self->work);
    pthread_mutex_unlock(&self->lock);
}

mixup_status loader_next(loader *self, size_t count, float *inputs, float *targets, int32_t *labels) {
    if (self->desc.threads == 0) {
        take_job(self, &self->own);
        assert(self->own.count == count);
        return do_job(self, &self->own, self->scratch, inputs, targets, labels);
    }
    slot *next = wait_for_slot(self);
    assert(next->job.count == count);
    if (next->status != MIXUP_OK)
        return error(next->status, "%s", next->message);
    memcpy(inputs, next->inputs, count * self->desc.set->preprocess->features * sizeof *inputs);
    memcpy(targets, next->targets, count * dataset_target_count(self->desc.set) * sizeof *targets);
    memcpy(labels, next->labels, count * sizeof *labels);
    give_back(self, next);
    return MIXUP_OK;
}
