/* Batches prepared ahead of training: the same for any number of threads, bounded, one read of a callback at
 * a time, failures in their turn, and a clean end whenever it comes. */
#include "train/training.h"

#include "data/loader.h"
#include "support/failing_allocator.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

enum { COUNT = 23, BATCH = 4, SIDE = 5, PIXELS = SIDE * SIDE, CLASSES = 3, STEPS = 6, EPOCHS = 3 };
enum { VALUES = COUNT * PIXELS, ALL_SAMPLES = EPOCHS * COUNT, ALL_STEPS = EPOCHS * STEPS };

static const mixup_augment changes = {.horizontal_flip = true, .crop_padding = 2, .cutout = 2};

/* ---------------------------------------------------------------- data */

static mixup_dataset *make_images(void) {
    float values[VALUES];
    int32_t labels[COUNT];
    network_uniform(3, 0, 0.0, 1.0, VALUES, values);
    for (size_t i = 0; i < COUNT; i++)
        labels[i] = (int32_t)(i * 5 % CLASSES);
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_arrays(&set, &(mixup_arrays_desc){.inputs = values,
                                                                    .count = COUNT,
                                                                    .shape = {SIDE, SIDE},
                                                                    .labels = labels,
                                                                    .class_count = CLASSES}));
    network_ok(mixup_dataset_normalize(set, set));
    return set;
}

/* Samples of a callback, and what its calls looked like. */
typedef struct source {
    atomic_int inside, together; /* calls that run now; most at once */
    atomic_size_t samples;       /* read so far */
    atomic_bool elsewhere;       /* a call came from another thread than `home` */
    atomic_bool open_to_signals; /* SIGINT could have interrupted a call from elsewhere */
    atomic_bool flushed, kept;   /* denormal numbers were, were not zero */
    pthread_t home;
    size_t fail_at; /* the sample at which it fails; 0: none */
    long nanoseconds;
} source;

static void look_around(source *from) {
    sigset_t blocked;
    volatile float tiny = 1.2e-38f; /* the smallest normal float, about */
    tiny *= 0.5f;
    atomic_store(tiny == 0.0f ? &from->flushed : &from->kept, true);
    if (pthread_equal(pthread_self(), from->home))
        return;
    atomic_store(&from->elsewhere, true);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    if (!sigismember(&blocked, SIGINT))
        atomic_store(&from->open_to_signals, true);
}

static mixup_status read_samples(void *user, const size_t *indices, size_t count, float *inputs,
                                 float *targets) {
    source *from = user;
    mixup_status status = MIXUP_OK;
    const int now = atomic_fetch_add(&from->inside, 1) + 1;
    if (now > atomic_load(&from->together))
        atomic_store(&from->together, now);
    look_around(from);
    if (from->nanoseconds > 0)
        nanosleep(&(struct timespec){.tv_nsec = from->nanoseconds}, NULL);
    for (size_t i = 0; i < count; i++) {
        if (from->fail_at > 0 && indices[i] == from->fail_at)
            status = MIXUP_ERROR_IO;
        for (size_t k = 0; k < PIXELS; k++)
            inputs[i * PIXELS + k] = (float)((indices[i] * 31 + k * 7) % 17) / 17.0f;
        for (size_t c = 0; c < CLASSES; c++)
            targets[i * CLASSES + c] = c == indices[i] % CLASSES ? 1.0f : 0.0f;
    }
    atomic_fetch_add(&from->samples, count);
    atomic_fetch_sub(&from->inside, 1);
    return status;
}

static mixup_dataset *make_callback(source *from) {
    mixup_dataset *set = NULL;
    from->home = pthread_self();
    network_ok(mixup_dataset_from_callback(&set, &(mixup_callback_desc){.count = COUNT,
                                                                        .shape = {SIDE, SIDE},
                                                                        .class_count = CLASSES,
                                                                        .read = read_samples,
                                                                        .user = from}));
    return set;
}

/* ---------------------------------------------------------------- the loader by itself */

typedef struct batches {
    float inputs[ALL_SAMPLES][PIXELS];
    float targets[ALL_SAMPLES][CLASSES];
    int32_t labels[ALL_SAMPLES];
} batches;

static loader_desc describe(const mixup_dataset *set, const augmentation *how, size_t threads) {
    return (loader_desc){.set = set,
                         .how = how,
                         .batch_size = BATCH,
                         .epoch_steps = STEPS,
                         .epochs = EPOCHS,
                         .seed = 5,
                         .threads = threads};
}

