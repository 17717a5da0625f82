/* Files that appear whole or not at all, files read whole, folders. */
#include "support/failing_allocator.h"
#include "support/refused_write.h"

#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static temporary_folder folder;

static int make_folder(void **state) {
    (void)state;
    temporary_folder_make(&folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    temporary_folder_remove(&folder);
    return 0;
}

static void expect_contents(const char *path, const char *expected) {
    size_t size = 0;
    char *data = read_bytes(path, &size);
    assert_string_equal(data, expected);
    free(data);
}

/* ---- writing */

static void a_file_appears_when_it_is_committed_and_not_before(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "out"));
    file_writer out;
    assert_int_equal(file_create(&out, path, &hooks), MIXUP_OK);
    assert_int_equal(file_write(&out, "new ", 4), MIXUP_OK);
    assert_int_equal(file_write(&out, NULL, 0), MIXUP_OK);
    assert_int_equal(file_write(&out, "text", 4), MIXUP_OK);
    assert_false(file_exists(path));
    assert_int_equal(file_commit(&out), MIXUP_OK);
    expect_contents(path, "new text");
    assert_int_equal(temporary_folder_count(&folder), 1);
    assert_int_equal(file_commit(&out), MIXUP_ERROR_IO); /* nothing to commit any more */
    file_abandon(&out);
    expect_contents(path, "new text");
}

static void the_file_behind_a_link_is_replaced_and_not_the_link(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    char path[400], link[400];
    struct stat information;
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "behind"));
    snprintf(link, sizeof link, "%s", temporary_file(&folder, "link"));
    assert_int_equal(file_write_all(path, "old", 3, &hooks), MIXUP_OK);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(file_write_all(link, "new", 3, &hooks), MIXUP_OK);
    expect_contents(path, "new");
    assert_int_equal(lstat(link, &information), 0);
    assert_true(S_ISLNK(information.st_mode));
    assert_int_equal(unlink(link), 0);
    assert_int_equal(unlink(path), 0);
}

static void a_pipe_is_written_to_and_stays_a_pipe(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    char path[400], got[8] = "";
    struct stat information;
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    const int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(file_write_all(path, "text", 4, &hooks), MIXUP_OK);
    assert_int_equal(read(reader, got, sizeof got), 4);
    assert_string_equal(got, "text");
    close(reader);
    assert_int_equal(stat(path, &information), 0);
    assert_true(S_ISFIFO(information.st_mode));
    assert_int_equal(unlink(path), 0);
}

static void an_abandoned_file_leaves_the_old_one(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "out"));
    assert_int_equal(file_write_all(path, "old", 3, &hooks), MIXUP_OK);
    file_writer out;
    assert_int_equal(file_create(&out, path, &hooks), MIXUP_OK);
    assert_int_equal(file_write(&out, "half", 4), MIXUP_OK);
    file_abandon(&out);
    file_abandon(&out);
    expect_contents(path, "old");
    assert_int_equal(temporary_folder_count(&folder), 1);
    assert_int_equal(file_write_all(path, "second", 6, &hooks), MIXUP_OK);
    expect_contents(path, "second");
}

static mixup_status write_much(const char *path, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    static const char block[1 << 16];
    return file_write_all(path, block, sizeof block, &hooks);
}

static mixup_status write_little(const char *path, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    return file_write_all(path, "x", 1, &hooks);
}

static void a_refused_write_leaves_the_old_file_and_nothing_else(void **state) {
    (void)state;
    write_where_it_is_refused(write_much);   /* fails while writing */
    write_where_it_is_refused(write_little); /* fails when the buffer is flushed */
}

static void after_a_failure_every_further_call_fails(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    char part[64];
    snprintf(part, sizeof part, "out.part-%ld", (long)getpid());
    assert_int_equal(symlink("/dev/full", temporary_file(&folder, part)), 0);
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "out"));
    file_writer out;
    assert_int_equal(file_create(&out, path, &hooks), MIXUP_OK);
    static const char block[1 << 16];
    assert_int_equal(file_write(&out, block, sizeof block), MIXUP_ERROR_IO);
    assert_non_null(strstr(mixup_last_error(), path));
    assert_int_equal(file_write(&out, "x", 1), MIXUP_ERROR_IO);
    assert_int_equal(file_commit(&out), MIXUP_ERROR_IO);
    file_abandon(&out);
    assert_int_equal(temporary_folder_count(&folder), 0);
}

