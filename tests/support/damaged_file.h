/* tests/support/damaged_file: what a reader does with a file that was cut or changed.
 *
 * `read` reads the file, looks at all that it got (so that a sanitizer sees it) and releases it. */
#ifndef SUPPORT_DAMAGED_FILE_H
#define SUPPORT_DAMAGED_FILE_H

#include "support/failing_allocator.h"
#include "support/temporary_folder.h"

typedef mixup_status (*damaged_file_read)(const char *path, const mixup_allocator *allocator);

static inline mixup_status read_and_count(damaged_file_read read, const char *path) {
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    const mixup_status status = read(path, &hooks);
    assert_int_equal(atomic_load(&memory.live), 0);
    return status;
}

/* The file is readable, and cut at any byte it is an error. */
static inline void cut_at_every_byte(const char *path, damaged_file_read read) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    size_t size = 0;
    char *data = read_bytes(path, &size);
    assert_int_equal(read_and_count(read, path), MIXUP_OK);
    for (size_t length = 0; length < size; length++) {
        const char *copy = temporary_file(&folder, "cut");
        write_bytes(copy, data, length);
        if (read_and_count(read, copy) != MIXUP_ERROR_FORMAT)
            fail_msg("%s cut to %zu of %zu bytes is not refused as malformed", path, length, size);
    }
    free(data);
    temporary_folder_remove(&folder);
}

/* Every byte changed in several ways: an error or other contents, but no crash, no leak, no endless loop. */
static inline void change_every_byte(const char *path, damaged_file_read read) {
    static const unsigned char masks[] = {0x01, 0x10, 0x80, 0xFF};
    temporary_folder folder;
    temporary_folder_make(&folder);
    size_t size = 0;
    char *data = read_bytes(path, &size);
    for (size_t at = 0; at < size; at++)
        for (size_t i = 0; i < sizeof masks; i++) {
            const char *copy = temporary_file(&folder, "changed");
            data[at] = (char)(data[at] ^ (char)masks[i]);
            write_bytes(copy, data, size);
            data[at] = (char)(data[at] ^ (char)masks[i]);
            (void)read_and_count(read, copy);
        }
    free(data);
    temporary_folder_remove(&folder);
}

#endif
