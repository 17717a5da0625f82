/* How many threads a run begins: no more than the experiment says, whatever they are for. The linker leads
 * the library's calls of pthread_create here (tests/CMakeLists.txt), so that they can be counted. */
#include "experiment_text.h"

#include "experiment/run.h"

#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>

typedef void *(*thread_body)(void *user);

int counted_create(pthread_t *thread, const pthread_attr_t *attributes, thread_body body,
                   void *user) __asm__("__wrap_pthread_create");
int real_create(pthread_t *thread, const pthread_attr_t *attributes, thread_body body,
                void *user) __asm__("__real_pthread_create");

static atomic_int begun;

int counted_create(pthread_t *thread, const pthread_attr_t *attributes, thread_body body, void *user) {
    atomic_fetch_add(&begun, 1);
    return real_create(thread, attributes, body, user);
}

static int remove_entry(const char *path, const struct stat *information, int kind, struct FTW *where) {
    (void)information;
    (void)kind;
    (void)where;
    return remove(path);
}

/* Images of enough bytes that several threads read the file and hash its rows, and a network that is none. */
enum { COUNT = 5000, SIDE = 32, HEAD = 16 };

static void write_images(temporary_folder *folder) {
    const size_t size = HEAD + (size_t)COUNT * SIDE * SIDE;
    char *bytes = calloc(1, size);
    assert_non_null(bytes);
    memcpy(bytes,
           (const char[]){0, 0, 8, 3, 0, 0, COUNT >> 8, (char)(COUNT & 255), 0, 0, 0, SIDE, 0, 0, 0, SIDE},
           HEAD);
    write_bytes(temporary_file(folder, "images"), bytes, size);
    memcpy(bytes, (const char[]){0, 0, 8, 1, 0, 0, COUNT >> 8, (char)(COUNT & 255)}, 8);
    for (size_t i = 0; i < COUNT; i++)
        bytes[8 + i] = (char)(i % 2);
    write_bytes(temporary_file(folder, "labels"), bytes, 8 + COUNT);
    free(bytes);
}

static const char small[] = "engine: reference\n"
                            "data: {train: {format: idx, images: images, labels: labels}}\n"
                            "network: [{op: flatten}, {op: dense, units: 2, activation: softmax}]\n"
                            "training: {epochs: 2, batch_size: 5000}\n";

static bool stop(void *user, const mixup_epoch *epoch) {
    (void)user;
    (void)epoch;
    return true;
}

/* Trains an epoch and, on data that are compared with the first ones, the other; counts the threads. */
static int threads_begun(temporary_folder *folder, const char *number) {
    experiment_file *file = NULL;
    experiment *one = NULL;
    run_outcome outcome = RUN_TRAINED;
    const mixup_allocator allocator = plain_allocator();
    assert_int_equal(open_text(folder, small, &number, 1, &file), MIXUP_OK);
    assert_int_equal(experiment_resolve(&one, file, NULL, NULL), MIXUP_OK);
    run_desc desc = {.experiment = one, .overwrite = true, .on_epoch = stop, .allocator = &allocator};
    char runs[320];
    snprintf(runs, sizeof runs, "%s", temporary_file(folder, "runs"));
    desc.folder = runs;
    atomic_store(&begun, 0);
    if (run_train(&desc, &outcome) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_int_equal(outcome, RUN_INTERRUPTED);
    desc.overwrite = false;
    desc.resume = true;
    desc.on_epoch = NULL;
    if (run_train(&desc, &outcome) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_int_equal(outcome, RUN_TRAINED);
    experiment_destroy(one);
    experiment_close(file);
    return atomic_load(&begun);
}

static void one_thread_is_one_thread(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    assert_int_equal(unsetenv("MIXUP_THREADS"), 0);
    write_images(&folder);
    assert_int_equal(threads_begun(&folder, "threads=1"), 0);
    assert_true(threads_begun(&folder, "threads=2") >= 2); /* reading, and hashing */
    nftw(folder.path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_is_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
