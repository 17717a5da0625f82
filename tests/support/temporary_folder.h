/* tests/support/temporary_folder: a folder under /tmp for a test's files, and whole files in one call. A
 * failure fails the test. */
#ifndef SUPPORT_TEMPORARY_FOLDER_H
#define SUPPORT_TEMPORARY_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct temporary_folder {
    char path[64];
    char file[320]; /* of the last temporary_file */
} temporary_folder;

static inline void temporary_folder_make(temporary_folder *out) {
    strcpy(out->path, "/tmp/mixup-test-XXXXXX");
    assert_non_null(mkdtemp(out->path));
}

/* The path of `name` in the folder, valid until the next call. */
static inline const char *temporary_file(temporary_folder *in, const char *name) {
    const int length = snprintf(in->file, sizeof in->file, "%s/%s", in->path, name);
    assert_in_range(length, 1, (int)sizeof in->file - 1);
    return in->file;
}

/* How many files the folder holds. */
static inline size_t temporary_folder_count(const temporary_folder *in) {
    DIR *folder = opendir(in->path);
    assert_non_null(folder);
    size_t count = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static inline int temporary_entry_remove(const char *path, const struct stat *information, int kind,
                                         struct FTW *place) {
    (void)information;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Removes the folder and everything in it. */
static inline void temporary_folder_remove(temporary_folder *in) {
    assert_int_equal(nftw(in->path, temporary_entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* A new file each time: ext4 waits for the disk when one is truncated and written again. */
static inline void write_bytes(const char *path, const void *data, size_t size) {
    unlink(path);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

/* The whole file (at most 1 MiB) and a '\0' behind it, to be freed. */
static inline char *read_bytes(const char *path, size_t *size) {
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        fail_msg("%s cannot be opened", path);
    char *data = calloc(1, (1 << 20) + 1);
    assert_non_null(data);
    *size = fread(data, 1, 1 << 20, in);
    fclose(in);
    return data;
}

static inline void assert_same_bytes(const char *path, const char *expected_path) {
    size_t size = 0, expected_size = 0;
    char *data = read_bytes(path, &size);
    char *expected = read_bytes(expected_path, &expected_size);
    assert_int_equal(size, expected_size);
    assert_memory_equal(data, expected, size);
    free(data);
    free(expected);
}

#endif