static mixup_status write_and_read(const mixup_allocator *allocator, void *user) {
    const char *path = user;
    char *data = NULL;
    size_t size = 0;
    static const char block[10000];
    MIXUP_TRY(file_write_all(path, block, sizeof block, allocator));
    MIXUP_TRY(file_read_all(path, sizeof block, allocator, &data, &size));
    assert_int_equal(size, sizeof block);
    memory_release(allocator, data);
    return MIXUP_OK;
}

static void every_failed_allocation_is_an_error_and_leaks_nothing(void **state) {
    (void)state;
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "out"));
    assert_true(fail_every_allocation(write_and_read, path) > 3);
    assert_int_equal(temporary_folder_count(&folder), 1);
}

static void a_folder_is_refused_by_its_name(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    char expected[400];
    file_writer writer;
    snprintf(expected, sizeof expected, "'%s': names a folder", folder.path);
    assert_int_equal(file_create(&writer, folder.path, &hooks), MIXUP_ERROR_IO);
    assert_non_null(strstr(mixup_last_error(), expected));
    assert_int_equal(file_create(&writer, "", &hooks), MIXUP_ERROR_IO);
}

/* ---- reading */

static void a_file_is_read_whole_up_to_its_limit(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    static const size_t sizes[] = {0, 1, 100, 4094, 4095, 4096, 4097, 8191, 8192, 100000};
    char *contents = malloc(100000);
    assert_non_null(contents);
    for (size_t i = 0; i < 100000; i++)
        contents[i] = (char)(i % 251);
    for (size_t s = 0; s < MIXUP_COUNT(sizes); s++) {
        const char *path = temporary_file(&folder, "in");
        write_bytes(path, contents, sizes[s]);
        char *data = NULL;
        size_t size = 77;
        assert_int_equal(file_read_all(path, sizes[s], &hooks, &data, &size), MIXUP_OK);
        assert_int_equal(size, sizes[s]);
        assert_memory_equal(data, contents, size);
        assert_int_equal(data[size], '\0');
        memory_release(&hooks, data);
        data = NULL;
        if (sizes[s] == 0)
            continue;
        assert_int_equal(file_read_all(path, sizes[s] - 1, &hooks, &data, &size), MIXUP_ERROR_FORMAT);
        assert_null(data);
    }
    free(contents);
}

static void what_cannot_be_read_is_an_error(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(file_read_all(temporary_file(&folder, "none"), 100, &hooks, &data, &size),
                     MIXUP_ERROR_IO);
    assert_non_null(strstr(mixup_last_error(), "none"));
    assert_int_equal(file_read_all(folder.path, 100, &hooks, &data, &size), MIXUP_ERROR_IO);
    assert_null(data);
}

/* ---- folders */

static void folders_are_made_with_their_parents(void **state) {
    (void)state;
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "a//b/c/"));
    assert_int_equal(file_make_folder(path), MIXUP_OK);
    assert_int_equal(file_make_folder(path), MIXUP_OK);
    assert_true(file_exists(path));
    const char *file = temporary_file(&folder, "a/file");
    write_bytes(file, "x", 1);
    assert_int_equal(file_make_folder(file), MIXUP_ERROR_IO);
    assert_int_equal(file_make_folder(temporary_file(&folder, "a/file/deeper")), MIXUP_ERROR_IO);
    assert_int_equal(file_make_folder(""), MIXUP_ERROR_IO);
    char *endless = malloc(10001);
    assert_non_null(endless);
    memset(endless, 'x', 10000);
    endless[10000] = '\0';
    assert_int_equal(file_make_folder(endless), MIXUP_ERROR_IO);
    free(endless);
    unlink(temporary_file(&folder, "a/file"));
    rmdir(temporary_file(&folder, "a/b/c"));
    rmdir(temporary_file(&folder, "a/b"));
    rmdir(temporary_file(&folder, "a"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_appears_when_it_is_committed_and_not_before),
        IN_FOLDER(the_file_behind_a_link_is_replaced_and_not_the_link),
        IN_FOLDER(a_pipe_is_written_to_and_stays_a_pipe),
        IN_FOLDER(an_abandoned_file_leaves_the_old_one),
        cmocka_unit_test(a_refused_write_leaves_the_old_file_and_nothing_else),
        IN_FOLDER(after_a_failure_every_further_call_fails),
        IN_FOLDER(every_failed_allocation_is_an_error_and_leaks_nothing),
        IN_FOLDER(a_folder_is_refused_by_its_name),
        IN_FOLDER(a_file_is_read_whole_up_to_its_limit),
        IN_FOLDER(what_cannot_be_read_is_an_error),
        IN_FOLDER(folders_are_made_with_their_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
