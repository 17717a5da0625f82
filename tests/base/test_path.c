/* Names of files: joined, taken apart, made relative to another file. */
#include "support/failing_allocator.h"
#include "support/temporary_folder.h"

#include "base/file.h"
#include "base/path.h"

#include <limits.h>
#include <unistd.h>

static void paths_are_joined_and_taken_apart(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    static const char *const joined[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "/b"}, {"/", "b", "/b"}};
    static const char *const folders[][2] = {
        {"a/b/c", "a/b"}, {"c", "."}, {"/c", "/"}, {"a/", "a"}, {"", "."}};
    for (size_t i = 0; i < MIXUP_COUNT(joined); i++) {
        char *path = path_join(&hooks, joined[i][0], joined[i][1]);
        assert_string_equal(path, joined[i][2]);
        memory_release(&hooks, path);
    }
    for (size_t i = 0; i < MIXUP_COUNT(folders); i++) {
        char *path = path_folder(&hooks, folders[i][0]);
        assert_string_equal(path, folders[i][1]);
        memory_release(&hooks, path);
    }
    memory.fail_at = atomic_load(&memory.calls) + 1;
    assert_null(path_join(&hooks, "a", "b"));
    memory.fail_at = atomic_load(&memory.calls) + 1;
    assert_null(path_folder(&hooks, "a/b"));
    assert_int_equal(atomic_load(&memory.live), 0);
}

static mixup_status relate(const mixup_allocator *allocator, void *user) {
    char *path = path_between(allocator, "here/a", user);
    const bool made = path != NULL;
    memory_release(allocator, path);
    return made ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

/* A tree of folders in the temporary one, which is the working folder meanwhile: here/a/b, and here/link,
 * which leads to here/a/b. Parts that are not there are kept as they are written. */
static void paths_are_made_relative_to_the_folder_of_another_file(void **state) {
    (void)state;
    const mixup_allocator hooks = memory_allocator(NULL);
    static const char *const cases[][3] = {
        {"here", "here/x.csv", "x.csv"},
        {"here", "here/a/b/x.csv", "a/b/x.csv"},
        {"here/a/b", "here/x.csv", "../../x.csv"},
        {"here/a/b", "x.csv", "../../../x.csv"},
        {".", "here//a/./x.csv", "here/a/x.csv"},
        {"here/a", "here/ab", "../ab"},
        {"here/ab", "here/a", "../a"},
        {"here/a", "here/a/", "."},
        {"here/a/b", "here/a", ".."},
        {"here/a", "here/a/b/..", "."},
        {"here/link", "here/x.csv", "../../x.csv"}, /* where the link leads to */
        {"here", "here/link", "link"},              /* the name of a link stays */
        {"here", "here/link/x.csv", "a/b/x.csv"},
        {"here/new/er", "here/a/x.csv", "../../a/x.csv"},
        {"here", "none/x.csv", "../none/x.csv"},
        {"here", "/data/x.csv", "/data/x.csv"},
        {"/", "/data/x.csv", "/data/x.csv"},
    };
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    temporary_folder folder;
    temporary_folder_make(&folder);
    assert_int_equal(chdir(folder.path), 0);
    assert_int_equal(file_make_folder("here/a/b"), MIXUP_OK);
    assert_int_equal(symlink("a/b", "here/link"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = path_between(&hooks, cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        memory_release(&hooks, path);
    }
    char there[] = "here/x.csv";
    char new[] = "here/new/x.csv";
    assert_true(fail_every_allocation(relate, there) > 3);
    assert_true(fail_every_allocation(relate, new) > 3);
    assert_int_equal(unlink("here/link"), 0);
    assert_int_equal(rmdir("here/a/b"), 0);
    assert_int_equal(rmdir("here/a"), 0);
    assert_int_equal(rmdir("here"), 0);
    assert_int_equal(chdir(before), 0);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_joined_and_taken_apart),
        cmocka_unit_test(paths_are_made_relative_to_the_folder_of_another_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
