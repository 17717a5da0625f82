/* A folder of results for the tests: empty runs with the files given. */
#ifndef REPORT_RESULTS_FOLDER_H
#define REPORT_RESULTS_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct results_folder {
    char path[64];
} results_folder;

static inline void results_folder_make(results_folder *out) {
    strcpy(out->path, "/tmp/mixup-report-XXXXXX");
    assert_non_null(mkdtemp(out->path));
}

/* Writes PATH/run/name. */
static inline void results_folder_add(const results_folder *in, const char *run, const char *name,
                                      const char *content) {
    const mixup_allocator allocator = memory_allocator(NULL);
    char folder[400];
    char file[500];
    snprintf(folder, sizeof folder, "%s/%s", in->path, run);
    snprintf(file, sizeof file, "%s/%s", folder, name);
    assert_int_equal(file_make_folder(folder), MIXUP_OK);
    assert_int_equal(file_write_all(file, content, strlen(content), &allocator), MIXUP_OK);
}

static inline int results_folder_remove_one(const char *path, const struct stat *information, int kind,
                                            struct FTW *place) {
    (void)information;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void results_folder_remove(const results_folder *in) {
    assert_int_equal(nftw(in->path, results_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
