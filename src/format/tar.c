/* format/tar: see tar.h. */
#include "format/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
    BLOCK_SIZE = 1 << 17, /* read from disk at once */
    FIRST_CAPACITY = 1 << 14,
};

/* libarchive tells what is no archive by EILSEQ, with no format found. */
static mixup_status failure(const tar *in) {
    const char *message = archive_error_string(in->stream);
    const bool memory = archive_errno(in->stream) == ENOMEM;
    if (archive_errno(in->stream) == EILSEQ && archive_format(in->stream) == 0)
        return error(
            MIXUP_ERROR_FORMAT,
            "%s: is no tar archive, plain or packed by gzip, bzip2, xz or zstd; unpack it and give the "
            "folder",
            in->path);
    return error(memory ? MIXUP_ERROR_MEMORY : MIXUP_ERROR_FORMAT, "%s: cannot read the archive%s%s: %s",
                 in->path, in->name != NULL ? " at " : "", in->name != NULL ? in->name : "",
                 message != NULL ? message : "it is damaged");
}

/* Not archive_read_support_filter_all, which may start other programs. */
static mixup_status prepare(tar *in) {
    struct archive *stream = in->stream;
    if (archive_read_support_format_tar(stream) != ARCHIVE_OK ||
        archive_read_support_filter_gzip(stream) < ARCHIVE_WARN ||
        archive_read_support_filter_bzip2(stream) < ARCHIVE_WARN ||
        archive_read_support_filter_xz(stream) < ARCHIVE_WARN ||
        archive_read_support_filter_zstd(stream) < ARCHIVE_WARN ||
        archive_read_open_filename(stream, in->path, BLOCK_SIZE) != ARCHIVE_OK)
        return failure(in);
    return MIXUP_OK;
}

mixup_status tar_open(tar *out, const char *path, const mixup_allocator *allocator) {
    tar result = {.allocator = memory_allocator(allocator), .path = path};
    struct stat information;
    if (stat(path, &information) != 0)
        return error(MIXUP_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    result.stream = archive_read_new();
    if (result.stream == NULL)
        return error(MIXUP_ERROR_MEMORY, "%s: cannot open: out of memory", path);
    const mixup_status status = prepare(&result);
    if (status != MIXUP_OK) {
        tar_close(&result);
        return status;
    }
    *out = result;
    return MIXUP_OK;
}

void tar_close(tar *in) {
    if (in->stream != NULL)
        archive_read_free(in->stream);
    memory_release(&in->allocator, in->data);
    *in = (tar){.allocator = in->allocator};
}

static mixup_status name_entry(tar *in, struct archive_entry *entry) {
    in->name = archive_entry_pathname(entry);
    if (in->name == NULL)
        in->name = archive_entry_pathname_utf8(entry); /* not to be said in this locale */
    if (in->name == NULL)
        return error(MIXUP_ERROR_FORMAT, "%s: holds a file whose name cannot be read", in->path);
    while (strncmp(in->name, "./", 2) == 0)
        in->name += 2;
    return MIXUP_OK;
}

static void place_entry(tar *in, struct archive_entry *entry) {
    const int64_t length = archive_entry_size(entry);
    in->length = length > 0 ? (uint64_t)length : 0;
    in->plain = archive_filter_count(in->stream) == 1 && archive_entry_sparse_count(entry) == 0;
    in->offset = (uint64_t)archive_filter_bytes(in->stream, 0); /* all up to the end of the header */
}

mixup_status tar_next(tar *in, bool *more) {
    for (;;) {
        struct archive_entry *entry = NULL;
        /* Skipping first: what the next header takes is then the header's alone, 0 where there is none. */
        if (in->name != NULL && archive_read_data_skip(in->stream) < ARCHIVE_WARN)
            return failure(in);
        in->name = NULL; /* it was the last header's */
        const int64_t before = archive_filter_bytes(in->stream, 0);
        const int code = archive_read_next_header(in->stream, &entry);
        if (code == ARCHIVE_EOF && archive_filter_bytes(in->stream, 0) == before)
            return error(MIXUP_ERROR_FORMAT, "%s: ends early, without the end mark of a tar archive",
                         in->path);
        if (code == ARCHIVE_EOF) {
            *more = false;
            return MIXUP_OK;
        }
        if (code < ARCHIVE_WARN)
            return failure(in);
        MIXUP_TRY(name_entry(in, entry));
        if (archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL) {
            place_entry(in, entry);
            *more = true;
            return MIXUP_OK;
        }
    }
}

mixup_status tar_content(tar *in, size_t limit) {
    in->size = 0;
    for (;;) {
        if (in->size == in->capacity) {
            const size_t capacity = in->capacity > 0 ? 2 * in->capacity : FIRST_CAPACITY;
            MIXUP_TRY(MEMORY_GROW(&in->allocator, in->data, in->size, capacity));
            in->capacity = capacity;
        }
        const la_ssize_t got = archive_read_data(in->stream, in->data + in->size, in->capacity - in->size);
        if (got < 0)
            return failure(in);
        in->size += (size_t)got;
        if (in->size > limit)
            return error(MIXUP_ERROR_FORMAT, "%s: %s is larger than the %zu bytes allowed here", in->path,
                         in->name, limit);
        if (got == 0)
            return MIXUP_OK;
    }
}
