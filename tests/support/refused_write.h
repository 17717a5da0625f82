/* tests/support/refused_write: places where a file cannot be written.
 *
 * A full disk is played by a link from the part file that base/file writes first to /dev/full (never write to
 * "/dev/full" itself through base/file: it would be renamed over). */
#ifndef SUPPORT_REFUSED_WRITE_H
#define SUPPORT_REFUSED_WRITE_H

#include "support/temporary_folder.h"

#include "mixup.h"

typedef mixup_status (*refused_write)(const char *path, const mixup_allocator *allocator);

/* Each failure is MIXUP_ERROR_IO, and leaves an older file as it was and no other file behind. */
static inline void write_where_it_is_refused(refused_write write) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    char target[400];
    snprintf(target, sizeof target, "%s", temporary_file(&folder, "old"));
    write_bytes(target, "old contents", 12);

    assert_int_equal(write(temporary_file(&folder, "missing-folder/new"), NULL), MIXUP_ERROR_IO);
    assert_int_equal(write(temporary_file(&folder, "old/new"), NULL), MIXUP_ERROR_IO);
    assert_int_equal(write(folder.path, NULL), MIXUP_ERROR_IO); /* a folder of that name */

    char part[64];
    snprintf(part, sizeof part, "old.part-%ld", (long)getpid());
    assert_int_equal(symlink("/dev/full", temporary_file(&folder, part)), 0);
    assert_int_equal(write(target, NULL), MIXUP_ERROR_IO);

    size_t size = 0;
    char *data = read_bytes(target, &size);
    assert_string_equal(data, "old contents");
    free(data);
    assert_int_equal(temporary_folder_count(&folder), 1);
    temporary_folder_remove(&folder);
}

#endif