static loader *make_loader(const loader_desc *desc) {
    const mixup_allocator allocator = memory_allocator(NULL);
    loader *made = NULL;
    network_ok(loader_create(&made, desc, &allocator));
    return made;
}

static size_t batch_count(const loader_desc *desc, size_t step) {
    return COUNT - step * desc->batch_size < desc->batch_size ? COUNT - step * desc->batch_size
                                                              : desc->batch_size;
}

/* All batches from `step` of `epoch` to the end, one after the other; returns the number of samples. */
static size_t take_all(const loader_desc *desc, size_t epoch, size_t step, batches *out) {
    loader *from = make_loader(desc);
    size_t used = 0;
    loader_start(from, epoch, step);
    for (; epoch < EPOCHS; epoch++, step = 0)
        for (; step < desc->epoch_steps; step++) {
            const size_t count = batch_count(desc, step);
            network_ok(loader_next(from, count, out->inputs[used], out->targets[used], &out->labels[used]));
            used += count;
        }
    loader_destroy(from);
    return used;
}

static bool same_values(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static void expect_same_batches(const batches *a, const batches *b, size_t skipped, size_t count) {
    assert_memory_equal(a->inputs, b->inputs[skipped], count * sizeof a->inputs[0]);
    assert_memory_equal(a->targets, b->targets[skipped], count * sizeof a->targets[0]);
    assert_memory_equal(a->labels, b->labels + skipped, count * sizeof a->labels[0]);
}

static void any_number_of_threads_makes_the_same_batches_from_any_step_on(void **state) {
    (void)state;
    static batches whole, part;
    mixup_dataset *set = make_images();
    augmentation how;
    network_ok(augment_resolve(&changes, mixup_dataset_preprocess(set), 5, &how));
    loader_desc desc = describe(set, &how, 0);
    assert_int_equal(take_all(&desc, 0, 0, &whole), ALL_SAMPLES);
    assert_false(same_values(whole.inputs[0], whole.inputs[COUNT], VALUES));
    static const size_t threads[] = {0, 1, 2, 7};
    for (size_t t = 0; t < MIXUP_COUNT(threads); t++)
        for (size_t start = 0; start < ALL_STEPS; start++) {
            const size_t skipped = start / STEPS * COUNT + start % STEPS * BATCH;
            desc.threads = threads[t];
            assert_int_equal(take_all(&desc, start / STEPS, start % STEPS, &part), ALL_SAMPLES - skipped);
            expect_same_batches(&part, &whole, skipped, ALL_SAMPLES - skipped);
        }
    mixup_dataset_destroy(set);
}

static void an_epoch_holds_every_sample_once_in_an_order_of_its_own(void **state) {
    (void)state;
    static batches made;
    source from = {.nanoseconds = 0};
    mixup_dataset *set = make_callback(&from);
    const loader_desc desc = describe(set, NULL, 1);
    take_all(&desc, 0, 0, &made);
    size_t seen[EPOCHS][COUNT] = {{0}}, moved = 0;
    for (size_t i = 0; i < ALL_SAMPLES; i++)
        for (size_t index = 0; index < COUNT; index++) {
            float inputs[PIXELS];
            network_ok(mixup_dataset_read(set, &index, 1, inputs, NULL));
            if (!same_values(inputs, made.inputs[i], PIXELS))
                continue;
            seen[i / COUNT][index]++;
            moved += index != i % COUNT;
        }
    for (size_t i = 0; i < ALL_SAMPLES; i++)
        assert_int_equal(seen[i / COUNT][i % COUNT], 1 + (i % COUNT + 17 < COUNT) + (i % COUNT >= 17));
    assert_true(moved > ALL_SAMPLES / 2);
    for (size_t epoch = 1; epoch < EPOCHS; epoch++)
        assert_false(same_values(made.inputs[0], made.inputs[epoch * COUNT], VALUES));
    mixup_dataset_destroy(set);
}

/* Waits until `samples` were read; the test's time limit ends what never happens. */
static void wait_for_samples(source *from, size_t samples) {
    while (atomic_load(&from->samples) < samples)
        sched_yield();
}

static void pause_a_moment(void) {
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void batches_are_made_ahead_but_not_more_than_fit_in_the_ring(void **state) {
    (void)state;
    static batches made;
    enum { SLOTS = 3 };
    source from = {.nanoseconds = 0};
    mixup_dataset *set = make_callback(&from);
    const loader_desc desc = describe(set, NULL, 1);
    loader *in = make_loader(&desc);
    pause_a_moment();
    assert_int_equal(atomic_load(&from.samples), 0); /* nothing before it is started */
    loader_start(in, 0, 0);
    for (size_t taken = 0; taken + SLOTS < STEPS; taken++) {
        wait_for_samples(&from, (taken + SLOTS) * BATCH);
        pause_a_moment();
        assert_int_equal(atomic_load(&from.samples), (taken + SLOTS) * BATCH);
        network_ok(loader_next(in, BATCH, made.inputs[0], made.targets[0], made.labels));
    }
    loader_destroy(in);
    mixup_dataset_destroy(set);
}

static void nothing_of_a_callback_is_read_beyond_the_epoch_that_training_is_at(void **state) {
    (void)state;
    static batches made;
    source from = {.nanoseconds = 0};
    mixup_dataset *set = make_callback(&from);
    const loader_desc desc = describe(set, NULL, 1);
    loader *in = make_loader(&desc);
    loader_start(in, 0, 0);
    for (size_t step = 0; step < STEPS; step++)
        network_ok(loader_next(in, batch_count(&desc, step), made.inputs[0], made.targets[0], made.labels));
    pause_a_moment();
    assert_int_equal(atomic_load(&from.samples), COUNT);
    network_ok(loader_next(in, BATCH, made.inputs[0], made.targets[0], made.labels));
    wait_for_samples(&from, COUNT + 2 * BATCH);
    loader_destroy(in);
    mixup_dataset_destroy(set);
}

static void a_failure_comes_at_the_batch_that_failed_with_its_message(void **state) {
    enum { THREE_BATCHES = 3 * BATCH };
    (void)state;
    static batches made;
    for (size_t threads = 0; threads < 2; threads++) {
        source from = {.fail_at = 9};
        mixup_dataset *set = make_callback(&from);
        loader_desc desc = describe(set, NULL, threads);
        desc.no_shuffle = true;
        loader *in = make_loader(&desc);
        loader_start(in, 0, 0);
        if (threads > 0)
            wait_for_samples(&from, THREE_BATCHES); /* it has failed already */
        for (size_t step = 0; step < 2; step++)
            network_ok(loader_next(in, BATCH, made.inputs[0], made.targets[0], made.labels));
        error(MIXUP_ERROR_DATA, "an earlier message of this thread");
        training_refused(loader_next(in, BATCH, made.inputs[0], made.targets[0], made.labels),
                         MIXUP_ERROR_CALLBACK, "the first of them number 8: it returned 6 (input or output");
        pause_a_moment();
        assert_int_equal(atomic_load(&from.samples), THREE_BATCHES); /* nothing more is read */
        loader_destroy(in);
        mixup_dataset_destroy(set);
    }
}

static void it_ends_at_any_time(void **state) {
    (void)state;
    static batches made;
    source from = {.nanoseconds = 200000};
    mixup_dataset *set = make_callback(&from), *images = make_images();
    for (size_t threads = 0; threads < 4; threads++)
        for (size_t taken = 0; taken < 4; taken++) {
            const loader_desc desc = describe(threads < 2 ? set : images, NULL, threads);
            loader *in = make_loader(&desc);
            if (taken > 0)
                loader_start(in, 1, 0);
            for (size_t i = 1; i < taken; i++)
                network_ok(loader_next(in, BATCH, made.inputs[0], made.targets[0], made.labels));
            loader_destroy(in);
        }
    loader_destroy(NULL);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(images);
}

static mixup_status run_loader(const mixup_allocator *allocator, void *user) {
    static batches made;
    loader *in = NULL;
    const failing_allocator *memory = allocator->user;
    MIXUP_TRY(loader_create(&in, user, allocator));
    const size_t before = atomic_load(&memory->calls);
    loader_start(in, 0, 0);
    for (size_t step = 0; step < ALL_STEPS; step++)
        network_ok(
            loader_next(in, batch_count(user, step % STEPS), made.inputs[0], made.targets[0], made.labels));
    assert_int_equal(atomic_load(&memory->calls), before); /* all memory is there from the beginning */
    loader_destroy(in);
    return MIXUP_OK;
}

static void every_failed_allocation_is_survived_and_none_comes_late(void **state) {
    (void)state;
    mixup_dataset *set = make_images();
    augmentation how;
    network_ok(augment_resolve(&changes, mixup_dataset_preprocess(set), 5, &how));
    for (size_t threads = 0; threads < 3; threads++) {
        loader_desc desc = describe(set, &how, threads);
        fail_every_allocation(run_loader, &desc);
    }
    mixup_dataset_destroy(set);
}

/* ---------------------------------------------------------------- in a training */

static const mixup_layer layers[] = {
    {.op = MIXUP_FLATTEN},
    {.op = MIXUP_DENSE, .units = 7, .activation = MIXUP_RELU, .mix = true},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true},
};

static mixup_model *make_model(mixup_engine kind) {
    mixup_model *model = NULL;
    network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {SIDE, SIDE},
                                                              .layers = layers,
                                                              .layer_count = MIXUP_COUNT(layers),
                                                              .engine = kind,
                                                              .threads = 1}));
    return model;
}

static const size_t all_threads[] = {MIXUP_NO_LOAD_THREADS, 1, 2, 5, 0};

static void the_number_of_threads_changes_no_bit_of_a_training(void **state) {
    (void)state;
    source from = {.nanoseconds = 0};
    mixup_dataset *sets[] = {make_images(), make_callback(&from)};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t s = 0; s < MIXUP_COUNT(sets); s++) {
            mixup_model *first = NULL;
            for (size_t t = 0; t < MIXUP_COUNT(all_threads); t++) {
                mixup_model *model = make_model(network_engines[e]);
                network_ok(mixup_fit(model, &(mixup_fit_desc){.train = sets[s],
                                                              .validation = sets[s],
                                                              .epochs = EPOCHS,
                                                              .batch_size = BATCH,
                                                              .drop_last = s == 0,
                                                              .load_threads = all_threads[t],
                                                              .mix = {.alpha = 1.0f},
                                                              .augment = changes}));
                if (first != NULL)
                    training_expect_same(model, first);
                mixup_model_destroy(t == 0 ? NULL : model);
                first = t == 0 ? model : first;
            }
            mixup_model_destroy(first);
        }
    mixup_dataset_destroy(sets[0]);
    mixup_dataset_destroy(sets[1]);
}

/* What a user may do after an epoch: look at samples of the set that is being trained on. */
static bool read_after_epoch(void *user, const mixup_epoch *epoch) {
    const mixup_dataset *set = user;
    float inputs[PIXELS];
    for (size_t index = 0; index < 5; index++)
        network_ok(mixup_dataset_read(set, &index, 1, inputs, NULL));
    return epoch->epoch == 99;
}

static bool read_after_step(void *user, const mixup_step *step) {
    const mixup_epoch epoch = {.epoch = step->epoch};
    return read_after_epoch(user, &epoch);
}

/* Training and validation parts of one set, and two sets with one user. */
static void a_callback_is_called_from_one_thread_at_a_time(void **state) {
    (void)state;
    for (size_t t = 0; t < MIXUP_COUNT(all_threads); t++)
        for (size_t own = 0; own < 2; own++) {
            source from = {.nanoseconds = 20000};
            mixup_dataset *set = make_callback(&from), *other = make_callback(&from);
            mixup_dataset *rest = NULL, *part = NULL;
            network_ok(mixup_dataset_split(set, &(mixup_split_desc){.last = 5}, &rest, &part));
            mixup_model *model = make_model(MIXUP_ENGINE_REFERENCE);
            network_ok(mixup_fit(model, &(mixup_fit_desc){.train = rest,
                                                          .validation = own ? other : part,
                                                          .epochs = EPOCHS,
                                                          .batch_size = BATCH,
                                                          .load_threads = all_threads[t],
                                                          .clean_accuracy = true,
                                                          .on_step = read_after_step,
                                                          .on_epoch = read_after_epoch,
                                                          .user = set}));
            assert_int_equal(atomic_load(&from.together), 1);
            assert_int_equal(atomic_load(&from.elsewhere), all_threads[t] != MIXUP_NO_LOAD_THREADS);
            assert_false(atomic_load(&from.open_to_signals));
            mixup_model_destroy(model);
            mixup_dataset_destroy(set);
            mixup_dataset_destroy(other);
            mixup_dataset_destroy(rest);
            mixup_dataset_destroy(part);
        }
}

/* The fast engine flushes denormal numbers to zero: then everywhere, or a batch would depend on its thread.
 */
static void a_thread_computes_as_the_training_does(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        source here = {.nanoseconds = 0}, there = {.nanoseconds = 0};
        source *sources[] = {&here, &there};
        for (size_t s = 0; s < 2; s++) {
            mixup_dataset *set = make_callback(sources[s]);
            mixup_model *model = make_model(network_engines[e]);
            network_ok(mixup_fit(
                model, &(mixup_fit_desc){.train = set, .load_threads = s == 0 ? MIXUP_NO_LOAD_THREADS : 1}));
            mixup_model_destroy(model);
            mixup_dataset_destroy(set);
        }
        assert_int_equal(atomic_load(&here.flushed), atomic_load(&there.flushed));
        assert_int_equal(atomic_load(&here.kept), atomic_load(&there.kept));
        assert_true(atomic_load(&here.kept) != atomic_load(&here.flushed));
    }
}

static void a_failed_read_ends_the_training_at_its_step(void **state) {
    (void)state;
    for (size_t t = 0; t < MIXUP_COUNT(all_threads); t++) {
        source from = {.fail_at = 14};
        mixup_dataset *set = make_callback(&from);
        mixup_model *model = make_model(MIXUP_ENGINE_REFERENCE);
        training_history history = {0};
        error(MIXUP_ERROR_DATA, "an earlier message of this thread");
        training_refused(mixup_fit(model, &(mixup_fit_desc){.train = set,
                                                            .batch_size = BATCH,
                                                            .epochs = 2,
                                                            .no_shuffle = true,
                                                            .load_threads = all_threads[t],
                                                            .on_step = training_on_step,
                                                            .user = &history}),
                         MIXUP_ERROR_CALLBACK, "the data set's `read` failed for 4 samples");
        training_expect_message("number 12");
        assert_int_equal(history.steps, 3);
        mixup_model_destroy(model);
        mixup_dataset_destroy(set);
    }
}

static void too_many_threads_are_refused(void **state) {
    (void)state;
    mixup_dataset *set = make_images();
    mixup_model *model = make_model(MIXUP_ENGINE_REFERENCE);
    training_refused(mixup_fit(model, &(mixup_fit_desc){.train = set, .load_threads = MIXUP_MAX_THREADS + 1}),
                     MIXUP_ERROR_ARGUMENT, "load_threads is 1025; it must be at most 1024");
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

/* Copies in memory are quicker without; what has to be made is made ahead. */
static void threads_are_used_by_default_where_there_is_something_to_do(void **state) {
    (void)state;
    source from = {.nanoseconds = 0};
    mixup_dataset *images = make_images(), *made = make_callback(&from);
    assert_int_equal(loader_default_threads(images, false), 0);
    assert_int_equal(loader_default_threads(images, true), 1);
    assert_int_equal(loader_default_threads(made, false), 1);
    mixup_dataset_destroy(images);
    mixup_dataset_destroy(made);
}

static mixup_status run_fit(const mixup_allocator *allocator, void *user) {
    mixup_model *model = NULL;
    mixup_status status = mixup_model_create(&model, &(mixup_model_desc){.input = {SIDE, SIDE},
                                                                         .layers = layers,
                                                                         .layer_count = MIXUP_COUNT(layers),
                                                                         .engine = MIXUP_ENGINE_REFERENCE,
                                                                         .threads = 1,
                                                                         .allocator = allocator});
    if (status == MIXUP_OK)
        status = mixup_fit(model, &(mixup_fit_desc){.train = user,
                                                    .batch_size = BATCH,
                                                    .load_threads = 2,
                                                    .augment = changes,
                                                    .epochs = 2});
    mixup_model_destroy(model);
    return status;
}

static void every_failed_allocation_of_a_training_is_survived(void **state) {
    (void)state;
    mixup_dataset *set = make_images();
    fail_every_allocation(run_fit, set);
    mixup_dataset_destroy(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_makes_the_same_batches_from_any_step_on),
        cmocka_unit_test(an_epoch_holds_every_sample_once_in_an_order_of_its_own),
        cmocka_unit_test(batches_are_made_ahead_but_not_more_than_fit_in_the_ring),
        cmocka_unit_test(nothing_of_a_callback_is_read_beyond_the_epoch_that_training_is_at),
        cmocka_unit_test(a_failure_comes_at_the_batch_that_failed_with_its_message),
        cmocka_unit_test(it_ends_at_any_time),
        cmocka_unit_test(every_failed_allocation_is_survived_and_none_comes_late),
        cmocka_unit_test(the_number_of_threads_changes_no_bit_of_a_training),
        cmocka_unit_test(a_callback_is_called_from_one_thread_at_a_time),
        cmocka_unit_test(a_thread_computes_as_the_training_does),
        cmocka_unit_test(a_failed_read_ends_the_training_at_its_step),
        cmocka_unit_test(too_many_threads_are_refused),
        cmocka_unit_test(threads_are_used_by_default_where_there_is_something_to_do),
        cmocka_unit_test(every_failed_allocation_of_a_training_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
